/* audit/value: what a node may be under the template's conditions, and what lies at a path. */
#include "audit/template.h"

#include <math.h>
#include <stdlib.h>

/* Values as they are found; beyond AUDIT_MOST_VALUES there is one that is unknown. */
struct gather {
    const struct audit_template *t;
    struct audit_value v[AUDIT_MOST_VALUES];
    size_t n;
    bool is_over;
};

static void add(struct gather *g, struct audit_value value) {
    if (g->n == AUDIT_MOST_VALUES)
        g->is_over = true;
    else
        g->v[g->n++] = value;
}

static struct audit_values gathered(struct gather *g) {
    if (g->is_over) {
        g->v[0] = (struct audit_value){AUDIT_UNKNOWN, g->v[0].node, NULL, STR_NONE};
        g->n = 1;
    }
    size_t size = g->n * sizeof g->v[0];
    return (struct audit_values){memcpy(arena_alloc(g->t->arena, size), g->v, size), g->n};
}

static void each_value(struct gather *g, const struct tmpl_node *node,
                       const struct audit_guard *guard);

/* [condition, value, value] */
static void if_values(struct gather *g, const struct tmpl_node *node, const struct tmpl_node *value,
                      const struct audit_guard *guard) {
    str condition =
        value->kind == TMPL_LIST && value->n == 3 ? tmpl_text(value->members[0].value) : STR_NONE;
    if (!condition.p) {
        add(g, (struct audit_value){AUDIT_UNKNOWN, node, guard, STR_NONE});
        return;
    }
    for (int way = 0; way < 2; way++) {
        const struct audit_guard *both = audit_guard_condition(g->t, guard, condition, way == 0);
        if (audit_possible(g->t, both))
            each_value(g, value->members[1 + way].value, both);
    }
}

static void each_value(struct gather *g, const struct tmpl_node *node,
                       const struct audit_guard *guard) {
    const struct tmpl_member *f = tmpl_function(node);
    if (!node)
        add(g, (struct audit_value){AUDIT_ABSENT, NULL, guard, STR_NONE});
    else if (!f)
        add(g, (struct audit_value){AUDIT_LITERAL, node, guard, tmpl_text(node)});
    else if (str_is(f->key, "Fn::If"))
        if_values(g, node, f->value, guard);
    else if (str_is(f->key, "Ref") && str_is(tmpl_text(f->value), "AWS::NoValue"))
        add(g, (struct audit_value){AUDIT_ABSENT, node, guard, STR_NONE});
    else
        add(g, (struct audit_value){AUDIT_UNKNOWN, node, guard, STR_NONE});
}

struct audit_values audit_values(const struct audit_template *t, const struct tmpl_node *node,
                                 const struct audit_guard *guard) {
    struct gather g;
    g.t = t;
    g.n = 0;
    g.is_over = false;
    each_value(&g, node, guard);
    return gathered(&g);
}

/* ---- Paths ---- */

static void walk(struct gather *g, const struct audit_value *value, str path);

/* The elements of a list; a value that is none is its own element. */
static void walk_elements(struct gather *g, const struct audit_value *value, str rest) {
    const struct tmpl_node *list = value->node;
    if (list->kind == TMPL_LIST && list->n == 0)
        add(g, (struct audit_value){AUDIT_ABSENT, list, value->guard, STR_NONE});
    if (list->kind != TMPL_LIST) {
        walk(g, value, rest);
        return;
    }
    for (size_t i = 0; i < list->n; i++) {
        struct audit_values each = audit_values(g->t, list->members[i].value, value->guard);
        for (size_t k = 0; k < each.n; k++)
            walk(g, &each.v[k], rest);
    }
}

static void walk_member(struct gather *g, const struct audit_value *value, str name, str rest) {
    const struct tmpl_member *m = tmpl_member(value->node, name);
    if (!m) {
        add(g, (struct audit_value){AUDIT_ABSENT, value->node, value->guard, STR_NONE});
        return;
    }
    struct audit_values each = audit_values(g->t, m->value, value->guard);
    for (size_t k = 0; k < each.n; k++)
        walk(g, &each.v[k], rest);
}

