/*
 * FilterLogEvents: a walk over the group in the order of time, all streams interleaved. A page ends
 * at its limit, at 1 MB, or after a bounded search; then it has a token, and may be empty.
 */
#include "aws/items.h"
#include "svc/logs/logs_priv.h"
#include "svc/logs/pattern.h"

enum { DEFAULT_LIMIT = 10000, MAX_BYTES = 1048576, MAX_SEARCHED = 100000 };

struct filter {
    struct logs_pattern *pattern;
    const json_t *streams; /* or NULL */
    str prefix;
    struct logs_place from;
    int64_t end_ms;
    size_t limit;
};
static void filter_deinit(struct filter *f) { logs_pattern_free(f->pattern); }

static int take_filter(struct rq *rq, const struct logs_group *group, struct filter *f) {
    struct err err = {{0}};
    int64_t start = json_int(rq->in, "startTime", 0);
    if (json_has(rq->in, "logStreamNames") && json_has(rq->in, "logStreamNamePrefix"))
        return aws_fail(
            rq, &LOGS_InvalidParameterException,
            "LogStream name prefix and LogStream names are mutually exclusive parameters.");
    f->streams = json_arr(rq->in, "logStreamNames");
    f->prefix = json_str(rq->in, "logStreamNamePrefix");
    f->limit = (size_t)json_int(rq->in, "limit", DEFAULT_LIMIT);
    int64_t end = json_int(rq->in, "endTime", INT64_MAX - 1);
    /* events at endTime belong to it (not so in GetLogEvents) */
    f->end_ms = end < INT64_MAX ? end + 1 : end;
    f->from = (struct logs_place){start > group->oldest_ms ? start : group->oldest_ms, 0};
    if (end < start)
        return aws_fail(rq, &LOGS_InvalidParameterException,
                        "End time must not be before start time");
    if (json_has(rq->in, "nextToken") && !logs_place_parse(json_str(rq->in, "nextToken"), &f->from))
        return aws_fail(rq, &LOGS_InvalidParameterException, "The specified nextToken is invalid.");
    if (logs_pattern_new(&f->pattern, json_str(rq->in, "filterPattern"), &err))
        return aws_fail(rq, &LOGS_InvalidParameterException, "%s", err.text);
    return 0;
}

static bool is_wanted(const struct filter *f, const struct logs_event *event) {
    if (!str_starts(event->stream, f->prefix))
        return false;
    bool listed = !f->streams || json_find_text(f->streams, event->stream) >= 0;
    return listed && logs_pattern_match(f->pattern, event->message);
}

static void tell(struct items *events, const struct logs_event *event) {
    char id[LOGS_EVENT_ID];
    logs_event_id(event, id);
    items_begin(events);
    items_str(events, "logStreamName", event->stream);
    items_int(events, "timestamp", event->at.time_ms);
    items_str(events, "message", event->message);
    items_int(events, "ingestionTime", event->ingested_ms);
    items_str(events, "eventId", str_n(id, sizeof id));
    items_close(events);
}

static int walk(struct rq *rq, const struct logs_group *group, const struct filter *f) {
    struct items *events = rq_out_items(rq, "events");
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    logs_event_key(&from, group->id, f->from);
    logs_event_key(&to, group->id, (struct logs_place){f->end_ms, 0});
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_new(rq_store(rq), rq_snap(rq), STORE_LOGS, buf_view(&from),
                                           buf_view(&to), false);
    size_t told = 0, bytes = 0, searched = 0;
    struct logs_event event;
    while (store_iter_next(it)) {
        if (!logs_event_decode(it->key, it->value, &event))
            return aws_fault(rq, STORE_E_DAMAGED, "a log event");
        if (told == f->limit || bytes >= MAX_BYTES || searched++ >= MAX_SEARCHED) {
            json_set_str(rq->out, "nextToken", logs_place_text(rq, event.at));
            break;
        }
        if (!is_wanted(f, &event))
            continue;
        tell(events, &event);
        told++;
        bytes += logs_event_size(event.message);
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "search log events") : 0;
}

int logs_op_FilterLogEvents(struct logs_svc *, struct rq *rq) {
    CLEANUP_DEINIT(logs_group) struct logs_group group = {0};
    CLEANUP_DEINIT(filter) struct filter f = {0};
    if (logs_group_of(rq, &group) || take_filter(rq, &group, &f))
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, "searchedLogStreams", json_array()); /* empty, since 2020, in AWS too */
    return walk(rq, &group, &f);
}
