/*
 * The committer takes batches that wait (a group: lanes_priv.h says how many), checks conditions in
 * order, merges what passed into one write with one sync, and wakes the callers.
 *
 * One thread commits at a time: conditions need no locks, because nothing else writes; a sync is
 * shared by all who wait; and the engine is never asked to write by two threads at once, which made
 * it abort on a full disk (docs/internals/rows-and-commit.md).
 *
 * Which thread: a caller that finds nobody committing commits its own batch, and hands nothing over
 * and is woken by nobody. Whoever comes meanwhile waits for a thread kept for that, which goes on,
 * group after group, until nobody waits (docs/decisions/0011-who-commits.md).
 *
 * Waiting for more callers before a sync was tried (syncs of 0.2 to 8 ms, 16 and 64 callers) and
 * gained nothing: those just released are back before the next group is taken.
 *
 * Within a group the order is that of arrival. A condition is answered by the newest write to its
 * row: one of this group's (pending), else the database. After a failed write nobody knows what
 * the disk holds, so nothing is written until a restart has read it back.
 */
#include "store/fault.h"
#include "store/store_priv.h"

#include "base/lock.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>

enum { WAKERS = 6 };
/* What a large batch may leave in the committer's memory. */
enum { KEEP_BYTES = 4 << 20, KEEP_ROWS = 8192 };

static bool is_sum(const struct pending_row *row) {
    return row->kind == PENDING_STAT || row->kind == PENDING_COUNT;
}

/* What lies on disk of a row that adds up. */
static void write_sum(const struct store *store, const struct pending_row *row, struct buf *out) {
    value_begin_sum(store, out);
    if (row->kind == PENDING_STAT) {
        stat_write(&row->stat, out);
        return;
    }
    buf_u64(out, (uint64_t)row->many);
    buf_u64(out, (uint64_t)row->large);
}

/* ---- Conditions ---- */
/* The row as this group leaves it so far: *ret_value is absent where there is none. */
static int row_now(struct store *store, const struct store_batch *batch,
                   const struct store_cond *cond, struct buf *scratch,
                   rocksdb_pinnableslice_t **ret_pin, str *ret_value, struct err *err) {
    str key = store_span_str(batch, cond->key);
    const struct pending_row *row =
        pending_find(&store->committer.pending, cond->cf, key, cond->hash);
    *ret_pin = NULL;
    *ret_value = STR_NONE;
    if (!row && pending_is_dropped(&store->committer.pending, cond->cf, key))
        return 0;
    if (!row) {
        int r = store_db_pin(&store->db, store->db.newest, cond->cf, key, ret_pin, ret_value, err);
        return r == STORE_E_ABSENT ? 0 : r;
    }
    if (row->kind == PENDING_PUT)
        *ret_value = row->value;
    if (is_sum(row)) {
        write_sum(store, row, scratch);
        *ret_value = buf_view(scratch);
    }
    return 0;
}

/*
 * Is the row known to be what the condition wants, without a look into the database? Nothing
 * changed it since it was read; or the cache holds it.
 */
static bool is_known(struct store *store, const struct store_batch *batch,
                     const struct store_cond *cond, struct store_cache_row *row, bool *ret_fill) {
    *ret_fill = false;
    if (store_changes_none(&store->changes, cond->cf, cond->hash, cond->stamp.state))
        return true;
    *row = (struct store_cache_row){cond->cf, store_span_str(batch, cond->key), cond->hash};
    if (!store_cache_takes(&store->cache, cond->cf, row->key))
        return false;
    struct store_entry *entry = store_cache_find(&store->cache, row, 0, ret_fill);
    bool known =
        entry && (cond->kind == COND_ABSENT ? !entry->there
                                            : entry->there && cond->stamp.sealed &&
                                                  store_stamp_eq(&entry->stamp, &cond->stamp));
    store_entry_unref(entry);
    return known;
}

/* The edition alone: the committer unseals nothing. */
static void remember(struct store *store, const struct store_cache_row *row, str disk) {
    struct store_cache_found found = {.there = disk.p != NULL,
                                      .stamp.state = store_changes_now(&store->changes),
                                      .value = STR_NONE};
    if (found.there)
        value_stamp(store, row->cf, row->key, disk, &found.stamp);
    store_entry_unref(store_cache_put(&store->cache, &store->changes, row, &found));
}

