#pragma once
/*
 * store/key: row keys as tuples whose byte order is the order of their parts.
 *
 * Text parts are escaped (00 becomes 00 FF) and end in 00 01, so a part never runs into the next
 * and "a" sorts before "ab"; numbers are eight bytes, big-endian. The first parts name the kind of
 * row, the account and the region: key_begin(&b, "obj"); key_str(&b, bucket); …
 * A prefix scan over [prefix, key_after(prefix)) sees exactly the rows that begin with its parts.
 */
#include "base/buf.h"

/* Clears key, and begins it with the kind as a text part. */
void key_begin(struct buf *key, const char *kind);
/* Append a part. */
void key_str(struct buf *key, str part);
void key_u64(struct buf *key, uint64_t part);
/* The part that ends the key, unescaped: only where no further part follows. */
void key_raw(struct buf *key, str part);
/* Turns the prefix into the smallest key behind every key that begins so: what `to` wants. */
void key_after(struct buf *key);
/* Does the key lie in [from, to)? */
static inline bool key_in(str key, str from, str to) {
    return str_cmp(key, from) >= 0 && str_cmp(key, to) < 0;
}

/*
 * Reading back, in the same order. Keys on disk may be damaged: a part that is not there or is not
 * well-formed sets key->bad. The kind is a view into the key.
 */
str key_take_kind(struct cur *key);
/* Appends the unescaped bytes to part. False, and key->bad: not a text part. */
bool key_take_str(struct cur *key, struct buf *part);
uint64_t key_take_u64(struct cur *key);
