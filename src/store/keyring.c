/*
 * The data keys and what wraps them: the ring of a store.
 *
 * The row sys/master-check is a known text sealed under the master key: with the row there, a missing
 * key is lost and another key is wrong, and the store refuses to open rather than write rows that
 * the right key could not read.
 */
#include "store/key.h"
#include "store/seal_priv.h"
#include "store/store_priv.h"

#include "base/lock.h"
#include "base/rand.h"

#include <openssl/crypto.h>

static const str check_text = S_INIT("calotype master key");

/* ---- The check ---- */
void seal_check_key(struct buf *key) {
    key_begin(key, "sys");
    key_raw(key, S("master-check"));
}

void seal_check_put(struct store_batch *batch, const struct seal_key *master) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    seal_check_key(&key);
    seal_value(master, check_text, buf_view(&key), &value);
    /* Blind: the store is being opened or is offline, and has no other writer. */
    store_put_blind(batch, STORE_META, buf_view(&key), buf_view(&value));
}

bool seal_check_fits(const struct seal_key *master, str check) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, plain = {0};
    seal_check_key(&key);
    return unseal_value(master, check, buf_view(&key), &plain) == 0 &&
           str_eq(buf_view(&plain), check_text);
}

/* ---- Data keys ---- */
/* The row of a wrapped data key. */
static void data_key_row(struct buf *key, str id) {
    key_begin(key, "dek");
    key_raw(key, id);
}

static void put_data_key(struct store *store, struct store_batch *batch, str id) {
    CLEANUP_DEINIT(buf) struct buf row = {0}, value = {0};
    unsigned char bytes[SEAL_KEY_BYTES];
    rand_bytes(bytes, sizeof bytes);
    data_key_row(&row, id);
    seal_value(store->ring.master, str_n(bytes, sizeof bytes), buf_view(&row), &value);
    OPENSSL_cleanse(bytes, sizeof bytes);
    /* Blind, as its end: the id is random and belongs to one owner, whose row is the condition. */
    store_put_blind(batch, STORE_META, buf_view(&row), buf_view(&value));
}

int seal_key_create(struct store *store, struct store_batch *batch, char ret_id[SEAL_KEY_ID_LEN],
                    struct err *err) {
    (void)err;
    rand_bytes(ret_id, SEAL_KEY_ID_LEN);
    put_data_key(store, batch, str_n(ret_id, SEAL_KEY_ID_LEN));
    return 0;
}

void seal_key_drop(struct store_batch *batch, str id) {
    CLEANUP_DEINIT(buf) struct buf row = {0};
    data_key_row(&row, id);
    store_del_blind(batch, STORE_META, buf_view(&row));
}

static int unwrap(struct store *store, str id, struct seal_key **ret_key, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf row = {0}, value = {0}, bytes = {0};
    data_key_row(&row, id);
    int r = store_get(store, NULL, STORE_META, buf_view(&row), &value);
    if (r)
        return err_set(err, r, r == STORE_E_ABSENT ? "no such data key" : "read a data key");
    r = unseal_value(store->ring.master, buf_view(&value), buf_view(&row), &bytes);
    if (r || bytes.len != SEAL_KEY_BYTES)
        return err_set(err, STORE_E_KEY, "a data key does not open with the master key");
    *ret_key = seal_key_new((const unsigned char *)bytes.p);
    OPENSSL_cleanse(bytes.p, bytes.len);
    return 0;
}

int seal_key_get(struct store *store, str id, const struct seal_key **ret_key, struct err *err) {
    struct seal_ring *ring = &store->ring;
    pthread_rwlock_rdlock(&ring->lock);
    struct seal_key *key = map_get(&ring->keys, id);
    pthread_rwlock_unlock(&ring->lock);
    if (!key) {
        CLEANUP(seal_key) struct seal_key *fresh = NULL;
        int r = unwrap(store, id, &fresh, err);
        if (r)
            return r;
        pthread_rwlock_wrlock(&ring->lock);
        key = map_get(&ring->keys, id); /* another thread may have been first */
        if (!key)
            map_put(&ring->keys, id, key = STEAL(fresh));
        pthread_rwlock_unlock(&ring->lock);
    }
    *ret_key = key;
    return 0;
}

/* ---- The families' keys ---- */
/* Longer or shorter than the ids of other keys, so that it is none of them. */
static void family_id(struct buf *id, enum store_cf cf) {
    buf_clear(id);
    buf_printf(id, "family %s", store_cf_name(cf));
}

static int make_families(struct store *store, struct store_batch *batch, bool sealed,
                         struct err *err) {
    CLEANUP_DEINIT(buf) struct buf id = {0}, row = {0};
    for (int cf = 0; cf < STORE_N_CF; cf++) {
        family_id(&id, (enum store_cf)cf);
        data_key_row(&row, buf_view(&id));
        CLEANUP(seal_key) struct seal_key *key = NULL;
        int r = store_has(store, NULL, STORE_META, buf_view(&row));
        /* Tried before anything is written: a check of a wrong key would keep the right one out. */
        if (r == 0 && (r = unwrap(store, buf_view(&id), &key, err)))
            return r;
        if (r == STORE_E_ABSENT && sealed)
            return err_set(err, STORE_E_KEY,
                           "the data key of the rows of family %s is lost from %s/db: without it "
                           "they cannot be read. Take db from a copy of DATA (docs/operations.md)",
                           store_cf_name((enum store_cf)cf), store->data);
        if (r < 0)
            return err_set(err, r, "read the data keys");
        if (r == STORE_E_ABSENT)
            put_data_key(store, batch, buf_view(&id));
    }
    return 0;
}

static int take_families(struct store *store, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf id = {0};
    for (int cf = 0; cf < STORE_N_CF; cf++) {
        struct seal_key *key;
        family_id(&id, (enum store_cf)cf);
        int r = unwrap(store, buf_view(&id), &key, err);
        if (r)
            return r;
        key->place = (unsigned)cf;
        map_put(&store->ring.keys, buf_view(&id), key);
        store->ring.family[cf] = key;
    }
    return 0;
}

int seal_ring_open(struct store *store, const struct store_options *options, bool sealed,
                   struct err *err) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0}, check = {0};
    seal_check_key(&key);
    int found = store_get(store, NULL, STORE_META, buf_view(&key), &check);
    if (found < 0)
        return err_set(err, found, "read the check of the master key");
    int r = seal_master_find(store->data, options, found == STORE_OK ? buf_view(&check) : STR_NONE,
                             false, &store->ring.master, err);
    if (r)
        return r;
    pthread_rwlock_init(&store->ring.lock, NULL);
    if (found == STORE_E_ABSENT)
        seal_check_put(batch, store->ring.master);
    if (found == STORE_E_ABSENT && sealed && !store->format.began)
        format_seal_done(batch);
    /* A database without a check is new, whatever its format is. */
    r = make_families(store, batch, sealed && found == STORE_OK, err);
    store_batch_frees(batch); /* a full disk must not keep the store from opening */
    if (r == 0 && !store_batch_idle(batch))
        r = store_commit(store, batch, err);
    return r ? r : take_families(store, err);
}

void seal_ring_close(struct store *store) {
    struct seal_ring *ring = &store->ring;
    if (!ring->master)
        return;
    size_t at = 0;
    str id;
    void *key;
    while (map_next(&ring->keys, &at, &id, &key))
        seal_key_free(key);
    map_deinit(&ring->keys);
    pthread_rwlock_destroy(&ring->lock);
    ring->master = seal_key_free(ring->master);
}
