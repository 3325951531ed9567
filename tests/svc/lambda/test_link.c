/* Code.Location: what it leads to, for how long, and that it leads to nothing else. */
#include "lambda_fixture.h"

#include "base/clock.h"
#include "base/rand.h"
#include "store/blob.h"
#include "svc/lambda/lambda_priv.h"

#include <openssl/sha.h>

enum { MINUTE_MS = 60 * 1000 };
#define ENDPOINT "https://127.0.0.1:4566"

/* The link of a function now, and its CodeSha256. */
struct link {
    struct buf path; /* behind LAMBDA_LINKS */
    struct buf sha256;
};
static void link_deinit(struct link *l) {
    buf_deinit(&l->path);
    buf_deinit(&l->sha256);
}

static void take(const char *name, struct link *ret) {
    CLEANUP_DEINIT(answer) struct answer a = call_op("GetFunction", named(name));
    const json_t *code = json_obj(a.out, "Code");
    str location = json_str(code, "Location");
    CHECK_INT(a.status, 200);
    CHECK_STR(json_str(code, "RepositoryType"), S("S3"));
    CHECK(str_starts(location, S(ENDPOINT LAMBDA_LINKS)));
    buf_str(&ret->path, str_skip(location, strlen(ENDPOINT LAMBDA_LINKS)));
    buf_str(&ret->sha256, json_str(json_obj(a.out, "Configuration"), "CodeSha256"));
}

static enum lambda_link go(str path, int64_t now_ms, struct buf *ret_sha256) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    unsigned char digest[SHA256_DIGEST_LENGTH];
    struct lambda_link_bytes package = {0};
    enum lambda_link what = lambda_link_follow(fx.lambda, path, now_ms, &package);
    buf_clear(ret_sha256);
    CHECK((what == LAMBDA_LINK_GIVEN) == (package.reader != NULL));
    while (package.reader && bytes.len < package.size) {
        ssize_t got = blob_read(package.reader, bytes.len, buf_reserve(&bytes, 4096), 4096, NULL);
        CHECK(got > 0);
        bytes.len += (size_t)got;
    }
    blob_reader_free(package.reader);
    if (what == LAMBDA_LINK_GIVEN) {
        SHA256((const unsigned char *)bytes.p, bytes.len, digest);
        codec_add_base64(ret_sha256, digest, sizeof digest);
    }
    return what;
}

static void check_follow(const struct link *l, int64_t after_ms, enum lambda_link want) {
    CLEANUP_DEINIT(buf) struct buf sha256 = {0};
    CHECK_INT(go(buf_view(&l->path), clock_real_ms() + after_ms, &sha256), want);
    if (want == LAMBDA_LINK_GIVEN)
        CHECK_STR(buf_view(&sha256), buf_view(&l->sha256));
}

/* Larger than what lies in its row. */
static json_t *large_code(void) {
    CLEANUP_DEINIT(buf) struct buf noise = {0};
    enum { SIZE = 300000 };
    rand_bytes(buf_reserve(&noise, SIZE), SIZE);
    return code_of(noise.p, SIZE);
}

static void test_gives_the_code_for_ten_minutes(void **) {
    make_small("small");
    must(call_op("CreateFunction", new_function("large", large_code(), NULL)));
    static const char *const names[] = {"small", "large"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP_DEINIT(link) struct link l = {0};
        take(names[i], &l);
        CHECK(str_ends(buf_view(&l.path), str_c(i ? "/large.zip" : "/small.zip")));
        check_follow(&l, 0, LAMBDA_LINK_GIVEN);
        check_follow(&l, 9 * MINUTE_MS, LAMBDA_LINK_GIVEN);
        check_follow(&l, 10 * MINUTE_MS + 1, LAMBDA_LINK_EXPIRED);
        check_follow(&l, 24 * 60 * MINUTE_MS, LAMBDA_LINK_EXPIRED);
    }
}

