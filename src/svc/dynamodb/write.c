/*
 * One item from an old state to a new one: the item's row, its index entries, its previous image
 * when point-in-time recovery is on, the counters and the capacity metric, on condition that
 * neither the item nor its table changed since they were read.
 */
#include "svc/dynamodb/svc_priv.h"

#include "base/clock.h"
#include "store/key.h"
#include "svc/kit/metric.h"

/* ---- Reading the old state ---- */
int ddb_change_load(struct rq *rq, struct ddb_change *change, const struct ddb_table *table,
                    const struct ddb_value *key) {
    struct row *row = &change->row;
    change->table = table;
    change->rows = rq_rows_newest(rq);
    row->cf = STORE_ITEMS;
    ddb_item_key(&row->key, table, key);
    int r = rq_row_result(rq, row_get(change->rows, row));
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    return ddb_item_of(rq, &rq->arena, buf_view(&row->bytes), &change->old);
}

void ddb_change_deinit(struct ddb_change *change) {
    row_deinit(&change->row);
    buf_deinit(&change->bytes);
}

int ddb_change_condition(struct rq *rq, const struct ddb_change *change,
                         const struct ddb_node *condition) {
    static const struct ddb_value nothing = {.type = DDB_M};
    if (!condition || ddb_condition_holds(condition, change->old ? change->old : &nothing))
        return 0;
    aws_fail(rq, &DDB_ConditionalCheckFailedException, NULL);
    str wanted = json_str(rq->in, "ReturnValuesOnConditionCheckFailure");
    if (change->old && str_is(wanted, "ALL_OLD")) {
        CLEANUP_JSON json_t *item = ddb_item_to_json(change->old);
        aws_fail_detail_json(rq, "Item", item);
    }
    return AWS_FAILED;
}

/* ---- Checking the new one ---- */
static int check_index_key(struct rq *rq, const struct ddb_index *index,
                           const struct ddb_key_attr *attr, const struct ddb_value *item,
                           size_t most) {
    const struct ddb_value *v = attr->name.p ? ddb_map_get(item, attr->name) : NULL;
    if (!v)
        return 0;
    if (v->type != attr->type)
        return ddb_invalid(rq,
                           "One or more parameter values were invalid: Type mismatch for Index "
                           "Key " STR_FMT " Expected: %s Actual: %s IndexName: " STR_FMT,
                           STR_ARG(attr->name), ddb_type_name(attr->type), ddb_type_name(v->type),
                           STR_ARG(index->name));
    if (v->type != DDB_N && v->text.len == 0)
        return ddb_invalid(rq,
                           "One or more parameter values are not valid. A value specified for a "
                           "secondary index key is not supported. The AttributeValue for a key "
                           "attribute cannot contain an empty %s value. IndexName: " STR_FMT
                           ", IndexKey: " STR_FMT,
                           v->type == DDB_S ? "string" : "binary", STR_ARG(index->name),
                           STR_ARG(attr->name));
    if (v->type != DDB_N && v->text.len > most)
        return ddb_invalid(rq, "One or more parameter values were invalid: %s",
                           most == DDB_PARTITION_KEY_MAX
                               ? "Size of hashkey has exceeded the maximum size limit of2048 bytes"
                               : "Aggregated size of all range keys has exceeded the size limit of "
                                 "1024 bytes");
    return 0;
}

static bool too_deep(const struct ddb_value *v, unsigned depth) {
    if (v->type != DDB_M && v->type != DDB_L)
        return false;
    if (depth > DDB_DEPTH)
        return true;
    for (size_t i = 0; i < v->n; i++)
        if (too_deep(v->type == DDB_M ? v->attrs[i].value : &v->elements[i], depth + 1))
            return true;
    return false;
}

static int check_new(struct rq *rq, const struct ddb_change *change) {
    const struct ddb_table *t = change->table;
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct ddb_index *index = &t->indexes[i];
        int r =
            check_index_key(rq, index, &index->keys.partition, change->new, DDB_PARTITION_KEY_MAX);
        if (r == 0)
            r = check_index_key(rq, index, &index->keys.sort, change->new, DDB_SORT_KEY_MAX);
        if (r)
            return r;
    }
    if (change->new_size > DDB_ITEM_MAX)
        return ddb_invalid(rq, "Item size%s has exceeded the maximum allowed size",
                           json_has(rq->in, "Key") ? " to update" : "");
    if (too_deep(change->new, 0)) /* an update can put a value deeper than it was sent */
        return ddb_invalid(rq, "Nesting Levels have exceeded supported limits");
    return 0;
}

/* ---- Writing ---- */
static void encode_item(const struct ddb_value *item, size_t size, struct buf *out) {
    buf_reserve(out, size + (size_t)16 * item->n);
    ddb_value_encode(item, out);
}

static void count(const struct rows *rows, const struct ddb_table *t, uint64_t index, int64_t many,
                  int64_t bytes) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    if (many == 0 && bytes == 0)
        return;
    ddb_table_count_key(&key, t, index);
    store_count(rows->batch, STORE_METRICS, buf_view(&key), many, bytes);
}

/* An index entry: where it lies, what it holds. */
struct entry {
    struct buf key;
    const struct ddb_value *item; /* NULL: none */
    size_t size;
};
static void entry_of(struct rq *rq, const struct ddb_table *t, const struct ddb_index *index,
                     const struct ddb_value *item, size_t item_size, struct entry *ret) {
    *ret = (struct entry){.key = {0}};
    if (!item || !ddb_entry_key(&ret->key, t, index, item))
        return;
    ret->item = ddb_entry_item(&rq->arena, t, index, item);
    ret->size = ret->item == item ? item_size : ddb_item_size(ret->item);
}

