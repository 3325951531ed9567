/*
 * RocksDB behind rocksdb/c.h. Options are chosen for one daemon on a small
 * machine, and for no loss of an acknowledged write
 * (docs/formats/store.md says what each family holds).
 */
#include "store/key.h"
#include "store/store_priv.h"

#include "base/io.h"
#include "base/own.h"
#include "base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* "default" cannot be left out of a RocksDB, so it serves as meta. */
static const char *const cf_names[STORE_N_CF] = {
    [STORE_META] = "default", [STORE_ITEMS] = "items",     [STORE_HISTORY] = "history",
    [STORE_QUEUE] = "queue",  [STORE_METRICS] = "metrics", [STORE_LOGS] = "logs",
};

enum {
    WRITE_BUFFER = 16 << 20,      /* of one family, before it is flushed */
    WRITE_BUFFERS_ALL = 96 << 20, /* of all together */
    /*
     * Beyond it the oldest family is flushed. Replaying 64 MB took 0.2 s, of small rows (empty
     * log lines) a second.
     */
    WAL_MOST = 32 << 20,
    BLOCK_CACHE = 32 << 20,
    WAL_TOLERATE_TORN_TAIL = 0, /* kTolerateCorruptedTailRecords: see wal_options */
    INFO_HEADER = 5,
    BOTTOM_FORCE_OPTIMIZED =
        3, /* kForceOptimized: what this compaction wrote is not written twice */
};

/* Of a memory table, for its filter: 84 kB, 13 bits a row of 300 bytes. */
static const double filter_ratio = 0.005;

/* Text is RocksDB's, and freed. */
static int fault_of(const struct store_db *db, char *text, struct err *err) {
    if (!text)
        return 0;
    int r = store_db_words(db->data, text, err);
    rocksdb_free(text);
    return r;
}

/*
 * The default recovery mode stops silently at the first bad record of the log, and forgets every
 * acknowledged write behind it. This one accepts only a record cut short at the very end (never
 * acknowledged) and refuses to open over anything else.
 */
static void wal_options(rocksdb_options_t *o) {
    rocksdb_options_set_wal_recovery_mode(o, WAL_TOLERATE_TORN_TAIL);
    rocksdb_options_set_max_total_wal_size(o, WAL_MOST);
}

/*
 * db/LOG gets what RocksDB writes when it opens, and nothing later. The file is written like one of
 * rows: where a line could not be written, the next one aborts the process (7.8, in
 * writable_file_writer.h: AssertFalseAndGetStatusForPrevError; Debian builds with assertions), and
 * closing on a disk that fails wrote such lines. What matters of them comes back as a status.
 */
static void quiet_options(rocksdb_options_t *o) {
    rocksdb_options_set_info_log_level(o, INFO_HEADER);
    rocksdb_options_set_max_log_file_size(o, 1 << 20);
    rocksdb_options_set_keep_log_file_num(o, 2);
    rocksdb_options_set_stats_dump_period_sec(o, 0);
    rocksdb_options_set_stats_persist_period_sec(o, 0);
    rocksdb_options_set_max_manifest_file_size(o, 4 << 20);
}

static void table_options(struct store_db *db, rocksdb_options_t *o) {
    rocksdb_block_based_table_options_t *t = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_filter_policy(t, rocksdb_filterpolicy_create_bloom_full(10));
    rocksdb_block_based_options_set_block_cache(t, db->cache);
    rocksdb_block_based_options_set_block_size(t, 8 << 10);
    rocksdb_block_based_options_set_format_version(t, 5);
    rocksdb_options_set_block_based_table_factory(o, t);
    rocksdb_block_based_options_destroy(t);
}

static rocksdb_options_t *make_options(struct store_db *db) {
    rocksdb_options_t *o = rocksdb_options_create();
    rocksdb_options_set_create_missing_column_families(o, 1);
    rocksdb_options_set_paranoid_checks(o, 1);
    rocksdb_options_set_compression(o, rocksdb_lz4_compression);
    rocksdb_options_set_write_buffer_size(o, WRITE_BUFFER);
    rocksdb_options_set_db_write_buffer_size(o, WRITE_BUFFERS_ALL);
    rocksdb_options_set_max_write_buffer_number(o, 4);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(o, 1);
    rocksdb_options_set_max_background_jobs(o, 2);
    rocksdb_options_set_max_open_files(o, 512);
    rocksdb_options_set_skip_stats_update_on_db_open(o, 1);
    rocksdb_options_set_bytes_per_sync(o, 1 << 20);
    wal_options(o);
    quiet_options(o);
    table_options(db, o);
    return o;
}

