/*
 * What a queue holds, told each minute and soon after a change, so that an alarm on dead letters
 * need not wait; and what is due for a queue: waking who waits for what has become visible, ending
 * long polls, dropping what is past its retention.
 */
#include "base/clock.h"
#include "base/log.h"
#include "svc/kit/metric.h"
#include "svc/sqs/live.h"

static const int64_t minute_ms = 60000;
/* as long as CloudWatch takes a queue for active */
static const int64_t active_ms = 6 * 3600000LL;
enum { EXPIRE_MAX = 1000 }; /* messages dropped in one commit */

void sqs_put_metric(struct sqs_svc *svc, struct store_batch *batch, const struct sqs_queue *queue,
                    const char *name, double value, double count, const char *unit) {
    const struct kit_metrics metrics = {.hub = svc->hub,
                                        .account = queue->account,
                                        .region = queue->region,
                                        .name_space = "AWS/SQS",
                                        .dimensions = {{S("QueueName"), queue->name}}};
    kit_metric_put(&metrics, batch, name, value, count, unit);
}

/* What counts need of the value of a place. */
struct place {
    enum sqs_place place;
    int64_t sent_ms;
};

/* False: it is no such value, or cannot be read, which is the iterator's fault then. */
static bool show_place(struct store_iter *it, struct place *ret) {
    return store_iter_show(it) && sqs_place_of_value(it->value, &ret->place, &ret->sent_ms);
}

/*
 * A backlog is counted by its keys. Ids grow with the time of sending, so the age needs the value of
 * the lowest one alone, which stands near the beginning. Of a dead-letter queue the lowest is the
 * message that has been there longest; its age is since it was sent, where CloudWatch's is since it
 * was moved ("Setting-up dead-letter queue retention", SQS developer guide).
 */
int sqs_count(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms, struct sqs_counts *ret) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    uint64_t oldest = UINT64_MAX, id;
    int64_t due;
    *ret = (struct sqs_counts){0};
    sqs_place_prefix(&from, queue_id);
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(svc->store, NULL, STORE_QUEUE, buf_view(&from));
    while (store_iter_next_key(it)) {
        struct place place;
        if (!sqs_place_of_key(it->key, &due, &id))
            continue;
        bool hidden = due > now_ms, older = id < oldest;
        if ((hidden || older) && !show_place(it, &place)) {
            if (store_iter_fault(it))
                break;
            continue;
        }
        if (hidden)
            (*(place.place == SQS_IN_FLIGHT ? &ret->in_flight : &ret->delayed))++;
        else
            ret->visible++;
        if (older) {
            oldest = id;
            ret->oldest_ms = place.sent_ms;
        }
    }
    return store_iter_fault(it);
}

/* ---- Retention ---- */

/* Ids grow with the time of sending, so the first that is young enough ends the walk. */
static void expire(struct sqs_svc *svc, const struct sqs_queue *queue, int64_t now_ms) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct rows rows = {svc->store, NULL, batch};
    size_t n = 0;
    key_begin(&from, "sqss");
    key_u64(&from, queue->id);
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(svc->store, NULL, STORE_QUEUE, buf_view(&from));
    store_iter_keys_only(it);
    while (n < EXPIRE_MAX && store_iter_next(it)) {
        CLEANUP_DEINIT(sqs_state) struct sqs_state state = {0};
        struct cur key = cur_of(it->key);
        key_take_kind(&key);
        key_take_u64(&key);
        uint64_t id = key_take_u64(&key);
        if (sqs_state_peek(&rows, queue->id, id, &state) != 0)
            continue;
        if (state.sent_ms + queue->retention_s * 1000 > now_ms)
            break;
        sqs_message_drop(&rows, queue->id, id, &state);
        n++;
    }
    if (n == 0)
        return;
    struct err err = {0};
    store_batch_frees(batch);
    sqs_live_changes(svc, batch, queue, SQS_CHANGED);
    /* a condition that failed: the next minute tries again */
    int r = store_commit(svc->store, batch, &err);
    if (r && r != STORE_E_CONDITION)
        log_warn("sqs", "old messages of " STR_FMT " stay for now: %s", STR_ARG(queue->name),
                 err.text);
}

/* ---- Metrics ---- */

static void put_counts(struct sqs_svc *svc, const struct sqs_queue *queue,
                       const struct sqs_counts *c, int64_t now_ms) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    sqs_put_metric(svc, batch, queue, "ApproximateNumberOfMessagesVisible", (double)c->visible, 1,
                   "Count");
    sqs_put_metric(svc, batch, queue, "ApproximateNumberOfMessagesNotVisible", (double)c->in_flight,
                   1, "Count");
    sqs_put_metric(svc, batch, queue, "ApproximateNumberOfMessagesDelayed", (double)c->delayed, 1,
                   "Count");
    double age = c->oldest_ms ? (double)(now_ms - c->oldest_ms) / 1000 : 0;
    sqs_put_metric(svc, batch, queue, "ApproximateAgeOfOldestMessage", age < 0 ? 0 : age, 1,
                   "Seconds");
    struct err err = {0};
    if (!store_batch_empty(batch) && store_commit(svc->store, batch, &err))
        log_warn("sqs", "metrics of " STR_FMT " were not put: %s", STR_ARG(queue->name), err.text);
}

/* ---- Each minute ---- */

static bool is_active(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms) {
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get_locked(svc, queue_id);
    return live->active_ms && now_ms - live->active_ms < active_ms;
}

/* Once in a minute: false when it has been done already. */
static bool is_minute(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms) {
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get_locked(svc, queue_id);
    live->seen_ms = now_ms;
    if (now_ms / minute_ms == live->put_ms / minute_ms)
        return false;
    live->dirty = false;
    live->put_ms = now_ms;
    return true;
}