static int check_cond(struct store *store, const struct store_batch *batch,
                      const struct store_cond *cond, struct err *err) {
    struct store_cache_row at;
    bool fill;
    if (is_known(store, batch, cond, &at, &fill))
        return 0;
    CLEANUP_DEINIT(buf) struct buf scratch = {0};
    rocksdb_pinnableslice_t *pin;
    str value;
    int r = row_now(store, batch, cond, &scratch, &pin, &value, err);
    if (r)
        return r;
    bool holds = cond->kind == COND_ABSENT
                     ? !value.p
                     : value.p && value_is(store, cond->cf, store_span_str(batch, cond->key), value,
                                           &cond->stamp, store_span_str(batch, cond->value));
    if (fill)
        remember(store, &at, value);
    if (pin)
        rocksdb_pinnableslice_destroy(pin);
    if (holds)
        return 0;
    return err_set(err, STORE_E_CONDITION, "condition %td of the batch did not hold",
                   cond - batch->conds);
}

/* May this batch be written, at this place in the order? */
static int admit(struct store *store, struct store_wait *wait) {
    const struct store_batch *batch = wait->batch;
    if (store_is_readonly(store, &wait->err))
        return STORE_E_READONLY;
    if (batch->adds && !batch->frees && !store_space_has(&store->space, batch->bytes.len))
        return err_set(&wait->err, STORE_E_FULL, "free space under %s is below the reserve",
                       store->data);
    for (size_t i = 0; i < batch->n_conds; i++) {
        int r = check_cond(store, batch, &batch->conds[i], &wait->err);
        if (r == STORE_E_CONDITION)
            wait->batch->lost = i;
        if (r)
            return r;
    }
    return 0;
}

/* ---- Merging ---- */
/*
 * What the row held becomes the start of a sum; a row that is something else starts afresh. disk:
 * what lies on disk of it, or would.
 */
static void begin_sum(struct store *store, struct pending_row *row, enum pending_kind kind,
                      str disk) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    row->kind = kind;
    row->many = row->large = 0;
    if (!disk.p || value_read(store, row->cf, row->key, disk, &value))
        return;
    if (kind == PENDING_STAT)
        stat_merge(&row->stat, buf_view(&value));
    else if (!store_count_read(buf_view(&value), &row->many, &row->large))
        row->many = row->large = 0;
}

#ifdef CALOTYPE_CHECKS
/* What is remembered of a sum is what lies on disk. */
static void check_sum(const struct store *store, const struct pending_row *row) {
    CLEANUP_DEINIT(buf) struct buf want = {0};
    rocksdb_pinnableslice_t *pin = NULL;
    str disk = STR_NONE;
    write_sum(store, row, &want);
    (void)store_db_pin(&store->db, store->db.newest, row->cf, row->key, &pin, &disk, NULL);
    assert(pin && str_eq(disk, buf_view(&want)));
    rocksdb_pinnableslice_destroy(pin);
}
#endif

static void load_sum(struct store *store, struct pending_row *row, enum pending_kind kind) {
    rocksdb_pinnableslice_t *pin;
    str disk;
    row->kind = kind;
    if (pending_is_dropped(&store->committer.pending, row->cf, row->key))
        return;
    struct err err = {0};
    int r = store_db_pin(&store->db, store->db.newest, row->cf, row->key, &pin, &disk, &err);
    if (r < 0)
        log_error("store", "a sum of family %s cannot be read, and begins anew: %s",
                  store_cf_name(row->cf), err.text);
    if (r)
        return;
    begin_sum(store, row, kind, disk);
    rocksdb_pinnableslice_destroy(pin);
}

static void find_sum(struct store *store, struct pending_row *row, enum pending_kind kind) {
    if (!store_sums_take(&store->committer.sums, row, kind)) {
        load_sum(store, row, kind);
        return;
    }
#ifdef CALOTYPE_CHECKS
    check_sum(store, row);
#endif
}

