/* audit/rules/literals: walks the scalars of a template. */
#include "audit/code_map.h"
#include "audit/rules/literals_priv.h"

struct walk {
    struct audit_template *t;
    audit_literal_fn *fn;
    void *ctx;
};

static void visit(const struct walk *w, struct audit_literal at, const struct tmpl_node *node,
                  const struct audit_step *up, str key);

/* Both ways of a Fn::If, each with what must hold. */
static void visit_if(const struct walk *w, struct audit_literal at, const struct tmpl_node *value,
                     const struct audit_step *up) {
    str condition =
        value->kind == TMPL_LIST && value->n == 3 ? tmpl_text(value->members[0].value) : STR_NONE;
    const struct audit_guard *before = at.guard;
    at.is_chosen = true;
    for (int way = 0; condition.p && way < 2; way++) {
        at.guard = audit_guard_condition(w->t, before, condition, way == 0);
        if (audit_possible(w->t, at.guard))
            visit(w, at, value->members[1 + way].value, up, STR_NONE);
    }
}

/* Fn::Sub's own text and variables, Fn::Join's pieces; of other functions all that is in them. */
static void visit_function(const struct walk *w, struct audit_literal at,
                           const struct tmpl_node *node, const struct tmpl_member *f,
                           const struct audit_step *up) {
    if (str_is(f->key, "Ref") || str_is(f->key, "Fn::GetAtt") || str_is(f->key, "Condition") ||
        str_is(f->key, "Fn::FindInMap") || str_is(f->key, "Fn::ImportValue") ||
        str_is(f->key, "Fn::Transform") || str_is(f->key, "Fn::GetAZs"))
        return;
    if (str_is(f->key, "Fn::If")) {
        visit_if(w, at, f->value, up);
        return;
    }
    at.is_sub = str_is(f->key, "Fn::Sub");
    at.function = at.is_sub || str_is(f->key, "Fn::Join") ? node : NULL;
    visit(w, at, f->value, up, STR_NONE);
}

static void visit(const struct walk *w, struct audit_literal at, const struct tmpl_node *node,
                  const struct audit_step *up, str key) {
    const struct audit_step step = {up, key, node};
    const struct tmpl_member *f = tmpl_function(node);
    if (key.p) {
        at.key = key;
        at.function = NULL;
        at.is_sub = false;
    }
    if (f) {
        visit_function(w, at, node, f, &step);
        return;
    }
    for (size_t i = 0; i < node->n; i++)
        visit(w, at, node->members[i].value, &step, node->members[i].key);
    at.text = tmpl_text(node);
    at.node = node;
    at.step = &step;
    if (at.text.len)
        w->fn(w->ctx, &at);
}

void audit_literals_of(struct audit_template *t, const struct audit_resource *r,
                       audit_literal_fn *fn, void *ctx) {
    static const char *const left_out[] = {"Type",     "Condition",      "DependsOn",
                                           "Metadata", "DeletionPolicy", "UpdateReplacePolicy"};
    const struct walk w = {t, fn, ctx};
    for (size_t k = 0; k < r->body->n; k++) {
        const struct tmpl_member *m = &r->body->members[k];
        bool is_out = false;
        for (size_t j = 0; j < ARRAY_LEN(left_out) && !is_out; j++)
            is_out = str_is(m->key, left_out[j]);
        if (!is_out)
            visit(&w, (struct audit_literal){.r = r, .guard = r->guard}, m->value, NULL, m->key);
    }
}

void audit_literals(struct audit_template *t, audit_literal_fn *fn, void *ctx) {
    const struct walk w = {t, fn, ctx};
    for (size_t i = 0; i < t->n_resources; i++)
        audit_literals_of(t, &t->resources[i], fn, ctx);
    for (size_t i = 0; t->outputs && i < t->outputs->n; i++) {
        const struct tmpl_node *value = tmpl_get(t->outputs->members[i].value, "Value");
        if (value)
            visit(&w, (struct audit_literal){.key = S("Value")}, value, NULL, S("Value"));
    }
}

bool audit_literal_is_under(const struct audit_literal *literal, const char *key) {
    for (const struct audit_step *s = literal->step; s; s = s->up)
        if (str_is(s->key, key))
            return true;
    return false;
}

bool audit_literal_is_prose(const struct audit_literal *literal) {
    return str_ends(literal->key, S("Description")) || str_is(literal->key, "Comment") ||
           str_is(literal->key, "DisplayName");
}

/* ---- Places ---- */

/*
 * The byte of the file at which a byte of the text is written; false where escapes, folds or
 * indentation lie between.
 */
static bool offset_of(const struct audit_template *t, const struct audit_literal *l, size_t from,
                      size_t end, size_t *ret) {
    const struct audit_file *file = audit_file(t, l->node->start.file);
    size_t begin = audit_offset(file, l->node->start), stop = audit_offset(file, l->node->end);
    str raw = str_slice(file->text, begin, stop), part = str_slice(l->text, from, end);
    ptrdiff_t first = str_find(raw, part);
    if (first < 0)
        return false;
    /* The first of those bytes must be the one that is meant. */
    ptrdiff_t in_text = str_find(l->text, part);
    for (; in_text >= 0 && (size_t)in_text < from;) {
        ptrdiff_t next = str_find(str_skip(raw, (size_t)first + 1), part);
        ptrdiff_t then = str_find(str_skip(l->text, (size_t)in_text + 1), part);
        if (next < 0 || then < 0)
            return false;
        first += next + 1;
        in_text += then + 1;
    }
    *ret = begin + (size_t)first;
    return true;
}

struct audit_finding *audit_tell_literal(struct audit_template *t, const struct audit_rule *rule,
                                         const struct audit_literal *literal, size_t from,
                                         size_t end, const char *fmt, ...) {
    struct tmpl_pos start = literal->node->start, stop = literal->node->end;
    bool is_part = from > 0 || end < literal->text.len;
    size_t offset;
    if (is_part && offset_of(t, literal, from, end, &offset)) {
        const struct audit_file *file = audit_file(t, start.file);
        start = audit_pos(file, offset);
        stop = audit_pos(file, offset + (end - from));
    }
    va_list args;
    va_start(args, fmt);
    str text = arena_vprintf(t->arena, fmt, args);
    va_end(args);
    return audit_tell_range(t, rule, literal->r, start, stop, literal->guard, STR_FMT,
                            STR_ARG(text));
}

/* In single quotes, as YAML has them. */
static void add_quoted(struct buf *out, str text) {
    for (size_t i = 0; i < text.len; i++) {
        buf_char(out, text.p[i]);
        if (text.p[i] == '\'')
            buf_char(out, '\'');
    }
}

void audit_fix_literal(struct audit_finding *f, const struct audit_literal *literal, size_t from,
                       size_t end, const char *name) {
    size_t offset;
    /* Fn::Join's pieces, and texts that have a "${" which Fn::Sub would take for its own, stay. */
    if (!f || (literal->function && !literal->is_sub) ||
        (!literal->is_sub && str_find(literal->text, S("${")) >= 0))
        return;
    if (literal->is_sub) {
        if (offset_of(f->template, literal, from, end, &offset))
            audit_fix_text(f, audit_file(f->template, literal->node->start.file), offset,
                           offset + (end - from), "${%s}", name);
        return;
    }
    if (str_chr(literal->text, '\n') >= 0)
        return;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    add_quoted(&text, str_slice(literal->text, 0, from));
    buf_printf(&text, "${%s}", name);
    add_quoted(&text, str_skip(literal->text, end));
    audit_fix_replace(f, literal->node, "!Sub '%s'", buf_cstr(&text));
}
