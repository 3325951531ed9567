/*
 * hub/due_row: the rows of due work: their format, and what becomes of one when its item is run.
 *
 * A group of items is run into one batch, which also removes or rewrites their rows: what an item
 * causes happens once, whenever the process dies. When the batch's conditions fail (what run() read
 * has changed) the items are run again one by one.
 *
 * The rows are changed blind: each has an id of its own, and who has the item in hand alone changes
 * its row.
 */
#include "hub/hub_priv.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/outcomes.h"
#include "store/key.h"

enum {
    ROW_VERSION = 1,
    COMMIT_TRIES = 16, /* that others overtake, before the item waits … */
    PAUSE_MS = 1000,   /* … so long; and after a row that cannot be read */
};

/* ---- The format ---- */
void hub_due_key(struct buf *key, const char *kind, uint64_t id) {
    key_begin(key, "due");
    key_str(key, str_c(kind));
    key_u64(key, id);
}

void hub_due_damaged_key(struct buf *key, const char *kind, uint64_t id) {
    key_begin(key, "damaged");
    key_str(key, str_c(kind));
    key_u64(key, id);
}

void hub_due_encode(struct buf *out, const struct hub_due_item *item) {
    buf_u8(out, ROW_VERSION);
    buf_u64(out, (uint64_t)item->due_ms);
    buf_u64(out, (uint64_t)item->born_ms);
    buf_varint(out, item->attempts);
    buf_str(out, item->payload);
}

bool hub_due_decode(str bytes, struct hub_due_item *ret) {
    struct cur c = cur_of(bytes);
    if (cur_u8(&c) != ROW_VERSION)
        return false;
    int64_t due_ms = (int64_t)cur_u64(&c), born_ms = (int64_t)cur_u64(&c);
    uint64_t attempts = cur_varint(&c);
    if (c.bad)
        return false;
    ret->due_ms = due_ms;
    ret->born_ms = born_ms;
    ret->attempts = attempts;
    ret->payload = c.s;
    return true;
}

/* ---- Reading and writing ---- */
static void row_is_durable(void *ctx, uint64_t id) { hub_due_arm(ctx, id, 0); }

uint64_t hub_due_put(struct hub_due *due, struct store_batch *batch,
                     const struct hub_due_item *item) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    uint64_t id = item->id ? item->id : store_next_id(due->hub->store);
    hub_due_key(&key, due->kind.name, id);
    hub_due_encode(&value, item);
    store_put_blind(batch, STORE_QUEUE, buf_view(&key), buf_view(&value));
    store_after_id(batch, row_is_durable, due, id);
    return id;
}

void hub_due_del(struct hub_due *due, struct store_batch *batch, uint64_t id) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    hub_due_key(&key, due->kind.name, id);
    store_del_blind(batch, STORE_QUEUE, buf_view(&key));
}

int hub_due_get(struct hub_due *due, uint64_t id, struct buf *bytes, struct hub_due_item *ret) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    hub_due_key(&key, due->kind.name, id);
    int r = store_get(due->hub->store, NULL, STORE_QUEUE, buf_view(&key), bytes);
    if (r != STORE_OK)
        return r;
    ret->id = id;
    return hub_due_decode(buf_view(bytes), ret) ? STORE_OK : STORE_E_DAMAGED;
}

/*
 * A row that cannot be read is armed at once: running it sets it aside. The caller has not begun to
 * write rows of that kind, so each row is armed once.
 */
int hub_due_load(struct hub_due *due, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    int64_t now = clock_world_ms();
    key_begin(&from, "due");
    key_str(&from, str_c(due->kind.name));
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(due->hub->store, NULL, STORE_QUEUE, buf_view(&from));
    store_iter_damaged_too(it);
    while (store_iter_next(it)) {
        struct cur key = cur_of(str_skip(it->key, from.len));
        struct hub_due_item item = {0};
        uint64_t id = key_take_u64(&key);
        bool readable = !it->damaged && hub_due_decode(it->value, &item);
        bool is_due = !readable || hub_queue_is_due(&due->queue, item.due_ms, now);
        hub_queue_add(&due->queue, id, is_due ? 0 : item.due_ms, now);
    }
    int r = store_iter_fault(it);
    return r ? err_sys(err, r, "reading the rows that are due (%s)", due->kind.name) : 0;
}

/* ---- Running ---- */
/* A row that this program cannot read is kept: a later program may be able to. */
static void set_aside(struct hub_due *due, struct store_batch *batch, uint64_t id, str value) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    hub_due_damaged_key(&key, due->kind.name, id);
    store_put_blind(batch, STORE_QUEUE, buf_view(&key), value);
    hub_due_del(due, batch, id);
    log_error(
        "hub",
        "what waits as %s %llu is damaged: it is kept aside and not done; restore DATA from a "
        "copy if it must be",
        due->kind.name, (unsigned long long)id);
}

