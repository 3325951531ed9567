#pragma once
/* The store's inside: what its files share. */
#include "base/map.h"
#include "store/cache_priv.h"
#include "store/changes_priv.h"
#include "store/lanes_priv.h"
#include "store/lost_priv.h"
#include "store/pending_priv.h"
#include "store/position_priv.h"
#include "store/sums_priv.h"
#include "store/value_priv.h"
#include "store/view_priv.h"

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
/*
 * For repair. 0: this program can read the data; -ENOENT; STORE_E_DAMAGED; or STORE_E_FORMAT with
 * words: the data is of a newer program.
 */
int format_look(const char *data, struct err *err);
/* Writes the file anew where nobody knows what it said: rows of every format are turned. */
int format_renew(const char *data, struct err *err);
/*
 * What the open database knows better than DATA/format does, which may be of an older copy, or made
 * by a repair: with sealed values in it the rows are of format 3 at least. Sets store->format.
 */
int format_settle(struct store *store, uint64_t *format, struct err *err);
/* Migrates, format by format, and writes the number of each when its rows are all there. */
int format_raise(struct store *store, const struct store_options *options, uint64_t from,
                 struct err *err);

/*
 * How values lie in the database. Formats 1 to 3 keep them raw. While they are being sealed
 * (format_seal.c) the rows up to a place are sealed, in the order in which they are walked. Changed
 * between commits of the thread that opens the store.
 */
enum { FORMAT_FIRST_SEALED = 4 };
struct store_format {
    enum format_kept { FORMAT_SEALED, FORMAT_RAW, FORMAT_SEALING } kept;
    bool began;     /* some values are sealed, whatever DATA/format says */
    size_t family;  /* FORMAT_SEALING: which one of the walk is under way … */
    struct buf key; /* … and its last row that is sealed */
};
/* The step from format 3 to 4: seals every value, then writes every table anew. */
int format_seal(struct store *store, const struct store_options *options, struct err *err);
/* Adds to the batch that every value is sealed: of a new database. */
void format_seal_done(struct store_batch *batch);
/* Has any value been sealed? 0 or -errno. */
int format_seal_began(struct store *store, bool *ret_began, struct err *err);
/* FORMAT_SEALING: the walk is past this row. */
bool format_seal_passed(const struct store *store, enum store_cf cf, str key);

char *store_path(const char *dir, const char *name); /* dir/name, malloc'ed */

/* ---- whole.c: is all there that was there? ---- */
/*
 * Before anything is made. *ret_new: there is no database, nor a sign that there was one, so it may
 * be made. STORE_E_DAMAGED with the file, the cause and the next command: there was one.
 */
int store_whole_check(const char *data, const struct store_options *options, bool *ret_new,
                      struct err *err);
/*
 * Before the database is opened for writing: STORE_E_DAMAGED, in the same way, where it is another
 * one than DATA/position says, or an older one.
 */
