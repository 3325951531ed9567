#pragma once
/*
 * dynamodb/expr: condition, filter, key condition, projection and update expressions.
 *
 * A request has one struct ddb_expr_env: its names and values, and which were used. Each
 * expression is parsed into a tree in the request's arena, with DynamoDB's checks and wording
 * ("Expressions in DynamoDB", Developer Guide), then evaluated on items any number of times.
 * A tree is read-only after parsing. Limits: 4096 bytes, 300 operators, DDB_EXPR_DEPTH nested
 * parentheses and NOTs, 100 operands of IN.
 */
#include "svc/dynamodb/value.h"

enum { DDB_EXPR_MAX = 4096, DDB_EXPR_OPERATORS = 300, DDB_EXPR_DEPTH = 100, DDB_EXPR_IN = 100 };

/* ---- Names and values ---- */
struct ddb_place { /* one ExpressionAttributeNames or -Values member */
    str key;       /* "#n", ":v" */
    str name;      /* names: the attribute */
    const struct ddb_value *value;
    bool used;
};
/* Lives as long as the request; parsing marks what is used. */
struct ddb_expr_env {
    struct arena *arena;
    struct ddb_place *names, *values;
    size_t n_names, n_values;
};
/* What a request says: its members, NULL where they are absent. */
struct ddb_expr_given {
    const json_t *names, *values; /* must live as long as the environment */
    bool any;                     /* the request has an expression at all */
    /* without one: the parameters that are missing, "UpdateExpression and … are null"; or NULL */
    const char *why_not;
};
/*
 * Checks names and values; without an expression they are refused. False: err holds AWS's words.
 */
bool ddb_expr_env_init(struct ddb_expr_env *env, struct arena *arena,
                       const struct ddb_expr_given *given, struct err *err);
/* After all expressions are parsed: unused members are errors. */
bool ddb_expr_env_done(const struct ddb_expr_env *env, struct err *err);

/* ---- Paths ---- */
/* One step of a document path: .name or [index]. */
struct ddb_step {
    str name; /* absent: an index */
    uint32_t index;
};
struct ddb_path {
    struct ddb_step *steps; /* the first is a name */
    size_t n;
};
/* The value at path, or NULL. */
const struct ddb_value *ddb_path_get(const struct ddb_value *item, const struct ddb_path *path);
void ddb_path_show(const struct ddb_path *path, struct buf *out); /* "[a, b, [1]]" */

/* ---- Trees ---- */
enum ddb_node_kind {
    DDB_NODE_PATH,
    DDB_NODE_VALUE,
    DDB_NODE_SIZE,    /* size(kid) */
    DDB_NODE_COMPARE, /* kid op kid */
    DDB_NODE_BETWEEN, /* kid, low, high */
    DDB_NODE_IN,      /* kid, operands… */
    DDB_NODE_AND,
    DDB_NODE_OR,
    DDB_NODE_NOT,
    DDB_NODE_EXISTS, /* attribute_exists(path) */
    DDB_NODE_NOT_EXISTS,
    DDB_NODE_TYPE, /* attribute_type(path, value) */
    DDB_NODE_BEGINS_WITH,
    DDB_NODE_CONTAINS,
    /* of update expressions */
    DDB_NODE_IF_NOT_EXISTS, /* path, operand */
    DDB_NODE_LIST_APPEND,
    DDB_NODE_PLUS,
    DDB_NODE_MINUS,
};
enum ddb_op { DDB_EQ, DDB_NE, DDB_LT, DDB_LE, DDB_GT, DDB_GE };
/*
 * A node of an expression. Which fields mean something follows from kind; kids are operands, in the
 * order of the comments above.
 */
struct ddb_node {
    enum ddb_node_kind kind;
    enum ddb_op op;
    bool parens;                   /* stood in parentheses of its own */
    struct ddb_path path;          /* PATH */
    const struct ddb_value *value; /* VALUE */
    enum ddb_type type;            /* TYPE */
    struct ddb_node **kids;
    size_t n;
};

/* The clauses of an update expression. */
enum ddb_action { DDB_SET, DDB_REMOVE, DDB_ADD, DDB_DELETE };
struct ddb_clause {
    enum ddb_action action;
    struct ddb_path path;
    struct ddb_node *operand; /* SET: a tree; ADD, DELETE: a VALUE; REMOVE: NULL */
};
/* All clauses, in the order of the text. */
struct ddb_update {
    struct ddb_clause *clauses;
    size_t n;
};
/* The paths that a projection names, at least one. */
struct ddb_projection {
    struct ddb_path *paths;
    size_t n;
};

/* param: the parameter's name, for messages. False: err holds AWS's words. */
bool ddb_parse_condition(struct ddb_expr_env *env, const char *param, str text,
                         struct ddb_node **ret, struct err *err);
bool ddb_parse_update(struct ddb_expr_env *env, str text, struct ddb_update *ret, struct err *err);
bool ddb_parse_projection(struct ddb_expr_env *env, str text, struct ddb_projection *ret,
                          struct err *err);

/* ---- Using them ---- */
/*
 * A comparison whose path leads nowhere, or between values of two types, is false; only <> is true
 * then. Order is defined for S, N and B alone.
 */
bool ddb_condition_holds(const struct ddb_node *node, const struct ddb_value *item);
/*
 * The parts of item that the paths name, as a new tree that shares them with item; maps and lists
 * around them come along. A list keeps only the elements that are named, in the order of their
 * indexes.
 */
const struct ddb_value *ddb_project(struct arena *a, const struct ddb_projection *projection,
                                    const struct ddb_value *item);
/*
 * item (at least its key attributes) after the update, as a new tree: every operand is read from
 * item as it was before, whatever the clauses' order. False: err holds AWS's words.
 */
bool ddb_update_apply(struct arena *a, const struct ddb_update *update,
                      const struct ddb_value *item, const struct ddb_value **ret, struct err *err);
