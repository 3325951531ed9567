/* sqs/live: who waits at a queue, who takes what, where to look, and when to look again. */
#include "svc/sqs/live.h"

#include "base/clock.h"

/*
 * Between two counts of a queue: so much at least, and a long queue's are rarer, a twentieth of the
 * time at most.
 */
static const int64_t counts_pause_ms = 1000;
static const int64_t longest_counts_pause_ms = 30000;
enum { PAUSE_FOR_COUNT = 20 };
/* longer than a batch is on its way to the disk */
static const int64_t floor_margin_ms = 10000;
static const int64_t full_scan_every_ms = 5000;
static const int64_t purge_every_ms = 60000;

static str id_key(const uint64_t *id) { return str_n(id, sizeof *id); }

struct sqs_live *sqs_live_get_locked(struct sqs_svc *svc, uint64_t queue_id) {
    LOCK_HELD(&svc->lock);
    struct sqs_live *live = map_get(&svc->live, id_key(&queue_id));
    if (!live) {
        live = mem_new(struct sqs_live);
        live->id = queue_id;
        live->armed_ms = INT64_MAX;
        list_init(&live->waiters);
        map_put(&svc->live, id_key(&queue_id), live);
    }
    return live;
}

static void live_free(struct sqs_live *live) {
    map_deinit(&live->claims);
    buf_deinit(&live->row_key);
    free(live);
}

void sqs_live_free_all(struct sqs_svc *svc) {
    size_t at = 0;
    str key;
    void *value;
    while (map_next(&svc->live, &at, &key, &value))
        live_free(value);
    map_deinit(&svc->live);
}

void sqs_live_forget_unseen(struct sqs_svc *svc, int64_t seen_ms) {
    size_t at = 0;
    str key;
    void *value;
    LOCK_SCOPE(&svc->lock);
    while (map_next(&svc->live, &at, &key, &value)) {
        struct sqs_live *live = value;
        if (live->seen_ms == seen_ms || !list_empty(&live->waiters) || live->claims.n ||
            live->armed_ms != INT64_MAX)
            continue;
        map_remove(&svc->live, id_key(&live->id));
        live_free(live);
    }
}

/* ---- Receivers ---- */

static void leave_locked(struct sqs_receive *receive) {
    LOCK_HELD(&receive->svc->lock);
    if (receive->waiting)
        list_remove(&receive->node);
    receive->waiting = false;
}

static void drop_claims_locked(struct sqs_receive *receive) {
    LOCK_HELD(&receive->svc->lock);
    struct sqs_live *live = sqs_live_get_locked(receive->svc, receive->queue_id);
    for (size_t i = 0; i < receive->n_claimed; i++)
        map_remove(&live->claims, id_key(&receive->claimed[i]));
    receive->n_claimed = 0;
}

static void receive_is_over(void *ctx) {
    struct sqs_receive *receive = ctx;
    LOCK_SCOPE(&receive->svc->lock);
    leave_locked(receive);
    drop_claims_locked(receive);
}

struct sqs_receive *sqs_receive_of(struct sqs_svc *svc, struct rq *rq, uint64_t queue_id,
                                   int64_t wait_s) {
    struct sqs_receive *receive = rq->stream;
    if (receive)
        return receive;
    receive = arena_new(&rq->arena, struct sqs_receive);
    receive->svc = svc;
    receive->rq = rq;
    receive->queue_id = queue_id;
    receive->deadline_ms = clock_mono_ms() + wait_s * 1000;
    rq->stream = receive;
    rq_on_done(rq, receive_is_over, receive);
    return receive;
}

bool sqs_claim(struct sqs_receive *receive, uint64_t id) {
    LOCK_SCOPE(&receive->svc->lock);
    struct sqs_live *live = sqs_live_get_locked(receive->svc, receive->queue_id);
    if (receive->n_claimed == ARRAY_LEN(receive->claimed) || map_get(&live->claims, id_key(&id)))
        return false;
    map_put(&live->claims, id_key(&id), receive);
    receive->claimed[receive->n_claimed++] = id;
    return true;
}

void sqs_unclaim_all(struct sqs_receive *receive) {
    LOCK_SCOPE(&receive->svc->lock);
    drop_claims_locked(receive);
}

uint64_t sqs_live_tick(struct sqs_svc *svc, uint64_t queue_id) {
    LOCK_SCOPE(&svc->lock);
    return sqs_live_get_locked(svc, queue_id)->tick;
}

bool sqs_wait(struct sqs_receive *receive, uint64_t tick) {
    LOCK_SCOPE(&receive->svc->lock);
    struct sqs_live *live = sqs_live_get_locked(receive->svc, receive->queue_id);
    if (live->tick != tick)
        return false;
    list_append(&live->waiters, &receive->node);
    receive->waiting = true;
    /* something may be visible, or become so, or the wait end */
    sqs_live_arm_locked(receive->svc, live, 0);
    return true;
}

void sqs_stop_waiting(struct sqs_receive *receive) {
    LOCK_SCOPE(&receive->svc->lock);
    leave_locked(receive);
}

/* ---- Changes ---- */

/* Under the lock, so the request cannot be over before it is told. */
static void wake_one_locked(struct sqs_receive *receive) {
    LOCK_HELD(&receive->svc->lock);
    leave_locked(receive);
    aws_resume(receive->rq);
}

