/*
 * aws/payload: takes a body's bytes through its layers: framing, chunk signatures, length,
 * SHA-256, MD5, checksum; then the sink.
 */
#include "aws/payload.h"

#include "aws/auth_fault.h"
#include "aws/checksum.h"
#include "aws/chunked.h"
#include "base/ascii.h"
#include "base/codec.h"
#include "base/md5.h"

#include <openssl/evp.h>

struct aws_body_priv {
    const struct aws_wire *wire;
    struct aws_auth *auth;
    struct aws_body_options options;
    uint64_t wire_bytes, decoded_bytes;
    int failed; /* what feed and end answer from now on */
    enum aws_checksum_algorithm algorithm;
    struct aws_checksum checksum;
    str checksum_header; /* "x-amz-checksum-crc32", in the arena */
    str checksum_value;  /* as sent, base64; from the header or, later, the trailer */
    str expected_sha256; /* the literal form; absent otherwise */
    EVP_MD_CTX *sha256;
    struct md5 md5;
    aws_sink_md5_fn *other_md5; /* whose, in place of ours; NULL: ours */
    void *other_md5_ctx;
    EVP_MD_CTX *chunk; /* of the signed chunk under way */
    struct aws_chunked chunked;
    struct buf trailer_text;     /* "name:value\n" of each, for the trailer's signature */
    char previous[SIGN_HEX + 1]; /* signature that the next chunk chains from */
    char trailer_signature[SIGN_HEX + 1];
    unsigned char expected_md5[MD5_LEN];
    bool has_md5; /* it is asked for */
    bool framed, is_signed, trailers_expected, check_md5, checksum_in_trailer;
};

/* ---- Errors of the body (S3 unless said otherwise) ---- */
static const struct aws_error invalid_digest = {
    "InvalidDigest", 400, "The Content-MD5 you specified is not valid.", NULL};
static const struct aws_error bad_digest = {
    "BadDigest", 400, "The Content-MD5 you specified did not match what we received.", NULL};
