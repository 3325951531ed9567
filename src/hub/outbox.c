/*
 * The outbox: rows of STORE_QUEUE that a mutation's own batch put there.
 *
 *   "out"   id            an event not yet tried
 *   "later" due_ms id     one that its target asked to have again
 *   "damaged" id          one that cannot be read, kept for a person to look at
 *
 * The rows are the truth; the list of ready ids in memory is only an index of what has just become
 * durable (filled by store_after_id), so that the dispatcher never walks over the tombstones of
 * what it delivered before. At start the list is filled from the rows.
 *
 * A group of rows is handed to the ports, and what they add is committed together with the removal
 * of the rows: an event is accepted exactly once, whenever the process dies. When the commit's
 * conditions fail (a port's view was stale) the group is tried again one by one.
 *
 * The rows are changed blind: each has an id of its own, and the dispatcher alone takes it away.
 */
#include "hub/event.h"
#include "hub/hub_priv.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/fault.h"
#include "store/key.h"

#include <errno.h>

enum { GROUP = 64, COMMIT_TRIES = 16 };
static const int64_t give_up_ms = 6LL * 3600 * 1000; /* as asynchronous invocations do */
static const int64_t store_pause_ms = 1000;          /* when the store refuses */

static void out_key(struct buf *key, uint64_t id) {
    key_begin(key, "out");
    key_u64(key, id);
}

static void later_key(struct buf *key, int64_t due_ms, uint64_t id) {
    key_begin(key, "later");
    key_u64(key, (uint64_t)due_ms);
    key_u64(key, id);
}

static void add_ready(struct hub *hub, uint64_t id) {
    struct hub_ready *ready = &hub->ready;
    if (ready->n == ready->cap) {
        ready->cap = ready->cap ? ready->cap * 2 : 64;
        ready->ids = mem_realloc(ready->ids, ready->cap * sizeof *ready->ids);
    }
    ready->ids[ready->n++] = id;
}

static void row_is_durable(void *ctx, uint64_t id) {
    struct hub *hub = ctx;
    LOCK_SCOPE(&hub->lock);
    add_ready(hub, id);
    pthread_cond_signal(&hub->wake);
}

static void put_row(struct hub *hub, struct store_batch *batch, const struct hub_row *row) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    uint64_t id = store_next_id(hub->store);
    out_key(&key, id);
    hub_row_encode(&value, row);
    store_put_blind(batch, STORE_QUEUE, buf_view(&key), buf_view(&value));
    store_after_id(batch, row_is_durable, hub, id);
}

void hub_deliver(struct hub *hub, struct store_batch *batch, const struct hub_event *event) {
    if (store_fault_on(STORE_FAULT_SKIP_OUTBOX))
        return; /* the crash harness shows that it notices */
    struct hub_row row = {.born_ms = clock_world_ms(), .event = *event};
    put_row(hub, batch, &row);
}

/* What the target will never take goes to the dead-letter queue, or is said in the log. */
static void refuse(struct hub *hub, struct store_batch *batch, const struct hub_row *row,
                   int outcome, const char *why) {
    const struct hub_event *e = &row->event;
    hub_tell_source(hub, batch, e, outcome);
    if (e->dead_letter.len == 0) {
        log_warn("hub", "event from " STR_FMT " to " STR_FMT " dropped: %s", STR_ARG(e->source_arn),
                 STR_ARG(e->target), why);
        return;
    }
    struct hub_row dead = {.born_ms = clock_world_ms(), .event = *e};
    dead.event.target = e->dead_letter;
    dead.event.dead_letter = STR_NONE;
    put_row(hub, batch, &dead);
}

static void put_off(struct hub *hub, struct store_batch *batch, struct hub_row *row, uint64_t id) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    row->attempts++;
    int64_t due = clock_world_ms() + hub_backoff_ms(row->attempts);
    later_key(&key, due, id);
    hub_row_encode(&value, row);
    store_put_blind(batch, STORE_QUEUE, buf_view(&key), buf_view(&value));
    LOCK_SCOPE(&hub->lock);
    if (due < hub->next_retry_ms)
        hub->next_retry_ms = due;
}

