/*
 * ReceiveMessage: what is visible now, or a wait for it; and what is moved to the dead letters on
 * the way.
 */
#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/rand.h"
#include "svc/sqs/handle.h"
#include "svc/sqs/live.h"

struct look {
    struct sqs_svc *svc;
    struct rq *rq;
    const struct rows *rows;
    struct sqs_queue *queue, dead; /* dead.of NULL: no dead-letter queue */
    struct sqs_receive *receive;
    int64_t now_ms, visibility_s, most;
    json_t *messages;
    size_t taken;         /* rows claimed in this look */
    int64_t first_due_ms; /* of what the scan met; INT64_MAX: nothing */
};

/* ---- What a message looks like ---- */

/* AttributeNames is the older spelling of MessageSystemAttributeNames. */
static bool wants_system(struct rq *rq, const char *name) {
    return sqs_is_asked(json_arr(rq->in, "AttributeNames"), name) ||
           sqs_is_asked(json_arr(rq->in, "MessageSystemAttributeNames"), name);
}

static void add_system(struct rq *rq, json_t *out, const struct sqs_message *m,
                       const struct sqs_state *s) {
    json_t *a = json_object();
    if (wants_system(rq, "SenderId"))
        json_set_str(a, "SenderId", m->sender);
    if (wants_system(rq, "SentTimestamp"))
        sqs_set_number(a, "SentTimestamp", m->sent_ms);
    if (wants_system(rq, "ApproximateReceiveCount"))
        sqs_set_number(a, "ApproximateReceiveCount", s->receives);
    if (wants_system(rq, "ApproximateFirstReceiveTimestamp"))
        sqs_set_number(a, "ApproximateFirstReceiveTimestamp", s->first_received_ms);
    if (m->trace.len && wants_system(rq, "AWSTraceHeader"))
        json_set_str(a, "AWSTraceHeader", m->trace);
    if (m->dead_letter_source.len && wants_system(rq, "DeadLetterQueueSourceArn"))
        json_set_str(a, "DeadLetterQueueSourceArn", m->dead_letter_source);
    if (json_object_size(a))
        json_object_set(out, "Attributes", a);
    json_decref(a);
}

/* "All", ".*", "name", "prefix.*" */
static bool wants_attribute(const json_t *names, str name) {
    for (size_t i = 0; i < json_array_size(names); i++) {
        str want = json_text(json_array_get(names, i));
        if (str_is(want, "All") || str_eq(want, name))
            return true;
        if (str_ends(want, S(".*")) && str_starts(name, str_slice(want, 0, want.len - 2)))
            return true;
    }
    return false;
}

static void add_attributes(struct rq *rq, json_t *out, const struct sqs_message *m) {
    const json_t *names = json_arr(rq->in, "MessageAttributeNames");
    CLEANUP_JSON json_t *all = m->attributes.len ? json_parse(m->attributes, NULL) : NULL;
    CLEANUP_JSON json_t *wanted = json_object();
    const char *name;
    json_t *value;
    char md5[33];
    json_object_foreach (all, name, value)
        if (wants_attribute(names, str_c(name)))
            json_object_set(wanted, name, value);
    if (json_object_size(wanted) == 0)
        return;
    json_object_set(out, "MessageAttributes", wanted);
    sqs_md5_attributes(wanted, md5);
    json_set_str(out, "MD5OfMessageAttributes", str_c(md5));
}

static json_t *show(struct look *l, const struct sqs_message *m, const struct sqs_state *s) {
    json_t *out = json_object();
    char md5[33], handle[SQS_HANDLE_LEN + 1];
    sqs_handle_make(handle, l->queue->id, m->id, s->receipt);
    sqs_md5(m->body, md5);
    json_set_str(out, "MessageId", str_c(m->message_id));
    json_set_str(out, "ReceiptHandle", str_c(handle));
    json_set_str(out, "MD5OfBody", str_c(md5));
    json_set_str(out, "Body", m->body);
    add_system(l->rq, out, m, s);
    add_attributes(l->rq, out, m);
    return out;
}

/* ---- One message ---- */

