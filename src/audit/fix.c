/*
 * audit/fix: findings' edits become changes of nodes. Changes of one collection go together, the same
 * change of two findings is made once, and a finding whose change meets another's waits.
 */
#include "audit/fix_priv.h"

enum { MOST_CHANGES = 4096 }; /* of one round: each is held against all others */

struct undo {
    size_t change;
    const struct fix_value *value; /* what it was */
};
/* One finding's edits on their way in. */
struct taking {
    struct fixer *x;
    size_t n_before; /* changes of the findings before */
    struct undo *undos;
    size_t n, cap;
};

/* ---- Changes ---- */

static bool is_before(struct tmpl_pos a, struct tmpl_pos b) {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* An addition to what another change takes away. */
static bool is_within(const struct fix_change *add, const struct fix_change *c) {
    if (add->kind != FIX_ADD || (c->kind != FIX_REPLACE && c->kind != FIX_REMOVE))
        return false;
    return add->node == c->node || (!is_before(add->node->start, c->node->start) &&
                                    is_before(add->node->start, c->node->end));
}

static bool overlap(const struct fix_change *a, const struct fix_change *b) {
    if (a->from == a->to)
        return b->from != b->to && a->from >= b->from && a->from < b->to;
    if (b->from == b->to)
        return overlap(b, a);
    return a->from < b->to && b->from < a->to;
}

static bool meet(const struct fix_change *a, const struct fix_change *b) {
    if (a->kind == FIX_ADD && b->kind == FIX_ADD && a->node == b->node)
        return false;
    return overlap(a, b) || is_within(a, b) || is_within(b, a);
}

static bool put_in(struct taking *t, struct fix_change c) {
    struct fixer *x = t->x;
    if (!audit_fixer_measure(x, &c))
        return false;
    for (size_t i = 0; i < x->n; i++)
        if (meet(&x->changes[i], &c))
            return false;
    if (x->n == x->cap) {
        x->cap = x->cap ? x->cap * 2 : 64;
        x->changes = mem_realloc(x->changes, x->cap * sizeof *x->changes);
    }
    x->changes[x->n++] = c;
    return true;
}

/* Puts another value into a change that is there, and remembers what it was. */
static void change_again(struct taking *t, size_t i, const struct fix_value *value) {
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 16;
        t->undos = mem_realloc(t->undos, t->cap * sizeof *t->undos);
    }
    t->undos[t->n++] = (struct undo){i, t->x->changes[i].value};
    t->x->changes[i].value = value;
}

/* Behind which member an addition goes, and before or after others that go there too. */
struct spot {
    size_t after, order;
};

/* Elements have none. */
static bool is_same_key(str a, str b) { return a.p && b.p ? str_eq(a, b) : !a.p && !b.p; }

/* A member (or, where key is absent, an element) of a collection; NULL and {} are maps. */
static bool add(struct taking *t, const struct tmpl_node *node, struct spot at, str key,
                const struct fix_value *value) {
    for (size_t i = 0; i < t->x->n; i++) {
        const struct fix_change *c = &t->x->changes[i];
        if (c->kind != FIX_ADD || c->node != node || !is_same_key(c->key, key))
            continue;
        if (!key.p && !audit_fixer_is_same(c->value, value))
            continue;
        const struct fix_value *both = audit_fixer_merge(&t->x->arena, c->value, value);
        if (both && both != c->value)
            change_again(t, i, both);
        return both;
    }
    return put_in(t, (struct fix_change){.kind = FIX_ADD,
                                         .node = node,
                                         .after = at.after,
                                         .order = at.order,
                                         .key = key,
                                         .value = value});
}

static bool replace(struct taking *t, const struct tmpl_node *node, const struct fix_value *value) {
    for (size_t i = 0; i < t->x->n; i++) {
        const struct fix_change *c = &t->x->changes[i];
        if (c->kind == FIX_REPLACE && c->node == node)
            return audit_fixer_is_same(c->value, value);
    }
    return put_in(t, (struct fix_change){.kind = FIX_REPLACE, .node = node, .value = value});
}

/* ---- Where edits go ---- */

/* The sections in the order in which CloudFormation's documentation has them. */
static const char *const sections[] = {"AWSTemplateFormatVersion",
                                       "Description",
                                       "Metadata",
                                       "Parameters",
                                       "Rules",
                                       "Mappings",
                                       "Conditions",
                                       "Transform",
                                       "Globals",
                                       "Resources",
                                       "Hooks",
                                       "Outputs"};

static size_t rank_of(str section) {
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        if (str_is(section, sections[i]))
            return i;
    return ARRAY_LEN(sections);
}

/* Behind the last section that comes before it. */
static struct spot spot_of_section(const struct tmpl_node *root, str section) {
    struct spot at = {FIX_FIRST, rank_of(section)};
    for (size_t i = 0; i < root->n; i++)
        if (rank_of(root->members[i].key) <= at.order)
            at.after = i;
    return at;
}

