/*
 * dynamodb/keycond: takes a key condition's tests apart, and turns them into the first and last
 * key of a walk.
 */
#include "svc/dynamodb/keycond.h"

#include "store/key.h"
#include "svc/dynamodb/rowkey.h"

#define INVALID "Invalid KeyConditionExpression: "

static bool fault(struct err *err, const char *text) {
    err_set(err, 0, "%s", text);
    return false;
}

static bool bad_operator(struct err *err, const char *name) {
    err_set(err, 0, INVALID "Invalid operator used in KeyConditionExpression: %s", name);
    return false;
}

static bool operator_fits(const struct ddb_node *node, struct err *err) {
    switch (node->kind) {
    case DDB_NODE_AND:
    case DDB_NODE_BETWEEN:
    case DDB_NODE_BEGINS_WITH: return true;
    case DDB_NODE_COMPARE: return node->op != DDB_NE || bad_operator(err, "<>");
    case DDB_NODE_OR: return bad_operator(err, "OR");
    case DDB_NODE_NOT: return bad_operator(err, "NOT");
    case DDB_NODE_IN: return bad_operator(err, "IN");
    case DDB_NODE_EXISTS: return bad_operator(err, "attribute_exists");
    case DDB_NODE_NOT_EXISTS: return bad_operator(err, "attribute_not_exists");
    case DDB_NODE_TYPE: return bad_operator(err, "attribute_type");
    case DDB_NODE_CONTAINS: return bad_operator(err, "contains");
    default: return bad_operator(err, "size");
    }
}

/* A test of one attribute: its path first, then only values. "v op path" is turned around. */
struct test {
    str name;
    enum ddb_op op;
    const struct ddb_value *values[2];
};

static enum ddb_op mirrored(enum ddb_op op) {
    static const enum ddb_op mirror[] = {[DDB_EQ] = DDB_EQ, [DDB_NE] = DDB_NE, [DDB_LT] = DDB_GT,
                                         [DDB_LE] = DDB_GE, [DDB_GT] = DDB_LT, [DDB_GE] = DDB_LE};
    return mirror[op];
}

static bool read_test(const struct ddb_node *node, struct test *ret, struct err *err) {
    const struct ddb_node *path = node->kids[0], *first = node->kids[1];
    *ret = (struct test){.op = node->op};
    if (node->kind == DDB_NODE_COMPARE && path->kind == DDB_NODE_VALUE) {
        const struct ddb_node *swap = path;
        path = first;
        first = swap;
        ret->op = mirrored(node->op);
    }
    for (size_t i = 0; i < node->n; i++)
        if (node->kids[i]->kind == DDB_NODE_SIZE)
            return bad_operator(err, "size");
    if (path->kind != DDB_NODE_PATH)
        return fault(err, INVALID "The expression must compare a key attribute with a value");
    if (path->path.n != 1)
        return fault(err, INVALID "KeyConditionExpressions cannot have conditions on nested "
                                  "attributes");
    if (first->kind != DDB_NODE_VALUE || (node->n > 2 && node->kids[2]->kind != DDB_NODE_VALUE))
        return fault(err, INVALID "Invalid condition in KeyConditionExpression: Multiple attribute "
                                  "names used in one condition");
    ret->name = path->path.steps[0].name;
    ret->values[0] = first->value;
    ret->values[1] = node->n > 2 ? node->kids[2]->value : NULL;
    return true;
}

static bool take_sort(const struct ddb_node *node, const struct test *test,
                      struct ddb_key_condition *ret, struct err *err) {
    static const enum ddb_sort_test by_op[] = {
        [DDB_EQ] = DDB_SORT_EQ, [DDB_NE] = DDB_SORT_ANY, [DDB_LT] = DDB_SORT_LT,
        [DDB_LE] = DDB_SORT_LE, [DDB_GT] = DDB_SORT_GT,  [DDB_GE] = DDB_SORT_GE,
    };
    if (ret->test != DDB_SORT_ANY)
        return fault(err,
                     INVALID "KeyConditionExpressions must only contain one condition per key");
    ret->test = node->kind == DDB_NODE_BETWEEN       ? DDB_SORT_BETWEEN
                : node->kind == DDB_NODE_BEGINS_WITH ? DDB_SORT_BEGINS_WITH
                                                     : by_op[test->op];
    ret->sort = test->values[0];
    ret->high = test->values[1];
    return true;
}

