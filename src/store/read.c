/* Point reads and walks. */
#include "store/key.h"
#include "store/store_priv.h"

#include <errno.h>

/* ---- Points ---- */
static int pin(struct store *store, const struct store_snap *snap, enum store_cf cf, str key,
               rocksdb_pinnableslice_t **ret_pin, str *ret_disk) {
    return store_db_pin(&store->db, snap ? store_snap_options(snap) : store->db.newest, cf, key,
                        ret_pin, ret_disk, NULL);
}

/* A look for one row: in the cache, else in the database. */
struct look {
    struct store *store;
    const struct store_snap *snap;
    struct store_cache_row row;
    uint64_t state; /* in which the database is read at least */
    bool fill;      /* what is found goes to the cache */
};

/* The entry of the cache, or NULL. *ret_stamp is of the row, or for value_stamp. */
static struct store_entry *look_up(struct look *look, struct store_stamp *ret_stamp) {
    struct store *store = look->store;
    struct store_cache_row *row = &look->row;
    look->state = look->snap ? store_snap_state(look->snap) : store_changes_now(&store->changes);
    *ret_stamp = (struct store_stamp){.state = look->state};
    if (!store_cache_takes(&store->cache, row->cf, row->key))
        return NULL;
    row->hash = store_key_hash(row->cf, row->key);
    struct store_entry *entry =
        store_cache_find(&store->cache, row, look->snap ? look->state : 0, &look->fill);
    if (!entry)
        return NULL;
    *ret_stamp = entry->stamp;
    ret_stamp->state = look->state > entry->since ? look->state : entry->since;
    return entry;
}

/* What the database says. The value is as value_read's. *ret_entry: where it went, NULL allowed. */
static int look_down(const struct look *look, struct buf *value, struct store_stamp *stamp,
                     struct store_entry **ret_entry) {
    struct store *store = look->store;
    const struct store_cache_row *row = &look->row;
    rocksdb_pinnableslice_t *got;
    str disk;
    int r = pin(store, look->snap, row->cf, row->key, &got, &disk);
    if (r && r != STORE_E_ABSENT)
        return r;
    struct store_cache_found found = {.there = r == 0, .value = STR_NONE};
    if (found.there) {
        value_stamp(store, row->cf, row->key, disk, stamp);
        r = value_read(store, row->cf, row->key, disk, value);
        rocksdb_pinnableslice_destroy(got);
        found.value = buf_view(value);
    }
    if (!look->fill || (r && r != STORE_E_ABSENT))
        return r;
    found.stamp = *stamp;
    struct store_entry *entry = store_cache_put(&store->cache, &store->changes, row, &found);
    if (ret_entry)
        *ret_entry = entry;
    else
        store_entry_unref(entry);
    return r;
}

int store_get_stamped(struct store *store, const struct store_snap *snap, enum store_cf cf, str key,
                      struct buf *value, struct store_stamp *ret_stamp) {
    struct look look = {.store = store, .snap = snap, .row = {.cf = cf, .key = key}};
    struct store_entry *entry = look_up(&look, ret_stamp);
    if (!entry)
        return look_down(&look, value, ret_stamp, NULL);
    int r = entry->there ? STORE_OK : STORE_E_ABSENT;
    if (!entry->has_value) {
        look.fill = true;
        r = look_down(&look, value, ret_stamp, NULL);
    } else if (entry->there) {
        buf_clear(value);
        buf_str(value, entry->value);
    }
    store_entry_unref(entry);
    return r;
}

int store_get(struct store *store, const struct store_snap *snap, enum store_cf cf, str key,
              struct buf *value) {
    struct store_stamp stamp;
    return store_get_stamped(store, snap, cf, key, value, &stamp);
}

