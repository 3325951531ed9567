/*
 * Ids of groups and streams by name, so that a line costs no read. What was found is kept with the
 * generation that was in force before it was read; deleting a group or stream moves it on.
 */
#include "base/clock.h"
#include "base/map.h"
#include "svc/logs/logs_priv.h"

#include <errno.h>
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
    struct svc *logs = ctx;
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

/* The row's id, or a new row into batch on condition that there still is none. 0 or -errno. */
static int find_or_add(struct svc *logs, const struct store_snap *snap, struct store_batch *batch, str key,
                       json_t *fresh, uint64_t *ret_id) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    int r = store_get(logs->store, snap, STORE_META, key, &value);
    if (r == STORE_E_ABSENT) {
        json_write(&value, fresh);
        store_expect_absent(batch, STORE_META, key);
        store_put(batch, STORE_META, key, buf_view(&value));
        r = 0;
    }
    if (r)
        return r;
    CLEANUP_JSON json_t *doc = json_parse(buf_view(&value), NULL);
    *ret_id = (uint64_t)json_int(doc, "id", 0);
    return doc ? 0 : -EBADMSG;
}

static int find_in_store(struct svc *logs, const struct hub_log *line, str stream_key, struct ids *ret) {
    CLEANUP_DEINIT(buf) struct buf group_key = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    ret->generation = logs->known->generation; /* before the snapshot */
    CLEANUP(store_snap) struct store_snap *snap = store_snap_new(logs->store);
    int64_t now_ms = clock_world_ms();
    CLEANUP_JSON json_t *group = logs_new_group(logs->store, line->group, now_ms);
    CLEANUP_JSON json_t *stream = logs_new_stream(logs->store, line->stream, now_ms);
    logs_group_key(&group_key, line->account, line->region, line->group);
    int r = find_or_add(logs, snap, batch, buf_view(&group_key), group, &ret->group);
    if (r == 0)
        r = find_or_add(logs, snap, batch, stream_key, stream, &ret->stream);
    if (r || store_batch_empty(batch))
        return r;
    return store_commit(logs->store, batch, NULL);
}

int logs_known_find(struct svc *logs, const struct hub_log *line, struct logs_target *ret_target) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct ids ids = {0};
    logs_stream_key(&key, line->account, line->region, line->group, line->stream);
    int r = 0;
    if (!look_up(logs->known, buf_view(&key), &ids)) {
        r = STORE_E_CONDITION; /* somebody else made it: look again */
        for (int i = 0; i < ATTEMPTS && r == STORE_E_CONDITION; i++)
            r = find_in_store(logs, line, buf_view(&key), &ids);
        if (r)
            return r;
        remember(logs->known, buf_view(&key), ids);
    }
    *ret_target = (struct logs_target){line->account, line->region, ids.group, ids.stream, line->stream};
    return 0;
}