enum { LAST = UINT32_MAX };
static struct spot last_of(const struct tmpl_node *node) {
    return (struct spot){node->n ? node->n - 1 : 0, LAST};
}

/* Behind a member, or the last where there is none such. */
static struct spot spot_behind(const struct tmpl_node *map, str key) {
    struct spot at = last_of(map);
    for (size_t i = 0; i < map->n; i++)
        if (str_eq(map->members[i].key, key))
            at.after = i;
    return at;
}

static bool is_no_value(const struct tmpl_node *node) {
    return str_is(tmpl_text(tmpl_get(node, "Ref")), "AWS::NoValue");
}

/* A map, or what can become one. */
static bool takes_members(const struct tmpl_node *node) {
    return node && (node->kind == TMPL_NULL || (node->kind == TMPL_MAP && !tmpl_function(node)));
}

/* Sets map's key, in place of a value that is there and is no function. */
static bool set(struct taking *t, const struct tmpl_node *map, struct spot at, str key,
                const struct fix_value *value) {
    if (!takes_members(map))
        return false;
    const struct tmpl_member *m = tmpl_member(map, key);
    if (!m)
        return add(t, map, at, key, value);
    bool is_function = tmpl_function(m->value) && !is_no_value(m->value);
    return !is_function && replace(t, m->value, value);
}

/* {A: {B: value}} of "A.B". */
static const struct fix_value *nest(struct arena *arena, str path, const struct fix_value *value) {
    ptrdiff_t dot = str_rchr(path, '.');
    for (; dot >= 0; dot = str_rchr(path, '.')) {
        value = audit_fixer_wrap(arena, str_skip(path, (size_t)dot + 1), value);
        path = str_slice(path, 0, (size_t)dot);
    }
    return audit_fixer_wrap(arena, path, value);
}

static bool set_path(struct taking *t, const struct tmpl_node *map, str path,
                     const struct fix_value *value) {
    str key, rest;
    while (str_cut(path, '.', &key, &rest)) {
        if (!takes_members(map))
            return false;
        const struct tmpl_member *m = tmpl_member(map, key);
        if (!m)
            return add(t, map, last_of(map), key, nest(&t->x->arena, rest, value));
        map = m->value;
        path = rest;
    }
    return map && set(t, map, last_of(map), path, value);
}

/* ---- Edits ---- */

static bool put_property(struct taking *t, const struct audit_edit *e, const struct fix_value *v) {
    str path = arena_printf(&t->x->arena, "Properties." STR_FMT, STR_ARG(e->name));
    return set_path(t, e->resource->body, path, v);
}

static bool put_attribute(struct taking *t, const struct audit_edit *e, const struct fix_value *v) {
    const struct tmpl_node *body = e->resource->body;
    static const char *const before[] = {"UpdateReplacePolicy", "DeletionPolicy", "Type"};
    size_t i = 0;
    while (i + 1 < ARRAY_LEN(before) && !tmpl_get(body, before[i]))
        i++;
    /* Policies first, new Properties last. */
    struct spot at = {spot_behind(body, str_c(before[i])).after, !str_ends(e->name, S("Policy"))};
    return set(t, body, at, e->name, v);
}

static bool put_member(struct taking *t, const struct audit_edit *e, const struct fix_value *v) {
    struct spot at =
        e->node == t->x->root ? spot_of_section(t->x->root, e->name) : last_of(e->node);
    return set(t, e->node, at, e->name, v);
}

static bool put_element(struct taking *t, const struct audit_edit *e, const struct fix_value *v) {
    const struct tmpl_node *list = e->node;
    return (list->kind == TMPL_LIST || list->kind == TMPL_NULL) &&
           add(t, list, last_of(list), STR_NONE, v);
}

static bool put_value(struct taking *t, const struct audit_edit *e, const struct fix_value *v) {
    return replace(t, e->node, v);
}

static bool put_in_section(struct taking *t, str section, str name, str after,
                           const struct fix_value *v) {
    const struct tmpl_node *root = t->x->root;
    if (!tmpl_is(root, TMPL_MAP) || root->n == 0)
        return false;
    const struct tmpl_member *m = tmpl_member(root, section);
    if (!m)
        return add(t, root, spot_of_section(root, section), section,
                   audit_fixer_wrap(&t->x->arena, name, v));
    return takes_members(m->value) && !tmpl_member(m->value, name) &&
           add(t, m->value, spot_behind(m->value, after), name, v);
}

static bool put_resource(struct taking *t, const struct audit_edit *e, const struct fix_value *v) {
    return put_in_section(t, S("Resources"), e->name, e->resource ? e->resource->name : S(""), v);
}

static bool put_section(struct taking *t, const struct audit_edit *e, const struct fix_value *v) {
    return put_in_section(t, e->section, e->name, S(""), v);
}

