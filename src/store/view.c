/* store/view: see view_priv.h. */
#include "store/store_priv.h"

#include "base/lock.h"
#include "base/own.h"

/* The last two are made under the lock of the views, once, by whoever needs them first. */
struct store_snap {
    struct store *store;
    uint64_t state;
    unsigned refs; /* under the lock of the views */
    atomic_bool taken;
    const rocksdb_snapshot_t *snapshot;
    rocksdb_readoptions_t *options;
};

void store_views_init(struct store_views *views) { lock_init(&views->lock); }

/* ---- One snapshot ---- */
/* The state is still the newest, or nobody knows which one is seen and any will do. */
static void take_locked(struct store_snap *snap) {
    LOCK_HELD(&snap->store->views.lock);
    if (snap->snapshot)
        return;
    snap->snapshot = rocksdb_create_snapshot(snap->store->db.db);
    snap->options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_snapshot(snap->options, snap->snapshot);
    atomic_store_explicit(&snap->taken, true, memory_order_release);
}

static void drop(struct store_snap *snap) {
    if (snap->snapshot) {
        rocksdb_readoptions_destroy(snap->options);
        rocksdb_release_snapshot(snap->store->db.db, snap->snapshot);
    }
    free(snap);
}

static struct store_snap *snap_make(struct store *store) {
    struct store_snap *snap = mem_new(struct store_snap);
    *snap = (struct store_snap){.store = store, .state = store_changes_now(&store->changes)};
    snap->refs = 1;
    return snap;
}

struct store_snap *store_snap_new(struct store *store) {
    struct store_views *views = &store->views;
    LOCK_SCOPE(&views->lock);
    if (views->writing) {
        struct store_snap *snap = snap_make(store);
        take_locked(snap);
        return snap;
    }
    if (!views->newest)
        views->newest = snap_make(store);
    views->newest->refs++;
    return views->newest;
}

struct store_snap *store_snap_free(struct store_snap *snap) {
    if (!snap)
        return NULL;
    pthread_mutex_t *lock = &snap->store->views.lock;
    lock_take(lock);
    bool last = --snap->refs == 0;
    lock_drop(lock);
    if (last)
        drop(snap);
    return NULL;
}

uint64_t store_snap_state(const struct store_snap *snap) { return snap->state; }

static const struct store_snap *taken(const struct store_snap *const_snap) {
    struct store_snap *snap = (struct store_snap *)(uintptr_t)const_snap; /* shows what it showed */
    if (!atomic_load_explicit(&snap->taken, memory_order_acquire)) {
        LOCK_SCOPE(&snap->store->views.lock);
        take_locked(snap);
    }
    return snap;
}
const rocksdb_snapshot_t *store_snap_taken(const struct store_snap *snap) {
    return taken(snap)->snapshot;
}
const rocksdb_readoptions_t *store_snap_options(const struct store_snap *snap) {
    return taken(snap)->options;
}

/* ---- The committer's ---- */
void store_views_pass(struct store *store) {
    struct store_views *views = &store->views;
    lock_take(&views->lock);
    struct store_snap *passing = views->newest;
    views->newest = NULL;
    views->writing = true;
    if (passing && passing->refs > 1)
        take_locked(passing);
    lock_drop(&views->lock);
    store_snap_free(passing);
}

void store_views_passed(struct store *store) {
    LOCK_SCOPE(&store->views.lock);
    store->views.writing = false;
}

void store_views_deinit(struct store_views *views) {
    views->newest = store_snap_free(views->newest);
    pthread_mutex_destroy(&views->lock);
}
