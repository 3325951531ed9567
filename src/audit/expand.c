/*
 * audit/expand: what a template is before CloudFormation reads it: loops of Fn::ForEach unrolled and
 * included files put in. Nodes are copied where something changes, and keep their places.
 *
 * Sources: "Fn::ForEach" and "AWS::Include transform" of the CloudFormation user guide.
 */
#include "audit/files_priv.h"

#include "base/ascii.h"

enum { MOST_NODES = 50000, MOST_LEVELS = 200, MOST_INCLUDES = 8 };

/* A loop's name and what it is in one turn; and those of the loops around. */
struct turn {
    const struct turn *outer;
    str name, value;
};

struct expander {
    struct audit_template *t;
    size_t n_nodes;
    unsigned n_includes; /* files within files */
};

static struct tmpl_node *expand(struct expander *x, const struct tmpl_node *node,
                                const struct turn *turn, unsigned level);

static struct arena *memory(const struct expander *x) { return &x->t->audit->guards; }

/* What is left as it is written cannot be seen. */
static void give_up(struct expander *x) { x->t->is_partial = true; }

/* ---- Texts ---- */

/* "${Name}" is the value; "&{Name}" its letters and digits. */
static void add_text(struct buf *out, str text, const struct turn *turn) {
    for (size_t i = 0; i < text.len;) {
        const struct turn *found = NULL;
        char c = text.p[i];
        bool opens = (c == '$' || c == '&') && i + 1 < text.len && text.p[i + 1] == '{';
        ptrdiff_t close = opens ? str_chr(str_skip(text, i), '}') : -1;
        str name = close < 0 ? STR_NONE : str_slice(text, i + 2, i + (size_t)close);
        for (const struct turn *one = turn; one && name.p && !found; one = one->outer)
            if (str_eq(one->name, name))
                found = one;
        if (!found) {
            buf_char(out, c);
            i++;
            continue;
        }
        for (size_t k = 0; k < found->value.len; k++)
            if (c == '$' || ascii_is_alnum(found->value.p[k]))
                buf_char(out, found->value.p[k]);
        i += (size_t)close + 1;
    }
}

static str expand_text(struct expander *x, str text, const struct turn *turn) {
    if (!turn || (str_find(text, S("${")) < 0 && str_find(text, S("&{")) < 0))
        return text;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    add_text(&out, text, turn);
    return str_eq(buf_view(&out), text) ? text : arena_str(memory(x), buf_view(&out));
}

/* ---- Members ---- */

/* Those of a collection that is being made. */
struct members {
    struct tmpl_member *v;
    size_t n, cap;
};

static void add(struct expander *x, struct members *m, struct tmpl_member one) {
    if (m->n == m->cap) {
        struct tmpl_member *wider = arena_alloc(memory(x), (m->cap * 2 + 8) * sizeof *wider);
        if (m->n)
            memcpy(wider, m->v, m->n * sizeof *wider);
        m->v = wider;
        m->cap = m->cap * 2 + 8;
    }
    m->v[m->n++] = one;
}

static struct tmpl_node *with_members(struct expander *x, const struct tmpl_node *node,
                                      const struct members *m) {
    struct tmpl_node *made = arena_alloc(memory(x), sizeof *made);
    *made = *node;
    made->members = m->v;
    made->n = m->n;
    return made;
}

/* ---- Fn::ForEach::Name: [identifier, [value, ...], {key: value}] ---- */

static str value_of(struct expander *x, const struct tmpl_node *node, const struct turn *turn) {
    return tmpl_text(expand(x, node, turn, 0));
}

static bool is_loop(const struct tmpl_node *args) {
    if (!tmpl_is(args, TMPL_LIST) || args->n != 3 || !tmpl_text(args->members[0].value).p)
        return false;
    return tmpl_is(args->members[1].value, TMPL_LIST) && tmpl_is(args->members[2].value, TMPL_MAP);
}

