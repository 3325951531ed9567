#pragma once
/*
 * sign: AWS signatures. Pure: no clock, no I/O, no view of who may do what. The server verifies and
 * the clients sign with the same canonicaliser, so they cannot disagree about a corner.
 *
 * Sources: "Create a signed AWS API request" (IAM User Guide), "Authenticating Requests: Using
 * Query Parameters", "Signature calculations … transferring a payload in multiple chunks" (S3), and
 * "Signing and authenticating REST requests" (S3, SigV2).
 *
 * Any thread. Derived keys, digests, keyed HMAC contexts and a little text are kept per thread and
 * freed with it.
 */
#include "base/buf.h"
#include "base/outcomes.h"

struct sign_header {
    str name, value;
};

/*
 * A request as it stands on the wire: path and query percent-encoded by whoever made it.
 *
 * Two rules for paths. S3 signs the path as it names the object: each byte encoded once, nothing
 * normalised ("a//b" and "a/../b" are keys). All other services remove dot segments and double
 * slashes and encode what is already encoded once more.
 */
struct sign_request {
    str method;
    str path;  /* "" counts as "/" */
    str query; /* without '?'; may be absent */
    const struct sign_header *headers;
    size_t n_headers;
    /* "host;x-amz-date": which of them, lower case, sorted. Missing ones count as empty. */
    str signed_headers;
    str payload_hash; /* hex, or UNSIGNED-PAYLOAD, STREAMING-… */
    bool s3;          /* S3's path rule */
};

/* Scope of a signature: "20261122/us-east-1/s3/aws4_request". */
struct sign_scope {
    str date; /* yyyymmdd */
    str region;
    str service; /* signing name */
};
void sign_add_scope(struct buf *out, struct sign_scope scope);

/* A derived signing key. */
struct sign_key {
    unsigned char bytes[32];
};
enum { SIGN_HEX = 64 }; /* digits of a SHA-256 or of a SigV4 signature */

/* ---- The stages of SigV4 ---- */
void sign_add_canonical(struct buf *out, const struct sign_request *request);
/* What all services but S3 sign and see of a path: no empty, "." and ".." segments. */
void sign_add_normal_path(struct buf *out, str path);
/* The path alone, and the query alone (parameters named `except` left out; absent: none). */
void sign_add_canonical_path(struct buf *out, str path, bool s3);
void sign_add_canonical_query(struct buf *out, str query, str except);
void sign_add_string(struct buf *out, str amz_date, struct sign_scope scope, str canonical);
/* Kept per thread for the last few (secret, scope). */
void sign_derive(struct sign_key *ret_key, str secret, struct sign_scope scope);
/* Lower-case hex and a NUL. */
void sign_signature(char out[SIGN_HEX + 1], const struct sign_key *key, str string_to_sign);
/* All of them: the request's signature, without the texts, which only a refusal needs. */
void sign_request(char out[SIGN_HEX + 1], const struct sign_key *key,
                  const struct sign_request *request, str amz_date, struct sign_scope scope);

/* ---- Making signatures ---- */
struct sign_credentials {
    str access_key, secret_key;
    str session_token; /* absent or empty: none */
};
/*
 * Signs request (its signed_headers is ignored: every header it has is signed, so give only those
 * that travel unchanged; host, x-amz-date and, with a session, x-amz-security-token among them).
 * Appends the Authorization header's value. signature (may be NULL) is the seed for signed chunks.
 */
void sign_authorize(struct buf *authorization, const struct sign_request *request,
                    const struct sign_credentials *credentials, str amz_date, str region,
                    str service, char signature[SIGN_HEX + 1]);
/*
 * Appends the query string of a presigned URL: request's own query, then the X-Amz-* parameters.
 * Signed headers are all that request has (host at least); payload_hash is UNSIGNED-PAYLOAD for S3.
 */
void sign_presign(struct buf *query, const struct sign_request *request,
                  const struct sign_credentials *credentials, str amz_date, str region, str service,
                  uint32_t expires_s);

/* ---- Reading signatures ---- */
enum { SIGN_MAX_AUTHORIZATION = 8192, SIGN_MAX_QUERY = 16384 };
/*
 * What a signed request claims; views into the text it was parsed from, or into the arena of
 * decoded ones.
 */
