/*
 * The durable queue of asynchronous invocations: due rows of kind "invoke".
 *
 * A row stays while its invocation is under way and goes in the batch that records the outcome:
 * when the daemon dies in between, the next one finds the row as it was, so the attempt is not
 * counted and the event is delivered again at once. What finds no room waits in its function's
 * line, in memory; whoever makes room kicks the queue, which serves the lines first.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/row.h"
#include "svc/lambda/runtimes.h"

enum { ROW_VERSION = 1, STORE_PAUSE_MS = 1000, EXPIRE_PAUSE_MS = 60000 };

/* ---- Rows ---- */
void lambda_queue_row_encode(struct buf *out, const struct lambda_queue_row *row) {
    buf_u8(out, ROW_VERSION);
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
    ret->account = cur_lstr(&c);
    ret->region = cur_lstr(&c);
    ret->name = cur_lstr(&c);
    ret->request_id = cur_lstr(&c);
    ret->payload = cur_lstr(&c);
    return !c.bad && c.s.len == 0 && ret->request_id.len == RAND_UUID_LEN;
}

/* ---- Adding and removing ---- */
static void put_row(struct lambda_svc *svc, struct store_batch *batch, struct hub_due_item *item,
                    const struct lambda_queue_row *row) {
    CLEANUP_DEINIT(buf) struct buf payload = {0};
    lambda_queue_row_encode(&payload, row);
    item->payload = buf_view(&payload);
    hub_due_put(svc->queue, batch, item);
}

void lambda_queue_add(struct lambda_svc *svc, struct store_batch *batch, const struct lambda_fn *fn,
                      const char *id, str payload) {
    const struct lambda_queue_row row = {.account = fn->name.account,
                                         .region = fn->name.region,
                                         .name = fn->name.name,
                                         .request_id = str_c(id),
                                         .payload = payload};
    put_row(svc, batch, &(struct hub_due_item){.born_ms = clock_world_ms()}, &row);
    lambda_count_metric(svc, batch, fn, "AsyncEventsReceived", 1, "Count");
}

void lambda_queue_again(struct lambda_svc *svc, struct store_batch *batch,
                        const struct lambda_inv *inv, int64_t due_ms) {
    const struct lambda_queue_row row = {.account = inv->fn->name.account,
                                         .region = inv->fn->name.region,
                                         .name = inv->fn->name.name,
                                         .request_id = str_c(inv->id),
                                         .payload = buf_view(&inv->payload)};
    put_row(svc, batch,
            &(struct hub_due_item){.id = inv->row_id,
                                   .due_ms = due_ms,
                                   .born_ms = inv->born_ms,
                                   .attempts = (uint64_t)inv->attempts},
            &row);
}

void lambda_queue_remove(struct lambda_svc *svc, struct store_batch *batch, uint64_t id) {
    hub_due_del(svc->queue, batch, id);
}

void lambda_queue_kick(struct lambda_svc *svc) { hub_kick(svc->queue); }

/* ---- While the store takes no changes ---- */
enum { HELD_FIRST_MS = 1000, HELD_MOST_MS = 30000 };

/*
 * Functions whose attempts failed because of it are held, so that they do not fail again at full
 * speed; others run, for they may be what makes room. Where it is read-only no outcome could be
 * written, so nothing is tried. Answers after how many ms to look again: 0: not held; -1: somebody
 * tells.
 */
static int64_t held_ms_locked(struct lambda_svc *svc, const struct lambda_pool *pool) {
    LOCK_HELD(&svc->lock);
    int64_t now = clock_mono_ms();
    if (store_is_readonly(svc->store, NULL))
        return -1;
    if (pool->held_until_ms > now)
        return pool->held_until_ms - now;
    return pool->held_ms && pool->async_running ? -1 : 0;
}

static bool is_held(struct lambda_svc *svc, const struct lambda_inv *inv) {
    LOCK_SCOPE(&svc->lock);
    return held_ms_locked(svc, lambda_pool_of_locked(svc, buf_view(&inv->fn->arn))) != 0;
}