/* False: its values are not written here. */
static bool unroll(struct expander *x, struct members *out, const struct tmpl_node *args,
                   const struct turn *turn, unsigned level) {
    if (!is_loop(args))
        return false;
    const struct tmpl_node *values = args->members[1].value, *body = args->members[2].value;
    for (size_t i = 0; i < values->n; i++)
        if (!value_of(x, values->members[i].value, turn).p)
            return false;
    for (size_t i = 0; i < values->n; i++) {
        struct turn one = {turn, tmpl_text(args->members[0].value),
                           value_of(x, values->members[i].value, turn)};
        const struct tmpl_node *made = expand(x, body, &one, level + 1);
        for (size_t k = 0; k < made->n; k++)
            add(x, out, made->members[k]);
    }
    return true;
}

/* ---- AWS::Include ---- */

static const struct tmpl_node *read_include(struct expander *x, const struct tmpl_node *location) {
    str path = audit_beside(x->t, tmpl_text(location));
    struct audit_file *file = path.p ? audit_file_get(x->t->audit, path) : NULL;
    if (!file || (!file->tree && !audit_parse(x->t->audit, file)))
        return NULL;
    return tmpl_root(file->tree);
}

/* {Name: AWS::Include, Parameters: {Location: path}}. False: it is not that, or lies elsewhere. */
static bool include(struct expander *x, struct members *out, const struct tmpl_node *what,
                    const struct turn *turn, unsigned level) {
    bool is_include = str_is(tmpl_text(tmpl_get(what, "Name")), "AWS::Include");
    const struct tmpl_node *location = tmpl_get(tmpl_get(what, "Parameters"), "Location");
    const struct tmpl_node *root =
        is_include && x->n_includes < MOST_INCLUDES ? read_include(x, location) : NULL;
    if (!tmpl_is(root, TMPL_MAP))
        return false;
    x->n_includes++;
    const struct tmpl_node *made = expand(x, root, turn, level + 1);
    x->n_includes--;
    for (size_t i = 0; i < made->n; i++)
        add(x, out, made->members[i]);
    return true;
}

/* One of these, or a list of them. */
static bool transform(struct expander *x, struct members *out, const struct tmpl_node *value,
                      const struct turn *turn, unsigned level) {
    if (!tmpl_is(value, TMPL_LIST))
        return include(x, out, value, turn, level);
    bool all = true;
    for (size_t i = 0; i < value->n; i++)
        all &= include(x, out, value->members[i].value, turn, level);
    return all;
}

/* ---- The tree ---- */

/* A member that stands for others: true, and they are added; what cannot be seen is left. */
static bool expand_special(struct expander *x, struct members *out, const struct tmpl_member *m,
                           const struct turn *turn, unsigned level) {
    bool is_loop_of = str_starts(m->key, S("Fn::ForEach::")),
         is_transform = str_is(m->key, "Fn::Transform");
    if (!is_loop_of && !is_transform)
        return false;
    if (is_loop_of ? unroll(x, out, m->value, turn, level)
                   : transform(x, out, m->value, turn, level))
        return true;
    give_up(x);
    return false;
}

/* Members are copied from the first one on that changes. */
static struct tmpl_node *expand_members(struct expander *x, const struct tmpl_node *node,
                                        const struct turn *turn, unsigned level) {
    struct members out = {0};
    bool is_changed = false;
    for (size_t i = 0; i < node->n; i++) {
        const struct tmpl_member *m = &node->members[i];
        struct members special = {0};
        bool is_special = node->kind == TMPL_MAP && expand_special(x, &special, m, turn, level);
        struct tmpl_member one = *m;
        if (!is_special) {
            one.key = m->key.p ? expand_text(x, m->key, turn) : m->key;
            one.value = expand(x, m->value, turn, level + 1);
        }
        bool changes = is_special || one.key.p != m->key.p || one.value != m->value;
        for (size_t k = 0; changes && !is_changed && k < i; k++)
            add(x, &out, node->members[k]);
        is_changed |= changes;
        for (size_t k = 0; k < special.n; k++)
            add(x, &out, special.v[k]);
        if (is_changed && !is_special)
            add(x, &out, one);
    }
    return is_changed ? with_members(x, node, &out) : (struct tmpl_node *)node;
}

