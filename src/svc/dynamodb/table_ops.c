/* CreateTable, DescribeTable, DeleteTable, ListTables. */
#include "svc/dynamodb/create.h"
#include "svc/dynamodb/describe.h"

#include "base/arn.h"
#include "base/codec.h"
#include "base/rand.h"
#include "svc/kit/page.h"

/* ---- CreateTable ---- */
/* Adds the row of a new table to the batch, with its identity. */
static void put_table(struct ddb_svc *svc, struct rq *rq, const struct row *row, json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf hex = {0};
    char uuid[RAND_UUID_LEN + 1], id[16];
    rand_uuid(uuid);
    rand_bytes(id, sizeof id);
    codec_add_hex(&hex, id, sizeof id);
    json_set_str(doc, "KeyId", buf_view(&hex)); /* what SSEDescription names */
    json_set_int(doc, "Id", (int64_t)store_next_id(svc->store));
    json_set_str(doc, "TableId", str_c(uuid));
    row_put_json(rq_rows(rq), row, doc);
    store_after(rq_batch(rq), ddb_tables_changed, svc->tables);
}

int ddb_op_CreateTable(struct ddb_svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    struct ddb_table_name at;
    int r = ddb_create_document(rq, &doc);
    if (r || (r = ddb_table_name_check(rq, json_str(rq->in, "TableName"), &at)))
        return r;
    if (!str_eq(at.account, rq->account) || !str_eq(at.region, rq->region) || at.name.len < 3 ||
        at.name.len > 255)
        return ddb_invalid(rq, "TableName must be at least 3 characters long and at most 255 "
                               "characters long");
    ddb_table_row_key(&row.key, at.account, at.region, at.name);
    if ((r = rq_row_get(rq, &row)) == 0)
        return ddb_fail(rq, ResourceInUseException, "Table already exists: " STR_FMT,
                        STR_ARG(at.name));
    if (r != STORE_E_ABSENT)
        return r;
    put_table(svc, rq, &row, doc);
    struct ddb_table view = {.account = at.account,
                             .region = at.region,
                             .name = at.name,
                             .doc = doc};
    view.arn =
        arn_str(&rq->arena, "dynamodb", at.region, at.account, "table/" STR_FMT, STR_ARG(at.name));
    view.id = (uint64_t)json_int(doc, "Id", 0);
    rq->out = json_object();
    json_set(rq->out, "TableDescription", ddb_table_description(svc, &view, "CREATING"));
    return 0;
}

/* ---- DescribeTable ---- */
int ddb_op_DescribeTable(struct ddb_svc *svc, struct rq *rq) {
    const struct ddb_table *table;
    int r = ddb_table_named(svc, rq, &table);
    if (r)
        return r;
    rq->out = json_object();
    json_set(rq->out, "Table", ddb_table_description(svc, table, "ACTIVE"));
    return 0;
}

/* ---- DeleteTable ---- */
/* The table's row is a condition: what belongs to it goes blind. */
static void drop_rows(struct rq *rq, const struct ddb_table *t) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    const struct rows *rows = rq_rows_newest(rq);
    struct store_batch *batch = rows->batch;
    row_del(rows, &t->row);
    store_del_below(batch, STORE_ITEMS, t->prefix);
    store_del_below(batch, STORE_HISTORY, t->history_prefix);
    ddb_table_count_key(&key, t, 0);
    row_del_blind(rows, STORE_METRICS, buf_view(&key));
    for (size_t i = 0; i < t->n_indexes; i++) {
        store_del_below(batch, STORE_ITEMS, t->indexes[i].prefix);
        ddb_table_count_key(&key, t, t->indexes[i].id);
        row_del_blind(rows, STORE_METRICS, buf_view(&key));
    }
    store_batch_frees(batch);
}

int ddb_op_DeleteTable(struct ddb_svc *svc, struct rq *rq) {
    const struct ddb_table *table;
    int r = ddb_table_named(svc, rq, &table);
    if (r)
        return r;
    if (json_bool(table->doc, "DeletionProtectionEnabled", false))
        return ddb_invalid(rq, "Resource cannot be deleted as it is currently protected against "
                               "deletion. Disable deletion protection first.");
    drop_rows(rq, table);
    store_after(rq_batch(rq), ddb_tables_changed, svc->tables);
    rq->out = json_object();
    json_set(rq->out, "TableDescription", ddb_table_description(svc, table, "DELETING"));
    return 0;
}

/* ---- ListTables ---- */
int ddb_op_ListTables(struct ddb_svc *, struct rq *rq) {
    static const struct kit_paging paging = {.list = "TableNames",
                                             .limit = "Limit",
                                             .most = 100,
                                             .plain = true,
                                             .token = "ExclusiveStartTableName",
                                             .next = "LastEvaluatedTableName"};
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    if (kit_page_begin(&page, rq, &paging, STR_NONE))
        return AWS_FAILED;
    ddb_table_row_key(&prefix, rq->account, rq->region, STR_NONE);
    kit_page_rows(&page, STORE_META, buf_view(&prefix));
    while (kit_page_next(&page))
        kit_page_add(&page, STR_NONE, json_of_str(str_skip(page.key, prefix.len)));
    return kit_page_end(&page);
}