static void apply_sum(struct store *store, const struct store_batch *batch,
                      const struct store_op *op, str key) {
    enum pending_kind kind = op->kind == OP_STAT ? PENDING_STAT : PENDING_COUNT;
    bool fresh;
    struct pending_row *row =
        pending_take(&store->committer.pending, op->cf, key, op->hash, &fresh);
    if (fresh)
        find_sum(store, row, kind);
    else if (row->kind != kind)
        begin_sum(store, row, kind, row->kind == PENDING_PUT ? row->value : STR_NONE);
    if (kind == PENDING_STAT) {
        if (op->value.len)
            stat_merge(&row->stat, store_span_str(batch, op->value));
        else
            stat_add(&row->stat, op->number, op->count);
    } else {
        row->many += op->many;
        row->large += op->large;
    }
}

/* Its write has not begun: whoever reads the row from here on asks the database. */
static void change_row(struct store *store, const struct store_op *op, str key) {
    store_changes_row(&store->changes, op->hash);
    store_sums_forget(&store->committer.sums, op->cf, key, op->hash);
    store_cache_drop(&store->cache, &(struct store_cache_row){op->cf, key, op->hash});
}

static void apply_op(struct store *store, const struct store_batch *batch,
                     const struct store_op *op) {
    struct store_committer *c = &store->committer;
    str key = store_span_str(batch, op->key), value = store_span_str(batch, op->value);
    bool fresh;
    switch (op->kind) {
    case OP_PUT:
        value = str_n(batch->disk.p + op->disk.at, op->disk.len);
        rocksdb_writebatch_put_cf(c->write, store->db.cf[op->cf], key.p, key.len, value.p,
                                  value.len);
        pending_set(pending_take(&c->pending, op->cf, key, op->hash, &fresh), PENDING_PUT, value);
        change_row(store, op, key);
        break;
    case OP_DEL:
        rocksdb_writebatch_delete_cf(c->write, store->db.cf[op->cf], key.p, key.len);
        pending_set(pending_take(&c->pending, op->cf, key, op->hash, &fresh), PENDING_DEL,
                    STR_NONE);
        change_row(store, op, key);
        break;
    case OP_DEL_RANGE:
        rocksdb_writebatch_delete_range_cf(c->write, store->db.cf[op->cf], key.p, key.len, value.p,
                                           value.len);
        pending_drop_range(&c->pending, op->cf, key, value);
        store_sums_forget_range(&c->sums, op->cf, key, value);
        store_changes_range(&store->changes, op->cf);
        store_cache_drop_range(&store->cache, op->cf, key, value);
        break;
    case OP_STAT:
    case OP_COUNT:
        apply_sum(store, batch, op, key);
        change_row(store, op, key);
        break;
    }
}

/* Sums go in last: puts and deletes of the same row are already behind them in the order. */
static void merge_sums(struct store *store) {
    struct store_committer *c = &store->committer;
    CLEANUP_DEINIT(buf) struct buf value = {0};
    for (size_t i = 0; i < c->pending.n; i++) {
        const struct pending_row *row = &c->pending.rows[i];
        if (!is_sum(row))
            continue;
        buf_clear(&value);
        write_sum(store, row, &value);
        rocksdb_writebatch_put_cf(c->write, store->db.cf[row->cf], row->key.p, row->key.len,
                                  value.p, value.len);
    }
}

/* ---- Writing ---- */
static void become_readonly(struct store *store, const char *why) {
    struct store_committer *c = &store->committer;
    LOCK_SCOPE(&c->why_lock);
    if (!atomic_load(&c->readonly))
        err_set(&c->why, 0, "a write failed, so nothing is written until a restart: %s", why);
    atomic_store(&c->readonly, true);
}

bool store_is_readonly(struct store *store, struct err *why) {
    struct store_committer *c = &store->committer;
    if (!atomic_load_explicit(&c->readonly, memory_order_acquire))
        return false;
    LOCK_SCOPE(&c->why_lock);
    if (why)
        *why = c->why;
    return true;
}

