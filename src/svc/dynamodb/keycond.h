#pragma once
/* dynamodb/keycond: a KeyConditionExpression as one partition and a range of sort keys. */
#include "svc/dynamodb/expr.h"
#include "svc/dynamodb/table.h"

/* What is asked of the sort key; ANY: nothing. */
enum ddb_sort_test {
    DDB_SORT_ANY,
    DDB_SORT_EQ,
    DDB_SORT_LT,
    DDB_SORT_LE,
    DDB_SORT_GT,
    DDB_SORT_GE,
    DDB_SORT_BETWEEN,
    DDB_SORT_BEGINS_WITH,
};
/* The condition, with values that are borrowed from the expression. */
struct ddb_key_condition {
    const struct ddb_value *partition;
    enum ddb_sort_test test;
    const struct ddb_value *sort, *high; /* high: BETWEEN's upper bound */
};
/*
 * Takes the parsed expression apart: equality of the partition key, and at most one test of the
 * sort key, joined by AND. False: err holds AWS's words, such as for another attribute or operator.
 */
bool ddb_key_condition(const struct ddb_node *node, const struct ddb_key_schema *keys,
                       struct ddb_key_condition *ret, struct err *err);
/*
 * Row keys [from, to) of what the condition selects, under an item or index prefix. Appended to
 * empty bufs.
 */
void ddb_key_condition_range(const struct ddb_key_condition *condition, str prefix,
                             struct buf *from, struct buf *to);