/*
 * Notes whether the function can run here. While it cannot its events are held and grow no older;
 * when it can again they are as old as if they had just come. True: it is otherwise than before.
 */
static bool note_able(struct lambda_svc *svc, const struct lambda_inv *inv, bool able) {
    LOCK_SCOPE(&svc->lock);
    struct lambda_pool *pool = lambda_pool_of_locked(svc, buf_view(&inv->fn->arn));
    bool news = pool->unable == able;
    if (!able || news)
        pool->unable_ms = clock_world_ms();
    if (!able)
        lambda_queue_hold_locked(svc, pool);
    else if (news)
        lambda_queue_unhold_locked(svc, pool);
    pool->unable = !able;
    return news;
}

/*
 * True: its function cannot run on this machine as it is. One event looks again from time to time,
 * for a mount may change; a daemon that is started again with more rights finds them all.
 */
static bool is_unable(struct lambda_svc *svc, const struct lambda_inv *inv) {
    struct err why = {0};
    str runtime = json_str(inv->fn->config, "Runtime");
    bool able = lambda_check_able(svc, lambda_runtime_find(runtime), &why) == 0;
    bool news = note_able(svc, inv, able);
    if (news && able)
        log_info("lambda", "function " STR_FMT " can run again: its events go on",
                 STR_ARG(buf_view(&inv->fn->arn)));
    else if (news)
        log_warn("lambda", "function " STR_FMT ": its events wait: %s",
                 STR_ARG(buf_view(&inv->fn->arn)), why.text);
    return !able;
}

void lambda_queue_hold_locked(struct lambda_svc *svc, struct lambda_pool *pool) {
    LOCK_HELD(&svc->lock);
    int64_t now = clock_mono_ms();
    if (pool->held_until_ms > now)
        return;
    int64_t longer = pool->held_ms * 2 < HELD_MOST_MS ? pool->held_ms * 2 : HELD_MOST_MS;
    pool->held_ms = pool->held_ms ? longer : HELD_FIRST_MS;
    pool->held_until_ms = now + pool->held_ms;
}

/* In memory alone: the row is as it was before the attempt. */
void lambda_queue_return(struct lambda_svc *svc, const struct lambda_inv *inv) {
    if (!inv->outcome.lost)
        hub_await_room(svc->hub);
    hub_due_arm(svc->queue, inv->row_id, 0);
}

void lambda_queue_unhold_locked(struct lambda_svc *svc, struct lambda_pool *pool) {
    LOCK_HELD(&svc->lock);
    pool->held_ms = pool->held_until_ms = 0;
}

/* The store takes changes again. */
static void unhold_all(void *svc_) {
    struct lambda_svc *svc = svc_;
    lock_take(&svc->lock);
    size_t at = 0;
    str arn;
    void *pool;
    while (map_next(&svc->pools, &at, &arn, &pool))
        lambda_queue_unhold_locked(svc, pool);
    lock_drop(&svc->lock);
    lambda_queue_kick(svc);
}

/* ---- Delivering ---- */
static struct lambda_inv *inv_of_row(struct lambda_fn *fn, const struct hub_due_item *item,
                                     const struct lambda_queue_row *row) {
    struct lambda_inv *inv = lambda_inv_new(fn, row->payload);
    inv->async = true;
    inv->row_id = item->id;
    inv->attempts = (int64_t)item->attempts;
    int64_t now = clock_world_ms();
    inv->born_ms = item->born_ms < now ? item->born_ms : now; /* the clock may have gone back */
    memcpy(inv->id, row->request_id.p, row->request_id.len);
    return inv;
}

/*
 * Its function cannot be read: tried again, after as long as the event is old, up to five minutes.
 * After six hours, the longest that Lambda keeps an event, its row is kept aside: where its dead
 * letter would go is not known either.
 * An event that was born ahead of the clock (it went back) is as old as its first look.
 */