static int write_group(struct store *store, struct err *err) {
    struct store_committer *c = &store->committer;
    if (rocksdb_writebatch_count(c->write) == 0)
        return 0;
    char *text = NULL;
    if (store_fault_once(STORE_FAULT_FAIL_COMMIT)) {
        become_readonly(store, "injected fault");
    } else {
        rocksdb_writeoptions_set_sync(store->db.synced, !store_fault_on(STORE_FAULT_SKIP_WAL_SYNC));
        store_views_pass(store);
        store_db_uncounted();
        rocksdb_write(store->db.db, store->db.synced, c->write, &text);
        if (text) {
            become_readonly(store, text); /* what it changed is not known: no state is made */
        } else {
            store_changes_done(&store->changes);
            store_keeper_moved(store);
        }
        store_views_passed(store);
        rocksdb_free(text);
    }
    return store_is_readonly(store, err) ? -EIO : 0;
}

static void run_hook(const struct store_hook *hook) {
    if (hook->fn_id)
        hook->fn_id(hook->ctx, hook->id);
    else
        hook->fn(hook->ctx);
}

/* A post frees the wait: it lies on its caller's stack. */
static void wake_list(struct store_wait *list) {
    for (struct store_wait *w = list, *next; w; w = next) {
        next = w->next;
        sem_post(&w->done);
    }
}

/*
 * Waking costs two microseconds a thread, and the next group waits for it: so the thread wakes the
 * first few, and each of those, before it goes on, its share of the others.
 */
static void wake_all(struct store_wait *group) {
    struct store_wait *heads[WAKERS] = {NULL};
    size_t n = 0;
    for (struct store_wait *w = group, *next; w; w = next, n++) {
        next = w->next;
        struct store_wait **list = n < WAKERS ? &heads[n] : &heads[n % WAKERS]->to_wake;
        w->next = *list;
        *list = w;
    }
    for (size_t i = 0; i < WAKERS; i++)
        wake_list(heads[i]);
}

static void finish(struct store_wait *group, int result, const struct err *err) {
    for (struct store_wait *w = group; w; w = w->next) {
        if (w->result == 0 && result) {
            w->result = result;
            w->err = *err;
        }
        for (size_t i = 0; w->result == 0 && i < w->batch->n_hooks; i++)
            run_hook(&w->batch->hooks[i]);
    }
}

/* What the group wrote of sums is known, and after a write that failed nothing is. */
static void settle_sums(struct store_committer *c, int result) {
    if (result)
        store_sums_forget_all(&c->sums);
    for (size_t i = 0; result == 0 && i < c->pending.n; i++)
        if (is_sum(&c->pending.rows[i]))
            store_sums_keep(&c->sums, &c->pending.rows[i]);
}

/* Before the callers free what pending borrows. A large group's memory is given back. */
static void clear_group(struct store_committer *c) {
    size_t size = 0;
    pending_clear(&c->pending);
    if (c->pending.cap > KEEP_ROWS)
        pending_deinit(&c->pending);
    (void)rocksdb_writebatch_data(c->write, &size);
    rocksdb_writebatch_clear(c->write);
    if (size <= KEEP_BYTES)
        return;
    rocksdb_writebatch_destroy(c->write);
    c->write = rocksdb_writebatch_create();
}

static void commit_group(struct store *store, struct store_wait *group) {
    struct store_committer *c = &store->committer;
    size_t bytes = 0;
    for (struct store_wait *w = group; w; w = w->next) {
        w->result = admit(store, w);
        for (size_t i = 0; w->result == 0 && i < w->batch->n_ops; i++)
            apply_op(store, w->batch, &w->batch->ops[i]);
        bytes += w->result == 0 ? w->batch->bytes.len : 0;
    }
    merge_sums(store);
    struct err err;
    int r = write_group(store, &err);
    store_space_used(&store->space, bytes);
    settle_sums(c, r);
    clear_group(c);
    finish(group, r, &err);
}

/* ---- Who commits ---- */
/*
 * True: nobody else was committing, so the caller does, and its group is the batch itself. False:
 * it waits in its lane, and whoever commits has it taken.
 */
static bool begin(struct store_committer *c, struct store_wait *wait) {
    LOCK_SCOPE(&c->lock);
    bool free = c->who == COMMITTER_NONE;
    if (!free)
        sem_init(&wait->done, 0, 0);
    store_lanes_add(&c->lanes, wait);
    if (!free)
        return false;
    c->who = COMMITTER_CALLER;
    (void)store_lanes_take(&c->lanes); /* alone: where anybody waits, somebody commits */
    return true;
}

