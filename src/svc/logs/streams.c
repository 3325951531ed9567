/* Log streams. */
#include "base/arn.h"
#include "svc/logs/logs_priv.h"

enum { DEFAULT_LIMIT = 50, DELETE_AT_ONCE = 5000 };

int logs_op_CreateLogStream(struct logs_svc *, struct rq *rq) {
    CLEANUP_DEINIT(logs_group) struct logs_group group = {0};
    CLEANUP_DEINIT(row) struct row row = {0};
    str name = json_str(rq->in, "logStreamName");
    if (logs_group_of(rq, &group))
        return AWS_FAILED;
    logs_stream_key(&row.key, rq->account, rq->region, group.name, name);
    int r = rq_row_get(rq, &row);
    if (r == 0)
        return aws_fail(rq, &LOGS_ResourceAlreadyExistsException,
                        "The specified log stream already exists");
    if (r != STORE_E_ABSENT)
        return r;
    CLEANUP_JSON json_t *doc = logs_new_stream(rq_store(rq), name, rq->now_ms);
    row_put_json(rq_rows(rq), &row, doc);
    return 0;
}

/*
 * The size of an event at a place of the index; 0 when it was swept just now. A peek: events never
 * change.
 */
static int size_of(struct rq *rq, uint64_t group, struct logs_place at, size_t *ret_size) {
    CLEANUP_DEINIT(row) struct row row = {.cf = STORE_LOGS};
    struct logs_event event;
    logs_event_key(&row.key, group, at);
    int r = rq_row_peek(rq, &row);
    bool good = r == 0 && logs_event_decode(buf_view(&row.key), buf_view(&row.bytes), &event);
    *ret_size = good ? logs_event_size(event.message) : 0;
    return r == STORE_E_ABSENT ? 0 : r;
}

/*
 * Adds the removal of some of the stream's events to the batch. Blind: they go with the stream's
 * row.
 */
static int delete_some(struct rq *rq, uint64_t group, uint64_t stream, size_t *ret_n) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0}, key = {0};
    logs_index_key(&from, group, stream, (struct logs_place){0, 0});
    logs_index_key(&to, group, stream + 1, (struct logs_place){0, 0});
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_new(rq_store(rq), rq_snap(rq), STORE_LOGS, buf_view(&from),
                                           buf_view(&to), false);
    store_iter_keys_only(it);
    size_t n = 0, bytes = 0, size = 0;
    for (; n < DELETE_AT_ONCE && store_iter_next(it); n++) {
        if (size_of(rq, group, logs_place_of(it->key), &size))
            return AWS_FAILED;
        logs_event_key(&key, group, logs_place_of(it->key));
        row_del_blind(rq_rows(rq), STORE_LOGS, buf_view(&key));
        row_del_blind(rq_rows(rq), STORE_LOGS, it->key);
        bytes += size;
    }
    if (n)
        logs_count_bytes(rq_batch(rq), group, -1, (double)bytes);
    store_batch_frees(rq_batch(rq));
    *ret_n = n;
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "delete log events") : 0;
}

/*
 * The stream's row goes with the first lot, so that nobody sees half of it. Whoever writes events
 * expects that row: when it is gone, one more look finds the last of them.
 */
int logs_op_DeleteLogStream(struct logs_svc *logs, struct rq *rq) {
    CLEANUP_DEINIT(logs_group) struct logs_group group = {0};
    CLEANUP_DEINIT(logs_stream) struct logs_stream stream = {0};
    size_t n = 0;
    if (logs_group_of(rq, &group) || logs_stream_of(rq, &group, &stream))
        return AWS_FAILED;
    row_del(rq_rows(rq), &stream.row);
    store_after(rq_batch(rq), logs_known_forget, logs);
    int r = delete_some(rq, group.id, stream.id, &n);
    for (n = 1; r == 0 && n;) {
        r = rq_commit(rq);
        if (r == 0)
            r = delete_some(rq, group.id, stream.id, &n);
    }
    return r;
}

/* ---- DescribeLogStreams ---- */

struct item {
    str name;
    uint64_t id;
    int64_t created_ms;
    int64_t last_ms; /* of the last event; -1: none. Only filled where the order needs it */
};
struct items {
    struct item *v;
    size_t n, cap;
};
static void items_deinit(struct items *items) { free(items->v); }

/* The first or last event of a stream: 0, STORE_E_ABSENT or AWS_FAILED. */
static int edge(struct rq *rq, const struct logs_group *group, uint64_t stream, bool last,
                struct logs_place *ret) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    logs_index_key(&from, group->id, stream, (struct logs_place){group->oldest_ms, 0});
    logs_index_key(&to, group->id, stream + 1, (struct logs_place){0, 0});
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(rq_store(rq), rq_snap(rq), STORE_LOGS, buf_view(&from), buf_view(&to), last);
    store_iter_keys_only(it);
    if (store_iter_next(it)) {
        *ret = logs_place_of(it->key);
        return 0;
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "read log stream") : STORE_E_ABSENT;
}

