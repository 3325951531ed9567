#pragma once
/*
 * store: everything the cloud remembers. One RocksDB under DATA/db, body files under DATA/blobs.
 *
 * Reads take a snapshot and run in the caller's thread. Writes are collected in a store_batch and
 * committed by ONE thread at a time, a caller's or the store's own, which checks the batch's
 * conditions (against the writes of the batches merged before it too), merges everything that waits
 * into one synced write, and wakes the callers. store_commit returns 0 only when the write is on disk.
 *
 * A failed write or sync stops the committer: from then on every commit answers STORE_E_READONLY
 * until the process is started again; reads go on. Below the free-space reserve commits that add
 * data answer STORE_E_FULL; reads and batches marked store_batch_frees go on.
 *
 * Any thread may call anything here; a batch, an iterator and a blob writer belong to one thread.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/outcomes.h"
#include "base/str.h"

#include <stdatomic.h>

struct store;
struct store_snap;  /* a consistent view of one moment */
struct store_batch; /* operations and conditions, in order */

/*
 * Which edition of a row was read: changed by every write, of the same bytes too. Without `sealed`:
 * a sum, or a row of the store's own, of which the bytes are the edition; or there was none.
 */
struct store_stamp {
    uint64_t state; /* of the store, in which that row was so; 0: not known */
    bool sealed;
    char nonce[12]; /* of the sealed value */
};
/* What a row function of a migration remembers from one row to the next. Begins zeroed. */
struct store_memo {
    uint64_t owner;
    const void *what; /* borrowed, for as long as the store is open */
};

/* Column families, by how long their rows live (docs/formats/store.md). */
enum store_cf {
    STORE_META,    /* everything small: buckets, object rows, functions, roles, stacks */
    STORE_ITEMS,   /* DynamoDB items and index entries */
    STORE_HISTORY, /* time-ordered previous images of items */
    STORE_QUEUE,   /* outbox, async invocations, SQS messages */
    STORE_METRICS, /* one-minute aggregates */
    STORE_LOGS,    /* log events */
    STORE_N_CF
};

/* Outcomes the caller must handle; faults are -errno. */
enum {
    STORE_OK = 0,
    STORE_E_ABSENT = OUTCOMES_STORE, /* no such key */
    STORE_E_CONDITION,               /* a condition did not hold; nothing was written */
    STORE_E_READONLY,                /* an earlier write failed: restart needed */
    STORE_E_FULL,                    /* free space is below the reserve */
    STORE_E_DAMAGED,                 /* bytes on disk do not verify */
    /* DATA/format is newer than this program, or nobody said how to migrate it */
    STORE_E_FORMAT,
    STORE_E_BUSY, /* another process holds DATA */
    STORE_E_KEY,  /* master key lost or wrong */
};

/*
 * How rows of one kind become those of the next format. The store walks them, commits, and raises
 * the format when all are through; a start that was killed in between begins again, and meets rows
 * of both.
 */
struct store_migration {
    uint64_t from; /* the format that has these rows */
    enum store_cf cf;
    const char *kind; /* what their keys begin with (key_begin) */
    /*
     * Adds to the batch what becomes of the row; a row that has been turned already is left alone.
     * 0, a fault, or STORE_E_DAMAGED: the row stays as it is, the log tells.
     *
     * From format 3: each row is shown once, kills or not, and one for which nothing is added is
     * kept. The function may change the row itself, and delete rows of the store's own kinds
     * (seal_key_drop); it reads any row.
     */
    int (*row)(struct store *store, struct store_batch *batch, str key, str value,
               struct store_memo *memo);
};

struct store_options {
    const char *data;            /* folder, made when missing (0700) */
    const char *master_key;      /* 64 hex digits (from the environment), or NULL: from a file */
    const char *master_key_path; /* NULL: DATA/keys/master, made when missing (0600) */
    /*
     * NULL: store_open takes the lock on DATA. Or the descriptor of store_lock: the store takes it,
     * and leaves -1.
     */
    int *lock_fd;
    uint64_t reserve_bytes; /* free space kept; 0: 256 MiB */
    /*
     * Files of the caller's, by their names in DATA, that are made after the database is: with one
     * of them there, a missing database is lost and no new one is made. Ended by NULL; NULL: none.
     */
    const char *const *made_later;
    /*
     * Tables of the rooms, each ended by a NULL kind; ended by NULL. NULL: an older DATA is
     * refused.
     */
    const struct store_migration *const *migrations;
};

