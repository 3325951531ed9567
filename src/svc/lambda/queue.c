/*
 * The durable queue of asynchronous invocations.
 *
 * The rows are the truth; memory holds only which row is due when (a heap), and which rows wait for
 * room, by function. A row stays while its invocation is under way and goes in the batch that
 * records the outcome: when the daemon dies in between, the next one finds the row as it was, so
 * the attempt is not counted and the event is delivered again at once.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "store/key.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/row.h"

enum { ROW_VERSION = 1 };

/* ---- Rows ---- */
void lambda_queue_row_key(uint64_t id, struct buf *key) {
    key_begin(key, "lambda.q");
    key_u64(key, id);
}

void lambda_queue_row_encode(struct buf *out, const struct lambda_queue_row *row) {
    buf_u8(out, ROW_VERSION);
    buf_u64(out, (uint64_t)row->due_ms);
    buf_u64(out, (uint64_t)row->born_ms);
    buf_varint(out, (uint64_t)row->attempts);
    buf_lstr(out, row->account);
    buf_lstr(out, row->region);
    buf_lstr(out, row->name);
    buf_lstr(out, row->request_id);
    buf_lstr(out, row->payload);
}

bool lambda_queue_row_decode(str bytes, struct lambda_queue_row *ret) {
    struct cur c = cur_of(bytes);
    if (cur_u8(&c) != ROW_VERSION)
        return false;
    ret->due_ms = (int64_t)cur_u64(&c);
    ret->born_ms = (int64_t)cur_u64(&c);
    ret->attempts = (int64_t)cur_varint(&c);
    ret->account = cur_lstr(&c);
    ret->region = cur_lstr(&c);
    ret->name = cur_lstr(&c);
    ret->request_id = cur_lstr(&c);
    ret->payload = cur_lstr(&c);
    return !c.bad;
}

/* Changed blind: the id is the row's own, and only who has the invocation in hand changes it. */
static void put_row(struct store_batch *batch, uint64_t id, const struct lambda_queue_row *row) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    lambda_queue_row_key(id, &key);
    lambda_queue_row_encode(&value, row);
    row_put_blind(&(struct rows){.batch = batch}, STORE_QUEUE, buf_view(&key), buf_view(&value));
}

/* ---- The heap: earliest first ---- */
static bool before(struct lambda_due a, struct lambda_due b) {
    return a.due_ms != b.due_ms ? a.due_ms < b.due_ms : a.id < b.id;
}

static void heap_push(struct lambda_heap *h, struct lambda_due due) {
    if (h->n == h->cap) {
        h->cap = h->cap ? h->cap * 2 : 64;
        h->at = mem_realloc(h->at, h->cap * sizeof *h->at);
    }
    size_t i = h->n++;
    for (; i > 0 && before(due, h->at[(i - 1) / 2]); i = (i - 1) / 2)
        h->at[i] = h->at[(i - 1) / 2];
    h->at[i] = due;
}

static struct lambda_due heap_pop(struct lambda_heap *h) {
    struct lambda_due first = h->at[0], last = h->at[--h->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && before(h->at[child + 1], h->at[child]))
            child++;
        if (!before(h->at[child], last))
            break;
        h->at[i] = h->at[child];
    }
    h->at[i] = last;
    return first;
}

void lambda_queue_due(struct lambda_svc *svc, uint64_t id, int64_t due_ms) {
    LOCK_SCOPE(&svc->lock);
    heap_push(&svc->queue, (struct lambda_due){due_ms, id});
    hub_kick(svc->queue_timer);
}

void lambda_queue_kick(struct lambda_svc *svc) { hub_kick(svc->queue_timer); }

/* ---- Adding and removing ---- */
static void row_is_durable(void *svc, uint64_t id) { lambda_queue_due(svc, id, 0); }

void lambda_queue_add(struct lambda_svc *svc, struct store_batch *batch, const struct lambda_fn *fn,
                      const char *id, str payload) {
    uint64_t row_id = store_next_id(svc->store);
    int64_t now = clock_world_ms();
    const struct lambda_queue_row row = {
        .due_ms = 0,
        .born_ms = now,
        .account = fn->name.account,
        .region = fn->name.region,
        .name = fn->name.name,
        .request_id = str_c(id),
        .payload = payload,
    };
    put_row(batch, row_id, &row);
    store_after_id(batch, row_is_durable, svc, row_id);
    lambda_count_metric(svc, batch, fn, "AsyncEventsReceived", 1, "Count");
}

