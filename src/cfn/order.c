/*
 * cfn/order: the order of creation, with what lets others do something before what needs it. A
 * notification is refused while its function has no permission for it, and a custom resource's
 * function fails while its role has no policy; templates rarely say that one waits for the other.
 */
#include "cfn/order.h"

enum { BITS = 64 };

struct build {
    const struct tmpl_model *m;
    const struct tmpl_graph *g;
    const struct cfn_backend *backend;
    struct arena *arena;
    size_t words;
    uint64_t *reach;       /* n rows of words: all that a resource waits for */
    const size_t **needs;  /* the answer's */
    size_t *n_needs, *cap; /* cap 0: the list is the graph's own */
    bool *lets, *placed;
    size_t *order, n_order;
};

/* ---- Who waits for whom, through others too ---- */

static uint64_t *row_of(const struct build *b, size_t i) { return b->reach + i * b->words; }
static bool waits(const struct build *b, size_t i, size_t other) {
    return row_of(b, i)[other / BITS] >> (other % BITS) & 1;
}

static void add_wait(struct build *b, size_t i, size_t other) {
    uint64_t *to = row_of(b, i), *from = row_of(b, other);
    for (size_t k = 0; k < b->words; k++)
        to[k] |= from[k];
    to[other / BITS] |= (uint64_t)1 << (other % BITS);
}

static void close_graph(struct build *b) {
    for (size_t k = 0; k < b->g->n_order; k++)
        for (size_t i = b->g->order[k], j = 0; j < b->g->n_needs[i]; j++)
            add_wait(b, i, b->g->needs[i][j]);
}

static void add_need(struct build *b, size_t i, size_t other) {
    size_t n = b->n_needs[i];
    if (n == b->cap[i] || !b->cap[i]) {
        b->cap[i] = 2 * n + 4;
        size_t *list = arena_alloc(b->arena, b->cap[i] * sizeof *list);
        if (n)
            memcpy(list, b->needs[i], n * sizeof *list);
        b->needs[i] = list;
    }
    ((size_t *)b->needs[i])[b->n_needs[i]++] = other;
    add_wait(b, i, other);
    for (size_t k = 0; k < b->g->n_order; k++)
        if (waits(b, b->g->order[k], i))
            add_wait(b, b->g->order[k], i);
}

/* ---- What lets others ---- */

static const char *lets_of(const struct build *b, size_t i) {
    const struct cfn_type *type = b->backend->type(b->backend->ctx, b->m->resources[i].type);
    return type ? type->lets : NULL;
}

/* A policy whose references to what it is about are walked. */
struct subject {
    struct build *b;
    size_t policy;
};

/* All that uses the subject waits for its policy, where the policy waits for none of these. */
static int wait_for_policy(void *ctx, const struct tmpl_reference *ref) {
    const struct subject *s = ctx;
    struct build *b = s->b;
    const struct tmpl_resource *r =
        ref->kind == TMPL_CONDITION ? NULL : tmpl_find_resource(b->m, ref->name);
    size_t about = r ? (size_t)(r - b->m->resources) : 0;
    if (!r || !waits(b, s->policy, about)) /* its condition is false */
        return 0;
    for (size_t k = 0; k < b->g->n_order; k++) {
        size_t user = b->g->order[k];
        if (!b->lets[user] && waits(b, user, about) && !waits(b, user, s->policy) &&
            !waits(b, s->policy, user))
            add_need(b, user, s->policy);
    }
    return 0;
}

static void add_policy(struct build *b, size_t i) {
    struct subject s = {b, i};
    for (str rest = str_c(lets_of(b, i)), name; rest.p;) {
        str_cut(rest, '|', &name, &rest);
        const struct tmpl_member *subject = tmpl_member(b->m->resources[i].properties, name);
        if (subject)
            tmpl_each_reference(subject->value, wait_for_policy, &s);
    }
}

/* ---- The order: as the graph's, depth-first in the template's order ---- */

/* Recursion is bounded by TMPL_MAX_RESOURCES; there is no cycle. */
static void place(struct build *b, size_t i) {
    if (b->placed[i])
        return;
    b->placed[i] = true;
    for (size_t k = 0; k < b->n_needs[i]; k++)
        place(b, b->needs[i][k]);
    b->order[b->n_order++] = i;
}

static void *zeros(struct build *b, size_t n, size_t size) {
    return arena_zalloc(b->arena, (n ? n : 1) * size);
}

void cfn_order(const struct cfn_backend *backend, const struct tmpl_model *m,
               const struct tmpl_graph *graph, struct arena *arena, struct tmpl_graph *ret) {
    size_t n = graph->n;
    struct build b = {.m = m, .g = graph, .backend = backend, .arena = arena};
    b.words = (n + BITS - 1) / BITS;
    b.reach = zeros(&b, n * b.words, sizeof *b.reach);
    b.needs = zeros(&b, n, sizeof *b.needs);
    b.n_needs = zeros(&b, n, sizeof *b.n_needs);
    b.cap = zeros(&b, n, sizeof *b.cap);
    b.lets = zeros(&b, n, sizeof *b.lets);
    b.placed = zeros(&b, n, sizeof *b.placed);
    b.order = zeros(&b, n, sizeof *b.order);
    for (size_t i = 0; i < n; i++) {
        b.needs[i] = graph->needs[i];
        b.n_needs[i] = graph->n_needs[i];
        b.lets[i] = lets_of(&b, i) != NULL;
    }
    close_graph(&b);
    for (size_t k = 0; k < graph->n_order; k++)
        if (b.lets[graph->order[k]])
            add_policy(&b, graph->order[k]);
    bool *is_in = zeros(&b, n, sizeof *is_in);
    for (size_t k = 0; k < graph->n_order; k++)
        is_in[graph->order[k]] = true;
    for (size_t i = 0; i < n; i++)
        if (is_in[i])
            place(&b, i);
    *ret = (struct tmpl_graph){n, b.order, b.n_order, b.needs, b.n_needs};
}
