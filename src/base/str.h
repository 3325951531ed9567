#pragma once
/*
 * base/str: a borrowed view of bytes. Not NUL-terminated, never owns, passed by value.
 * A str with p == NULL is "absent" where a caller tells absent from empty; its len is 0.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes somewhere else, which must stay as long as the view is used. */
typedef struct str {
    const char *p;
    size_t len;
} str;

/* Of a string literal; a NUL inside is a byte like others. */
#define S(lit) ((str){"" lit, sizeof(lit) - 1})
/* For static initialisers, where a compound literal is not a constant. */
#define S_INIT(lit)                                                                                \
    { "" lit, sizeof(lit) - 1 }
#define STR_NONE ((str){NULL, 0})
/* printf("name " STR_FMT, STR_ARG(name)): ends at a NUL, and at INT_MAX. */
#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)(s).len, ((s).p ? (s).p : "")

/* Of a C string (NULL: absent), and of bytes; both borrow. */
static inline str str_c(const char *cstr) { return cstr ? (str){cstr, strlen(cstr)} : STR_NONE; }
static inline str str_n(const void *p, size_t len) { return (str){(const char *)p, len}; }

/* Bytes are compared. Absent and empty are equal, and every text starts and ends with them. */
static inline bool str_starts(str s, str prefix) {
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.p, prefix.p, prefix.len) == 0);
}
static inline bool str_ends(str s, str suffix) {
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.p + s.len - suffix.len, suffix.p, suffix.len) == 0);
}
static inline bool str_eq(str a, str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}
static inline bool str_is(str a, const char *cstr) { return str_eq(a, str_c(cstr)); }

/* Byte order, shorter first where one is the other's prefix. */
int str_cmp(str a, str b);
/* ASCII letters without case; other bytes as they are. */
bool str_starts_nocase(str s, str prefix);
static inline bool str_eq_nocase(str a, str b) { return a.len == b.len && str_starts_nocase(a, b); }

/* Position of the first byte c (or text), or -1. */
ptrdiff_t str_chr(str s, char c);
ptrdiff_t str_rchr(str s, char c);
ptrdiff_t str_find(str s, str needle);

/* s[from..to), both clamped to s: never outside of s, empty when from is not before to. */
static inline str str_slice(str s, size_t from, size_t to) {
    if (to > s.len)
        to = s.len;
    if (from > to)
        from = to;
    return s.p ? (str){s.p + from, to - from} : s;
}
static inline str str_skip(str s, size_t n) { return str_slice(s, n, s.len); }
/* Without ASCII spaces and tabs at both ends. */
str str_trim(str s);
/*
 * Cuts s at the first sep: *ret_head is what stands before it, *ret_tail what follows.
 * Without sep: false, head is all of s, tail is absent.
 */
bool str_cut(str s, char sep, str *ret_head, str *ret_tail);

/*
 * The whole of s as a decimal number: only digits, no sign, no space, no overflow.
 * False leaves *ret alone. str_to_i64 takes one leading '-'.
 */
bool str_to_u64(str s, uint64_t *ret);
bool str_to_i64(str s, int64_t *ret);

/* How many bytes at the beginning are valid UTF-8. */
size_t str_utf8_len(str s);
/* The beginning of s, most bytes at most, without a character that would be cut. */
str str_utf8_slice(str s, size_t most);
/* Valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool str_is_utf8(str s);
/* '*' any run of bytes, '?' any one byte. Linear time in practice: one backtrack point. */
bool str_glob(str pattern, str s, bool nocase);
/* Equal in constant time for equal lengths: for signatures and keys. */
bool str_eq_secret(str a, str b);
