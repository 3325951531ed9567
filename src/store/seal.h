#pragma once
/*
 * store/seal: encryption at rest. The master key (DATA/keys/master, or given) wraps data keys; a
 * family of rows, a bucket and a function's code have one each, whose wrapped form is a row of
 * STORE_META. Values and body frames are sealed with AES-256-GCM; a 96-bit nonce that never repeats
 * stands in front, the tag behind. Any thread; cipher contexts are kept per thread.
 */
#include "store/store.h"

enum { SEAL_KEY_ID_LEN = 16, SEAL_OVERHEAD = 28 };
struct seal_key; /* an unwrapped data key, cached for the life of the store */

/*
 * Makes a data key; its wrapped row goes into batch, and it can be used once that is committed.
 * ret_id is SEAL_KEY_ID_LEN raw bytes.
 */
int seal_key_create(struct store *store, struct store_batch *batch, char ret_id[SEAL_KEY_ID_LEN],
                    struct err *err);
/* Removes the key's row: nothing sealed under it can be read after the next start. */
void seal_key_drop(struct store_batch *batch, str id);
/* Borrowed; STORE_E_ABSENT or STORE_E_KEY. */
int seal_key_get(struct store *store, str id, const struct seal_key **ret_key, struct err *err);

/* Appends nonce, ciphertext, tag to out. aad is bound but not stored (the row's key). */
void seal_value(const struct seal_key *key, str plain, str aad, struct buf *out);
/* Appends the plain bytes. STORE_E_DAMAGED when they do not verify. */
int unseal_value(const struct seal_key *key, str sealed, str aad, struct buf *out);