static bool is_root_section(const struct fixer *x, const struct tmpl_node *node) {
    for (size_t i = 0; i < x->root->n; i++)
        if (x->root->members[i].value == node)
            return true;
    return false;
}

static size_t n_removed(const struct fixer *x, const struct tmpl_node *collection) {
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++)
        for (size_t j = 0; x->changes[i].kind == FIX_REMOVE && j < collection->n; j++)
            n += collection->members[j].value == x->changes[i].node;
    return n;
}

/* The last member that goes takes a section along; elsewhere an empty collection stays. */
static bool take_away(struct taking *t, const struct audit_edit *e, const struct fix_value *) {
    struct fixer *x = t->x;
    for (size_t i = 0; i < x->n; i++)
        if (x->changes[i].kind == FIX_REMOVE && x->changes[i].node == e->node)
            return true;
    if (e->within->n > 1 && n_removed(x, e->within) + 1 == e->within->n)
        return false;
    if (e->within->n > 1)
        return put_in(t, (struct fix_change){.kind = FIX_REMOVE, .node = e->node});
    if (is_root_section(x, e->within) && x->root->n > 1)
        return put_in(t, (struct fix_change){.kind = FIX_REMOVE, .node = e->within});
    struct fix_value *nothing = arena_new(&x->arena, struct fix_value);
    nothing->kind = e->within->kind;
    return replace(t, e->within, nothing);
}

static bool put_text(struct taking *t, const struct audit_edit *e, const struct fix_value *) {
    for (size_t i = 0; i < t->x->n; i++) {
        const struct fix_change *c = &t->x->changes[i];
        if (c->kind == FIX_TEXT && c->from == e->from && c->to == e->to)
            return str_eq(c->text, e->value);
    }
    return put_in(
        t, (struct fix_change){.kind = FIX_TEXT, .text = e->value, .from = e->from, .to = e->to});
}

static bool put_edit(struct taking *t, const struct audit_edit *e) {
    static const struct {
        bool (*put)(struct taking *, const struct audit_edit *, const struct fix_value *);
        bool has_value;
    } kinds[] = {
        [AUDIT_EDIT_PROPERTY] = {put_property, true},
        [AUDIT_EDIT_ATTRIBUTE] = {put_attribute, true},
        [AUDIT_EDIT_MEMBER] = {put_member, true},
        [AUDIT_EDIT_APPEND] = {put_element, true},
        [AUDIT_EDIT_REPLACE] = {put_value, true},
        [AUDIT_EDIT_REMOVE] = {take_away, false},
        [AUDIT_EDIT_RESOURCE] = {put_resource, true},
        [AUDIT_EDIT_SECTION] = {put_section, true},
        [AUDIT_EDIT_TEXT] = {put_text, false},
    };
    struct fixer *x = t->x;
    if (e->file != x->file->number || (e->kind != AUDIT_EDIT_TEXT && !x->root))
        return false;
    struct audit_edit written = *e;
    written.node = audit_fixer_written(x, e->node);
    written.within = audit_fixer_written(x, e->within);
    if (!written.node != !e->node || !written.within != !e->within)
        return false;
    const struct fix_value *value =
        kinds[e->kind].has_value ? audit_fixer_value(&x->arena, e->value) : NULL;
    return (value || !kinds[e->kind].has_value) && kinds[e->kind].put(t, &written, value);
}

/* All of a finding's edits or none. */
static bool put_finding(struct fixer *x, const struct audit_finding *f) {
    struct taking t = {.x = x, .n_before = x->n};
    bool fits = f->edits;
    for (const struct audit_edit *e = f->edits; e && fits; e = e->next)
        fits = put_edit(&t, e);
    if (!fits) {
        x->n = t.n_before;
        while (t.n) {
            const struct undo *undo = &t.undos[--t.n];
            x->changes[undo->change].value = undo->value;
        }
    }
    free(t.undos);
    return fits;
}

size_t audit_fixer_put(const struct audit_file *file, struct audit_finding *const *findings,
                       size_t n, struct buf *out, bool *is_put) {
    struct fixer x = {.file = file, .root = file->tree ? tmpl_root(file->tree) : NULL};
    audit_fixer_style(&x);
    size_t n_put = 0;
    for (size_t i = 0; i < n && x.n < MOST_CHANGES; i++)
        n_put += is_put[i] = put_finding(&x, findings[i]);
    audit_fixer_write(&x, out);
    free(x.changes);
    arena_deinit(&x.arena);
    return n_put;
}

void audit_fix_file(struct audit *, const struct audit_file *file,
                    struct audit_finding *const *findings, size_t n, struct buf *out,
                    size_t *ret_n) {
    CLEANUP_MEM bool *is_put = mem_zalloc((n + 1) * sizeof *is_put);
    *ret_n = audit_fixer_put(file, findings, n, out, is_put);
}
