/*
 * Retention: rows of events that have expired, in world time. Readers do not show them even before.
 */
#include "base/clock.h"
#include "svc/logs/logs_priv.h"

#define SWEEP_EVERY_MS 3600000
enum { AT_ONCE = 1000 };

/*
 * Adds the removal of one lot of the group's events before that time; how many there were. Blind:
 * an event is written once, and deleted here or with its stream.
 */
static size_t remove_some(const struct rows *rows, uint64_t group, int64_t before_ms) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0}, key = {0};
    logs_event_key(&from, group, (struct logs_place){0, 0});
    logs_event_key(&to, group, (struct logs_place){before_ms, 0});
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(rows->store, NULL, STORE_LOGS, buf_view(&from), buf_view(&to), false);
    store_iter_damaged_too(it);
    struct logs_event event;
    double bytes = 0;
    size_t n = 0;
    for (; n < AT_ONCE && store_iter_next(it); n++) {
        row_del_blind(rows, STORE_LOGS, it->key);
        if (it->damaged || !logs_event_decode(it->key, it->value, &event))
            continue;
        logs_index_key(&key, group, event.stream_id, event.at);
        row_del_blind(rows, STORE_LOGS, buf_view(&key));
        bytes += (double)logs_event_size(event.message);
    }
    if (n)
        logs_count_bytes(rows->batch, group, -1, bytes);
    return n;
}

/*
 * Removes one lot of a group's expired events; true when there may be more. The group's row is a
 * condition: where it changes meanwhile (its retention is taken off), the next look decides anew.
 */
static bool sweep_some(struct logs_svc *logs, str group_key, int64_t now_ms) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *group = NULL;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct rows rows = {logs->store, NULL, batch};
    buf_str(&row.key, group_key);
    int64_t oldest = row_get_json(&rows, &row, &group) == 0 ? logs_oldest_ms(group, now_ms) : 0;
    size_t n = oldest > 0 ? remove_some(&rows, (uint64_t)json_int(group, "id", 0), oldest) : 0;
    if (n == 0)
        return false;
    store_batch_frees(batch);
    int r = store_commit(logs->store, batch, NULL);
    return r == STORE_E_CONDITION || (r == 0 && n == AT_ONCE);
}

int64_t logs_sweep(void *ctx) {
    struct logs_svc *logs = ctx;
    int64_t now_ms = clock_world_ms();
    CLEANUP_DEINIT(buf) struct buf from = {0};
    key_begin(&from, "logs.group");
    CLEANUP(store_snap) struct store_snap *snap = store_snap_new(logs->store);
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(logs->store, snap, STORE_META, buf_view(&from));
    store_iter_keys_only(it);
    while (store_iter_next(it))
        while (sweep_some(logs, it->key, now_ms))
            ;
    return now_ms + SWEEP_EVERY_MS;
}
