/*
 * s3/digest: hashes a body on the caller's thread or, when the body is large, on a helper thread
 * behind a ring of buffers.
 */
#include "svc/s3/digest.h"

#include "base/lock.h"
#include "base/own.h"

#include <openssl/evp.h>
#include <string.h>

/* The ring between the caller and the helper: it never holds more than this. */
enum { SLOTS = 4, SLOT_SIZE = 256 * 1024 };

struct slot {
    size_t len;
    unsigned char *bytes; /* SLOT_SIZE */
};

struct s3_digest {
    EVP_MD_CTX *md5;
    struct s3_sum_ctx sum;
    uint64_t seen;

    bool has_helper;
    pthread_t helper;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* a slot became full or free, or the end is near */
    struct slot slots[SLOTS];
    unsigned full, head; /* how many are full; the first of them */
    bool ending;
};

static const EVP_MD *md5_algorithm;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
/* Fetching costs more than hashing a small object does. Lives as long as the process. */
static void fetch_md5(void) { md5_algorithm = EVP_MD_fetch(NULL, "MD5", NULL); }

struct s3_digest *s3_digest_new(enum s3_sum sum) {
    pthread_once(&fetched, fetch_md5);
    struct s3_digest *d = mem_new(struct s3_digest);
    d->md5 = EVP_MD_CTX_new();
    if (!md5_algorithm || !d->md5 || EVP_DigestInit_ex2(d->md5, md5_algorithm, NULL) != 1)
        abort(); /* no memory, or a libcrypto without MD5: no ETag could be right */
    s3_sum_init(&d->sum, sum);
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->moved, NULL);
    return d;
}

static void hash(struct s3_digest *d, const void *p, size_t n) {
    EVP_DigestUpdate(d->md5, p, n);
    s3_sum_add(&d->sum, p, n);
}

static void *help(void *ctx) {
    struct s3_digest *d = ctx;
    for (;;) {
        pthread_mutex_lock(&d->lock);
        while (d->full == 0 && !d->ending)
            pthread_cond_wait(&d->moved, &d->lock);
        if (d->full == 0) {
            pthread_mutex_unlock(&d->lock);
            return NULL;
        }
        struct slot *slot = &d->slots[d->head];
        pthread_mutex_unlock(&d->lock);

        hash(d, slot->bytes, slot->len);

        LOCK_SCOPE(&d->lock);
        d->head = (d->head + 1) % SLOTS;
        d->full--;
        pthread_cond_signal(&d->moved);
    }
}

/* Where the next bytes go: waits while every slot is full. */
static struct slot *free_slot(struct s3_digest *d) {
    LOCK_SCOPE(&d->lock);
    while (d->full == SLOTS)
        pthread_cond_wait(&d->moved, &d->lock);
    return &d->slots[(d->head + d->full) % SLOTS];
}

static void hand_over(struct s3_digest *d, const unsigned char *p, size_t n) {
    while (n > 0) {
        struct slot *slot = free_slot(d);
        slot->len = n < SLOT_SIZE ? n : SLOT_SIZE;
        memcpy(slot->bytes, p, slot->len);
        p += slot->len;
        n -= slot->len;
        LOCK_SCOPE(&d->lock);
        d->full++;
        pthread_cond_signal(&d->moved);
    }
}

/* Without a thread to be had the caller goes on hashing by itself. */
static void start_helper(struct s3_digest *d) {
    for (unsigned i = 0; i < SLOTS; i++)
        d->slots[i].bytes = mem_alloc(SLOT_SIZE);
    d->has_helper = pthread_create(&d->helper, NULL, help, d) == 0;
}

static void join_helper(struct s3_digest *d) {
    if (!d->has_helper)
        return;
    pthread_mutex_lock(&d->lock);
    d->ending = true;
    pthread_cond_signal(&d->moved);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->helper, NULL);
    d->has_helper = false;
}

void s3_digest_add(struct s3_digest *d, const void *p, size_t n) {
    d->seen += n;
    if (!d->has_helper && d->seen > S3_DIGEST_AHEAD && !d->slots[0].bytes)
        start_helper(d);
    if (d->has_helper)
        hand_over(d, p, n);
    else
        hash(d, p, n);
}

void s3_digest_finish(struct s3_digest *d, uint8_t md5[S3_MD5_LEN], uint8_t sum[S3_SUM_MAX]) {
    join_helper(d);
    EVP_DigestFinal_ex(d->md5, md5, NULL);
    s3_sum_finish(&d->sum, sum);
}

struct s3_digest *s3_digest_free(struct s3_digest *d) {
    if (!d)
        return NULL;
    join_helper(d);
    for (unsigned i = 0; i < SLOTS; i++)
        free(d->slots[i].bytes);
    s3_sum_deinit(&d->sum);
    EVP_MD_CTX_free(d->md5);
    pthread_cond_destroy(&d->moved);
    pthread_mutex_destroy(&d->lock);
    free(d);
    return NULL;
}
