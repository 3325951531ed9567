/*
 * aws/auth_header: what the services but S3 say of an Authorization header that cannot be read:
 * all the parts that are missing, or the part that has not its form. Texts as DynamoDB sends them
 * (the notes "THEN check" in index.js of dynalite and its tests, which were recorded there); the
 * header itself is told by its hash alone, as AWS does since it may hold what is nobody's business.
 */
#include "aws/auth_fault.h"
#include "base/codec.h"

enum { SHOWN = 256 }; /* bytes of what was sent that a message repeats */

/* The value of "NAME=value" in the header; commas and spaces part them. */
static str part_of(str value, str name) {
    for (size_t at = 0, end; at < value.len; at = end + 1) {
        for (end = at; end < value.len && value.p[end] != ',' && value.p[end] != ' ';)
            end++;
        str one = str_slice(value, at, end);
        if (str_starts(one, name) && one.len > name.len && one.p[name.len] == '=')
            return str_skip(one, name.len + 1);
    }
    return STR_NONE;
}

bool auth_header_lacks(str value, bool dated, struct buf *out) {
    static const char *const parts[] = {"Credential", "Signature", "SignedHeaders"};
    unsigned char hash[32];
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (part_of(value, str_c(parts[i])).len == 0)
            buf_printf(out, "Authorization header requires '%s' parameter. ", parts[i]);
    if (!dated)
        buf_c(out, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
                   "header. ");
    if (out->len == 0)
        return false;
    sign_sha256(hash, value);
    buf_c(out, "(Hashed with SHA-256 and encoded with Base64) Authorization=");
    codec_add_base64(out, hash, sizeof hash);
    return true;
}

bool auth_header_algorithm(str value, struct buf *out) {
    str algorithm, rest;
    str_cut(value, ' ', &algorithm, &rest);
    if (str_eq(algorithm, S("AWS4-HMAC-SHA256")))
        return false;
    buf_printf(out, "Unsupported AWS 'algorithm': '" STR_FMT "' (only AWS4-HMAC-SHA256 for now). ",
               STR_ARG(str_slice(algorithm, 0, SHOWN)));
    return true;
}

bool auth_header_credential(str value, struct buf *out) {
    enum { ELEMENTS = 5 };
    str all = part_of(value, S("Credential")), left = all, one;
    size_t n = 0;
    for (bool more = true; more; n++)
        more = str_cut(left, '/', &one, &left);
    if (n == ELEMENTS)
        return false;
    buf_printf(out,
               "Credential must have exactly 5 slash-delimited elements, e.g. "
               "keyid/date/region/service/term, got '" STR_FMT "'",
               STR_ARG(str_slice(all, 0, SHOWN)));
    return true;
}
