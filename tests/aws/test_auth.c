/*
 * aws/auth: true signatures are believed, and every change to a signed request is refused in its
 * service's words.
 */
#include "lib/signed.h"

#include "aws/auth_fault.h"
#include "base/arena.h"
#include "base/codec.h"

static void expect_fault(const struct fixture *f, int r, const char *code, int status,
                         const char *text) {
    CHECK_INT(r, AWS_FAILED);
    CHECK(f->auth.fault.error);
    CHECK_STR(str_c(f->auth.fault.error->code), str_c(code));
    CHECK_INT(f->auth.fault.error->status, status);
    if (text && str_find(f->auth.fault.message, str_c(text)) < 0) {
        print_error("message: " STR_FMT "\n", STR_ARG(f->auth.fault.message));
        fail();
    }
}

static str detail(const struct fixture *f, const char *name) {
    for (size_t i = 0; i < f->auth.fault.n_details; i++)
        if (strcmp(f->auth.fault.details[i].name, name) == 0)
            return f->auth.fault.details[i].value;
    return STR_NONE;
}

static void test_s3_header(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, "PUT", "/b/a%20b", NULL);
    fixture_header(&f, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    fixture_sign(&f, "s3", "UNSIGNED-PAYLOAD");
    CHECK_INT(fixture_check(&f, AWS_DIALECT_S3), 0);
    CHECK(!f.auth.awaits_body);
    CHECK_STR(f.auth.scope_region, S("eu-north-1")); /* any region will do */
    CHECK_STR(f.auth.identity->access_key, S(ACCESS));
    CHECK_STR(f.auth.payload_hash, S("UNSIGNED-PAYLOAD"));
    fixture_deinit(&f);
}

static void test_tampered(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, "GET", "/b/k", "versionId=1");
    fixture_header(&f, "x-amz-content-sha256", EMPTY_SHA256);
    fixture_sign(&f, "s3", EMPTY_SHA256);
    f.wire.query = S("versionId=2");
    expect_fault(&f, fixture_check(&f, AWS_DIALECT_S3), "SignatureDoesNotMatch", 403,
                 "Check your key and signing method");
    CHECK_STR(detail(&f, "AWSAccessKeyId"), S(ACCESS));
    CHECK(str_starts(detail(&f, "StringToSign"), S("AWS4-HMAC-SHA256\n20261122T045659Z\n")));
    CHECK(str_starts(detail(&f, "CanonicalRequest"), S("GET\n/b/k\nversionId=2\n")));
    CHECK(str_starts(detail(&f, "CanonicalRequestBytes"), S("47 45 54 0a")));
    fixture_deinit(&f);
}

/* A header that was added on the way, or one that must be signed and is not. */
static void test_unsigned_headers(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, "PUT", "/b/k", NULL);
    fixture_header(&f, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    fixture_sign(&f, "s3", "UNSIGNED-PAYLOAD");
    fixture_header(&f, "x-amz-acl", "public-read");
    expect_fault(&f, fixture_check(&f, AWS_DIALECT_S3), "AccessDenied", 403, "not signed");
    CHECK_STR(detail(&f, "HeadersNotSigned"), S("x-amz-acl"));
    fixture_deinit(&f);

    fixture_init(&f, "POST", "/", NULL);
    fixture_sign(&f, "sns", EMPTY_SHA256);
    fixture_header(&f, "X-Amz-Target", "x");
    expect_fault(&f, fixture_check(&f, AWS_DIALECT_JSON), "InvalidSignatureException", 400,
                 "X-Amz-Target");
    fixture_deinit(&f);
}

