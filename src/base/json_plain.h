#pragma once
/*
 * base/json_plain: the run of a string's bytes that stand in JSON as they are; for reader and
 * writer.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool json_is_plain(char c) {
    unsigned char u = (unsigned char)c;
    return u >= 0x20 && u < 0x7F && u != '"' && u != '\\';
}

/*
 * Eight bytes at once: a bit at the top of each that is not plain. A byte behind the first of them
 * may be wrongly marked (a subtraction borrows from it); the first never is.
 */
static inline uint64_t json_odd_bytes(uint64_t v) {
    const uint64_t ones = 0x0101010101010101U, high = 0x8080808080808080U;
    uint64_t quote = v ^ ones * '"', back = v ^ ones * '\\', last = v ^ ones * 0x7F;
    return (v | (v - ones * ' ') | (quote - ones) | (back - ones) | (last - ones)) & high;
}

/* The first byte from p on that is not plain, or end. */
static inline const char *json_plain_end(const char *p, const char *end) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; end - p >= 8; p += 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        uint64_t odd = json_odd_bytes(v);
        if (odd)
            return p + __builtin_ctzll(odd) / 8;
    }
#endif
    while (p < end && json_is_plain(*p))
        p++;
    return p;
}
