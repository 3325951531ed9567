/*
 * Capacity units ("Read/write capacity mode", Developer Guide), how they are reported, and the frame
 * of answers.
 */
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

/* Halves and whole ones, with their fraction as AWS has it ("1.0"). */
static void add_units(struct buf *out, double units) {
    buf_printf(out, "{\"CapacityUnits\":%.1f}", units);
}

/* A member, where the answer holds others already. */
static void add_indexes(struct buf *out, const char *member, const struct ddb_table *table,
                        const struct ddb_capacity *capacity, bool local) {
    bool any = false;
    for (size_t i = 0; i < table->n_indexes && i < DDB_CAPACITY_INDEXES; i++) {
        const struct ddb_index *index = &table->indexes[i];
        if (index->local != local || capacity->indexes[i] <= 0)
            continue;
        if (any)
            buf_char(out, ',');
        else
            buf_printf(out, ",\"%s\":{", member);
        any = true;
        json_add_quoted(out, index->name);
        buf_char(out, ':');
        add_units(out, capacity->indexes[i]);
    }
    if (any)
        buf_char(out, '}');
}

static void add_capacity(struct rq *rq, struct buf *out, const struct ddb_table *table,
                         const struct ddb_capacity *capacity) {
    str wanted = json_str(rq->in, "ReturnConsumedCapacity");
    if (!wanted.p || str_is(wanted, "NONE"))
        return;
    double total = capacity->table;
    for (size_t i = 0; i < table->n_indexes && i < DDB_CAPACITY_INDEXES; i++)
        total += capacity->indexes[i];
    ddb_out_name(out, "ConsumedCapacity");
    buf_c(out, "{\"TableName\":");
    json_add_quoted(out, table->name);
    buf_printf(out, ",\"CapacityUnits\":%.1f", total);
    if (str_is(wanted, "INDEXES")) {
        buf_c(out, ",\"Table\":");
        add_units(out, capacity->table);
        add_indexes(out, "LocalSecondaryIndexes", table, capacity, true);
        add_indexes(out, "GlobalSecondaryIndexes", table, capacity, false);
    }
    buf_char(out, '}');
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
