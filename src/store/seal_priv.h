#pragma once
/* Shared inside the room: sealing to and from plain memory, for frames and wrapped keys. */
#include "store/seal.h"

enum { SEAL_KEY_BYTES = 32, SEAL_NONCE = 12, SEAL_TAG = 16 };

struct seal_key {
    uint64_t serial; /* unique in the process: what a thread's cipher context is set up for */
    unsigned place;  /* of a thread's contexts: a family's own, or one that others share */
    unsigned char bytes[SEAL_KEY_BYTES];
};
/* Copies the bytes; the caller wipes its own. The caller owns the key. */
struct seal_key *seal_key_new(const unsigned char bytes[SEAL_KEY_BYTES]);
struct seal_key *seal_key_free(struct seal_key *key); /* wipes it */
DEFINE_FREEP(seal_key)

/*
 * out has room for n + SEAL_OVERHEAD: nonce, ciphertext, tag. Never fails: a cipher that refuses
 * ends the process. Any thread: nonces are counted per thread.
 */
void seal_raw(const struct seal_key *key, const void *plain, size_t n, str aad, char *out);
/* Under a nonce that was taken before, and is used for this text alone. */
void seal_raw_as(const struct seal_key *key, const char nonce[SEAL_NONCE], const void *plain,
                 size_t n, str aad, char *out);
/* The thread's next one. */
void seal_next_nonce(char out[SEAL_NONCE]);
/* sealed is n + SEAL_OVERHEAD bytes, out takes n (wiped when false). False: they do not verify. */
bool unseal_raw(const struct seal_key *key, const char *sealed, size_t n, str aad, char *out);

/* ---- keyring.c: rows of keys ---- */
/* The row that tells whether a master key is the one of this database. */
void seal_check_key(struct buf *key);
void seal_check_put(struct store_batch *batch, const struct seal_key *master);
bool seal_check_fits(const struct seal_key *master, str check);

/* ---- master.c: the master key and its file ---- */
/*
 * The key that the options tell; made where nobody gives one and nothing is sealed. check: the row,
 * absent in a new database. STORE_E_KEY: lost, or another than the one that fits the check. look:
 * nothing is written or moved.
 */
int seal_master_find(const char *data, const struct store_options *options, str check, bool look,
                     struct seal_key **ret_key, struct err *err);
/* Of 64 hex digits, and a newline or none. `from` names them in err. */
int seal_master_parse(const char *text, const char *from, struct seal_key **ret_key,
                      struct err *err);
/* A new key in a new file, which is durable. */
int seal_master_make(const char *path, struct seal_key **ret_key, struct err *err);
/* Its file, and the one beside it that a rotation makes; malloc'ed. */
char *seal_master_path(const char *data, const struct store_options *options);
char *seal_master_fresh(const char *path);
/* Durable. */
int seal_master_rename(const char *fresh, const char *path, struct err *err);
