/*
 * s3/digest: hashes a body's lots on the caller's thread or, when the body is large, has hashers do
 * it. A digest with full lots stands in the hashers' line; a hasher takes as many digests as it can
 * hash texts at once, one lot of each, and puts those that have more back at the line's end.
 */
#include "svc/s3/digest.h"

#include "base/list.h"
#include "base/lock.h"
#include "base/own.h"

#include <unistd.h>

/* A caller whose lots are all full goes on when at most LOW are: that is one wait for several lots. */
enum { HASHERS_MAX = 16, STACK = 256 * 1024, LOW = 1 };

struct s3_hashers {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* somebody stands in line, or the end has come */
    struct list line;
    unsigned n_line;
    unsigned most, n, idle; /* threads: at most, started, waiting */
    bool stop;
    pthread_t threads[HASHERS_MAX];
};

struct lot {
    size_t len, size;
    unsigned char *bytes;
};

struct s3_digest {
    struct s3_hashers *hashers;
    struct md5 md5;
    struct s3_sum_ctx sum;
    uint64_t expected, seen; /* seen: in the lots that are over */

    struct lot lots[S3_DIGEST_LOTS];
    unsigned current; /* the lot that is being filled: the caller's alone, as is this: */
    bool has_handed_over;
    /* Under the hashers' lock, once a lot was handed over. While any is full: */
    unsigned full, head; /* how many are; the first of them */
    struct list node;    /* in the line, or a hasher has the digest */
    unsigned wanted;     /* the caller waits for `moved` until at most so many are full … */
    bool waits;
    pthread_cond_t moved;
};

/* ---- Hashers ---- */
struct s3_hashers *s3_hashers_new(void) {
    struct s3_hashers *h = mem_new(struct s3_hashers);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    h->most = cores < 1 ? 1 : cores > HASHERS_MAX ? HASHERS_MAX : (unsigned)cores;
    lock_init(&h->lock);
    pthread_cond_init(&h->wake, NULL);
    list_init(&h->line);
    return h;
}

static void hash(struct s3_digest *const digests[], unsigned n) {
    struct md5_piece pieces[MD5_LANES];
    for (unsigned i = 0; i < n; i++) {
        struct s3_digest *d = digests[i];
        const struct lot *lot = &d->lots[d->head];
        s3_sum_add(&d->sum, lot->bytes, lot->len);
        pieces[i] = (struct md5_piece){&d->md5, lot->bytes, lot->len};
    }
    md5_add_all(pieces, n);
}

static unsigned take_from_line_locked(struct s3_hashers *h, struct s3_digest *digests[]) {
    LOCK_HELD(&h->lock);
    unsigned n = 0, width = md5_width();
    for (; n < width && !list_empty(&h->line); n++) {
        digests[n] = LIST_ENTRY(h->line.next, struct s3_digest, node);
        list_remove(&digests[n]->node);
        h->n_line--;
    }
    return n;
}

static void line_up_locked(struct s3_hashers *h, struct s3_digest *d) {
    LOCK_HELD(&h->lock);
    list_append(&h->line, &d->node);
    h->n_line++;
}

static void give_back_locked(struct s3_hashers *h, struct s3_digest *d) {
    LOCK_HELD(&h->lock);
    d->head = (d->head + 1) % S3_DIGEST_LOTS;
    d->full--;
    if (d->full > 0)
        line_up_locked(h, d);
    if (d->waits && d->full <= d->wanted)
        pthread_cond_signal(&d->moved);
}

static void *hasher_main(void *ctx) {
    struct s3_hashers *h = ctx;
    struct s3_digest *digests[MD5_LANES];
    lock_take(&h->lock);
    for (;;) {
        unsigned n = take_from_line_locked(h, digests);
        if (n == 0 && h->stop)
            break;
        if (n == 0) {
            h->idle++;
            pthread_cond_wait(&h->wake, &h->lock);
            h->idle--;
            continue;
        }
        lock_drop(&h->lock);
        hash(digests, n);
        lock_take(&h->lock);
        for (unsigned i = 0; i < n; i++)
            give_back_locked(h, digests[i]);
    }
    lock_drop(&h->lock);
    return NULL;
}

/*
 * Somebody has lined up. Another thread gets to work where none is, and where those at work would
 * not take the whole line next; where texts are hashed one by one, a second body has a second thread
 * at once. False: there is no thread.
 */
