#pragma once
/*
 * dynamodb/page: one page of a Query or Scan: walk a range of rows, filter, project, know where to
 * go on.
 *
 *   ddb_page_read, the operation's own members (which set from and to), ddb_page_start and
 *   ddb_page_skip_to, ddb_page_run; ddb_page_deinit in any case.
 *
 * A page ends before an item that would make it larger than DDB_PAGE_BYTES (but it has one at
 * least), at the limit, or with its range. Filters come after that: a page may be empty and have a
 * LastEvaluatedKey. It reads the newest state, or the request's snapshot where an item is fetched
 * from beside its index entry. One request, one thread.
 */
#include "svc/dynamodb/svc_priv.h"

enum { DDB_PAGE_BYTES = 1024 * 1024 };

struct ddb_page {
    const struct ddb_table *table;
    const struct ddb_index *index; /* NULL: the table itself */
    struct ddb_expr_env env;
    struct ddb_node *filter; /* NULL: everything */
    const struct ddb_projection *projection;
    bool count_only;
    /* a local index: attributes that it does not project are fetched */
    bool from_base;
    bool consistent, reverse;
    uint64_t limit;      /* of scanned items; 0: none */
    struct buf from, to; /* row keys */

    struct ddb_capacity capacity;
    uint64_t count, scanned;
    struct buf *out; /* the answer */
    /* one item at a time, behind row_mark; its texts lie in the row that the walk stands on */
    struct arena row, row_mark;
    /* the last row looked at; empty when the page ended with the range */
    struct buf last;
};
void ddb_page_deinit(struct ddb_page *page);
/*
 * Members that Query and Scan share: table, index, Select, filter, projection, Limit. The key
 * condition is parsed into *ret_key_condition when the operation has one (Query).
 */
int ddb_page_read(struct ddb_svc *svc, struct rq *rq, struct ddb_page *page,
                  struct ddb_node **ret_key_condition);
/*
 * The row that ExclusiveStartKey stands for; *ret_given false when there is none. *ret_key gets
 * its key attributes.
 */
int ddb_page_start(struct rq *rq, const struct ddb_page *page, struct buf *ret_row_key,
                   const struct ddb_value **ret_key, bool *ret_given);
/* The walk begins behind row_key, in its direction: from, or in reverse to, is moved there. */
void ddb_page_skip_to(struct ddb_page *page, str row_key);
/* Walks, answers, and counts capacity and latency. 0 or AWS_FAILED. */
int ddb_page_run(struct ddb_svc *svc, struct rq *rq, struct ddb_page *page);