static void look_each_minute(struct sqs_svc *svc, const struct sqs_queue *queue, int64_t now_ms) {
    struct sqs_counts counts;
    if (!is_minute(svc, queue->id, now_ms))
        return;
    /* A message that came since the run began is visible, and its change is taken for counted. */
    now_ms = clock_world_ms();
    expire(svc, queue, now_ms);
    if (sqs_count(svc, queue->id, now_ms, &counts)) {
        log_warn("sqs", "the messages of " STR_FMT " cannot be read", STR_ARG(queue->name));
        return;
    }
    if (counts.visible || counts.in_flight || counts.delayed || is_active(svc, queue->id, now_ms))
        put_counts(svc, queue, &counts, now_ms);
}

int64_t sqs_each_minute(void *ctx) {
    struct sqs_svc *svc = ctx;
    int64_t now = clock_world_ms();
    CLEANUP_DEINIT(buf) struct buf from = {0};
    sqs_live_arm_waiting(svc);
    key_begin(&from, "sqs");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(svc->store, NULL, STORE_META, buf_view(&from));
    store_iter_damaged_too(it);
    while (store_iter_next(it)) {
        CLEANUP_DEINIT(kit_doc) struct kit_doc doc = {0};
        struct sqs_queue queue;
        if (!it->damaged && kit_doc_of(it->key, it->value, &doc) == 0 &&
            sqs_queue_of(&doc, &queue) == 0)
            look_each_minute(svc, &queue, now);
    }
    sqs_live_forget_unseen(svc, now);
    return (now / minute_ms + 1) * minute_ms;
}

/* ---- What is due for one queue ---- */

/* The first place in [from, to), whose time is put in *ret_due; false: there is none. */
static bool first_place(struct sqs_svc *svc, uint64_t queue_id, int64_t from_ms, int64_t to_ms,
                        int64_t *ret_due) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    uint64_t id;
    sqs_place_key(&from, queue_id, from_ms, 0);
    sqs_place_key(&to, queue_id, to_ms, 0);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(svc->store, NULL, STORE_QUEUE, buf_view(&from), buf_view(&to), false);
    return store_iter_next_key(it) && sqs_place_of_key(it->key, ret_due, &id);
}

/*
 * Wakes who waits, when there is something for them or they waited long enough. When to look again.
 */
static int64_t wake_waiters(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms) {
    int64_t due, next = INT64_MAX;
    if (first_place(svc, queue_id, sqs_live_floor(svc, queue_id, now_ms), now_ms + 1, &due)) {
        LOCK_SCOPE(&svc->lock);
        sqs_live_wake_all_locked(svc, sqs_live_get_locked(svc, queue_id));
    } else if (first_place(svc, queue_id, now_ms + 1, INT64_MAX, &due)) {
        next = due;
    }
    LOCK_SCOPE(&svc->lock);
    int64_t late = sqs_live_wake_late_locked(svc, sqs_live_get_locked(svc, queue_id));
    return late < next ? late : next;
}

/* The key of the row of a queue whose counts are to be put now; empty: they are not. */
static void take_changed(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms,
                         struct buf *ret_key, int64_t *next_ms) {
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get_locked(svc, queue_id);
    if (live->put_ms > now_ms) /* world time went back */
        live->put_ms = 0;
    if (!live->dirty)
        return;
    int64_t at = sqs_live_counts_due_locked(svc, live);
    if (now_ms < at) {
        *next_ms = at < *next_ms ? at : *next_ms;
        return;
    }
    live->dirty = false;
    live->put_ms = live->active_ms = now_ms;
    buf_str(ret_key, buf_view(&live->row_key));
}

static void took(struct sqs_svc *svc, uint64_t queue_id, int64_t began_ms) {
    LOCK_SCOPE(&svc->lock);
    sqs_live_get_locked(svc, queue_id)->count_ms = clock_mono_ms() - began_ms;
}

static void put_changed(struct sqs_svc *svc, str row_key, int64_t now_ms) {
    int64_t began_ms = clock_mono_ms();
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_DEINIT(kit_doc) struct kit_doc doc = {0};
    struct sqs_queue queue;
    struct sqs_counts counts;
    buf_str(&row.key, row_key);
    /* a peek: counts of a queue that goes meanwhile do no harm */
    if (row_peek(&(struct rows){.store = svc->store}, &row) == 0 &&
        kit_doc_of(row_key, buf_view(&row.bytes), &doc) == 0 && sqs_queue_of(&doc, &queue) == 0 &&
        sqs_count(svc, queue.id, now_ms, &counts) == 0) {
        took(svc, queue.id, began_ms);
        put_counts(svc, &queue, &counts, now_ms);
    }
}

static bool is_waited_for(struct sqs_svc *svc, uint64_t queue_id) {
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get_locked(svc, queue_id);
    live->armed_ms = INT64_MAX; /* what comes from here on arms it anew */
    return !list_empty(&live->waiters);
}

enum hub_due_result sqs_queue_due(void *ctx, struct store_batch *, struct hub_due_item *item) {
    struct sqs_svc *svc = ctx;
    CLEANUP_DEINIT(buf) struct buf row_key = {0};
    int64_t now = clock_world_ms();
    int64_t next = is_waited_for(svc, item->id) ? wake_waiters(svc, item->id, now) : INT64_MAX;
    take_changed(svc, item->id, now, &row_key, &next);
    if (row_key.len) /* at the newest time: what came since the run began is taken for counted */
        put_changed(svc, buf_view(&row_key), clock_world_ms());
    if (next != INT64_MAX) {
        LOCK_SCOPE(&svc->lock);
        sqs_live_arm_locked(svc, sqs_live_get_locked(svc, item->id), next);
    }
    return HUB_DUE_DONE;
}