static void test_leads_to_this_code_alone(void **) {
    CLEANUP_DEINIT(link) struct link first = {0}, second = {0}, third = {0};
    make_small("fn");
    take("fn", &first);
    json_t *in = large_code();
    json_set_str(in, "FunctionName", S("fn"));
    must(call_op("UpdateFunctionCode", in));
    check_follow(&first, 0, LAMBDA_LINK_GONE);
    take("fn", &second);
    check_follow(&second, 0, LAMBDA_LINK_GIVEN);
    /* A change of its configuration is none of its code. */
    must(call_op("UpdateFunctionConfiguration",
                 json_pack("{s:s,s:i}", "FunctionName", "fn", "Timeout", 9)));
    check_follow(&second, 0, LAMBDA_LINK_GIVEN);
    must(call_op("DeleteFunction", named("fn")));
    check_follow(&second, 0, LAMBDA_LINK_GONE);
    make_small("fn");
    check_follow(&second, 0, LAMBDA_LINK_GONE);
    take("fn", &third);
    check_follow(&third, 0, LAMBDA_LINK_GIVEN);
}

/* Each digit of the token, and every other form of the path. */
static void test_cannot_be_made_up(void **) {
    CLEANUP_DEINIT(link) struct link l = {0}, other = {0};
    CLEANUP_DEINIT(buf) struct buf path = {0}, sha256 = {0};
    make_small("fn");
    make_small("fn2");
    take("fn", &l);
    take("fn2", &other);
    str good = buf_view(&l.path);
    size_t token = (size_t)str_chr(good, '/');
    for (size_t i = 0; i <= token; i++) {
        buf_clear(&path);
        buf_str(&path, good);
        path.p[i] = good.p[i] == '0' ? '1' : '0';
        CHECK_INT(go(buf_view(&path), clock_real_ms(), &sha256), LAMBDA_LINK_REFUSED);
    }
    str forms[] = {S(""),
                   S("/"),
                   S("/fn.zip"),
                   S("zz/fn.zip"),
                   str_slice(good, 0, token),
                   str_slice(good, 0, token + 1),
                   str_slice(good, 0, good.len - 1),
                   str_slice(good, 1, good.len),
                   str_slice(good, 2, good.len)};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        CHECK_INT(go(forms[i], clock_real_ms(), &sha256), LAMBDA_LINK_REFUSED);
    /* Another function's name, more behind it, its token twice, and in capital letters. */
    static const char *const patterns[] = {"%.*s/fn2.zip",  "%.*s/fn.zipx",  "%.*s/fn.zip/",
                                           "00%.*s/fn.zip", "%.*s00/fn.zip", "%.*s//fn.zip"};
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        buf_clear(&path);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        buf_printf(&path, patterns[i], (int)token, good.p);
#pragma GCC diagnostic pop
        CHECK_CASE(go(buf_view(&path), clock_real_ms(), &sha256) == LAMBDA_LINK_REFUSED,
                   patterns[i]);
    }
    buf_clear(&path);
    buf_printf(&path, STR_FMT STR_FMT, STR_ARG(str_slice(good, 0, token)), STR_ARG(good));
    CHECK_INT(go(buf_view(&path), clock_real_ms(), &sha256), LAMBDA_LINK_REFUSED);
    buf_clear(&path);
    for (size_t i = 0; i < good.len; i++)
        buf_char(&path, i < token && good.p[i] >= 'a' ? (char)(good.p[i] - 'a' + 'A') : good.p[i]);
    CHECK_INT(go(buf_view(&path), clock_real_ms(), &sha256), LAMBDA_LINK_REFUSED);
    check_follow(&l, 0, LAMBDA_LINK_GIVEN);
}

/* What it holds is on disk: a daemon that starts again honours it. */
static void test_holds_over_a_restart(void **) {
    CLEANUP_DEINIT(link) struct link l = {0};
    make_small("fn");
    take("fn", &l);
    close_services();
    open_services(false);
    check_follow(&l, 0, LAMBDA_LINK_GIVEN);
}

int main(void) {
#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_gives_the_code_for_ten_minutes), CASE(test_leads_to_this_code_alone),
        CASE(test_cannot_be_made_up), CASE(test_holds_over_a_restart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
