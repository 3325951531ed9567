#pragma once
/*
 * base/ascii: classes of single bytes. Bytes beyond ASCII belong to none of them, whatever the
 * locale is; ctype.h is used nowhere.
 */
#include "base/str.h"

/* One class each; alnum is alpha or digit. */
static inline bool ascii_is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool ascii_is_lower(char c) { return c >= 'a' && c <= 'z'; }
static inline bool ascii_is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static inline bool ascii_is_alpha(char c) { return ascii_is_lower(c) || ascii_is_upper(c); }
static inline bool ascii_is_alnum(char c) { return ascii_is_alpha(c) || ascii_is_digit(c); }

/* Letters in the other case; all else as it is. */
static inline char ascii_lower(char c) { return (char)(ascii_is_upper(c) ? c + ('a' - 'A') : c); }
static inline char ascii_upper(char c) { return (char)(ascii_is_lower(c) ? c - ('a' - 'A') : c); }
static inline void ascii_lower_all(char *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        p[i] = ascii_lower(p[i]);
}

/* The value of a hex digit of either case, or -1. */
static inline int ascii_hex(char c) {
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One of the characters of marks, never NUL. */
static inline bool ascii_is_one_of(char c, const char *marks) {
    return c != '\0' && strchr(marks, c);
}

/* Letters, digits and the characters of marks, nothing else. True for the empty text. */
static inline bool ascii_only_alnum(str s, const char *marks) {
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_alnum(s.p[i]) && !ascii_is_one_of(s.p[i], marks))
            return false;
    return true;
}
