/* Capacity units ("Read/write capacity mode", Developer Guide), how they are reported, and the frame of answers. */
#include "svc/dynamodb/svc_priv.h"

enum { READ_UNIT = 4096, WRITE_UNIT = 1024 };

double ddb_read_units(size_t bytes, bool consistent) {
    size_t units = bytes ? (bytes + READ_UNIT - 1) / READ_UNIT : 1;
    return (double)units * (consistent ? 1 : 0.5);
}

double ddb_write_units(size_t bytes) {
    size_t units = bytes ? (bytes + WRITE_UNIT - 1) / WRITE_UNIT : 1;
    return (double)units;
}

static json_t *units(double v) {
    json_t *json = json_object();
    json_set(json, "CapacityUnits", json_real(v));
    return json;
}

static void add_indexes(json_t *out, const struct ddb_table *table,
                        const struct ddb_capacity *capacity, bool local) {
    json_t *indexes = json_object();
    for (size_t i = 0; i < table->n_indexes && i < DDB_CAPACITY_INDEXES; i++) {
        const struct ddb_index *index = &table->indexes[i];
        if (index->local == local && capacity->indexes[i] > 0)
            json_object_setn_new(indexes, index->name.p, index->name.len,
                                 units(capacity->indexes[i]));
    }
    if (json_object_size(indexes) == 0)
        json_decref(indexes);
    else
        json_set(out, local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes", indexes);
}

static void add_capacity(struct rq *rq, struct buf *answer, const struct ddb_table *table,
                         const struct ddb_capacity *capacity) {
    str wanted = json_str(rq->in, "ReturnConsumedCapacity");
    if (!wanted.p || str_is(wanted, "NONE"))
        return;
    double total = capacity->table;
    for (size_t i = 0; i < table->n_indexes && i < DDB_CAPACITY_INDEXES; i++)
        total += capacity->indexes[i];
    CLEANUP_JSON json_t *out = json_object();
    json_set_str(out, "TableName", table->name);
    json_set(out, "CapacityUnits", json_real(total));
    if (str_is(wanted, "INDEXES")) {
        json_set(out, "Table", units(capacity->table));
        add_indexes(out, table, capacity, false);
        add_indexes(out, table, capacity, true);
    }
    ddb_out_name(answer, "ConsumedCapacity");
    json_write(answer, out);
}

/* ---- Answers ---- */

struct buf *ddb_out_begin(struct rq *rq) {
    struct buf *out = rq_out_json(rq);
    buf_char(out, '{');
    return out;
}

void ddb_out_name(struct buf *out, const char *name) {
    str text = str_c(name);
    char *at = buf_reserve(out, text.len + 4), *to = at;
    if (out->len > 1)
        *to++ = ',';
    *to++ = '"';
    memcpy(to, text.p, text.len);
    to += text.len;
    *to++ = '"';
    *to++ = ':';
    *to = '\0';
    out->len += (size_t)(to - at);
}

void ddb_out_end(struct rq *rq, struct buf *out, const struct ddb_table *table,
                 const struct ddb_capacity *capacity) {
    add_capacity(rq, out, table, capacity);
    buf_char(out, '}');
}
