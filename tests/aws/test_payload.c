/* aws/payload: bodies in every framing and any split, and what is refused of each. */
#include "lib/signed.h"

#include "aws/payload.h"
#include "base/codec.h"

static int collect(void *ctx, const void *p, size_t n) {
    buf_add(ctx, p, n);
    return 0;
}

struct outcome {
    int r;
    struct aws_wire_fault fault;
    struct aws_payload payload;
    struct buf got;
};

/* Feeds wire in pieces of `step` bytes; with_length: as if Content-Length were there. */
static void run(struct fixture *f, str wire, size_t step, bool with_length, struct outcome *out) {
    struct aws_body body;
    *out = (struct outcome){0};
    struct aws_body_options options = {.dialect = AWS_DIALECT_S3,
                                       .is_object = true,
                                       .has_length = with_length,
                                       .content_length = wire.len,
                                       .max_bytes = 1000000,
                                       .want_md5 = true,
                                       .sink = collect,
                                       .sink_ctx = &out->got};
    out->r = aws_body_init(&body, &f->wire, &f->auth, &options);
    for (size_t at = 0; at < wire.len && out->r == 0; at += step)
        out->r = aws_body_feed(&body, wire.p + at, wire.len - at < step ? wire.len - at : step);
    if (out->r == 0)
        out->r = aws_body_end(&body, &out->payload);
    out->fault = body.fault;
    aws_body_deinit(&body);
}

static const size_t steps[] = {1, 2, 3, 7, 64, 1000, 1u << 20};

/*
 * An unsigned S3 request with these headers (name, value, …, NULL); wire must give want or fail
 * with code.
 */
static void check_body(const char *name, const char *const *headers, const char *wire,
                       const char *want, const char *code) {
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct fixture f;
        struct outcome out;
        fixture_init(&f, "PUT", "/b/k", NULL);
        for (size_t h = 0; headers[h]; h += 2)
            fixture_header(&f, headers[h], headers[h + 1]);
        CHECK_INT(fixture_check(&f, AWS_DIALECT_S3), 0);
        run(&f, str_c(wire), steps[i], true, &out);
        if (code) {
            if (out.r != AWS_FAILED || strcmp(out.fault.error->code, code) != 0)
                print_error("[%s] step %zu: %d %s " STR_FMT "\n", name, steps[i], out.r,
                            out.fault.error ? out.fault.error->code : "-",
                            STR_ARG(out.fault.message));
            CHECK_CASE(out.r == AWS_FAILED && strcmp(out.fault.error->code, code) == 0, name);
        } else {
            if (out.r)
                print_error("[%s] %s: " STR_FMT "\n", name,
                            out.fault.error ? out.fault.error->code : "-",
                            STR_ARG(out.fault.message));
            CHECK_CASE(out.r == 0, name);
            CHECK_STR(buf_view(&out.got), str_c(want));
            CHECK_CASE(out.payload.size == strlen(want), name);
        }
        buf_deinit(&out.got);
        fixture_deinit(&f);
    }
}

/* sha256, crc32, … of "hello world" */
#define HELLO        "hello world"
#define HELLO_SHA256 "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
#define STREAM                                                                                     \
    "x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length"

