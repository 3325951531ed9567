/* Which resources a resource waits for. */
#include "audit/rules/order_priv.h"

struct walk {
    const struct audit_template *t;
    bool *is_reached;
    const struct audit_resource **queue; /* each resource once */
    size_t n, at;
};

static void reach(struct walk *w, str name) {
    const struct audit_resource *r = audit_find(w->t, name);
    if (!r || w->is_reached[r->index])
        return;
    w->is_reached[r->index] = true;
    w->queue[w->n++] = r;
}

static int on_reference(void *ctx, const struct tmpl_reference *ref) {
    if (ref->kind != TMPL_CONDITION)
        reach(ctx, ref->name);
    return 0;
}

static void reach_all(struct walk *w, const struct audit_resource *r,
                      const struct tmpl_node *except) {
    const struct tmpl_node *depends = tmpl_get(r->body, "DependsOn");
    reach(w, tmpl_text(depends));
    for (size_t i = 0; tmpl_is(depends, TMPL_LIST) && i < depends->n; i++)
        reach(w, tmpl_text(depends->members[i].value));
    for (size_t i = 0; r->properties && i < r->properties->n; i++)
        if (r->properties->members[i].value != except)
            tmpl_each_reference(r->properties->members[i].value, on_reference, w);
}

bool audit_order_waits(const struct audit_template *t, const struct audit_resource *r,
                       const struct tmpl_node *except, const struct audit_resource *on) {
    struct arena arena = {0};
    struct walk w = {.t = t};
    w.is_reached = arena_zalloc(&arena, t->n_resources * sizeof *w.is_reached);
    w.queue = arena_alloc(&arena, t->n_resources * sizeof *w.queue);
    reach_all(&w, r, except);
    while (w.at < w.n && !w.is_reached[on->index])
        reach_all(&w, w.queue[w.at++], NULL);
    bool is_reached = w.is_reached[on->index];
    arena_deinit(&arena);
    return is_reached;
}

void audit_order_fix_depends(struct audit_finding *f, const struct audit_resource *r, str name) {
    const struct tmpl_node *depends = tmpl_get(r->body, "DependsOn");
    if (tmpl_is(depends, TMPL_LIST))
        audit_fix_append(f, depends, STR_FMT, STR_ARG(name));
    else if (depends)
        audit_fix_replace(f, depends, "[" STR_FMT ", " STR_FMT "]", STR_ARG(tmpl_text(depends)),
                          STR_ARG(name));
    else
        audit_fix_attribute(f, r, "DependsOn", STR_FMT, STR_ARG(name));
}

/* Only parameters and what AWS knows of the stack. */
static bool is_free(const struct audit_template *t, str text) {
    for (ptrdiff_t at; (at = str_find(text, S("${"))) >= 0;) {
        str name;
        text = str_skip(text, (size_t)at + 2);
        if (!str_cut(text, '}', &name, &text) ||
            !(tmpl_is_pseudo(name) || audit_parameter(t, name)))
            return false;
    }
    return true;
}

str audit_order_bucket_arn(const struct audit_template *t, const struct audit_resource *bucket) {
    str name = audit_name(t, bucket);
    if (name.len == 0 || !is_free(t, name))
        return STR_NONE;
    return arena_printf(t->arena, "arn:${AWS::Partition}:s3:::" STR_FMT, STR_ARG(name));
}

str audit_order_condition(const struct audit_resource *r) {
    return tmpl_text(tmpl_get(r->body, "Condition"));
}
