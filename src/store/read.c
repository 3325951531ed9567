/* Snapshots, point reads and walks. */
#include "store/key.h"
#include "store/store_priv.h"

#include <errno.h>

struct store_snap {
    struct store *store;
    const rocksdb_snapshot_t *snapshot;
    rocksdb_readoptions_t *options;
};

struct store_snap *store_snap_new(struct store *store) {
    struct store_snap *snap = mem_new(struct store_snap);
    snap->store = store;
    snap->snapshot = rocksdb_create_snapshot(store->db.db);
    snap->options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_snapshot(snap->options, snap->snapshot);
    return snap;
}

struct store_snap *store_snap_free(struct store_snap *snap) {
    if (!snap)
        return NULL;
    rocksdb_readoptions_destroy(snap->options);
    rocksdb_release_snapshot(snap->store->db.db, snap->snapshot);
    free(snap);
    return NULL;
}

static int pin(struct store *store, const struct store_snap *snap, enum store_cf cf, str key,
               rocksdb_pinnableslice_t **ret_pin, str *ret_disk) {
    return store_db_pin(&store->db, snap ? snap->options : store->db.newest, cf, key, ret_pin,
                        ret_disk, NULL);
}

int store_get_stamped(struct store *store, const struct store_snap *snap, enum store_cf cf, str key,
                      struct buf *value, struct store_stamp *ret_stamp) {
    rocksdb_pinnableslice_t *got;
    str disk;
    int r = pin(store, snap, cf, key, &got, &disk);
    if (r)
        return r;
    value_stamp(store, cf, key, disk, ret_stamp);
    r = value_read(store, cf, key, disk, value);
    rocksdb_pinnableslice_destroy(got);
    return r;
}

int store_get(struct store *store, const struct store_snap *snap, enum store_cf cf, str key,
              struct buf *value) {
    struct store_stamp stamp;
    return store_get_stamped(store, snap, cf, key, value, &stamp);
}

int store_has(struct store *store, const struct store_snap *snap, enum store_cf cf, str key) {
    rocksdb_pinnableslice_t *got;
    str disk;
    int r = pin(store, snap, cf, key, &got, &disk);
    if (r == 0)
        rocksdb_pinnableslice_destroy(got);
    return r;
}

/* The public part stands first, so that the two pointers are one. */
struct iter {
    struct store_iter pub;
    rocksdb_readoptions_t *options;
    rocksdb_iterator_t *it;
    struct store *store;
    enum store_cf cf;
    struct buf from, to; /* the bounds must outlive the iterator */
    struct buf plain;    /* the value that is shown */
    bool reverse, keys_only, damaged_too;
    int fault;
    enum { AT_START, AT_SHOWN, AT_SOUGHT } at; /* sought: the next step shows where it stands */
};

static struct iter *iter_of(struct store_iter *it) { return (struct iter *)(void *)it; }

struct store_iter *store_iter_new(struct store *store, const struct store_snap *snap,
                                  enum store_cf cf, str from, str to, bool reverse) {
    struct iter *it = mem_new(struct iter);
    store_db_uncounted();
    it->reverse = reverse;
    it->store = store;
    it->cf = cf;
    buf_str(&it->from, from);
    buf_str(&it->to, to);
    it->options = rocksdb_readoptions_create();
    if (snap)
        rocksdb_readoptions_set_snapshot(it->options, snap->snapshot);
    rocksdb_readoptions_set_iterate_lower_bound(it->options, it->from.p, it->from.len);
    if (to.p)
        rocksdb_readoptions_set_iterate_upper_bound(it->options, it->to.p, it->to.len);
    it->it = rocksdb_create_iterator_cf(store->db.db, it->options, store->db.cf[cf]);
    return &it->pub;
}

static void step(struct iter *it) {
    if (it->at == AT_START && it->reverse)
        rocksdb_iter_seek_to_last(it->it); /* the last below the upper bound */
    else if (it->at == AT_START)
        rocksdb_iter_seek(it->it, it->from.p, it->from.len);
    else if (it->at == AT_SHOWN && rocksdb_iter_valid(it->it) && it->reverse)
        rocksdb_iter_prev(it->it);
    else if (it->at == AT_SHOWN && rocksdb_iter_valid(it->it))
        rocksdb_iter_next(it->it);
    it->at = AT_SHOWN;
}