void store_db_prepare(struct store_db *db, const char *data, bool create) {
    db->data = data;
    db->cache = rocksdb_cache_create_lru(BLOCK_CACHE);
    db->options = make_options(db);
    rocksdb_options_set_create_if_missing(db->options, create);
    db->synced = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(db->synced, 1);
    db->newest = rocksdb_readoptions_create();
}

/*
 * Of store_cf_is_named: most names of new objects and items are not there, and a filter says so in
 * place of a search of the memory table (some 35 comparisons of keys).
 */
static rocksdb_options_t *named_options(const struct store_db *db) {
    rocksdb_options_t *o = rocksdb_options_create_copy(db->options);
    rocksdb_options_set_memtable_prefix_bloom_size_ratio(o, filter_ratio);
    rocksdb_options_set_memtable_whole_key_filtering(o, 1);
    return o;
}

int store_db_open_prepared(struct store_db *db, bool to_read, struct err *err) {
    CLEANUP_MEM char *path = store_path(db->data, "db");
    const rocksdb_options_t *options[STORE_N_CF];
    char *text = NULL;
    db->by_name = named_options(db);
    for (int i = 0; i < STORE_N_CF; i++)
        options[i] = store_cf_is_named((enum store_cf)i) ? db->by_name : db->options;
    db->db = to_read ? rocksdb_open_for_read_only_column_families(
                           db->options, path, STORE_N_CF, cf_names, options, db->cf, 0, &text)
                     : rocksdb_open_column_families(db->options, path, STORE_N_CF, cf_names,
                                                    options, db->cf, &text);
    if (text)
        db->db = NULL;
    return fault_of(db, text, err);
}

/*
 * A disk that takes no writes is found out here: RocksDB would say so with an abort, at the second
 * line of db/LOG (quiet_options). One that is full may still have room for what it needs.
 */
static int try_disk(const char *data, struct err *err) {
    CLEANUP_MEM char *path = store_path(data, "db/probe.tmp");
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool written = fd >= 0 && io_write_full(fd, "probe", 5) == 0 && fdatasync(fd) == 0;
    int why = errno;
    unlink(path);
    if (written || why == ENOSPC || why == EDQUOT)
        return 0;
    return err_sys(err, -why, "%s: db cannot be written", data);
}

int store_db_open(struct store_db *db, const char *data, bool create, struct err *err) {
    int r = try_disk(data, err);
    if (r)
        return r;
    store_db_prepare(db, data, create);
    return store_db_open_prepared(db, false, err);
}

/* ---- Its identity ---- */

/*
 * sys, raw "identity": a byte 0 (plain), then 16 random ones. Read and written here and not by
 * batches: it is looked at before the store's keys are, in a database that is open for reading.
 */
static int read_identity(struct store_db *db, char ret[POSITION_IDENTITY], struct err *err) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    rocksdb_pinnableslice_t *pin;
    str value;
    key_begin(&key, "sys");
    key_raw(&key, S("identity"));
    int r = store_db_pin(db, db->newest, STORE_META, buf_view(&key), &pin, &value, err);
    if (r)
        return r;
    if (value.len == 1 + POSITION_IDENTITY)
        memcpy(ret, value.p + 1, POSITION_IDENTITY);
    else
        r = err_set(err, STORE_E_DAMAGED, "the row of the database's identity is damaged");
    rocksdb_pinnableslice_destroy(pin);
    return r;
}

