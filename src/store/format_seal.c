/*
 * From format 3 to 4: every value is sealed, each exactly once.
 *
 * A raw value and a sealed one cannot be told apart by their bytes, so the walk's place is a row
 * (sys/sealing) that is written in the same batch as the rows up to it. Whatever reads a row in
 * between asks that place. The row stays for good, and a new database has it from the start: where
 * DATA/format is lost or of an older copy, it says that no value is raw. STORE_META comes last, because rows of other families were sealed under
 * keys that rows of STORE_META name. When all is through, the tables are written anew: what was
 * readable leaves the database, its log included, before the format says 4.
 */
#include "store/fault.h"
#include "store/key.h"
#include "store/store_priv.h"

#include "base/log.h"

#include <signal.h>

enum {
    MOST_ROWS = 1024,     /* of one batch … */
    MOST_BYTES = 4 << 20, /* … and about how large its values are together */
};
static const enum store_cf walk_order[] = {STORE_ITEMS,   STORE_HISTORY, STORE_QUEUE,
                                           STORE_METRICS, STORE_LOGS,    STORE_META};

bool format_seal_passed(const struct store *store, enum store_cf cf, str key) {
    const struct store_format *at = &store->format;
    for (size_t i = 0; i < at->family && i < ARRAY_LEN(walk_order); i++)
        if (walk_order[i] == cf)
            return true;
    return at->family < ARRAY_LEN(walk_order) && walk_order[at->family] == cf &&
           str_cmp(key, buf_view(&at->key)) <= 0;
}

/* ---- The place ---- */
static void place_key(struct buf *key) {
    key_begin(key, "sys");
    key_raw(key, S("sealing"));
}

static int load_place(struct store *store, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    struct store_format *at = &store->format;
    place_key(&key);
    int r = store_get(store, NULL, STORE_META, buf_view(&key), &value);
    if (r && r != STORE_E_ABSENT)
        return err_set(err, r, "read how far the values are sealed");
    struct cur c = cur_of(buf_view(&value));
    at->family = r ? 0 : cur_u8(&c);
    buf_clear(&at->key);
    buf_str(&at->key, c.s);
    return c.bad ? err_set(err, STORE_E_DAMAGED, "the row sys/sealing is damaged") : 0;
}

static void put_place(struct store_batch *batch, size_t family, str last) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    place_key(&key);
    buf_u8(&value, (uint8_t)family);
    buf_str(&value, last);
    /* Blind: the store is being opened, and has no other writer. */
    store_put_blind(batch, STORE_META, buf_view(&key), buf_view(&value));
}

void format_seal_done(struct store_batch *batch) {
    put_place(batch, ARRAY_LEN(walk_order), STR_NONE);
}

int format_seal_began(struct store *store, bool *ret_began, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    place_key(&key);
    int r = store_has(store, NULL, STORE_META, buf_view(&key));
    *ret_began = r == 0;
    return r == 0 || r == STORE_E_ABSENT ? 0
                                         : err_set(err, r, "read how far the values are sealed");
}

/* ---- One batch ---- */
struct walk {
    struct store *store;
    const struct store_options *options;
    struct store_batch *batch;
    size_t rows, bytes;
    const struct store_migration *turns; /* what turned the last row, if anything did */
    struct store_memo memo;
};

/* The batch, and the place that it brings the walk to. */
static int commit(struct walk *w, size_t family, str last, struct err *err) {
    struct store_format *at = &w->store->format;
    put_place(w->batch, family, last);
    store_batch_frees(w->batch); /* a full disk must not keep a cloud from starting */
    int r = store_commit(w->store, w->batch, err);
    store_batch_clear(w->batch);
    w->rows = w->bytes = 0;
    if (r)
        return r;
    at->family = family;
    buf_clear(&at->key);
    buf_str(&at->key, last);
    if (store_fault_on(STORE_FAULT_KILL_MIGRATION))
        raise(SIGKILL);
    return 0;
}

/* ---- One row ---- */
static const struct store_migration *turns_of(const struct walk *w, enum store_cf cf, str key) {
    CLEANUP_DEINIT(buf) struct buf kind = {0};
    if (w->turns && w->turns->cf == cf) {
        key_begin(&kind, w->turns->kind);
        if (str_starts(key, buf_view(&kind)))
            return w->turns;
    }
    for (size_t i = 0; w->options->migrations[i]; i++)
        for (const struct store_migration *m = w->options->migrations[i]; m->kind; m++) {
            key_begin(&kind, m->kind);
            if (m->from == FORMAT_FIRST_SEALED - 1 && m->cf == cf &&
                str_starts(key, buf_view(&kind)))
                return m;
        }
    return NULL;
}

/* Sums are of STORE_METRICS alone, and are told by their bytes: one that is sealed is read all the
 * same, and is plain when it is next added to. */
static bool is_sum(enum store_cf cf, str value) {
    CLEANUP_DEINIT(stat_sum) struct stat_sum sum = {0};
    int64_t many, large;
    return cf == STORE_METRICS &&
           (store_count_read(value, &many, &large) || stat_merge(&sum, value));
}

static int turn(struct walk *w, enum store_cf cf, str key, str value, struct err *err) {
    const struct store_migration *m = turns_of(w, cf, key);
    size_t before = store_batch_rows(w->batch);
    if (m != w->turns)
        w->memo = (struct store_memo){0};
    w->turns = m;
    int r = m ? m->row(w->store, w->batch, key, value, &w->memo) : 0;
    if (r == STORE_E_DAMAGED)
        log_error("store", "a damaged row of kind %s stays as it is", m->kind);
    else if (r)
        return err_set(err, r, "rows of kind %s cannot be migrated", m->kind);
    if (store_batch_rows(w->batch) > before)
        return 0;
    /* Blind: the store is being opened, and has no other writer. */
    if (is_sum(cf, value))
        store_put_sum(w->batch, cf, key, value);
    else
        store_put_blind(w->batch, cf, key, value);
    return 0;
}

/* ---- The walk ---- */
static int seal_family(struct walk *w, enum store_cf cf, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    size_t family = w->store->format.family;
    buf_str(&from, buf_view(&w->store->format.key));
    if (from.len)
        buf_char(&from, '\0'); /* behind the last one */
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_new(w->store, NULL, cf, buf_view(&from), STR_NONE, false);
    int r = 0;
    while (r == 0 && store_iter_next(it)) {
        if (value_is_own(cf, it->key))
            continue;
        r = turn(w, cf, it->key, it->value, err);
        w->bytes += it->key.len + it->value.len;
        if (r == 0 && (++w->rows >= MOST_ROWS || w->bytes >= MOST_BYTES))
            r = commit(w, family, it->key, err);
    }
    int fault = store_iter_fault(it);
    if (r == 0 && fault)
        r = err_set(err, fault, "rows of family %s cannot be read", store_cf_name(cf));
    return r ? r : commit(w, family + 1, STR_NONE, err);
}

int format_seal(struct store *store, const struct store_options *options, struct err *err) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct walk w = {.store = store, .options = options, .batch = batch};
    int r = load_place(store, err);
    store->format.kept = FORMAT_SEALING;
    while (r == 0 && store->format.family < ARRAY_LEN(walk_order))
        r = seal_family(&w, walk_order[store->format.family], err);
    if (r)
        return r;
    store->format.kept = FORMAT_SEALED;
    return store_db_rewrite(&store->db, STORE_N_CF, err);
}
