/*
 * aws/auth: reads what a request claims about its caller, finds the access key, and verifies the
 * signature: SigV4 in headers and in queries, and S3's query SigV2.
 */
#include "aws/auth.h"

#include "aws/auth_fault.h"
#include "aws/meant.h"
#include "aws/model.h"
#include "base/clock.h"
#include "base/codec.h"

static const int64_t max_skew_ms = 900000;    /* 15 minutes, both ways: "RequestTimeTooSkewed" */
static const uint64_t max_expires_s = 604800; /* a week */

struct aws_auth_priv {
    const struct aws_wire *wire;
    enum aws_dialect dialect;
    int64_t now_ms;
    int claim_outcome;       /* SIGN_*, of parsing */
    const char *claim_fault; /* which part, when not SIGN_OK */
    struct sign_claim claim;
    str session_token; /* as sent, wherever it stood */
    struct sign_key key;
    struct sign_request request; /* ready but for payload_hash */
    bool bad_mechanism, two_mechanisms;
    bool v2_unclear; /* one of its parameters comes twice, or is badly encoded */
    str clash;       /* of the query, and otherwise in the headers */
    str v2_expires;
};

str aws_wire_header(const struct aws_wire *wire, const char *name) {
    str wanted = str_c(name);
    for (size_t i = 0; i < wire->n_headers; i++)
        if (str_eq_nocase(wire->headers[i].name, wanted))
            return wire->headers[i].value;
    return STR_NONE;
}

/*
 * Decoded value of the parameter of that exact name; absent when missing, empty without '='.
 * *ret_bad becomes true where it comes twice or is badly encoded.
 */
static str wire_param(const struct aws_wire *wire, const char *name, bool *ret_bad) {
    struct buf value = {0};
    enum sign_param there = sign_query_param(wire->query, name, &value);
    str found = there == SIGN_PARAM_ONE ? arena_str(wire->arena, buf_view(&value)) : STR_NONE;
    buf_deinit(&value);
    *ret_bad = *ret_bad || there == SIGN_PARAM_BAD;
    return found;
}

/* ---- Reading ---- */

static void read_header_claim(struct aws_auth *auth, str authorization) {
    struct aws_auth_priv *p = auth->priv;
    p->claim_outcome = sign_parse_authorization(&p->claim, authorization, &p->claim_fault);
    if (p->claim_outcome == SIGN_E_ABSENT) {
        p->bad_mechanism = true;
        return;
    }
    p->session_token = aws_wire_header(p->wire, "x-amz-security-token");
}

/* Copies what was decoded into a buffer of its own. */
static void keep_claim(struct sign_claim *claim, struct arena *arena) {
    enum { PARTS = 9 };
    str *const parts[PARTS] = {
        &claim->access_key,    &claim->scope.date,     &claim->scope.region,
        &claim->scope.service, &claim->signed_headers, &claim->signature,
        &claim->amz_date,      &claim->expires,        &claim->session_token};
    for (size_t i = 0; i < PARTS; i++)
        if (parts[i]->p)
            *parts[i] = arena_str(arena, *parts[i]);
}

static bool read_query_claim(struct aws_auth *auth) {
    struct aws_auth_priv *p = auth->priv;
    struct buf text = {0};
    p->claim_outcome = sign_parse_query(&p->claim, p->wire->query, &text, &p->claim_fault);
    if (p->claim_outcome == SIGN_OK)
        keep_claim(&p->claim, p->wire->arena);
    buf_deinit(&text);
    p->session_token = p->claim.session_token.p ? p->claim.session_token
                                                : aws_wire_header(p->wire, "x-amz-security-token");
    return p->claim_outcome != SIGN_E_ABSENT;
}

static bool read_v2_claim(struct aws_auth *auth) {
    struct aws_auth_priv *p = auth->priv;
    bool *bad = &p->v2_unclear;
    str key = wire_param(p->wire, "AWSAccessKeyId", bad);
    str signature = wire_param(p->wire, "Signature", bad);
    if (!key.p && !signature.p && !*bad)
        return false;
    if (auth->kind == AWS_AUTH_V4_QUERY)
        return true;
    p->claim.access_key = key;
    p->claim.signature = signature;
    p->v2_expires = wire_param(p->wire, "Expires", bad);
    p->session_token = wire_param(p->wire, "x-amz-security-token", bad);
    if (!p->session_token.p)
        p->session_token = aws_wire_header(p->wire, "x-amz-security-token");
    return true;
}