int store_db_identify(struct store_db *db, char ret_identity[POSITION_IDENTITY], struct err *err) {
    int r = read_identity(db, ret_identity, err);
    if (r != STORE_E_ABSENT)
        return r;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    char *text = NULL, value[1 + POSITION_IDENTITY] = {0};
    key_begin(&key, "sys");
    key_raw(&key, S("identity"));
    rand_bytes(ret_identity, POSITION_IDENTITY);
    memcpy(value + 1, ret_identity, POSITION_IDENTITY);
    rocksdb_put_cf(db->db, db->synced, db->cf[STORE_META], key.p, key.len, value, sizeof value,
                   &text);
    return fault_of(db, text, err);
}

int store_db_find(struct store_db *db, struct position_found *ret, struct err *err) {
    *ret = (struct position_found){.sequence = rocksdb_get_latest_sequence_number(db->db)};
    if (rocksdb_property_int(db->db, "rocksdb.min-log-number-to-keep", &ret->least_log) != 0)
        ret->least_log = UINT64_MAX;
    int r = read_identity(db, ret->identity, err);
    ret->has_identity = r == 0;
    return r == STORE_E_ABSENT ? 0 : r;
}

int store_db_look(const char *data, struct position_found *ret, struct err *err) {
    struct store_db db = {0};
    store_db_prepare(&db, data, false);
    int r = store_db_open_prepared(&db, true, err);
    r = r ? r : store_db_find(&db, ret, err);
    store_db_close(&db);
    return r;
}

/* RocksDB counts what went wrong behind everybody's back: a compaction says nothing itself. */
static uint64_t background_errors(const struct store_db *db) {
    uint64_t n = 0;
    (void)rocksdb_property_int(db->db, "rocksdb.background-errors", &n);
    return n;
}

/*
 * A flush of all families ends the log, whose files hold the old values too; then the families are
 * compacted into their last level, whose tables are written again even where nothing above them is
 * merged in.
 */
int store_db_rewrite(const struct store_db *db, int families, struct err *err) {
    rocksdb_flushoptions_t *flush = rocksdb_flushoptions_create();
    rocksdb_compactoptions_t *compact = rocksdb_compactoptions_create();
    uint64_t before = background_errors(db);
    rocksdb_compactoptions_set_bottommost_level_compaction(compact, BOTTOM_FORCE_OPTIMIZED);
    char *text = NULL;
    for (int i = 0; i < STORE_N_CF && !text; i++)
        rocksdb_flush_cf(db->db, flush, db->cf[i], &text);
    for (int i = 0; i < families && !text; i++)
        rocksdb_compact_range_cf_opt(db->db, db->cf[i], compact, NULL, 0, NULL, 0);
    rocksdb_flushoptions_destroy(flush);
    rocksdb_compactoptions_destroy(compact);
    if (!text && background_errors(db) != before)
        return err_set(err, -EIO,
                       "%s: the tables of db could not be written anew: is there room on the disk?",
                       db->data);
    return fault_of(db, text, err);
}

const char *store_cf_name(enum store_cf cf) { return cf_names[cf]; }

void store_db_close(struct store_db *db) {
    for (int i = 0; db->db && i < STORE_N_CF; i++)
        rocksdb_column_family_handle_destroy(db->cf[i]);
    if (db->db)
        rocksdb_close(db->db);
    if (db->newest)
        rocksdb_readoptions_destroy(db->newest);
    if (db->synced)
        rocksdb_writeoptions_destroy(db->synced);
    if (db->options)
        rocksdb_options_destroy(db->options);
    if (db->by_name)
        rocksdb_options_destroy(db->by_name);
    if (db->cache)
        rocksdb_cache_destroy(db->cache);
    *db = (struct store_db){0};
}

int store_db_pin(const struct store_db *db, const rocksdb_readoptions_t *options, enum store_cf cf,
                 str key, rocksdb_pinnableslice_t **ret_pin, str *ret_value, struct err *err) {
    char *text = NULL;
    store_db_uncounted();
    rocksdb_pinnableslice_t *pin =
        rocksdb_get_pinned_cf(db->db, options, db->cf[cf], key.p, key.len, &text);
    if (text)
        return fault_of(db, text, err);
    if (!pin)
        return STORE_E_ABSENT;
    ret_value->p = rocksdb_pinnableslice_value(pin, &ret_value->len);
    *ret_pin = pin;
    return STORE_OK;
}
