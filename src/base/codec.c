/* base/codec: hex, base64 and percent-encoding. */
#include "base/codec.h"

#include "base/ascii.h"

/* Both digits of each byte, behind one another. */
#define ROW(d)                                                                                     \
    d "0" d "1" d "2" d "3" d "4" d "5" d "6" d "7" d "8" d "9" d "a" d "b" d "c" d "d" d "e" d "f"
static const char hex_pairs[] = ROW("0") ROW("1") ROW("2") ROW("3") ROW("4") ROW("5") ROW("6")
    ROW("7") ROW("8") ROW("9") ROW("a") ROW("b") ROW("c") ROW("d") ROW("e") ROW("f");
#undef ROW

void codec_hex(char *out, const void *p, size_t n) {
    const unsigned char *in = p;
    for (size_t i = 0; i < n; i++)
        memcpy(out + 2 * i, hex_pairs + 2 * (size_t)in[i], 2);
}

void codec_add_hex(struct buf *b, const void *p, size_t n) {
    char *at = buf_reserve(b, 2 * n);
    codec_hex(at, p, n);
    at[2 * n] = '\0';
    b->len += 2 * n;
}

bool codec_unhex(str s, void *out, size_t n) {
    if (s.len != 2 * n)
        return false;
    unsigned char *to = out;
    for (size_t i = 0; i < n; i++) {
        int high = ascii_hex(s.p[2 * i]), low = ascii_hex(s.p[2 * i + 1]);
        if ((high | low) < 0)
            return false;
        to[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void codec_add_base64(struct buf *b, const void *p, size_t n) {
    const unsigned char *in = p;
    char *out = buf_reserve(b, (n + 2) / 3 * 4), *at = out;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
                     (left > 2 ? (uint32_t)in[i + 2] : 0);
        *at++ = base64_digits[v >> 18];
        *at++ = base64_digits[v >> 12 & 63];
        *at++ = left > 1 ? base64_digits[v >> 6 & 63] : '=';
        *at++ = left > 2 ? base64_digits[v & 63] : '=';
    }
    *at = '\0';
    b->len += (size_t)(at - out);
}

static int base64_value(char c) {
    if (ascii_is_upper(c))
        return c - 'A';
    if (ascii_is_lower(c))
        return c - 'a' + 26;
    if (ascii_is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool decode_base64(struct buf *b, str s) {
    size_t pad = str_ends(s, S("==")) ? 2 : str_ends(s, S("=")) ? 1 : 0;
    if (s.len % 4 != 0)
        return false;
    for (size_t i = 0; i < s.len; i += 4) {
        size_t take = i + 4 == s.len ? 4 - pad : 4;
        uint32_t v = 0;
        for (size_t k = 0; k < 4; k++) {
            int digit = k < take ? base64_value(s.p[i + k]) : 0;
            if (digit < 0)
                return false;
            v = v << 6 | (uint32_t)digit;
        }
        /* Bits beyond the last byte must be zero, or two texts would mean the same bytes. */
        if ((take == 2 && v & 0xFFFF) || (take == 3 && v & 0xFF))
            return false;
        unsigned char out[3] = {(unsigned char)(v >> 16), (unsigned char)(v >> 8),
                                (unsigned char)v};
        buf_add(b, out, take - 1);
    }
    return true;
}

bool codec_unbase64(struct buf *b, str s) {
    size_t before = b->len;
    buf_reserve(b, s.len / 4 * 3);
    if (decode_base64(b, s))
        return true;
    b->len = before;
    return false;
}

static bool is_unreserved(char c) {
    return ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void codec_add_uri(struct buf *b, str s, bool keep_slash) {
    static const char digits[] = "0123456789ABCDEF";
    char *out = buf_reserve(b, s.len * 3), *at = out;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (is_unreserved(s.p[i]) || (keep_slash && c == '/')) {
            *at++ = s.p[i];
        } else {
            *at++ = '%';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
        }
    }
    *at = '\0';
    b->len += (size_t)(at - out);
}

bool codec_unuri(struct buf *b, str s, bool plus_is_space) {
    size_t before = b->len;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '%') {
            unsigned char c;
            if (!codec_unhex(str_slice(s, i + 1, i + 3), &c, 1)) {
                b->len = before;
                return false;
            }
            buf_u8(b, c);
            i += 2;
        } else {
            buf_char(b, s.p[i] == '+' && plus_is_space ? ' ' : s.p[i]);
        }
    }
    return true;
}
