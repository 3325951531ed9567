/* aws/row: rows that become conditions of the commit that changes them. */
#include "aws/row.h"

#include "aws/aws_priv.h"

#include <assert.h>

void row_deinit(struct row *row) {
    buf_deinit(&row->key);
    buf_deinit(&row->bytes);
}

/* ---- Reading ---- */

static void expect(const struct rows *rows, const struct row *row) {
    if (!rows->batch)
        return;
    if (row->there)
        store_expect_value(rows->batch, row->cf, buf_view(&row->key), &row->stamp,
                           buf_view(&row->bytes));
    else
        store_expect_absent(rows->batch, row->cf, buf_view(&row->key), row->stamp.state);
}

int row_peek(const struct rows *rows, struct row *row) {
    int r = store_get_stamped(rows->store, rows->snap, row->cf, buf_view(&row->key), &row->bytes,
                              &row->stamp);
    row->there = r == 0;
    if (r)
        buf_clear(&row->bytes);
    return r;
}

int row_get(const struct rows *rows, struct row *row) {
    int r = row_peek(rows, row);
    if (r == 0 || r == STORE_E_ABSENT)
        expect(rows, row);
    return r;
}

int row_get_kept(const struct rows *rows, struct row *row, const struct store_kept_kind *kind,
                 void *ctx, struct store_kept **ret_kept) {
    buf_clear(&row->bytes);
    int r = store_get_kept(rows->store, rows->snap, row->cf, buf_view(&row->key), kind, ctx,
                           ret_kept, &row->stamp);
    row->there = r == 0;
    if (r == 0 || r == STORE_E_ABSENT)
        expect(rows, row);
    return r;
}

void row_seen(const struct rows *rows, struct row *row, const struct store_iter *it) {
    buf_clear(&row->key);
    buf_str(&row->key, it->key);
    buf_clear(&row->bytes);
    buf_str(&row->bytes, it->value);
    row->there = true;
    row->stamp = it->stamp;
    expect(rows, row);
}

void row_still(const struct rows *rows, const struct row *row) { expect(rows, row); }

static int parse(int r, const struct row *row, json_t **ret_doc) {
    if (r)
        return r;
    *ret_doc = json_parse(buf_view(&row->bytes), NULL);
    return *ret_doc ? 0 : STORE_E_DAMAGED;
}

int row_get_json(const struct rows *rows, struct row *row, json_t **ret_doc) {
    return parse(row_get(rows, row), row, ret_doc);
}

int row_peek_json(const struct rows *rows, struct row *row, json_t **ret_doc) {
    return parse(row_peek(rows, row), row, ret_doc);
}

/* ---- Changing ---- */

void row_put(const struct rows *rows, const struct row *row, str value) {
    assert(rows->batch); /* the operation's row says OP_MUTATES */
    store_put(rows->batch, row->cf, buf_view(&row->key), value);
}

void row_put_kept(const struct rows *rows, struct row *row, str value) {
    assert(rows->batch);
    store_put_stamped(rows->batch, row->cf, buf_view(&row->key), value, &row->stamp);
    buf_clear(&row->bytes);
    buf_str(&row->bytes, value);
    row->there = true;
}

void row_put_json(const struct rows *rows, const struct row *row, const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, doc);
    row_put(rows, row, buf_view(&text));
}

void row_del(const struct rows *rows, const struct row *row) {
    assert(rows->batch);
    store_del(rows->batch, row->cf, buf_view(&row->key));
}

void row_put_blind(const struct rows *rows, enum store_cf cf, str key, str value) {
    assert(rows->batch);
    store_put_blind(rows->batch, cf, key, value);
}

void row_del_blind(const struct rows *rows, enum store_cf cf, str key) {
    assert(rows->batch);
    store_del_blind(rows->batch, cf, key);
}

/* ---- In a handler ---- */

/* Filled anew each time: the snapshot and the batch are made when first needed. */
static const struct rows *rows_of(struct rq *rq, struct rows *rows, const struct store_snap *snap) {
    bool mutates = rq->op && (rq->op->flags & OP_MUTATES);
    *rows = (struct rows){rq_store(rq), snap, mutates ? rq_batch(rq) : NULL};
    return rows;
}

const struct rows *rq_rows(struct rq *rq) { return rows_of(rq, &rq->priv->rows, rq_snap(rq)); }
const struct rows *rq_rows_newest(struct rq *rq) {
    return rows_of(rq, &rq->priv->rows_newest, NULL);
}

int rq_row_result(struct rq *rq, int r) {
    return r == 0 || r == STORE_E_ABSENT ? r : aws_fault(rq, r, "reading a row");
}

int rq_row_get(struct rq *rq, struct row *row) {
    return rq_row_result(rq, row_get(rq_rows(rq), row));
}
int rq_row_peek(struct rq *rq, struct row *row) {
    return rq_row_result(rq, row_peek(rq_rows(rq), row));
}
int rq_row_get_json(struct rq *rq, struct row *row, json_t **ret_doc) {
    return rq_row_result(rq, row_get_json(rq_rows(rq), row, ret_doc));
}
int rq_row_peek_json(struct rq *rq, struct row *row, json_t **ret_doc) {
    return rq_row_result(rq, row_peek_json(rq_rows(rq), row, ret_doc));
}
