/*
 * mutants: requests as bytes, and those that are signed: one of each form that a client has, of every
 * protocol.
 */
#include "aws/mutants/mutants.h"

/* ---- Bytes ---- */
str request_text(struct request *r, str s) { return arena_str(&r->arena, s); }

str request_join(struct request *r, str a, str b, str c) {
    return arena_printf(&r->arena, STR_FMT STR_FMT STR_FMT, STR_ARG(a), STR_ARG(b), STR_ARG(c));
}

void request_add_header(struct request *r, str name, str value) {
    if (r->n_headers < MUTANT_HEADERS)
        r->headers[r->n_headers++] =
            (struct sign_header){request_text(r, name), request_text(r, value)};
}

void request_drop_header(struct request *r, size_t i) {
    memmove(&r->headers[i], &r->headers[i + 1], (--r->n_headers - i) * sizeof *r->headers);
}

void request_copy(struct request *to, const struct request *from) {
    *to = (struct request){.n_headers = from->n_headers};
    to->method = request_text(to, from->method);
    to->path = request_text(to, from->path);
    to->query = request_text(to, from->query);
    to->body = request_text(to, from->body);
    for (size_t i = 0; i < from->n_headers; i++)
        to->headers[i] = (struct sign_header){request_text(to, from->headers[i].name),
                                              request_text(to, from->headers[i].value)};
}

void request_print(const char *what, const struct request *r) {
    print_error("%s: " STR_FMT " " STR_FMT "?" STR_FMT "\n", what, STR_ARG(r->method),
                STR_ARG(r->path), STR_ARG(r->query));
    for (size_t i = 0; i < r->n_headers; i++)
        print_error("  " STR_FMT ": " STR_FMT "\n", STR_ARG(r->headers[i].name),
                    STR_ARG(r->headers[i].value));
    print_error("  [" STR_FMT "]\n", STR_ARG(r->body));
}

/* ---- The requests that are signed ---- */
/* Longer than its frames, so that most changes are of the bytes themselves. */
#define LONG_BODY                                                                                  \
    "the bytes of two chunks, which are more than their frames are, so that"                       \
    " whoever changes a byte of the whole changes one of what was meant to "                       \
    "be kept, and not the length or the signature that stands before it; an"                       \
    "d so on, in as many words as it takes until nobody doubts it any more:"                       \
    " the bytes of two chunks."
