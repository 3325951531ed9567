/* The database's part of a repair: copies, RocksDB's own repair, cutting logs, the swap. */
#include "store/fault.h"
#include "store/repair_priv.h"

#include "base/file.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WAL_POINT_IN_TIME = 2, /* kPointInTimeRecovery: up to the first damaged record */
    WAL_SKIP_DAMAGED = 3,  /* kSkipAnyCorruptedRecords */
    COPY = 1 << 16,
    OPEN_FOLDERS = 16,
    SEED_NUMBER = 1000, /* of a seed's table, above the highest of the copy */
};

/* No row has such a key: kinds are words. */
static const str seed_key = S_INIT("\1repair");

/* ---- Files ---- */

static int remove_one(const char *path, const struct stat *, int, struct FTW *) {
    (void)remove(path);
    return 0;
}

static void remove_tree(const char *path) {
    nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

/* Removes DATA/repair. */
static void repair_clear(const char *data) {
    CLEANUP_MEM char *path = store_path(data, "repair");
    remove_tree(path);
}

static int copy_bytes(int from, int to) {
    CLEANUP_MEM char *piece = mem_alloc(COPY);
    ssize_t n;
    while ((n = read(from, piece, COPY)) > 0) {
        int r = io_write_full(to, piece, (size_t)n);
        if (r)
            return r;
    }
    return n < 0 || fsync(to) != 0 ? -errno : 0;
}

/* Tables never change, so a link is a copy; not so where the file system has none. */
static int copy_file(const char *from, const char *to, struct err *err) {
    struct stat st;
    if (lstat(from, &st) == 0 && !S_ISREG(st.st_mode))
        return 0; /* nothing that RocksDB made */
    if (str_ends(str_c(from), S(".sst")) && link(from, to) == 0)
        return 0;
    CLEANUP_FD int in = open(from, O_RDONLY | O_CLOEXEC);
    CLEANUP_FD int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int r = in < 0 || out < 0 ? -errno : copy_bytes(in, out);
    return r ? err_sys(err, r, "copy %s to %s", from, to) : 0;
}

typedef int (*each_fn)(void *ctx, const char *folder, const char *name, struct err *err);

/* Every name in the folder that a file of a database may have. */
static int each_file(const char *folder, each_fn fn, void *ctx, struct err *err) {
    DIR *dir = opendir(folder);
    if (!dir)
        return err_sys(err, -errno, "read folder %s", folder);
    const struct dirent *entry;
    int r = 0;
    while (r == 0 && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            r = fn(ctx, folder, entry->d_name, err);
    closedir(dir);
    return r;
}

static int copy_one(void *ctx, const char *folder, const char *name, struct err *err) {
    CLEANUP_MEM char *from = store_path(folder, name);
    CLEANUP_MEM char *to = store_path(ctx, name);
    return copy_file(from, to, err);
}

int repair_copy(const char *data, struct err *err) {
    CLEANUP_MEM char *db = store_path(data, "db");
    CLEANUP_MEM char *copy = store_path(data, "repair/db");
    repair_clear(data);
    int r = io_mkdirs(copy, 0700, err);
    return r ? r : each_file(db, copy_one, copy, err);
}

/* ---- Opening the copy ---- */

static int open_copy(struct store_db *db, const char *work, int wal_mode, struct err *err) {
    store_db_prepare(db, work, false);
    rocksdb_options_set_wal_recovery_mode(db->options, wal_mode);
    int r = store_db_open_prepared(db, false, err);
    if (r)
        store_db_close(db);
    return r;
}

int repair_cut_logs(const char *data, uint64_t *ret_sequence, struct err *err) {
    CLEANUP_MEM char *work = store_path(data, "repair");
    struct store_db db = {0};
    int r = open_copy(&db, work, WAL_POINT_IN_TIME, err);
    if (r) { /* tables are ahead of the damaged record */
        r = repair_copy(data, err);
        r = r ? r : open_copy(&db, work, WAL_SKIP_DAMAGED, err);
    }
    if (r)
        return r;
    *ret_sequence = rocksdb_get_latest_sequence_number(db.db);
    store_db_close(&db);
    return 0;
}

/* ---- RocksDB's repair ---- */

/*
 * RocksDB's repair knows the families of the tables that it finds, and drops rows of the others from
 * the logs. So each family gets a table with one row, which is removed afterwards.
 */
static int plant_seeds(const char *work, struct err *err) {
    CLEANUP_MEM char *seeds = store_path(work, "seeds");
    CLEANUP_MEM char *folder = store_path(seeds, "db");
    struct store_db db = {0};
    int r = io_mkdirs(folder, 0700, err);
    r = r ? r : store_db_open(&db, seeds, true, err);
    rocksdb_flushoptions_t *flush = rocksdb_flushoptions_create();
    char *text = NULL;
    for (int i = 0; r == 0 && i < STORE_N_CF; i++) {
        rocksdb_put_cf(db.db, db.synced, db.cf[i], seed_key.p, seed_key.len, "", 0, &text);
        if (!text)
            rocksdb_flush_cf(db.db, flush, db.cf[i], &text);
        r = text ? store_db_words(seeds, text, err) : 0;
        rocksdb_free(text);
    }
    rocksdb_flushoptions_destroy(flush);
    store_db_close(&db);
    return r;
}

struct numbers {
    uint64_t highest, next;
    const char *to;
};

static bool table_number(const char *name, uint64_t *ret) {
    str s = str_c(name);
    ptrdiff_t dot = str_rchr(s, '.');
    return dot > 0 && str_to_u64(str_slice(s, 0, (size_t)dot), ret);
}

static int find_highest(void *ctx, const char *, const char *name, struct err *) {
    struct numbers *n = ctx;
    uint64_t number;
    if (table_number(name, &number) && number > n->highest)
        n->highest = number;
    return 0;
}

static int add_seed(void *ctx, const char *folder, const char *name, struct err *err) {
    struct numbers *n = ctx;
    char to[40];
    if (!str_ends(str_c(name), S(".sst")))
        return 0;
    snprintf(to, sizeof to, "%06llu.sst", (unsigned long long)n->next++);
    CLEANUP_MEM char *from = store_path(folder, name);
    CLEANUP_MEM char *at = store_path(n->to, to);
    return copy_file(from, at, err);
}

static int add_seeds(const char *work, const char *copy, struct err *err) {
    CLEANUP_MEM char *seeds = store_path(work, "seeds/db");
    struct numbers n = {.to = copy};
    int r = plant_seeds(work, err);
    r = r ? r : each_file(copy, find_highest, &n, err);
    n.next = n.highest + SEED_NUMBER;
    return r ? r : each_file(seeds, add_seed, &n, err);
}

static int drop_seeds(struct store_db *db, const char *work, struct err *err) {
    char *text = NULL;
    int r = 0;
    for (int i = 0; r == 0 && i < STORE_N_CF; i++) {
        rocksdb_delete_cf(db->db, db->synced, db->cf[i], seed_key.p, seed_key.len, &text);
        r = text ? store_db_words(work, text, err) : 0;
        rocksdb_free(text);
    }
    return r;
}

/* RocksDB moves what it cannot read to a folder lost of the database. */
static int tell_dropped(void *ctx, const char *, const char *name, struct err *) {
    if (str_ends(str_c(name), S(".sst")))
        buf_printf(ctx, "db/%s could not be read: its rows are lost\n", name);
    return 0;
}

static int run_repair(const char *work, const char *copy, struct err *err) {
    struct store_db db = {0};
    char *text = NULL;
    store_db_prepare(&db, work, false);
    rocksdb_repair_db(db.options, copy, &text);
    int r = text ? store_db_words(work, text, err) : 0;
    rocksdb_free(text);
    store_db_close(&db);
    return r;
}

int repair_rebuild(const char *data, struct buf *said, uint64_t *ret_sequence, struct err *err) {
    CLEANUP_MEM char *work = store_path(data, "repair");
    CLEANUP_MEM char *copy = store_path(work, "db");
    CLEANUP_MEM char *dropped = store_path(copy, "lost");
    struct store_db db = {0};
    int r = add_seeds(work, copy, err);
    r = r ? r : run_repair(work, copy, err);
    r = r ? r : open_copy(&db, work, WAL_POINT_IN_TIME, err);
    if (r)
        return r;
    r = drop_seeds(&db, work, err);
    *ret_sequence = rocksdb_get_latest_sequence_number(db.db);
    store_db_close(&db);
    if (access(dropped, F_OK) == 0)
        (void)each_file(dropped, tell_dropped, said, NULL);
    remove_tree(dropped); /* all of it is in DATA/lost too, with the database as it was */
    return r;
}

int repair_read_all(struct store_db *db, struct err *err) {
    rocksdb_readoptions_t *options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_verify_checksums(options, 1);
    rocksdb_readoptions_set_fill_cache(options, 0);
    int r = 0;
    for (int i = 0; r == 0 && i < STORE_N_CF; i++) {
        char *text = NULL;
        rocksdb_iterator_t *it = rocksdb_create_iterator_cf(db->db, options, db->cf[i]);
        for (rocksdb_iter_seek_to_first(it); rocksdb_iter_valid(it); rocksdb_iter_next(it))
            ;
        rocksdb_iter_get_error(it, &text);
        r = text ? store_db_words(db->data, text, err) : 0;
        rocksdb_free(text);
        rocksdb_iter_destroy(it);
    }
    rocksdb_readoptions_destroy(options);
    return r;
}

/* ---- The swap ---- */

bool repair_half_swapped(const char *data) {
    CLEANUP_MEM char *db = store_path(data, "db");
    CLEANUP_MEM char *good = store_path(data, "repair/good");
    CLEANUP_MEM char *copy = store_path(data, "repair/db");
    return access(db, F_OK) != 0 && access(good, F_OK) == 0 && access(copy, F_OK) == 0;
}

int repair_swap(const char *data, struct store_lost *lost, struct err *err) {
    CLEANUP_MEM char *db = store_path(data, "db");
    CLEANUP_MEM char *copy = store_path(data, "repair/db");
    CLEANUP_MEM char *good = store_path(data, "repair/good");
    int r = repair_half_swapped(data) ? 0 : file_write_durable(good, S("good\n"), 0600, err);
    if (r == 0 && access(db, F_OK) == 0)
        r = store_lost_take(lost, "db", err);
    store_fault_step();
    if (r == 0 && rename(copy, db) != 0)
        r = err_sys(err, -errno, "move %s to %s", copy, db);
    r = r ? r : file_sync_dir(data, err);
    if (r == 0)
        repair_clear(data);
    return r;
}