/*
 * Only S3 reads headers in a query, but no service may be told one thing here and another there. It
 * does so in every request, signed or not, since what is passed over there is passed over silently.
 */
static void read_meant(struct aws_auth *auth) {
    struct aws_auth_priv *p = auth->priv;
    struct aws_moving how = {.v2 = auth->kind == AWS_AUTH_V2_QUERY};
    how.presigned = how.v2 || auth->kind == AWS_AUTH_V4_QUERY;
    how.s3 = how.v2 || auth->kind == AWS_AUTH_ANONYMOUS ||
             str_eq(p->claim.scope.service, api_default->signing_name);
    auth->meant = *p->wire;
    if (how.presigned || how.s3)
        p->clash = aws_wire_move(&auth->meant, how);
}

void aws_auth_read(struct aws_auth *auth, const struct aws_wire *wire, int64_t now_ms) {
    struct aws_auth_priv *p = arena_new(wire->arena, struct aws_auth_priv);
    *auth = (struct aws_auth){.priv = p};
    p->wire = wire;
    p->now_ms = now_ms ? now_ms : clock_real_ms();
    str authorization = aws_wire_header(wire, "authorization");
    if (wire->query.len && read_query_claim(auth))
        auth->kind = AWS_AUTH_V4_QUERY;
    if (wire->query.len && read_v2_claim(auth)) {
        p->two_mechanisms = auth->kind != AWS_AUTH_ANONYMOUS;
        if (!p->two_mechanisms)
            auth->kind = AWS_AUTH_V2_QUERY;
    }
    if (authorization.len) {
        p->two_mechanisms = p->two_mechanisms || auth->kind != AWS_AUTH_ANONYMOUS;
        if (!p->two_mechanisms) {
            auth->kind = AWS_AUTH_V4_HEADER;
            read_header_claim(auth, authorization);
        }
    }
    read_meant(auth);
    auth->access_key = p->claim.access_key;
    auth->scope_date = p->claim.scope.date;
    auth->scope_region = p->claim.scope.region;
    auth->scope_service = p->claim.scope.service;
}

/* ---- Checking ---- */

#define FAIL(auth, what, ...)                                                                      \
    auth_fault(&(auth)->fault, (auth)->priv->wire->arena, (auth)->priv->dialect, what, __VA_ARGS__)

/* In the fault's own words; S3 tells a detail. */
static int fail_telling(struct aws_auth *auth, enum auth_fault what, const char *name, str value) {
    FAIL(auth, what, NULL);
    if (auth->priv->dialect == AWS_DIALECT_S3)
        auth_fault_detail(&auth->fault, name, value);
    return AWS_FAILED;
}

static str iso_time(struct aws_auth *auth, int64_t ms) {
    char text[CLOCK_ISO_MAX];
    return arena_str(auth->priv->wire->arena, str_c(clock_iso8601(text, ms)));
}

/* As the request says it; absent: it does not. */
static str date_of(const struct aws_auth *auth) {
    const struct aws_auth_priv *p = auth->priv;
    str date = auth->kind == AWS_AUTH_V4_QUERY ? p->claim.amz_date
                                               : aws_wire_header(p->wire, "x-amz-date");
    return date.p ? date : aws_wire_header(p->wire, "date");
}

/* Sets amz_date and signed_ms. False: date is none. */
static bool read_date(struct aws_auth *auth, str date) {
    char text[CLOCK_ISO_MAX];
    if (clock_parse_amz(date, &auth->signed_ms))
        auth->amz_date = date;
    else if (clock_parse_http(date, &auth->signed_ms))
        auth->amz_date =
            arena_str(auth->priv->wire->arena, str_c(clock_amz(text, auth->signed_ms)));
    else
        return false;
    return true;
}