static void move_to_dead_letters(struct look *l, const struct sqs_message *m,
                                 const struct sqs_state *s) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    struct sqs_message moved = *m;
    sqs_queue_arn(l->queue, &arn);
    moved.id = 0;
    moved.dead_letter_source = buf_view(&arn);
    sqs_message_drop(l->rows, l->queue->id, m->id, s);
    row_still(l->rows, &l->dead.of->row);
    log_warn("sqs",
             "message %s of queue " STR_FMT
             " goes to the dead letters in %s: receives without a deletion: %lld",
             m->message_id, STR_ARG(buf_view(&arn)), l->queue->dead_letter_arn,
             (long long)s->receives);
    sqs_message_put(l->svc, l->rows, &l->dead, &moved, l->now_ms);
}

static int hand_out(struct look *l, const struct sqs_message *m, const struct sqs_state *before) {
    struct sqs_state after = *before;
    after.receives++;
    after.due_ms = l->now_ms + l->visibility_s * 1000;
    after.receipt = rand_u64() | 1;
    if (!after.first_received_ms)
        after.first_received_ms = l->now_ms;
    sqs_state_change(l->rows, l->queue->id, m->id, before, &after, SQS_IN_FLIGHT);
    json_array_append_new(l->messages, show(l, m, &after));
    return 0;
}

/*
 * A place whose message has moved on, or is gone: left by a purge that crossed another change.
 * Blind: no message comes back to it.
 */
static void drop_place(struct look *l, str key) { row_del_blind(l->rows, STORE_QUEUE, key); }

static int take(struct look *l, str place_key, int64_t due_ms, uint64_t id) {
    CLEANUP_DEINIT(buf) struct buf plain = {0};
    CLEANUP_DEINIT(sqs_state) struct sqs_state state = {0};
    struct sqs_message message;
    if (!sqs_claim(l->receive, id))
        return 0;
    l->taken++;
    int r = sqs_state_peek(l->rows, l->queue->id, id, &state);
    if (r == 0 && state.due_ms != due_ms)
        r = STORE_E_ABSENT; /* changed since the iterator was made, or a stale place */
    if (r == 0 && state.sent_ms + l->queue->retention_s * 1000 <= l->now_ms) {
        sqs_message_drop(l->rows, l->queue->id, id, &state);
        return 0;
    }
    if (r == 0)
        r = sqs_message_get(l->svc, l->queue, id, &plain, &message);
    if (r == STORE_E_ABSENT) {
        if (sqs_state_peek(l->rows, l->queue->id, id, &state) == STORE_E_ABSENT)
            drop_place(l, place_key);
        return 0;
    }
    if (r)
        return aws_fault(l->rq, r, "reading a message");
    if (l->dead.of && state.receives >= l->queue->max_receives) {
        move_to_dead_letters(l, &message, &state);
        return 0;
    }
    return hand_out(l, &message, &state);
}

/* ---- One look at the queue ---- */

static int scan(struct look *l, int64_t from_ms) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    sqs_place_key(&from, l->queue->id, from_ms, 0);
    sqs_place_key(&to, l->queue->id, l->now_ms + 1, 0);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(l->svc->store, NULL, STORE_QUEUE, buf_view(&from), buf_view(&to), false);
    l->first_due_ms = INT64_MAX;
    /* dead letters are moved with their bodies: a hundred may be a hundred MiB */
    while ((int64_t)json_array_size(l->messages) < l->most && l->taken < SQS_LOOK &&
           !store_batch_is_full(l->rows->batch) && store_iter_next_key(it)) {
        int64_t due;
        uint64_t id;
        if (!sqs_place_of_key(it->key, &due, &id))
            return aws_fault(l->rq, STORE_E_DAMAGED, "reading a message's place");
        if (due < l->first_due_ms)
            l->first_due_ms = due;
        if (take(l, it->key, due, id))
            return AWS_FAILED;
    }
    return store_iter_fault(it) ? aws_fault(l->rq, store_iter_fault(it), "reading the queue") : 0;
}

static int look(struct look *l) {
    int64_t floor = sqs_live_floor(l->svc, l->queue->id, l->now_ms);
    if (scan(l, floor))
        return AWS_FAILED;
    sqs_live_scanned(l->svc, l->queue->id, l->now_ms, l->first_due_ms, floor == 0);
    if (l->taken || !sqs_live_look_again(l->svc, l->queue->id))
        return 0;
    if (scan(l, 0))
        return AWS_FAILED;
    sqs_live_scanned(l->svc, l->queue->id, l->now_ms, l->first_due_ms, true);
    return 0;
}

