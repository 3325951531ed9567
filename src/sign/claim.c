/* Reading what a request claims: the Authorization header and the X-Amz-* query parameters. */
#include "base/ascii.h"
#include "base/codec.h"
#include "sign/sign.h"

static int refuse(const char **reterr_what, const char *what, int outcome) {
    *reterr_what = what;
    return outcome;
}

static bool is_digits(str s, size_t n) {
    uint64_t v;
    return s.len == n && str_to_u64(s, &v);
}

/* ACCESSKEY/yyyymmdd/region/service/aws4_request */
static bool parse_credential(struct sign_claim *ret, str credential) {
    str left = credential, parts[5];
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (str_cut(left, '/', &parts[i], &left) != (i + 1 < ARRAY_LEN(parts)))
            return false;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (parts[i].len == 0 || parts[i].len > 128)
            return false;
    if (!is_digits(parts[1], 8) || !str_eq(parts[4], S("aws4_request")))
        return false;
    ret->access_key = parts[0];
    ret->scope = (struct sign_scope){parts[1], parts[2], parts[3]};
    return true;
}

/*
 * Lower case names of header characters, ascending, no doubles; at most what a request may carry.
 */
static bool is_signed_headers(str list) {
    str left = list, name, before = STR_NONE;
    for (bool more = true; more;) {
        more = str_cut(left, ';', &name, &left);
        if (name.len == 0 || (before.p && str_cmp(before, name) >= 0))
            return false;
        for (size_t i = 0; i < name.len; i++)
            if (ascii_is_upper(name.p[i]) || name.p[i] <= ' ' || name.p[i] == ':' ||
                name.p[i] == 127)
                return false;
        before = name;
    }
    return true;
}

static bool is_signature(str s) {
    unsigned char bytes[32];
    return codec_unhex(s, bytes, sizeof bytes);
}

static int check_claim(const struct sign_claim *ret, const char **reterr_what) {
    if (!is_signed_headers(ret->signed_headers))
        return refuse(reterr_what, "SignedHeaders", SIGN_E_MALFORMED);
    if (!is_signature(ret->signature))
        return refuse(reterr_what, "Signature", SIGN_E_MALFORMED);
    return SIGN_OK;
}

int sign_parse_authorization(struct sign_claim *ret, str value, const char **reterr_what) {
    struct sign_claim claim = {0};
    str credential = STR_NONE, left, part, name, text, algorithm;
    if (!str_starts(value, S("AWS4-")))
        return SIGN_E_ABSENT;
    if (value.len > SIGN_MAX_AUTHORIZATION)
        return refuse(reterr_what, "Authorization", SIGN_E_MALFORMED);
    str_cut(value, ' ', &algorithm, &left);
    if (!str_eq(algorithm, S("AWS4-HMAC-SHA256")))
        return refuse(reterr_what, "Algorithm", SIGN_E_ALGORITHM);
    for (bool more = left.len > 0; more;) {
        more = str_cut(left, ',', &part, &left);
        if (!str_cut(str_trim(part), '=', &name, &text))
            return refuse(reterr_what, "Authorization", SIGN_E_MALFORMED);
        str *to = str_eq(name, S("Credential"))      ? &credential
                  : str_eq(name, S("SignedHeaders")) ? &claim.signed_headers
                  : str_eq(name, S("Signature"))     ? &claim.signature
                                                     : NULL;
        if (!to || to->p)
            return refuse(reterr_what, "Authorization", SIGN_E_MALFORMED);
        *to = text;
    }
    if (!credential.p)
        return refuse(reterr_what, "Credential", SIGN_E_MISSING);
    if (!claim.signed_headers.p)
        return refuse(reterr_what, "SignedHeaders", SIGN_E_MISSING);
    if (!claim.signature.p)
        return refuse(reterr_what, "Signature", SIGN_E_MISSING);
    if (!parse_credential(&claim, credential))
        return refuse(reterr_what, "Credential", SIGN_E_MALFORMED);
    int r = check_claim(&claim, reterr_what);
    if (r == SIGN_OK)
        *ret = claim;
    return r;
}

enum sign_param sign_query_param(str query, const char *name, struct buf *out) {
    str left = query, pair, key, value, one = STR_NONE;
    struct buf text = {0};
    unsigned found = 0;
    for (bool more = query.len > 0; more;) {
        more = str_cut(left, '&', &pair, &left);
        str_cut(pair, '=', &key, &value);
        buf_clear(&text);
        if (!codec_unuri(&text, key, true) || !str_is(buf_view(&text), name))
            continue;
        one = value;
        found++;
    }
    buf_clear(&text);
    bool good = found == 1 && codec_unuri(&text, one, true);
    if (good)
        buf_str(out, buf_view(&text));
    buf_deinit(&text);
    return good ? SIGN_PARAM_ONE : found ? SIGN_PARAM_BAD : SIGN_PARAM_NONE;
}

int sign_parse_query(struct sign_claim *ret, str query, struct buf *text,
                     const char **reterr_what) {
    /* In the order of AWS's message; `start` and `len` because text may move while it grows. */
    enum { ALGORITHM, CREDENTIAL, SIGNATURE, DATE, HEADERS, EXPIRES, TOKEN, N_PARAMS };
    static const char *const names[N_PARAMS] = {
        "X-Amz-Algorithm",     "X-Amz-Credential", "X-Amz-Signature",     "X-Amz-Date",
        "X-Amz-SignedHeaders", "X-Amz-Expires",    "X-Amz-Security-Token"};
    struct {
        size_t start, len;
        enum sign_param there;
    } at[N_PARAMS];
    str values[N_PARAMS];
    bool any = false;

    if (query.len > SIGN_MAX_QUERY)
        return str_find(query, S("X-Amz-Algorithm=")) < 0
                   ? SIGN_E_ABSENT
                   : refuse(reterr_what, "X-Amz-Algorithm", SIGN_E_MALFORMED);
    for (size_t i = 0; i < N_PARAMS; i++) {
        at[i].start = text->len;
        at[i].there = sign_query_param(query, names[i], text);
        at[i].len = text->len - at[i].start;
        any = any || (at[i].there != SIGN_PARAM_NONE && i != TOKEN && i != DATE);
    }
    if (!any)
        return SIGN_E_ABSENT;
    for (size_t i = 0; i < N_PARAMS; i++)
        if (at[i].there == SIGN_PARAM_BAD)
            return refuse(reterr_what, names[i], SIGN_E_MALFORMED);
    for (size_t i = 0; i < N_PARAMS; i++)
        values[i] = at[i].there == SIGN_PARAM_ONE ? str_n(buf_cstr(text) + at[i].start, at[i].len)
                                                  : STR_NONE;
    for (size_t i = 0; i < TOKEN; i++)
        if (!values[i].p)
            return refuse(reterr_what, names[i], SIGN_E_MISSING);
    if (!str_eq(values[ALGORITHM], S("AWS4-HMAC-SHA256")))
        return refuse(reterr_what, names[ALGORITHM], SIGN_E_ALGORITHM);

    struct sign_claim claim = {.signature = values[SIGNATURE],
                               .signed_headers = values[HEADERS],
                               .amz_date = values[DATE],
                               .expires = values[EXPIRES],
                               .session_token = values[TOKEN]};
    if (!parse_credential(&claim, values[CREDENTIAL]))
        return refuse(reterr_what, "X-Amz-Credential", SIGN_E_MALFORMED);
    int r = check_claim(&claim, reterr_what);
    if (r == SIGN_OK)
        *ret = claim;
    return r;
}
