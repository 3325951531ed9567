#pragma once
/*
 * base/utf8: characters to UTF-8 (RFC 3629). Texts are checked and cut by base/str. Pure; any thread.
 */
#include "base/str.h"

enum { UTF8_MAX = 4 };

/*
 * Writes c, at most 0x1FFFFF, as up to UTF8_MAX bytes at out and says how many. What is no character
 * (a surrogate, beyond U+10FFFF) is for the caller to refuse.
 */
static inline size_t utf8_put(char *out, uint32_t c) {
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(leads[n] | c);
    return n;
}