void lambda_queue_again(struct store_batch *batch, const struct lambda_inv *inv, int64_t due_ms) {
    const struct lambda_queue_row row = {
        .due_ms = due_ms,
        .born_ms = inv->born_ms,
        .attempts = inv->attempts,
        .account = inv->fn->name.account,
        .region = inv->fn->name.region,
        .name = inv->fn->name.name,
        .request_id = str_c(inv->id),
        .payload = buf_view(&inv->payload),
    };
    put_row(batch, inv->row_id, &row);
}

void lambda_queue_remove(struct store_batch *batch, uint64_t id) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    lambda_queue_row_key(id, &key);
    row_del_blind(&(struct rows){.batch = batch}, STORE_QUEUE, buf_view(&key));
}

/* ---- Delivering ---- */
/* A row that leads nowhere. */
static void drop(struct lambda_svc *svc, uint64_t id, const char *why) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    log_warn("lambda", "a queued event was dropped: %s", why);
    lambda_queue_remove(batch, id);
    store_batch_frees(batch);
    (void)store_commit(svc->store, batch, NULL);
}

static struct lambda_inv *inv_of_row(struct lambda_fn *fn, uint64_t id,
                                     const struct lambda_queue_row *row) {
    struct lambda_inv *inv = lambda_inv_new(fn, row->payload);
    inv->async = true;
    inv->row_id = id;
    inv->attempts = row->attempts;
    inv->born_ms = row->born_ms;
    memcpy(inv->id, row->request_id.p, row->request_id.len);
    return inv;
}

/* From the row to an invocation. NULL: nothing to do now. */
static struct lambda_inv *load(struct lambda_svc *svc, uint64_t id) {
    CLEANUP_DEINIT(row) struct row bytes = {.cf = STORE_QUEUE};
    CLEANUP(lambda_fn) struct lambda_fn *fn = NULL;
    const struct rows rows = {.store = svc->store};
    struct lambda_queue_row row;
    lambda_queue_row_key(id, &bytes.key);
    int r = row_get(&rows, &bytes);
    if (r == STORE_E_ABSENT)
        return NULL;
    if (r == 0 && (!lambda_queue_row_decode(buf_view(&bytes.bytes), &row) ||
                   row.request_id.len != RAND_UUID_LEN)) {
        drop(svc, id, "its row is damaged");
        return NULL;
    }
    if (r == 0)
        r = lambda_fn_load(&rows,
                           &(struct lambda_name){row.account, row.region, row.name, STR_NONE}, &fn);
    if (r == 0)
        return inv_of_row(fn, id, &row);
    if (r == STORE_E_ABSENT)
        drop(svc, id, "its function was deleted");
    else
        lambda_queue_due(svc, id, clock_world_ms() + 1000);
    return NULL;
}

static void expire(struct lambda_svc *svc, struct lambda_inv *inv) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct err err = {0};
    lambda_after_expired(svc, batch, inv);
    if (store_commit(svc->store, batch, &err)) {
        log_error("lambda", "an event that is too old was not removed: %s", err.text);
        lambda_queue_due(svc, inv->row_id, clock_world_ms() + 60000);
    }
    lambda_inv_free(inv);
}

static int64_t expiry_of(const struct lambda_inv *inv) {
    return inv->born_ms + lambda_fn_max_age_ms(inv->fn);
}

/* It waits in its function's line; front: where it stood before. */
static void stand_in_line(struct lambda_svc *svc, struct lambda_inv *inv, bool front,
                          bool counted) {
    struct lambda_waiting *w = mem_new(struct lambda_waiting);
    *w = (struct lambda_waiting){.id = inv->row_id,
                                 .expires_ms = expiry_of(inv),
                                 .counted = counted};
    lock_take(&svc->lock);
    struct lambda_pool *pool = lambda_pool_of_locked(svc, buf_view(&inv->fn->arn));
    list_append(front ? pool->waiting.next : &pool->waiting, &w->node);
    lock_drop(&svc->lock);
    lambda_inv_free(inv);
}

static void count_throttle(struct lambda_svc *svc, const struct lambda_inv *inv) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    lambda_count_metric(svc, batch, inv->fn, "Throttles", 1, "Count");
    if (!store_batch_empty(batch))
        (void)store_commit(svc->store, batch, NULL);
}

static bool all_busy(struct lambda_svc *svc) {
    LOCK_SCOPE(&svc->lock);
    return svc->stopping || svc->async_running >= svc->async_at_once;
}

