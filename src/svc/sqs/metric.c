/*
 * What a queue holds, told each minute and soon after a change, so that an alarm on dead letters
 * need not wait; and the timer that does it, ends long polls and drops what is past its retention.
 */
#include "base/clock.h"
#include "base/log.h"
#include "svc/kit/metric.h"
#include "svc/sqs/live.h"

static const int64_t minute_ms = 60000;
static const int64_t soon_ms = 1000; /* counts are put at most this often */
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

int sqs_count(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms, struct sqs_counts *ret) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    *ret = (struct sqs_counts){.next_due_ms = INT64_MAX};
    sqs_place_prefix(&from, queue_id);
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(svc->store, NULL, STORE_QUEUE, buf_view(&from));
    while (store_iter_next(it)) {
        int64_t due, sent;
        uint64_t id;
        enum sqs_place place;
        if (!sqs_place_parse(it->key, it->value, &due, &id, &place, &sent))
            continue;
        if (due <= now_ms)
            ret->visible++;
        else if (place == SQS_IN_FLIGHT)
            ret->in_flight++;
        else
            ret->delayed++;
        if (due > now_ms && due < ret->next_due_ms)
            ret->next_due_ms = due;
        if (ret->oldest_ms == 0 || sent < ret->oldest_ms)
            ret->oldest_ms = sent;
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
    sqs_live_changes(svc, batch, queue->id, SQS_CHANGED);
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

/* What the timer must know of a queue before it reads its rows. */
struct due {
    bool minute, changed, waited_for;
};

static struct due what_is_due(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms,
                              int64_t *next_ms) {
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get(svc, queue_id);
    struct due due = {.waited_for = !list_empty(&live->waiters)};
    if (live->put_ms > now_ms) /* world time went back */
        live->put_ms = 0;
    due.minute = now_ms / minute_ms != live->put_ms / minute_ms;
    due.changed = live->dirty && now_ms - live->put_ms >= soon_ms;
    if (live->dirty && !due.changed && live->put_ms + soon_ms < *next_ms)
        *next_ms = live->put_ms + soon_ms;
    if (due.changed)
        live->active_ms = now_ms;
    if (due.minute || due.changed) {
        live->dirty = false;
        live->put_ms = now_ms;
    }
    return due;
}

static bool is_active(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms) {
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get(svc, queue_id);
    return live->active_ms && now_ms - live->active_ms < active_ms;
}

/* Something is visible: everybody may look. */
static void wake_all(struct sqs_svc *svc, uint64_t queue_id) {
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get(svc, queue_id);
    LIST_EACH (node, &live->waiters) {
        struct sqs_receive *receive = LIST_ENTRY(node, struct sqs_receive, node);
        list_remove(&receive->node);
        receive->waiting = false;
        aws_resume(receive->rq);
    }
}

static void tend(struct sqs_svc *svc, const struct sqs_queue *queue, int64_t now_ms,
                 int64_t *next_ms) {
    struct due due = what_is_due(svc, queue->id, now_ms, next_ms);
    struct sqs_counts counts = {.next_due_ms = INT64_MAX};
    /* A message that came since the run began is visible, and its change is taken for counted. */
    now_ms = clock_world_ms();
    if (due.minute)
        expire(svc, queue, now_ms);
    if ((due.minute || due.changed || due.waited_for) &&
        sqs_count(svc, queue->id, now_ms, &counts)) {
        log_warn("sqs", "the messages of " STR_FMT " cannot be read", STR_ARG(queue->name));
        return;
    }
    bool holds = counts.visible || counts.in_flight || counts.delayed;
    if (due.changed || (due.minute && (holds || is_active(svc, queue->id, now_ms))))
        put_counts(svc, queue, &counts, now_ms);
    if (counts.visible)
        wake_all(svc, queue->id);
    if (due.waited_for && counts.next_due_ms < *next_ms)
        *next_ms = counts.next_due_ms;
}

int64_t sqs_timer_run(void *ctx) {
    struct sqs_svc *svc = ctx;
    int64_t now = clock_world_ms(), next = (now / minute_ms + 1) * minute_ms;
    CLEANUP_DEINIT(buf) struct buf from = {0};
    key_begin(&from, "sqs");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(svc->store, NULL, STORE_META, buf_view(&from));
    while (store_iter_next(it)) {
        CLEANUP_DEINIT(kit_doc) struct kit_doc doc = {0};
        struct sqs_queue queue;
        if (kit_doc_of(it->key, it->value, &doc) == 0 && sqs_queue_of(&doc, &queue) == 0)
            tend(svc, &queue, now, &next);
    }
    int64_t late = sqs_live_wake_late(svc);
    if (late != INT64_MAX && late + clock_offset_ms() < next) /* a long poll ends in real time */
        next = late + clock_offset_ms();
    return next;
}