static int collect(struct rq *rq, const struct logs_group *group, bool by_time,
                   struct items *items) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    str prefix = json_str(rq->in, "logStreamNamePrefix");
    logs_stream_key(&from, rq->account, rq->region, group->name, STR_NONE);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_below(rq_store(rq), rq_snap(rq), STORE_META, buf_view(&from));
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        struct item item = {arena_str(&rq->arena, json_str(doc, "name")),
                            (uint64_t)json_int(doc, "id", 0), json_int(doc, "creationTime", 0), -1};
        struct logs_place last;
        if (!str_starts(item.name, prefix))
            continue;
        int r = by_time ? edge(rq, group, item.id, true, &last) : STORE_E_ABSENT;
        if (r == AWS_FAILED)
            return r;
        if (r == 0)
            item.last_ms = last.time_ms;
        if (items->n == items->cap) {
            items->cap = items->cap ? items->cap * 2 : 64;
            items->v = mem_realloc(items->v, items->cap * sizeof *items->v);
        }
        items->v[items->n++] = item;
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "list log streams") : 0;
}

/* By time, then name; without times all are alike (-1). */
static int compare(const struct item *a, const struct item *b) {
    if (a->last_ms != b->last_ms)
        return a->last_ms < b->last_ms ? -1 : 1;
    return str_cmp(a->name, b->name);
}
static int ascending(const void *a, const void *b) { return compare(a, b); }
static int descending(const void *a, const void *b) { return compare(b, a); }

static int describe(struct rq *rq, const struct logs_group *group, const struct item *item,
                    json_t *list) {
    CLEANUP_DEINIT(row) struct row row = {.cf = STORE_LOGS};
    struct logs_place first = {0}, last = {0};
    struct logs_event event;
    json_t *out = json_object();
    json_array_append_new(list, out);
    json_set_str(out, "logStreamName", item->name);
    json_set_int(out, "creationTime", item->created_ms);
    json_set_str(out, "arn",
                 arn_str(&rq->arena, "logs", rq->region, rq->account,
                         "log-group:" STR_FMT ":log-stream:" STR_FMT, STR_ARG(group->name),
                         STR_ARG(item->name)));
    json_set_int(out, "storedBytes", 0); /* always, since 2019, in AWS too */
    int r = edge(rq, group, item->id, false, &first);
    if (r == 0)
        r = edge(rq, group, item->id, true, &last);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    json_set_int(out, "firstEventTimestamp", first.time_ms);
    json_set_int(out, "lastEventTimestamp", last.time_ms);
    logs_event_key(&row.key, group->id, last);
    r = rq_row_get(rq, &row);
    if (r == 0 && logs_event_decode(buf_view(&row.key), buf_view(&row.bytes), &event))
        json_set_int(out, "lastIngestionTime", event.ingested_ms);
    return r == AWS_FAILED ? r : 0;
}

/* Tokens are "MILLISECONDS NAME" of the last one told. */
static bool take_token(struct rq *rq, struct item *ret) {
    str token = json_str(rq->in, "nextToken"), time, name;
    if (!str_cut(token, ' ', &time, &name) || !str_to_i64(time, &ret->last_ms))
        return false;
    ret->name = name;
    return true;
}

/* One page of the sorted items, from behind `after` (NULL: from the first). */
static int answer(struct rq *rq, const struct logs_group *group, const struct items *items,
                  const struct item *after, int (*order)(const void *a, const void *b)) {
    size_t limit = (size_t)json_int(rq->in, "limit", DEFAULT_LIMIT), i = 0;
    json_t *list = json_array();
    rq->out = json_object();
    json_set(rq->out, "logStreams", list);
    while (after && i < items->n && order(&items->v[i], after) <= 0)
        i++;
    for (; i < items->n && json_array_size(list) < limit; i++)
        if (describe(rq, group, &items->v[i], list))
            return AWS_FAILED;
    if (i < items->n) {
        const struct item *last = &items->v[i - 1];
        json_set_str(rq->out, "nextToken",
                     arena_printf(&rq->arena, "%lld " STR_FMT, (long long)last->last_ms,
                                  STR_ARG(last->name)));
    }
    return 0;
}

int logs_op_DescribeLogStreams(struct logs_svc *, struct rq *rq) {
    bool by_time = str_is(json_str(rq->in, "orderBy"), "LastEventTime"),
         has_token = json_has(rq->in, "nextToken");
    CLEANUP_DEINIT(logs_group) struct logs_group group = {0};
    CLEANUP_DEINIT(items) struct items items = {0};
    struct item after = {0};
    if (by_time && json_has(rq->in, "logStreamNamePrefix"))
        return aws_fail(rq, &LOGS_InvalidParameterException,
                        "Cannot order by LastEventTime with a logStreamNamePrefix.");
    if (has_token && !take_token(rq, &after))
        return aws_fail(rq, &LOGS_InvalidParameterException, "The specified nextToken is invalid.");
    if (logs_group_of(rq, &group) || collect(rq, &group, by_time, &items))
        return AWS_FAILED;
    int (*order)(const void *a, const void *b) =
        json_bool(rq->in, "descending", false) ? descending : ascending;
    if (items.n)
        qsort(items.v, items.n, sizeof *items.v, order);
    return answer(rq, &group, &items, has_token ? &after : NULL, order);
}