/* {Ref: Name} of a loop: its value. */
static struct tmpl_node *expand_ref(struct expander *x, const struct tmpl_node *node,
                                    const struct turn *turn) {
    const struct tmpl_member *f = turn ? tmpl_function(node) : NULL;
    str name = f && str_is(f->key, "Ref") ? tmpl_text(f->value) : STR_NONE;
    for (; turn && name.p; turn = turn->outer)
        if (str_eq(turn->name, name)) {
            struct tmpl_node *made = arena_new(memory(x), struct tmpl_node);
            *made = (struct tmpl_node){.kind = TMPL_STRING,
                                       .start = node->start,
                                       .end = node->end,
                                       .text = turn->value};
            return made;
        }
    return NULL;
}

static struct tmpl_node *expand_scalar(struct expander *x, const struct tmpl_node *node,
                                       const struct turn *turn) {
    str text = node->kind == TMPL_STRING ? expand_text(x, node->text, turn) : node->text;
    if (text.p == node->text.p)
        return (struct tmpl_node *)node;
    struct tmpl_node *made = arena_alloc(memory(x), sizeof *made);
    *made = *node;
    made->text = text;
    return made;
}

static struct tmpl_node *expand(struct expander *x, const struct tmpl_node *node,
                                const struct turn *turn, unsigned level) {
    if (++x->n_nodes > MOST_NODES || level > MOST_LEVELS) {
        give_up(x);
        return (struct tmpl_node *)node;
    }
    if (node->kind != TMPL_MAP && node->kind != TMPL_LIST)
        return expand_scalar(x, node, turn);
    struct tmpl_node *value = expand_ref(x, node, turn);
    return value ? value : expand_members(x, node, turn, level);
}

/* ---- The template's Transform ---- */

/* Macros of AWS that take nothing away from what is written, and add nothing that a rule asks for. */
static const char *const known[] = {
    "AWS::CodeDeployBlueGreen", "AWS::Include",     "AWS::LanguageExtensions",
    "AWS::SecretsManager-",     "AWS::Serverless-", "AWS::ServiceCatalog",
};

static bool is_known(str name) {
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_starts(name, str_c(known[i])))
            return true;
    return false;
}

/* A name, or {Name, Parameters}, of the section: an include's members are added. */
static void read_macro(struct expander *x, struct members *out, const struct tmpl_node *macro) {
    str name = macro->kind == TMPL_MAP ? tmpl_text(tmpl_get(macro, "Name")) : tmpl_text(macro);
    bool is_put_in = macro->kind == TMPL_MAP && include(x, out, macro, NULL, 0);
    if (!is_known(name) || (str_is(name, "AWS::Include") && !is_put_in))
        give_up(x);
}

static void read_macros(struct expander *x, struct members *out, const struct tmpl_node *section) {
    for (size_t i = 0; tmpl_is(section, TMPL_LIST) && i < section->n; i++)
        read_macro(x, out, section->members[i].value);
    if (section && section->kind != TMPL_LIST)
        read_macro(x, out, section);
}

const struct tmpl_node *audit_expand(struct audit_template *t, const struct tmpl_node *root) {
    struct expander x = {.t = t};
    struct members out = {0};
    str text = t->file->text;
    read_macros(&x, &out, tmpl_get(root, "Transform"));
    if (str_find(text, S("ForEach::")) >= 0 || str_find(text, S("Fn::Transform")) >= 0 ||
        str_find(text, S("!Transform")) >= 0)
        root = expand(&x, root, NULL, 0);
    if (out.n == 0 || root->kind != TMPL_MAP)
        return root;
    for (size_t i = 0; i < root->n; i++)
        add(&x, &out, root->members[i]);
    return with_members(&x, root, &out);
}
