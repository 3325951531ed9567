/*
 * RocksDB behind rocksdb/c.h. Options are chosen for one daemon on a small
 * machine: about 22 MB idle, 40 ms to start, and no loss of an acknowledged write
 * (docs/formats/store.md says what each family holds).
 */
#include "store/store_priv.h"

#include "base/own.h"

#include <errno.h>

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
    INFO_WARN = 2,
    BOTTOM_FORCE_OPTIMIZED =
        3, /* kForceOptimized: what this compaction wrote is not written twice */
};

static int fault_of(char *text, struct err *err, const char *what) {
    if (!text)
        return 0;
    err_set(err, -EIO, "%s: %s", what, text);
    rocksdb_free(text);
    return -EIO;
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

static void quiet_options(rocksdb_options_t *o) {
    rocksdb_options_set_info_log_level(o, INFO_WARN);
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
    rocksdb_options_set_create_if_missing(o, 1);
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

int store_db_open(struct store_db *db, const char *path, struct err *err) {
    db->cache = rocksdb_cache_create_lru(BLOCK_CACHE);
    db->options = make_options(db);
    db->synced = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(db->synced, 1);
    db->newest = rocksdb_readoptions_create();

    const rocksdb_options_t *options[STORE_N_CF];
    for (int i = 0; i < STORE_N_CF; i++)
        options[i] = db->options;
    char *text = NULL;
    db->db = rocksdb_open_column_families(db->options, path, STORE_N_CF, cf_names, options, db->cf,
                                          &text);
    if (text)
        db->db = NULL;
    return fault_of(text, err, "open the database");
}

/*
 * A flush ends the log, whose files hold the old values too; then each family is compacted into its
 * last level, whose tables are written again even where nothing above them is merged in.
 */
int store_db_rewrite(const struct store_db *db, struct err *err) {
    rocksdb_flushoptions_t *flush = rocksdb_flushoptions_create();
    rocksdb_compactoptions_t *compact = rocksdb_compactoptions_create();
    rocksdb_compactoptions_set_bottommost_level_compaction(compact, BOTTOM_FORCE_OPTIMIZED);
    char *text = NULL;
    for (int i = 0; i < STORE_N_CF && !text; i++)
        rocksdb_flush_cf(db->db, flush, db->cf[i], &text);
    for (int i = 0; i < STORE_N_CF && !text; i++)
        rocksdb_compact_range_cf_opt(db->db, db->cf[i], compact, NULL, 0, NULL, 0);
    rocksdb_flushoptions_destroy(flush);
    rocksdb_compactoptions_destroy(compact);
    return fault_of(text, err, "write the tables anew");
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
    if (db->cache)
        rocksdb_cache_destroy(db->cache);
    *db = (struct store_db){0};
}

int store_db_pin(const struct store_db *db, const rocksdb_readoptions_t *options, enum store_cf cf,
                 str key, rocksdb_pinnableslice_t **ret_pin, str *ret_value, struct err *err) {
    char *text = NULL;
    rocksdb_pinnableslice_t *pin =
        rocksdb_get_pinned_cf(db->db, options, db->cf[cf], key.p, key.len, &text);
    if (text)
        return fault_of(text, err, "read");
    if (!pin)
        return STORE_E_ABSENT;
    ret_value->p = rocksdb_pinnableslice_value(pin, &ret_value->len);
    *ret_pin = pin;
    return STORE_OK;
}
