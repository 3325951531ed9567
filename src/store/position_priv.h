#pragma once
/*
 * store/position: how far the database was, beside it in DATA/position. A start compares, and so
 * sees that the database is another one, an older one, or lacks files of rows, before RocksDB opens
 * it for writing and removes what it takes for left-overs.
 *
 * Nothing in it is ever ahead of what a power cut leaves: the numbers are those of writes whose
 * sync has returned, and of files that were synced since they were looked at. docs/formats/store.md
 * has the layout.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <pthread.h>
#include <stdatomic.h>

struct store;

enum { POSITION_IDENTITY = 16, POSITION_LOGS = 24 };

struct position_log {
    uint64_t number, bytes;
};
/* The files of a database, as they are durably there. */
struct position_files {
    uint64_t manifest, manifest_bytes; /* MANIFEST-number, which CURRENT names; 0: there is none */
    size_t n_logs; /* all but the newest log, ascending; at most POSITION_LOGS */
    struct position_log logs[POSITION_LOGS];
};
struct position {
    char identity[POSITION_IDENTITY]; /* of the database, random */
    uint64_t sequence;                /* RocksDB's, of the last synced write */
    uint64_t turn;                    /* the newer slot has the higher one */
    struct position_files files;
};

/* What a database says when it is opened for reading alone. */
struct position_found {
    bool has_identity;
    char identity[POSITION_IDENTITY];
    uint64_t sequence;
    uint64_t least_log; /* logs below this number are not needed any more */
};

/* One slot's record, with its checksum. */
enum { POSITION_SLOTS = 2, POSITION_SLOT = 4096, POSITION_BYTES = 8192 };
void store_position_encode(const struct position *at, struct buf *out);
/* 0; -ENOENT: there is none; STORE_E_DAMAGED: no slot can be read; or another -errno. */
int store_position_read(const char *data, struct position *ret, struct err *err);
/* Makes DATA/position, durably, in place of what is there. */
int store_position_write(const char *data, const struct position *at, struct err *err);
/*
 * The files of the database at path. With sync they are synced, and looked at again, until what was
 * seen is durable. 0 or -errno.
 */
int store_position_look(const char *path, bool sync, struct position_files *ret);
/*
 * True: the database at db is the one of `then`, and as far at least, with all files of rows that it
 * had. False: a sentence in err says what it is or lacks, with names relative to DATA.
 */
bool store_position_holds(const struct position *then, const struct position_found *found,
                          const char *db, struct err *err);

/* ---- The keeper: a thread that rewrites DATA/position about once a second while it changes ---- */
struct store_keeper {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    atomic_bool moved;
    _Atomic uint64_t synced; /* the sequence number that the committer's last sync made durable */
    int fd;                  /* DATA/position */
    char *db;                /* DATA/db */
    struct position at;      /* the thread's own, as is the next line */
    int64_t next_chore_ms;   /* monotonic time of the next look at DATA/lost */
};
void store_keeper_init(struct store_keeper *k, const char *data);
void store_keeper_deinit(struct store_keeper *k);
/*
 * DATA/position is made where it is not there yet. The committer runs, and identity is the
 * database's. 0 or -errno.
 */
int store_keeper_start(struct store *store, const char identity[POSITION_IDENTITY],
                       struct err *err);
/* Writes the last position. The committer has stopped, the database is open. */
void store_keeper_stop(struct store *store);
/* By the committer, after a synced write. */
void store_keeper_moved(struct store *store);
