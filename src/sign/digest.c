/*
 * SHA-256 and HMAC-SHA256 with contexts that live as long as their thread: making one costs several
 * times what a signature's digest itself costs. HMAC is two digests, each behind its block of the
 * key (RFC 2104), and not EVP_MAC: that copies a context, and so allocates, for each of the two.
 */
#include "sign/digest_priv.h"

#include "base/codec.h"

#include <openssl/evp.h>
#include <pthread.h>

enum {
    KEPT_CONTEXTS = 4,       /* of a thread, given back and free */
    KEPT_SCRATCH = 8 * 1024, /* bytes of text: a request's head seldom has more */
    BLOCK = 64,              /* SHA-256's block: a longer key is hashed first */
};

struct thread_state {
    EVP_MD_CTX *md; /* for a digest that is made at once */
    EVP_MD_CTX *kept[KEPT_CONTEXTS];
    size_t n_kept;
    struct buf scratch;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t state_key;
static EVP_MD *sha256;
static __thread struct thread_state *state;

static void state_free(void *p) {
    struct thread_state *s = p;
    EVP_MD_CTX_free(s->md);
    for (size_t i = 0; i < s->n_kept; i++)
        EVP_MD_CTX_free(s->kept[i]);
    buf_deinit(&s->scratch);
    free(s);
}

static void setup(void) {
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!sha256 || pthread_key_create(&state_key, state_free) != 0)
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

/* Of one text behind another. */
static void digest(EVP_MD_CTX *md, unsigned char out[32], str first, str second) {
    if (!EVP_DigestInit_ex2(md, sha256, NULL) || !EVP_DigestUpdate(md, first.p, first.len) ||
        (second.len && !EVP_DigestUpdate(md, second.p, second.len)) ||
        !EVP_DigestFinal_ex(md, out, NULL))
        abort();
}

void sign_sha256(unsigned char out[32], str bytes) { digest(my_state()->md, out, bytes, STR_NONE); }

void sign_sha256_hex(char out[SIGN_HEX + 1], str bytes) {
    unsigned char made[32];
    sign_sha256(made, bytes);
    codec_hex(out, made, sizeof made);
    out[SIGN_HEX] = '\0';
}

/* The key's block for one of the two digests. */
static void pad(unsigned char block[BLOCK], const unsigned char key[BLOCK], unsigned char with) {
    for (size_t i = 0; i < BLOCK; i++)
        block[i] = key[i] ^ with;
}

void sign_hmac(unsigned char out[32], str key, str bytes) {
    enum { INNER = 0x36, OUTER = 0x5c };
    EVP_MD_CTX *md = my_state()->md;
    unsigned char whole[BLOCK] = {0}, block[BLOCK], inner[32];
    if (key.len > BLOCK)
        sign_sha256(whole, key);
    else if (key.len)
        memcpy(whole, key.p, key.len);
    pad(block, whole, INNER);
    digest(md, inner, str_n(block, BLOCK), bytes);
    pad(block, whole, OUTER);
    digest(md, out, str_n(block, BLOCK), str_n(inner, sizeof inner));
    explicit_bzero(whole, sizeof whole);
    explicit_bzero(block, sizeof block);
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
