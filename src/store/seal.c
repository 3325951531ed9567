/*
 * AES-256-GCM. What breaks GCM is a nonce used twice under one key, so nonces are not drawn anew
 * for each message (with random 96-bit nonces a table that takes 10,000 writes a second is at
 * NIST's limit of 2^32 within days) but counted: each thread starts at a random 96-bit number and
 * adds one a message. Two threads' runs overlap with a chance of about runs² × length / 2^96. A
 * forked child starts a run of its own.
 */
#include "store/seal_priv.h"

#include "base/rand.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>

struct cipher {
    EVP_CIPHER_CTX *ctx;
    uint64_t serial; /* of the key it is set up for; 0: none */
};
/*
 * Setting a context up for a key costs more than sealing a row, so a thread keeps several: one for
 * each family of rows, and a few that all other keys share.
 */
enum { SHARED = 2, CIPHERS = STORE_N_CF + SHARED };
struct thread_state {
    struct cipher seal[CIPHERS], unseal[CIPHERS];
    bool has_nonce;
    unsigned char nonce[SEAL_NONCE]; /* the next one */
};
static __thread struct thread_state mine;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_thread_end;
static EVP_CIPHER *gcm;

static void drop_thread(void *state) {
    struct thread_state *t = state;
    for (size_t i = 0; i < CIPHERS; i++) {
        EVP_CIPHER_CTX_free(t->seal[i].ctx);
        EVP_CIPHER_CTX_free(t->unseal[i].ctx);
    }
    *t = (struct thread_state){0};
}

static void forget_nonce(void) { mine.has_nonce = false; }

static void must(bool ok) {
    if (!ok)
        abort(); /* no memory, or no AES: nothing can be written safely */
}

static void set_up(void) {
    gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    must(gcm && pthread_key_create(&at_thread_end, drop_thread) == 0 &&
         pthread_atfork(NULL, NULL, forget_nonce) == 0);
}

/* The thread's context, set up for key and not yet for a nonce. */
static EVP_CIPHER_CTX *cipher_for(struct cipher ciphers[CIPHERS], const struct seal_key *key,
                                  int encrypt) {
    struct cipher *c = &ciphers[key->place];
    if (!c->ctx) {
        pthread_once(&once, set_up);
        must((c->ctx = EVP_CIPHER_CTX_new()) && pthread_setspecific(at_thread_end, &mine) == 0);
    }
    if (c->serial != key->serial) {
        must(EVP_CipherInit_ex2(c->ctx, gcm, key->bytes, NULL, encrypt, NULL));
        c->serial = key->serial;
    }
    return c->ctx;
}

void seal_next_nonce(char out[SEAL_NONCE]) {
    if (!mine.has_nonce)
        rand_bytes(mine.nonce, SEAL_NONCE);
    mine.has_nonce = true;
    memcpy(out, mine.nonce, SEAL_NONCE);
    for (size_t i = SEAL_NONCE; i-- > 0 && ++mine.nonce[i] == 0;)
        ;
}

void seal_raw_as(const struct seal_key *key, const char nonce[SEAL_NONCE], const void *plain,
                 size_t n, str aad, char *out) {
    EVP_CIPHER_CTX *ctx = cipher_for(mine.seal, key, 1);
    unsigned char *at = (unsigned char *)out;
    int len;
    must(n <= INT32_MAX && aad.len <= INT32_MAX);
    memcpy(at, nonce, SEAL_NONCE);
    must(EVP_EncryptInit_ex2(ctx, NULL, NULL, at, NULL));
    must(EVP_EncryptUpdate(ctx, NULL, &len, (const unsigned char *)aad.p, (int)aad.len));
    at += SEAL_NONCE;
    if (n)
        must(EVP_EncryptUpdate(ctx, at, &len, plain, (int)n));
    must(EVP_EncryptFinal_ex(ctx, at + n, &len));
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG, at + n));
}

void seal_raw(const struct seal_key *key, const void *plain, size_t n, str aad, char *out) {
    char nonce[SEAL_NONCE];
    seal_next_nonce(nonce);
    seal_raw_as(key, nonce, plain, n, aad, out);
}

bool unseal_raw(const struct seal_key *key, const char *sealed, size_t n, str aad, char *out) {
    EVP_CIPHER_CTX *ctx = cipher_for(mine.unseal, key, 0);
    const unsigned char *at = (const unsigned char *)sealed;
    unsigned char tag[SEAL_TAG];
    int len;
    if (n > INT32_MAX || aad.len > INT32_MAX)
        return false;
    memcpy(tag, at + SEAL_NONCE + n, SEAL_TAG);
    must(EVP_DecryptInit_ex2(ctx, NULL, NULL, at, NULL));
    must(EVP_DecryptUpdate(ctx, NULL, &len, (const unsigned char *)aad.p, (int)aad.len));
    if (n)
        must(EVP_DecryptUpdate(ctx, (unsigned char *)out, &len, at + SEAL_NONCE, (int)n));
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG, tag));
    unsigned char none[SEAL_TAG];
    if (EVP_DecryptFinal_ex(ctx, none, &len) > 0)
        return true;
    OPENSSL_cleanse(out, n);
    return false;
}

void seal_value(const struct seal_key *key, str plain, str aad, struct buf *out) {
    char *at = buf_reserve(out, plain.len + SEAL_OVERHEAD);
    seal_raw(key, plain.p, plain.len, aad, at);
    out->len += plain.len + SEAL_OVERHEAD;
    out->p[out->len] = '\0';
}

int unseal_value(const struct seal_key *key, str sealed, str aad, struct buf *out) {
    if (sealed.len < SEAL_OVERHEAD)
        return STORE_E_DAMAGED;
    size_t n = sealed.len - SEAL_OVERHEAD;
    char *at = buf_reserve(out, n);
    if (!unseal_raw(key, sealed.p, n, aad, at)) {
        at[0] = '\0';
        return STORE_E_DAMAGED;
    }
    out->len += n;
    out->p[out->len] = '\0';
    return 0;
}

struct seal_key *seal_key_new(const unsigned char bytes[SEAL_KEY_BYTES]) {
    static _Atomic uint64_t serials;
    struct seal_key *key = mem_new(struct seal_key);
    key->serial = atomic_fetch_add(&serials, 1) + 1;
    key->place = STORE_N_CF + key->serial % SHARED;
    memcpy(key->bytes, bytes, SEAL_KEY_BYTES);
    return key;
}

struct seal_key *seal_key_free(struct seal_key *key) {
    if (key)
        OPENSSL_cleanse(key, sizeof *key);
    free(key);
    return NULL;
}
