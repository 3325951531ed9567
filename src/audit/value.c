/* audit/value: what a node may be under the template's conditions, and what lies at a path. */
#include "audit/audit_priv.h"

#include <math.h>
#include <stdlib.h>

/* Values as they are found; beyond AUDIT_MOST_VALUES there is one that is unknown. */
struct gather {
    const struct audit_template *t;
    struct audit_value v[AUDIT_MOST_VALUES];
    size_t n;
    bool is_over;
};

static void add(struct gather *g, enum audit_kind kind, const struct tmpl_node *node,
                const struct audit_guard *guard) {
    if (g->n == AUDIT_MOST_VALUES)
        g->is_over = true;
    else
        g->v[g->n++] = (struct audit_value){kind, node, guard,
                                            kind == AUDIT_LITERAL ? tmpl_text(node) : STR_NONE};
}

/* node: what was asked for. */
static struct audit_values gathered(struct gather *g, const struct tmpl_node *node) {
    if (g->is_over) {
        g->v[0] = (struct audit_value){AUDIT_UNKNOWN, node, NULL, STR_NONE};
        g->n = 1;
    }
    size_t size = g->n * sizeof g->v[0];
    return (struct audit_values){memcpy(arena_alloc(g->t->arena, size), g->v, size), g->n};
}

/* What lies at path below what node may be; an empty path: that itself. */
static void each(struct gather *g, const struct tmpl_node *node, const struct audit_guard *guard,
                 str path);

/* ---- Functions ---- */

static const struct tmpl_node *argument(const struct tmpl_node *args, size_t i) {
    return tmpl_is(args, TMPL_LIST) && i < args->n ? args->members[i].value : NULL;
}

/* A scalar that lies where node does. */
static const struct tmpl_node *scalar(const struct audit_template *t, const struct tmpl_node *node,
                                      str text) {
    struct tmpl_node *made = arena_new(&t->audit->guards, struct tmpl_node);
    made->kind = TMPL_STRING;
    made->start = node->start;
    made->end = node->end;
    made->text = text;
    return made;
}

/* Fn::If [condition, value, value] */
static bool if_values(struct gather *g, const struct tmpl_node *, const struct tmpl_node *args,
                      const struct audit_guard *guard, str path) {
    str condition = tmpl_text(argument(args, 0));
    if (!condition.p || args->n != 3)
        return false;
    for (int way = 0; way < 2; way++) {
        const struct audit_guard *both = audit_guard_condition(g->t, guard, condition, way == 0);
        if (audit_possible(g->t, both))
            each(g, argument(args, 1 + (size_t)way), both, path);
    }
    return true;
}

/* Ref of AWS::NoValue, and of a parameter that has but one value. */
static bool ref_values(struct gather *g, const struct tmpl_node *node, const struct tmpl_node *name,
                       const struct audit_guard *guard, str path) {
    if (str_is(tmpl_text(name), "AWS::NoValue")) {
        add(g, AUDIT_ABSENT, node, guard);
        return true;
    }
    const struct tmpl_node *parameter = audit_parameter(g->t, tmpl_text(name)),
                           *allowed = tmpl_get(parameter, "AllowedValues");
    str type = tmpl_text(tmpl_get(parameter, "Type"));
    if (!tmpl_is(allowed, TMPL_LIST) || allowed->n != 1 ||
        !(str_is(type, "String") || str_is(type, "Number")))
        return false;
    each(g, scalar(g->t, node, tmpl_text(allowed->members[0].value)), guard, path);
    return true;
}

/* The entry of a map's key; a key that is a Ref stands for each of them, under its guard. */
struct key {
    str text;                        /* of the key */
    const struct audit_guard *guard; /* under which it is that */
};

static bool add_key(struct key *keys, size_t *n, str text, const struct audit_guard *guard) {
    if (*n == AUDIT_MOST_VALUES)
        return false;
    keys[(*n)++] = (struct key){text, guard};
    return true;
}

