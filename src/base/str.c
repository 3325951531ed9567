/* base/str: comparing, searching, cutting and checking views of bytes. */
#include "base/str.h"

#include "base/ascii.h"

int str_cmp(str a, str b) {
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool str_starts_nocase(str s, str prefix) {
    if (s.len < prefix.len)
        return false;
    for (size_t i = 0; i < prefix.len; i++)
        if (ascii_lower(s.p[i]) != ascii_lower(prefix.p[i]))
            return false;
    return true;
}

ptrdiff_t str_chr(str s, char c) {
    const char *at = s.len ? memchr(s.p, c, s.len) : NULL;
    return at ? at - s.p : -1;
}

ptrdiff_t str_rchr(str s, char c) {
    const char *at = s.len ? memrchr(s.p, c, s.len) : NULL;
    return at ? at - s.p : -1;
}

ptrdiff_t str_find(str s, str needle) {
    if (needle.len == 0)
        return 0;
    const char *at = s.len ? memmem(s.p, s.len, needle.p, needle.len) : NULL;
    return at ? at - s.p : -1;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

str str_trim(str s) {
    while (s.len && is_blank(s.p[0])) {
        s.p++;
        s.len--;
    }
    while (s.len && is_blank(s.p[s.len - 1]))
        s.len--;
    return s;
}

bool str_cut(str s, char sep, str *ret_head, str *ret_tail) {
    ptrdiff_t at = str_chr(s, sep);
    if (at < 0) {
        *ret_head = s;
        *ret_tail = STR_NONE;
        return false;
    }
    *ret_head = str_slice(s, 0, (size_t)at);
    *ret_tail = str_skip(s, (size_t)at + 1);
    return true;
}

bool str_to_u64(str s, uint64_t *ret) {
    if (s.len == 0)
        return false;
    uint64_t v = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
            return false;
    }
    *ret = v;
    return true;
}

bool str_to_i64(str s, int64_t *ret) {
    bool negative = s.len > 0 && s.p[0] == '-';
    uint64_t v = 0;
    if (!str_to_u64(negative ? str_skip(s, 1) : s, &v))
        return false;
    if (v > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *ret = negative ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

/* Length of the sequence that begins at p, 0 where it is not valid UTF-8. */
static size_t utf8_sequence(const unsigned char *p, size_t left) {
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xC2 && p[0] <= 0xDF   ? 2
               : (p[0] & 0xF0) == 0xE0        ? 3
               : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4
                                              : 0;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xED && p[1] > 0x9F;
    bool too_large = p[0] == 0xF4 && p[1] > 0x8F;
    return overlong || surrogate || too_large ? 0 : n;
}

size_t str_utf8_len(str s) {
    size_t i = 0;
    for (size_t n = 1; n && i < s.len; i += n)
        n = utf8_sequence((const unsigned char *)s.p + i, s.len - i);
    return i;
}

str str_utf8_slice(str s, size_t most) {
    s = str_slice(s, 0, most);
    return str_slice(s, 0, str_utf8_len(s));
}

bool str_is_utf8(str s) { return str_utf8_len(s) == s.len; }

bool str_glob(str pattern, str s, bool nocase) {
    size_t p = 0, i = 0, star = SIZE_MAX, mark = 0;
    while (i < s.len) {
        if (p < pattern.len && pattern.p[p] == '*') {
            star = p++;
            mark = i;
        } else if (p < pattern.len &&
                   (pattern.p[p] == '?' || pattern.p[p] == s.p[i] ||
                    (nocase && ascii_lower(pattern.p[p]) == ascii_lower(s.p[i])))) {
            p++;
            i++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            i = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.p[p] == '*')
        p++;
    return p == pattern.len;
}

bool str_eq_secret(str a, str b) {
    if (a.len != b.len)
        return false;
    unsigned char diff = 0;
    for (size_t i = 0; i < a.len; i++)
        diff |= (unsigned char)(a.p[i] ^ b.p[i]);
    return diff == 0;
}