/* A service without a declared hash: the signature is proven by the body. */
static void test_awaits_body(void **state) {
    (void)state;
    static const char body[] = "Action=ListTopics";
    char hash[SIGN_HEX + 1];
    unsigned char digest[32];
    sign_sha256_hex(hash, str_c(body));
    sign_sha256(digest, str_c(body));
    for (int tampered = 0; tampered < 2; tampered++) {
        struct fixture f;
        fixture_init(&f, "POST", "/", NULL);
        fixture_sign(&f, "sns", hash);
        CHECK_INT(fixture_check(&f, AWS_DIALECT_QUERY), 0);
        CHECK(f.auth.awaits_body);
        digest[0] = (unsigned char)(digest[0] + tampered);
        int r = aws_auth_body(&f.auth, digest);
        if (tampered)
            expect_fault(&f, r, "SignatureDoesNotMatch", 403, "Consult the service documentation");
        else
            CHECK_INT(r, 0);
        CHECK_INT(f.auth.awaits_body, tampered);
        fixture_deinit(&f);
    }
}

static void test_keys(void **state) {
    (void)state;
    static const struct {
        const char *access;
        enum aws_dialect dialect;
        const char *code;
        int status;
    } cases[] = {
        {"AKIANOSUCHKEY", AWS_DIALECT_S3, "InvalidAccessKeyId", 403},
        {"AKIANOSUCHKEY", AWS_DIALECT_QUERY, "InvalidClientTokenId", 403},
        {"AKIANOSUCHKEY", AWS_DIALECT_JSON, "UnrecognizedClientException", 400},
        {"AKIANOSUCHKEY", AWS_DIALECT_REST_JSON, "UnrecognizedClientException", 403},
        {SESSION_ACCESS, AWS_DIALECT_S3, "InvalidAccessKeyId", 403}, /* no token sent */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        fixture_init(&f, "GET", "/", NULL);
        bool s3 = cases[i].dialect == AWS_DIALECT_S3;
        if (s3)
            fixture_header(&f, "x-amz-content-sha256", EMPTY_SHA256);
        fixture_sign_at(&f, cases[i].access, s3 ? "s3" : "sns", EMPTY_SHA256, fixture_now);
        expect_fault(&f, fixture_check(&f, cases[i].dialect), cases[i].code, cases[i].status, NULL);
        fixture_deinit(&f);
    }
}

static void test_tokens(void **state) {
    (void)state;
    static const struct {
        const char *access, *token;
        int64_t later;
        const char *code;
    } cases[] = {
        {SESSION_ACCESS, SESSION_TOKEN, 0, NULL},
        {SESSION_ACCESS, "other", 0, "InvalidToken"},
        {ACCESS, SESSION_TOKEN, 0, "InvalidToken"}, /* a long-term key has none */
        {SESSION_ACCESS, SESSION_TOKEN, 7200000, "ExpiredToken"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        fixture_init(&f, "GET", "/", NULL);
        fixture_header(&f, "x-amz-content-sha256", EMPTY_SHA256);
        fixture_header(&f, "X-Amz-Security-Token", cases[i].token);
        fixture_sign_at(&f, cases[i].access, "s3", EMPTY_SHA256, fixture_now + cases[i].later);
        aws_auth_read(&f.auth, &f.wire, fixture_now + cases[i].later);
        int r = aws_auth_check(&f.auth, AWS_DIALECT_S3, &fixture_source);
        if (cases[i].code)
            expect_fault(&f, r, cases[i].code, 400, NULL);
        else
            CHECK_INT(r, 0);
        fixture_deinit(&f);
    }
}

static void test_skew(void **state) {
    (void)state;
    static const struct {
        int64_t off;
        enum aws_dialect dialect;
        const char *code, *text;
        int status;
    } cases[] = {
        {-899000, AWS_DIALECT_S3, NULL, NULL, 0},
        {899000, AWS_DIALECT_S3, NULL, NULL, 0},
        {-901000, AWS_DIALECT_S3, "RequestTimeTooSkewed", NULL, 403},
        {901000, AWS_DIALECT_S3, "RequestTimeTooSkewed", NULL, 403},
        {-901000, AWS_DIALECT_QUERY, "SignatureDoesNotMatch",
         "Signature expired: 20261122T044158Z is now earlier than "
         "20261122T044159Z (20261122T045659Z - 15 min.)",
         403},
        {901000, AWS_DIALECT_JSON, "InvalidSignatureException",
         "Signature not yet current: 20261122T051200Z is still later "
         "than 20261122T051159Z (20261122T045659Z + 15 min.)",
         400},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        bool s3 = cases[i].dialect == AWS_DIALECT_S3;
        fixture_init(&f, "GET", "/", NULL);
        if (s3)
            fixture_header(&f, "x-amz-content-sha256", EMPTY_SHA256);
        fixture_sign_at(&f, ACCESS, s3 ? "s3" : "sns", EMPTY_SHA256, fixture_now + cases[i].off);
        int r = fixture_check(&f, cases[i].dialect);
        if (cases[i].code)
            expect_fault(&f, r, cases[i].code, cases[i].status, cases[i].text);
        else
            CHECK_INT(r, 0);
        fixture_deinit(&f);
    }
}

static void test_malformed(void **state) {
    (void)state;
    static const struct {
        const char *value;
        enum aws_dialect dialect;
        const char *code;
        int status;
    } cases[] = {
        {"AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=y", AWS_DIALECT_S3,
         "AuthorizationHeaderMalformed", 400},
        {"AWS4-HMAC-SHA256 Credential=x", AWS_DIALECT_QUERY, "IncompleteSignature", 400},
        {"AWS4-HMAC-SHA256 Credential=x", AWS_DIALECT_JSON, "IncompleteSignatureException", 400},
        {"AWS AKID:sig", AWS_DIALECT_S3, "InvalidRequest", 400},
        {"Basic abc", AWS_DIALECT_S3, "InvalidRequest", 400},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        fixture_init(&f, "GET", "/", NULL);
        fixture_header(&f, "Authorization", cases[i].value);
        expect_fault(&f, fixture_check(&f, cases[i].dialect), cases[i].code, cases[i].status, NULL);
        fixture_deinit(&f);
    }
}

static void test_wrong_scope(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, "GET", "/", NULL);
    fixture_header(&f, "x-amz-content-sha256", EMPTY_SHA256);
    fixture_sign(&f, "sns", EMPTY_SHA256);
    expect_fault(&f, fixture_check(&f, AWS_DIALECT_S3), "AuthorizationHeaderMalformed", 400,
                 "incorrect service \"sns\"");
    fixture_deinit(&f);
}

