/* Retention: rows of events that have expired, in world time. Readers do not show them even before. */
#include "base/clock.h"
#include "svc/logs/logs_priv.h"

#define SWEEP_EVERY_MS 3600000
enum { AT_ONCE = 1000 };

/* Removes one lot of the group's events before that time; true when there may be more. */
static bool sweep_some(struct svc *logs, uint64_t group, int64_t before_ms) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0}, key = {0};
    logs_event_key(&from, group, (struct logs_place){0, 0});
    logs_event_key(&to, group, (struct logs_place){before_ms, 0});
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP(store_iter) struct store_iter *it =
        store_iter_new(logs->store, NULL, STORE_LOGS, buf_view(&from), buf_view(&to), false);
    struct logs_event event;
    double bytes = 0;
    size_t n = 0;
    for (; n < AT_ONCE && store_iter_next(it); n++) {
        store_del(batch, STORE_LOGS, it->key);
        if (!logs_event_decode(it->key, it->value, &event))
            continue;
        logs_index_key(&key, group, event.stream_id, event.at);
        store_del(batch, STORE_LOGS, buf_view(&key));
        bytes += (double)logs_event_size(event.message);
    }
    if (n == 0)
        return false;
    key_begin(&key, "logs.size");
    key_u64(&key, group);
    store_stat(batch, STORE_METRICS, buf_view(&key), -1, bytes);
    store_batch_frees(batch);
    return store_commit(logs->store, batch, NULL) == 0 && n == AT_ONCE;
}

int64_t logs_sweep(void *ctx) {
    struct svc *logs = ctx;
    int64_t now_ms = clock_world_ms();
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    key_begin(&from, "logs.group");
    key_begin(&to, "logs.group");
    key_after(&to);
    CLEANUP(store_snap) struct store_snap *snap = store_snap_new(logs->store);
    CLEANUP(store_iter) struct store_iter *it =
        store_iter_new(logs->store, snap, STORE_META, buf_view(&from), buf_view(&to), false);
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *group = json_parse(it->value, NULL);
        int64_t oldest = logs_oldest_ms(group, now_ms);
        while (oldest > 0 && sweep_some(logs, (uint64_t)json_int(group, "id", 0), oldest))
            ;
    }
    return now_ms + SWEEP_EVERY_MS;
}