/* When was it signed? */
static int take_date(struct aws_auth *auth) {
    struct aws_auth_priv *p = auth->priv;
    if (!read_date(auth, date_of(auth))) {
        if (auth->kind == AWS_AUTH_V4_QUERY)
            return FAIL(auth, AUTH_FAULT_QUERY,
                        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
        return FAIL(auth, AUTH_FAULT_NO_DATE, NULL);
    }
    if (str_eq(str_slice(auth->amz_date, 0, 8), p->claim.scope.date))
        return 0;
    if (p->dialect == AWS_DIALECT_S3)
        return FAIL(auth, auth->kind == AWS_AUTH_V4_QUERY ? AUTH_FAULT_QUERY : AUTH_FAULT_HEADER,
                    "The authorization header is malformed; Invalid credential date \"" STR_FMT
                    "\". This date is not the same as X-Amz-Date: \"" STR_FMT "\".",
                    STR_ARG(p->claim.scope.date), STR_ARG(str_slice(auth->amz_date, 0, 8)));
    return FAIL(auth, AUTH_FAULT_SIGNATURE,
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                "date from HTTP: '" STR_FMT "' != '" STR_FMT "', from '" STR_FMT "'.",
                STR_ARG(p->claim.scope.date), STR_ARG(str_slice(auth->amz_date, 0, 8)),
                STR_ARG(auth->amz_date));
}

static int fail_time(struct aws_auth *auth, enum auth_fault what, int64_t limit_ms) {
    struct aws_auth_priv *p = auth->priv;
    char now[CLOCK_ISO_MAX], limit[CLOCK_ISO_MAX];
    if (p->dialect == AWS_DIALECT_S3) {
        FAIL(auth, what, NULL);
        if (what == AUTH_FAULT_SKEW) {
            auth_fault_detail(&auth->fault, "RequestTime", auth->amz_date);
            auth_fault_detail(&auth->fault, "ServerTime", iso_time(auth, p->now_ms));
            auth_fault_detail(&auth->fault, "MaxAllowedSkewMilliseconds", S("900000"));
        } else if (what == AUTH_FAULT_EXPIRED) {
            if (p->claim.expires.p)
                auth_fault_detail(&auth->fault, "X-Amz-Expires", p->claim.expires);
            auth_fault_detail(&auth->fault, "Expires", iso_time(auth, auth->expires_ms));
            auth_fault_detail(&auth->fault, "ServerTime", iso_time(auth, p->now_ms));
        }
        return AWS_FAILED;
    }
    clock_amz(now, p->now_ms);
    clock_amz(limit, limit_ms);
    if (auth->signed_ms > p->now_ms)
        return FAIL(auth, what,
                    "Signature not yet current: " STR_FMT " is still later than %s (%s + 15 min.)",
                    STR_ARG(auth->amz_date), limit, now);
    return FAIL(auth, what, "Signature expired: " STR_FMT " is now earlier than %s (%s - 15 min.)",
                STR_ARG(auth->amz_date), limit, now);
}

static int check_header_time(struct aws_auth *auth) {
    int64_t now = auth->priv->now_ms;
    if (auth->signed_ms > now + max_skew_ms)
        return fail_time(auth, AUTH_FAULT_SKEW, now + max_skew_ms);
    if (auth->signed_ms < now - max_skew_ms)
        return fail_time(auth, AUTH_FAULT_SKEW, now - max_skew_ms);
    return 0;
}

/* The services but S3, in the order in which they look. */
static int fail_header(struct aws_auth *auth) {
    CLEANUP_DEINIT(buf) struct buf why = {0};
    str value = aws_wire_header(auth->priv->wire, "authorization"), date = date_of(auth);
    if (auth->priv->bad_mechanism)
        return FAIL(auth, AUTH_FAULT_NO_TOKEN, NULL);
    if (auth_header_lacks(value, date.p, &why))
        return FAIL(auth, AUTH_FAULT_HEADER, "%s", buf_cstr(&why));
    if (!read_date(auth, date))
        return FAIL(auth, AUTH_FAULT_HEADER,
                    "Date must be in ISO-8601 'basic format'. Got '" STR_FMT
                    "'. See http://en.wikipedia.org/wiki/ISO_8601",
                    STR_ARG(str_slice(date, 0, 64)));
    if (check_header_time(auth))
        return AWS_FAILED;
    if (auth_header_algorithm(value, &why) || auth_header_credential(value, &why))
        return FAIL(auth, AUTH_FAULT_HEADER, "%s", buf_cstr(&why));
    /* All parts are there, and one of them is such as no signature of ours is made with. */
    return FAIL(auth, AUTH_FAULT_SIGNATURE, NULL);
}

static int fail_claim(struct aws_auth *auth) {
    struct aws_auth_priv *p = auth->priv;
    const char *what = p->claim_fault ? p->claim_fault : "Authorization";
    bool s3 = p->dialect == AWS_DIALECT_S3;
    if (p->two_mechanisms)
        return FAIL(auth, AUTH_FAULT_TWO_MECHANISMS, NULL);
    if (!s3 && auth->kind == AWS_AUTH_V4_HEADER)
        return fail_header(auth);
    if (p->bad_mechanism || p->claim_outcome == SIGN_E_ALGORITHM)
        return FAIL(auth, AUTH_FAULT_MECHANISM, NULL);
    if (auth->kind == AWS_AUTH_V4_QUERY) {
        if (s3 && p->claim_outcome == SIGN_E_MISSING)
            return FAIL(auth, AUTH_FAULT_QUERY, NULL);
        if (s3 && strcmp(what, "X-Amz-Credential") == 0)
            return FAIL(
                auth, AUTH_FAULT_QUERY,
                "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
                "expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
        return FAIL(auth, AUTH_FAULT_QUERY, "The %s parameter is missing or malformed.", what);
    }
    if (p->claim_outcome == SIGN_E_MISSING)
        return FAIL(auth, AUTH_FAULT_HEADER, "The authorization header is malformed; missing %s.",
                    what);
    if (strcmp(what, "Credential") == 0)
        return FAIL(auth, AUTH_FAULT_HEADER,
                    "The authorization header is malformed; the Credential is mal-formed; "
                    "expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
    return FAIL(auth, AUTH_FAULT_HEADER,
                "The authorization header is malformed; the %s is mal-formed.", what);
}

static int check_query_time(struct aws_auth *auth) {
    struct aws_auth_priv *p = auth->priv;
    int64_t expires;
    if (!str_to_i64(p->claim.expires, &expires))
        return FAIL(auth, AUTH_FAULT_QUERY, "X-Amz-Expires should be a number");
    if (expires < 0)
        return FAIL(auth, AUTH_FAULT_QUERY, "X-Amz-Expires must be non-negative");
    if (expires == 0 || (uint64_t)expires > max_expires_s)
        return FAIL(auth, AUTH_FAULT_QUERY,
                    "X-Amz-Expires must be at least 1 and less than a week (in seconds); that is, "
                    "the given X-Amz-Expires must be less than 604800 seconds");
    auth->expires_ms = auth->signed_ms + expires * 1000;
    if (auth->signed_ms > p->now_ms + max_skew_ms)
        return fail_time(auth, AUTH_FAULT_NOT_YET, p->now_ms + max_skew_ms);
    if (p->now_ms > auth->expires_ms)
        return fail_time(auth, AUTH_FAULT_EXPIRED, p->now_ms);
    return 0;
}

static bool is_signed(str signed_headers, str name) {
    str left = signed_headers, one;
    for (bool more = left.len > 0; more;) {
        more = str_cut(left, ';', &one, &left);
        if (str_eq_nocase(one, name))
            return true;
    }
    return false;
}

/* host and x-amz-*: or an attacker in between could add what changes the request's meaning. */
static int check_signed_headers(struct aws_auth *auth) {
    struct aws_auth_priv *p = auth->priv;
    struct buf missing = {0};
    if (!is_signed(p->claim.signed_headers, S("host")))
        buf_str(&missing, S("host"));
    for (size_t i = 0; i < p->wire->n_headers; i++) {
        str name = p->wire->headers[i].name;
        if (!str_starts_nocase(name, S("x-amz-")) || is_signed(p->claim.signed_headers, name))
            continue;
        if (missing.len)
            buf_str(&missing, S(", "));
        buf_str(&missing, name);
    }
    int r = 0;
    if (missing.len) {
        str list = arena_str(p->wire->arena, buf_view(&missing));
        if (p->dialect == AWS_DIALECT_S3) {
            r = FAIL(auth, AUTH_FAULT_UNSIGNED_HEADER, NULL);
            auth_fault_detail(&auth->fault, "HeadersNotSigned", list);
        } else {
            r = FAIL(auth, AUTH_FAULT_UNSIGNED_HEADER,
                     "'" STR_FMT "' must be a 'SignedHeader' in the AWS Authorization.",
                     STR_ARG(list));
        }
    }
    buf_deinit(&missing);
    return r;
}

static bool is_sha256(str s) {
    unsigned char bytes[32];
    return codec_unhex(s, bytes, sizeof bytes);
}

static bool is_s3_hash(str s) {
    static const char *const forms[] = {"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                                        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                                        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (str_is(s, forms[i]))
            return true;
    return is_sha256(s);
}

/* What stands in the canonical request for the body; absent: its hash, once it was read. */
static int take_payload_hash(struct aws_auth *auth) {
    struct aws_auth_priv *p = auth->priv;
    str hash = aws_wire_header(p->wire, "x-amz-content-sha256");
    if (p->dialect != AWS_DIALECT_S3) {
        if (is_sha256(hash))
            auth->payload_hash = hash;
        return 0;
    }
    if (auth->kind == AWS_AUTH_V4_QUERY && !hash.p) {
        bool bad = false;
        hash = wire_param(p->wire, "X-Amz-Content-Sha256", &bad);
        if (bad)
            return FAIL(auth, AUTH_FAULT_TWICE, NULL);
        if (!hash.p)
            hash = S("UNSIGNED-PAYLOAD");
    }
    if (!hash.p)
        return FAIL(auth, AUTH_FAULT_NO_HASH, NULL);
    if (!is_s3_hash(hash)) {
        FAIL(auth, AUTH_FAULT_BAD_HASH, NULL);
        auth_fault_detail(&auth->fault, "ArgumentName", S("x-amz-content-sha256"));
        auth_fault_detail(&auth->fault, "ArgumentValue", hash);
        return AWS_FAILED;
    }
    auth->payload_hash = hash;
    return 0;
}

/* Finds the key and, for sessions, holds the token against it. */
static int find_identity(struct aws_auth *auth, const struct aws_identity_source *source) {
    struct aws_auth_priv *p = auth->priv;
    int r = source->find(source->ctx, auth->access_key, &auth->identity);
    if (r == AWS_E_NO_KEY)
        return fail_telling(auth, AUTH_FAULT_NO_KEY, "AWSAccessKeyId", auth->access_key);
    if (r != 0)
        return FAIL(auth, AUTH_FAULT_INTERNAL, NULL);
    const struct aws_identity *id = auth->identity;
    if (id->session_token.len && !p->session_token.len)
        return fail_telling(auth, AUTH_FAULT_NO_KEY, "AWSAccessKeyId", auth->access_key);
    if (!str_eq_secret(id->session_token, p->session_token))
        return fail_telling(auth, AUTH_FAULT_BAD_TOKEN, "Token-0", p->session_token);
    if (id->expires_ms && id->expires_ms <= p->now_ms)
        return fail_telling(auth, AUTH_FAULT_EXPIRED_TOKEN, "Token-0", p->session_token);
    return 0;
}

static str hex_bytes(struct arena *arena, str text) {
    struct buf out = {0};
    for (size_t i = 0; i < text.len; i++) {
        if (i)
            buf_char(&out, ' ');
        codec_add_hex(&out, text.p + i, 1);
    }
    str kept = arena_str(arena, buf_view(&out));
    buf_deinit(&out);
    return kept;
}

/* canonical absent: SigV2 has none. */
static int fail_signature(struct aws_auth *auth, str string, str canonical) {
    struct aws_auth_priv *p = auth->priv;
    struct arena *arena = p->wire->arena;
    FAIL(auth, AUTH_FAULT_SIGNATURE, NULL);
    if (p->dialect != AWS_DIALECT_S3)
        return AWS_FAILED;
    auth_fault_detail(&auth->fault, "AWSAccessKeyId", auth->access_key);
    auth_fault_detail(&auth->fault, "StringToSign", arena_str(arena, string));
    auth_fault_detail(&auth->fault, "SignatureProvided", p->claim.signature);
    auth_fault_detail(&auth->fault, "StringToSignBytes", hex_bytes(arena, string));
    if (canonical.p) {
        auth_fault_detail(&auth->fault, "CanonicalRequest", arena_str(arena, canonical));
        auth_fault_detail(&auth->fault, "CanonicalRequestBytes", hex_bytes(arena, canonical));
    }
    return AWS_FAILED;
}

static int fail_v4_signature(struct aws_auth *auth) {
    const struct aws_auth_priv *p = auth->priv;
    CLEANUP_DEINIT(buf) struct buf canonical = {0};
    CLEANUP_DEINIT(buf) struct buf string = {0};
    sign_add_canonical(&canonical, &p->request);
    sign_add_string(&string, auth->amz_date, p->claim.scope, buf_view(&canonical));
    return fail_signature(auth, buf_view(&string), buf_view(&canonical));
}

static int verify_v4(struct aws_auth *auth, str payload_hash) {
    struct aws_auth_priv *p = auth->priv;
    p->request.payload_hash = payload_hash;
    sign_request(auth->signature, &p->key, &p->request, auth->amz_date, p->claim.scope);
    bool good = str_eq_secret(str_n(auth->signature, SIGN_HEX), p->claim.signature);
    return good ? 0 : fail_v4_signature(auth);
}

static int check_v4(struct aws_auth *auth, const struct aws_identity_source *source) {
    struct aws_auth_priv *p = auth->priv;
    int r = take_date(auth);
    if (r == 0 && auth->belongs_to.p && !str_eq(p->claim.scope.service, auth->belongs_to))
        r = FAIL(auth, auth->kind == AWS_AUTH_V4_QUERY ? AUTH_FAULT_QUERY : AUTH_FAULT_HEADER,
                 "The authorization header is malformed; incorrect service \"" STR_FMT
                 "\". This endpoint belongs to \"" STR_FMT "\".",
                 STR_ARG(p->claim.scope.service), STR_ARG(auth->belongs_to));
    if (r == 0)
        r = check_signed_headers(auth);
    if (r == 0)
        r = take_payload_hash(auth);
    if (r == 0)
        r = find_identity(auth, source);
    if (r == 0)
        r = auth->kind == AWS_AUTH_V4_QUERY ? check_query_time(auth) : check_header_time(auth);
    if (r != 0)
        return r;
    sign_derive(&p->key, auth->identity->secret_key, p->claim.scope);
    auth->key = &p->key;
    p->request = (struct sign_request){.method = p->wire->method,
                                       .path = p->wire->path,
                                       .query = p->wire->query,
                                       .headers = p->wire->headers,
                                       .n_headers = p->wire->n_headers,
                                       .signed_headers = p->claim.signed_headers,
                                       .s3 = p->dialect == AWS_DIALECT_S3};
    if (!auth->payload_hash.p) {
        auth->awaits_body = true;
        return 0;
    }
    return verify_v4(auth, auth->payload_hash);
}

/*
 * "/bucket" is signed as "/bucket/" too: boto3 does so wherever the bucket stands, and it is the
 * same resource.
 */
static bool is_bare_bucket(const struct aws_wire *wire) {
    return !wire->host_bucket.p && str_rchr(wire->path, '/') == 0 && wire->path.len > 1;
}

static int verify_v2(struct aws_auth *auth) {
    struct aws_auth_priv *p = auth->priv;
    struct sign_request request = {.method = p->wire->method,
                                   .path = p->wire->path,
                                   .query = p->wire->query,
                                   .headers = p->wire->headers,
                                   .n_headers = p->wire->n_headers,
                                   .s3 = true};
    struct buf string = {0}, signature = {0};
    bool good = false;
    for (int spelling = is_bare_bucket(p->wire) ? 0 : 1; spelling < 2 && !good; spelling++) {
        buf_clear(&string);
        buf_clear(&signature);
        request.path = spelling ? p->wire->path
                                : arena_printf(p->wire->arena, STR_FMT "/", STR_ARG(p->wire->path));
        sign_add_v2_string(&string, &request, p->wire->host_bucket, p->v2_expires);
        sign_add_v2_signature(&signature, auth->identity->secret_key, buf_view(&string));
        good = str_eq_secret(buf_view(&signature), p->claim.signature);
    }
    int r = good ? 0 : fail_signature(auth, buf_view(&string), STR_NONE);
    buf_deinit(&string);
    buf_deinit(&signature);
    return r;
}

static int check_v2(struct aws_auth *auth, const struct aws_identity_source *source) {
    struct aws_auth_priv *p = auth->priv;
    int64_t expires;
    if (p->dialect == AWS_DIALECT_S3 &&
        (p->v2_unclear || !sign_v2_is_clear(p->wire->query, p->wire->host_bucket)))
        return FAIL(auth, AUTH_FAULT_TWICE, NULL);
    if (p->dialect != AWS_DIALECT_S3 || !p->claim.access_key.p || !p->claim.signature.p ||
        !p->v2_expires.p)
        return FAIL(auth, AUTH_FAULT_V2_QUERY, NULL);
    if (!str_to_i64(p->v2_expires, &expires) || expires < 0 || expires > INT64_MAX / 1000)
        return FAIL(auth, AUTH_FAULT_EXPIRED,
                    "Invalid date (should be seconds since epoch): " STR_FMT,
                    STR_ARG(p->v2_expires));
    auth->expires_ms = expires * 1000;
    int r = find_identity(auth, source);
    if (r == 0 && p->now_ms > auth->expires_ms)
        r = fail_time(auth, AUTH_FAULT_EXPIRED, p->now_ms);
    if (r != 0)
        return r;
    return verify_v2(auth);
}

static int check_clash(struct aws_auth *auth) {
    str clash = auth->priv->clash;
    return clash.p ? FAIL(auth, AUTH_FAULT_TWICE,
                          "The parameter " STR_FMT " is not valid, or contradicts another one or a "
                          "header of the same name.",
                          STR_ARG(clash))
                   : 0;
}

int aws_auth_check(struct aws_auth *auth, enum aws_dialect dialect,
                   const struct aws_identity_source *source) {
    struct aws_auth_priv *p = auth->priv;
    p->dialect = dialect;
    if (auth->kind == AWS_AUTH_ANONYMOUS)
        return check_clash(auth);
    if (p->two_mechanisms || p->bad_mechanism)
        return fail_claim(auth);
    if (auth->kind != AWS_AUTH_V2_QUERY && p->claim_outcome != SIGN_OK)
        return fail_claim(auth);
    if (check_clash(auth))
        return AWS_FAILED;
    return auth->kind == AWS_AUTH_V2_QUERY ? check_v2(auth, source) : check_v4(auth, source);
}

int aws_auth_body(struct aws_auth *auth, const unsigned char sha256[32]) {
    char hex[SIGN_HEX + 1];
    if (!auth->awaits_body)
        return 0;
    codec_hex(hex, sha256, 32);
    hex[SIGN_HEX] = '\0';
    int r = verify_v4(auth, str_n(hex, SIGN_HEX));
    auth->priv->request.payload_hash = STR_NONE;
    auth->awaits_body = r != 0;
    return r;
}

int aws_auth_fail_anonymous(struct aws_auth *auth, enum aws_dialect dialect) {
    auth->priv->dialect = dialect;
    return FAIL(auth, AUTH_FAULT_NO_TOKEN, NULL);
}

void aws_auth_deinit(struct aws_auth *auth) { auth->identity = aws_identity_free(auth->identity); }