static void test_no_hash(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, "GET", "/", NULL);
    fixture_sign(&f, "s3", EMPTY_SHA256);
    expect_fault(&f, fixture_check(&f, AWS_DIALECT_S3), "InvalidRequest", 400,
                 "x-amz-content-sha256");
    fixture_deinit(&f);
    fixture_init(&f, "GET", "/", NULL);
    fixture_header(&f, "x-amz-content-sha256", "nonsense");
    fixture_sign(&f, "s3", "nonsense");
    expect_fault(&f, fixture_check(&f, AWS_DIALECT_S3), "InvalidArgument", 400,
                 "or a valid sha256 value");
    fixture_deinit(&f);
}

static void test_anonymous(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, "GET", "/b/k", "list-type=2");
    CHECK_INT(fixture_check(&f, AWS_DIALECT_S3), 0);
    CHECK_INT(f.auth.kind, AWS_AUTH_ANONYMOUS);
    CHECK(!f.auth.identity);
    expect_fault(&f, aws_auth_fail_anonymous(&f.auth, AWS_DIALECT_QUERY),
                 "MissingAuthenticationToken", 403, NULL);
    expect_fault(&f, aws_auth_fail_anonymous(&f.auth, AWS_DIALECT_S3), "AccessDenied", 403, NULL);
    fixture_deinit(&f);
}

static void presign(struct fixture *f, const char *query, const char *access, const char *token,
                    int64_t at, uint32_t expires) {
    char date[CLOCK_ISO_MAX];
    struct buf made = {0};
    fixture_header(f, "Host", "127.0.0.1:4566");
    struct sign_request request = {.method = f->wire.method,
                                   .path = f->wire.path,
                                   .query = str_c(query),
                                   .headers = f->headers,
                                   .n_headers = f->wire.n_headers,
                                   .payload_hash = S("UNSIGNED-PAYLOAD"),
                                   .s3 = true};
    struct sign_credentials credentials = {str_c(access), S(SECRET), str_c(token)};
    sign_presign(&made, &request, &credentials, str_c(clock_amz(date, at)), S("us-east-1"), S("s3"),
                 expires);
    f->wire.query = arena_str(&f->arena, buf_view(&made));
    buf_deinit(&made);
}