/* False: no room; it stands in line now. */
static bool deliver(struct lambda_svc *svc, struct lambda_inv *inv, bool front, bool counted) {
    if (expiry_of(inv) <= clock_world_ms()) {
        expire(svc, inv);
        return true;
    }
    int r = all_busy(svc) ? LAMBDA_E_ROOM : lambda_dispatch(svc, inv);
    if (r == 0)
        return true;
    if (r == LAMBDA_E_LIMIT && !counted) {
        count_throttle(svc, inv);
        counted = true;
    }
    stand_in_line(svc, inv, front, counted);
    return false;
}

/* The first in line of a function, taken out. NULL: nobody waits. */
static struct lambda_waiting *take_waiting(struct lambda_svc *svc, struct lambda_pool *pool) {
    LOCK_SCOPE(&svc->lock);
    if (list_empty(&pool->waiting))
        return NULL;
    struct list *node = pool->waiting.next;
    list_remove(
        node); // NOLINT(clang-analyzer-unix.Malloc): the line holds only what was not taken out
    return LIST_ENTRY(node, struct lambda_waiting, node);
}

static void serve_line(struct lambda_svc *svc, struct lambda_pool *pool) {
    for (struct lambda_waiting *w; (w = take_waiting(svc, pool));) {
        struct lambda_inv *inv = load(svc, w->id);
        bool counted = w->counted;
        free(w);
        if (inv && !deliver(svc, inv, true, counted))
            return;
    }
}

/* The pools are never removed, so the walk may let go of the lock between two. */
static struct lambda_pool *next_pool(struct lambda_svc *svc, size_t *at) {
    LOCK_SCOPE(&svc->lock);
    str arn;
    void *value;
    while (map_next(&svc->pools, at, &arn, &value))
        if (!list_empty(&((struct lambda_pool *)value)->waiting))
            return value;
    return NULL;
}

static bool take_due(struct lambda_svc *svc, uint64_t *ret_id) {
    LOCK_SCOPE(&svc->lock);
    if (svc->stopping || svc->queue.n == 0 || svc->queue.at[0].due_ms > clock_world_ms())
        return false;
    *ret_id = heap_pop(&svc->queue).id;
    return true;
}

/* Somebody of the same function waits already: behind him, without being tried. */
static bool has_line(struct lambda_svc *svc, const struct lambda_inv *inv) {
    LOCK_SCOPE(&svc->lock);
    return !list_empty(&lambda_pool_of_locked(svc, buf_view(&inv->fn->arn))->waiting);
}

static int64_t next_time(struct lambda_svc *svc) {
    LOCK_SCOPE(&svc->lock);
    int64_t next = svc->queue.n ? svc->queue.at[0].due_ms : INT64_MAX;
    size_t at = 0;
    str arn;
    void *value;
    while (map_next(&svc->pools, &at, &arn, &value)) {
        struct list *line = &((struct lambda_pool *)value)->waiting;
        if (!list_empty(line) &&
            LIST_ENTRY(line->next, struct lambda_waiting, node)->expires_ms < next)
            next = LIST_ENTRY(line->next, struct lambda_waiting, node)->expires_ms;
    }
    return svc->stopping ? INT64_MAX : next;
}

int64_t lambda_queue_run(void *svc_) {
    struct lambda_svc *svc = svc_;
    size_t at = 0;
    for (struct lambda_pool *pool; (pool = next_pool(svc, &at));)
        serve_line(svc, pool);
    for (uint64_t id; take_due(svc, &id);) {
        struct lambda_inv *inv = load(svc, id);
        if (inv && has_line(svc, inv))
            stand_in_line(svc, inv, false, false);
        else if (inv)
            deliver(svc, inv, false, false);
    }
    return next_time(svc);
}

/* ---- Life ---- */
int lambda_queue_open(struct lambda_svc *svc, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    key_begin(&from, "lambda.q");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(svc->store, NULL, STORE_QUEUE, buf_view(&from));
    while (store_iter_next(it)) {
        struct cur key = cur_of(it->key);
        struct lambda_queue_row row;
        key_take_kind(&key);
        uint64_t id = key_take_u64(&key);
        int64_t due_ms = lambda_queue_row_decode(it->value, &row) ? row.due_ms : 0;
        heap_push(&svc->queue, (struct lambda_due){due_ms, id});
    }
    int r = store_iter_fault(it);
    return r ? err_sys(err, r, "reading the queue of asynchronous invocations") : 0;
}

void lambda_queue_close(struct lambda_svc *svc) {
    free(svc->queue.at);
    svc->queue = (struct lambda_heap){0};
}
