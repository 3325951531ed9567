/* Adding events: the row, its place in the stream's index, the group's size, and what EMF says. */
#include "base/clock.h"
#include "svc/logs/logs_priv.h"

/* Blind: the number of an event is of this call alone. */
static void add_event(struct logs_svc *logs, const struct rows *rows,
                      const struct logs_target *target, const struct logs_event *event,
                      int64_t now_ms) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    struct logs_event full = *event;
    full.at.id = store_next_id(logs->store);
    full.ingested_ms = now_ms;
    full.stream_id = target->stream;
    full.stream = target->stream_name;
    logs_event_encode(&value, &full);
    logs_event_key(&key, target->group, full.at);
    row_put_blind(rows, STORE_LOGS, buf_view(&key), buf_view(&value));
    logs_index_key(&key, target->group, target->stream, full.at);
    row_put_blind(rows, STORE_LOGS, buf_view(&key), S(""));
}

void logs_count_bytes(struct store_batch *batch, uint64_t group, int sign, double bytes) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    logs_size_key(&key, group);
    store_stat(batch, STORE_METRICS, buf_view(&key), sign, bytes);
}

/* What the events themselves take is the caller's; the metrics may fill a write beside it. */
enum { METRIC_ROWS = 4096, METRIC_BYTES = 2 << 20 };

/* The events come first: their metrics are in the batch with them, or in later ones. */
void logs_write(struct logs_svc *logs, const struct rows *rows, const struct logs_target *target,
                const struct logs_event *events, size_t n, struct logs_room *room) {
    int64_t now_ms = clock_world_ms();
    double bytes = 0;
    for (size_t i = 0; i < n; i++) {
        add_event(logs, rows, target, &events[i], now_ms);
        bytes += (double)logs_event_size(events[i].message);
    }
    if (n)
        logs_count_bytes(rows->batch, target->group, 1, bytes);
    room->full_rows = store_batch_rows(rows->batch) + METRIC_ROWS;
    room->full_bytes = store_batch_bytes(rows->batch) + METRIC_BYTES;
    for (size_t i = 0; i < n; i++)
        if (!events[i].plain)
            logs_emf(logs, rows->batch, target->account, target->region, events[i].at.time_ms,
                     events[i].message, room);
}

static bool same_stream(const struct hub_log *a, const struct hub_log *b) {
    return str_eq(a->stream, b->stream) && str_eq(a->group, b->group) &&
           str_eq(a->account, b->account) && str_eq(a->region, b->region);
}

/*
 * The lines of one stream. A store that cannot take its row cannot take the batch either: its
 * commit tells. The batch is somebody else's, and is not to fail because a group is deleted: so it
 * has no condition, and lines that lose against the deletion are left under a number that nobody
 * finds again.
 */
static void put_run(struct logs_svc *logs, const struct rows *rows, const struct hub_log *lines,
                    size_t n) {
    struct logs_target target;
    struct logs_room room = {.left = LOGS_EMF_MOST, .of_event = LOGS_EMF_LINE_MOST};
    if (logs_known_find(logs, &lines[0], &target))
        return;
    CLEANUP_MEM struct logs_event *events = mem_zalloc(n * sizeof *events);
    size_t full = 0;
    for (size_t i = 0; i < n; i++)
        if (lines[i].message.len) { /* an event has a message */
            events[full].at.time_ms = lines[i].time_ms;
            events[full].plain = lines[i].plain;
            events[full++].message = lines[i].message;
        }
    logs_write(logs, rows, &target, events, full, &room);
}

void logs_put(void *ctx, struct store_batch *batch, const struct hub_log *lines, size_t n) {
    struct logs_svc *logs = ctx;
    struct rows rows = {logs->store, NULL, batch};
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && same_stream(&lines[i], &lines[end]))
            end++;
        put_run(logs, &rows, &lines[i], end - i);
        i = end;
    }
}