static void test_presigned(void **state) {
    (void)state;
    static const struct {
        int64_t at;
        uint32_t expires;
        const char *access, *token, *code, *text;
    } cases[] = {
        {0, 60, ACCESS, NULL, NULL, NULL},
        {-59000, 60, ACCESS, NULL, NULL, NULL},
        {-61000, 60, ACCESS, NULL, "AccessDenied", "Request has expired"},
        {-6 * 86400000LL, 604800, ACCESS, NULL, NULL, NULL},
        {1000000, 60, ACCESS, NULL, "AccessDenied", "not valid yet"},
        {0, 604801, ACCESS, NULL, "AuthorizationQueryParametersError", "604800"},
        {0, 60, SESSION_ACCESS, SESSION_TOKEN, NULL, NULL},
        {0, 60, SESSION_ACCESS, NULL, "InvalidAccessKeyId", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        fixture_init(&f, "GET", "/b/k", NULL);
        presign(&f, "versionId=3", cases[i].access, cases[i].token, fixture_now + cases[i].at,
                cases[i].expires);
        int r = fixture_check(&f, AWS_DIALECT_S3);
        CHECK_INT(f.auth.kind, AWS_AUTH_V4_QUERY);
        if (cases[i].code)
            expect_fault(&f, r, cases[i].code,
                         strcmp(cases[i].code, "AuthorizationQueryParametersError") ? 403 : 400,
                         cases[i].text);
        else
            CHECK_INT(r, 0);
        fixture_deinit(&f);
    }
}

static void test_two_mechanisms(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, "GET", "/b/k", NULL);
    presign(&f, "", ACCESS, NULL, fixture_now, 60);
    fixture_header(&f, "Authorization", "AWS4-HMAC-SHA256 Credential=x");
    expect_fault(&f, fixture_check(&f, AWS_DIALECT_S3), "InvalidArgument", 400,
                 "Only one auth mechanism");
    fixture_deinit(&f);
}

static void presign_v2(struct fixture *f, str bucket, int64_t expires_s) {
    struct buf made = {0};
    fixture_header(f, "Host", "whatever"); /* SigV2 does not sign it */
    struct sign_request request = {.method = f->wire.method,
                                   .path = f->wire.path,
                                   .query = f->wire.query,
                                   .s3 = true};
    struct sign_credentials credentials = {S(ACCESS), S(SECRET), STR_NONE};
    sign_v2_presign(&made, &request, bucket, &credentials, expires_s);
    f->wire.query = arena_str(&f->arena, buf_view(&made));
    buf_deinit(&made);
}

static void test_v2(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, "GET", "/b/k%20y", "versionId=1");
    presign_v2(&f, STR_NONE, fixture_now / 1000 + 60);
    CHECK_INT(fixture_check(&f, AWS_DIALECT_S3), 0);
    CHECK_INT(f.auth.kind, AWS_AUTH_V2_QUERY);
    CHECK_STR(f.auth.identity->access_key, S(ACCESS));
    fixture_deinit(&f);

    /* The same text for another bucket in the host name: another resource. */
    fixture_init(&f, "GET", "/b/k", NULL);
    presign_v2(&f, STR_NONE, fixture_now / 1000 + 60);
    f.wire.host_bucket = S("c");
    expect_fault(&f, fixture_check(&f, AWS_DIALECT_S3), "SignatureDoesNotMatch", 403, NULL);
    fixture_deinit(&f);

    fixture_init(&f, "GET", "/k", NULL);
    presign_v2(&f, S("b"), fixture_now / 1000 + 60);
    f.wire.host_bucket = S("b");
    CHECK_INT(fixture_check(&f, AWS_DIALECT_S3), 0);
    fixture_deinit(&f);

    fixture_init(&f, "GET", "/b/k", NULL);
    presign_v2(&f, STR_NONE, fixture_now / 1000 - 1);
    expect_fault(&f, fixture_check(&f, AWS_DIALECT_S3), "AccessDenied", 403, "Request has expired");
    fixture_deinit(&f);

    fixture_init(&f, "GET", "/b/k", "AWSAccessKeyId=" ACCESS "&Expires=9999999999");
    expect_fault(&f, fixture_check(&f, AWS_DIALECT_S3), "AccessDenied", 403,
                 "Query-string authentication requires");
    fixture_deinit(&f);
    fixture_init(&f, "GET", "/", "AWSAccessKeyId=x&Signature=y&Expires=1"); /* S3 alone has it */
    expect_fault(&f, fixture_check(&f, AWS_DIALECT_QUERY), "MissingAuthenticationToken", 403, NULL);
    fixture_deinit(&f);
}