static void hand_over(struct hub *hub, struct store_batch *batch, struct hub_row *row,
                      uint64_t id) {
    struct hub_target *target = hub_target_of(hub, hub_arn_service(row->event.target));
    int r = target && target->accept ? target->accept(target->accept_ctx, batch, &row->event)
                                     : HUB_E_NO_TARGET;
    switch (r) {
    case HUB_OK: hub_tell_source(hub, batch, &row->event, HUB_OK); return;
    case HUB_E_DENIED:
        refuse(hub, batch, row, r, "the target's policy does not allow the source");
        return;
    case HUB_E_NO_TARGET: refuse(hub, batch, row, r, "the target does not exist"); return;
    default: /* HUB_E_RETRY and faults */
        if (clock_world_ms() - row->born_ms >= give_up_ms)
            refuse(hub, batch, row, HUB_E_RETRY, "the target was not ready for six hours");
        else
            put_off(hub, batch, row, id);
    }
}

/* A row that this program cannot read is nobody's to throw away. */
static void set_aside(struct store_batch *batch, uint64_t id, str value) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    key_begin(&key, "damaged");
    key_u64(&key, id);
    store_put_blind(batch, STORE_QUEUE, buf_view(&key), value);
    log_error("hub",
              "outbox row %llu is damaged: it is kept as a row of kind damaged, and not delivered",
              (unsigned long long)id);
}

/* Takes the row under key to its target, in batch. False: the store cannot be read now. */
static bool take_row(struct hub *hub, struct store_batch *batch, str key, uint64_t id) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    int r = store_get(hub->store, NULL, STORE_QUEUE, key, &value);
    if (r == STORE_E_ABSENT)
        return true; /* taken by an earlier pass */
    if (r != STORE_OK) {
        log_error("hub", "cannot read the outbox (%d)", r);
        return false;
    }
    struct hub_row row;
    if (hub_row_decode(buf_view(&value), &row))
        hand_over(hub, batch, &row, id);
    else
        set_aside(batch, id, buf_view(&value));
    store_del_blind(batch, STORE_QUEUE, key);
    return true;
}

struct waiting {
    struct buf key;
    uint64_t id;
};

/* 0, STORE_E_CONDITION, or another code when the store refuses. */
static int deliver_rows(struct hub *hub, const struct waiting *rows, size_t n) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    for (size_t i = 0; i < n; i++)
        if (!take_row(hub, batch, buf_view(&rows[i].key), rows[i].id))
            return -EIO;
    if (store_batch_empty(batch))
        return 0;
    /* moving on what is already stored must not stop below the reserve */
    store_batch_frees(batch);
    struct err err = {{0}};
    int r = store_commit(hub->store, batch, &err);
    if (r != STORE_OK && r != STORE_E_CONDITION)
        log_error("hub", "outbox: %s", err.text);
    return r;
}

static int deliver_group(struct hub *hub, const struct waiting *rows, size_t n) {
    int r = deliver_rows(hub, rows, n);
    if (r != STORE_E_CONDITION)
        return r;
    for (size_t i = 0; i < n; i++) {
        for (int t = 0; t < COMMIT_TRIES; t++)
            if ((r = deliver_rows(hub, &rows[i], 1)) != STORE_E_CONDITION)
                break;
        if (r != STORE_OK)
            return r;
    }
    return 0;
}

static size_t take_ready(struct hub *hub, struct waiting rows[GROUP]) {
    LOCK_SCOPE(&hub->lock);
    size_t n = hub->ready.n < GROUP ? hub->ready.n : GROUP;
    for (size_t i = 0; i < n; i++) {
        rows[i].id = hub->ready.ids[i];
        out_key(&rows[i].key, rows[i].id);
    }
    hub->ready.n -= n;
    if (hub->ready.n) /* ids is NULL before the first row */
        memmove(hub->ready.ids, hub->ready.ids + n, hub->ready.n * sizeof *hub->ready.ids);
    return n;
}

static void give_back(struct hub *hub, const struct waiting *rows, size_t n) {
    LOCK_SCOPE(&hub->lock);
    for (size_t i = 0; i < n; i++)
        add_ready(hub, rows[i].id);
}

