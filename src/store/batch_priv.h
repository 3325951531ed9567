#pragma once
/*
 * What a batch holds. Keys and values lie one behind the other in `bytes`; operations and
 * conditions name them by offset, because bytes moves while it grows. Read by the committer while
 * the batch's owner waits.
 */
#include "store/stat_priv.h"
#include "store/store.h"

/*
 * What no batch may be: nothing beyond it is gathered. 16 MiB of items in 25 indexes are less, and
 * are the largest that one request of AWS's makes.
 */
enum { STORE_BATCH_ROWS_MOST = 1 << 19, STORE_BATCH_BYTES_MOST = 512 << 20 };

/*
 * What a change does to its row. OP_DEL_RANGE takes [key, value) of one family; OP_STAT and
 * OP_COUNT add to what the row holds, and several of one group add up (pending_priv.h).
 */
enum store_op_kind { OP_PUT, OP_DEL, OP_DEL_RANGE, OP_STAT, OP_COUNT };
/* What a row must be for the batch to be committed: not there, or the edition that was read. */
enum store_cond_kind { COND_ABSENT, COND_IS };

/* A piece of `bytes`, by offset and length. */
struct store_span {
    size_t at, len;
};
/*
 * One change. Applied in the order of addition: of two that put or delete the same row the later
 * one wins.
 */
struct store_op {
    enum store_op_kind kind;
    enum store_cf cf;
    uint64_t hash; /* of family and key: store_key_hash */
    /* value: OP_PUT; the end of the range: OP_DEL_RANGE; OP_STAT: a sum of several, or empty */
    struct store_span key, value;
    struct store_span disk;   /* OP_PUT: what is written, a piece of `disk`; made by store_commit */
    struct store_stamp stamp; /* OP_PUT: with the nonce that it is sealed under */
    double number, count;     /* OP_STAT, of one */
    int64_t many, large;      /* OP_COUNT */
    bool blind;               /* OP_PUT, OP_DEL: needs no condition on its row */
    bool sum;                 /* OP_PUT: value is a sum, and stays plain */
};
/*
 * One condition. All are checked against the database and the earlier batches of the group; the
 * batch's own changes do not count.
 */
struct store_cond {
    enum store_cond_kind kind;
    enum store_cf cf;
    uint64_t hash;
    struct store_stamp stamp;
    struct store_span key, value; /* value: where the stamp is of no sealed row */
};
/*
 * What is called once the batch is durable, in the order of addition, by the thread that commits and
 * before the batch's owner goes on: it must not block. Not called when the commit fails.
 */
struct store_hook {
    void (*fn)(void *ctx);
    void (*fn_id)(void *ctx, uint64_t id); /* instead of fn */
    void *ctx;
    uint64_t id;
};
/*
 * Owned by one thread until store_commit, and again after it. Clearing keeps the memory, so that a
 * loop of commits allocates once.
 */
struct store_batch {
    struct buf bytes;
    struct buf disk; /* the values of puts as they go to disk */
    struct store_op *ops;
    size_t n_ops, cap_ops;
    struct store_cond *conds;
    size_t n_conds, cap_conds;
    size_t lost; /* the index of the condition that did not hold, or that is awaited (turn.c) */
    struct store_hook *hooks;
    size_t n_hooks, cap_hooks;
    struct stat_sum sum; /* of the last operation, an OP_STAT, while `sums` */
    bool sums;
    struct buf dropped; /* ids of body files to unlink once the batch is durable (blob_drop) */
    bool huge;          /* more than a batch may be: the rest was not kept, and it is refused */
    bool adds;          /* has an operation that takes space */
    /* May be committed below the free-space reserve (store_batch_frees). */
    bool frees;
};

/* What is still being added up goes to its operation: by store_commit, before anybody reads. */
void store_batch_settle(struct store_batch *batch);
/* A put of a sum as it is, for the migration (format_seal.c). Blind. */
void store_put_sum(struct store_batch *batch, enum store_cf cf, str key, str value);

#ifdef CALOTYPE_CHECKS
/* 0, or -EINVAL with the first row that is changed without a condition on it. */
int store_batch_check(const struct store_batch *batch, struct err *err);
#endif

static inline bool store_stamp_eq(const struct store_stamp *a, const struct store_stamp *b) {
    return a->sealed == b->sealed && memcmp(a->nonce, b->nonce, sizeof a->nonce) == 0;
}

/* Seeded for this process (base/map): for tables in memory, never for what lies on disk. */
uint64_t store_key_hash(enum store_cf cf, str key);
/* Borrowed until the batch is added to. */
static inline str store_span_str(const struct store_batch *batch, struct store_span span) {
    return str_n(batch->bytes.p + span.at, span.len);
}