/* The Date header stands in where X-Amz-Date is missing. */
static void test_date_header(void **state) {
    (void)state;
    struct fixture f;
    struct buf value = {0};
    fixture_init(&f, "GET", "/", NULL);
    fixture_header(&f, "Host", "h");
    fixture_header(&f, "Date", "Sun, 22 Nov 2026 04:56:59 GMT");
    struct sign_request request = {.method = S("GET"),
                                   .path = S("/"),
                                   .headers = f.headers,
                                   .n_headers = 2,
                                   .payload_hash = S(EMPTY_SHA256)};
    struct sign_credentials credentials = {S(ACCESS), S(SECRET), STR_NONE};
    sign_authorize(&value, &request, &credentials, S("20261122T045659Z"), S("us-east-1"), S("sns"),
                   NULL);
    fixture_header(&f, "Authorization", arena_cstr(&f.arena, buf_view(&value)));
    unsigned char digest[32];
    sign_sha256(digest, S(""));
    CHECK_INT(fixture_check(&f, AWS_DIALECT_QUERY), 0);
    CHECK_INT(aws_auth_body(&f.auth, digest), 0);
    fixture_deinit(&f);

    fixture_init(&f, "GET", "/", NULL);
    fixture_header(&f, "Host", "h");
    fixture_header(&f, "Authorization", buf_cstr(&value));
    expect_fault(&f, fixture_check(&f, AWS_DIALECT_QUERY), "IncompleteSignature", 400,
                 "X-Amz-Date");
    fixture_deinit(&f);
    buf_deinit(&value);
}

/* A key that cannot be looked up is our fault, which a client tries again after. */
static void test_our_own_fault(void **state) {
    (void)state;
    static const struct {
        enum aws_dialect dialect;
        const char *code;
    } cases[] = {
        {AWS_DIALECT_S3, "InternalError"},
        {AWS_DIALECT_QUERY, "InternalFailure"},
        {AWS_DIALECT_JSON, "InternalFailure"},
        {AWS_DIALECT_REST_JSON, "InternalFailure"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena = {0};
        struct aws_wire_fault fault = {0};
        CHECK_INT(auth_fault(&fault, &arena, cases[i].dialect, AUTH_FAULT_INTERNAL, NULL),
                  AWS_FAILED);
        CHECK_TEXT(fault.error->code, cases[i].code);
        CHECK_INT(fault.error->status, 500);
        CHECK(fault.message.len > 0);
        arena_deinit(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_s3_header),
                                       cmocka_unit_test(test_tampered),
                                       cmocka_unit_test(test_unsigned_headers),
                                       cmocka_unit_test(test_awaits_body),
                                       cmocka_unit_test(test_keys),
                                       cmocka_unit_test(test_tokens),
                                       cmocka_unit_test(test_skew),
                                       cmocka_unit_test(test_malformed),
                                       cmocka_unit_test(test_wrong_scope),
                                       cmocka_unit_test(test_no_hash),
                                       cmocka_unit_test(test_anonymous),
                                       cmocka_unit_test(test_presigned),
                                       cmocka_unit_test(test_two_mechanisms),
                                       cmocka_unit_test(test_v2),
                                       cmocka_unit_test(test_date_header),
                                       cmocka_unit_test(test_our_own_fault)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