static void walk(struct gather *g, const struct audit_value *value, str path) {
    if (path.len == 0 || value->kind != AUDIT_LITERAL) {
        add(g, *value);
        return;
    }
    if (str_starts(path, S("[]"))) {
        str rest = str_skip(path, 2);
        walk_elements(g, value, str_starts(rest, S(".")) ? str_skip(rest, 1) : rest);
        return;
    }
    size_t n = 0;
    while (n < path.len && path.p[n] != '.' && path.p[n] != '[')
        n++;
    str rest = str_skip(path, n);
    walk_member(g, value, str_slice(path, 0, n),
                str_starts(rest, S(".")) ? str_skip(rest, 1) : rest);
}

struct audit_values audit_path(const struct audit_template *t, const struct tmpl_node *node,
                               const struct audit_guard *guard, const char *path) {
    struct gather g;
    g.t = t;
    g.n = 0;
    g.is_over = false;
    struct audit_values each = audit_values(t, node, guard);
    for (size_t i = 0; i < each.n; i++)
        walk(&g, &each.v[i], str_c(path));
    return gathered(&g);
}

struct audit_values audit_property(const struct audit_template *t, const struct audit_resource *r,
                                   const char *path) {
    return audit_path(t, r->properties, r->guard, path);
}

bool audit_has(const struct audit_template *t, const struct audit_resource *r, const char *path) {
    struct audit_values values = audit_property(t, r, path);
    for (size_t i = 0; i < values.n; i++)
        if (values.v[i].kind != AUDIT_ABSENT)
            return true;
    return false;
}

str audit_text_of(const struct audit_template *t, const struct audit_resource *r,
                  const char *path) {
    struct audit_values values = audit_property(t, r, path);
    return values.n == 1 && values.v[0].kind == AUDIT_LITERAL ? values.v[0].text : STR_NONE;
}

/* ---- Kinds of literals ---- */

static bool to_number(str text, double *ret) {
    char digits[64], *end;
    if (text.len == 0 || text.len >= sizeof digits)
        return false;
    memcpy(digits, text.p, text.len);
    digits[text.len] = '\0';
    *ret = strtod(digits, &end);
    return *end == '\0';
}

static void parameter_range(const struct tmpl_node *parameter, struct audit_range *ret) {
    const struct tmpl_node *allowed = tmpl_get(parameter, "AllowedValues");
    double one;
    if (to_number(tmpl_text(tmpl_get(parameter, "MinValue")), &one))
        ret->least = one;
    if (to_number(tmpl_text(tmpl_get(parameter, "MaxValue")), &one))
        ret->most = one;
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; tmpl_is(allowed, TMPL_LIST) && i < allowed->n; i++)
        if (to_number(tmpl_text(allowed->members[i].value), &one)) {
            least = one < least ? one : least;
            most = one > most ? one : most;
        }
    if (least <= most)
        *ret = (struct audit_range){least, most};
}

bool audit_number(const struct audit_template *t, const struct audit_value *value,
                  struct audit_range *ret) {
    double one;
    *ret = (struct audit_range){-INFINITY, INFINITY};
    if (value->kind == AUDIT_LITERAL) {
        if (!to_number(value->text, &one))
            return false;
        *ret = (struct audit_range){one, one};
        return true;
    }
    const struct tmpl_member *f = value->kind == AUDIT_UNKNOWN ? tmpl_function(value->node) : NULL;
    if (!f || !str_is(f->key, "Ref"))
        return false;
    parameter_range(audit_parameter(t, tmpl_text(f->value)), ret);
    return ret->least > -INFINITY || ret->most < INFINITY;
}

bool audit_is_true(const struct audit_value *value) {
    return value->kind == AUDIT_LITERAL && str_eq_nocase(value->text, S("true"));
}
bool audit_is_false(const struct audit_value *value) {
    return value->kind == AUDIT_LITERAL && str_eq_nocase(value->text, S("false"));
}
