/*
 * Ids of groups and streams by name, so that a line costs no read. What was found is kept with the
 * generation that was in force before it was read; deleting a group or stream moves it on.
 */
#include "base/clock.h"
#include "base/map.h"
#include "svc/logs/logs_priv.h"

#include <pthread.h>

enum { MAX_KNOWN = 20000, ATTEMPTS = 8 };

struct ids {
    uint64_t generation, group, stream;
};
struct logs_known {
    pthread_rwlock_t lock;
    struct map table; /* key of the stream's row → struct ids */
    _Atomic uint64_t generation;
};

struct logs_known *logs_known_new(void) {
    struct logs_known *known = mem_new(struct logs_known);
    pthread_rwlock_init(&known->lock, NULL);
    return known;
}

static void clear(struct logs_known *known) {
    size_t at = 0;
    str key;
    void *ids;
    while (map_next(&known->table, &at, &key, &ids))
        free(ids);
    map_deinit(&known->table);
}

struct logs_known *logs_known_free(struct logs_known *known) {
    if (known) {
        clear(known);
        pthread_rwlock_destroy(&known->lock);
        free(known);
    }
    return NULL;
}

void logs_known_forget(void *ctx) {
    struct logs_svc *logs = ctx;
    logs->known->generation++;
}

static bool look_up(struct logs_known *known, str key, struct ids *ret) {
    pthread_rwlock_rdlock(&known->lock);
    const struct ids *ids = map_get(&known->table, key);
    bool found = ids && ids->generation == known->generation;
    if (found)
        *ret = *ids;
    pthread_rwlock_unlock(&known->lock);
    return found;
}

static void remember(struct logs_known *known, str key, struct ids ids) {
    struct ids *copy = mem_new(struct ids);
    *copy = ids;
    pthread_rwlock_wrlock(&known->lock);
    if (known->table.n >= MAX_KNOWN)
        clear(known);
    free(map_put(&known->table, key, copy));
    pthread_rwlock_unlock(&known->lock);
}

/* The row's id, or a new row into the batch. 0, STORE_E_DAMAGED or -errno. */
static int find_or_add(const struct rows *rows, struct row *row, const json_t *fresh,
                       uint64_t *ret_id) {
    CLEANUP_JSON json_t *doc = NULL;
    int r = row_get_json(rows, row, &doc);
    if (r == STORE_E_ABSENT)
        row_put_json(rows, row, fresh);
    else if (r)
        return r;
    *ret_id = (uint64_t)json_int(doc ? doc : fresh, "id", 0);
    return 0;
}

static int find_in_store(struct logs_svc *logs, const struct hub_log *line, struct ids *ret) {
    CLEANUP_DEINIT(row) struct row group_row = {0}, stream_row = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    ret->generation = logs->known->generation; /* before the snapshot */
    CLEANUP(store_snap) struct store_snap *snap = store_snap_new(logs->store);
    struct rows rows = {logs->store, snap, batch};
    int64_t now_ms = clock_world_ms();
    CLEANUP_JSON json_t *group = logs_new_group(logs->store, line->group, now_ms);
    CLEANUP_JSON json_t *stream = logs_new_stream(logs->store, line->stream, now_ms);
    logs_group_key(&group_row.key, line->account, line->region, line->group);
    logs_stream_key(&stream_row.key, line->account, line->region, line->group, line->stream);
    int r = find_or_add(&rows, &group_row, group, &ret->group);
    if (r == 0)
        r = find_or_add(&rows, &stream_row, stream, &ret->stream);
    if (r || store_batch_idle(batch))
        return r;
    return store_commit(logs->store, batch, NULL);
}

int logs_known_find(struct logs_svc *logs, const struct hub_log *line,
                    struct logs_target *ret_target) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct ids ids = {0};
    logs_stream_key(&key, line->account, line->region, line->group, line->stream);
    int r = 0;
    if (!look_up(logs->known, buf_view(&key), &ids)) {
        r = STORE_E_CONDITION; /* somebody else made it: look again */
        for (int i = 0; i < ATTEMPTS && r == STORE_E_CONDITION; i++)
            r = find_in_store(logs, line, &ids);
        if (r)
            return r;
        remember(logs->known, buf_view(&key), ids);
    }
    *ret_target =
        (struct logs_target){line->account, line->region, ids.group, ids.stream, line->stream};
    return 0;
}
