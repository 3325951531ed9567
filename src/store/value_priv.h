#pragma once
/*
 * store/value: how a row's value lies on disk. Every value is sealed under its family's data key and
 * bound to its family, form and row key, so that a value that is changed, cut, or moved to another
 * row does not verify. Sums (numbers alone) are plain, and so are the few rows that are read before
 * there are keys. Any thread, but for what speaks of the migration (format.c).
 */
#include "store/store.h"

enum { VALUE_OVERHEAD = 1 + 28 }; /* form, nonce, tag */
/* The byte in front of each value. */
enum value_form {
    VALUE_PLAIN,  /* the bytes: sums, in STORE_METRICS alone */
    VALUE_SEALED, /* nonce, ciphertext, tag */
    VALUE_PACKED, /* as VALUE_SEALED, of a packed text (value_pack) */
};

/*
 * The rows that have no form byte: `sys` and `dek` of STORE_META, which are read before there are
 * keys and hold nothing but numbers and what the master key sealed.
 */
bool value_is_own(enum store_cf cf, str key);

/* Appends what lies on disk of a value. nonce: of seal_next_nonce, for this value alone. */
void value_write(struct store *store, enum store_cf cf, str key, str value, const char nonce[12],
                 struct buf *out);
/* Appends what lies on disk of a sum. */
void value_begin_sum(const struct store *store, struct buf *out);
/*
 * Replaces *value's content by what `disk` holds. STORE_E_DAMAGED when it does not verify: value is
 * `disk` then, and the log names the row.
 */
int value_read(struct store *store, enum store_cf cf, str key, str disk, struct buf *value);
/* Which edition of a row `disk` is. Without `sealed`: a plain one. ret->state stays. */
void value_stamp(struct store *store, enum store_cf cf, str key, str disk, struct store_stamp *ret);
/* Is disk the row of which the stamp, or, where that is zeroed, the value, was read? */
bool value_is(struct store *store, enum store_cf cf, str key, str disk,
              const struct store_stamp *stamp, str value);

/* ---- pack.c ---- */
/*
 * Appends a shorter form of plain: its length (u32), then one LZ4 block. False: it is not worth it,
 * and out is as before. Threads keep a state of 16 KiB.
 */
bool value_pack(str plain, struct buf *out);
/* Appends the plain bytes. STORE_E_DAMAGED: not a packed text, or of more bytes than it can be. */
int value_unpack(str packed, struct buf *out);