/* False: it cannot be told, or there are too many. */
static bool keys_of(const struct audit_template *t, const struct tmpl_node *map,
                    const struct tmpl_node *node, const struct audit_guard *guard, struct key *keys,
                    size_t *ret_n) {
    struct audit_values values = audit_values(t, node, guard);
    *ret_n = 0;
    for (size_t i = 0; i < values.n; i++) {
        const struct audit_value *v = &values.v[i];
        str name = v->kind == AUDIT_UNKNOWN ? tmpl_text(tmpl_get(v->node, "Ref")) : STR_NONE;
        if (v->kind == AUDIT_LITERAL && v->text.p && !add_key(keys, ret_n, v->text, v->guard))
            return false;
        if (v->kind == AUDIT_ABSENT || (v->kind == AUDIT_UNKNOWN && !name.p))
            return false;
        for (size_t k = 0; name.p && k < map->n; k++) {
            const struct audit_guard *is =
                audit_guard_equals(t, v->guard, name, map->members[k].key);
            if (audit_possible(t, is) && !add_key(keys, ret_n, map->members[k].key, is))
                return false;
        }
    }
    return true;
}

/* Fn::FindInMap [map, first, second] and, of LanguageExtensions, {DefaultValue: x}. */
static bool map_values(struct gather *g, const struct tmpl_node *node, const struct tmpl_node *args,
                       const struct audit_guard *guard, str path) {
    const struct tmpl_member *map = tmpl_member(g->t->mappings, tmpl_text(argument(args, 0)));
    const struct tmpl_node *fallback = tmpl_get(argument(args, 3), "DefaultValue");
    struct key first[AUDIT_MOST_VALUES], second[AUDIT_MOST_VALUES];
    size_t n_first, n_second;
    if (!map || !tmpl_is(map->value, TMPL_MAP) || !argument(args, 2) ||
        !keys_of(g->t, map->value, argument(args, 1), guard, first, &n_first))
        return false;
    bool is_any = false;
    for (size_t i = 0; i < n_first; i++) {
        const struct tmpl_member *row = tmpl_member(map->value, first[i].text);
        static const struct tmpl_node none = {.kind = TMPL_MAP};
        const struct tmpl_node *within = row && row->value->kind == TMPL_MAP ? row->value : &none;
        if (!keys_of(g->t, within, argument(args, 2), first[i].guard, second, &n_second)) {
            add(g, AUDIT_UNKNOWN, node, first[i].guard);
            is_any = true;
            continue;
        }
        for (size_t k = 0; k < n_second; k++) {
            const struct tmpl_member *entry = tmpl_member(within, second[k].text);
            if (entry || fallback) {
                each(g, entry ? entry->value : fallback, second[k].guard, path);
                is_any = true;
            }
        }
    }
    return is_any;
}

/* The list that node is under every condition, or that a text is cut into; NULL: not known. */
static const struct tmpl_node *one_list(const struct audit_template *t,
                                        const struct tmpl_node *node) {
    struct audit_values values = audit_values(t, node, NULL);
    bool is_list =
        values.n == 1 && values.v[0].kind == AUDIT_LITERAL && values.v[0].node->kind == TMPL_LIST;
    return is_list ? values.v[0].node : NULL;
}

/* Fn::Select [index, list] */
static bool select_values(struct gather *g, const struct tmpl_node *, const struct tmpl_node *args,
                          const struct audit_guard *guard, str path) {
    uint64_t index;
    const struct tmpl_node *list = argument(args, 1) ? one_list(g->t, argument(args, 1)) : NULL;
    if (!list || !str_to_u64(tmpl_text(argument(args, 0)), &index) || index >= list->n)
        return false;
    each(g, list->members[index].value, guard, path);
    return true;
}

/* The one literal text that node is; absent: it is none. */
static str one_text(const struct audit_template *t, const struct tmpl_node *node) {
    struct audit_values values = audit_values(t, node, NULL);
    return values.n == 1 && values.v[0].kind == AUDIT_LITERAL ? values.v[0].text : STR_NONE;
}

/* Fn::Split [between, text] of a literal */
static bool split_values(struct gather *g, const struct tmpl_node *node,
                         const struct tmpl_node *args, const struct audit_guard *guard, str path) {
    str between = tmpl_text(argument(args, 0)),
        text = argument(args, 1) ? one_text(g->t, argument(args, 1)) : STR_NONE;
    struct arena *arena = &g->t->audit->guards;
    if (!between.len || !text.p)
        return false;
    struct tmpl_node *list = arena_new(arena, struct tmpl_node);
    *list = (struct tmpl_node){.kind = TMPL_LIST, .start = node->start, .end = node->end};
    list->members = arena_zalloc(arena, (text.len / between.len + 1) * sizeof *list->members);
    for (ptrdiff_t at = 0; at >= 0; text = str_skip(text, (size_t)at + between.len)) {
        at = str_find(text, between);
        struct tmpl_member *m = &list->members[list->n++];
        m->key_at = node->start;
        m->value =
            (struct tmpl_node *)scalar(g->t, node, at < 0 ? text : str_slice(text, 0, (size_t)at));
    }
    each(g, list, guard, path);
    return true;
}

