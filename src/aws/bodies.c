/*
 * aws/bodies: counting bodies under way, putting them aside, and dropping the one that has held the
 * most for the longest.
 */
#include "aws/bodies.h"

#include "base/clock.h"
#include "base/lock.h"
#include "store/spool.h"

/* Of the bodies that are counted. */
struct share {
    struct aws_share_limits limits, used;
    struct list helds;
};
struct aws_bodies {
    struct store *store;
    pthread_mutex_t lock; /* over shares, and the fields of struct aws_held that say so */
    struct share shares[AWS_N_SHARES];
};

/*
 * A package of the largest size is 67 MiB as JSON, and weighed with four copies more (weigh.c): a
 * share of the decoded has room for one. What a function hands in is passed on within one
 * callback: 64 threads with 6 MiB each.
 */
static const struct aws_bodies_limits standard = {
    .share = {
        [AWS_SHARE_UNPROVEN] = {24u << 20, 192u << 20, 1024, 352u << 20},
        [AWS_SHARE_PROVEN] = {24u << 20, 384u << 20, 1024, 352u << 20},
        [AWS_SHARE_SANDBOX] = {16u << 20, 256u << 20, 512, 384u << 20},
    }};

struct aws_bodies *aws_bodies_new(struct store *store, const struct aws_bodies_limits *limits) {
    struct aws_bodies *bodies = mem_new(struct aws_bodies);
    bodies->store = store;
    lock_init(&bodies->lock);
    for (size_t i = 0; i < AWS_N_SHARES; i++) {
        bodies->shares[i].limits = (limits ? limits : &standard)->share[i];
        list_init(&bodies->shares[i].helds);
    }
    return bodies;
}

struct aws_bodies *aws_bodies_free(struct aws_bodies *bodies) {
    if (!bodies)
        return NULL;
    pthread_mutex_destroy(&bodies->lock);
    free(bodies);
    return NULL;
}

struct aws_share_limits aws_bodies_used(struct aws_bodies *bodies, enum aws_share share) {
    LOCK_SCOPE(&bodies->lock);
    return bodies->shares[share].used;
}

void aws_held_init(struct aws_held *held, struct aws_bodies *bodies, enum aws_share share) {
    *held = (struct aws_held){.bodies = bodies, .share = share};
}

/* ---- Counting ---- */

static struct share *share_of(const struct aws_held *held) {
    return &held->bodies->shares[held->share];
}

static void count_in_locked(struct aws_held *held) {
    LOCK_HELD(&held->bodies->lock);
    if (held->counted)
        return;
    held->counted = held->shared = true;
    held->began_ms = clock_mono_ms();
    list_append(&share_of(held)->helds, &held->node);
}

/* Out of the list, with all that is counted but the decoded. Not while it is still to grow. */
static void count_out_locked(struct aws_held *held) {
    LOCK_HELD(&held->bodies->lock);
    struct share *s = share_of(held);
    if (!held->counted)
        return;
    held->counted = false;
    list_remove(&held->node);
    s->used.memory -= held->memory;
    s->used.disk -= held->disk;
    s->used.files -= held->has_file;
    held->memory = held->disk = 0;
    held->has_file = false;
}

static bool count_memory_locked(struct aws_held *held, uint64_t capacity) {
    LOCK_HELD(&held->bodies->lock);
    struct share *s = share_of(held);
    uint64_t more = capacity > held->memory ? capacity - held->memory : 0;
    if (more > s->limits.memory - s->used.memory)
        return false;
    s->used.memory += more;
    held->memory += more;
    return true;
}

static bool count_disk_locked(struct aws_held *held, uint64_t n) {
    LOCK_HELD(&held->bodies->lock);
    struct share *s = share_of(held);
    bool file = !held->has_file;
    if (n > s->limits.disk - s->used.disk || (file && s->used.files == s->limits.files))
        return false;
    s->used.disk += n;
    s->used.files += file;
    held->disk += n;
    held->has_file = true;
    return true;
}

/* ---- Dropping ---- */

struct waste {
    struct store_spool *spool;
    struct buf bytes;
};

/* What a body holds, to be freed without the lock: closing a file may take its time. */
static struct waste waste_of(struct aws_held *held) {
    struct waste waste = {held->spool, held->bytes};
    held->spool = NULL;
    held->bytes = (struct buf){0};
    return waste;
}

static void waste_free(struct waste *waste) {
    store_spool_free(waste->spool);
    buf_deinit(&waste->bytes);
}

/* Among those with a file; `adding` bytes are about to be the asker's own. */
static struct aws_held *worst_locked(struct aws_held *asker, uint64_t adding) {
    LOCK_HELD(&asker->bodies->lock);
    int64_t now = clock_mono_ms();
    struct aws_held *worst = NULL;
    uint64_t most = 0;
    LIST_EACH (node, &share_of(asker)->helds) {
        struct aws_held *held = LIST_ENTRY(node, struct aws_held, node);
        uint64_t bytes = held->disk + (held == asker ? adding : 0);
        uint64_t cost = bytes * (uint64_t)(now - held->began_ms + 1);
        if (bytes && cost >= most) {
            worst = held;
            most = cost;
        }
    }
    return worst;
}

/* False: the asker itself is the one to go. */
static bool drop_one_locked(struct aws_held *asker, uint64_t adding, struct waste *waste) {
    LOCK_HELD(&asker->bodies->lock);
    struct aws_held *worst = worst_locked(asker, adding);
    if (!worst || worst == asker)
        return false;
    worst->dropped = true;
    count_out_locked(worst);
    if (!worst->busy)
        *waste = waste_of(worst);
    return true;
}