static bool type_fits(const struct ddb_key_attr *attr, const struct test *test, struct err *err) {
    for (int i = 0; i < 2; i++)
        if (test->values[i] && test->values[i]->type != attr->type)
            return fault(err, "One or more parameter values were invalid: Condition parameter type "
                              "does not match schema type");
    for (int i = 0; i < 2; i++)
        if (test->values[i] && attr->type != DDB_N && test->values[i]->text.len == 0) {
            err_set(err, 0,
                    "One or more parameter values are not valid. The AttributeValue for a "
                    "key attribute cannot contain an empty %s value. Key: " STR_FMT,
                    attr->type == DDB_S ? "string" : "binary", STR_ARG(attr->name));
            return false;
        }
    return true;
}

static bool take(const struct ddb_node *node, const struct ddb_key_schema *keys,
                 struct ddb_key_condition *ret, struct err *err) {
    struct test test;
    if (!operator_fits(node, err))
        return false;
    if (node->kind == DDB_NODE_AND) {
        for (size_t i = 0; i < node->n; i++)
            if (!take(node->kids[i], keys, ret, err))
                return false;
        return true;
    }
    if (!read_test(node, &test, err))
        return false;
    if (keys->sort.name.p && str_eq(test.name, keys->sort.name))
        return type_fits(&keys->sort, &test, err) && take_sort(node, &test, ret, err);
    if (!str_eq(test.name, keys->partition.name)) {
        bool missing_sort = keys->sort.name.p && ret->test == DDB_SORT_ANY && ret->partition;
        err_set(err, 0, "Query condition missed key schema element: " STR_FMT,
                STR_ARG(missing_sort ? keys->sort.name : keys->partition.name));
        return false;
    }
    if (node->kind != DDB_NODE_COMPARE || test.op != DDB_EQ)
        return fault(err, "Query key condition not supported");
    if (ret->partition)
        return fault(err,
                     INVALID "KeyConditionExpressions must only contain one condition per key");
    ret->partition = test.values[0];
    return type_fits(&keys->partition, &test, err);
}

bool ddb_key_condition(const struct ddb_node *node, const struct ddb_key_schema *keys,
                       struct ddb_key_condition *ret, struct err *err) {
    *ret = (struct ddb_key_condition){.test = DDB_SORT_ANY};
    if (!take(node, keys, ret, err))
        return false;
    if (ret->partition)
        return true;
    err_set(err, 0, "Query condition missed key schema element: " STR_FMT,
            STR_ARG(keys->partition.name));
    return false;
}

/* ---- The range ---- */
/* Adds a bound: the sort key, and with `after` the end of everything that has it. */
static void bound(struct buf *out, str base, const struct ddb_value *sort, bool after) {
    buf_clear(out);
    buf_str(out, base);
    ddb_add_sort(out, sort);
    if (after)
        key_after(out);
}

void ddb_key_condition_range(const struct ddb_key_condition *c, str prefix, struct buf *from,
                             struct buf *to) {
    char hash[DDB_HASH];
    CLEANUP_DEINIT(buf) struct buf base = {0};
    ddb_hash_partition(c->partition, hash);
    buf_str(&base, prefix);
    buf_add(&base, hash, sizeof hash);
    str all = buf_view(&base);
    buf_str(from, all);
    buf_str(to, all);
    key_after(to);
    switch (c->test) {
    case DDB_SORT_ANY: break;
    case DDB_SORT_EQ:
        bound(from, all, c->sort, false);
        bound(to, all, c->sort, true);
        break;
    case DDB_SORT_LT: bound(to, all, c->sort, false); break;
    case DDB_SORT_LE: bound(to, all, c->sort, true); break;
    case DDB_SORT_GT: bound(from, all, c->sort, true); break;
    case DDB_SORT_GE: bound(from, all, c->sort, false); break;
    case DDB_SORT_BETWEEN:
        bound(from, all, c->sort, false);
        bound(to, all, c->high, true);
        break;
    case DDB_SORT_BEGINS_WITH:
        buf_clear(from);
        buf_str(from, all);
        ddb_add_sort_prefix(from, c->sort);
        buf_clear(to);
        buf_str(to, buf_view(from));
        key_after(to);
        break;
    }
}
