/* sign: claims read from headers and queries, canonical forms, chunk signatures, keys kept. */
#include "sign/sign.h"

#include "base/arena.h"
#include "cm.h"

#define SIG  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define CRED "AKID/20261122/us-east-1/s3/aws4_request"

static void test_authorization(void **state) {
    (void)state;
    static const struct {
        const char *name, *value;
        int want;
        const char *what;
    } cases[] = {
        {"usual",
         "AWS4-HMAC-SHA256 Credential=" CRED ", SignedHeaders=host;x-amz-date, Signature=" SIG,
         SIGN_OK, NULL},
        {"no spaces", "AWS4-HMAC-SHA256 Credential=" CRED ",SignedHeaders=host,Signature=" SIG,
         SIGN_OK, NULL},
        {"other order",
         "AWS4-HMAC-SHA256 Signature=" SIG ", Credential=" CRED ", SignedHeaders=host", SIGN_OK,
         NULL},
        {"basic", "Basic abc", SIGN_E_ABSENT, NULL},
        {"empty", "", SIGN_E_ABSENT, NULL},
        {"v2 header", "AWS AKID:abc=", SIGN_E_ABSENT, NULL},
        {"other algorithm", "AWS4-ECDSA-P256-SHA256 Credential=" CRED, SIGN_E_ALGORITHM,
         "Algorithm"},
        {"one letter behind", "AWS4-HMAC-SHA256 x", SIGN_E_MALFORMED, "Authorization"},
        {"nothing behind", "AWS4-HMAC-SHA256", SIGN_E_MISSING, "Credential"},
        {"no signature", "AWS4-HMAC-SHA256 Credential=" CRED ", SignedHeaders=host", SIGN_E_MISSING,
         "Signature"},
        {"no headers", "AWS4-HMAC-SHA256 Credential=" CRED ", Signature=" SIG, SIGN_E_MISSING,
         "SignedHeaders"},
        {"twice", "AWS4-HMAC-SHA256 Credential=" CRED ", Credential=" CRED, SIGN_E_MALFORMED,
         "Authorization"},
        {"unknown part", "AWS4-HMAC-SHA256 Credential=" CRED ", Extra=1", SIGN_E_MALFORMED,
         "Authorization"},
        {"four parts",
         "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/aws4_request, SignedHeaders=host, Signature=" SIG,
         SIGN_E_MALFORMED, "Credential"},
        {"six parts", "AWS4-HMAC-SHA256 Credential=A/" CRED ", SignedHeaders=host, Signature=" SIG,
         SIGN_E_MALFORMED, "Credential"},
        {"bad date",
         "AWS4-HMAC-SHA256 Credential=AKID/2026112x/r/s3/aws4_request, SignedHeaders=host, Signature=" SIG,
         SIGN_E_MALFORMED, "Credential"},
        {"unsorted",
         "AWS4-HMAC-SHA256 Credential=" CRED ", SignedHeaders=x-amz-date;host, Signature=" SIG,
         SIGN_E_MALFORMED, "SignedHeaders"},
        {"upper case", "AWS4-HMAC-SHA256 Credential=" CRED ", SignedHeaders=Host, Signature=" SIG,
         SIGN_E_MALFORMED, "SignedHeaders"},
        {"empty name", "AWS4-HMAC-SHA256 Credential=" CRED ", SignedHeaders=host;, Signature=" SIG,
         SIGN_E_MALFORMED, "SignedHeaders"},
        {"short signature",
         "AWS4-HMAC-SHA256 Credential=" CRED ", SignedHeaders=host, Signature=00", SIGN_E_MALFORMED,
         "Signature"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sign_claim claim = {0};
        const char *what = NULL;
        int r = sign_parse_authorization(&claim, str_c(cases[i].value), &what);
        CHECK_CASE(r == cases[i].want, cases[i].name);
        CHECK_CASE(!cases[i].what == !what && (!what || strcmp(what, cases[i].what) == 0),
                   cases[i].name);
        CHECK_CASE((r == SIGN_OK) == (claim.access_key.p != NULL), cases[i].name);
    }
}

#define QUERY(date)                                                                                          \
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20261122%2Fus-east-1%2Fs3%2Faws4_request" date \
    "&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" SIG

static void test_query(void **state) {
    (void)state;
    static const struct {
        const char *name, *query;
        int want;
        const char *what;
    } cases[] = {
        {"usual", "x=1&" QUERY("&X-Amz-Date=20261122T000000Z"), SIGN_OK, NULL},
        {"plain", "list-type=2&X-Amz-Security-Token=abc", SIGN_E_ABSENT, NULL},
        {"empty", "", SIGN_E_ABSENT, NULL},
        {"no date", QUERY(""), SIGN_E_MISSING, "X-Amz-Date"},
        {"no expiry",
         "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID&X-Amz-Date=d"
         "&X-Amz-SignedHeaders=host&X-Amz-Signature=" SIG,
         SIGN_E_MISSING, "X-Amz-Expires"},
        {"other algorithm",
         "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=AKID&X-Amz-Date=d"
         "&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" SIG,
         SIGN_E_ALGORITHM, "X-Amz-Algorithm"},
        {"bad credential",
         "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID&X-Amz-Date=d"
         "&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" SIG,
         SIGN_E_MALFORMED, "X-Amz-Credential"},
        {"date and token alone", "X-Amz-Date=20261122T000000Z&X-Amz-Security-Token=t",
         SIGN_E_ABSENT, NULL},
        {"lone expiry", "X-Amz-Expires=60", SIGN_E_MISSING, "X-Amz-Algorithm"},
        {"badly escaped date", QUERY("&X-Amz-Date=%zz"), SIGN_E_MALFORMED, "X-Amz-Date"},
        {"two dates", QUERY("&X-Amz-Date=20261122T000000Z&X-Amz-Date=20261122T000000Z"),
         SIGN_E_MALFORMED, "X-Amz-Date"},
        {"a second signature", QUERY("&X-Amz-Date=20261122T000000Z") "&X-Amz-Signature=" SIG,
         SIGN_E_MALFORMED, "X-Amz-Signature"},
        {"… in another spelling", QUERY("&X-Amz-Date=20261122T000000Z") "&X-Amz-Signatur%65=x",
         SIGN_E_MALFORMED, "X-Amz-Signature"},
        {"… before the first", "X-Amz-Signature&" QUERY("&X-Amz-Date=20261122T000000Z"),
         SIGN_E_MALFORMED, "X-Amz-Signature"},
        {"a badly escaped signature alone", "X-Amz-Signature=%zz", SIGN_E_MALFORMED,
         "X-Amz-Signature"},
        {"a second token",
         QUERY("&X-Amz-Date=20261122T000000Z&X-Amz-Security-Token=a&X-Amz-Security-Token=a"),
         SIGN_E_MALFORMED, "X-Amz-Security-Token"},
        {"lone signature", "X-Amz-Signature=" SIG, SIGN_E_MISSING, "X-Amz-Algorithm"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sign_claim claim = {0};
        struct buf text = {0};
        const char *what = NULL;
        CHECK_CASE(sign_parse_query(&claim, str_c(cases[i].query), &text, &what) == cases[i].want,
                   cases[i].name);
        CHECK_CASE(!cases[i].what == !what && (!what || strcmp(what, cases[i].what) == 0),
                   cases[i].name);
        if (cases[i].want == SIGN_OK) {
            CHECK_STR(claim.access_key, S("AKID"));
            CHECK_STR(claim.scope.region, S("us-east-1"));
            CHECK_STR(claim.expires, S("60"));
            CHECK_STR(claim.amz_date, S("20261122T000000Z"));
            CHECK_STR(claim.signed_headers, S("host"));
            CHECK_STR(claim.signature, S(SIG));
            CHECK(!claim.session_token.p);
        }
        buf_deinit(&text);
    }
}

/* How long the parts may be, and which bytes a name of a signed header has. */
static void test_bounds(void **state) {
    (void)state;
    static const struct {
        size_t key_len;
        const char *names;
        size_t signature_len;
        int want;
        const char *what;
    } cases[] = {
        {128, "host", 64, SIGN_OK, NULL},
        {129, "host", 64, SIGN_E_MALFORMED, "Credential"},
        {0, "host", 64, SIGN_E_MALFORMED, "Credential"},
        {20, "host;x-amz-date", 64, SIGN_OK, NULL},
        {20, "host;host", 64, SIGN_E_MALFORMED, "SignedHeaders"},
        {20, "host;", 64, SIGN_E_MALFORMED, "SignedHeaders"},
        {20, ";host", 64, SIGN_E_MALFORMED, "SignedHeaders"},
        {20, "ho st", 64, SIGN_E_MALFORMED, "SignedHeaders"},
        {20, "ho:st", 64, SIGN_E_MALFORMED, "SignedHeaders"},
        {20, "ho\177st", 64, SIGN_E_MALFORMED, "SignedHeaders"},
        {20, "hosT", 64, SIGN_E_MALFORMED, "SignedHeaders"},
        {20, "host!", 64, SIGN_OK, NULL},
        {20, "host", 63, SIGN_E_MALFORMED, "Signature"},
        {20, "host", 62, SIGN_E_MALFORMED, "Signature"},
        {20, "host", 66, SIGN_E_MALFORMED, "Signature"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sign_claim claim = {0};
        struct buf text = {0};
        const char *what = NULL;
        char key[256], signature[128];
        memset(key, 'K', sizeof key);
        memset(signature, 'a', sizeof signature);
        buf_printf(&text,
                   "AWS4-HMAC-SHA256 Credential=%.*s/20261122/us-east-1/s3/aws4_request, "
                   "SignedHeaders=%s, Signature=%.*s",
                   (int)cases[i].key_len, key, cases[i].names, (int)cases[i].signature_len,
                   signature);
        CHECK_INT(sign_parse_authorization(&claim, buf_view(&text), &what), cases[i].want);
        CHECK_TEXT(what, cases[i].what);
        if (cases[i].want == SIGN_OK) {
            CHECK_INT(claim.access_key.len, cases[i].key_len);
            CHECK_STR(claim.scope.date, S("20261122"));
            CHECK_STR(claim.scope.region, S("us-east-1"));
            CHECK_STR(claim.scope.service, S("s3"));
            CHECK_STR(claim.signed_headers, str_c(cases[i].names));
        }
        buf_deinit(&text);
    }
}

/* The longest header and the longest query that are read at all. */
static void test_longest(void **state) {
    (void)state;
    static const char head[] =
        "AWS4-HMAC-SHA256 Credential=" CRED ", Signature=" SIG ", SignedHeaders=";
    for (size_t more = 0; more < 2; more++) {
        struct sign_claim claim = {0};
        struct buf text = {0};
        const char *what = NULL;
        buf_c(&text, head);
        while (text.len < SIGN_MAX_AUTHORIZATION + more)
            buf_char(&text, 'h');
        int r = sign_parse_authorization(&claim, buf_view(&text), &what);
        CHECK_INT(r, more ? SIGN_E_MALFORMED : SIGN_OK);
        CHECK_TEXT(what, more ? "Authorization" : NULL);
        buf_deinit(&text);
    }
    for (size_t more = 0; more < 2; more++) {
        struct sign_claim claim = {0};
        struct buf query = {0}, text = {0};
        const char *what = NULL;
        buf_c(&query, QUERY("&X-Amz-Date=20261122T000000Z") "&x=");
        while (query.len < SIGN_MAX_QUERY + more)
            buf_char(&query, 'q');
        int r = sign_parse_query(&claim, buf_view(&query), &text, &what);
        CHECK_INT(r, more ? SIGN_E_MALFORMED : SIGN_OK);
        CHECK_TEXT(what, more ? "X-Amz-Algorithm" : NULL);
        buf_clear(&query);
        while (query.len <= SIGN_MAX_QUERY)
            buf_char(&query, 'q');
        CHECK_INT(sign_parse_query(&claim, buf_view(&query), &text, &what), SIGN_E_ABSENT);
        buf_deinit(&query);
        buf_deinit(&text);
    }
}

static void test_query_param(void **state) {
    (void)state;
    static const struct {
        const char *query, *want; /* NULL: there is none, or a bad one */
        bool bad;
    } cases[] = {
        {"", NULL, false},         {"b=1", NULL, false},      {"a", "", false},
        {"a=", "", false},         {"b=1&a=2", "2", false},   {"a=1&a=2", NULL, true},
        {"%61=x+y", "x y", false}, {"A=1", NULL, false},      {"ab=1", NULL, false},
        {"a=%zz", NULL, true},     {"%zz=1&a=2", "2", false}, {"&&a=3", "3", false},
        {"a=1&%61=2", NULL, true}, {"a&a", NULL, true},       {"a=1&a=%zz", NULL, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf got = {0};
        enum sign_param found = sign_query_param(str_c(cases[i].query), "a", &got);
        CHECK_CASE(found == (cases[i].want  ? SIGN_PARAM_ONE
                             : cases[i].bad ? SIGN_PARAM_BAD
                                            : SIGN_PARAM_NONE),
                   cases[i].query);
        CHECK_BUF(got, cases[i].want ? cases[i].want : "");
        buf_deinit(&got);
    }
}

static void test_canonical_query(void **state) {
    (void)state;
    static const struct {
        const char *query, *want;
    } cases[] = {
        {"", ""},
        {"a", "a="},
        {"b=2&a=1", "a=1&b=2"},
        {"a=2&a=1", "a=1&a=2"},
        {"a-b=1&a=2", "a=2&a-b=1"},
        {"&&a=1&", "a=1"},
        {"a=b=c", "a=b%3Dc"},
        {"a=x+y", "a=x%20y"},
        {"a=%7e%2f", "a=~%2F"},
        {"a=100%", "a=100%25"},
        {"uploadId=z&partNumber=1", "partNumber=1&uploadId=z"},
        {"a=1&X-Amz-Signature=x", "a=1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf got = {0};
        sign_add_canonical_query(&got, str_c(cases[i].query), S("X-Amz-Signature"));
        CHECK_BUF(got, cases[i].want);
        buf_deinit(&got);
    }
}

static void test_canonical_path(void **state) {
    (void)state;
    static const struct {
        const char *path;
        bool s3;
        const char *want;
    } cases[] = {
        {"", true, "/"},
        {"", false, "/"},
        {"/a//b/../c", true, "/a//b/../c"},
        {"/a//b/../c", false, "/a/c"},
        {"/a%20b", true, "/a%20b"},
        {"/a%20b", false, "/a%2520b"},
        {"/a@b", true, "/a%40b"},
        {"/a%40b", true, "/a%40b"},
        {"/%e4", true, "/%E4"},
        {"/a%2fb", true, "/a%2Fb"},
        {"/a%zz%", true, "/a%25zz%25"},
        {"/.", false, "/"},
        {"/a/.", false, "/a"},
        {"/a/b/../..", false, "/"},
        {"/..", false, "/"},
        {"/a/", false, "/a/"},
        {"/a/../", false, "/"},
        {"/ab/cd/../e", false, "/ab/e"},
        {"/a%2", true, "/a%252"},
        {"/%41%4", true, "/A%254"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf got = {0};
        sign_add_canonical_path(&got, str_c(cases[i].path), cases[i].s3);
        CHECK_BUF(got, cases[i].want);
        buf_deinit(&got);
    }
}

/* The example of "Transferring a payload in multiple chunks" in the S3 documentation. */
static void test_chunks(void **state) {
    (void)state;
    struct sign_key key;
    struct sign_scope scope = {S("20130524"), S("us-east-1"), S("s3")};
    unsigned char digest[32];
    char signature[SIGN_HEX + 1];
    str date = S("20130524T000000Z");
    char *payload = mem_alloc(65536);
    memset(payload, 'a', 65536);
    sign_derive(&key, S("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), scope);
    sign_sha256(digest, str_n(payload, 65536));
    sign_chunk(signature, &key, date, scope,
               S("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"), digest);
    CHECK_STR(str_c(signature),
              S("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"));
    sign_sha256(digest, str_n(payload, 1024));
    sign_chunk(signature, &key, date, scope, str_c(signature), digest);
    CHECK_STR(str_c(signature),
              S("0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"));
    sign_sha256(digest, S(""));
    sign_chunk(signature, &key, date, scope, str_c(signature), digest);
    CHECK_STR(str_c(signature),
              S("b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"));
    free(payload);
}

/* The trailer example of the same page: chunks chain from another seed, then the trailer. */
static void test_trailer(void **state) {
    (void)state;
    struct sign_key key;
    struct sign_scope scope = {S("20130524"), S("us-east-1"), S("s3")};
    unsigned char digest[32];
    char signature[SIGN_HEX + 1];
    str date = S("20130524T000000Z");
    sign_derive(&key, S("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), scope);
    sign_sha256(digest, S("x-amz-checksum-crc32c:sOO8/Q==\n"));
    sign_trailer(signature, &key, date, scope,
                 S("2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"), digest);
    CHECK_STR(str_c(signature),
              S("d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"));
}

static void test_keys_kept(void **state) {
    (void)state;
    /* More scopes than are kept, twice: the same keys, and parts never run into each other. */
    struct sign_key first[20], again;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < ARRAY_LEN(first); i++) {
            char date[16];
            snprintf(date, sizeof date, "202611%02zu", i);
            sign_derive(round ? &again : &first[i], S("secret"),
                        (struct sign_scope){str_c(date), S("r"), S("s")});
            if (round)
                CHECK_MEM(&again, &first[i], sizeof again);
        }
    sign_derive(&first[0], S("secret"), (struct sign_scope){S("20261122"), S("ab"), S("c")});
    sign_derive(&first[1], S("secret"), (struct sign_scope){S("20261122"), S("a"), S("bc")});
    CHECK(memcmp(&first[0], &first[1], sizeof first[0]) != 0);
    char long_secret[400];
    memset(long_secret, 's', sizeof long_secret);
    sign_derive(&first[0], str_n(long_secret, sizeof long_secret),
                (struct sign_scope){S("20261122"), S("a"), S("b")});
    sign_derive(&first[1], str_n(long_secret, sizeof long_secret),
                (struct sign_scope){S("20261122"), S("a"), S("b")});
    CHECK_MEM(&first[0], &first[1], sizeof first[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authorization),  cmocka_unit_test(test_query),
        cmocka_unit_test(test_bounds),         cmocka_unit_test(test_longest),
        cmocka_unit_test(test_query_param),    cmocka_unit_test(test_canonical_query),
        cmocka_unit_test(test_canonical_path), cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_trailer),        cmocka_unit_test(test_keys_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