static const struct aws_error sha256_mismatch = {
    "XAmzContentSHA256Mismatch", 400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.", NULL};
static const struct aws_error incomplete_body = {
    "IncompleteBody", 400,
    "You did not provide the number of bytes specified by the Content-Length HTTP header", NULL};
/* "Error responses", S3 API reference: of a document, where an object is EntityTooLarge. */
static const struct aws_error message_too_long = {"MaxMessageLengthExceeded", 400,
                                                  "Your request was too large.", NULL};
static const struct aws_error missing_length = {
    "MissingContentLength", 411, "You must provide the Content-Length HTTP header.", NULL};
static const struct aws_error invalid_request = {"InvalidRequest", 400, "Invalid Request", NULL};
static const struct aws_error invalid_argument = {"InvalidArgument", 400, "Invalid Argument", NULL};
static const struct aws_error not_implemented = {"NotImplemented", 501, "Not implemented", NULL};
static const struct aws_error malformed_trailer = {
    "MalformedTrailerError", 400,
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    NULL};
#define FAIL(body, row, ...)                                                                       \
    auth_fault_row(&(body)->fault, (body)->priv->wire->arena, row, __VA_ARGS__)

/* Lambda names limit and operation (its SDKs' issues: "Request must be smaller than …"). */
static int fail_size(struct aws_body *body, uint64_t size) {
    struct aws_body_priv *p = body->priv;
    enum aws_dialect dialect = p->options.dialect;
    const struct aws_error *error = aws_dialect_error(dialect, COMMON_TOO_LARGE);
    if (dialect == AWS_DIALECT_S3 && !p->options.is_object)
        return FAIL(body, &message_too_long, NULL);
    if (dialect == AWS_DIALECT_REST_JSON && p->options.op)
        return FAIL(body, error,
                    "Request must be smaller than %llu bytes for the " STR_FMT " operation",
                    (unsigned long long)p->options.max_bytes, STR_ARG(p->options.op->name));
    FAIL(body, error, NULL);
    if (dialect == AWS_DIALECT_S3) {
        auth_fault_detail(&body->fault, "ProposedSize",
                          arena_printf(p->wire->arena, "%llu", (unsigned long long)size));
        auth_fault_detail(
            &body->fault, "MaxSizeAllowed",
            arena_printf(p->wire->arena, "%llu", (unsigned long long)p->options.max_bytes));
    }
    return AWS_FAILED;
}

static void add(EVP_MD_CTX *ctx, str bytes) {
    if (ctx && !EVP_DigestUpdate(ctx, bytes.p, bytes.len))
        abort();
}

/* ---- What the headers announce ---- */

static bool is_chunked_token(str token) { return str_eq_nocase(str_trim(token), S("aws-chunked")); }

static bool names_chunked(str encoding) {
    str one, left = encoding;
    for (bool more = encoding.len > 0; more;) {
        more = str_cut(left, ',', &one, &left);
        if (is_chunked_token(one))
            return true;
    }
    return false;
}

/*
 * Frames that nobody takes off would become the object's bytes. Without x-amz-content-sha256, as in
 * SigV2 and unsigned, a body is no more framed than with UNSIGNED-PAYLOAD.
 */
static int check_unframed(struct aws_body *body) {
    struct aws_body_priv *p = body->priv;
    str encoding = aws_wire_header(p->wire, "content-encoding");
    if (!names_chunked(encoding))
        return 0;
    FAIL(body, &invalid_argument,
         "aws-chunked encoding is not supported when x-amz-content-sha256 UNSIGNED-PAYLOAD is "
         "supplied");
    auth_fault_detail(&body->fault, "ArgumentName", S("Content-Encoding"));
    auth_fault_detail(&body->fault, "ArgumentValue", encoding);
    return AWS_FAILED;
}

static int read_form(struct aws_body *body) {
    struct aws_body_priv *p = body->priv;
    str form = p->auth->payload_hash.p ? p->auth->payload_hash
                                       : aws_wire_header(p->wire, "x-amz-content-sha256");
    unsigned char digest[32];
    if (codec_unhex(form, digest, sizeof digest)) {
        p->expected_sha256 = form;
        return 0;
    }
    if (p->options.dialect != AWS_DIALECT_S3)
        return 0;
    if (str_is(form, "STREAMING-UNSIGNED-PAYLOAD-TRAILER")) {
        p->framed = p->trailers_expected = true;
    } else if (str_starts(form, S("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"))) {
        p->framed = p->is_signed = true;
        p->trailers_expected = str_ends(form, S("-TRAILER"));
        if (!p->auth->key)
            return FAIL(body, &invalid_request,
                        "Signed chunks need a request signed in the Authorization header.");
        memcpy(p->previous, p->auth->signature, sizeof p->previous);
    } else if (!form.p || str_is(form, "UNSIGNED-PAYLOAD")) {
        return check_unframed(body);
    } else {
        return auth_fault(&body->fault, p->wire->arena, AWS_DIALECT_S3, AUTH_FAULT_BAD_HASH, NULL);
    }
    return 0;
}

static int read_length(struct aws_body *body) {
    struct aws_body_priv *p = body->priv;
    if (p->framed) {
        str length = aws_wire_header(p->wire, "x-amz-decoded-content-length");
        if (!length.p)
            return FAIL(body, &missing_length, NULL);
        if (!str_to_u64(length, &body->decoded_length))
            return FAIL(body, &invalid_argument, "x-amz-decoded-content-length is not a number");
        body->has_decoded_length = true;
    } else if (p->options.has_length) {
        body->decoded_length = p->options.content_length;
        body->has_decoded_length = true;
    }
    if (body->has_decoded_length && p->options.max_bytes &&
        body->decoded_length > p->options.max_bytes)
        return fail_size(body, body->decoded_length);
    return 0;
}

static int read_md5(struct aws_body *body) {
    struct aws_body_priv *p = body->priv;
    str value = aws_wire_header(p->wire, "content-md5");
    struct buf digest = {0};
    if (!value.p)
        return 0;
    bool ok =
        value.len <= 32 && codec_unbase64(&digest, value) && digest.len == sizeof p->expected_md5;
    if (ok)
        memcpy(p->expected_md5, digest.p, sizeof p->expected_md5);
    buf_deinit(&digest);
    p->check_md5 = ok;
    return ok ? 0 : FAIL(body, &invalid_digest, NULL);
}

/* The algorithm behind "x-amz-checksum-NAME"; NONE for its neighbours, which are no checksums. */
static enum aws_checksum_algorithm checksum_of(str header) {
    static const str prefix = S_INIT("x-amz-checksum-");
    if (!str_starts_nocase(header, prefix))
        return AWS_CHECKSUM_NONE;
    str name = str_skip(header, prefix.len);
    if (str_eq_nocase(name, S("algorithm")) || str_eq_nocase(name, S("type")) ||
        str_eq_nocase(name, S("mode")))
        return AWS_CHECKSUM_NONE;
    return aws_checksum_find(name);
}

static int set_checksum(struct aws_body *body, str header) {
    struct aws_body_priv *p = body->priv;
    enum aws_checksum_algorithm algorithm = checksum_of(header);
    if (p->algorithm != AWS_CHECKSUM_NONE)
        return FAIL(
            body, &invalid_request,
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
    if (algorithm == AWS_CHECKSUM_UNSUPPORTED)
        return FAIL(body, &not_implemented,
                    "Checksum algorithm " STR_FMT " is not supported. "
                    "Supported are CRC32, CRC32C, CRC64NVME, SHA1 and SHA256.",
                    STR_ARG(str_skip(header, sizeof "x-amz-checksum-" - 1)));
    if (algorithm == AWS_CHECKSUM_UNKNOWN)
        return FAIL(body, &invalid_request,
                    "The algorithm type you specified in x-amz-checksum- header is invalid.");
    char *name = arena_cstr(p->wire->arena, header);
    ascii_lower_all(name, header.len);
    p->algorithm = algorithm;
    p->checksum_header = str_n(name, header.len);
    return 0;
}

static int check_checksum_form(struct aws_body *body, str value) {
    struct aws_body_priv *p = body->priv;
    struct buf bytes = {0};
    bool ok = value.len <= 64 && codec_unbase64(&bytes, value) &&
              bytes.len == aws_checksum_size(p->algorithm);
    buf_deinit(&bytes);
    return ok ? 0
              : FAIL(body, &invalid_request, "Value for " STR_FMT " header is invalid.",
                     STR_ARG(p->checksum_header));
}

/* From a header, or announced by x-amz-trailer. */
static int read_checksum(struct aws_body *body) {
    struct aws_body_priv *p = body->priv;
    str trailer = aws_wire_header(p->wire, "x-amz-trailer");
    int r = 0;
    for (size_t i = 0; i < p->wire->n_headers && r == 0; i++) {
        if (checksum_of(p->wire->headers[i].name) == AWS_CHECKSUM_NONE)
            continue;
        r = set_checksum(body, p->wire->headers[i].name);
        if (r == 0)
            r = check_checksum_form(body, p->wire->headers[i].value);
        p->checksum_value = p->wire->headers[i].value;
    }
    if (r != 0)
        return r;
    if (trailer.p && p->trailers_expected) {
        if (checksum_of(trailer) == AWS_CHECKSUM_NONE)
            return FAIL(body, &invalid_request,
                        "The value specified in the x-amz-trailer header is not supported");
        p->checksum_in_trailer = true;
        return set_checksum(body, trailer);
    }
    str announced = aws_wire_header(p->wire, "x-amz-sdk-checksum-algorithm");
    if (announced.p && p->algorithm == AWS_CHECKSUM_NONE && !p->check_md5) {
        if (aws_checksum_find(announced) == AWS_CHECKSUM_UNSUPPORTED)
            return FAIL(body, &not_implemented,
                        "Checksum algorithm " STR_FMT " is not supported. "
                        "Supported are CRC32, CRC32C, CRC64NVME, SHA1 and SHA256.",
                        STR_ARG(announced));
        return FAIL(body, &invalid_request,
                    "x-amz-sdk-checksum-algorithm specified, but no corresponding "
                    "x-amz-checksum-* or x-amz-trailer headers were found.");
    }
    return 0;
}

/* ---- The bytes ---- */

static int take_decoded(struct aws_body *body, str bytes) {
    struct aws_body_priv *p = body->priv;
    p->decoded_bytes += bytes.len;
    if (body->has_decoded_length && p->decoded_bytes > body->decoded_length)
        return FAIL(body, &incomplete_body, NULL);
    if (p->options.max_bytes && p->decoded_bytes > p->options.max_bytes)
        return fail_size(body, p->decoded_bytes);
    add(p->sha256, bytes);
    if (p->has_md5 && !p->other_md5)
        md5_add(&p->md5, bytes.p, bytes.len);
    aws_checksum_update(&p->checksum, bytes.p, bytes.len);
    return p->options.sink && bytes.len ? p->options.sink(p->options.sink_ctx, bytes.p, bytes.len)
                                        : 0;
}

static struct sign_scope scope_of(const struct aws_auth *auth) {
    return (struct sign_scope){auth->scope_date, auth->scope_region, auth->scope_service};
}

static int fail_signature(struct aws_body *body) {
    return auth_fault(&body->fault, body->priv->wire->arena, AWS_DIALECT_S3, AUTH_FAULT_SIGNATURE,
                      NULL);
}

/* A signed chunk is over; its bytes have gone through p->chunk. */
static int on_chunk(void *ctx, str signature) {
    struct aws_body *body = ctx;
    struct aws_body_priv *p = body->priv;
    unsigned char digest[32];
    char want[SIGN_HEX + 1];
    if (!EVP_DigestFinal_ex(p->chunk, digest, NULL) || !EVP_DigestInit_ex(p->chunk, NULL, NULL))
        abort();
    sign_chunk(want, p->auth->key, p->auth->amz_date, scope_of(p->auth), str_c(p->previous),
               digest);
    memcpy(p->previous, want, sizeof want);
    return str_eq_secret(str_c(want), signature) ? 0 : fail_signature(body);
}

static int on_bytes(void *ctx, str bytes) {
    struct aws_body *body = ctx;
    add(body->priv->chunk, bytes);
    return take_decoded(body, bytes);
}

static int on_trailer(void *ctx, str name, str value) {
    struct aws_body *body = ctx;
    struct aws_body_priv *p = body->priv;
    if (str_is(name, "x-amz-trailer-signature") && p->is_signed && value.len == SIGN_HEX &&
        !p->trailer_signature[0]) {
        memcpy(p->trailer_signature, value.p, SIGN_HEX);
        return 0;
    }
    if (!p->checksum_in_trailer || !str_eq(name, p->checksum_header) || p->checksum_value.p)
        return FAIL(body, &malformed_trailer, NULL);
    buf_str(&p->trailer_text, name);
    buf_char(&p->trailer_text, ':');
    buf_str(&p->trailer_text, value);
    buf_char(&p->trailer_text, '\n');
    int r = check_checksum_form(body, value);
    if (r == 0)
        p->checksum_value = arena_str(p->wire->arena, value);
    return r;
}

/* The framing's own outcomes in S3's words; all else was set already, or is the sink's. */
static int from_chunked(struct aws_body *body, int r) {
    if (r == AWS_CHUNK_E_FORM)
        return FAIL(body, body->priv->chunked.over ? &malformed_trailer : &incomplete_body, NULL);
    if (r == AWS_CHUNK_E_CUT)
        return FAIL(body, &incomplete_body, "The request body terminated unexpectedly");
    return r;
}

int aws_body_init(struct aws_body *body, const struct aws_wire *wire, struct aws_auth *auth,
                  const struct aws_body_options *options) {
    struct aws_body_priv *p = arena_new(wire->arena, struct aws_body_priv);
    *body = (struct aws_body){.priv = p};
    p->wire = wire;
    p->auth = auth;
    p->options = *options;
    int r = read_form(body);
    if (r == 0)
        r = read_length(body);
    if (r == 0 && options->dialect == AWS_DIALECT_S3)
        r = read_md5(body);
    if (r == 0 && options->dialect == AWS_DIALECT_S3 && !options->foreign_checksum)
        r = read_checksum(body);
    p->failed = r;
    if (r != 0)
        return r;
    if (p->framed) {
        struct aws_chunk_events events = {body, on_bytes, on_chunk, on_trailer};
        p->chunk = p->is_signed ? sign_sha256_take() : NULL;
        aws_chunked_init(&p->chunked, p->is_signed, &events);
    }
    if (p->expected_sha256.p || auth->awaits_body || options->want_sha256)
        p->sha256 = sign_sha256_take();
    p->has_md5 = p->check_md5 || options->want_md5;
    md5_init(&p->md5);
    aws_checksum_init(&p->checksum, p->algorithm);
    return 0;
}

void aws_body_borrow_md5(struct aws_body *body, aws_sink_md5_fn *md5, void *ctx) {
    body->priv->other_md5 = md5;
    body->priv->other_md5_ctx = ctx;
}

int aws_body_feed(struct aws_body *body, const void *bytes, size_t n) {
    struct aws_body_priv *p = body->priv;
    if (p->failed || n == 0)
        return p->failed;
    p->wire_bytes += n;
    if (p->options.has_length && p->wire_bytes > p->options.content_length)
        p->failed = FAIL(body, &incomplete_body, NULL);
    else if (p->framed)
        p->failed = from_chunked(body, aws_chunked_feed(&p->chunked, bytes, n));
    else
        p->failed = take_decoded(body, str_n(bytes, n));
    return p->failed;
}

/* ---- The end ---- */

static int end_frames(struct aws_body *body) {
    struct aws_body_priv *p = body->priv;
    if (!p->framed)
        return 0;
    int r = from_chunked(body, aws_chunked_end(&p->chunked));
    if (r != 0)
        return r;
    if (p->checksum_in_trailer && !p->checksum_value.p)
        return FAIL(body, &malformed_trailer, NULL);
    if (!p->is_signed || !p->trailers_expected ||
        (!p->checksum_in_trailer && !p->trailer_signature[0]))
        return 0;
    unsigned char digest[32];
    char want[SIGN_HEX + 1];
    sign_sha256(digest, buf_view(&p->trailer_text));
    sign_trailer(want, p->auth->key, p->auth->amz_date, scope_of(p->auth), str_c(p->previous),
                 digest);
    return str_eq_secret(str_c(want), str_c(p->trailer_signature)) ? 0 : fail_signature(body);
}

static int end_length(struct aws_body *body) {
    struct aws_body_priv *p = body->priv;
    bool cut = p->options.has_length && p->wire_bytes != p->options.content_length;
    bool odd = body->has_decoded_length && p->decoded_bytes != body->decoded_length;
    return cut || odd ? FAIL(body, &incomplete_body, NULL) : 0;
}

static int end_sha256(struct aws_body *body, struct aws_payload *ret) {
    struct aws_body_priv *p = body->priv;
    unsigned char digest[32];
    if (!p->sha256)
        return 0;
    if (!EVP_DigestFinal_ex(p->sha256, digest, NULL))
        abort();
    codec_hex(ret->sha256, digest, sizeof digest);
    ret->sha256[64] = '\0';
    if (p->expected_sha256.p && !str_eq_nocase(p->expected_sha256, str_c(ret->sha256))) {
        if (p->options.dialect != AWS_DIALECT_S3)
            return auth_fault(&body->fault, p->wire->arena, p->options.dialect,
                              AUTH_FAULT_SIGNATURE, NULL);
        FAIL(body, &sha256_mismatch, NULL);
        auth_fault_detail(&body->fault, "ClientComputedContentSHA256", p->expected_sha256);
        auth_fault_detail(&body->fault, "S3ComputedContentSHA256",
                          arena_str(p->wire->arena, str_c(ret->sha256)));
        return AWS_FAILED;
    }
    if (aws_auth_body(p->auth, digest) != 0) {
        body->fault = p->auth->fault;
        return AWS_FAILED;
    }
    return 0;
}

static str base64(struct arena *arena, const void *bytes, size_t n) {
    struct buf text = {0};
    codec_add_base64(&text, bytes, n);
    str kept = arena_str(arena, buf_view(&text));
    buf_deinit(&text);
    return kept;
}

static int end_md5(struct aws_body *body, struct aws_payload *ret) {
    struct aws_body_priv *p = body->priv;
    unsigned char digest[MD5_LEN];
    if (!p->has_md5)
        return 0;
    if (p->other_md5)
        p->other_md5(p->other_md5_ctx, digest);
    else
        md5_finish(&p->md5, digest);
    codec_hex(ret->md5, digest, sizeof digest);
    ret->md5[32] = '\0';
    if (!p->check_md5 || memcmp(digest, p->expected_md5, sizeof digest) == 0)
        return 0;
    FAIL(body, &bad_digest, NULL);
    auth_fault_detail(&body->fault, "ExpectedDigest",
                      base64(p->wire->arena, p->expected_md5, sizeof digest));
    auth_fault_detail(&body->fault, "CalculatedDigest",
                      base64(p->wire->arena, digest, sizeof digest));
    return AWS_FAILED;
}

static int end_checksum(struct aws_body *body, struct aws_payload *ret) {
    struct aws_body_priv *p = body->priv;
    unsigned char digest[AWS_CHECKSUM_MAX];
    if (p->algorithm == AWS_CHECKSUM_NONE)
        return 0;
    size_t n = aws_checksum_final(&p->checksum, digest);
    ret->checksum_algorithm = aws_checksum_name(p->algorithm);
    ret->checksum_value = base64(p->wire->arena, digest, n);
    if (str_eq(ret->checksum_value, p->checksum_value))
        return 0;
    return FAIL(body, &bad_digest,
                "The " STR_FMT " you specified did not match the calculated checksum.",
                STR_ARG(ret->checksum_algorithm));
}

static bool has_digest(const struct aws_body_priv *p) {
    bool presigned = p->auth->kind == AWS_AUTH_V4_QUERY || p->auth->kind == AWS_AUTH_V2_QUERY;
    return p->check_md5 || p->algorithm != AWS_CHECKSUM_NONE ||
           (presigned && str_find(p->wire->query, S("x-amz-checksum-")) >= 0);
}

int aws_body_end(struct aws_body *body, struct aws_payload *ret) {
    struct aws_body_priv *p = body->priv;
    str bytes = ret->bytes;
    *ret = (struct aws_payload){.bytes = bytes,
                                .size = p->decoded_bytes,
                                .framed = p->framed,
                                .has_digest = has_digest(p)};
    int r = p->failed;
    if (r == 0)
        r = end_frames(body);
    if (r == 0)
        r = end_length(body);
    if (r == 0)
        r = end_sha256(body, ret);
    if (r == 0)
        r = end_md5(body, ret);
    if (r == 0)
        r = end_checksum(body, ret);
    p->failed = r;
    return r;
}

void aws_body_deinit(struct aws_body *body) {
    struct aws_body_priv *p = body->priv;
    if (!p)
        return;
    aws_chunked_deinit(&p->chunked);
    aws_checksum_deinit(&p->checksum);
    sign_sha256_give(p->sha256);
    sign_sha256_give(p->chunk);
    buf_deinit(&p->trailer_text);
    body->priv = NULL;
}

str aws_content_encoding(struct arena *arena, str value) {
    CLEANUP_DEINIT(buf) struct buf kept = {0};
    if (!names_chunked(value))
        return value.len ? value : STR_NONE;
    str left = value, one;
    for (bool more = true; more;) {
        more = str_cut(left, ',', &one, &left);
        if (is_chunked_token(one))
            continue;
        if (kept.len)
            buf_char(&kept, ',');
        buf_str(&kept, one);
    }
    str rest = str_trim(buf_view(&kept));
    return rest.len ? arena_str(arena, rest) : STR_NONE;
}