static enum hub_due_result put_off(struct lambda_svc *svc, struct hub_due_item *item,
                                   const struct lambda_queue_row *row) {
    int64_t now = clock_world_ms();
    bool ahead = item->born_ms > now;
    if (ahead)
        item->born_ms = now;
    if (now >= lambda_counts_from(svc, NULL, item->born_ms) + LAMBDA_MAX_AGE_S * INT64_C(1000)) {
        log_error("lambda",
                  "function " STR_FMT ": request " STR_FMT
                  " is kept aside, because the function's row could not be read for six hours: "
                  "restore DATA from a copy",
                  STR_ARG(row->name), STR_ARG(row->request_id));
        return HUB_DUE_DAMAGED;
    }
    int64_t wait_ms = lambda_retry_wait(item->born_ms, now);
    log_warn("lambda",
             "function " STR_FMT ": request " STR_FMT
             " waits, because the function's row cannot be read; it is looked at again in %lld s",
             STR_ARG(row->name), STR_ARG(row->request_id), (long long)wait_ms / 1000);
    item->due_ms = now + wait_ms;
    return ahead ? HUB_DUE_AGAIN : HUB_DUE_LEFT;
}

/*
 * From the row to an invocation: HUB_DUE_LEFT. Otherwise what is to become of the row; batch, where
 * there is one, gets what goes with its end.
 */
static enum hub_due_result load(struct lambda_svc *svc, struct store_batch *batch,
                                struct hub_due_item *item, struct lambda_inv **ret_inv) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = NULL;
    struct lambda_queue_row row;
    if (!lambda_queue_row_decode(item->payload, &row))
        return HUB_DUE_DAMAGED;
    const struct rows rows = {.store = svc->store};
    const struct lambda_name name = {row.account, row.region, row.name, STR_NONE};
    int r = lambda_fn_load(&rows, &name, &fn);
    if (r == STORE_E_ABSENT) {
        log_warn("lambda",
                 "function " STR_FMT ": request " STR_FMT
                 " was dropped, because the function was deleted",
                 STR_ARG(row.name), STR_ARG(row.request_id));
        if (batch)
            lambda_count_one(svc, batch, &name, "AsyncEventsDropped");
        return HUB_DUE_DONE;
    }
    if (r)
        return put_off(svc, item, &row);
    item->due_ms = INT64_MAX;
    *ret_inv = inv_of_row(fn, item, &row);
    return HUB_DUE_LEFT;
}

static void expire(struct lambda_svc *svc, struct lambda_inv *inv) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct err err = {0};
    lambda_after_expired(svc, batch, inv);
    if (store_commit(svc->store, batch, &err)) {
        log_error("lambda", "request %s is too old and could not be removed yet: %s", inv->id,
                  err.text);
        hub_due_arm(svc->queue, inv->row_id, clock_world_ms() + EXPIRE_PAUSE_MS);
    }
    lambda_inv_free(inv);
}

static int64_t expiry_of(struct lambda_svc *svc, const struct lambda_inv *inv) {
    return lambda_counts_from(svc, inv->fn, inv->born_ms) + lambda_fn_max_age_ms(inv->fn);
}

/*
 * It waits in its function's line; front: where it stood before. Who begins a line kicks the queue,
 * which has to know when the first in it expires.
 */
static void stand_in_line(struct lambda_svc *svc, struct lambda_inv *inv, bool front,
                          bool counted) {
    struct lambda_waiting *w = mem_new(struct lambda_waiting);
    *w = (struct lambda_waiting){.id = inv->row_id,
                                 .expires_ms = expiry_of(svc, inv),
                                 .counted = counted};
    lock_take(&svc->lock);
    struct lambda_pool *pool = lambda_pool_of_locked(svc, buf_view(&inv->fn->arn));
    if (!front && list_empty(&pool->waiting))
        lambda_queue_kick(svc);
    list_append(front ? pool->waiting.next : &pool->waiting, &w->node);
    svc->n_waiting++;
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
    if (is_held(svc, inv) || is_unable(svc, inv)) {
        stand_in_line(svc, inv, front, counted);
        return false;
    }
    if (expiry_of(svc, inv) <= clock_world_ms()) {
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
    svc->n_waiting--;
    return LIST_ENTRY(node, struct lambda_waiting, node);
}

/* NULL: nothing to deliver; where its row is still there, the queue looks at it anew. */
static struct lambda_inv *load_waiting(struct lambda_svc *svc, uint64_t id) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    struct hub_due_item item = {0};
    struct lambda_inv *inv = NULL;
    int r = hub_due_get(svc->queue, id, &bytes, &item);
    if (r == 0)
        load(svc, NULL, &item, &inv);
    if (!inv && r != STORE_E_ABSENT)
        hub_due_arm(svc->queue, id, clock_world_ms() + STORE_PAUSE_MS);
    return inv;
}

