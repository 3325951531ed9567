/*
 * dynamodb/history: A timer that removes previous images when their table's recovery period is
 * over.
 */
#include "svc/dynamodb/history.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/key.h"

enum { EVERY_MS = 3600000, DAY_MS = 86400000 };

/*
 * Is there an image before the time that `to` ends in? Spares range deletions that delete nothing.
 */
static bool has_older(struct store *store, str from, str to) {
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_new(store, NULL, STORE_HISTORY, from, to, false);
    store_iter_keys_only(it);
    return store_iter_next(it);
}

void ddb_history_trim(const struct rows *rows, const struct ddb_table *t) {
    CLEANUP_DEINIT(buf) struct buf to = {0};
    int64_t days = json_int(json_obj(t->doc, "Recovery"), "Days", 35);
    int64_t before = clock_world_ms() - days * DAY_MS;
    if (!t->history || before <= 0)
        return;
    buf_str(&to, t->history_prefix);
    key_u64(&to, (uint64_t)before);
    if (!has_older(rows->store, t->history_prefix, buf_view(&to)))
        return;
    row_still(rows, &t->row);
    store_del_range(rows->batch, STORE_HISTORY, t->history_prefix, buf_view(&to));
}

static void trim_named(struct ddb_svc *svc, str row_key) {
    CLEANUP_DEINIT(buf) struct buf account = {0}, region = {0};
    CLEANUP(ddb_table) struct ddb_table *table = NULL;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct rows rows = {.store = svc->store, .batch = batch};
    struct cur c = cur_of(row_key);
    struct err err;
    key_take_kind(&c);
    if (!key_take_str(&c, &account) || !key_take_str(&c, &region) ||
        ddb_tables_get(svc->tables, buf_view(&account), buf_view(&region), c.s, &table, &err))
        return;
    ddb_history_trim(&rows, table);
    int r = store_batch_empty(batch) ? 0 : store_commit(svc->store, batch, &err);
    if (r && r != STORE_E_CONDITION) /* a table that changed meanwhile is looked at in an hour */
        log_warn("dynamodb",
                 "old images of table " STR_FMT " could not be removed: %s; again in an hour",
                 STR_ARG(c.s), err.text);
}

static int64_t run(void *ctx) {
    struct ddb_svc *svc = ctx;
    CLEANUP_DEINIT(buf) struct buf from = {0};
    key_begin(&from, "ddb-table");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(svc->store, NULL, STORE_META, buf_view(&from));
    store_iter_keys_only(it);
    while (store_iter_next(it))
        trim_named(svc, it->key);
    return clock_world_ms() + EVERY_MS;
}

void ddb_history_start(struct ddb_svc *svc) {
    hub_add_timer(svc->hub, "dynamodb-history", run, svc);
}