static void test_plain(void **state) {
    (void)state;
#define H(...) (const char *const[]){__VA_ARGS__, NULL}
    check_body("no headers", (const char *const[]){NULL}, HELLO, HELLO, NULL);
    check_body("empty", (const char *const[]){NULL}, "", "", NULL);
    check_body("literal", H("x-amz-content-sha256", HELLO_SHA256), HELLO, HELLO, NULL);
    check_body("literal, other bytes", H("x-amz-content-sha256", HELLO_SHA256), "hello World", NULL,
               "XAmzContentSHA256Mismatch");
    check_body("unsigned", H("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), HELLO, HELLO, NULL);
    check_body(
        "unsigned frames",
        H("x-amz-content-sha256", "UNSIGNED-PAYLOAD", "Content-Encoding", "gzip, aws-chunked"),
        "5\r\nhello\r\n0\r\n\r\n", NULL, "InvalidArgument");
    check_body("unsigned frames, and no word of it", H("Content-Encoding", "aws-chunked"),
               "5\r\nhello\r\n0\r\n\r\n", NULL, "InvalidArgument");
    check_body("of a known hash",
               H("x-amz-content-sha256", HELLO_SHA256, "Content-Encoding", "aws-chunked"), HELLO,
               HELLO, NULL);
    check_body("nonsense", H("x-amz-content-sha256", "STREAMING-SOMETHING"), HELLO, NULL,
               "InvalidArgument");
    check_body("md5", H("Content-MD5", "XrY7u+Ae7tCTyyK7j1rNww=="), HELLO, HELLO, NULL);
    check_body("wrong md5", H("Content-MD5", "XrY7u+Ae7tCTyyK7j1rNwg=="), HELLO, NULL, "BadDigest");
    check_body("malformed md5", H("Content-MD5", "XrY7u+Ae7tCTyyK7"), HELLO, NULL, "InvalidDigest");
    check_body("empty md5", H("Content-MD5", ""), HELLO, NULL, "InvalidDigest");
}

static void test_checksums(void **state) {
    (void)state;
    check_body("crc32", H("x-amz-checksum-crc32", "DUoRhQ=="), HELLO, HELLO, NULL);
    check_body("crc32c", H("x-amz-checksum-crc32c", "yZRlqg=="), HELLO, HELLO, NULL);
    check_body("crc64nvme", H("x-amz-checksum-crc64nvme", "rosUhgp5mIg="), "123456789", "123456789",
               NULL);
    check_body("sha1", H("x-amz-checksum-sha1", "Kq5sNclPz7QV2+lfQIuc6R7oRu0="), HELLO, HELLO,
               NULL);
    check_body("sha256", H("x-amz-checksum-sha256", "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="),
               HELLO, HELLO, NULL);
    check_body("upper case", H("X-Amz-Checksum-CRC32", "DUoRhQ=="), HELLO, HELLO, NULL);
    check_body("wrong", H("x-amz-checksum-crc32", "DUoRhA=="), HELLO, NULL, "BadDigest");
    check_body("not base64", H("x-amz-checksum-crc32", "bad"), HELLO, NULL, "InvalidRequest");
    check_body("other size", H("x-amz-checksum-sha256", "DUoRhQ=="), HELLO, NULL, "InvalidRequest");
    check_body("sha512", H("x-amz-checksum-sha512", "x"), HELLO, NULL, "NotImplemented");
    check_body("xxhash64", H("x-amz-checksum-xxhash64", "x"), HELLO, NULL, "NotImplemented");
    check_body("unknown", H("x-amz-checksum-crc16", "x"), HELLO, NULL, "InvalidRequest");
    check_body("two",
               H("x-amz-checksum-crc32", "DUoRhQ==", "x-amz-checksum-sha1",
                 "Kq5sNclPz7QV2+lfQIuc6R7oRu0="),
               HELLO, NULL, "InvalidRequest");
    check_body("announced, missing", H("x-amz-sdk-checksum-algorithm", "CRC32"), HELLO, NULL,
               "InvalidRequest");
    check_body("announced",
               H("x-amz-sdk-checksum-algorithm", "CRC32", "x-amz-checksum-crc32", "DUoRhQ=="),
               HELLO, HELLO, NULL);
    check_body("mode and type are none",
               H("x-amz-checksum-mode", "ENABLED", "x-amz-checksum-type", "COMPOSITE",
                 "x-amz-checksum-algorithm", "CRC32"),
               HELLO, HELLO, NULL);
}

static void test_unsigned_chunks(void **state) {
    (void)state;
    const char *const trailing[] = {STREAM, "11", "x-amz-trailer", "x-amz-checksum-crc32", NULL};
    check_body("boto3 over TLS", trailing,
               "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n", HELLO, NULL);
    check_body("several chunks", trailing,
               "5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n", HELLO,
               NULL);
    check_body("spaces and case", trailing,
               "B\r\nhello world\r\n0\r\nX-Amz-Checksum-Crc32: DUoRhQ== \r\n\r\n", HELLO, NULL);
    check_body("no line end at the end", trailing,
               "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==", HELLO, NULL);
    check_body("empty line before the trailer", trailing,
               "b\r\nhello world\r\n0\r\n\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n", HELLO, NULL);
    check_body("wrong checksum", trailing,
               "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", NULL, "BadDigest");
    check_body("missing trailer", trailing, "b\r\nhello world\r\n0\r\n\r\n", NULL,
               "MalformedTrailerError");
    check_body("other trailer", trailing, "b\r\nhello world\r\n0\r\nx-other:1\r\n\r\n", NULL,
               "MalformedTrailerError");
    check_body(
        "trailer twice", trailing,
        "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n",
        NULL, "MalformedTrailerError");
    check_body("trailer without colon", trailing,
               "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32\r\n\r\n", NULL,
               "MalformedTrailerError");
    check_body("bytes behind", trailing,
               "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\nx:y\r\n", NULL,
               "MalformedTrailerError");
    check_body("cut in a chunk", trailing, "b\r\nhello", NULL, "IncompleteBody");
    check_body("cut before the end", trailing, "b\r\nhello world\r\n", NULL, "IncompleteBody");
    check_body("no size", trailing, "hello world", NULL, "IncompleteBody");
    check_body("negative size", trailing, "-1\r\n", NULL, "IncompleteBody");
    check_body("huge size", trailing, "ffffffffffffffff\r\n", NULL, "IncompleteBody");
    check_body("chunk longer than said", trailing, "5\r\nhello world\r\n0\r\n\r\n", NULL,
               "IncompleteBody");

    check_body("no trailer at all", H(STREAM, "11"), "b\r\nhello world\r\n0\r\n\r\n", HELLO, NULL);
    check_body("more than said", H(STREAM, "10"), "b\r\nhello world\r\n0\r\n\r\n", NULL,
               "IncompleteBody");
    check_body("less than said", H(STREAM, "12"), "b\r\nhello world\r\n0\r\n\r\n", NULL,
               "IncompleteBody");
    check_body("empty object", H(STREAM, "0"), "0\r\n\r\n", "", NULL);
    check_body("length missing", H("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
               "0\r\n\r\n", NULL, "MissingContentLength");
    check_body("length no number", H(STREAM, "1x"), "0\r\n\r\n", NULL, "InvalidArgument");
    check_body("unsupported trailer", H(STREAM, "0", "x-amz-trailer", "x-amz-checksum-xxhash3"),
               "0\r\n\r\n", NULL, "NotImplemented");
    check_body("senseless trailer", H(STREAM, "0", "x-amz-trailer", "x-other"), "0\r\n\r\n", NULL,
               "InvalidRequest");
    check_body("too large", H(STREAM, "1000001"), "0\r\n\r\n", NULL, "EntityTooLarge");
    check_body("signed chunks without a signature",
               H("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                 "x-amz-decoded-content-length", "0"),
               "0\r\n\r\n", NULL, "InvalidRequest");
}

/* Builds the signed framing of the pieces, with the keys of the request. */
static void frame(struct buf *out, const struct fixture *f, const char *const *pieces,
                  const char *trailer) {
    struct sign_scope scope = {f->auth.scope_date, f->auth.scope_region, f->auth.scope_service};
    unsigned char digest[32];
    char previous[SIGN_HEX + 1];
    memcpy(previous, f->auth.signature, sizeof previous);
    for (size_t i = 0;; i++) {
        str piece = pieces[i] ? str_c(pieces[i]) : S("");
        sign_sha256(digest, piece);
        sign_chunk(previous, f->auth.key, f->auth.amz_date, scope, str_c(previous), digest);
        buf_printf(out, "%zx;chunk-signature=%s\r\n", piece.len, previous);
        if (!pieces[i])
            break;
        buf_str(out, piece);
        buf_c(out, "\r\n");
    }
    if (trailer) {
        struct buf text = {0};
        buf_printf(&text, "%s\n", trailer);
        sign_sha256(digest, buf_view(&text));
        sign_trailer(previous, f->auth.key, f->auth.amz_date, scope, str_c(previous), digest);
        buf_printf(out, "%s\r\nx-amz-trailer-signature:%s\r\n", trailer, previous);
        buf_deinit(&text);
    }
    buf_c(out, "\r\n");
}

static void signed_fixture(struct fixture *f, const char *form, const char *trailer) {
    fixture_init(f, "PUT", "/b/k", NULL);
    fixture_header(f, "x-amz-content-sha256", form);
    fixture_header(f, "x-amz-decoded-content-length", "11");
    if (trailer)
        fixture_header(f, "x-amz-trailer", trailer);
    fixture_sign(f, "s3", form);
    CHECK_INT(fixture_check(f, AWS_DIALECT_S3), 0);
}

static void test_signed_chunks(void **state) {
    (void)state;
    static const char *const pieces[] = {"hello", " wor", "ld", NULL};
    /* Byte that is changed in the framed text ('w' of the second chunk), or none. */
    for (int tampered = 0; tampered < 2; tampered++)
        for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
            struct fixture f;
            struct outcome out;
            struct buf wire = {0};
            signed_fixture(&f, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", NULL);
            frame(&wire, &f, pieces, NULL);
            if (tampered)
                wire.p[str_find(buf_view(&wire), S("wor"))] = 'W';
            run(&f, buf_view(&wire), steps[i], true, &out);
            if (tampered) {
                CHECK_INT(out.r, AWS_FAILED);
                CHECK_STR(str_c(out.fault.error->code), S("SignatureDoesNotMatch"));
                CHECK(str_find(buf_view(&out.got), S("ld")) < 0); /* nothing behind it */
            } else {
                CHECK_INT(out.r, 0);
                CHECK_BUF(out.got, HELLO);
                CHECK_STR(str_c(out.payload.md5), S("5eb63bbbe01eeed093cb22bb8f5acdc3"));
            }
            buf_deinit(&out.got);
            buf_deinit(&wire);
            fixture_deinit(&f);
        }
}

static void test_signed_trailer(void **state) {
    (void)state;
    static const char *const pieces[] = {"hello world", NULL};
    static const struct {
        const char *name, *trailer, *cut_at, *code;
    } cases[] = {
        {"good", "x-amz-checksum-crc32:DUoRhQ==", NULL, NULL},
        {"false signature",
         "x-amz-checksum-crc32:DUoRhQ==", "x-amz-trailer-signature:", "SignatureDoesNotMatch"},
        {"wrong checksum", "x-amz-checksum-crc32:AAAAAA==", NULL, "BadDigest"},
        {"no trailer", NULL, NULL, "MalformedTrailerError"},
    };
    for (size_t c = 0; c < ARRAY_LEN(cases); c++)
        for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
            struct fixture f;
            struct outcome out;
            struct buf wire = {0};
            signed_fixture(&f, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
                           "x-amz-checksum-crc32");
            frame(&wire, &f, pieces, cases[c].trailer);
            if (cases[c].cut_at) {
                char *at = wire.p + str_find(buf_view(&wire), str_c(cases[c].cut_at)) +
                           strlen(cases[c].cut_at);
                *at = *at == '0' ? '1' : '0';
            }
            run(&f, buf_view(&wire), steps[i], true, &out);
            CHECK_CASE(out.r == (cases[c].code ? AWS_FAILED : 0), cases[c].name);
            if (cases[c].code) {
                CHECK_STR(str_c(out.fault.error->code), str_c(cases[c].code));
            } else {
                CHECK_STR(out.payload.checksum_algorithm, S("CRC32"));
                CHECK_STR(out.payload.checksum_value, S("DUoRhQ=="));
            }
            buf_deinit(&out.got);
            buf_deinit(&wire);
            fixture_deinit(&f);
        }
}

/* Chunks out of order, or one left out: each signature covers the one before. */
static void test_chunk_order(void **state) {
    (void)state;
    static const char *const pieces[] = {"hello ", "world", NULL};
    struct fixture f;
    struct outcome out;
    struct buf wire = {0}, swapped = {0};
    signed_fixture(&f, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", NULL);
    frame(&wire, &f, pieces, NULL);
    ptrdiff_t second = str_find(buf_view(&wire), S("5;chunk"));
    ptrdiff_t last = str_find(buf_view(&wire), S("0;chunk-signature"));
    while (last >= 0 && last < second)
        last = second + str_find(str_skip(buf_view(&wire), (size_t)second), S("\r\n0;")) + 2;
    buf_str(&swapped, str_slice(buf_view(&wire), (size_t)second, (size_t)last));
    buf_str(&swapped, str_slice(buf_view(&wire), 0, (size_t)second));
    buf_str(&swapped, str_skip(buf_view(&wire), (size_t)last));
    run(&f, buf_view(&swapped), 16, true, &out);
    CHECK_INT(out.r, AWS_FAILED);
    CHECK_STR(str_c(out.fault.error->code), S("SignatureDoesNotMatch"));
    CHECK(str_find(buf_view(&out.got), S("hello")) < 0); /* it ends with the first chunk */
    buf_deinit(&out.got);
    buf_deinit(&wire);
    buf_deinit(&swapped);
    fixture_deinit(&f);
}

/* A query service: the body proves the signature at its end. */
static void test_query_body(void **state) {
    (void)state;
    char hash[SIGN_HEX + 1];
    sign_sha256_hex(hash, S("Action=X"));
    for (int tampered = 0; tampered < 2; tampered++) {
        struct fixture f;
        struct aws_body body;
        struct aws_payload payload = {0};
        struct aws_body_options options = {.dialect = AWS_DIALECT_QUERY, .max_bytes = 100};
        fixture_init(&f, "POST", "/", NULL);
        fixture_sign(&f, "sns", hash);
        CHECK_INT(fixture_check(&f, AWS_DIALECT_QUERY), 0);
        CHECK_INT(aws_body_init(&body, &f.wire, &f.auth, &options), 0);
        CHECK_INT(aws_body_feed(&body, tampered ? "Action=Y" : "Action=X", 8), 0);
        CHECK_INT(aws_body_end(&body, &payload), tampered ? AWS_FAILED : 0);
        CHECK_STR(str_c(tampered ? body.fault.error->code : payload.sha256),
                  str_c(tampered ? "SignatureDoesNotMatch" : hash));
        aws_body_deinit(&body);
        fixture_deinit(&f);
    }
}

static void test_limits(void **state) {
    (void)state;
    struct fixture f;
    struct aws_body body;
    struct aws_body_options options = {.dialect = AWS_DIALECT_REST_JSON, .max_bytes = 5};
    struct aws_payload payload = {0};
    fixture_init(&f, "POST", "/", NULL);
    CHECK_INT(fixture_check(&f, AWS_DIALECT_REST_JSON), 0);
    CHECK_INT(aws_body_init(&body, &f.wire, &f.auth, &options), 0);
    CHECK_INT(aws_body_feed(&body, "12345", 5), 0);
    CHECK_INT(aws_body_feed(&body, "6", 1), AWS_FAILED);
    CHECK_STR(str_c(body.fault.error->code), S("RequestTooLargeException"));
    CHECK_INT(aws_body_feed(&body, "7", 1), AWS_FAILED);
    CHECK_INT(aws_body_end(&body, &payload), AWS_FAILED);
    aws_body_deinit(&body);
    aws_body_deinit(&body);
    fixture_deinit(&f);
}

static void test_foreign_checksum(void **state) {
    (void)state;
    struct fixture f;
    struct aws_body body;
    struct aws_body_options options = {.dialect = AWS_DIALECT_S3, .foreign_checksum = true};
    struct aws_payload payload = {0};
    fixture_init(&f, "POST", "/b/k", "uploadId=1");
    fixture_header(&f, "x-amz-checksum-crc32", "AAAAAA==");
    CHECK_INT(fixture_check(&f, AWS_DIALECT_S3), 0);
    CHECK_INT(aws_body_init(&body, &f.wire, &f.auth, &options), 0);
    CHECK_INT(aws_body_feed(&body, "<x/>", 4), 0);
    CHECK_INT(aws_body_end(&body, &payload), 0);
    CHECK(!payload.checksum_value.p);
    aws_body_deinit(&body);
    fixture_deinit(&f);
}

static void test_content_encoding(void **state) {
    (void)state;
    static const struct {
        const char *value, *want;
    } cases[] = {{"aws-chunked", NULL},
                 {"aws-chunked,gzip", "gzip"},
                 {"gzip, aws-chunked", "gzip"},
                 {"gzip,br", "gzip,br"},
                 {"deflate, gzip", "deflate, gzip"},
                 {"aws-chunked, deflate, gzip", "deflate, gzip"},
                 {"deflate, aws-chunked, gzip", "deflate, gzip"},
                 {"aws-chunked,aws-chunked", NULL},
                 {"", NULL},
                 {"AWS-Chunked , gzip", "gzip"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena = {0};
        str got = aws_content_encoding(&arena, str_c(cases[i].value));
        CHECK_STR(got, str_c(cases[i].want));
        CHECK_CASE(!got.p == !cases[i].want, cases[i].value);
        arena_deinit(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain),
                                       cmocka_unit_test(test_checksums),
                                       cmocka_unit_test(test_unsigned_chunks),
                                       cmocka_unit_test(test_signed_chunks),
                                       cmocka_unit_test(test_signed_trailer),
                                       cmocka_unit_test(test_chunk_order),
                                       cmocka_unit_test(test_query_body),
                                       cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_foreign_checksum),
                                       cmocka_unit_test(test_content_encoding)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