int store_whole_compare(const char *data, struct err *err);
/* "DATA: WHAT; next: calotype repair --data DATA". Returns code. */
int store_refuse(struct err *err, int code, const char *data, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* ---- words.c ---- */
/*
 * RocksDB's text (kept by the caller) of a fault of the database of DATA in plain words: as
 * store_refuse. Returns STORE_E_DAMAGED, or the -errno that the text tells of.
 */
int store_db_words(const char *data, const char *text, struct err *err);

/* ---- db.c: the database and its options ---- */
struct store_db {
    const char *data; /* DATA, borrowed */
    rocksdb_t *db;
    rocksdb_column_family_handle_t *cf[STORE_N_CF];
    rocksdb_options_t *options, *by_name; /* the latter of store_cf_is_named */
    rocksdb_cache_t *cache;
    rocksdb_writeoptions_t *synced;
    rocksdb_readoptions_t *newest;
};
/*
 * Opens the database DATA/db, with all column families; create: it may be a new one, else there must
 * be one. 0; STORE_E_DAMAGED or -errno with the file, the cause and the next command in err.
 * store_db_close releases what was opened, after a failure too.
 */
int store_db_open(struct store_db *db, const char *data, bool create, struct err *err);
/* The two halves of it, for repair: other options may be set between them. */
void store_db_prepare(struct store_db *db, const char *data, bool create);
int store_db_open_prepared(struct store_db *db, bool to_read, struct err *err);
/* How far an open database is. */
int store_db_find(struct store_db *db, struct position_found *ret, struct err *err);
/* Opens it for reading alone, changes nothing, and says how far it is. As store_db_open. */
int store_db_look(const char *data, struct position_found *ret, struct err *err);
/* Writes the row of its identity, made now, where there is none. 0 or -errno. */
int store_db_identify(struct store_db *db, char ret_identity[POSITION_IDENTITY], struct err *err);
/*
 * Writes every table of the first so many families anew, so that nothing of what was overwritten or
 * deleted is left in one, nor in the log.
 */
int store_db_rewrite(const struct store_db *db, int families, struct err *err);
void store_db_close(struct store_db *db);
/*
 * Before a thread's first call of the database that reads or writes rows: RocksDB counts each
 * comparison of keys for the thread, which is a sixth of a write, and nobody reads the counts.
 */
static inline void store_db_uncounted(void) {
    static __thread bool done;
    if (!done)
        rocksdb_set_perf_level(rocksdb_disable);
    done = true;
}
/* Do the family's rows stay, and are they asked for by name? Messages, events and sums pass. */
static inline bool store_cf_is_named(enum store_cf cf) {
    return cf == STORE_META || cf == STORE_ITEMS;
}
/* The family's name in RocksDB, for messages. */
const char *store_cf_name(enum store_cf cf);
/*
 * Reads without a copy: *ret_pin holds the value until rocksdb_pinnableslice_destroy.
 * STORE_OK, STORE_E_ABSENT (no pin) or a fault.
 */
int store_db_pin(const struct store_db *db, const rocksdb_readoptions_t *options, enum store_cf cf,
                 str key, rocksdb_pinnableslice_t **ret_pin, str *ret_value, struct err *err);

/* ---- read.c ---- */
/*
 * For looking at everything: as store_iter_new from `from` to the end of the family, with the
 * checksums verified and without filling the cache of blocks.
 */
struct store_iter *store_iter_scan(struct store *store, enum store_cf cf, str from);
/* As store_iter_fault, with the database's words. */
int store_iter_fault_why(const struct store_iter *it, struct err *err);

/* ---- space.c: the free-space reserve ---- */
struct store_space {
    const char *path; /* borrowed from the store */
    _Atomic uint64_t reserve;
    /* bytes above the reserve, when last looked at, minus what was added since */
    _Atomic int64_t room;
    _Atomic int64_t next_ms; /* monotonic time of the next look */
};
/* path must live as long as space. The first question looks at the disk. */
void store_space_init(struct store_space *space, const char *path, uint64_t reserve);
/*
 * False: adding so many bytes would eat into the reserve. The file system is asked about once a
 * second, so the answer may be that old. Any thread.
 */
bool store_space_has(struct store_space *space, uint64_t adding);
/* Counts bytes that were written since the last look. Any thread. */
void store_space_used(struct store_space *space, uint64_t added);

/* ---- commit.c: the committer ---- */
/*
 * One thread at a time writes for all: it takes the batches that wait, a group at a time
 * (lanes_priv.h), and makes one durable write of each. The first disk fault makes the store
 * read-only, which only a restart ends; `why` says which it was.
 */
struct store_committer {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* over the lanes, who and stop */
    pthread_cond_t wake;
    struct store_lanes lanes; /* empty while nobody commits */
    enum { COMMITTER_NONE, COMMITTER_CALLER, COMMITTER_THREAD } who;
    bool stop;

    struct pending pending; /* of whoever commits, as the next two */
    struct store_sums sums;
    rocksdb_writebatch_t *write;

    atomic_bool readonly;
    pthread_mutex_t why_lock;
    struct err why;
};
/* The database is open. 0 or -errno. */
int store_committer_start(struct store *store, struct err *err);
void store_committer_stop(struct store *store); /* nobody commits any more */

/* ---- ids.c ---- */
/*
 * The source of store_next_id: numbers are handed out from memory, below a limit that is on disk,
 * so a restart skips some and repeats none.
 */
struct store_ids {
    _Atomic uint64_t next, limit; /* ids below limit are reserved on disk */
    pthread_mutex_t lock;         /* one reservation at a time */
};
/* Reads the limit; the committer runs. 0, STORE_E_DAMAGED or -errno. */
int store_ids_open(struct store *store, struct err *err);

/* ---- rotate.c ---- */
/* The last step of a rotation that was cut off there. What hinders it is told in the log. */
void store_rotate_finish(struct store *store);

/* ---- keyring.c: the master key and the data keys that it wraps ---- */
/*
 * Every data key that was used, unwrapped. Keys are added and never removed before seal_ring_close,
 * so a pointer to one stays good without the lock.
 */
struct seal_ring {
    struct seal_key *master;
    pthread_rwlock_t lock;
    struct map keys;                           /* id → struct seal_key * */
    const struct seal_key *family[STORE_N_CF]; /* of the values of each family */
};
/*
 * Reads or makes the master key and the families' keys. STORE_E_KEY, with words, where one is lost
 * or is another than the one that sealed this store's keys. sealed: values are sealed already, so
 * a family's key that is missing is lost.
 */
int seal_ring_open(struct store *store, const struct store_options *options, bool sealed,
                   struct err *err);
/* Wipes and frees all keys. */
void seal_ring_close(struct store *store);

/* ---- blob ---- */
/*
 * Opens DATA/blobs with its folders, made where they are missing, and finds out how the file system
 * lets files get their names. 0 or -errno.
 */
int blob_dir_open(struct store *store, struct err *err);
/*
 * Sets aside the body files that no row owns: a crash between file and commit leaves them, and so
 * does a database that lost rows. At open alone, before any request.
 */
int blob_sweep(struct store *store, struct store_lost *lost, struct err *err);
/* Some file of a body is there. The store need not be open. */
bool blob_any_file(const char *blob_path);
/*
 * Unlinks the files of a committed batch's dropped bodies (16-byte ids, one behind the other). A
 * file that cannot be removed is left to the next sweep.
 */
void blob_unlink_dropped(struct store *store, str ids);

/* ---- turn.c: writers of one row, one after the other ---- */
enum { STORE_TURNS = 256 };
struct store_turn {
    pthread_mutex_t lock; /* over the two numbers */
    pthread_cond_t wake;
    atomic_uint given, served; /* tickets: equal when nobody has the turn or waits for it */
};
void store_turns_init(struct store_turn turns[STORE_TURNS]);
void store_turns_deinit(struct store_turn turns[STORE_TURNS]);

/*
 * Everything is made by store_open and fixed until store_free, but for what its own parts guard.
 */
struct store {
    char *data;        /* DATA */
    char *blob_path;   /* DATA/blobs */
    int lock_fd;       /* holds the flock on DATA/lock */
    int blob_fd;       /* DATA/blobs */
    bool blob_tmpfile; /* the file system has O_TMPFILE and links it */
    struct store_db db;
    struct store_space space;
    struct store_changes changes;
    struct store_views views;
    struct store_cache cache;
    struct store_committer committer;
    struct store_ids ids;
    struct seal_ring ring;
    struct store_format format;
    struct store_turn turns[STORE_TURNS];
    struct store_keeper keeper;
};

/* Has the row's value no form byte, on disk and when it is written? */
static inline bool format_reads_raw(const struct store *store, enum store_cf cf, str key) {
    if (value_is_own(cf, key))
        return true;
    if (store->format.kept == FORMAT_SEALED)
        return false;
    return store->format.kept == FORMAT_RAW || !format_seal_passed(store, cf, key);
}
static inline bool format_writes_raw(const struct store *store, enum store_cf cf, str key) {
    return store->format.kept == FORMAT_RAW || value_is_own(cf, key);
}
