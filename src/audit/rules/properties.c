/*
 * audit/rules/properties: what lies under Properties, by its type's table. Each value is taken under each
 * condition; what only deployment knows is as it should be.
 */
#include "audit/rules/properties_priv.h"
#include "base/ascii.h"
#include "tmpl/types.h"

#include <stdlib.h>

/* Where the walk is. */
struct place {
    struct audit_template *t;
    const struct audit_resource *r;
    const struct tmpl_prop *prop; /* the innermost property; NULL: Properties itself */
};

static void look_at_value(const struct place *at, const struct tmpl_shape *shape,
                          const struct audit_value *value);

static void look_at_node(const struct place *at, const struct tmpl_shape *shape,
                         const struct tmpl_node *node, const struct audit_guard *guard) {
    struct audit_values values = audit_values(at->t, node, guard);
    for (size_t i = 0; i < values.n; i++)
        if (values.v[i].kind == AUDIT_LITERAL)
            look_at_value(at, shape, &values.v[i]);
}

static void tell_value(const struct place *at, const struct audit_value *value,
                       const char *wanted) {
    audit_tell_node(at->t, &audit_rule_property_value, at->r, value->node, value->guard,
                    STR_FMT " must be %s, not %s",
                    STR_ARG(at->prop ? at->prop->name : S("Properties")), wanted,
                    tmpl_kind_name(value->node->kind));
}

/* ---- Scalars ---- */

/* Texts that CloudFormation replaces before it looks at them. */
static bool is_dynamic(str text) { return str_find(text, S("{{resolve:")) >= 0; }

static bool is_integer(str text) {
    int64_t whole;
    char number[64], *end;
    if (str_to_i64(text, &whole))
        return true;
    if (text.len == 0 || text.len >= sizeof number)
        return false;
    memcpy(number, text.p, text.len);
    number[text.len] = '\0';
    double v = strtod(number, &end);
    return *end == '\0' && v >= -1e15 && v <= 1e15 && (double)(int64_t)v >= v;
}

static bool is_number(str text) {
    char number[64], *end;
    if (text.len == 0 || text.len >= sizeof number)
        return false;
    memcpy(number, text.p, text.len);
    number[text.len] = '\0';
    strtod(number, &end);
    return *end == '\0';
}

static bool is_boolean(str text) {
    return str_eq_nocase(text, S("true")) || str_eq_nocase(text, S("false"));
}

static bool is_among(str text, const struct tmpl_shape *shape) {
    for (size_t i = 0; i < shape->n; i++)
        if (str_eq(shape->values[i], text))
            return true;
    return shape->n == 0;
}

/* "A, B or C", as far as people want to read. */
static void add_values(struct buf *out, const struct tmpl_shape *shape) {
    enum { MOST = 8 };
    for (size_t i = 0; i < shape->n && i < MOST; i++) {
        buf_c(out, i == 0 ? "" : i + 1 == shape->n ? " or " : ", ");
        buf_str(out, shape->values[i]);
    }
    if (shape->n > MOST)
        buf_printf(out, " or one of %zu others", shape->n - MOST);
}

static void look_at_string(const struct place *at, const struct tmpl_shape *shape,
                           const struct audit_value *value) {
    if (is_among(value->text, shape))
        return;
    CLEANUP_DEINIT(buf) struct buf values = {0};
    add_values(&values, shape);
    audit_tell_node(at->t, &audit_rule_property_value, at->r, value->node, value->guard,
                    STR_FMT " must be %s, not " STR_FMT, STR_ARG(at->prop->name), buf_cstr(&values),
                    STR_ARG(value->text));
}

static const struct {
    enum tmpl_shape_kind kind;
    bool (*is)(str text);
    const char *name;
} scalars[] = {
    {TMPL_SHAPE_INTEGER, is_integer, "a whole number"},
    {TMPL_SHAPE_NUMBER, is_number, "a number"},
    {TMPL_SHAPE_BOOLEAN, is_boolean, "true or false"},
    {TMPL_SHAPE_STRING, NULL, "a text"},
};

static void look_at_scalar(const struct place *at, const struct tmpl_shape *shape,
                           const struct audit_value *value) {
    for (size_t i = 0; i < ARRAY_LEN(scalars); i++) {
        if (scalars[i].kind != shape->kind)
            continue;
        if (!value->text.p)
            tell_value(at, value, scalars[i].name);
        else if (is_dynamic(value->text))
            return;
        else if (!scalars[i].is)
            look_at_string(at, shape, value);
        else if (!scalars[i].is(value->text))
            audit_tell_node(at->t, &audit_rule_property_value, at->r, value->node, value->guard,
                            STR_FMT " must be %s, not " STR_FMT, STR_ARG(at->prop->name),
                            scalars[i].name, STR_ARG(value->text));
    }
}

/* ---- Maps ---- */

static void tell_unknown(const struct place *at, const struct tmpl_member *m,
                         const struct audit_guard *guard, bool is_read_only) {
    if (at->t->is_partial)
        return;
    struct tmpl_pos end = audit_name_end(at->t, m->key_at);
    str of = at->prop ? at->prop->name : at->r->type;
    if (is_read_only)
        audit_tell_range(at->t, &audit_rule_unknown_property, at->r, m->key_at, end, guard,
                         STR_FMT " of " STR_FMT " is an answer and cannot be set", STR_ARG(m->key),
                         STR_ARG(of));
    else
        audit_tell_range(at->t, &audit_rule_unknown_property, at->r, m->key_at, end, guard,
                         STR_FMT " has no property " STR_FMT, STR_ARG(of), STR_ARG(m->key));
}

