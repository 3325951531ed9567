/*
 * PutLogEvents. The rows of group and stream are read, and so must stay as they are until the
 * events are there; writers do not change them, so writers never wait for each other.
 *
 * The metrics in the events may be many more than the events: what one write does not take goes into
 * further ones, before the answer.
 *
 * Sequence tokens are accepted and mean nothing, as in AWS since 2023; events that are
 * too old, too new or already expired are left out and told, and the rest is taken.
 */
#include "svc/logs/logs_priv.h"

enum { MAX_BATCH = 1048576, MAX_EVENT = 1048576 };
#define DAY_MS     (24LL * 3600 * 1000)
#define TOO_OLD_MS (14 * DAY_MS)
#define TOO_NEW_MS (2LL * 3600 * 1000)

static int check_events(struct rq *rq, const json_t *list, struct logs_event *events) {
    size_t bytes = 0, n = json_array_size(list);
    for (size_t i = 0; i < n; i++) {
        const json_t *e = json_array_get(list, i);
        events[i] = (struct logs_event){.at = {.time_ms = json_int(e, "timestamp", 0)},
                                        .message = json_str(e, "message")};
        size_t size = logs_event_size(events[i].message);
        if (size > MAX_EVENT)
            return aws_fail(rq, &LOGS_InvalidParameterException,
                            "Log event too large: %zu bytes exceeds limit of %d", size, MAX_EVENT);
        bytes += size;
        if (i && events[i].at.time_ms < events[i - 1].at.time_ms)
            return aws_fail(
                rq, &LOGS_InvalidParameterException,
                "Log events in a single PutLogEvents request must be in chronological order.");
    }
    if (bytes > MAX_BATCH)
        return aws_fail(rq, &LOGS_InvalidParameterException,
                        "Upload too large: %zu bytes exceeds limit of %d", bytes, MAX_BATCH);
    if (n && events[n - 1].at.time_ms - events[0].at.time_ms > DAY_MS)
        return aws_fail(
            rq, &LOGS_InvalidParameterException,
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
    return 0;
}

/* Cuts events that are out of range off both ends; says so in the answer. */
static void reject(struct rq *rq, const struct logs_group *group, struct logs_event **events,
                   size_t *n) {
    json_t *info = json_object();
    size_t first = 0, end = *n;
    while (first < end && (*events)[first].at.time_ms < rq->now_ms - TOO_OLD_MS)
        first++;
    if (first)
        json_set_int(info, "tooOldLogEventEndIndex", (int64_t)first);
    size_t old = first;
    while (first < end && (*events)[first].at.time_ms < group->oldest_ms)
        first++;
    if (first > old)
        json_set_int(info, "expiredLogEventEndIndex", (int64_t)first);
    while (end > first && (*events)[end - 1].at.time_ms > rq->now_ms + TOO_NEW_MS)
        end--;
    if (end < *n)
        json_set_int(info, "tooNewLogEventStartIndex", (int64_t)end);
    if (json_object_size(info))
        json_set(rq->out, "rejectedLogEventsInfo", json_incref(info));
    json_decref(info);
    *events += first;
    *n = end - first;
}

/*
 * The events are in the first commit, with the first of their metrics; the later ones hold metrics
 * alone, which add up and ask nothing of what is there. Who gets no answer sends all again.
 */
static int write_on(void *ctx) { return rq_commit(ctx); }

static int write_all(struct logs_svc *logs, struct rq *rq, const struct logs_target *target,
                     const struct logs_event *events, size_t n) {
    struct logs_room room = {.left = LOGS_EMF_CALL_MOST,
                             .of_event = SIZE_MAX,
                             .commit = write_on,
                             .ctx = rq};
    logs_write(logs, rq_rows(rq), target, events, n, &room);
    if (room.result || !room.too_many)
        return room.result;
    return aws_fail(rq, &LOGS_InvalidParameterException,
                    "The log events stand for more than %d values of metrics", LOGS_EMF_CALL_MOST);
}

int logs_op_PutLogEvents(struct logs_svc *logs, struct rq *rq) {
    const json_t *list = json_arr(rq->in, "logEvents");
    size_t n = json_array_size(list);
    struct logs_event *events = arena_alloc(&rq->arena, (n + 1) * sizeof *events);
    CLEANUP_DEINIT(logs_group) struct logs_group group = {0};
    CLEANUP_DEINIT(logs_stream) struct logs_stream stream = {0};
    if (json_has(rq->in, "entity"))
        return aws_fail(rq, &LOGS_InvalidParameterException, "entity is not supported by calotype");
    if (logs_group_of(rq, &group) || logs_stream_of(rq, &group, &stream) ||
        check_events(rq, list, events))
        return AWS_FAILED;
    rq->out = json_object();
    /* Old agents want one to send back; 56 digits, as AWS's. */
    json_set_str(
        rq->out, "nextSequenceToken",
        arena_printf(&rq->arena, "%056llu", (unsigned long long)store_next_id(rq_store(rq))));
    reject(rq, &group, &events, &n);
    struct logs_target target = {rq->account, rq->region, group.id, stream.id,
                                 json_str(rq->in, "logStreamName")};
    return write_all(logs, rq, &target, events, n);
}