/* Fn::Sub and Fn::Join of nothing but literals */
static bool text_values(struct gather *g, const struct tmpl_node *node, const struct tmpl_node *,
                        const struct audit_guard *guard, str path) {
    str text = audit_text(g->t, node);
    if (!text.p || str_find(text, S("${")) >= 0)
        return false;
    each(g, scalar(g->t, node, text), guard, path);
    return true;
}

/* Adds what a function may be. False: only deployment knows. */
static const struct {
    const char *name;
    bool (*values)(struct gather *g, const struct tmpl_node *node, const struct tmpl_node *args,
                   const struct audit_guard *guard, str path);
} functions[] = {
    {"Ref", ref_values},         {"Fn::If", if_values},         {"Fn::Sub", text_values},
    {"Fn::Join", text_values},   {"Fn::FindInMap", map_values}, {"Fn::Select", select_values},
    {"Fn::Split", split_values},
};

/* ---- Paths ---- */

/* The elements of a list; a value that is none is its own element. */
static void each_element(struct gather *g, const struct tmpl_node *list,
                         const struct audit_guard *guard, str rest) {
    if (list->kind != TMPL_LIST) {
        each(g, list, guard, rest);
        return;
    }
    if (list->n == 0)
        add(g, AUDIT_ABSENT, list, guard);
    for (size_t i = 0; i < list->n && !g->is_over; i++)
        each(g, list->members[i].value, guard, rest);
}

/* What stands behind the first n bytes of a path, without the dot. */
static str behind(str path, size_t n) {
    str rest = str_skip(path, n);
    return str_starts(rest, S(".")) ? str_skip(rest, 1) : rest;
}

static void each_literal(struct gather *g, const struct tmpl_node *node,
                         const struct audit_guard *guard, str path) {
    if (path.len == 0) {
        add(g, AUDIT_LITERAL, node, guard);
        return;
    }
    if (str_starts(path, S("[]"))) {
        each_element(g, node, guard, behind(path, 2));
        return;
    }
    size_t n = 0;
    while (n < path.len && path.p[n] != '.' && path.p[n] != '[')
        n++;
    const struct tmpl_member *m = tmpl_member(node, str_slice(path, 0, n));
    if (m)
        each(g, m->value, guard, behind(path, n));
    else
        add(g, AUDIT_ABSENT, node, guard);
}

static void each(struct gather *g, const struct tmpl_node *node, const struct audit_guard *guard,
                 str path) {
    const struct tmpl_member *f = tmpl_function(node);
    g->is_over |= !audit_takes_step(g->t);
    if (g->is_over)
        return;
    if (!node)
        add(g, AUDIT_ABSENT, NULL, guard);
    else if (!f)
        each_literal(g, node, guard, path);
    else {
        for (size_t i = 0; i < ARRAY_LEN(functions); i++)
            if (str_is(f->key, functions[i].name) &&
                functions[i].values(g, node, f->value, guard, path))
                return;
        add(g, AUDIT_UNKNOWN, node, guard);
    }
}

static struct audit_values values_at(const struct audit_template *t, const struct tmpl_node *node,
                                     const struct audit_guard *guard, str path) {
    struct gather g; /* v is not cleared: it is large */
    g.t = t;
    g.n = 0;
    g.is_over = false;
    audit_enter(t);
    each(&g, node, guard, path);
    audit_leave(t);
    return gathered(&g, node);
}

struct audit_values audit_values(const struct audit_template *t, const struct tmpl_node *node,
                                 const struct audit_guard *guard) {
    return values_at(t, node, guard, S(""));
}

struct audit_values audit_path(const struct audit_template *t, const struct tmpl_node *node,
                               const struct audit_guard *guard, const char *path) {
    return values_at(t, node, guard, str_c(path));
}

struct audit_values audit_property(const struct audit_template *t, const struct audit_resource *r,
                                   const char *path) {
    return audit_path(t, r->properties, r->guard, path);
}

/* What is only looked at once is not kept. */
bool audit_has(const struct audit_template *t, const struct audit_resource *r, const char *path) {
    struct arena mark = *t->arena;
    struct audit_values values = audit_property(t, r, path);
    bool has = false;
    for (size_t i = 0; i < values.n; i++)
        has |= values.v[i].kind != AUDIT_ABSENT;
    arena_rewind(t->arena, &mark);
    return has;
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
