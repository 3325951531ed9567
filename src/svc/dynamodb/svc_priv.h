#pragma once
/*
 * svc/dynamodb, inside the room: the service's state, and what its operations share.
 *
 * The state is set by ddb_open and constant afterwards; the cache of tables and the gauge have
 * locks of their own. Functions that take a request answer 0 or AWS_FAILED with the error set,
 * unless they say otherwise; trees and tables that they give live until the request's end.
 */
#include "svc/dynamodb/errors.h"
#include "svc/dynamodb/expr.h"
#include "svc/dynamodb/rowkey.h"
#include "svc/dynamodb/table.h"
#include "svc/kit/tags.h"

#include "aws/op.h"

struct ddb_gauge; /* gauge.c: metrics gathered in memory */
struct ddb_svc {
    struct store *store;
    struct hub *hub;
    struct ddb_tables *tables;
    struct ddb_gauge *gauge;
};

#define KIT_OPS    "svc/dynamodb/ops.def"
#define KIT_PREFIX ddb
#include "svc/kit/op_handlers.h"
/*
 * The hooks of struct aws_service: context.c. The resource is the table or index that rq names.
 * ret_arn is appended to. 0, AWS_FAILED or -errno.
 */
int ddb_hook_resource(void *svc, struct rq *rq, struct buf *ret_arn);
int ddb_hook_tags(void *svc, struct rq *rq, str arn, json_t **ret_tags);
int ddb_hook_context(void *svc, struct rq *rq, const struct aws_question *question,
                     struct policy_context *context);

/* ---- request.c: members that many operations have ---- */
/* Where a TableName, or a table's ARN, points. False: neither. */
struct ddb_table_name {
    str account, region, name;
};
bool ddb_table_name_parse(const struct rq *rq, str given, struct ddb_table_name *ret);
/* As ddb_table_name_parse, but a name that is none sets the error. 0 or AWS_FAILED. */
int ddb_table_name_check(struct rq *rq, str given, struct ddb_table_name *ret);
/*
 * The table that TableName names; it lives until the request ends. In an operation that may change
 * something its row is a condition from here on. 0 or AWS_FAILED.
 */
int ddb_table_of(struct ddb_svc *svc, struct rq *rq, const struct ddb_table **ret_table);
/* The same without an error when it is missing: *ret_table is NULL, *ret_name its name for one. */
int ddb_table_seek(struct ddb_svc *svc, struct rq *rq, const struct ddb_table **ret_table,
                   str *ret_name);
/* The same for operations on tables: what is missing is named. */
int ddb_table_named(struct ddb_svc *svc, struct rq *rq, const struct ddb_table **ret_table);
/* The same for a given name, without an error when it is missing: *ret_table is NULL then. */
int ddb_table_find(struct ddb_svc *svc, struct rq *rq, str given,
                   const struct ddb_table **ret_table);
/* Refuses members of the API's older form by name. names ends with NULL. */
int ddb_refuse_legacy(struct rq *rq, const char *const *names);
/*
 * ExpressionAttributeNames and -Values of the request. expressions ends with NULL: the members that
 * may use them.
 */
int ddb_env_of(struct rq *rq, const char *const *expressions, struct ddb_expr_env *ret);
/* When all expressions are parsed: names and values that none of them used are an error. */
int ddb_env_done(struct rq *rq, const struct ddb_expr_env *env);
/* Parses a member if it is there: *ret NULL or the tree, in the arena. 0 or AWS_FAILED. */
int ddb_condition_of(struct rq *rq, struct ddb_expr_env *env, const char *member,
                     struct ddb_node **ret);
int ddb_projection_of(struct rq *rq, struct ddb_expr_env *env, const struct ddb_projection **ret);
/* A Key member: exactly the table's key attributes, of their types. */
int ddb_key_member(struct rq *rq, const struct ddb_table *table, const struct ddb_value **ret);
/* Key attributes that are too long or empty. index NULL: the table's own. */
int ddb_check_key(struct rq *rq, const struct ddb_table *table, const struct ddb_value *key);
/* From a row's value, which must live as long as the item: its texts are views. */
int ddb_item_of(struct rq *rq, struct arena *a, str bytes, const struct ddb_value **ret);

/* ---- settings_ops.c ---- */
extern const struct kit_tags ddb_tags;

/* ---- capacity.c ---- */
enum { DDB_CAPACITY_INDEXES = 32 };
struct ddb_capacity {
    double table;
    double indexes[DDB_CAPACITY_INDEXES]; /* by position in table->indexes */
};
/*
 * Capacity units of one item of so many bytes: 4 KiB a unit of reading, half of it when the read
 * may be eventually consistent; 1 KiB a unit of writing. An item that is not there costs the least
 * one.
 */
double ddb_read_units(size_t bytes, bool consistent);
double ddb_write_units(size_t bytes);
/*
 * An answer that is being written (rq_out_json): begun, a member's name added, behind which its
 * value goes, and ended with ConsumedCapacity as ReturnConsumedCapacity asks.
 */
struct buf *ddb_out_begin(struct rq *rq);
void ddb_out_name(struct buf *out, const char *name);
void ddb_out_end(struct rq *rq, struct buf *out, const struct ddb_table *table,
                 const struct ddb_capacity *capacity);

/* ---- gauge.c ---- */
/*
 * store and hub must outlive it. ddb_gauge_free forgets what was not flushed. The others of the
 * gauge: any thread.
 */
struct ddb_gauge *ddb_gauge_new(struct store *store, struct hub *hub);
struct ddb_gauge *ddb_gauge_free(struct ddb_gauge *gauge);
/* Puts what was gathered as metrics, in a commit of its own. */
void ddb_gauge_flush(struct ddb_gauge *gauge);
/*
 * SuccessfulRequestLatency and, of an operation that only reads, the capacity it has consumed:
 * counted when it is over and went well. table lives until then, as ddb_table_of gives it.
 */
void ddb_gauge_request(struct ddb_svc *svc, struct rq *rq, const struct ddb_table *table,
                       const struct ddb_capacity *capacity);

/* ---- write.c: one item from an old state to a new one ---- */
struct ddb_change {
    const struct ddb_table *table;
    const struct rows *rows;     /* where it was read, and is written */
    struct row row;              /* the item's; old has texts in it */
    const struct ddb_value *old; /* NULL: not there */
    const struct ddb_value *new; /* NULL: to be deleted */
    size_t old_size, new_size;   /* as DynamoDB counts them; 0: not there */
    struct buf bytes;            /* new's stored form */
    struct ddb_capacity capacity;
};
/* Finds the item that has key's key attributes. Clean up with ddb_change_deinit. */
int ddb_change_load(struct rq *rq, struct ddb_change *change, const struct ddb_table *table,
                    const struct ddb_value *key);
/* The condition on the old item, or ConditionalCheckFailedException. NULL holds. */
int ddb_change_condition(struct rq *rq, const struct ddb_change *change,
                         const struct ddb_node *condition);
/* Checks the new item and adds everything to the request's batch. */
int ddb_change_write(struct ddb_svc *svc, struct rq *rq, struct ddb_change *change);
/* Releases the row that was read: old ends with it, and what of new was taken from old. */
void ddb_change_deinit(struct ddb_change *change);