struct store_iter *store_iter_below(struct store *store, const struct store_snap *snap,
                                    enum store_cf cf, str prefix) {
    CLEANUP_DEINIT(buf) struct buf to = {0};
    buf_str(&to, prefix);
    key_after(&to);
    return store_iter_new(store, snap, cf, prefix, buf_view(&to), false);
}

void store_iter_keys_only(struct store_iter *it) { iter_of(it)->keys_only = true; }
void store_iter_damaged_too(struct store_iter *it) { iter_of(it)->damaged_too = true; }

/* Shows nothing any more. */
static bool end(struct iter *it, int fault) {
    it->fault = it->fault ? it->fault : fault;
    it->pub = (struct store_iter){.key = STR_NONE, .value = STR_NONE};
    return false;
}

static bool show_value(struct iter *it) {
    struct store_iter *pub = &it->pub;
    str disk;
    disk.p = rocksdb_iter_value(it->it, &disk.len);
    value_stamp(it->store, it->cf, pub->key, disk, &pub->stamp);
    int r = value_read(it->store, it->cf, pub->key, disk, &it->plain);
    pub->damaged = r != 0;
    pub->value = r ? disk : buf_view(&it->plain);
    return r == 0 || it->damaged_too || end(it, r);
}

bool store_iter_next(struct store_iter *pub) {
    struct iter *it = iter_of(pub);
    if (it->fault)
        return false;
    step(it);
    if (!rocksdb_iter_valid(it->it))
        return end(it, 0);
    pub->key.p = rocksdb_iter_key(it->it, &pub->key.len);
    return it->keys_only || show_value(it);
}

void store_iter_seek(struct store_iter *pub, str key) {
    struct iter *it = iter_of(pub);
    if (!it->reverse) {
        rocksdb_iter_seek(it->it, key.p, key.len);
    } else {
        rocksdb_iter_seek_for_prev(it->it, key.p, key.len);
        str at;
        if (rocksdb_iter_valid(it->it) &&
            (at.p = rocksdb_iter_key(it->it, &at.len), str_eq(at, key)))
            rocksdb_iter_prev(it->it);
    }
    it->at = AT_SOUGHT;
}

int store_iter_fault(const struct store_iter *pub) {
    const struct iter *it = (const struct iter *)(const void *)pub;
    char *text = NULL;
    rocksdb_iter_get_error(it->it, &text);
    if (!text)
        return it->fault;
    rocksdb_free(text);
    return -EIO;
}

int store_iter_fault_why(const struct store_iter *pub, struct err *err) {
    const struct iter *it = (const struct iter *)(const void *)pub;
    char *text = NULL;
    int r = store_iter_fault(pub);
    rocksdb_iter_get_error(it->it, &text);
    if (r)
        err_set(err, r, "%s", text ? text : outcome_words(r));
    if (text)
        rocksdb_free(text);
    return r;
}

struct store_iter *store_iter_scan(struct store *store, enum store_cf cf, str from) {
    struct iter *it = iter_of(store_iter_new(store, NULL, cf, from, STR_NONE, false));
    rocksdb_readoptions_set_verify_checksums(it->options, 1);
    rocksdb_readoptions_set_fill_cache(it->options, 0);
    rocksdb_iter_destroy(it->it);
    it->it = rocksdb_create_iterator_cf(store->db.db, it->options, store->db.cf[cf]);
    return &it->pub;
}

struct store_iter *store_iter_free(struct store_iter *pub) {
    if (!pub)
        return NULL;
    struct iter *it = iter_of(pub);
    rocksdb_iter_destroy(it->it);
    rocksdb_readoptions_destroy(it->options);
    buf_deinit(&it->from);
    buf_deinit(&it->to);
    buf_deinit(&it->plain);
    free(it);
    return NULL;
}
