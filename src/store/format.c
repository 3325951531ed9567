/*
 * DATA/format: which edition of docs/formats applies to what lies on disk, and the way to the
 * present one.
 *
 *   calotype-data 4           all rows are of that format
 *   calotype-data 4 from 3    rows of both: a migration is under way. No program of format 3 opens
 *   that.
 */
#include "store/fault.h"
#include "base/file.h"
#include "store/key.h"
#include "store/store_priv.h"

#include "base/io.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

enum {
    FORMAT = 4,
    MOST_ROWS = 256,      /* of one batch of a migration … */
    MOST_BYTES = 4 << 20, /* … and about how large their values are together */
};

static int write_format(const struct store *store, uint64_t version, uint64_t from,
                        struct err *err) {
    CLEANUP_MEM char *path = store_path(store->data, "format");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "calotype-data %llu", (unsigned long long)version);
    if (from < version)
        buf_printf(&text, " from %llu", (unsigned long long)from);
    buf_char(&text, '\n');
    return file_write_durable(path, buf_view(&text), 0600, err);
}

/* *ret_from: where the rows are, which is less than *ret_version while a migration is under way. */
static bool parse_format(str text, uint64_t *ret_version, uint64_t *ret_from) {
    static const str head = S_INIT("calotype-data "), from = S_INIT(" from ");
    if (!str_starts(text, head) || !str_ends(text, S("\n")))
        return false;
    str line = str_slice(text, head.len, text.len - 1);
    ptrdiff_t at = str_find(line, from);
    str version = at < 0 ? line : str_slice(line, 0, (size_t)at);
    str old = at < 0 ? line : str_skip(line, (size_t)at + from.len);
    return str_to_u64(version, ret_version) && str_to_u64(old, ret_from) && *ret_from > 0 &&
           *ret_from <= *ret_version;
}

int format_look(const char *data, struct err *err) {
    CLEANUP_MEM char *path = store_path(data, "format");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    uint64_t version, from;
    int r = io_read_file(&text, path, 64, NULL);
    if (r == -ENOENT)
        return r;
    if (r || !parse_format(buf_view(&text), &version, &from))
        return STORE_E_DAMAGED;
    if (version <= FORMAT)
        return 0;
    return err_set(err, STORE_E_FORMAT, "%s has data of format %llu, newer than this program's %d",
                   data, (unsigned long long)version, FORMAT);
}

/* A migration leaves rows alone that have been turned already, so all of them may be walked. */
int format_renew(const char *data, struct err *err) {
    struct store store = {.data = (char *)data};
    return write_format(&store, FORMAT, 1, err);
}

int format_read(const struct store *store, const struct store_options *options,
                uint64_t *ret_format, struct err *err) {
    CLEANUP_MEM char *path = store_path(store->data, "format");
    CLEANUP_MEM char *db = store_path(store->data, "db");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct err why;
    int r = io_read_file(&text, path, 64, &why);
    if (r == -ENOENT) {
        /* The format is written before the database is made. */
        if (access(db, F_OK) == 0)
            return store_refuse(err, STORE_E_DAMAGED, store->data,
                                "format is missing, and db is there");
        *ret_format = FORMAT;
        return write_format(store, FORMAT, FORMAT, err);
    }
    if (r)
        return err_set(err, r, "%s", why.text);
    uint64_t version;
    if (!parse_format(buf_view(&text), &version, ret_format))
        return store_refuse(err, STORE_E_DAMAGED, store->data,
                            "format does not say which format the data has");
    if (version > FORMAT || (*ret_format < FORMAT && !options->migrations))
        return err_set(err, STORE_E_FORMAT, "%s has data of format %llu, %s than this program's %d",
                       store->data, (unsigned long long)version,
                       version > FORMAT ? "newer" : "older", FORMAT);
    return 0;
}

/* ---- Migration ---- */

struct batch {
    struct store *store;
    struct store_batch *ops;
    struct store_memo memo;
    size_t rows, bytes;
};

static int commit(struct batch *batch, struct err *err) {
    if (store_batch_idle(batch->ops)) /* rows that an earlier start has turned */
        return 0;
    store_batch_frees(batch->ops); /* a full disk must not keep a cloud from starting */
    int r = store_commit(batch->store, batch->ops, err);
    store_batch_clear(batch->ops);
    batch->rows = batch->bytes = 0;
    if (store_fault_on(STORE_FAULT_KILL_MIGRATION))
        raise(SIGKILL);
    return r;
}

static int turn(const struct store_migration *m, struct batch *batch, const struct store_iter *it,
                struct err *err) {
    int r = m->row(batch->store, batch->ops, it->key, it->value, &batch->memo);
    if (r == STORE_E_DAMAGED) {
        log_error("store", "a damaged row of kind %s stays as it is", m->kind);
        return 0;
    }
    if (r)
        return err_set(err, r, "rows of kind %s cannot be migrated", m->kind);
    batch->bytes += it->value.len;
    return ++batch->rows < MOST_ROWS && batch->bytes < MOST_BYTES ? 0 : commit(batch, err);
}

/* The iterator shows the rows as they were when it was made. */
static int migrate_kind(struct store *store, const struct store_migration *m, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    CLEANUP_DEINIT(buf) struct buf to = {0};
    CLEANUP(store_batch) struct store_batch *ops = store_batch_new();
    struct batch batch = {.store = store, .ops = ops};
    key_begin(&from, m->kind);
    key_begin(&to, m->kind);
    key_after(&to);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(store, NULL, m->cf, buf_view(&from), buf_view(&to), false);
    int r = 0;
    while (r == 0 && store_iter_next(it))
        r = turn(m, &batch, it, err);
    r = r ? r : commit(&batch, err);
    int fault = store_iter_fault(it);
    return r || !fault ? r : err_set(err, fault, "rows of kind %s cannot be read", m->kind);
}

int format_settle(struct store *store, uint64_t *format, struct err *err) {
    int r = format_seal_began(store, &store->format.began, err);
    if (r == 0 && store->format.began && *format < FORMAT_FIRST_SEALED - 1)
        *format = FORMAT_FIRST_SEALED - 1;
    store->format.kept = *format < FORMAT_FIRST_SEALED ? FORMAT_RAW : FORMAT_SEALED;
    return r;
}

int format_raise(struct store *store, const struct store_options *options, uint64_t from,
                 struct err *err) {
    for (uint64_t v = from; v < FORMAT; v++) {
        log_info("store", "turning %s from format %llu into %llu", store->data,
                 (unsigned long long)v, (unsigned long long)v + 1);
        int r = write_format(store, v + 1, v, err);
        if (r == 0 && v + 1 == FORMAT_FIRST_SEALED)
            r = format_seal(store, options, err);
        for (size_t i = 0; r == 0 && v + 1 != FORMAT_FIRST_SEALED && options->migrations[i]; i++)
            for (const struct store_migration *m = options->migrations[i]; r == 0 && m->kind; m++)
                r = m->from == v ? migrate_kind(store, m, err) : 0;
        r = r ? r : write_format(store, v + 1, v + 1, err);
        if (r)
            return r;
    }
    return 0;
}