/* node: the map that lacks it; NULL where there are no Properties. */
static void look_for(const struct place *at, const struct tmpl_prop *prop,
                     const struct tmpl_node *node, const struct audit_guard *guard) {
    const struct tmpl_member *m = tmpl_member(node, prop->name);
    struct audit_values values = audit_values(at->t, m ? m->value : NULL, guard);
    for (size_t i = 0; i < values.n && !at->t->is_partial; i++) {
        if (values.v[i].kind != AUDIT_ABSENT)
            continue;
        if (at->prop)
            audit_tell_node(at->t, &audit_rule_property_missing, at->r, node, values.v[i].guard,
                            STR_FMT " lacks " STR_FMT, STR_ARG(at->prop->name),
                            STR_ARG(prop->name));
        else
            audit_tell(at->t, &audit_rule_property_missing, at->r, values.v[i].guard,
                       STR_FMT " lacks " STR_FMT, STR_ARG(at->r->type), STR_ARG(prop->name));
    }
}

/* A macro or an include adds to the map: Fn::Transform, Fn::ForEach::Name beside other members. */
static bool is_open(const struct tmpl_node *map) {
    for (size_t i = 0; i < map->n; i++)
        if (str_starts(map->members[i].key, S("Fn::")))
            return true;
    return false;
}

static void look_at_members(const struct place *at, const struct tmpl_shape *shape,
                            const struct audit_value *value) {
    const struct tmpl_node *map = value->node;
    bool is_struct = shape->kind == TMPL_SHAPE_STRUCT;
    if (map->kind != TMPL_MAP) {
        tell_value(at, value, "a map");
        return;
    }
    if (is_open(map))
        return;
    for (size_t i = 0; is_struct && i < shape->n; i++)
        if (shape->props[i].flags & TMPL_PROP_REQUIRED)
            look_for(at, &shape->props[i], map, value->guard);
    for (size_t i = 0; i < map->n; i++) {
        const struct tmpl_member *m = &map->members[i];
        const struct tmpl_prop *prop = is_struct ? tmpl_prop_find(shape, m->key) : at->prop;
        bool is_read_only = is_struct && prop && (prop->flags & TMPL_PROP_READ_ONLY);
        const struct place within = {at->t, at->r, prop};
        if (!prop || is_read_only)
            tell_unknown(at, m, value->guard, is_read_only);
        else
            look_at_node(&within, is_struct ? prop->shape : shape->element, m->value, value->guard);
    }
}

/* Is it plainly another thing than the one element that CloudFormation takes for a list? */
static bool is_no_element(const struct tmpl_shape *element, const struct tmpl_node *node) {
    bool is_none = false;
    if (element->kind != TMPL_SHAPE_STRUCT || node->kind != TMPL_MAP)
        return false;
    for (size_t i = 0; i < node->n; i++)
        is_none |= !tmpl_prop_find(element, node->members[i].key);
    return is_none && !is_open(node);
}

static void look_at_list(const struct place *at, const struct tmpl_shape *shape,
                         const struct audit_value *value) {
    if (is_no_element(shape->element, value->node))
        tell_value(at, value, "a list");
    else if (value->node->kind != TMPL_LIST)
        look_at_value(at, shape->element, value);
    else
        for (size_t i = 0; i < value->node->n; i++)
            look_at_node(at, shape->element, value->node->members[i].value, value->guard);
}

static void look_at_value(const struct place *at, const struct tmpl_shape *shape,
                          const struct audit_value *value) {
    static void (*const looks[])(const struct place *, const struct tmpl_shape *,
                                 const struct audit_value *) = {
        [TMPL_SHAPE_STRING] = look_at_scalar, [TMPL_SHAPE_INTEGER] = look_at_scalar,
        [TMPL_SHAPE_NUMBER] = look_at_scalar, [TMPL_SHAPE_BOOLEAN] = look_at_scalar,
        [TMPL_SHAPE_LIST] = look_at_list,     [TMPL_SHAPE_STRUCT] = look_at_members,
        [TMPL_SHAPE_MAP] = look_at_members,   [TMPL_SHAPE_ANY] = NULL,
    };
    if (looks[shape->kind] && value->node->kind != TMPL_NULL)
        looks[shape->kind](at, shape, value);
}

static void look_at_resource(struct audit_template *t, const struct audit_resource *r) {
    const struct tmpl_type *type = tmpl_type_find(r->type);
    const struct place at = {t, r, NULL};
    if (!type)
        return;
    /* What a custom resource is given is between it and its function: but for what it must have. */
    bool is_walked = r->properties && !tmpl_is_custom(r->type);
    if (is_walked)
        look_at_node(&at, type->properties, r->properties, r->guard);
    for (size_t i = 0; !is_walked && i < type->properties->n; i++)
        if (type->properties->props[i].flags & TMPL_PROP_REQUIRED)
            look_for(&at, &type->properties->props[i], r->properties, r->guard);
}

void audit_properties_check(struct audit_template *t) {
    for (size_t i = 0; i < t->n_resources; i++)
        look_at_resource(t, &t->resources[i]);
}
