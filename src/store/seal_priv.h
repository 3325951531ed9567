#pragma once
/* Shared inside the room: sealing to and from plain memory, for frames and wrapped keys. */
#include "store/seal.h"

enum { SEAL_KEY_BYTES = 32, SEAL_NONCE = 12, SEAL_TAG = 16 };

struct seal_key {
    uint64_t serial; /* unique in the process: what a thread's cipher context is set up for */
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
/* sealed is n + SEAL_OVERHEAD bytes, out takes n (wiped when false). False: they do not verify. */
bool unseal_raw(const struct seal_key *key, const char *sealed, size_t n, str aad, char *out);
