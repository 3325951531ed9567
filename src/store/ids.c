/*
 * Ids come from memory; the row sys/ids holds the first one that may not be used yet. It is moved
 * on, durably, before an id of the next block is handed out, so a restart begins behind everything
 * that was ever answered, at the cost of the rest of a block.
 */
#include "store/key.h"
#include "store/store_priv.h"

#include "base/lock.h"

enum { BLOCK = 1 << 20 };

static void ids_key(struct buf *key) {
    key_begin(key, "sys");
    key_raw(key, S("ids"));
}

int store_ids_open(struct store *store, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    pthread_mutex_init(&store->ids.lock, NULL);
    ids_key(&key);
    int r = store_get(store, NULL, STORE_META, buf_view(&key), &value);
    if (r == STORE_E_ABSENT)
        buf_u64(&value, 1);
    else if (r)
        return err_set(err, r, "read the row of ids");
    struct cur c = cur_of(buf_view(&value));
    uint64_t next = cur_u64(&c);
    if (c.bad || next == 0)
        return err_set(err, STORE_E_DAMAGED, "the row of ids is damaged");
    atomic_store(&store->ids.next, next);
    atomic_store(&store->ids.limit, next);
    return 0;
}

static int reserve(struct store *store, uint64_t limit) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    ids_key(&key);
    buf_u64(&value, limit);
    /* Blind: only this process reserves, under the lock. */
    store_put_blind(batch, STORE_META, buf_view(&key), buf_view(&value));
    store_batch_frees(batch); /* deletes need ids too, so this passes on a full disk */
    return store_commit(store, batch, NULL);
}

uint64_t store_next_id(struct store *store) {
    struct store_ids *ids = &store->ids;
    uint64_t id = atomic_fetch_add(&ids->next, 1);
    if (id < atomic_load(&ids->limit))
        return id;
    LOCK_SCOPE(&ids->lock);
    while (id >= atomic_load(&ids->limit)) {
        uint64_t limit = atomic_load(&ids->next) + BLOCK;
        /* A store that cannot reserve cannot commit what the id is for either. */
        if (reserve(store, limit))
            break;
        atomic_store(&ids->limit, limit);
    }
    return id;
}