/* Its bytes: the item's own where the entry is the whole of it. */
static str entry_bytes(const struct ddb_change *change, const struct entry *new, struct buf *made) {
    if (new->item == change->new)
        return buf_view(&change->bytes);
    encode_item(new->item, new->size, made);
    return buf_view(made);
}

/*
 * Writes what changed; returns the write units. An unchanged entry costs nothing. Entries are
 * changed blind: they follow from the item, whose row is a condition.
 */
static double write_entry(const struct ddb_change *change, const struct ddb_index *index,
                          const struct entry *old, const struct entry *new) {
    const struct rows *rows = change->rows;
    double units = 0;
    bool moved = old->item && new->item && !str_eq(buf_view(&old->key), buf_view(&new->key));
    if (old->item && (!new->item || moved)) {
        row_del_blind(rows, STORE_ITEMS, buf_view(&old->key));
        units += ddb_write_units(old->size);
    }
    if (new->item && (!old->item || moved || !ddb_value_equal(old->item, new->item))) {
        CLEANUP_DEINIT(buf) struct buf made = {0};
        size_t larger = old->item && !moved && old->size > new->size ? old->size : new->size;
        row_put_blind(rows, STORE_ITEMS, buf_view(&new->key), entry_bytes(change, new, &made));
        units += ddb_write_units(larger);
    }
    count(rows, change->table, index->id, (new->item != NULL) - (old->item != NULL),
          (int64_t) new->size - (int64_t)old->size);
    return units;
}

static void write_indexes(struct rq *rq, struct ddb_change *change) {
    const struct ddb_table *t = change->table;
    for (size_t i = 0; i < t->n_indexes; i++) {
        struct entry old, new;
        entry_of(rq, t, &t->indexes[i], change->old, change->old_size, &old);
        entry_of(rq, t, &t->indexes[i], change->new, change->new_size, &new);
        double units = write_entry(change, &t->indexes[i], &old, &new);
        if (i < DDB_CAPACITY_INDEXES)
            change->capacity.indexes[i] += units;
        buf_deinit(&old.key);
        buf_deinit(&new.key);
    }
}

/*
 * What the item was before: its row key, then its row's value as it was (empty: it was not there).
 * Blind: the image's id is its own.
 */
static void write_history(struct rq *rq, const struct ddb_change *change) {
    const struct ddb_table *t = change->table;
    if (!t->history)
        return;
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    buf_str(&key, t->history_prefix);
    key_u64(&key, (uint64_t)rq->now_ms);
    key_u64(&key, store_next_id(rq_store(rq)));
    buf_lstr(&value, str_skip(buf_view(&change->row.key), t->prefix.len));
    buf_str(&value, buf_view(&change->row.bytes));
    row_put_blind(change->rows, STORE_HISTORY, buf_view(&key), buf_view(&value));
}

/* In the write's own batch: after a crash the sums are those of what was written. */
static void write_metric(struct ddb_svc *svc, struct rq *rq, const struct ddb_table *t,
                         const struct ddb_index *index, double units) {
    struct kit_metrics metrics = {.hub = svc->hub,
                                  .account = t->account,
                                  .region = t->region,
                                  .name_space = "AWS/DynamoDB",
                                  .dimensions = {{S("TableName"), t->name}},
                                  .time_ms = rq->now_ms,
                                  .place = index ? index->writes : t->writes};
    if (index)
        metrics.dimensions[1] = (struct hub_dimension){S("GlobalSecondaryIndexName"), index->name};
    kit_metric_put(&metrics, rq_batch(rq), "ConsumedWriteCapacityUnits", units, 1, "Count");
}

static void write_metrics(struct ddb_svc *svc, struct rq *rq, const struct ddb_change *change) {
    const struct ddb_table *t = change->table;
    double own = change->capacity.table;
    for (size_t i = 0; i < t->n_indexes && i < DDB_CAPACITY_INDEXES; i++) {
        if (t->indexes[i].local) /* part of the table */
            own += change->capacity.indexes[i];
        else if (change->capacity.indexes[i] > 0)
            write_metric(svc, rq, t, &t->indexes[i], change->capacity.indexes[i]);
    }
    write_metric(svc, rq, t, NULL, own);
}

static void write_item(struct ddb_change *change) {
    size_t before = change->old_size, after = change->new_size;
    if (change->new) {
        encode_item(change->new, after, &change->bytes);
        row_put(change->rows, &change->row, buf_view(&change->bytes));
    } else if (change->old) {
        row_del(change->rows, &change->row);
    }
    change->capacity.table += ddb_write_units(before > after ? before : after);
    count(change->rows, change->table, 0, (change->new != NULL) - (change->old != NULL),
          (int64_t)after - (int64_t)before);
}

int ddb_change_write(struct ddb_svc *svc, struct rq *rq, struct ddb_change *change) {
    change->old_size = change->old ? ddb_item_size(change->old) : 0;
    change->new_size = change->new ? ddb_item_size(change->new) : 0;
    int r = change->new ? check_new(rq, change) : 0;
    if (r)
        return r;
    write_item(change);
    write_indexes(rq, change);
    if (change->old || change->new)
        write_history(rq, change);
    write_metrics(svc, rq, change);
    return 0;
}
