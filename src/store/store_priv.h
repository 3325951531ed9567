#pragma once
/* The store's inside: what its files share. */
#include "base/map.h"
#include "store/batch_priv.h"
#include "store/pending_priv.h"

#include <pthread.h>
#include <rocksdb/c.h>
#include <semaphore.h>
#include <stdatomic.h>

/* ---- format.c: the edition of what lies on disk ---- */
/*
 * Where there is no DATA yet: of a new one, which is written. STORE_E_FORMAT: newer, or older and
 * nobody migrates it.
 */
int format_read(const struct store *store, const struct store_options *options,
                uint64_t *ret_format, struct err *err);
/* Migrates, format by format, and writes the number of each when its rows are all there. */
int format_raise(struct store *store, const struct store_options *options, uint64_t from,
                 struct err *err);

char *store_path(const char *dir, const char *name); /* dir/name, malloc'ed */

/* ---- db.c: the database and its options ---- */
struct store_db {
    rocksdb_t *db;
    rocksdb_column_family_handle_t *cf[STORE_N_CF];
    rocksdb_options_t *options;
    rocksdb_cache_t *cache;
    rocksdb_writeoptions_t *synced;
    rocksdb_readoptions_t *newest;
};
int store_db_open(struct store_db *db, const char *path, struct err *err);
void store_db_close(struct store_db *db);
/*
 * Reads without a copy: *ret_pin holds the value until rocksdb_pinnableslice_destroy.
 * STORE_OK, STORE_E_ABSENT (no pin) or a fault.
 */
int store_db_pin(const struct store_db *db, const rocksdb_readoptions_t *options, enum store_cf cf,
                 str key, rocksdb_pinnableslice_t **ret_pin, str *ret_value, struct err *err);

/* ---- space.c: the free-space reserve ---- */
struct store_space {
    const char *path; /* borrowed from the store */
    uint64_t reserve;
    /* bytes above the reserve, when last looked at, minus what was added since */
    _Atomic int64_t room;
    _Atomic int64_t next_ms; /* monotonic time of the next look */
};
void store_space_init(struct store_space *space, const char *path, uint64_t reserve);
/* False: adding so many bytes would eat into the reserve. */
bool store_space_has(struct store_space *space, uint64_t adding);
void store_space_used(struct store_space *space, uint64_t added);

/* ---- commit.c: the committer ---- */
struct store_wait {
    struct store_wait *next;
    struct store_wait *to_wake; /* whom this caller wakes, linked by next (commit.c, wake_all) */
    struct store_batch *batch;
    int result;
    struct err err;
    sem_t done;
};
struct store_committer {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* over the queue, stop and sleeping */
    pthread_cond_t wake;
    struct store_wait *first, **last;
    bool stop, sleeping;

    struct pending pending; /* the thread's own */
    rocksdb_writebatch_t *write;

    atomic_bool readonly;
    pthread_mutex_t why_lock;
    struct err why;
};
/* The database is open. 0 or -errno. */
int store_committer_start(struct store *store, struct err *err);
void store_committer_stop(struct store *store); /* after everything queued is written */

/* ---- ids.c ---- */
struct store_ids {
    _Atomic uint64_t next, limit; /* ids below limit are reserved on disk */
    pthread_mutex_t lock;         /* one reservation at a time */
};
int store_ids_open(struct store *store, struct err *err);

/* ---- keyring.c: the master key and the data keys that it wraps ---- */
struct seal_ring {
    struct seal_key *master;
    pthread_rwlock_t lock;
    struct map keys; /* id → struct seal_key * */
};
int seal_ring_open(struct store *store, const struct store_options *options, struct err *err);
void seal_ring_close(struct store *store);

/* ---- blob ---- */
/* folders, and how files get their names */
int blob_dir_open(struct store *store, struct err *err);
int blob_sweep(struct store *store, uint64_t *ret_swept, struct err *err);
/* Unlinks the files of a committed batch's dropped bodies (16-byte ids, one behind the other). */
void blob_unlink_dropped(struct store *store, str ids);

enum { STORE_KEY_STRIPES = 256 };
struct store {
    char *data;        /* DATA */
    char *blob_path;   /* DATA/blobs */
    int lock_fd;       /* holds the flock on DATA/lock */
    int blob_fd;       /* DATA/blobs */
    bool blob_tmpfile; /* the file system has O_TMPFILE and links it */
    struct store_db db;
    struct store_space space;
    struct store_committer committer;
    struct store_ids ids;
    struct seal_ring ring;
    pthread_mutex_t stripes[STORE_KEY_STRIPES];
};
