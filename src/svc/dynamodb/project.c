/*
 * Parts of an item. A list of which some elements are named becomes a list of those elements, in
 * the order of their indexes.
 */
#include "svc/dynamodb/expr.h"

/* Paths that share their first `depth` steps, sorted by what follows. */
struct group {
    const struct ddb_path *const *paths;
    size_t n, depth;
};

static int step_cmp(const struct ddb_step *a, const struct ddb_step *b) {
    if (a->name.p && b->name.p)
        return str_cmp(a->name, b->name);
    return (a->index > b->index) - (a->index < b->index);
}

static int path_cmp(const void *x, const void *y) {
    const struct ddb_path *a = *(const struct ddb_path *const *)x;
    const struct ddb_path *b = *(const struct ddb_path *const *)y;
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        int c = step_cmp(&a->steps[i], &b->steps[i]);
        if (c)
            return c;
    }
    return (a->n > b->n) - (a->n < b->n);
}

static const struct ddb_value *pick(struct arena *a, const struct ddb_value *v, struct group g);

/* The value behind one step of g, cut down to what its paths name; NULL: nothing. */
static const struct ddb_value *pick_step(struct arena *a, const struct ddb_value *v,
                                         struct group g) {
    struct ddb_path one = {&g.paths[0]->steps[g.depth], 1};
    const struct ddb_value *kid = ddb_path_get(v, &one);
    g.depth++;
    if (!kid || g.paths[0]->n == g.depth)
        return kid;
    return pick(a, kid, g);
}

static const struct ddb_value *pick(struct arena *a, const struct ddb_value *v, struct group g) {
    struct ddb_attr *attrs = arena_alloc(a, g.n * sizeof *attrs);
    struct ddb_value *elements = arena_alloc(a, g.n * sizeof *elements);
    uint32_t n = 0;
    for (size_t i = 0, next; i < g.n; i = next) {
        const struct ddb_step *step = &g.paths[i]->steps[g.depth];
        for (next = i + 1; next < g.n && step_cmp(step, &g.paths[next]->steps[g.depth]) == 0;)
            next++;
        const struct ddb_value *kid =
            pick_step(a, v, (struct group){g.paths + i, next - i, g.depth});
        if (!kid)
            continue;
        if (step->name.p)
            attrs[n] = (struct ddb_attr){step->name, kid};
        else
            elements[n] = *kid;
        n++;
    }
    if (n == 0 && g.depth > 0)
        return NULL;
    struct ddb_value *out = arena_new(a, struct ddb_value);
    out->type = v->type;
    out->n = n;
    if (v->type == DDB_M)
        out->attrs = attrs;
    else
        out->elements = elements;
    return out;
}

const struct ddb_value *ddb_project(struct arena *a, const struct ddb_projection *projection,
                                    const struct ddb_value *item) {
    const struct ddb_path **sorted =
        arena_alloc(a, projection->n * sizeof(const struct ddb_path *));
    for (size_t i = 0; i < projection->n; i++)
        sorted[i] = &projection->paths[i];
    qsort(sorted, projection->n, sizeof(const struct ddb_path *), path_cmp);
    return pick(a, item, (struct group){sorted, projection->n, 0});
}