static void serve_line(struct lambda_svc *svc, struct lambda_pool *pool) {
    for (struct lambda_waiting *w; (w = take_waiting(svc, pool));) {
        struct lambda_inv *inv = load_waiting(svc, w->id);
        bool counted = w->counted;
        free(w);
        if (inv && !deliver(svc, inv, true, counted))
            return;
    }
}

/* The pools are never removed, so the walk may release the lock between two. */
static struct lambda_pool *next_pool(struct lambda_svc *svc, size_t *at) {
    LOCK_SCOPE(&svc->lock);
    str arn;
    void *value;
    while (map_next(&svc->pools, at, &arn, &value))
        if (!list_empty(&((struct lambda_pool *)value)->waiting) && !held_ms_locked(svc, value))
            return value;
    return NULL;
}

/* Somebody of the same function waits already: behind him, without being tried. */
static bool has_line(struct lambda_svc *svc, const struct lambda_inv *inv) {
    LOCK_SCOPE(&svc->lock);
    return !list_empty(&lambda_pool_of_locked(svc, buf_view(&inv->fn->arn))->waiting);
}

/* When to look at a function's line again: when its first event expires, or is held no longer. */
static int64_t next_of_line_locked(struct lambda_svc *svc, const struct lambda_pool *pool) {
    LOCK_HELD(&svc->lock);
    int64_t held = held_ms_locked(svc, pool);
    if (list_empty(&pool->waiting) || held < 0)
        return INT64_MAX;
    return held > 0 ? clock_world_ms() + held
                    : LIST_ENTRY(pool->waiting.next, struct lambda_waiting, node)->expires_ms;
}

static int64_t next_look(struct lambda_svc *svc) {
    LOCK_SCOPE(&svc->lock);
    int64_t next = INT64_MAX;
    size_t at = 0;
    str arn;
    void *value;
    while (map_next(&svc->pools, &at, &arn, &value)) {
        int64_t of_line = next_of_line_locked(svc, value);
        next = of_line < next ? of_line : next;
    }
    return svc->stopping ? INT64_MAX : next;
}

static int64_t serve_lines(void *svc_) {
    struct lambda_svc *svc = svc_;
    size_t at = 0;
    for (struct lambda_pool *pool; (pool = next_pool(svc, &at));)
        serve_line(svc, pool);
    return next_look(svc);
}

static enum hub_due_result run_row(void *svc_, struct store_batch *batch,
                                   struct hub_due_item *item) {
    struct lambda_svc *svc = svc_;
    struct lambda_inv *inv = NULL;
    enum hub_due_result result = load(svc, batch, item, &inv);
    if (inv && has_line(svc, inv))
        stand_in_line(svc, inv, false, false);
    else if (inv)
        deliver(svc, inv, false, false);
    return result;
}

/* Those in lines and those under way. */
static uint64_t owned(void *svc_) {
    struct lambda_svc *svc = svc_;
    LOCK_SCOPE(&svc->lock);
    return svc->async_running + svc->n_waiting;
}

/* One at a time: a delivery takes effect outside the batch. */
void lambda_queue_open(struct lambda_svc *svc) {
    hub_plug_room(svc->hub, unhold_all, svc);
    svc->queue = hub_due_add(svc->hub, &(struct hub_due_kind){.name = LAMBDA_QUEUE,
                                                              .longest_ms = LAMBDA_RETRY_MOST_MS,
                                                              .run = run_row,
                                                              .look = serve_lines,
                                                              .owned = owned,
                                                              .ctx = svc});
}
