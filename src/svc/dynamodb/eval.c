/*
 * Conditions on items. A path that leads nowhere makes a comparison false; "<>" alone is true then.
 */
#include "svc/dynamodb/expr.h"

const struct ddb_value *ddb_path_get(const struct ddb_value *item, const struct ddb_path *path) {
    const struct ddb_value *v = item;
    for (size_t i = 0; v && i < path->n; i++) {
        const struct ddb_step *step = &path->steps[i];
        if (step->name.p)
            v = v->type == DDB_M ? ddb_map_get(v, step->name) : NULL;
        else
            v = v->type == DDB_L && step->index < v->n ? &v->elements[step->index] : NULL;
    }
    return v;
}

/* size(): what each type's size means; false where it has none. */
static bool size_of(const struct ddb_value *v, struct ddb_number *ret) {
    if (!v || v->type == DDB_N || v->type == DDB_BOOL || v->type == DDB_NULL)
        return false;
    *ret = ddb_number_of(v->type == DDB_S || v->type == DDB_B ? v->text.len : v->n);
    return true;
}

/* An operand's value; sizes are put into *number, which stays the caller's. */
struct operand {
    const struct ddb_value *value; /* NULL: none */
    struct ddb_value made;
    struct ddb_number number;
};
static const struct ddb_value *operand(const struct ddb_node *node, const struct ddb_value *item,
                                       struct operand *o) {
    switch (node->kind) {
    case DDB_NODE_VALUE: return o->value = node->value;
    case DDB_NODE_PATH: return o->value = ddb_path_get(item, &node->path);
    default: break;
    }
    struct operand inner;
    o->value = NULL;
    if (size_of(operand(node->kids[0], item, &inner), &o->number)) {
        o->made = (struct ddb_value){.type = DDB_N, .number = &o->number};
        o->value = &o->made;
    }
    return o->value;
}

static bool ordered(const struct ddb_value *a, const struct ddb_value *b) {
    return a && b && a->type == b->type && a->type <= DDB_B;
}

static bool compare(const struct ddb_node *node, const struct ddb_value *item) {
    struct operand left, right;
    const struct ddb_value *a = operand(node->kids[0], item, &left);
    const struct ddb_value *b = operand(node->kids[1], item, &right);
    switch (node->op) {
    case DDB_EQ: return a && b && ddb_value_equal(a, b);
    case DDB_NE: return !a || !b || !ddb_value_equal(a, b);
    case DDB_LT: return ordered(a, b) && ddb_value_cmp(a, b) < 0;
    case DDB_LE: return ordered(a, b) && ddb_value_cmp(a, b) <= 0;
    case DDB_GT: return ordered(a, b) && ddb_value_cmp(a, b) > 0;
    case DDB_GE: return ordered(a, b) && ddb_value_cmp(a, b) >= 0;
    }
    return false;
}

static bool between(const struct ddb_node *node, const struct ddb_value *item) {
    struct operand o[3];
    for (int i = 0; i < 3; i++)
        operand(node->kids[i], item, &o[i]);
    return ordered(o[0].value, o[1].value) && ordered(o[0].value, o[2].value) &&
           ddb_value_cmp(o[0].value, o[1].value) >= 0 && ddb_value_cmp(o[0].value, o[2].value) <= 0;
}

static bool in(const struct ddb_node *node, const struct ddb_value *item) {
    struct operand left, right;
    const struct ddb_value *a = operand(node->kids[0], item, &left);
    for (size_t i = 1; a && i < node->n; i++) {
        const struct ddb_value *b = operand(node->kids[i], item, &right);
        if (b && ddb_value_equal(a, b))
            return true;
    }
    return false;
}

static bool begins_with(const struct ddb_value *v, const struct ddb_value *prefix) {
    return v && prefix && v->type == prefix->type && (v->type == DDB_S || v->type == DDB_B) &&
           str_starts(v->text, prefix->text);
}

static bool contains(const struct ddb_value *v, const struct ddb_value *part) {
    if (!v || !part)
        return false;
    if (v->type == DDB_S || v->type == DDB_B)
        return part->type == v->type && str_find(v->text, part->text) >= 0;
    if (ddb_is_set(v->type))
        return ddb_set_find(v, part) >= 0;
    for (size_t i = 0; v->type == DDB_L && i < v->n; i++)
        if (ddb_value_equal(&v->elements[i], part))
            return true;
    return false;
}

bool ddb_condition_holds(const struct ddb_node *node, const struct ddb_value *item) {
    struct operand a, b;
    switch (node->kind) {
    case DDB_NODE_AND:
        for (size_t i = 0; i < node->n; i++)
            if (!ddb_condition_holds(node->kids[i], item))
                return false;
        return true;
    case DDB_NODE_OR:
        for (size_t i = 0; i < node->n; i++)
            if (ddb_condition_holds(node->kids[i], item))
                return true;
        return false;
    case DDB_NODE_NOT: return !ddb_condition_holds(node->kids[0], item);
    case DDB_NODE_COMPARE: return compare(node, item);
    case DDB_NODE_BETWEEN: return between(node, item);
    case DDB_NODE_IN: return in(node, item);
    case DDB_NODE_EXISTS: return ddb_path_get(item, &node->kids[0]->path) != NULL;
    case DDB_NODE_NOT_EXISTS: return ddb_path_get(item, &node->kids[0]->path) == NULL;
    case DDB_NODE_TYPE:
        operand(node->kids[0], item, &a);
        return a.value && a.value->type == node->type;
    case DDB_NODE_BEGINS_WITH:
        return begins_with(operand(node->kids[0], item, &a), operand(node->kids[1], item, &b));
    case DDB_NODE_CONTAINS:
        return contains(operand(node->kids[0], item, &a), operand(node->kids[1], item, &b));
    default: return false; /* operands are no conditions: the parser makes none here */
    }
}
