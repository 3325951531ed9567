/*
 * The stages of SigV4 and of S3's query SigV2 against files that botocore's signer made
 * (tests/golden/sigv4/make.py): test_golden FOLDER.
 */
#include "sign/sign.h"

#include "base/arena.h"
#include "base/codec.h"
#include "base/io.h"
#include "cm.h"

#include <dirent.h>

enum { MAX_HEADERS = 32 };
static const char access_key[] = "AKIAIOSFODNN7EXAMPLE";
static const char secret_key[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
static const char *folder;
static int n_cases;

struct golden {
    const char *name;
    struct arena arena;
    str form, service, region, date, expires, token;
    struct sign_request request;
    struct sign_header headers[MAX_HEADERS];
    str canonical, string, signature, result; /* absent where the form has none */
};

static str load(struct golden *g, const char *file) {
    struct buf text = {0};
    str path = arena_printf(&g->arena, "%s/%s/%s", folder, g->name, file);
    str got = io_read_file(&text, path.p, 1 << 20, NULL) == 0
                  ? arena_str(&g->arena, buf_view(&text))
                  : STR_NONE;
    buf_deinit(&text);
    return got;
}

static void parse_request(struct golden *g) {
    str left = load(g, "request"), line, key, value;
    while (str_cut(left, '\n', &line, &left)) {
        str_cut(line, ' ', &key, &value);
        const struct {
            const char *name;
            str *to;
        } fields[] = {{"form", &g->form},
                      {"service", &g->service},
                      {"region", &g->region},
                      {"date", &g->date},
                      {"expires", &g->expires},
                      {"token", &g->token},
                      {"method", &g->request.method},
                      {"path", &g->request.path},
                      {"query", &g->request.query},
                      {"payload", &g->request.payload_hash}};
        for (size_t i = 0; i < ARRAY_LEN(fields); i++)
            if (str_is(key, fields[i].name))
                *fields[i].to = value;
        if (str_is(key, "header")) {
            struct sign_header *h = &g->headers[g->request.n_headers++];
            CHECK(g->request.n_headers <= MAX_HEADERS);
            str_cut(value, ':', &h->name, &h->value);
        }
    }
    g->request.headers = g->headers;
    g->request.s3 = str_is(g->service, "s3");
}

static struct sign_credentials credentials_of(const struct golden *g) {
    return (struct sign_credentials){str_c(access_key), str_c(secret_key), g->token};
}

/* From what a client sent, as the server sees it, to the stages. */
static void check_stages(struct golden *g, const struct sign_claim *claim, str amz_date) {
    struct buf canonical = {0}, string = {0};
    struct sign_key key;
    char signature[SIGN_HEX + 1];
    g->request.signed_headers = claim->signed_headers;
    sign_add_canonical(&canonical, &g->request);
    CHECK_STR(buf_view(&canonical), g->canonical);
    sign_add_string(&string, amz_date, claim->scope, buf_view(&canonical));
    CHECK_STR(buf_view(&string), g->string);
    sign_derive(&key, str_c(secret_key), claim->scope);
    sign_signature(signature, &key, buf_view(&string));
    CHECK_STR(str_c(signature), g->signature);
    CHECK_STR(claim->signature, g->signature);
    CHECK_STR(claim->access_key, str_c(access_key));
    buf_deinit(&canonical);
    buf_deinit(&string);
}

static void check_header(struct golden *g) {
    struct buf made = {0};
    struct sign_claim claim;
    const char *what = NULL;
    struct sign_credentials credentials = credentials_of(g);
    CHECK_INT(sign_parse_authorization(&claim, g->result, &what), SIGN_OK);
    check_stages(g, &claim, g->date);
    sign_authorize(&made, &g->request, &credentials, g->date, g->region, g->service, NULL);
    CHECK_STR(buf_view(&made), g->result);
    buf_deinit(&made);
}

static void check_query(struct golden *g) {
    struct buf made = {0}, text = {0};
    struct sign_claim claim;
    const char *what = NULL;
    struct sign_credentials credentials = credentials_of(g);
    uint64_t expires;
    CHECK(str_to_u64(g->expires, &expires));
    sign_presign(&made, &g->request, &credentials, g->date, g->region, g->service,
                 (uint32_t)expires);
    CHECK_INT(sign_parse_query(&claim, g->result, &text, &what), SIGN_OK);
    CHECK_STR(claim.session_token, g->token);
    CHECK_STR(claim.expires, g->expires);
    str own_query = g->request.query;
    g->request.query = g->result;
    check_stages(g, &claim, claim.amz_date);
    /* botocore escapes the request's own parameters anew: equal as a set, not as text. */
    struct buf one = {0}, other = {0};
    sign_add_canonical_query(&one, buf_view(&made), STR_NONE);
    sign_add_canonical_query(&other, g->result, STR_NONE);
    CHECK_STR(buf_view(&one), buf_view(&other));
    g->request.query = own_query;
    buf_deinit(&one);
    buf_deinit(&other);
    buf_deinit(&made);
    buf_deinit(&text);
}

static void check_v2_string(const struct golden *g, const struct sign_request *request) {
    struct buf string = {0}, signature = {0};
    sign_add_v2_string(&string, request, STR_NONE, g->expires);
    CHECK_STR(buf_view(&string), g->string);
    sign_add_v2_signature(&signature, str_c(secret_key), buf_view(&string));
    CHECK_STR(buf_view(&signature), g->signature);
    buf_deinit(&string);
    buf_deinit(&signature);
}

static void check_v2(struct golden *g) {
    struct buf made = {0}, signature = {0};
    struct sign_credentials credentials = credentials_of(g);
    check_v2_string(g, &g->request);
    /* As the server sees the URL: botocore moved the headers into the query. */
    struct sign_request seen = g->request;
    seen.query = g->result;
    seen.n_headers = 0;
    check_v2_string(g, &seen);

    int64_t expires;
    CHECK(str_to_i64(g->expires, &expires));
    credentials.session_token = STR_NONE; /* in the headers already */
    sign_v2_presign(&made, &g->request, STR_NONE, &credentials, expires);
    CHECK_INT(sign_query_param(buf_view(&made), "Signature", &signature), SIGN_PARAM_ONE);
    CHECK_STR(buf_view(&signature), g->signature);
    buf_deinit(&made);
    buf_deinit(&signature);
}

static void run_case(const char *name) {
    struct golden g = {.name = name};
    parse_request(&g);
    g.canonical = load(&g, "canonical");
    g.string = load(&g, "string");
    g.signature = load(&g, "signature");
    g.result = load(&g, "result");
    print_message("%s\n", name);
    if (str_is(g.form, "header"))
        check_header(&g);
    else if (str_is(g.form, "query"))
        check_query(&g);
    else
        check_v2(&g);
    arena_deinit(&g.arena);
    n_cases++;
}

static void test_all(void **state) {
    (void)state;
    DIR *dir = opendir(folder);
    CHECK(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.' && entry->d_name[0] != '_')
            run_case(entry->d_name);
    closedir(dir);
    CHECK(n_cases >= 20);
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    folder = argv[1];
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
