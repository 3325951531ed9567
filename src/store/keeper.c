/*
 * The keeper: a thread that rewrites DATA/position about once a second while the database changes,
 * and when it closes. It sleeps while nothing is written.
 */
#include "store/position_priv.h"

#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"
#include "store/lost_priv.h"
#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum { RECORD_MS = 1000, CHORE_MS = 3600 * 1000 };

static bool same_files(const struct position_files *a, const struct position_files *b) {
    if (a->manifest != b->manifest || a->manifest_bytes != b->manifest_bytes ||
        a->n_logs != b->n_logs)
        return false;
    for (size_t i = 0; i < a->n_logs; i++)
        if (a->logs[i].number != b->logs[i].number || a->logs[i].bytes != b->logs[i].bytes)
            return false;
    return true;
}

/*
 * Files change seldom: when a table is written. What was seen is recorded after a sync of it, which
 * has little to do: RocksDB has synced it.
 */
static void take_files(struct store_keeper *k) {
    struct position_files now, synced;
    if (store_position_look(k->db, false, &now) == 0 && !same_files(&now, &k->at.files) &&
        store_position_look(k->db, true, &synced) == 0 && synced.manifest)
        k->at.files = synced;
}

static void record(struct store_keeper *k) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    /* Before the number is read: a write that comes now sets it again. */
    atomic_store(&k->moved, false);
    k->at.sequence = atomic_load(&k->synced);
    k->at.turn++;
    take_files(k);
    store_position_encode(&k->at, &text);
    off_t at = (off_t)(k->at.turn % POSITION_SLOTS) * POSITION_SLOT;
    if (pwrite(k->fd, text.p, text.len, at) != (ssize_t)text.len)
        log_warn("store", "the position of the database cannot be written: %s", strerror(errno));
}

/* Until there is something to do: a stop, or the time that is given. */
static void wait_locked(struct store_keeper *k, int64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    pthread_cond_timedwait(&k->wake, &k->lock, &until);
}

static void *keeper_main(void *arg) {
    struct store *store = arg;
    struct store_keeper *k = &store->keeper;
    pthread_mutex_lock(&k->lock);
    while (!k->stop) {
        bool moved = atomic_load(&k->moved);
        wait_locked(k, moved ? RECORD_MS : CHORE_MS);
        pthread_mutex_unlock(&k->lock);
        if (moved)
            record(k);
        if (clock_mono_ms() >= k->next_chore_ms) {
            store_lost_expire(store);
            k->next_chore_ms = clock_mono_ms() + CHORE_MS;
        }
        pthread_mutex_lock(&k->lock);
    }
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

void store_keeper_moved(struct store *store) {
    struct store_keeper *k = &store->keeper;
    atomic_store(&k->synced, rocksdb_get_latest_sequence_number(store->db.db));
    if (atomic_load(&k->moved))
        return;
    LOCK_SCOPE(&k->lock);
    atomic_store(&k->moved, true);
    pthread_cond_signal(&k->wake);
}

static int open_position(struct store *store, const char identity[POSITION_IDENTITY],
                         struct err *err) {
    struct store_keeper *k = &store->keeper;
    CLEANUP_MEM char *path = store_path(store->data, "position");
    int r = store_position_read(store->data, &k->at, err);
    if (r == -ENOENT) {
        memcpy(k->at.identity, identity, POSITION_IDENTITY);
        k->at.sequence = rocksdb_get_latest_sequence_number(store->db.db);
        r = store_position_look(k->db, true, &k->at.files);
        r = r ? err_sys(err, r, "look at the files of %s", k->db)
              : store_position_write(store->data, &k->at, err);
    }
    if (r)
        return r;
    k->fd = open(path, O_WRONLY | O_CLOEXEC);
    return k->fd < 0 ? err_sys(err, -errno, "open %s", path) : 0;
}

void store_keeper_init(struct store_keeper *k, const char *data) {
    pthread_mutex_init(&k->lock, NULL);
    lock_cond_init(&k->wake);
    k->db = store_path(data, "db");
    k->fd = -1;
}

void store_keeper_deinit(struct store_keeper *k) {
    pthread_cond_destroy(&k->wake);
    pthread_mutex_destroy(&k->lock);
    fd_closep(&k->fd);
    free(k->db);
}

int store_keeper_start(struct store *store, const char identity[POSITION_IDENTITY],
                       struct err *err) {
    struct store_keeper *k = &store->keeper;
    int r = open_position(store, identity, err);
    if (r)
        return r;
    /* What opening the database has replayed is in tables, synced, as is what was written since. */
    atomic_store(&k->synced, rocksdb_get_latest_sequence_number(store->db.db));
    k->next_chore_ms = clock_mono_ms() + CHORE_MS;
    r = pthread_create(&k->thread, NULL, keeper_main, store);
    if (r)
        return err_sys(err, -r, "start a thread");
    k->started = true;
    return 0;
}

void store_keeper_stop(struct store *store) {
    struct store_keeper *k = &store->keeper;
    if (!k->started)
        return;
    pthread_mutex_lock(&k->lock);
    k->stop = true;
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    record(k);
    k->started = false;
}