#define LONG_BODY_CRC32 "HmkWsw=="
#define JSON_10         "Content-Type", "application/x-amz-json-1.0"
#define FORMED          "Content-Type", "application/x-www-form-urlencoded"
const struct base bases[] = {
    {"an object",
     HEADER,
     "s3",
     "PUT",
     "/b/a%20b+c/%C3%A9",
     "",
     "the bytes",
     {"x-amz-acl", "private", "x-amz-meta-note", "one, two", "content-type", "text/plain",
      "x-amz-tagging", "a=1&b=2"},
     NULL},
    {"a version", HEADER, "s3", "GET", "/b/k", "versionId=v1", "", {0}, NULL},
    {"its removal", HEADER, "s3", "DELETE", "/b/k", "versionId=v1", "", {0}, NULL},
    {"a listing",
     HEADER,
     "s3",
     "GET",
     "/b",
     "list-type=2&prefix=a%2Fb&max-keys=10&delimiter=%2F",
     "",
     {0},
     NULL},
    {"a bucket", HEADER, "s3", "DELETE", "/b", "", "", {0}, NULL},
    {"a part", HEADER, "s3", "PUT", "/b/k", "partNumber=1&uploadId=u", "part", {0}, NULL},
    {"a copy",
     HEADER,
     "s3",
     "PUT",
     "/b/k",
     "",
     "",
     {"x-amz-copy-source", "/src/k,x?versionId=v"},
     NULL},
    {"a host", HEADER, "s3", "GET", "/k/l", "", "", {0}, "b.s3.localhost:4566"},
    {"a message",
     HEADER,
     "sns",
     "POST",
     "/",
     "",
     "Action=Publish&TopicArn=a&Message=m",
     {FORMED},
     NULL},
    {"a queue's URL",
     HEADER,
     "sqs",
     "POST",
     "/000000000000/jobs",
     "",
     "Action=PurgeQueue",
     {FORMED},
     NULL},
    {"an item",
     HEADER,
     "dynamodb",
     "POST",
     "/",
     "",
     "{\"TableName\":\"T\",\"Key\":{}}",
     {JSON_10, "X-Amz-Target", "DynamoDB_20120810.DeleteItem"},
     NULL},
    {"a function",
     HEADER,
     "lambda",
     "DELETE",
     "/2015-03-31/functions/policy",
     "Qualifier=1",
     "",
     {0},
     NULL},
    {"an invocation",
     HEADER,
     "lambda",
     "POST",
     "/2015-03-31/functions/f/invocations",
     "",
     "{}",
     {"x-amz-invocation-type", "Event"},
     NULL},
    {"a user",
     HEADER,
     "iam",
     "GET",
     "/",
     "Action=DeleteUser&UserName=a&Version=2010-05-08",
     "",
     {0},
     NULL},
    {"presigned",
     QUERY_4,
     "s3",
     "GET",
     "/b/a%20b",
     "versionId=v1&response-content-type=text%2Fplain",
     "",
     {0},
     NULL},
    {"presigned upload",
     QUERY_4,
     "s3",
     "PUT",
     "/b/k",
     "x-amz-acl=private&x-amz-meta-note=one%20two&x-id=PutObject",
     "bytes",
     {"content-type", "text/plain", "x-amz-storage-class", "STANDARD"},
     NULL},
    {"presigned copy",
     QUERY_4,
     "s3",
     "PUT",
     "/b/k",
     "x-amz-copy-source=%2Fsrc%2Fk%2Cx",
     "",
     {0},
     NULL},
    {"presigned identity",
     QUERY_4,
     "sts",
     "GET",
     "/",
     "Action=GetCallerIdentity&Version=2011-06-15",
     "",
     {0},
     NULL},
    {"version 2",
     QUERY_2,
     "s3",
     "GET",
     "/b/a%20b",
     "versionId=v1&response-content-disposition=attachment%3B%20filename%3Da%26b",
     "",
     {0},
     NULL},
    {"version 2 of a bucket", QUERY_2, "s3", "GET", "/b/", "", "", {0}, NULL},
    {"version 2, its removal", QUERY_2, "s3", "DELETE", "/b", "", "", {0}, NULL},
    {"version 2, a part",
     QUERY_2,
     "s3",
     "PUT",
     "/b/k",
     "partNumber=1&uploadId=u",
     "part",
     {0},
     NULL},
    {"version 2, an upload",
     QUERY_2,
     "s3",
     "PUT",
     "/b/k",
     "x-amz-acl=private&x-amz-meta-a=1&x-amz-meta-b=2&content-type=text%2Fplain",
     "bytes",
     {0},
     NULL},
    {"version 2 with headers",
     QUERY_2,
     "s3",
     "PUT",
     "/b/k",
     "",
     "bytes",
     {"Content-Type", "text/plain", "x-amz-meta-a", "1", "x-amz-meta-b", "2, 3"},
     NULL},
    {"version 2, a copy",
     QUERY_2,
     "s3",
     "PUT",
     "/b/k",
     "x-amz-copy-source=%2Fsrc%2Fk",
     "",
     {0},
     NULL},
    {"version 2 of a host", QUERY_2, "s3", "GET", "/k/l", "acl", "", {0}, "b.s3.localhost:4566"},
    {"chunks", CHUNKS, "s3", "PUT", "/b/k", "", LONG_BODY, {0}, NULL},
    {"chunks with a trailer",
     CHUNKS_TRAILER,
     "s3",
     "PUT",
     "/b/k",
     "",
     LONG_BODY,
     {"x-amz-trailer", "x-amz-checksum-crc32"},
     NULL},
};

const size_t n_bases = ARRAY_LEN(bases);

static str request_number(struct request *r, size_t n) { return arena_printf(&r->arena, "%zu", n); }

static void add_chunk(struct buf *out, const struct sign_key *key, str date,
                      struct sign_scope scope, str bytes, char previous[SIGN_HEX + 1]) {
    unsigned char digest[32];
    char made[SIGN_HEX + 1];
    sign_sha256(digest, bytes);
    sign_chunk(made, key, date, scope, str_n(previous, SIGN_HEX), digest);
    memcpy(previous, made, sizeof made);
    buf_printf(out, "%zx;chunk-signature=%s\r\n" STR_FMT "%s", bytes.len, made, STR_ARG(bytes),
               bytes.len ? "\r\n" : "");
}