/*
 * The lock on DATA, which must exist, for work on its files without the store. It goes with the
 * descriptor, which is the caller's. 0, STORE_E_BUSY or -errno, with words.
 */
int store_lock(const char *data, int *ret_fd, struct err *err);
/*
 * Opens or makes the store, migrates an older format, sweeps orphaned body files. err says why not.
 * A child forked later shares the lock on DATA: fork what outlives the daemon before.
 */
int store_open(struct store **ret_store, const struct store_options *options, struct err *err);
/*
 * DATA/complete, durably: the first start is over, and everything that it makes is there. From then
 * on a missing database is a refusal to start. 0 or -errno.
 */
int store_mark_complete(struct store *store, struct err *err);
/* Waits for the committer. No call may be under way. */
struct store *store_free(struct store *store);
DEFINE_FREEP(store)
/*
 * For files that a service keeps under DATA beside the store: is there room for so many more bytes
 * above the reserve, and so many were written. has_room looks at the disk once a second at most.
 */
bool store_has_room(struct store *store, uint64_t bytes);
void store_took_room(struct store *store, uint64_t bytes);
/*
 * Would a small change be refused now? 0: no. STORE_E_FULL, until there is room again;
 * STORE_E_READONLY, until a restart. As cheap as store_has_room. Any thread.
 */
int store_refuses(struct store *store);
/* Bytes that are free where DATA lies, as last looked at, and those of them that are kept free. */
struct store_room {
    uint64_t free_bytes, reserve_bytes;
};
void store_room(struct store *store, struct store_room *ret);
/* Another reserve, from here on; as reserve_bytes of the options, but that 0 is none. Any thread. */
void store_set_reserve(struct store *store, uint64_t bytes);
/* DATA as it was given to store_open, borrowed until store_free. */
const char *store_data_dir(const struct store *store);
/* True after a failed write, until the process ends; why (NULL allowed) gets the reason. */
bool store_is_readonly(struct store *store, struct err *why);

/*
 * Gives the store another master key: the data keys are wrapped anew, values and bodies stay as
 * they are. new_master: 64 hex digits, which the caller keeps; NULL: one is made, and takes the
 * place of the file that the options tell (-EINVAL where they give the key itself). Killed in
 * between, the next start finds out which key is in force. *ret_keys: how many data keys. Nobody
 * else uses the store.
 */
int store_rotate_master(struct store *store, const struct store_options *options,
                        const char *new_master, uint64_t *ret_keys, struct err *err);

/* ---- Reading ---- */
/*
 * A view of this moment: the same one for all who ask between two writes. Whoever holds one over a
 * write keeps old versions of rows from being dropped, so it is held for a request and not longer.
 * Freed before the store is.
 */
struct store_snap *store_snap_new(struct store *store);
struct store_snap *store_snap_free(struct store_snap *snap);
DEFINE_FREEP(store_snap)

/*
 * Replaces *value's content with a copy of the row. STORE_OK, or STORE_E_ABSENT or -errno, and
 * value is left alone; or STORE_E_DAMAGED: it does not verify, the log names it, and value is what
 * lies on disk of it.
 * snap NULL: the newest state that is on disk.
 */
int store_get(struct store *store, const struct store_snap *snap, enum store_cf cf, str key,
              struct buf *value);
/* The same, with the row's edition (store_expect_value), or the state in which it was absent. */
int store_get_stamped(struct store *store, const struct store_snap *snap, enum store_cf cf, str key,
                      struct buf *value, struct store_stamp *ret_stamp);
/* Is there such a row? STORE_OK or STORE_E_ABSENT, or -errno. Spares unsealing its value. */
int store_has(struct store *store, const struct store_snap *snap, enum store_cf cf, str key);

/*
 * What was made of a row: a compiled policy, a parsed description. The store keeps it with the row,
 * as long as that is held in memory and is not changed, and gives it to all who ask, so it is not
 * changed either, and is used by several threads at once. Counted references; embedded in the
 * struct of whoever makes it.
 */
