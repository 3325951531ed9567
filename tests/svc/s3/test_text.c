/* The small pure parts: ranges, conditions, copy sources, tokens, names, ids, encoded words. */
#include "cm.h"

#include "svc/s3/cond.h"
#include "svc/s3/copy_source.h"
#include "svc/s3/keys.h"
#include "svc/s3/mime.h"
#include "svc/s3/name.h"
#include "svc/s3/range.h"

static void ranges(void **state) {
    (void)state;
    static const struct {
        const char *header;
        uint64_t size;
        enum s3_range_kind kind;
        uint64_t first, last;
    } cases[] = {
        {"bytes=0-0", 10, S3_RANGE_PART, 0, 0},
        {"bytes=2-5", 10, S3_RANGE_PART, 2, 5},
        {"bytes=2-", 10, S3_RANGE_PART, 2, 9},
        {"bytes=2-99", 10, S3_RANGE_PART, 2, 9},
        {"bytes=-3", 10, S3_RANGE_PART, 7, 9},
        {"bytes=-99", 10, S3_RANGE_PART, 0, 9},
        {"Bytes= 1 - 2 ", 10, S3_RANGE_PART, 1, 2},
        {"bytes=10-", 10, S3_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-0", 10, S3_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=0-", 0, S3_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-1", 0, S3_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=5-2", 10, S3_RANGE_NONE, 0, 0},
        {"bytes=0-1,3-4", 10, S3_RANGE_NONE, 0, 0},
        {"bytes=", 10, S3_RANGE_NONE, 0, 0},
        {"bytes=-", 10, S3_RANGE_NONE, 0, 0},
        {"bytes=a-b", 10, S3_RANGE_NONE, 0, 0},
        {"bytes=1", 10, S3_RANGE_NONE, 0, 0},
        {"items=0-1", 10, S3_RANGE_NONE, 0, 0},
        {"bytes=99999999999999999999-", 10, S3_RANGE_NONE, 0, 0},
        {"", 10, S3_RANGE_NONE, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t first = 0, last = 0;
        enum s3_range_kind kind =
            s3_range_parse(str_c(cases[i].header), cases[i].size, &first, &last);
        CHECK_CASE(kind == cases[i].kind, cases[i].header);
        CHECK_CASE(first == cases[i].first && last == cases[i].last, cases[i].header);
    }
    uint64_t first, last;
    CHECK_INT(s3_range_parse(STR_NONE, 5, &first, &last), S3_RANGE_NONE);
    CHECK(s3_range_parse_copy(S("bytes=3-7"), &first, &last));
    CHECK_INT(first + last, 10);
    CHECK(!s3_range_parse_copy(S("bytes=3-"), &first, &last));
    CHECK(!s3_range_parse_copy(S("bytes=7-3"), &first, &last));
}

static void conditions(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct s3_cond cond;
        enum s3_cond_result want;
    } cases[] = {
        {"nothing", {.if_match = {NULL, 0}}, S3_COND_OK},
        {"match", {.if_match = S_INIT("\"abc\"")}, S3_COND_OK},
        {"match bare", {.if_match = S_INIT("abc")}, S3_COND_OK},
        {"match any", {.if_match = S_INIT("*")}, S3_COND_OK},
        {"match one of", {.if_match = S_INIT("\"x\", W/\"abc\"")}, S3_COND_OK},
        {"no match", {.if_match = S_INIT("\"x\"")}, S3_COND_FAILED},
        {"none match", {.if_none_match = S_INIT("\"abc\"")}, S3_COND_NOT_MODIFIED},
        {"none match other", {.if_none_match = S_INIT("\"x\"")}, S3_COND_OK},
        {"modified", {.has_modified_since = true, .modified_since = 99}, S3_COND_OK},
        {"not modified", {.has_modified_since = true, .modified_since = 100}, S3_COND_NOT_MODIFIED},
        {"unmodified", {.has_unmodified_since = true, .unmodified_since = 100}, S3_COND_OK},
        {"was modified", {.has_unmodified_since = true, .unmodified_since = 99}, S3_COND_FAILED},
        {"match outweighs unmodified-since",
         {.if_match = S_INIT("abc"), .has_unmodified_since = true, .unmodified_since = 1},
         S3_COND_OK},
        {"none-match outweighs modified-since",
         {.if_none_match = S_INIT("x"), .has_modified_since = true, .modified_since = 100},
         S3_COND_OK},
        {"none-match says 304 though it was modified",
         {.if_none_match = S_INIT("abc"), .has_modified_since = true, .modified_since = 1},
         S3_COND_NOT_MODIFIED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *name = NULL;
        CHECK_CASE(s3_cond_check(&cases[i].cond, S("abc"), 100, &name) == cases[i].want,
                   cases[i].name);
        CHECK_CASE((name != NULL) == (cases[i].want != S3_COND_OK), cases[i].name);
    }
}

static void copy_sources(void **state) {
    (void)state;
    static const struct {
        const char *header, *bucket, *key, *version;
        int want;
    } cases[] = {
        {"/b/k", "b", "k", NULL, S3_COPY_SOURCE_OK},
        {"b/k/l", "b", "k/l", NULL, S3_COPY_SOURCE_OK},
        {"b/a%20b%2Fc?versionId=v1", "b", "a b/c", "v1", S3_COPY_SOURCE_OK},
        {"b/what%3FversionId=x", "b", "what?versionId=x", NULL, S3_COPY_SOURCE_OK},
        {"b/a+b", "b", "a+b", NULL, S3_COPY_SOURCE_OK},
        {"b%2Fk", "b", "k", NULL, S3_COPY_SOURCE_OK},
        {"b", NULL, NULL, NULL, S3_COPY_SOURCE_E_MALFORMED},
        {"/b/", NULL, NULL, NULL, S3_COPY_SOURCE_E_MALFORMED},
        {"//k", NULL, NULL, NULL, S3_COPY_SOURCE_E_MALFORMED},
        {"b/k?versionId=", NULL, NULL, NULL, S3_COPY_SOURCE_E_MALFORMED},
        {"b/%zz", NULL, NULL, NULL, S3_COPY_SOURCE_E_MALFORMED},
        {"b/%ff", NULL, NULL, NULL, S3_COPY_SOURCE_E_MALFORMED},
        {"", NULL, NULL, NULL, S3_COPY_SOURCE_E_MALFORMED},
        {"arn:aws:s3:us-east-1:1:accesspoint/x/object/k", NULL, NULL, NULL, S3_COPY_SOURCE_E_ARN},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct s3_copy_source source = {0};
        CHECK_CASE(s3_copy_source_parse(&arena, str_c(cases[i].header), &source) == cases[i].want,
                   cases[i].header);
        if (cases[i].want)
            continue;
        CHECK_STR(source.bucket, str_c(cases[i].bucket));
        CHECK_STR(source.key, str_c(cases[i].key));
        CHECK_CASE((source.version_id.p != NULL) == (cases[i].version != NULL), cases[i].header);
        if (cases[i].version)
            CHECK_STR(source.version_id, str_c(cases[i].version));
    }
    arena_deinit(&arena);
}

static void names(void **state) {
    (void)state;
    static const char *const good[] = {
        "abc", "a-b.c", "123", "image-storage-bucket-dev-000000000000", "1.2.3.4.5", "a.b"};
    static const char *const bad[] = {
        "",
        "ab",
        "Abc",
        "a_b",
        "-ab",
        "ab-",
        "a..b",
        "1.2.3.4",
        "xn--a",
        "sthree-x",
        "a-s3alias",
        "x--ol-s3",
        "a b",
        ".ab",
        "ab.",
        "d--x-s3",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        CHECK_CASE(s3_name_is_valid(str_c(good[i])), good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_CASE(!s3_name_is_valid(str_c(bad[i])), bad[i]);
}

static void ids(void **state) {
    (void)state;
    uint8_t nonce[S3_NONCE_LEN], back[S3_NONCE_LEN];
    char first[S3_ID_LEN + 1], second[S3_ID_LEN + 1];
    uint64_t seq = 0;
    for (unsigned i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)(i * 17 + 3);
    s3_id_write(first, 0x123456789ABCDEF0ULL, nonce);
    CHECK_INT(strlen(first), 32);
    CHECK(s3_id_read(str_c(first), &seq, back));
    CHECK(seq == 0x123456789ABCDEF0ULL && memcmp(nonce, back, sizeof nonce) == 0);
    s3_id_write(second, 0x123456789ABCDEF1ULL, nonce);
    CHECK(strcmp(first, second) != 0);
    CHECK(!s3_id_read(S("null"), &seq, back));
    CHECK(!s3_id_read(S("AAAAAAAAAAAAAAAA-AAAAAAAAAAAAAAA"), &seq, back));
}

static void row_keys(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf a = {0}, b = {0}, name = {0};
    uint64_t seq = 0, bucket = 0, part = 0;
    s3_key_current(&a, 7, S("x/y"));
    CHECK_STR(s3_key_current_name(buf_view(&a)), S("x/y"));
    /* Versions of one key: newest first. */
    s3_key_version(&a, 7, S("k\0k"), 9);
    s3_key_version(&b, 7, S("k\0k"), 8);
    CHECK(str_cmp(buf_view(&a), buf_view(&b)) < 0);
    CHECK(s3_key_version_parts(buf_view(&a), &name, &seq));
    CHECK_STR(buf_view(&name), S("k\0k"));
    CHECK_INT(seq, 9);
    s3_key_part(&a, 7, 5, 3);
    CHECK(s3_key_part_parts(buf_view(&a), &bucket, &seq, &part));
    CHECK(bucket == 7 && seq == 5 && part == 3);
    CHECK(!s3_key_part_parts(S("s3p"), &bucket, &seq, &part));
}

#define TEN(s)   s s s s s s s s s s
#define SIXTY(s) TEN(s) TEN(s) TEN(s) TEN(s) TEN(s) TEN(s)

static void encoded_words(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", ""},
        {"plain =?_ text", "plain =?_ text"},
        {"\xc3\x84", "=?UTF-8?B?w4Q=?="},
        {"a\xc3\x84", "=?UTF-8?B?YcOE?="}, /* as many as those of ASCII */
        {"ab\xc3\x84", "=?UTF-8?Q?ab=C3=84?="},
        {"a=b_c? \xc3\x84", "=?UTF-8?Q?a=3Db=5Fc=3F_=C3=84?="},
        {"abc\x7f", "=?UTF-8?Q?abc=7F?="},
        {"a\tb", "a\tb"}, /* ASCII to JavaMail, yet marked in a word */
        {"a\tb\xc3\x84", "=?UTF-8?Q?a=09b=C3=84?="},
        /* A character beyond the first plane counts as two, and stays whole. */
        {"ab\xf0\x9f\x93\x88", "=?UTF-8?B?YWLwn5OI?="},
        {"abc\xf0\x9f\x93\x88", "=?UTF-8?Q?abc=F0=9F=93=88?="},
        {SIXTY("a") "\xc3\x84", "=?UTF-8?Q?" TEN("aaa") "?= =?UTF-8?Q?" TEN("aaa") "=C3=84?="},
        {TEN("\xf0\x9f\x93\x88") TEN("\xf0\x9f\x93\x88") "\xf0\x9f\x93\x88",
         "=?UTF-8?B?8J+TiPCfk4jwn5OI8J+TiPCfk4jwn5OI8J+TiPCfk4jwn5OI8J+TiA==?= "
         "=?UTF-8?B?8J+TiPCfk4jwn5OI8J+TiPCfk4jwn5OI8J+TiPCfk4jwn5OI8J+TiPCfk4g=?="},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf out = {0};
        s3_mime_add(&out, str_c(cases[i].text));
        CHECK_STR(buf_view(&out), str_c(cases[i].want));
    }
    for (size_t n = 1; n < 2048; n += 7) { /* no word is longer than 75 bytes */
        CLEANUP_DEINIT(buf) struct buf text = {0}, out = {0};
        for (size_t i = 0; i < n; i++)
            buf_c(&text, i % 3 ? "x" : i % 2 ? "\xf0\x9f\x93\x88" : "\xc3\x84");
        s3_mime_add(&out, buf_view(&text));
        str word, left = buf_view(&out);
        for (bool more = true; more;) {
            more = str_cut(left, ' ', &word, &left);
            CHECK_RANGE(word.len, 13, 75);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges),        cmocka_unit_test(conditions),
        cmocka_unit_test(copy_sources),  cmocka_unit_test(names),
        cmocka_unit_test(ids),           cmocka_unit_test(row_keys),
        cmocka_unit_test(encoded_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
