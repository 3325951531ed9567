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

void key_begin(struct buf *key, const char *kind); /* clears key first */
void key_str(struct buf *key, str part);
void key_u64(struct buf *key, uint64_t part);
/* The part that ends the key, unescaped: only where no further part follows. */
void key_raw(struct buf *key, str part);
/* The smallest key behind every key that has this prefix: what `to` wants. */
void key_after(struct buf *key);

/* Reading back, in the same order. */
str key_take_kind(struct cur *key);
bool key_take_str(struct cur *key, struct buf *part); /* appends the unescaped bytes */
uint64_t key_take_u64(struct cur *key);