/* The body in two signed chunks, and a checksum behind them. */
static void frame(struct request *r, str date, str service, char seed[SIGN_HEX + 1], bool trailer) {
    struct sign_scope scope = {str_slice(date, 0, 8), S("eu-north-1"), service};
    struct sign_key key;
    struct buf out = {0};
    sign_derive(&key, S(SECRET), scope);
    add_chunk(&out, &key, date, scope, str_slice(r->body, 0, 150), seed);
    add_chunk(&out, &key, date, scope, str_skip(r->body, 150), seed);
    add_chunk(&out, &key, date, scope, S(""), seed);
    if (trailer) {
        static const char line[] = "x-amz-checksum-crc32:" LONG_BODY_CRC32 "\n";
        unsigned char digest[32];
        char made[SIGN_HEX + 1];
        sign_sha256(digest, str_c(line));
        sign_trailer(made, &key, date, scope, str_n(seed, SIGN_HEX), digest);
        buf_printf(&out,
                   "x-amz-checksum-crc32:" LONG_BODY_CRC32 "\r\nx-amz-trailer-signature:%s\r\n",
                   made);
    }
    buf_c(&out, "\r\n");
    r->body = request_text(r, buf_view(&out));
    buf_deinit(&out);
}

static void sign(struct request *r, const struct base *base) {
    char date[CLOCK_ISO_MAX], hash[SIGN_HEX + 1], seed[SIGN_HEX + 1];
    struct buf made = {0};
    bool s3 = strcmp(base->service, "s3") == 0;
    clock_amz(date, fixture_now);
    sign_sha256_hex(hash, r->body);
    str said = base->form == CHUNKS           ? S("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
               : base->form == CHUNKS_TRAILER ? S("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
               : base->form == QUERY_4 && s3  ? S("UNSIGNED-PAYLOAD")
                                              : str_c(hash);
    struct sign_credentials credentials = {S(ACCESS), S(SECRET), STR_NONE};
    struct sign_request request = {.method = r->method,
                                   .path = r->path,
                                   .query = r->query,
                                   .payload_hash = said,
                                   .s3 = s3,
                                   .headers = r->headers};
    if (base->form == QUERY_2) {
        str bucket = base->host ? S("b") : STR_NONE;
        request.n_headers = r->n_headers;
        sign_v2_presign(&made, &request, bucket, &credentials, fixture_now / 1000 + 60);
        r->query = request_text(r, buf_view(&made));
    } else if (base->form == QUERY_4) {
        request.n_headers = r->n_headers;
        sign_presign(&made, &request, &credentials, str_c(date), S("eu-north-1"),
                     str_c(base->service), 60);
        r->query = request_text(r, buf_view(&made));
    } else {
        request_add_header(r, S("X-Amz-Date"), str_c(date));
        if (s3)
            request_add_header(r, S("x-amz-content-sha256"), said);
        if (base->form != HEADER)
            request_add_header(r, S("x-amz-decoded-content-length"),
                               request_number(r, r->body.len));
        request.n_headers = r->n_headers;
        sign_authorize(&made, &request, &credentials, str_c(date), S("eu-north-1"),
                       str_c(base->service), seed);
        request_add_header(r, S("Authorization"), buf_view(&made));
        if (base->form != HEADER)
            frame(r, str_c(date), str_c(base->service), seed, base->form == CHUNKS_TRAILER);
    }
    buf_deinit(&made);
}

void request_make(struct request *r, const struct base *base) {
    *r = (struct request){.method = str_c(base->method), .path = str_c(base->path)};
    r->query = str_c(base->query);
    r->body = str_c(base->body);
    request_add_header(r, S("Host"), str_c(base->host ? base->host : "127.0.0.1:4566"));
    for (size_t i = 0; base->headers[i]; i += 2)
        request_add_header(r, str_c(base->headers[i]), str_c(base->headers[i + 1]));
    sign(r, base);
}

str request_signed_headers(const struct request *r) {
    struct sign_claim claim = {0};
    const char *what = NULL;
    for (size_t i = 0; i < r->n_headers; i++)
        if (str_is(r->headers[i].name, "Authorization") &&
            sign_parse_authorization(&claim, r->headers[i].value, &what) == SIGN_OK)
            return claim.signed_headers;
    return str_find(r->query, S("X-Amz-SignedHeaders=content-type")) >= 0
               ? S("content-type;host;x-amz-storage-class")
               : S("host");
}

bool is_signed_header(str signed_headers, str name) {
    str left = signed_headers, one;
    for (bool more = left.len > 0; more;) {
        more = str_cut(left, ';', &one, &left);
        if (str_eq_nocase(one, name))
            return true;
    }
    return false;
}