/*
 * When to look at which items again: told to the queue once the batch is durable, so that a batch
 * that is run twice arms each once.
 */
struct later {
    struct hub_wait items[HUB_DUE_MOST];
    size_t n;
};

static void settle(struct hub_due *due, struct store_batch *batch, struct hub_due_item *item,
                   enum hub_due_result result, str row) {
    switch (result) {
    case HUB_DUE_DONE: hub_due_del(due, batch, item->id); break;
    case HUB_DUE_AGAIN: hub_due_put(due, batch, item); break;
    case HUB_DUE_DAMAGED: set_aside(due, batch, item->id, row); break;
    case HUB_DUE_LEFT: return;
    }
    item->due_ms = INT64_MAX; /* the commit arms what was put */
}

/* When the item is to be looked at again in any case; INT64_MAX: never. */
static int64_t run_item(struct hub_due *due, struct store_batch *batch, uint64_t id) {
    CLEANUP_DEINIT(buf) struct buf row = {0};
    struct hub_due_item item = {.id = id};
    int64_t now = clock_world_ms();
    int r = hub_due_get(due, id, &row, &item);
    if (r == STORE_E_ABSENT)
        return INT64_MAX; /* done by an earlier look */
    if (r == STORE_E_DAMAGED) {
        set_aside(due, batch, id, buf_view(&row));
        return INT64_MAX;
    }
    if (r != STORE_OK) {
        log_error("hub", "what waits as %s %llu cannot be read: %s; it is tried again each second",
                  due->kind.name, (unsigned long long)id, outcome_words(r));
        return now + PAUSE_MS;
    }
    if (hub_queue_is_due(&due->queue, item.due_ms, now))
        settle(due, batch, &item, due->kind.run(due->kind.ctx, batch, &item), buf_view(&row));
    return item.due_ms;
}

static int commit(struct hub_due *due, struct store_batch *batch) {
    struct err err = {{0}};
    if (store_batch_idle(batch))
        return 0;
    /* moving on what is already stored must not stop below the reserve */
    store_batch_frees(batch);
    int r = store_commit(due->hub->store, batch, &err);
    if (r != STORE_OK && r != STORE_E_CONDITION)
        log_error("hub", "what is due as %s could not be done yet: %s", due->kind.name, err.text);
    return r;
}

/*
 * The first items, as many as one batch takes: *ret_n. 0, STORE_E_CONDITION, or another code when
 * the store refuses.
 */
static int run_items(struct hub_due *due, const uint64_t *ids, size_t n, size_t *ret_n) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct later later = {.n = 0};
    size_t done = 0;
    while (done < n && !store_batch_is_full(batch)) {
        uint64_t id = ids[done++];
        int64_t due_ms = run_item(due, batch, id);
        if (due_ms != INT64_MAX)
            later.items[later.n++] = (struct hub_wait){due_ms, id};
    }
    *ret_n = done;
    int r = commit(due, batch);
    for (size_t i = 0; r == 0 && i < later.n; i++)
        hub_due_arm(due, later.items[i].id, later.items[i].due_ms);
    return r;
}

static void run_in_memory(struct hub_due *due, const uint64_t *ids, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct hub_due_item item = {.id = ids[i], .due_ms = INT64_MAX};
        if (due->kind.run(due->kind.ctx, NULL, &item) == HUB_DUE_LEFT && item.due_ms != INT64_MAX)
            hub_due_arm(due, item.id, item.due_ms);
    }
}

/* One that others overtake again and again waits: the rest have their turn meanwhile. */
static int run_alone(struct hub_due *due, uint64_t id) {
    int r = STORE_E_CONDITION;
    size_t one;
    for (int t = 0; r == STORE_E_CONDITION && t < COMMIT_TRIES; t++)
        r = run_items(due, &id, 1, &one);
    if (r == STORE_E_CONDITION)
        hub_due_arm(due, id, clock_world_ms() + PAUSE_MS);
    return r == STORE_E_CONDITION ? 0 : r;
}

int hub_due_run(struct hub_due *due, const uint64_t *ids, size_t n) {
    if (due->kind.in_memory) {
        run_in_memory(due, ids, n);
        return 0;
    }
    size_t done = 0, some = 0;
    int r = 0;
    while (r == 0 && done < n) {
        size_t end;
        r = run_items(due, ids + done, n - done, &some);
        end = done + some;
        if (r == STORE_E_CONDITION)
            for (r = 0; done < end && (r = run_alone(due, ids[done])) == 0; done++)
                ;
        else if (r == 0)
            done = end;
    }
    for (; r != 0 && done < n; done++)
        hub_due_arm(due, ids[done], 0);
    return r;
}
