/*
 * Depth-first, in the template's order: a resource is placed once all it needs is placed. Meeting
 * one that is still being placed closes a cycle; the stack then holds its path.
 */
#include "tmpl/model.h"

enum state { NEW, OPEN, PLACED };

struct build {
    const struct tmpl_model *m;
    const bool *active;
    struct arena *arena;
    struct tmpl_fault *fault;
    size_t **needs;
    size_t *n_needs;
    size_t current;  /* whose references are being collected */
    size_t *seen_by; /* seen_by[i] == current + 1: i is already among its needs */
    size_t *found;   /* scratch of the current resource */
    size_t n_found;
    enum state *states;
    size_t *path, n_path;
    size_t *order, n_order;
};

static bool is_active(const struct build *b, size_t i) { return !b->active || b->active[i]; }

static void add_need(struct build *b, size_t i) {
    if (b->seen_by[i] == b->current + 1)
        return;
    b->seen_by[i] = b->current + 1;
    b->found[b->n_found++] = i;
}

static void add_named(struct build *b, str name) {
    const struct tmpl_resource *r = tmpl_find_resource(b->m, name);
    if (r && is_active(b, (size_t)(r - b->m->resources)))
        add_need(b, (size_t)(r - b->m->resources));
}

static int on_reference(void *ctx, const struct tmpl_reference *ref) {
    if (ref->kind != TMPL_CONDITION)
        add_named(ctx, ref->name);
    return 0;
}

static void collect(struct build *b, size_t i) {
    const struct tmpl_resource *r = &b->m->resources[i];
    b->current = i;
    b->n_found = 0;
    tmpl_each_reference(r->properties, on_reference, b);
    const struct tmpl_node *depends = tmpl_get(r->body, "DependsOn");
    if (tmpl_is(depends, TMPL_STRING))
        add_named(b, depends->text);
    else if (tmpl_is(depends, TMPL_LIST))
        for (size_t k = 0; k < depends->n; k++)
            add_named(b, tmpl_text(depends->members[k].value));
    b->n_needs[i] = b->n_found;
    size_t size = b->n_found * sizeof *b->found;
    b->needs[i] = memcpy(arena_alloc(b->arena, size), b->found, size);
}

static int refuse_cycle(struct build *b, size_t again) {
    CLEANUP_DEINIT(buf) struct buf path = {0};
    size_t from = 0;
    while (b->path[from] != again)
        from++;
    for (size_t i = from; i < b->n_path; i++) {
        buf_str(&path, b->m->resources[b->path[i]].name);
        buf_c(&path, " -> ");
    }
    buf_str(&path, b->m->resources[again].name);
    return tmpl_fail(b->fault, b->m->resources[again].at,
                     "Circular dependency between resources: [%s]", buf_cstr(&path));
}

/* Recursion is bounded by TMPL_MAX_RESOURCES. */
static int place(struct build *b, size_t i) {
    if (b->states[i] == PLACED)
        return 0;
    if (b->states[i] == OPEN)
        return refuse_cycle(b, i);
    b->states[i] = OPEN;
    b->path[b->n_path++] = i;
    for (size_t k = 0; k < b->n_needs[i]; k++)
        if (place(b, b->needs[i][k]))
            return TMPL_E_TEMPLATE;
    b->n_path--;
    b->states[i] = PLACED;
    b->order[b->n_order++] = i;
    return 0;
}

int tmpl_graph_new(const struct tmpl_model *m, const bool *active, struct arena *arena,
                   struct tmpl_graph *ret, struct tmpl_fault *reterr) {
    size_t n = m->n_resources;
    struct build b = {.m = m, .active = active, .arena = arena, .fault = reterr};
    b.needs = arena_zalloc(arena, n * sizeof *b.needs);
    b.n_needs = arena_zalloc(arena, n * sizeof *b.n_needs);
    b.seen_by = arena_zalloc(arena, n * sizeof *b.seen_by);
    b.found = arena_zalloc(arena, n * sizeof *b.found);
    b.states = arena_zalloc(arena, n * sizeof *b.states);
    b.path = arena_zalloc(arena, n * sizeof *b.path);
    b.order = arena_zalloc(arena, n * sizeof *b.order);
    for (size_t i = 0; i < n; i++)
        if (is_active(&b, i))
            collect(&b, i);
    for (size_t i = 0; i < n; i++)
        if (is_active(&b, i) && place(&b, i))
            return TMPL_E_TEMPLATE;
    *ret = (struct tmpl_graph){n, b.order, b.n_order, (const size_t *const *)b.needs, b.n_needs};
    return 0;
}
