/* CreateTable, DescribeTable, DeleteTable, ListTables. */
#include "svc/dynamodb/create.h"
#include "svc/dynamodb/describe.h"

#include "base/codec.h"
#include "base/rand.h"
#include "store/key.h"

/* ---- CreateTable ---- */
/* Adds the row of a new table to the batch, with its identity and its data key. */
static int put_table(struct svc *svc, struct rq *rq, str row_key, json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf hex = {0}, row = {0};
    char key_id[SEAL_KEY_ID_LEN], uuid[RAND_UUID_LEN + 1];
    struct err err;
    int r = seal_key_create(svc->store, rq_batch(rq), key_id, &err);
    if (r)
        return aws_fault(rq, r, err.text);
    codec_add_hex(&hex, key_id, sizeof key_id);
    rand_uuid(uuid);
    json_set_str(doc, "KeyId", buf_view(&hex));
    json_set_int(doc, "Id", (int64_t)store_next_id(svc->store));
    json_set_str(doc, "TableId", str_c(uuid));
    json_write(&row, doc);
    store_expect_absent(rq_batch(rq), STORE_META, row_key);
    store_put(rq_batch(rq), STORE_META, row_key, buf_view(&row));
    store_after(rq_batch(rq), ddb_tables_changed, svc->tables);
    return 0;
}

int ddb_op_CreateTable(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf row_key = {0};
    CLEANUP_JSON json_t *doc = NULL;
    struct ddb_table_name at;
    const struct ddb_table *existing;
    str given = json_str(rq->in, "TableName");
    int r = ddb_create_document(rq, &doc);
    if (r || (r = ddb_table_find(svc, rq, given, &existing)))
        return r;
    if (!ddb_table_name_parse(rq, given, &at) || !str_eq(at.account, rq->account) ||
        !str_eq(at.region, rq->region) || at.name.len < 3 || at.name.len > 255)
        return ddb_invalid(rq, "TableName must be at least 3 characters long and at most 255 "
                               "characters long");
    if (existing)
        return ddb_fail(rq, ResourceInUseException, "Table already exists: " STR_FMT,
                        STR_ARG(at.name));
    ddb_table_row_key(&row_key, at.account, at.region, at.name);
    if ((r = put_table(svc, rq, buf_view(&row_key), doc)))
        return r;
    struct ddb_table view = {.account = at.account, .region = at.region, .name = at.name, .doc = doc};
    view.arn = arena_printf(&rq->arena, "arn:aws:dynamodb:" STR_FMT ":" STR_FMT ":table/" STR_FMT,
                            STR_ARG(at.region), STR_ARG(at.account), STR_ARG(at.name));
    view.id = (uint64_t)json_int(doc, "Id", 0);
    rq->out = json_object();
    json_set(rq->out, "TableDescription", ddb_table_description(svc, &view, "CREATING"));
    return 0;
}

/* ---- DescribeTable ---- */
static int named_table(struct svc *svc, struct rq *rq, const struct ddb_table **ret) {
    str given = json_str(rq->in, "TableName");
    struct ddb_table_name at = {.name = given};
    int r = ddb_table_find(svc, rq, given, ret);
    if (r || *ret)
        return r;
    ddb_table_name_parse(rq, given, &at);
    return ddb_fail(rq, ResourceNotFoundException, "Requested resource not found: Table: " STR_FMT
                    " not found", STR_ARG(at.name));
}

int ddb_op_DescribeTable(struct svc *svc, struct rq *rq) {
    const struct ddb_table *table;
    int r = named_table(svc, rq, &table);
    if (r)
        return r;
    rq->out = json_object();
    json_set(rq->out, "Table", ddb_table_description(svc, table, "ACTIVE"));
    return 0;
}

/* ---- DeleteTable ---- */
static void drop_range(struct store_batch *batch, enum store_cf cf, str prefix) {
    CLEANUP_DEINIT(buf) struct buf to = {0};
    buf_str(&to, prefix);
    key_after(&to);
    store_del_range(batch, cf, prefix, buf_view(&to));
}

static void drop_rows(struct rq *rq, const struct ddb_table *t) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct store_batch *batch = rq_batch(rq);
    char key_id[SEAL_KEY_ID_LEN];
    store_del(batch, STORE_META, buf_view(&t->row_key));
    drop_range(batch, STORE_ITEMS, t->prefix);
    drop_range(batch, STORE_HISTORY, t->history_prefix);
    ddb_table_count_key(&key, t, 0);
    store_del(batch, STORE_METRICS, buf_view(&key));
    for (size_t i = 0; i < t->n_indexes; i++) {
        drop_range(batch, STORE_ITEMS, t->indexes[i].prefix);
        ddb_table_count_key(&key, t, t->indexes[i].id);
        store_del(batch, STORE_METRICS, buf_view(&key));
    }
    if (codec_unhex(json_str(t->doc, "KeyId"), key_id, sizeof key_id))
        seal_key_drop(batch, str_n(key_id, sizeof key_id));
    store_batch_frees(batch);
}

int ddb_op_DeleteTable(struct svc *svc, struct rq *rq) {
    const struct ddb_table *table;
    int r = named_table(svc, rq, &table);
    if (r)
        return r;
    if (json_bool(table->doc, "DeletionProtectionEnabled", false))
        return ddb_invalid(rq, "Resource cannot be deleted as it is currently protected against "
                               "deletion. Disable deletion protection first.");
    ddb_table_expect(rq_batch(rq), table);
    drop_rows(rq, table);
    store_after(rq_batch(rq), ddb_tables_changed, svc->tables);
    rq->out = json_object();
    json_set(rq->out, "TableDescription", ddb_table_description(svc, table, "DELETING"));
    return 0;
}

/* ---- ListTables ---- */
int ddb_op_ListTables(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    size_t limit = (size_t)json_int(rq->in, "Limit", 100);
    str start = json_str(rq->in, "ExclusiveStartTableName");
    ddb_table_row_key(&from, rq->account, rq->region, STR_NONE);
    size_t head = from.len;
    buf_str(&to, buf_view(&from));
    key_after(&to);
    if (start.p) {
        buf_str(&from, start);
        buf_u8(&from, 0);
    }
    CLEANUP(store_iter) struct store_iter *it = store_iter_new(
        svc->store, NULL, STORE_META, buf_view(&from), buf_view(&to), false);
    json_t *names = json_array();
    rq->out = json_object();
    json_set(rq->out, "TableNames", names);
    while (store_iter_next(it)) {
        if (json_array_size(names) == limit) {
            json_set_str(rq->out, "LastEvaluatedTableName",
                         json_text(json_array_get(names, limit - 1)));
            break;
        }
        json_push_str(names, str_skip(it->key, head));
    }
    int r = store_iter_fault(it);
    return r ? aws_fault(rq, r, "listing tables") : 0;
}