/* Room for n bytes more on disk, whoever has to go for it. */
static int count_disk(struct aws_held *held, uint64_t n) {
    struct aws_bodies *bodies = held->bodies;
    for (;;) {
        struct waste waste = {0};
        lock_take(&bodies->lock);
        bool counted = !held->dropped && count_disk_locked(held, n);
        bool more = !counted && !held->dropped && drop_one_locked(held, n, &waste);
        lock_drop(&bodies->lock);
        waste_free(&waste);
        if (counted)
            return 0;
        if (!more)
            return AWS_BODY_E_CROWDED;
    }
}

/* ---- Growing ---- */

static size_t capacity_for(const struct buf *bytes, size_t n) {
    size_t want = bytes->len + n + 1,
           capacity = bytes->cap ? bytes->cap : (size_t)2 * AWS_BODY_FREE;
    while (capacity < want)
        capacity *= 2;
    return capacity;
}

/* *ret_fits: in memory there is room. */
static int begin_growing(struct aws_held *held, size_t n, bool *ret_fits) {
    LOCK_SCOPE(&held->bodies->lock);
    if (held->dropped)
        return AWS_BODY_E_CROWDED;
    count_in_locked(held);
    held->busy = true;
    *ret_fits = !held->spool && held->bytes.len + n <= AWS_BODY_KEEP &&
                count_memory_locked(held, capacity_for(&held->bytes, n));
    return 0;
}

static int end_growing(struct aws_held *held, int r) {
    struct aws_bodies *bodies = held->bodies;
    struct waste waste = {0};
    lock_take(&bodies->lock);
    held->busy = false;
    if (held->dropped)
        r = AWS_BODY_E_CROWDED;
    if (r) {
        held->dropped = true;
        count_out_locked(held);
        waste = waste_of(held);
    } else if (held->spool && held->memory) {
        share_of(held)->used.memory -= held->memory;
        held->memory = 0;
    }
    lock_drop(&bodies->lock);
    waste_free(&waste);
    return r;
}

static int add_to_memory(struct aws_held *held, const void *p, size_t n) {
    struct buf *b = &held->bytes;
    buf_reserve(b, capacity_for(b, n) - b->len - 1);
    buf_add(b, p, n);
    return 0;
}

static int add_to_file(struct aws_held *held, const void *p, size_t n) {
    bool first = !held->spool;
    int r = count_disk(held, first ? held->bytes.len + n : n);
    if (r == 0 && first)
        r = store_spool_new(held->bodies->store, &held->spool, NULL);
    if (r == 0 && first)
        r = store_spool_add(held->spool, held->bytes.p, held->bytes.len, NULL);
    if (r == 0 && first)
        buf_deinit(&held->bytes);
    return r ? r : store_spool_add(held->spool, p, n, NULL);
}

static int add_counted(struct aws_held *held, const void *p, size_t n) {
    bool fits;
    int r = begin_growing(held, n, &fits);
    if (r)
        return r;
    return end_growing(held, fits ? add_to_memory(held, p, n) : add_to_file(held, p, n));
}

int aws_held_add(struct aws_held *held, const void *p, size_t n) {
    held->size += n;
    if (held->shared || held->bytes.len + n > AWS_BODY_FREE)
        return add_counted(held, p, n);
    buf_add(&held->bytes, p, n);
    return 0;
}

/* ---- Decoding ---- */

int aws_held_count_decoded(struct aws_held *held, uint64_t n) {
    LOCK_SCOPE(&held->bodies->lock);
    struct share *s = share_of(held);
    if (n > s->limits.decoded - held->decoded)
        return AWS_BODY_E_TOO_LARGE;
    if (n > s->limits.decoded - s->used.decoded)
        return AWS_BODY_E_CROWDED;
    s->used.decoded += n;
    held->decoded += n;
    return 0;
}

/* Out of the list, so that nobody drops a body that is complete. */
static int begin_taking(struct aws_held *held) {
    LOCK_SCOPE(&held->bodies->lock);
    if (held->dropped)
        return AWS_BODY_E_CROWDED;
    list_remove(&held->node);
    held->busy = true;
    return 0;
}

static int read_back(struct aws_held *held) {
    int r = aws_held_count_decoded(held, store_spool_size(held->spool));
    return r ? r : store_spool_read(held->spool, &held->bytes, NULL);
}

/* The file has been read, and is no more. */
static void drop_file(struct aws_held *held) {
    struct waste waste = {.spool = held->spool};
    held->spool = NULL;
    lock_take(&held->bodies->lock);
    count_out_locked(held);
    lock_drop(&held->bodies->lock);
    waste_free(&waste);
}

int aws_held_take(struct aws_held *held, str *ret) {
    if (held->shared) {
        int r = begin_taking(held);
        if (r)
            return r;
        r = end_growing(held, held->spool ? read_back(held) : 0);
        if (r)
            return r;
        if (held->spool)
            drop_file(held);
    }
    *ret = buf_view(&held->bytes);
    return 0;
}

void aws_held_drop_bytes(struct aws_held *held) {
    if (held->decoded)
        buf_deinit(&held->bytes);
}

void aws_held_deinit(struct aws_held *held) {
    struct waste waste = {0};
    if (!held->shared && !held->decoded) { /* most bodies: nobody else knows them */
        buf_deinit(&held->bytes);
        return;
    }
    lock_take(&held->bodies->lock);
    count_out_locked(held);
    share_of(held)->used.decoded -= held->decoded;
    held->decoded = 0;
    held->shared = held->dropped = false;
    waste = waste_of(held);
    lock_drop(&held->bodies->lock);
    waste_free(&waste);
}

int aws_held_move(struct aws_held *held, struct buf *ret) {
    str view;
    int r = aws_held_take(held, &view);
    if (r == 0) {
        *ret = held->bytes;
        held->bytes = (struct buf){0};
    }
    aws_held_deinit(held);
    return r;
}