/* Those who came meanwhile are the thread's. */
static void hand_over(struct store_committer *c) {
    LOCK_SCOPE(&c->lock);
    c->who = store_lanes_empty(&c->lanes) ? COMMITTER_NONE : COMMITTER_THREAD;
    if (c->who == COMMITTER_THREAD)
        pthread_cond_signal(&c->wake);
}

/* The thread's next group, or NULL when the store closes. */
static struct store_wait *take_group(struct store_committer *c) {
    LOCK_SCOPE(&c->lock);
    if (c->who == COMMITTER_THREAD && store_lanes_empty(&c->lanes))
        c->who = COMMITTER_NONE;
    while (c->who != COMMITTER_THREAD && !c->stop)
        pthread_cond_wait(&c->wake, &c->lock);
    return store_lanes_take(&c->lanes);
}

static void *committer_main(void *arg) {
    struct store *store = arg;
    struct store_wait *group;
    while ((group = take_group(&store->committer))) {
        commit_group(store, group);
        wake_all(group);
    }
    return NULL;
}

int store_committer_start(struct store *store, struct err *err) {
    struct store_committer *c = &store->committer;
    pthread_mutex_init(&c->lock, NULL);
    pthread_mutex_init(&c->why_lock, NULL);
    pthread_cond_init(&c->wake, NULL);
    store_lanes_init(&c->lanes);
    c->write = rocksdb_writebatch_create();
    int r = pthread_create(&c->thread, NULL, committer_main, store);
    if (r)
        return err_sys(err, -r, "start the committer");
    c->started = true;
    return 0;
}

void store_committer_stop(struct store *store) {
    struct store_committer *c = &store->committer;
    if (!c->write)
        return;
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    if (c->started)
        pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    pthread_mutex_destroy(&c->why_lock);
    rocksdb_writebatch_destroy(c->write);
    pending_deinit(&c->pending);
    store_sums_deinit(&c->sums);
    *c = (struct store_committer){0};
}

/* In the caller's thread, so that the committer, for whom everybody waits, encrypts nothing. */
static void seal_puts(struct store *store, struct store_batch *batch) {
    size_t most = 0;
    for (size_t i = 0; i < batch->n_ops; i++)
        most += batch->ops[i].kind == OP_PUT ? batch->ops[i].value.len + VALUE_OVERHEAD : 0;
    buf_reserve(&batch->disk, most); /* at once: it would be copied while it grows */
    for (size_t i = 0; i < batch->n_ops; i++) {
        struct store_op *op = &batch->ops[i];
        /* A batch may be committed again: a nonce is for the bytes that it was used for. */
        if (op->kind != OP_PUT || op->disk.len)
            continue;
        str value = store_span_str(batch, op->value);
        op->disk.at = batch->disk.len;
        if (op->sum) {
            value_begin_sum(store, &batch->disk);
            buf_str(&batch->disk, value);
        } else {
            value_write(store, op->cf, store_span_str(batch, op->key), value, op->stamp.nonce,
                        &batch->disk);
        }
        op->disk.len = batch->disk.len - op->disk.at;
    }
}

static void await(struct store_wait *wait) {
    while (sem_wait(&wait->done) < 0) /* EINTR */
        ;
    wake_list(wait->to_wake);
    sem_destroy(&wait->done);
}

int store_commit(struct store *store, struct store_batch *batch, struct err *err) {
    if (batch->huge)
        return err_set(err, -E2BIG,
                       "this is more than the store writes at once: %d rows or %d bytes",
                       STORE_BATCH_ROWS_MOST, STORE_BATCH_BYTES_MOST);
#ifdef CALOTYPE_CHECKS
    struct err unread;
    if (store_batch_check(batch, &unread)) {
        log_error("store", "%s", unread.text);
        if (err)
            *err = unread;
        return -EINVAL;
    }
#endif
    store_batch_settle(batch);
    seal_puts(store, batch);
    struct store_wait wait = {.batch = batch};
    if (begin(&store->committer, &wait)) {
        commit_group(store, &wait);
        hand_over(&store->committer);
    } else {
        await(&wait);
    }
    if (wait.result == 0 && batch->dropped.len)
        blob_unlink_dropped(store, buf_view(&batch->dropped));
    if (wait.result && err)
        *err = wait.err;
    return wait.result;
}