struct sign_claim {
    str access_key;
    struct sign_scope scope;
    str signed_headers;
    str signature;
    str amz_date;      /* query form only; absent in the header form */
    str expires;       /* query form only */
    str session_token; /* query form only */
};
/*
 * Outcomes. In every case but OK, *reterr_what names the part at fault in the words of AWS's
 * message ("Credential", "SignedHeaders", …) and stays valid for ever.
 */
enum {
    SIGN_OK = 0,
    SIGN_E_ABSENT = OUTCOMES_SIGN, /* not a SigV4 request at all */
    SIGN_E_MISSING,                /* a part is missing */
    SIGN_E_MALFORMED,              /* a part has not the form it must have */
    SIGN_E_ALGORITHM,              /* AWS4-… but not AWS4-HMAC-SHA256 */
};
/*
 * "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…": spaces after commas are optional.
 */
int sign_parse_authorization(struct sign_claim *ret, str value, const char **reterr_what);
/*
 * X-Amz-Algorithm, -Credential, -Date, -Expires, -SignedHeaders, -Signature, -Security-Token, each
 * at most once. Decoded text goes to *text.
 */
int sign_parse_query(struct sign_claim *ret, str query, struct buf *text, const char **reterr_what);

/*
 * The parameter of that exact (decoded) name: appends its decoded value. One that comes twice or is
 * badly encoded has none that all readers would agree on.
 */
enum sign_param { SIGN_PARAM_NONE, SIGN_PARAM_ONE, SIGN_PARAM_BAD };
enum sign_param sign_query_param(str query, const char *name, struct buf *out);

/* ---- Signed chunks ---- */
/*
 * STREAMING-AWS4-HMAC-SHA256-PAYLOAD: previous is the seed or the last chunk's signature; sha256 of
 * the chunk's bytes.
 */
void sign_chunk(char out[SIGN_HEX + 1], const struct sign_key *key, str amz_date,
                struct sign_scope scope, str previous, const unsigned char sha256[32]);
/* The trailer's: sha256 of "name:value\n" of each trailing header, lower case, sorted. */
void sign_trailer(char out[SIGN_HEX + 1], const struct sign_key *key, str amz_date,
                  struct sign_scope scope, str previous, const unsigned char sha256[32]);

/* ---- SigV2 in the query string (S3) ---- */
/*
 * The string to sign: expires stands for the date. bucket: from the host name, absent in path
 * style. Sub-resources and response-* overrides that SigV2 signs are picked from request->query.
 */
void sign_add_v2_string(struct buf *out, const struct sign_request *request, str bucket,
                        str expires);
/*
 * The string has values decoded and side by side: "partNumber=1%26uploadId=x" reads as two
 * parameters in it, and is one when it is executed. False for a request of that kind, and for a
 * bucket that could be more than one.
 */
bool sign_v2_is_clear(str query, str bucket);
/* Is a parameter of that (decoded) name in the string? */
bool sign_v2_signs(str name);
/*
 * It is not, but all it does is to page through a listing or to narrow it. Who was given the right
 * to list a bucket may list all of it, so S3 takes these unsigned.
 */
bool sign_v2_lists(str name);
/*
 * Does a parameter of that name stand for a header? Presigners of both versions put x-amz-* headers
 * into the query, and those of SigV2 content-md5 and content-type too (HmacV1QueryAuth, botocore).
 */
bool sign_is_moved_header(str name, bool v2);
/* A name and a value that could stand in a header: in the string a line feed would begin another. */
bool sign_could_be_header(str name, str value);
/* base64 of HMAC-SHA1. */
void sign_add_v2_signature(struct buf *out, str secret, str string_to_sign);
/*
 * Appends the presigned query: request's own, then AWSAccessKeyId, Expires, Signature and the
 * session token.
 */
void sign_v2_presign(struct buf *query, const struct sign_request *request, str bucket,
                     const struct sign_credentials *credentials, int64_t expires_s);

/* ---- Digests ---- */
void sign_sha256(unsigned char out[32], str bytes);
void sign_sha256_hex(char out[SIGN_HEX + 1], str bytes);
/* HMAC-SHA256; the context keyed with `key` is kept for the next call with the same key. */
void sign_hmac(unsigned char out[32], str key, str bytes);
/*
 * A SHA-256 that is begun, for EVP_DigestUpdate and EVP_DigestFinal_ex. The caller gives it back,
 * from any thread and in any state, or frees it; NULL is fine.
 */
struct evp_md_ctx_st;
struct evp_md_ctx_st *sign_sha256_take(void);
void sign_sha256_give(struct evp_md_ctx_st *md);
