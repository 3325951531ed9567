/*
 * SHA-256 and HMAC-SHA256 with contexts that live as long as their thread: creating one and keying
 * it costs several times what a signature's HMAC itself costs (6.9 against 0.8 µs), and a new digest
 * three times the kept one (0.45 against 0.15 µs).
 */
#include "sign/digest_priv.h"

#include "base/codec.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>

enum {
    KEPT_CONTEXTS = 4,       /* of a thread, given back and free */
    KEPT_SCRATCH = 8 * 1024, /* bytes of text: a request's head seldom has more */
    KEPT_MACS = 4,     /* a request alternates between a signing key and, rarely, a derivation */
    KEPT_KEY_MAX = 64, /* longer keys (none of AWS's) are keyed anew each time */
};

struct kept_mac {
    unsigned char key[KEPT_KEY_MAX];
    size_t key_len;
    EVP_MAC_CTX *ctx; /* keyed with key; NULL: free */
};

struct thread_state {
    EVP_MD_CTX *md; /* for a digest that is made at once */
    EVP_MD_CTX *kept[KEPT_CONTEXTS];
    size_t n_kept;
    struct kept_mac macs[KEPT_MACS];
    unsigned next_mac; /* the one to give up */
    struct buf scratch;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t state_key;
static EVP_MD *sha256;
static EVP_MAC *hmac;
static __thread struct thread_state *state;

/* What else ends with the thread may still ask for a digest: it gets a state of its own then. */
static void state_free(void *p) {
    struct thread_state *s = p;
    state = NULL;
    EVP_MD_CTX_free(s->md);
    for (size_t i = 0; i < s->n_kept; i++)
        EVP_MD_CTX_free(s->kept[i]);
    for (size_t i = 0; i < KEPT_MACS; i++) {
        EVP_MAC_CTX_free(s->macs[i].ctx);
        OPENSSL_cleanse(s->macs[i].key, sizeof s->macs[i].key);
    }
    buf_deinit(&s->scratch);
    free(s);
}

static void setup(void) {
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (!sha256 || !hmac || pthread_key_create(&state_key, state_free) != 0)
        abort(); /* OpenSSL without its default provider: nothing can be verified or signed */
}

static EVP_MD_CTX *new_context(void) {
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    if (!md)
        abort();
    return md;
}

static struct thread_state *my_state(void) {
    if (!state) {
        pthread_once(&once, setup);
        state = mem_new(struct thread_state);
        state->md = new_context();
        if (pthread_setspecific(state_key, state) != 0)
            abort();
    }
    return state;
}

/* ---- In one go ---- */

void sign_sha256(unsigned char out[32], str bytes) {
    EVP_MD_CTX *md = my_state()->md;
    if (!EVP_DigestInit_ex2(md, sha256, NULL) || !EVP_DigestUpdate(md, bytes.p, bytes.len) ||
        !EVP_DigestFinal_ex(md, out, NULL))
        abort();
}

void sign_sha256_hex(char out[SIGN_HEX + 1], str bytes) {
    unsigned char made[32];
    sign_sha256(made, bytes);
    codec_hex(out, made, sizeof made);
    out[SIGN_HEX] = '\0';
}

static EVP_MAC_CTX *new_mac(str key) {
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);
    /* An empty key must not be NULL, which would mean "the key it has". */
    if (!ctx || !EVP_MAC_init(ctx, (const unsigned char *)(key.len ? key.p : ""), key.len, params))
        abort();
    return ctx;
}

static void run_mac(EVP_MAC_CTX *ctx, unsigned char out[32], str bytes) {
    size_t n;
    if (!EVP_MAC_update(ctx, (const unsigned char *)bytes.p, bytes.len) ||
        !EVP_MAC_final(ctx, out, &n, 32))
        abort();
}

void sign_hmac(unsigned char out[32], str key, str bytes) {
    struct thread_state *s = my_state();
    if (key.len > KEPT_KEY_MAX) {
        EVP_MAC_CTX *ctx = new_mac(key);
        run_mac(ctx, out, bytes);
        EVP_MAC_CTX_free(ctx);
        return;
    }
    for (size_t i = 0; i < KEPT_MACS; i++) {
        struct kept_mac *kept = &s->macs[i];
        if (kept->ctx && str_eq_secret(str_n(kept->key, kept->key_len), key)) {
            if (!EVP_MAC_init(kept->ctx, NULL, 0, NULL))
                abort();
            run_mac(kept->ctx, out, bytes);
            return;
        }
    }
    struct kept_mac *kept = &s->macs[s->next_mac];
    s->next_mac = (s->next_mac + 1) % KEPT_MACS;
    EVP_MAC_CTX_free(kept->ctx);
    kept->ctx = new_mac(key);
    if (key.len)
        memcpy(kept->key, key.p, key.len);
    kept->key_len = key.len;
    run_mac(kept->ctx, out, bytes);
}

/* ---- Piece by piece ---- */

struct evp_md_ctx_st *sign_sha256_take(void) {
    struct thread_state *s = my_state();
    EVP_MD_CTX *md = s->n_kept ? s->kept[--s->n_kept] : new_context();
    if (!EVP_DigestInit_ex2(md, sha256, NULL))
        abort();
    return md;
}

void sign_sha256_give(struct evp_md_ctx_st *md) {
    struct thread_state *s = my_state();
    if (md && s->n_kept < KEPT_CONTEXTS)
        s->kept[s->n_kept++] = md;
    else
        EVP_MD_CTX_free(md);
}

/* ---- Text ---- */

struct buf *sign_scratch(void) {
    struct buf *scratch = &my_state()->scratch;
    if (scratch->cap > KEPT_SCRATCH)
        buf_deinit(scratch);
    buf_clear(scratch);
    return scratch;
}