/* Due rows of the later range; sets next_retry_ms to the first that is not due. */
static size_t take_due(struct hub *hub, struct waiting rows[GROUP]) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    key_begin(&from, "later");
    key_begin(&to, "later");
    key_after(&to);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(hub->store, NULL, STORE_QUEUE, buf_view(&from), buf_view(&to), false);
    int64_t now = clock_world_ms(), next = INT64_MAX;
    size_t n = 0;
    while (store_iter_next(it)) {
        struct cur key = cur_of(it->key);
        key_take_kind(&key);
        int64_t due = (int64_t)key_take_u64(&key);
        if (due > now || n == GROUP) {
            next = due;
            break;
        }
        rows[n].id = key_take_u64(&key);
        buf_clear(&rows[n].key);
        buf_str(&rows[n].key, it->key);
        n++;
    }
    LOCK_SCOPE(&hub->lock);
    hub->next_retry_ms = next;
    return n;
}

/* Waits for work. False: the end. */
static bool wait_for_work(struct hub *hub, bool *ret_due) {
    LOCK_SCOPE(&hub->lock);
    for (;;) {
        if (hub->stopping)
            return false;
        int64_t now = clock_world_ms();
        *ret_due = hub->next_retry_ms <= now || hub->clock_moved;
        if (hub->ready.n > 0 || *ret_due) {
            hub->clock_moved = false;
            return true;
        }
        hub_cond_wait_ms(&hub->wake, &hub->lock,
                         hub->next_retry_ms == INT64_MAX ? INT64_MAX : hub->next_retry_ms - now);
    }
}

static void pause_dispatcher(struct hub *hub) {
    LOCK_SCOPE(&hub->lock);
    if (!hub->stopping)
        hub_cond_wait_ms(&hub->wake, &hub->lock, store_pause_ms);
}

static void *dispatcher_main(void *arg) {
    struct hub *hub = arg;
    pthread_setname_np(pthread_self(), "outbox");
    struct waiting rows[GROUP] = {0};
    bool due;
    while (wait_for_work(hub, &due)) {
        size_t n = take_ready(hub, rows);
        if (n > 0 && deliver_group(hub, rows, n) != 0) {
            give_back(hub, rows, n);
            pause_dispatcher(hub);
        }
        if (!due)
            continue;
        n = take_due(hub, rows);
        if (n > 0 && deliver_group(hub, rows, n) != 0) {
            pthread_mutex_lock(&hub->lock);
            hub->next_retry_ms = 0; /* they are still due */
            pthread_mutex_unlock(&hub->lock);
            pause_dispatcher(hub);
        }
    }
    for (size_t i = 0; i < GROUP; i++)
        buf_deinit(&rows[i].key);
    return NULL;
}

/* What an earlier life left. */
static int load_rows(struct hub *hub, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    key_begin(&from, "out");
    key_begin(&to, "out");
    key_after(&to);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(hub->store, NULL, STORE_QUEUE, buf_view(&from), buf_view(&to), false);
    hub->ready.n = 0; /* what was committed since hub_new is among the rows: not twice */
    while (store_iter_next(it)) {
        struct cur key = cur_of(it->key);
        key_take_kind(&key);
        add_ready(hub, key_take_u64(&key));
    }
    if (store_iter_fault(it) != 0)
        return err_set(err, store_iter_fault(it), "cannot read the outbox");
    hub->next_retry_ms = 0; /* look at the later range once */
    return 0;
}

int hub_outbox_start(struct hub *hub, struct err *err) {
    int r = load_rows(hub, err);
    if (r != 0)
        return r;
    r = pthread_create(&hub->dispatcher, NULL, dispatcher_main, hub);
    if (r != 0)
        return err_sys(err, -r, "start the outbox thread");
    hub->running = true;
    return 0;
}

void hub_outbox_stop(struct hub *hub) {
    pthread_mutex_lock(&hub->lock);
    hub->stopping = true;
    pthread_cond_broadcast(&hub->wake);
    pthread_mutex_unlock(&hub->lock);
    if (hub->running)
        pthread_join(hub->dispatcher, NULL);
    hub->running = false;
}