void sqs_live_wake_all_locked(struct sqs_svc *svc, struct sqs_live *live) {
    LOCK_HELD(&svc->lock);
    LIST_EACH (node, &live->waiters)
        wake_one_locked(LIST_ENTRY(node, struct sqs_receive, node));
}

void sqs_live_arm_locked(struct sqs_svc *svc, struct sqs_live *live, int64_t due_ms) {
    LOCK_HELD(&svc->lock);
    if (due_ms >= live->armed_ms)
        return;
    live->armed_ms = due_ms;
    hub_due_arm(svc->due, live->id, due_ms);
}

void sqs_live_arm_waiting(struct sqs_svc *svc) {
    size_t at = 0;
    str key;
    void *value;
    LOCK_SCOPE(&svc->lock);
    while (map_next(&svc->live, &at, &key, &value))
        if (!list_empty(&((struct sqs_live *)value)->waiters))
            sqs_live_arm_locked(svc, value, 0);
}

int64_t sqs_live_counts_due_locked(struct sqs_svc *svc, const struct sqs_live *live) {
    LOCK_HELD(&svc->lock);
    int64_t pause = live->count_ms * PAUSE_FOR_COUNT;
    if (pause > longest_counts_pause_ms)
        pause = longest_counts_pause_ms;
    return live->put_ms + (pause > counts_pause_ms ? pause : counts_pause_ms);
}

/* Counts are put soon; whoever waits may see something earlier than was thought. */
static void has_changed_locked(struct sqs_svc *svc, struct sqs_live *live) {
    LOCK_HELD(&svc->lock);
    live->dirty = true;
    sqs_live_arm_locked(svc, live,
                        list_empty(&live->waiters) ? sqs_live_counts_due_locked(svc, live) : 0);
}

/* In the thread that commits. One message wakes one waiter; the others look when the queue is. */
static void message_arrived(void *ctx, uint64_t queue_id) {
    struct sqs_svc *svc = ctx;
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get_locked(svc, queue_id);
    live->tick++;
    if (!list_empty(&live->waiters))
        wake_one_locked(LIST_ENTRY(live->waiters.next, struct sqs_receive, node));
    has_changed_locked(svc, live);
}

static void queue_changed(void *ctx, uint64_t queue_id) {
    struct sqs_svc *svc = ctx;
    LOCK_SCOPE(&svc->lock);
    has_changed_locked(svc, sqs_live_get_locked(svc, queue_id));
}

static void queue_gone(void *ctx, uint64_t queue_id) {
    struct sqs_svc *svc = ctx;
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get_locked(svc, queue_id);
    live->tick++;
    sqs_live_wake_all_locked(svc, live);
}

void sqs_live_changes(struct sqs_svc *svc, struct store_batch *batch, const struct sqs_queue *queue,
                      enum sqs_change change) {
    static void (*const hooks[])(void *ctx, uint64_t queue_id) =
        {[SQS_CHANGED] = queue_changed, [SQS_ARRIVED] = message_arrived, [SQS_GONE] = queue_gone};
    {
        LOCK_SCOPE(&svc->lock);
        struct sqs_live *live = sqs_live_get_locked(svc, queue->id);
        if (live->row_key.len == 0)
            buf_str(&live->row_key, buf_view(&queue->of->row.key));
    }
    store_after_id(batch, hooks[change], svc, queue->id);
}

/* A wait ends in monotonic time: no clock that is set makes it longer. */
int64_t sqs_live_wake_late_locked(struct sqs_svc *svc, struct sqs_live *live) {
    LOCK_HELD(&svc->lock);
    int64_t now = clock_mono_ms(), next = INT64_MAX;
    LIST_EACH (node, &live->waiters) {
        struct sqs_receive *receive = LIST_ENTRY(node, struct sqs_receive, node);
        if (receive->deadline_ms <= now)
            wake_one_locked(receive);
        else if (receive->deadline_ms < next)
            next = receive->deadline_ms;
    }
    return next == INT64_MAX ? next : clock_world_ms() + (next - now);
}

/* ---- The floor ---- */

int64_t sqs_live_floor(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms) {
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get_locked(svc, queue_id);
    if (now_ms < live->floor_set_ms) /* world time went back */
        live->floor_ms = 0;
    return live->floor_ms;
}

void sqs_live_scanned(struct sqs_svc *svc, uint64_t queue_id, int64_t began_ms,
                      int64_t first_due_ms, bool whole) {
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get_locked(svc, queue_id);
    int64_t safe = began_ms - floor_margin_ms;
    int64_t floor = first_due_ms < safe ? first_due_ms : safe;
    if (floor > live->floor_ms || whole)
        live->floor_ms = floor > 0 ? floor : 0;
    live->floor_set_ms = began_ms;
    if (whole)
        live->last_full_ms = clock_mono_ms();
}

bool sqs_live_look_again(struct sqs_svc *svc, uint64_t queue_id) {
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get_locked(svc, queue_id);
    return live->floor_ms > 0 && clock_mono_ms() - live->last_full_ms > full_scan_every_ms;
}

bool sqs_live_may_purge(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms) {
    LOCK_SCOPE(&svc->lock);
    struct sqs_live *live = sqs_live_get_locked(svc, queue_id);
    if (live->purged_ms && now_ms >= live->purged_ms && now_ms - live->purged_ms < purge_every_ms)
        return false;
    live->purged_ms = now_ms;
    return true;
}