static bool call_hasher_locked(struct s3_hashers *h) {
    LOCK_HELD(&h->lock);
    unsigned working = h->n - h->idle;
    if (working > 0 && h->n_line <= (working - (md5_width() == 1)) * md5_width())
        return true;
    if (h->idle > 0) {
        pthread_cond_signal(&h->wake);
        return true;
    }
    if (h->n == h->most)
        return true;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    if (pthread_create(&h->threads[h->n], &attr, hasher_main, h) == 0)
        h->n++;
    pthread_attr_destroy(&attr);
    return h->n > 0;
}

struct s3_hashers *s3_hashers_free(struct s3_hashers *h) {
    if (!h)
        return NULL;
    lock_take(&h->lock);
    h->stop = true;
    pthread_cond_broadcast(&h->wake);
    lock_drop(&h->lock);
    for (unsigned i = 0; i < h->n; i++)
        pthread_join(h->threads[i], NULL);
    pthread_cond_destroy(&h->wake);
    pthread_mutex_destroy(&h->lock);
    free(h);
    return NULL;
}

/* ---- Digests ---- */
struct s3_digest *s3_digest_new(struct s3_hashers *hashers, enum s3_sum sum, uint64_t expected) {
    struct s3_digest *d = mem_new(struct s3_digest);
    d->hashers = hashers;
    d->expected = expected;
    md5_init(&d->md5);
    s3_sum_init(&d->sum, sum);
    list_init(&d->node);
    pthread_cond_init(&d->moved, NULL);
    return d;
}

size_t s3_digest_fill(struct s3_digest *d, const void *p, size_t n) {
    struct lot *lot = &d->lots[d->current];
    if (!lot->bytes) {
        bool small = d->expected > 0 && d->expected < S3_DIGEST_LOT && d->seen == 0;
        lot->size = small ? (size_t)d->expected : S3_DIGEST_LOT;
        lot->bytes = mem_alloc(lot->size);
    }
    size_t room = lot->size - lot->len, take = n < room ? n : room;
    if (take > 0)
        memcpy(lot->bytes + lot->len, p, take);
    lot->len += take;
    return take;
}

static void wait_locked(struct s3_digest *d, unsigned wanted) {
    LOCK_HELD(&d->hashers->lock);
    d->wanted = wanted;
    d->waits = true;
    while (d->full > wanted)
        pthread_cond_wait(&d->moved, &d->hashers->lock);
    d->waits = false;
}

static void wait_for_all(struct s3_digest *d) {
    if (!d->has_handed_over)
        return;
    LOCK_SCOPE(&d->hashers->lock);
    wait_locked(d, 0);
}

/*
 * The current lot; behind it at least one is free again. False: no thread can be had, and the caller
 * has hashed all lots before this one.
 */
static bool hand_over(struct s3_digest *d) {
    struct s3_hashers *h = d->hashers;
    LOCK_SCOPE(&h->lock);
    if (h->n == 0 && !call_hasher_locked(h))
        return false;
    d->has_handed_over = true;
    if (d->full++ == 0) {
        d->head = d->current;
        line_up_locked(h, d);
        call_hasher_locked(h);
    } else if (d->full == S3_DIGEST_LOTS) {
        wait_locked(d, LOW);
    }
    return true;
}

str s3_digest_next(struct s3_digest *d) {
    struct lot *lot = &d->lots[d->current];
    if (lot->len == 0)
        return STR_NONE;
    d->seen += lot->len;
    bool large = d->expected > S3_DIGEST_AHEAD || d->seen > S3_DIGEST_AHEAD;
    if (!large || !hand_over(d)) {
        md5_add(&d->md5, lot->bytes, lot->len);
        s3_sum_add(&d->sum, lot->bytes, lot->len);
    }
    d->current = (d->current + 1) % S3_DIGEST_LOTS;
    d->lots[d->current].len = 0;
    return str_n(lot->bytes, lot->len);
}

void s3_digest_finish(struct s3_digest *d, uint8_t md5[MD5_LEN], uint8_t sum[S3_SUM_MAX]) {
    s3_digest_next(d);
    wait_for_all(d);
    md5_finish(&d->md5, md5);
    s3_sum_finish(&d->sum, sum);
}

struct s3_digest *s3_digest_free(struct s3_digest *d) {
    if (!d)
        return NULL;
    wait_for_all(d);
    for (unsigned i = 0; i < S3_DIGEST_LOTS; i++)
        free(d->lots[i].bytes);
    s3_sum_deinit(&d->sum);
    pthread_cond_destroy(&d->moved);
    free(d);
    return NULL;
}
