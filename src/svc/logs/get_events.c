/*
 * GetLogEvents. A token names a place between two events: "f/PLACE" goes forward from there,
 * "b/PLACE" backward. At an end of the stream the same token comes back, which is how clients know.
 */
#include "aws/items.h"
#include "svc/logs/logs_priv.h"

enum { DEFAULT_LIMIT = 10000, MAX_BYTES = 1048576 };

static str make_token(struct rq *rq, char direction, struct logs_place at) {
    return arena_printf(&rq->arena, "%c/" STR_FMT, direction, STR_ARG(logs_place_text(rq, at)));
}

static bool take_token(str token, char *ret_direction, struct logs_place *ret_at) {
    if (!(str_starts(token, S("f/")) || str_starts(token, S("b/"))) ||
        !logs_place_parse(str_skip(token, 2), ret_at))
        return false;
    *ret_direction = token.p[0];
    return true;
}

/* What of a stream is to be read, and what was. */
struct reading {
    uint64_t group, stream;
    struct logs_place from, to; /* to is not included */
    bool backward;
    size_t limit;
    struct event {
        int64_t time_ms, ingested_ms;
        size_t message, len; /* where it lies in text */
    } * events;              /* in the order of the walk */
    size_t n;
    struct buf text;
    struct logs_place first, last; /* of what was read, in the order of time */
};

static void reading_deinit(struct reading *rd) {
    free(rd->events);
    buf_deinit(&rd->text);
}

static void keep(struct reading *rd, struct logs_place at, const struct logs_event *event) {
    if ((rd->n & (rd->n - 1)) == 0) /* a power of two, or none: the room is used up */
        rd->events = mem_realloc(rd->events, (rd->n ? rd->n * 2 : 1) * sizeof *rd->events);
    rd->events[rd->n++] = (struct event){.time_ms = at.time_ms,
                                         .ingested_ms = event->ingested_ms,
                                         .message = rd->text.len,
                                         .len = event->message.len};
    buf_str(&rd->text, event->message);
}

/* The event at a place of the index, kept. 0, STORE_E_ABSENT (just swept) or AWS_FAILED. */
static int read_event(struct rq *rq, struct reading *rd, struct logs_place at, size_t *bytes) {
    CLEANUP_DEINIT(row) struct row row = {.cf = STORE_LOGS};
    struct logs_event event;
    logs_event_key(&row.key, rd->group, at);
    int r = rq_row_get(rq, &row);
    if (r)
        return r;
    if (!logs_event_decode(buf_view(&row.key), buf_view(&row.bytes), &event))
        return aws_fault(rq, STORE_E_DAMAGED, "a log event");
    keep(rd, at, &event);
    *bytes += logs_event_size(event.message);
    return 0;
}

static int read_events(struct rq *rq, struct reading *rd) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    logs_index_key(&from, rd->group, rd->stream, rd->from);
    logs_index_key(&to, rd->group, rd->stream, rd->to);
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_new(rq_store(rq), rq_snap(rq), STORE_LOGS, buf_view(&from),
                                           buf_view(&to), rd->backward);
    store_iter_keys_only(it);
    size_t bytes = 0;
    while (rd->n < rd->limit && bytes < MAX_BYTES && store_iter_next(it)) {
        struct logs_place at = logs_place_of(it->key);
        bool is_first = rd->n == 0;
        int r = read_event(rq, rd, at, &bytes);
        if (r == AWS_FAILED)
            return r;
        if (r == STORE_E_ABSENT)
            continue;
        if (is_first)
            rd->first = rd->last = at;
        else if (rd->backward)
            rd->first = at;
        else
            rd->last = at;
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "read log events") : 0;
}

static bool is_before(struct logs_place a, struct logs_place b) {
    return a.time_ms != b.time_ms ? a.time_ms < b.time_ms : a.id < b.id;
}

/* The range of the request, cut by its token. */
static int plan(struct rq *rq, const struct logs_group *group, struct reading *rd,
                struct logs_place *ret_here) {
    int64_t start = json_int(rq->in, "startTime", 0), end = json_int(rq->in, "endTime", INT64_MAX);
    str token = json_str(rq->in, "nextToken");
    char direction = json_bool(rq->in, "startFromHead", false) ? 'f' : 'b';
    rd->from = (struct logs_place){start > group->oldest_ms ? start : group->oldest_ms, 0};
    rd->to = (struct logs_place){end, 0};
    *ret_here = rd->from;
    if (token.p && !take_token(token, &direction, ret_here))
        return aws_fail(rq, &LOGS_InvalidParameterException, "The specified nextToken is invalid.");
    rd->backward = direction == 'b';
    if (token.p && !rd->backward && is_before(rd->from, *ret_here))
        rd->from = *ret_here;
    if (token.p && rd->backward && is_before(*ret_here, rd->to))
        rd->to = *ret_here;
    if (is_before(rd->to, rd->from))
        rd->to = rd->from;
    return 0;
}

/* Ascending, whichever way they were read. */
static void tell(struct rq *rq, const struct reading *rd) {
    struct items *events = rq_out_items(rq, "events");
    for (size_t i = 0; i < rd->n; i++) {
        const struct event *e = &rd->events[rd->backward ? rd->n - 1 - i : i];
        items_begin(events);
        items_int(events, "timestamp", e->time_ms);
        items_str(events, "message",
                  str_slice(buf_view(&rd->text), e->message, e->message + e->len));
        items_int(events, "ingestionTime", e->ingested_ms);
        items_close(events);
    }
}

int logs_op_GetLogEvents(struct logs_svc *, struct rq *rq) {
    CLEANUP_DEINIT(logs_group) struct logs_group group = {0};
    CLEANUP_DEINIT(logs_stream) struct logs_stream stream = {0};
    struct logs_place here;
    CLEANUP_DEINIT(reading)
    struct reading rd = {.limit = (size_t)json_int(rq->in, "limit", DEFAULT_LIMIT)};
    if (logs_group_of(rq, &group) || logs_stream_of(rq, &group, &stream) ||
        plan(rq, &group, &rd, &here))
        return AWS_FAILED;
    rd.group = group.id;
    rd.stream = stream.id;
    if (read_events(rq, &rd))
        return AWS_FAILED;
    rq->out = json_object();
    tell(rq, &rd);
    struct logs_place behind = {rd.last.time_ms, rd.last.id + 1};
    bool any = rd.n > 0;
    json_set_str(rq->out, "nextForwardToken", make_token(rq, 'f', any ? behind : here));
    json_set_str(rq->out, "nextBackwardToken", make_token(rq, 'b', any ? rd.first : here));
    return 0;
}
