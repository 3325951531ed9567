/*
 * store/key: writes row keys whose byte order is the order of their parts, and reads the parts
 * back.
 */
#include "store/key.h"

#include "base/own.h"

/* 00 in a part becomes 00 FF; 00 01 ends the part, and sorts before everything that goes on. */
static const char escape[2] = {0, (char)0xFF}, end[2] = {0, 1};

void key_str(struct buf *key, str part) {
    while (part.len) {
        const char *nul = memchr(part.p, 0, part.len);
        size_t plain = nul ? (size_t)(nul - part.p) : part.len;
        buf_add(key, part.p, plain);
        if (!nul)
            break;
        buf_add(key, escape, sizeof escape);
        part = str_skip(part, plain + 1);
    }
    buf_add(key, end, sizeof end);
}

void key_begin(struct buf *key, const char *kind) {
    buf_clear(key);
    key_str(key, str_c(kind));
}

void key_u64(struct buf *key, uint64_t part) { buf_u64(key, part); }
void key_raw(struct buf *key, str part) { buf_str(key, part); }

void key_after(struct buf *key) {
    while (key->len && (unsigned char)key->p[key->len - 1] == 0xFF)
        key->len--;
    if (key->len)
        key->p[key->len - 1]++;
}

str key_take_kind(struct cur *key) {
    for (size_t i = 0; !key->bad && i + 1 < key->s.len; i++)
        if (key->s.p[i] == 0 && key->s.p[i + 1] == 1) {
            str kind = cur_take(key, i);
            cur_take(key, sizeof end);
            return kind;
        }
    key->bad = true;
    return S("");
}

bool key_take_str(struct cur *key, struct buf *part) {
    for (;;) {
        const char *nul = key->bad || !key->s.len ? NULL : memchr(key->s.p, 0, key->s.len);
        size_t plain = nul ? (size_t)(nul - key->s.p) : 0;
        if (!nul || plain + 1 >= key->s.len) {
            key->bad = true;
            return false;
        }
        buf_add(part, key->s.p, plain);
        char mark = key->s.p[plain + 1];
        key->s = str_skip(key->s, plain + 2);
        if (mark == end[1])
            return true;
        if (mark != escape[1]) {
            key->bad = true;
            return false;
        }
        buf_char(part, 0);
    }
}

uint64_t key_take_u64(struct cur *key) { return cur_u64(key); }
