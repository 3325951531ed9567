/*
 * Signatures as clients make them, against the examples of the S3 documentation ("Authenticating
 * requests", "Signing and authenticating REST requests") and URLs computed apart from this code.
 */
#include "sign/sign.h"

#include "cm.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HOST  "examplebucket.s3.amazonaws.com"
#define DATE  "20130524T000000Z"

static const struct sign_credentials credentials = {
    S_INIT("AKIAIOSFODNN7EXAMPLE"), S_INIT("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), {0}};

/* The four requests of "Signature calculations for the Authorization header". */
static void test_header(void **state) {
    (void)state;
    static const struct {
        const char *method, *path, *query, *hash;
        struct sign_header extra[3];
        const char *names, *signature;
    } cases[] = {
        {"GET",
         "/test.txt",
         "",
         EMPTY,
         {{S_INIT("Range"), S_INIT("bytes=0-9")}},
         "host;range;x-amz-content-sha256;x-amz-date",
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
        {"PUT",
         "/test%24file.text",
         "",
         "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
         {{S_INIT("Date"), S_INIT("Fri, 24 May 2013 00:00:00 GMT")},
          {S_INIT("x-amz-storage-class"), S_INIT("REDUCED_REDUNDANCY")}},
         "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
         "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
        {"GET",
         "/",
         "lifecycle",
         EMPTY,
         {{{0}, {0}}},
         "host;x-amz-content-sha256;x-amz-date",
         "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
        {"GET",
         "/",
         "max-keys=2&prefix=J",
         EMPTY,
         {{{0}, {0}}},
         "host;x-amz-content-sha256;x-amz-date",
         "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sign_header headers[8] = {{S("X-Amz-Date"), S(DATE)},
                                         {S("Host"), S(HOST)},
                                         {S("x-amz-content-sha256"), str_c(cases[i].hash)}};
        size_t n = 3;
        for (size_t j = 0; cases[i].extra[j].name.len; j++)
            headers[n++] = cases[i].extra[j];
        struct sign_request request = {.method = str_c(cases[i].method),
                                       .path = str_c(cases[i].path),
                                       .query = str_c(cases[i].query),
                                       .headers = headers,
                                       .n_headers = n,
                                       .payload_hash = str_c(cases[i].hash),
                                       .s3 = true};
        struct buf got = {0};
        char want[1024], signature[SIGN_HEX + 1];
        sign_authorize(&got, &request, &credentials, S(DATE), S("us-east-1"), S("s3"), signature);
        snprintf(want, sizeof want,
                 "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                 "aws4_request, SignedHeaders=%s, Signature=%s",
                 cases[i].names, cases[i].signature);
        CHECK_BUF(got, want);
        CHECK_TEXT(signature, cases[i].signature);
        buf_deinit(&got);
    }
}

/* A header that comes twice is named once, and its values are joined in their order. */
static void test_header_twice(void **state) {
    (void)state;
    struct sign_header headers[] = {{S("X-Amz-Meta-A"), S("  one   two ")},
                                    {S("Host"), S(HOST)},
                                    {S("x-amz-meta-a"), S("three")}};
    struct sign_request request = {.method = S("GET"),
                                   .path = S("/k"),
                                   .headers = headers,
                                   .n_headers = 3,
                                   .payload_hash = S(EMPTY),
                                   .s3 = true};
    struct buf got = {0}, canonical = {0};
    sign_authorize(&got, &request, &credentials, S(DATE), S("us-east-1"), S("s3"), NULL);
    CHECK_HAS(buf_cstr(&got), "SignedHeaders=host;x-amz-meta-a, ");
    request.signed_headers = S("host;x-amz-meta-a;x-absent");
    sign_add_canonical(&canonical, &request);
    CHECK_BUF(canonical, "GET\n/k\n\nhost:" HOST "\nx-amz-meta-a:one two,three\nx-absent:\n\n"
                         "host;x-amz-meta-a;x-absent\n" EMPTY);
    buf_deinit(&got);
    buf_deinit(&canonical);
}

#define PRESIGNED(expires)                                                                         \
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-" \
    "1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=" expires                     \
    "&X-Amz-SignedHeaders=host"

static void test_presign(void **state) {
    (void)state;
    static const struct {
        const char *query, *token;
        uint32_t expires_s;
        const char *want;
    } cases[] = {
        {"", "", 86400,
         PRESIGNED("86400") "&X-Amz-Signature="
                            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"},
        /* Every byte of the token that a URL gives a meaning is escaped, the slash too. */
        {"", "Fwo/GZ+IvY==", 86400,
         PRESIGNED("86400") "&X-Amz-Security-Token=Fwo%2FGZ%2BIvY%3D%3D&X-Amz-Signature="
                            "ba6adeeb91cc529c76ae22229206e170d49f7ae32763b52491efc99c298a202e"},
        {"versionId=3", "", 60,
         "versionId=3&" PRESIGNED("60") "&X-Amz-Signature="
                                        "196beb8dcc561fc846c144e40d8a2f3a2b37ab5bcb0584fdd4ab107d"
                                        "86791cc0"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sign_header host = {S("host"), S(HOST)};
        struct sign_request request = {.method = S("GET"),
                                       .path = S("/test.txt"),
                                       .query = str_c(cases[i].query),
                                       .headers = &host,
                                       .n_headers = 1,
                                       .payload_hash = S("UNSIGNED-PAYLOAD"),
                                       .s3 = true};
        struct sign_credentials with = credentials;
        with.session_token = str_c(cases[i].token);
        struct buf got = {0};
        sign_presign(&got, &request, &with, S(DATE), S("us-east-1"), S("s3"), cases[i].expires_s);
        CHECK_BUF(got, cases[i].want);
        buf_deinit(&got);
    }
}

/* ---- SigV2 ---- */

static void test_v2_presign(void **state) {
    (void)state;
    struct sign_request request = {.method = S("GET"),
                                   .path = S("/photos/puppy.jpg"),
                                   .query = S("versionId=3")};
    struct sign_credentials with = credentials;
    with.session_token = S("Fwo/GZ+IvY==");
    struct buf got = {0};
    sign_v2_presign(&got, &request, S("examplebucket"), &with, 1141889120);
    CHECK_BUF(got, "versionId=3&x-amz-security-token=Fwo%2FGZ%2BIvY%3D%3D"
                   "&AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1141889120"
                   "&Signature=kAvb%2F6DjDJjfg3%2FVVJnFDpqjvgE%3D");
    buf_clear(&got);
    with.session_token = STR_NONE;
    request.query = STR_NONE;
    sign_v2_presign(&got, &request, S("examplebucket"), &with, 1141889120);
    CHECK_HAS(buf_cstr(&got), "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1141889120&Signature=");
    CHECK_INT(got.p[0], 'A');
    buf_deinit(&got);
}

static void test_v2_string(void **state) {
    (void)state;
    static const struct {
        const char *name, *bucket, *path, *query;
        struct sign_header headers[4];
        const char *want;
    } cases[] = {
        {"plain", "", "/b/k", "", {{{0}, {0}}}, "GET\n\n\n9\n/b/k"},
        {"bucket of the host", "b", "/k", "", {{{0}, {0}}}, "GET\n\n\n9\n/b/k"},
        {"bucket alone", "b", "", "", {{{0}, {0}}}, "GET\n\n\n9\n/b/"},
        {"headers",
         "",
         "/b/k",
         "",
         {{S_INIT("Content-MD5"), S_INIT(" abc ")}, {S_INIT("content-type"), S_INIT("a/b")}},
         "GET\nabc\na/b\n9\n/b/k"},
        {"query stands for a header",
         "",
         "/b/k",
         "content-type=text%2Fplain",
         {{S_INIT("content-type"), S_INIT("a/b")}},
         "GET\n\ntext/plain\n9\n/b/k"},
        {"empty in the query",
         "",
         "/b/k",
         "content-type",
         {{S_INIT("content-type"), S_INIT("a/b")}},
         "GET\n\n\n9\n/b/k"},
        {"amz headers, sorted and joined",
         "",
         "/b/k",
         "",
         {{S_INIT("X-Amz-Meta-B"), S_INIT("2")},
          {S_INIT("x-amz-acl"), S_INIT("private")},
          {S_INIT("x-amz-meta-b"), S_INIT(" 1")},
          {S_INIT("x-amx-no"), S_INIT("1")}},
         "GET\n\n\n9\nx-amz-acl:private\nx-amz-meta-b:2,1\n/b/k"},
        {"amz parameter beside a header",
         "",
         "/b/k",
         "x-amz-meta-b=q&x-amz-acl=a",
         {{S_INIT("x-amz-meta-b"), S_INIT("h")}},
         "GET\n\n\n9\nx-amz-acl:a\nx-amz-meta-b:h,q\n/b/k"},
        {"sub-resources, sorted",
         "",
         "/b/k",
         "uploadId=z&partNumber=1&x=1&prefix=p",
         {{{0}, {0}}},
         "GET\n\n\n9\n/b/k?partNumber=1&uploadId=z"},
        {"sub-resource without a value", "", "/b", "acl", {{{0}, {0}}}, "GET\n\n\n9\n/b?acl"},
        {"sub-resource with an empty one", "", "/b", "acl=", {{{0}, {0}}}, "GET\n\n\n9\n/b?acl="},
        {"value decoded",
         "",
         "/b/k",
         "response-content-type=a%2Fb+c",
         {{{0}, {0}}},
         "GET\n\n\n9\n/b/k?response-content-type=a/b c"},
        {"badly escaped stays",
         "",
         "/b/k",
         "versionId=%zz",
         {{{0}, {0}}},
         "GET\n\n\n9\n/b/k?versionId=%zz"},
        {"equal names in their order",
         "",
         "/b/k",
         "versionId=2&acl&versionId=1",
         {{{0}, {0}}},
         "GET\n\n\n9\n/b/k?acl&versionId=2&versionId=1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t n = 0;
        while (n < 4 && cases[i].headers[n].name.len)
            n++;
        struct sign_request request = {.method = S("GET"),
                                       .path = str_c(cases[i].path),
                                       .query = str_c(cases[i].query),
                                       .headers = cases[i].headers,
                                       .n_headers = n};
        struct buf got = {0};
        print_message("%s\n", cases[i].name);
        sign_add_v2_string(&got, &request, str_c(cases[i].bucket), S("9"));
        CHECK_BUF(got, cases[i].want);
        buf_deinit(&got);
    }
}

/* ---- Digests ---- */

static void check_hex(const unsigned char got[32], const char *want) {
    char hex[SIGN_HEX + 1];
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", got[i]);
    CHECK_TEXT(hex, want);
}

static void test_sha256(void **state) {
    (void)state;
    unsigned char digest[32];
    char hex[SIGN_HEX + 1];
    sign_sha256(digest, S("abc"));
    check_hex(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sign_sha256_hex(hex, S(""));
    CHECK_TEXT(hex, EMPTY);
}

/*
 * RFC 4231, cases 1, 2, 3 and 6; then all of them again in turn, with the contexts that were kept.
 */
static void test_hmac(void **state) {
    (void)state;
    static const struct {
        char byte; /* of a key of this byte alone; 0: the text */
        size_t n;
        const char *text, *data, *want;
    } cases[] = {
        {0x0b, 20, NULL, "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {0, 4, "Jefe", "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {(char)0xaa, 131, NULL, "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {0, 0, "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
        {0, 3, "key", "The quick brown fox jumps over the lazy dog",
         "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"},
    };
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            char key[131];
            unsigned char mac[32];
            memset(key, cases[i].byte, sizeof key);
            if (cases[i].text)
                memcpy(key, cases[i].text, cases[i].n);
            sign_hmac(mac, str_n(key, cases[i].n), str_c(cases[i].data));
            check_hex(mac, cases[i].want);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),    cmocka_unit_test(test_header_twice),
        cmocka_unit_test(test_presign),   cmocka_unit_test(test_v2_presign),
        cmocka_unit_test(test_v2_string), cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_hmac),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