struct store_kept {
    const struct store_kept_kind *kind; /* set by the store */
    struct store_stamp stamp;           /* of the row that it was made of: set by the store */
    atomic_uint refs;                   /* set by the store: 1 is the caller's */
    size_t bytes;                       /* of memory that it takes: set by the maker */
};
/* A row as it was read; borrowed. */
struct store_kept_row {
    struct store *store;
    const struct store_snap *snap; /* that it was read from, or NULL */
    str key, value;
    struct store_stamp stamp;
};
struct store_kept_kind {
    /*
     * Makes the object: 0, or any outcome, which is answered. Where it takes more rows than this one,
     * each of them is changed with this one alone; the maker reads all of them, this one again
     * included, in one snapshot, and says in *row which edition it then was.
     */
    int (*make)(void *ctx, struct store_kept_row *row, struct store_kept **ret_kept);
    /* By any thread, the committer too; after the store's services are gone. Must be short. */
    void (*free)(struct store_kept *kept);
};
/*
 * The object of the row, a new reference: as store_get_stamped, but for STORE_E_DAMAGED, which
 * answers no bytes. ctx is the maker's, for this call.
 */
int store_get_kept(struct store *store, const struct store_snap *snap, enum store_cf cf, str key,
                   const struct store_kept_kind *kind, void *ctx, struct store_kept **ret_kept,
                   struct store_stamp *ret_stamp);
struct store_kept *store_kept_free(struct store_kept *kept);
DEFINE_FREEP(store_kept)

/*
 * Keys in [from, to) in byte order; to absent: to the end of the family. With reverse the walk
 * starts at the last key below `to`. key and value point into the iterator until the next step.
 *   CLEANUP(store_iter) struct store_iter *it = store_iter_new(store, snap, cf, from, to, false);
 *   while (store_iter_next(it)) { it->key …; }   then   if (store_iter_fault(it)) …
 */
struct store_iter {
    str key, value;
    struct store_stamp stamp; /* of the value that is shown */
    bool damaged;             /* store_iter_damaged_too: the value does not verify */
};
struct store_iter *store_iter_new(struct store *store, const struct store_snap *snap,
                                  enum store_cf cf, str from, str to, bool reverse);
/* The rows whose keys begin with prefix, ascending. */
struct store_iter *store_iter_below(struct store *store, const struct store_snap *snap,
                                    enum store_cf cf, str prefix);
/*
 * Said before the first step. Keys alone: values are not unsealed, and absent.
 *
 * Damaged rows too: a value that does not verify ends the walk with a fault, and the log names the
 * row. That is right where an answer or a decision would miss it: listings, the policies of a
 * request, what a start checks. A caller whose walk must not stand still for one row (what is due,
 * sweeps of what is old, the minute's look at queues) is shown `damaged`, and as the value the bytes
 * that lie on disk.
 */
void store_iter_keys_only(struct store_iter *it);
void store_iter_damaged_too(struct store_iter *it);
/* False: the walk is over, or it failed (store_iter_fault). */
bool store_iter_next(struct store_iter *it);
/*
 * The same step for walks that pass most rows by: the value is absent, and nothing is unsealed,
 * until store_iter_show is asked for the value of the row at hand. Its false is store_iter_next's.
 */
bool store_iter_next_key(struct store_iter *it);
bool store_iter_show(struct store_iter *it);
/* Moves so that the next step answers the first key >= key (reverse: the last key < key). */
void store_iter_seek(struct store_iter *it, str key);
/* 0, or why the walk ended early: -errno or STORE_E_DAMAGED. */
int store_iter_fault(const struct store_iter *it);
struct store_iter *store_iter_free(struct store_iter *it);
DEFINE_FREEP(store_iter)

/* ---- Writing ---- */
/* Everything added to a batch is copied. */
struct store_batch *store_batch_new(void);
struct store_batch *store_batch_free(struct store_batch *batch);
DEFINE_FREEP(store_batch)
void store_batch_clear(struct store_batch *batch); /* forgets operations, conditions and hooks */
bool store_batch_empty(const struct store_batch *batch);
/* True when it has conditions at most: nothing would be written and nobody woken. */
bool store_batch_idle(const struct store_batch *batch);

/*
 * Changes of a row that this batch has a condition on: whoever changes what he has read proves that
 * it is still so. A build with -Dchecks=true refuses a commit that breaks this (-EINVAL, and the
 * log names the row). Services do not call these: they use aws/row.h, which adds the conditions.
 */
void store_put(struct store_batch *batch, enum store_cf cf, str key, str value);
void store_del(struct store_batch *batch, enum store_cf cf, str key);
/* As store_put, and says which edition of the row this will be. */
void store_put_stamped(struct store_batch *batch, enum store_cf cf, str key, str value,
                       struct store_stamp *ret_stamp);
/*
 * Changes that depend on nothing that was there: rows under ids of our own, index entries whose
 * owner's row is a condition, a single writer's rows. The caller says in a comment which.
 */
