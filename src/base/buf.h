#pragma once
/*
 * base/buf: owned, growable bytes.
 *
 * A zeroed struct buf is a valid empty one. p is NULL while nothing was ever added; otherwise one
 * NUL stands behind the len bytes, so p may be handed to C functions when the content has no NUL.
 * Growth never fails (see base/own.h). Not shared between threads without a lock.
 */
#include "base/own.h"
#include "base/str.h"

#include <stdarg.h>

/* Owned by whoever holds the struct; moving the struct moves the bytes with it. */
struct buf {
    char *p;
    size_t len;
    size_t cap; /* bytes at p, the NUL's among them */
};

void buf_deinit(struct buf *b);                             /* frees, and leaves an empty one */
static inline void buf_clear(struct buf *b) { b->len = 0; } /* keeps the memory */
/*
 * Room for n more bytes and a NUL; returns where the bytes go. The caller adds to len what it wrote
 * and puts a NUL behind. Growing moves the bytes: a pointer or view into b from before is stale.
 */
char *buf_reserve(struct buf *b, size_t n);

/*
 * Append a copy. The source must not lie in b itself, because growing moves b. p may be NULL when n
 * is 0, and an absent str adds nothing.
 */
static inline void buf_add(struct buf *b, const void *p, size_t n) {
    bool fits = n < b->cap - b->len; /* a NUL too */
    char *at = fits ? b->p + b->len : buf_reserve(b, n);
    if (n)
        memcpy(at, p, n);
    at[n] = '\0';
    b->len += n;
}
static inline void buf_str(struct buf *b, str s) { buf_add(b, s.p, s.len); }
static inline void buf_c(struct buf *b, const char *cstr) { buf_str(b, str_c(cstr)); }
static inline void buf_char(struct buf *b, char c) { buf_add(b, &c, 1); }
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
/* Integers in big-endian order, as keys and file formats hold them. */
static inline void buf_u8(struct buf *b, uint8_t v) { buf_char(b, (char)v); }
void buf_u16(struct buf *b, uint16_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
/* LEB128, seven bits a byte, low bits first: one byte below 128, ten at most. */
void buf_varint(struct buf *b, uint64_t v);
/* The length as a varint, then the bytes. */
void buf_lstr(struct buf *b, str s);

/* Borrowed until b changes; empty, and not absent, when b is. */
static inline str buf_view(const struct buf *b) { return (str){b->p ? b->p : "", b->len}; }
/* NUL-terminated view, never NULL. */
static inline const char *buf_cstr(const struct buf *b) { return b->p ? b->p : ""; }
/* Gives the memory to the caller (free()); b is empty afterwards. Never NULL. */
char *buf_take(struct buf *b);

/*
 * Reading back what the writers above wrote: a cursor over borrowed bytes. After a read past the
 * end `bad` is set and stays, everything read from then on is zero or empty: check once, at the
 * end.
 */
struct cur {
    str s;
    bool bad;
};
static inline struct cur cur_of(str s) { return (struct cur){s, false}; }
/* Big-endian integers, as buf_u8 and its like write them. */
static inline uint8_t cur_u8(struct cur *c) {
    if (c->bad || c->s.len == 0) {
        c->bad = true;
        return 0;
    }
    c->s.len--;
    return (uint8_t)*c->s.p++;
}
uint16_t cur_u16(struct cur *c);
uint32_t cur_u32(struct cur *c);
uint64_t cur_u64(struct cur *c);
/* More than ten bytes are bad. */
uint64_t cur_varint(struct cur *c);
/*
 * The next n bytes, and the bytes behind a varint of their length: views into the cursor's bytes.
 */
static inline str cur_take(struct cur *c, size_t n) {
    if (c->bad || n > c->s.len) {
        c->bad = true;
        return S("");
    }
    str got = {c->s.p, n};
    c->s = str_skip(c->s, n);
    return got;
}
str cur_lstr(struct cur *c);
