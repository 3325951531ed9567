#pragma once
/*
 * aws/row: the one way to read and change a row.
 *
 * Reading a row makes it a condition of the commit: row_get adds to the batch that the row must
 * still be as it was read (or still be absent), so what a handler has read is true at the moment of
 * its commit, or the handler runs again. A row that was written again with the same bytes is not as
 * it was read. A peek is the deliberate exception, and its
 * caller says in a comment why a stale answer does no harm.
 *
 *   CLEANUP_DEINIT(row) struct row row = {0};            // STORE_META, the usual family
 *   key_begin(&row.key, "sqs"); key_str(&row.key, …);
 *   int r = rq_row_get(rq, &row);    // in a handler: 0, STORE_E_ABSENT, AWS_FAILED
 *   …
 *   row_put(rq_rows(rq), &row, bytes);                    // or row_del
 *
 * In a hub port, a timer or a sweep there is no request:
 *
 *   struct rows rows = {store, NULL, batch};
 *   int r = row_get(&rows, &row);    // 0, STORE_E_ABSENT, STORE_E_DAMAGED, -errno
 *
 * A row belongs to one thread; rows' store, snapshot and batch are borrowed.
 */
#include "base/json.h"
#include "store/key.h"
#include "store/store.h"

struct rows {
    struct store *store;
    const struct store_snap *snap; /* what rows are read from; NULL: the newest state */
    /* NULL: nothing will be changed, so nothing is made a condition */
    struct store_batch *batch;
};

struct row {
    enum store_cf cf;
    struct buf key;           /* set by the caller */
    struct buf bytes;         /* as read; empty when absent */
    bool there;               /* as read */
    struct store_stamp stamp; /* which edition of it was read */
};
/* Frees key and bytes; a zeroed row is a valid empty one. */
void row_deinit(struct row *row);

/* Reads row->key. STORE_OK, STORE_E_ABSENT (a condition too), STORE_E_DAMAGED or -errno. */
int row_get(const struct rows *rows, struct row *row);
/* Without the condition. The caller says why. */
int row_peek(const struct rows *rows, struct row *row);
/* What an iterator shows, taken over as if row_get had read it. */
void row_seen(const struct rows *rows, struct row *row, const struct store_iter *it);
/*
 * A row that was read without a batch, or for an earlier one: that it is still so becomes a
 * condition.
 */
void row_still(const struct rows *rows, const struct row *row);

/*
 * What `kind` makes of the row's bytes, in place of them: a new reference (store_kept_free) to an
 * object that the store keeps with the row, and that others use too (store_get_kept). row->bytes
 * stays empty; row->stamp is of the edition that the object was made of. STORE_OK, STORE_E_ABSENT,
 * or what the kind says of bytes that it cannot make anything of: STORE_E_DAMAGED, or -errno. A
 * condition as row_get's.
 */
int row_get_kept(const struct rows *rows, struct row *row, const struct store_kept_kind *kind,
                 void *ctx, struct store_kept **ret_kept);

/* A JSON row: a new reference in *ret_doc. STORE_E_DAMAGED when it is no JSON. */
int row_get_json(const struct rows *rows, struct row *row, json_t **ret_doc);
int row_peek_json(const struct rows *rows, struct row *row, json_t **ret_doc);

/* The row must have been read in this batch (row_get, row_seen). */
void row_put(const struct rows *rows, const struct row *row, str value);
/*
 * As row_put; *row is then what it is once the batch is committed, so that the next batch may begin
 * with it (row_still). When the commit fails, so does the next condition on it.
 */
void row_put_kept(const struct rows *rows, struct row *row, str value);
void row_put_json(const struct rows *rows, const struct row *row, const json_t *doc);
void row_del(const struct rows *rows, const struct row *row);
/*
 * Changes of a row that nobody reads first: under an id of our own, an index entry whose owner's
 * row is a condition of the same batch, a row with one writer. The caller says in a comment which.
 */
void row_put_blind(const struct rows *rows, enum store_cf cf, str key, str value);
void row_del_blind(const struct rows *rows, enum store_cf cf, str key);

/* ---- In a handler ---- */
struct rq;
/*
 * The request's rows, the same for this run: its snapshot and, in an operation that may change
 * something (OP_MUTATES), its batch. rq_rows_newest reads the newest state instead: for hot writers
 * that read single rows only (docs/decisions/0005).
 */
const struct rows *rq_rows(struct rq *rq);
const struct rows *rq_rows_newest(struct rq *rq);
/* As row_get and the others, but a fault is answered: 0, STORE_E_ABSENT or AWS_FAILED. */
int rq_row_get(struct rq *rq, struct row *row);
int rq_row_get_json(struct rq *rq, struct row *row, json_t **ret_doc);
int rq_row_peek(struct rq *rq, struct row *row);
int rq_row_peek_json(struct rq *rq, struct row *row, json_t **ret_doc);
/* What row_get on other rows (rq_rows_newest) answered, as those answer it. */
int rq_row_result(struct rq *rq, int r);