/* A member within bounds; absent gives otherwise. */
static int take_number(struct rq *rq, const char *name, int64_t otherwise, int64_t least,
                       int64_t most, int64_t *ret) {
    *ret = json_int(rq->in, name, otherwise);
    if (!json_has(rq->in, name) || (*ret >= least && *ret <= most))
        return 0;
    return aws_fail(
        rq, &SQS_InvalidParameterValue,
        "Value %lld for parameter %s is invalid. Reason: Must be between %lld and %lld, if provided.",
        (long long)*ret, name, (long long)least, (long long)most);
}

static void count_receive(struct look *l) {
    size_t n = json_array_size(l->messages);
    struct store_batch *batch = rq_batch(l->rq);
    if (n)
        sqs_put_metric(l->svc, batch, l->queue, "NumberOfMessagesReceived", 1, (double)n, "Count");
    else
        sqs_put_metric(l->svc, batch, l->queue, "NumberOfEmptyReceives", 1, 1, "Count");
    if (n)
        sqs_live_changes(l->svc, batch, l->queue, SQS_CHANGED);
}

static int answer(struct look *l) {
    count_receive(l);
    l->rq->out = json_object();
    if (json_array_size(l->messages))
        json_object_set(l->rq->out, "Messages", l->messages);
    return 0;
}

/* Commits what was moved or dropped before anything was found to answer with. */
static int commit_aside(struct look *l) {
    sqs_live_changes(l->svc, rq_batch(l->rq), l->queue, SQS_CHANGED);
    int r = rq_commit(l->rq);
    sqs_unclaim_all(l->receive);
    if (r == AWS_FAILED)
        return r;
    row_still(l->rows, &l->queue->of->row);
    return 0; /* a condition that failed: somebody else was first, the next look sees it */
}

enum { LOOKS_MAX = 1000 }; /* SQS_LOOK rows each: then the client may ask again */

/* Looks; then answers, or waits for a change. */
static int look_again(void *svc, struct rq *rq) { return sqs_op_ReceiveMessage(svc, rq); }

static int look_or_wait(struct look *l) {
    for (int n = 0; n < LOOKS_MAX; n++) {
        uint64_t tick = sqs_live_tick(l->svc, l->queue->id);
        l->now_ms = clock_world_ms();
        l->taken = 0;
        if (look(l))
            return AWS_FAILED;
        if (json_array_size(l->messages))
            break;
        if (!store_batch_idle(rq_batch(l->rq))) {
            if (commit_aside(l))
                return AWS_FAILED;
            continue;
        }
        sqs_unclaim_all(l->receive);
        if (clock_mono_ms() >= l->receive->deadline_ms || !aws_may_wait(l->rq))
            break;
        if (sqs_wait(l->receive, tick))
            return aws_suspend(l->rq, look_again);
    }
    return answer(l);
}

static int receive_from(struct sqs_svc *svc, struct rq *rq, struct sqs_queue *queue) {
    CLEANUP_DEINIT(kit_doc) struct kit_doc dead = {0};
    CLEANUP_JSON json_t *messages = json_array();
    int64_t wait_s;
    struct look l = {.svc = svc,
                     .rq = rq,
                     .rows = rq_rows_newest(rq),
                     .queue = queue,
                     .messages = messages};
    if (take_number(rq, "MaxNumberOfMessages", 1, 1, 10, &l.most) ||
        take_number(rq, "VisibilityTimeout", queue->visibility_s, 0, 43200, &l.visibility_s) ||
        take_number(rq, "WaitTimeSeconds", queue->wait_s, 0, 20, &wait_s))
        return AWS_FAILED;
    l.receive = sqs_receive_of(svc, rq, queue->id, wait_s);
    sqs_stop_waiting(l.receive);
    sqs_unclaim_all(l.receive); /* of an attempt whose commit failed */
    if (queue->dead_letter_arn[0]) {
        /* a condition of what is moved there, not of what is received */
        struct rows only_read = {svc->store, NULL, NULL};
        int r = sqs_queue_get(&only_read, str_c(queue->dead_letter_arn), &dead, &l.dead);
        if (r &&
            r != STORE_E_ABSENT) /* without its dead-letter queue a message stays where it is */
            return aws_fault(rq, r, "reading the dead-letter queue");
    }
    return look_or_wait(&l);
}

int sqs_op_ReceiveMessage(struct sqs_svc *svc, struct rq *rq) {
    struct sqs_queue queue;
    return sqs_use_queue(rq, &queue) ? AWS_FAILED : receive_from(svc, rq, &queue);
}