int store_has(struct store *store, const struct store_snap *snap, enum store_cf cf, str key) {
    struct look look = {.store = store, .snap = snap, .row = {.cf = cf, .key = key}};
    struct store_stamp stamp;
    struct store_entry *entry = look_up(&look, &stamp);
    rocksdb_pinnableslice_t *got;
    str disk;
    int r =
        entry ? (entry->there ? STORE_OK : STORE_E_ABSENT) : pin(store, snap, cf, key, &got, &disk);
    if (!entry && r == 0)
        rocksdb_pinnableslice_destroy(got);
    store_entry_unref(entry);
    return r;
}

/* ---- Objects of rows ---- */
/* Makes the object of what was read, and keeps it with the entry, if that is of the same edition. */
static int make_kept(const struct look *look, struct store_entry *entry, struct store_kept_row *row,
                     const struct store_kept_kind *kind, void *ctx, struct store_kept **ret_kept) {
    int r = kind->make(ctx, row, ret_kept);
    if (r)
        return r;
    struct store_kept *kept = *ret_kept;
    kept->kind = kind;
    kept->stamp = row->stamp;
    atomic_init(&kept->refs, 1);
    if (entry && store_stamp_eq(&entry->stamp, &kept->stamp))
        store_cache_keep(&look->store->cache, entry, kept);
    return 0;
}

int store_get_kept(struct store *store, const struct store_snap *snap, enum store_cf cf, str key,
                   const struct store_kept_kind *kind, void *ctx, struct store_kept **ret_kept,
                   struct store_stamp *ret_stamp) {
    struct look look = {.store = store, .snap = snap, .row = {.cf = cf, .key = key}};
    CLEANUP_DEINIT(buf) struct buf value = {0};
    struct store_entry *entry = look_up(&look, ret_stamp);
    int r = !entry || entry->there ? STORE_OK : STORE_E_ABSENT;
    *ret_kept = entry && entry->there ? store_entry_kept(entry, kind) : NULL;
    if (r || *ret_kept) {
        store_entry_unref(entry);
        return r;
    }
    if (entry && !entry->has_value) {
        entry = store_entry_unref(entry);
        look.fill = true;
    }
    if (!entry)
        r = look_down(&look, &value, ret_stamp, &entry);
    struct store_kept_row row = {store, snap, key, entry ? entry->value : buf_view(&value),
                                 *ret_stamp};
    if (r == 0)
        r = make_kept(&look, entry, &row, kind, ctx, ret_kept);
    *ret_stamp = row.stamp;
    store_entry_unref(entry);
    return r;
}

/* ---- Walks ---- */
/* The public part stands first, so that the two pointers are one. */
struct iter {
    struct store_iter pub;
    rocksdb_readoptions_t *options;
    rocksdb_iterator_t *it;
    struct store *store;
    enum store_cf cf;
    uint64_t state;      /* that it shows at least */
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
    /* Before the iterator, which shows a state of its own, is made. */
    it->state = snap ? store_snap_state(snap) : store_changes_now(&store->changes);
    buf_str(&it->from, from);
    buf_str(&it->to, to);
    it->options = rocksdb_readoptions_create();
    if (snap)
        rocksdb_readoptions_set_snapshot(it->options, store_snap_taken(snap));
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
    pub->stamp.state = it->state;
    value_stamp(it->store, it->cf, pub->key, disk, &pub->stamp);
    int r = value_read(it->store, it->cf, pub->key, disk, &it->plain);
    pub->damaged = r != 0;
    pub->value = r ? disk : buf_view(&it->plain);
    return r == 0 || it->damaged_too || end(it, r);
}

bool store_iter_next_key(struct store_iter *pub) {
    struct iter *it = iter_of(pub);
    if (it->fault)
        return false;
    step(it);
    if (!rocksdb_iter_valid(it->it))
        return end(it, 0);
    pub->key.p = rocksdb_iter_key(it->it, &pub->key.len);
    pub->value = STR_NONE;
    return true;
}

bool store_iter_show(struct store_iter *pub) { return show_value(iter_of(pub)); }

bool store_iter_next(struct store_iter *pub) {
    return store_iter_next_key(pub) && (iter_of(pub)->keys_only || store_iter_show(pub));
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
