/*
 * base/buf: growable bytes, the integer forms of keys and files, and the cursor that reads them
 * back.
 */
#include "base/buf.h"

#include <stdio.h>

void buf_deinit(struct buf *b) {
    free(b->p);
    *b = (struct buf){0};
}

char *buf_reserve(struct buf *b, size_t n) {
    size_t want = b->len + n + 1;
    if (want < n)
        abort();
    if (want > b->cap) {
        size_t cap = b->cap < 64 ? 64 : b->cap * 2;
        if (cap < want)
            cap = want;
        b->p = mem_realloc(b->p, cap);
        b->cap = cap;
    }
    return b->p + b->len;
}

void buf_vprintf(struct buf *b, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    char *at = buf_reserve(b, 128);
    int n = vsnprintf(at, b->cap - b->len, fmt, args);
    if (n < 0)
        abort();
    if ((size_t)n >= b->cap - b->len) {
        at = buf_reserve(b, (size_t)n);
        vsnprintf(at, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    b->len += (size_t)n;
}

void buf_printf(struct buf *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    buf_vprintf(b, fmt, args);
    va_end(args);
}

static void add_big_endian(struct buf *b, uint64_t v, size_t bytes) {
    unsigned char out[8];
    for (size_t i = 0; i < bytes; i++)
        out[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
    buf_add(b, out, bytes);
}

void buf_u16(struct buf *b, uint16_t v) { add_big_endian(b, v, 2); }
void buf_u32(struct buf *b, uint32_t v) { add_big_endian(b, v, 4); }
void buf_u64(struct buf *b, uint64_t v) { add_big_endian(b, v, 8); }

void buf_varint(struct buf *b, uint64_t v) {
    unsigned char out[10];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        out[n++] = (unsigned char)(v | 0x80);
    out[n++] = (unsigned char)v;
    buf_add(b, out, n);
}

void buf_lstr(struct buf *b, str s) {
    buf_varint(b, s.len);
    buf_str(b, s);
}

char *buf_take(struct buf *b) {
    if (!b->p)
        buf_add(b, "", 0);
    char *p = b->p;
    *b = (struct buf){0};
    return p;
}

static uint64_t take_big_endian(struct cur *c, size_t bytes) {
    str s = cur_take(c, bytes);
    uint64_t v = 0;
    for (size_t i = 0; i < s.len; i++)
        v = v << 8 | (unsigned char)s.p[i];
    return v;
}

uint16_t cur_u16(struct cur *c) { return (uint16_t)take_big_endian(c, 2); }
uint32_t cur_u32(struct cur *c) { return (uint32_t)take_big_endian(c, 4); }
uint64_t cur_u64(struct cur *c) { return take_big_endian(c, 8); }

uint64_t cur_varint(struct cur *c) {
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = cur_u8(c);
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return v;
    }
    c->bad = true;
    return 0;
}

str cur_lstr(struct cur *c) {
    uint64_t n = cur_varint(c);
    if (n > c->s.len) {
        c->bad = true;
        return S("");
    }
    return cur_take(c, (size_t)n);
}