void store_put_blind(struct store_batch *batch, enum store_cf cf, str key, str value);
void store_del_blind(struct store_batch *batch, enum store_cf cf, str key);
/*
 * Every key in [from, to). Not seen by conditions of the same merged write: use for whole-tenant
 * drops.
 */
void store_del_range(struct store_batch *batch, enum store_cf cf, str from, str to);
/* All whose keys begin with prefix. */
void store_del_below(struct store_batch *batch, enum store_cf cf, str prefix);

/*
 * Statistics that add up: merges {value} into the row's struct (count, sum, min, max and a log
 * histogram for percentiles; store/stat.h reads it). Many adds to one row in one merged write cost
 * one put. Used for the one-minute buckets of metrics.
 */
void store_stat(struct store_batch *batch, enum store_cf cf, str key, double value, double count);
/* count: how many observations of value; nothing is added for one that is not positive. */
/*
 * The same, where the batch's last operation is a store_stat of that row: the value is added to it.
 * False: it is not, and nothing was done.
 */
bool store_stat_again(struct store_batch *batch, enum store_cf cf, str key, double value,
                      double count);

/*
 * Two counters that add up (how many, how large): adds to the row's pair, in the same way. The
 * numbers may be negative. store_count_read: false when row is no such pair.
 */
void store_count(struct store_batch *batch, enum store_cf cf, str key, int64_t many, int64_t large);
bool store_count_read(str row, int64_t *ret_many, int64_t *ret_large);

/*
 * Conditions. The batch is written only if all hold at its place in the commit order. Called in
 * store and aws/row only (tools/check-layers.py): everybody else reads rows through aws/row.h.
 *
 * store_expect_value: the row still is the edition that was read. One that was written again with
 * the same bytes is another. value is looked at where the stamp is of no sealed row.
 * store_expect_absent: state is the stamp's, of when it was absent; 0: not known.
 */
void store_expect_absent(struct store_batch *batch, enum store_cf cf, str key, uint64_t state);
void store_expect_value(struct store_batch *batch, enum store_cf cf, str key,
                        const struct store_stamp *stamp, str value);

/*
 * Runs after the batch is durable, one at a time, in the thread that commits, which may be the
 * batch's own or any other caller's: must be short, must not block and must not commit. Nobody
 * commits under a lock that a hook takes. For waking whoever waits for the rows.
 */
void store_after(struct store_batch *batch, void (*fn)(void *ctx), void *ctx);
/* As store_after, with a number of the caller's (the id of the row that was put). */
void store_after_id(struct store_batch *batch, void (*fn)(void *ctx, uint64_t id), void *ctx,
                    uint64_t id);
/* This batch frees space (deletes): let it pass below the reserve. */
void store_batch_frees(struct store_batch *batch);

/*
 * Who may split what he writes (a sweep, lines of a log) commits when his batch is full: it then
 * shares a write with others, who wait no more than a few milliseconds for it. A batch that cannot
 * be split may be larger: it is written alone, in turn with the writes of all others.
 */
enum { STORE_BATCH_ROWS = 512, STORE_BATCH_BYTES = 512 << 10 };
bool store_batch_is_full(const struct store_batch *batch);
/* Operations and conditions so far. */
size_t store_batch_rows(const struct store_batch *batch);
/* Bytes of their keys and values. */
size_t store_batch_bytes(const struct store_batch *batch);

/*
 * Blocks until durable. STORE_OK, STORE_E_CONDITION, _READONLY, _FULL, -E2BIG (more than half a
 * million rows or 512 MiB) or another -errno; err names what failed.
 */
int store_commit(struct store *store, struct store_batch *batch, struct err *err);

/*
 * A number that grows with every call and never repeats, across restarts too: for sequencers,
 * version ids and queue order. (In memory, reserved on disk in blocks.)
 */
uint64_t store_next_id(struct store *store);

/*
 * Turns: writers of one row, who would else overtake each other for ever. Whoever's commit failed
 * STORE_E_CONDITION more than once takes the turn of the row that it was about around his next
 * read-and-commit; whoever comes later finds the row awaited, and lines up too instead of
 * committing. First come, first served. Rows share turns by their hash; never take two.
 */
/* The turn of the row whose condition the last commit of the batch found broken. */
unsigned store_turn_of(const struct store_batch *batch);
/* One of the rows that the batch has a condition on is awaited: store_turn_of tells its turn. */
bool store_turn_awaited(struct store *store, struct store_batch *batch);
void store_turn_take(struct store *store, unsigned turn); /* blocks */
void store_turn_drop(struct store *store, unsigned turn);
