/*
 * One question in, one answer out, no state. Only what a resolver library sends is understood: a
 * single question of class IN. Names in questions are plain labels (compression pointers would
 * point back into the header and are refused). RFC 1035, 4.1.
 */
#include "base/ascii.h"
#include "sandbox/sandbox.h"

enum { HEADER = 12, NAME_MAX_LEN = 255, TYPE_A = 1, CLASS_IN = 1, TTL_S = 60, ANSWER = 16 };
enum rcode { NOERROR = 0, FORMERR = 1, NXDOMAIN = 3, NOTIMP = 4 };

/* Reads labels into dotted lower-case text; the offset behind the name, or 0 when it is malformed.
 */
static size_t read_name(const uint8_t *q, size_t n, char out[NAME_MAX_LEN + 1], size_t *ret_len) {
    size_t at = HEADER, len = 0;
    while (at < n && q[at] != 0) {
        size_t label = q[at++];
        if (label > 63 || label > n - at || len + label + 1 > NAME_MAX_LEN)
            return 0;
        for (size_t i = 0; i < label; i++, at++)
            out[len++] = ascii_lower((char)q[at]);
        out[len++] = '.';
    }
    if (at >= n || len == 0)
        return 0;
    *ret_len = len - 1; /* without the last dot */
    return at + 1;
}

/* One of these, or a name below: AWS's endpoints are below the last three. */
static bool is_cloud(str name) {
    static const str domains[] = {S_INIT("localhost"), S_INIT("amazonaws.com"),
                                  S_INIT("amazonaws.com.cn"), S_INIT("api.aws")};
    for (size_t i = 0; i < ARRAY_LEN(domains); i++) {
        str domain = domains[i];
        if (str_ends(name, domain) &&
            (name.len == domain.len || name.p[name.len - domain.len - 1] == '.'))
            return true;
    }
    return false;
}

size_t sandbox_dns_answer(const uint8_t *query, size_t n, uint8_t *out, size_t cap) {
    if (n < HEADER || n > 512 || cap < n + ANSWER || (query[2] & 0x80))
        return 0; /* a response, or too short to answer */

    enum rcode rcode = FORMERR;
    char name[NAME_MAX_LEN + 1];
    size_t len = 0, question = HEADER;
    bool address = false;
    bool one_question = query[4] == 0 && query[5] == 1 && query[6] == 0 && query[7] == 0;
    size_t end = one_question ? read_name(query, n, name, &len) : 0;
    if (query[2] & 0x78) {
        rcode = NOTIMP; /* not a standard query */
    } else if (end && n - end >= 4) {
        unsigned type = query[end] << 8 | query[end + 1];
        unsigned class = query[end + 2] << 8 | query[end + 3];
        question = end + 4;
        bool ours = class == CLASS_IN && is_cloud(str_n(name, len));
        rcode = ours ? NOERROR : NXDOMAIN;
        address = ours && type == TYPE_A;
    }

    memcpy(out, query, question);
    out[2] = (uint8_t)(0x84 | (query[2] & 0x01)); /* response, authoritative, their RD */
    out[3] = (uint8_t)(0x80 | rcode);             /* recursion available */
    memset(out + 4, 0, 8);
    out[5] = question > HEADER;
    if (!address)
        return question;
    out[7] = 1;
    static const uint8_t record[ANSWER] = {0xc0, HEADER, 0, TYPE_A, 0,   CLASS_IN, 0, 0,
                                           0,    TTL_S,  0, 4,      127, 0,        0, 1};
    memcpy(out + question, record, sizeof record);
    return question + sizeof record;
}
