/*
 * An update on an item. Every operand is read from the item as it was; the clauses then change a
 * mutable copy. Paths do not overlap (the parser has checked that), so their order does not matter.
 */
#include "svc/dynamodb/edit.h"

#define WRONG_TYPE "An operand in the update expression has an incorrect data type"
#define NO_ATTRIBUTE                                                                               \
    "The provided expression refers to an attribute that does not exist in the item"
#define BAD_PATH "The document path provided in the update expression is invalid for update"

static bool fault(struct err *err, const char *text) {
    err_set(err, 0, "%s", text);
    return false;
}

/* ---- Operands ---- */
static bool value_of(struct arena *a, const struct ddb_node *node, const struct ddb_value *item,
                     const struct ddb_value **ret, struct err *err);

static bool append(struct arena *a, const struct ddb_value *x, const struct ddb_value *y,
                   const struct ddb_value **ret, struct err *err) {
    if (x->type != DDB_L || y->type != DDB_L)
        return fault(err, WRONG_TYPE);
    struct ddb_value *elements = arena_alloc(a, ((size_t)x->n + y->n) * sizeof *elements);
    for (size_t i = 0; i < x->n; i++)
        elements[i] = x->elements[i];
    for (size_t i = 0; i < y->n; i++)
        elements[x->n + i] = y->elements[i];
    struct ddb_value *v = arena_new(a, struct ddb_value);
    *v = (struct ddb_value){.type = DDB_L, .n = x->n + y->n, .elements = elements};
    *ret = v;
    return true;
}

static bool calculate(struct arena *a, bool plus, const struct ddb_value *x,
                      const struct ddb_value *y, const struct ddb_value **ret, struct err *err) {
    if (x->type != DDB_N || y->type != DDB_N)
        return fault(err, WRONG_TYPE);
    struct ddb_number sum;
    int outcome = plus ? ddb_number_add(&sum, x->number, y->number)
                       : ddb_number_sub(&sum, x->number, y->number);
    if (outcome) {
        CLEANUP_DEINIT(buf) struct buf why = {0};
        ddb_number_explain(outcome, STR_NONE, &why);
        return fault(err, buf_cstr(&why));
    }
    *ret = ddb_value_new_number(a, &sum);
    return true;
}

static bool value_of(struct arena *a, const struct ddb_node *node, const struct ddb_value *item,
                     const struct ddb_value **ret, struct err *err) {
    const struct ddb_value *x, *y;
    switch (node->kind) {
    case DDB_NODE_VALUE: *ret = node->value; return true;
    case DDB_NODE_PATH:
        *ret = ddb_path_get(item, &node->path);
        return *ret || fault(err, NO_ATTRIBUTE);
    case DDB_NODE_IF_NOT_EXISTS:
        *ret = ddb_path_get(item, &node->kids[0]->path);
        return *ret || value_of(a, node->kids[1], item, ret, err);
    default: break;
    }
    if (!value_of(a, node->kids[0], item, &x, err) || !value_of(a, node->kids[1], item, &y, err))
        return false;
    if (node->kind == DDB_NODE_LIST_APPEND)
        return append(a, x, y, ret, err);
    return calculate(a, node->kind == DDB_NODE_PLUS, x, y, ret, err);
}

/* ---- ADD and DELETE ---- */
/* Elements of both, in order (with), or of x that are not in y. NULL when nothing is left. */
static const struct ddb_value *merge_sets(struct arena *a, const struct ddb_value *x,
                                          const struct ddb_value *y, bool with) {
    struct ddb_value *elements = arena_alloc(a, ((size_t)x->n + y->n) * sizeof *elements);
    uint32_t n = 0, i = 0, k = 0;
    while (i < x->n || (with && k < y->n)) {
        int c = i == x->n ? 1 : k == y->n ? -1 : ddb_value_cmp(&x->elements[i], &y->elements[k]);
        if (c < 0 || (c == 0 && with))
            elements[n++] = x->elements[i];
        else if (c > 0 && with)
            elements[n++] = y->elements[k];
        i += c <= 0;
        k += c >= 0;
    }
    if (n == 0)
        return NULL;
    struct ddb_value *v = arena_new(a, struct ddb_value);
    *v = (struct ddb_value){.type = x->type, .n = n, .elements = elements};
    return v;
}

static bool apply_add(struct arena *a, struct ddb_edit *edit, const struct ddb_clause *c,
                      const struct ddb_value *item, struct err *err) {
    const struct ddb_value *old = ddb_path_get(item, &c->path), *add = c->operand->value;
    const struct ddb_value *sum = add;
    if (old && old->type != add->type)
        return fault(err, WRONG_TYPE);
    if (old && add->type == DDB_N) {
        if (!calculate(a, true, old, add, &sum, err))
            return false;
    } else if (old) {
        sum = merge_sets(a, old, add, true);
    }
    return ddb_edit_set(a, edit, &c->path, sum) || fault(err, BAD_PATH);
}

static bool apply_delete(struct arena *a, struct ddb_edit *edit, const struct ddb_clause *c,
                         const struct ddb_value *item, struct err *err) {
    const struct ddb_value *old = ddb_path_get(item, &c->path);
    if (!old)
        return true;
    if (old->type != c->operand->value->type)
        return fault(err, WRONG_TYPE);
    const struct ddb_value *rest = merge_sets(a, old, c->operand->value, false);
    bool done = rest ? ddb_edit_set(a, edit, &c->path, rest) : ddb_edit_remove(a, edit, &c->path);
    return done || fault(err, BAD_PATH);
}

static bool apply(struct arena *a, struct ddb_edit *edit, const struct ddb_clause *c,
                  const struct ddb_value *item, struct err *err) {
    const struct ddb_value *value;
    switch (c->action) {
    case DDB_SET:
        return value_of(a, c->operand, item, &value, err) &&
               (ddb_edit_set(a, edit, &c->path, value) || fault(err, BAD_PATH));
    case DDB_REMOVE: return ddb_edit_remove(a, edit, &c->path) || fault(err, BAD_PATH);
    case DDB_ADD: return apply_add(a, edit, c, item, err);
    case DDB_DELETE: return apply_delete(a, edit, c, item, err);
    }
    return false;
}

bool ddb_update_apply(struct arena *a, const struct ddb_update *update,
                      const struct ddb_value *item, const struct ddb_value **ret, struct err *err) {
    struct ddb_edit *edit = ddb_edit_new(a, item);
    for (size_t i = 0; i < update->n; i++)
        if (!apply(a, edit, &update->clauses[i], item, err))
            return false;
    *ret = ddb_edit_done(a, edit);
    return true;
}
