/*
 * audit/rules/cycles: who waits for whom, the groups that wait for each other (Tarjan's algorithm without
 * recursion: "Depth-first search and linear graph algorithms", 1972), and of each group the shortest
 * cycle that can be under one set of conditions.
 */
#include "audit/rules/cycles_priv.h"
#include "audit/rules/references_priv.h"

enum { NONE = UINT32_MAX, MOST_TRIES = 16 /* beginnings of a cycle that are tried in a group */ };

/* One resource waits for another. */
struct edge {
    uint32_t to, next;               /* resources; the next edge of the same resource, or NONE */
    const struct audit_guard *guard; /* and the resource's */
    bool is_notification;            /* a bucket waits for what it notifies, or for what lets it */
};
struct search {
    struct audit_template *t;
    struct edge *edges;
    uint32_t n_edges, cap;
    uint32_t *first; /* of each resource */
    uint32_t *group; /* of each resource: the smallest resource of it stands for it */
    /* While edges are collected */
    uint32_t from;
    bool is_notification;
};

/* ---- Edges ---- */

static void add_edge(struct search *s, uint32_t from, const struct audit_resource *to,
                     const struct audit_guard *guard) {
    const struct audit_resource *r = &s->t->resources[from];
    for (uint32_t e = s->first[from]; e != NONE; e = s->edges[e].next)
        if (s->edges[e].to == to->index && s->edges[e].guard == guard)
            return;
    const struct audit_guard *both =
        audit_guard_and(s->t, audit_guard_and(s->t, r->guard, guard), to->guard);
    if (!audit_possible(s->t, both))
        return;
    if (s->n_edges == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 64;
        s->edges = mem_realloc(s->edges, s->cap * sizeof *s->edges);
    }
    s->edges[s->n_edges] =
        (struct edge){(uint32_t)to->index, s->first[from], guard, s->is_notification};
    s->first[from] = s->n_edges++;
}

static int on_reference(void *ctx, const struct tmpl_reference *ref) {
    struct search *s = ctx;
    const struct audit_resource *to =
        ref->kind == TMPL_CONDITION ? NULL : audit_references_resource(s->t, ref->name);
    if (to)
        add_edge(s, s->from, to, audit_references_guard(s->t, NULL, ref->way));
    return 0;
}

static void collect_from(struct search *s, const struct tmpl_node *node) {
    tmpl_each_reference(node, on_reference, s);
}

/* Does it let a bucket notify? A bucket that has it made first does so for its notification. */
static bool lets_in(const struct audit_resource *r) {
    return audit_is(r, "AWS::Lambda::Permission") || audit_is(r, "AWS::SQS::QueuePolicy") ||
           audit_is(r, "AWS::SNS::TopicPolicy");
}

static void collect_depends_on(struct search *s, const struct tmpl_node *node) {
    bool is_list = tmpl_is(node, TMPL_LIST);
    for (size_t i = 0; i < (is_list ? node->n : node != NULL); i++) {
        str name = tmpl_text(is_list ? node->members[i].value : node);
        const struct audit_resource *to = name.p ? audit_references_resource(s->t, name) : NULL;
        s->is_notification = audit_is(&s->t->resources[s->from], "AWS::S3::Bucket") && lets_in(to);
        if (to)
            add_edge(s, s->from, to, NULL);
    }
    s->is_notification = false;
}

/*
 * Events of a SAM function are resources of their own, which wait for it; but an S3 event becomes the
 * bucket's notification, so that the bucket waits for the function ("S3", AWS SAM Developer Guide).
 */
static void collect_events(struct search *s, const struct tmpl_node *events) {
    for (size_t i = 0; tmpl_is(events, TMPL_MAP) && i < events->n; i++) {
        const struct tmpl_node *event = events->members[i].value;
        const struct tmpl_node *bucket = tmpl_get(tmpl_get(event, "Properties"), "Bucket");
        const struct audit_resource *of = bucket ? audit_target(s->t, bucket, NULL) : NULL;
        if (!of || !audit_is(of, "AWS::S3::Bucket") ||
            !str_is(tmpl_text(tmpl_get(event, "Type")), "S3"))
            continue;
        s->is_notification = true;
        add_edge(s, (uint32_t)of->index, &s->t->resources[s->from], NULL);
        s->is_notification = false;
    }
}

static void collect_property(struct search *s, const struct audit_resource *r,
                             const struct tmpl_member *m) {
    if (audit_is(r, "AWS::Serverless::Function") && str_is(m->key, "Events")) {
        collect_events(s, m->value);
        return;
    }
    s->is_notification =
        audit_is(r, "AWS::S3::Bucket") && str_is(m->key, "NotificationConfiguration");
    collect_from(s, m->value);
    s->is_notification = false;
}

static void collect(struct search *s, const struct audit_resource *r) {
    s->from = (uint32_t)r->index;
    if (tmpl_function(r->properties))
        collect_from(s, r->properties);
    else
        for (size_t i = 0; r->properties && i < r->properties->n; i++)
            collect_property(s, r, &r->properties->members[i]);
    collect_depends_on(s, tmpl_get(r->body, "DependsOn"));
}

/* ---- Groups ---- */

struct tarjan {
    struct search *s;
    uint32_t *number, *low, *edge; /* of each resource; edge: the one that is followed next */
    uint32_t *stack, *path;
    uint32_t n_stack, n_path, counter;
};

static void open_resource(struct tarjan *g, uint32_t v) {
    g->number[v] = g->low[v] = ++g->counter;
    g->edge[v] = g->s->first[v];
    g->stack[g->n_stack++] = v;
    g->path[g->n_path++] = v;
}

/* All that v leads to is known: if nothing leads back behind v, what lies above it is a group. */
static void close_resource(struct tarjan *g, uint32_t v) {
    uint32_t top, least = NONE, from = g->n_stack;
    g->n_path--;
    if (g->n_path && g->low[v] < g->low[g->path[g->n_path - 1]])
        g->low[g->path[g->n_path - 1]] = g->low[v];
    if (g->low[v] != g->number[v])
        return;
    do {
        top = g->stack[--from];
        least = top < least ? top : least;
    } while (top != v);
    while (g->n_stack > from)
        g->s->group[g->stack[--g->n_stack]] = least;
}

static void find_groups(struct search *s) {
    size_t n = s->t->n_resources;
    struct tarjan g = {.s = s};
    uint32_t *all = arena_zalloc(s->t->arena, 5 * n * sizeof *all);
    g.number = all;
    g.low = all + n;
    g.edge = all + 2 * n;
    g.stack = all + 3 * n;
    g.path = all + 4 * n;
    for (uint32_t root = 0; root < n; root++) {
        if (g.number[root])
            continue;
        open_resource(&g, root);
        while (g.n_path) {
            uint32_t v = g.path[g.n_path - 1], e = g.edge[v];
            if (e == NONE) {
                close_resource(&g, v);
                continue;
            }
            uint32_t to = s->edges[e].to;
            g.edge[v] = s->edges[e].next;
            if (!g.number[to])
                open_resource(&g, to);
            else if (s->group[to] == NONE && g.number[to] < g.low[v])
                g.low[v] = g.number[to];
        }
    }
}

/* ---- Cycles ---- */

struct cycle {
    const struct audit_guard *guard;
    uint32_t *edges, n; /* in their order, from the first resource on */
    bool is_notification;
};

/* The shortest way from a resource back to it, within its group. False: there is none. */
static bool walk_back(struct search *s, uint32_t from, uint32_t *by, uint32_t *queue) {
    size_t n = s->t->n_resources;
    uint32_t head = 0, tail = 0;
    for (size_t i = 0; i < n; i++)
        by[i] = NONE;
    queue[tail++] = from;
    while (head < tail) {
        uint32_t v = queue[head++];
        for (uint32_t e = s->first[v]; e != NONE; e = s->edges[e].next) {
            uint32_t to = s->edges[e].to;
            if (s->group[to] != s->group[from] || by[to] != NONE)
                continue;
            by[to] = e;
            if (to == from)
                return true;
            queue[tail++] = to;
        }
    }
    return false;
}

/* The edges of the way that `by` tells, first one first; what must hold for all of them. */
static void take_way(struct search *s, const uint32_t *owners, uint32_t from, const uint32_t *by,
                     struct cycle *ret) {
    uint32_t n = 0, v = from;
    do {
        n++;
        v = owners[by[v]];
    } while (v != from);
    *ret = (struct cycle){.edges = arena_alloc(s->t->arena, n * sizeof *ret->edges), .n = n};
    for (uint32_t i = n; i-- > 0; v = owners[by[v]]) {
        const struct edge *e = &s->edges[by[v]];
        ret->edges[i] = by[v];
        ret->guard = audit_guard_and(s->t, ret->guard, e->guard);
        ret->guard = audit_guard_and(s->t, ret->guard, s->t->resources[v].guard);
        ret->is_notification |= e->is_notification;
    }
}

static void tell(struct search *s, uint32_t from, const struct cycle *c) {
    CLEANUP_DEINIT(buf) struct buf way = {0};
    const struct audit_resource *all = s->t->resources;
    buf_str(&way, all[from].name);
    for (uint32_t i = 0; i < c->n; i++)
        buf_printf(&way, " -> " STR_FMT, STR_ARG(all[s->edges[c->edges[i]].to].name));
    audit_tell(s->t,
               c->is_notification ? &audit_rule_notification_cycle : &audit_rule_circular_reference,
               &all[from], c->guard,
               c->n == 1            ? "the resource waits for itself: %s"
               : c->is_notification ? "the bucket and what it notifies wait for each other: %s"
                                    : "the resources wait for each other: %s",
               buf_cstr(&way));
}

/* One cycle of a group that can be; tried from its resources in the template's order. */
static void tell_group(struct search *s, const uint32_t *owners, uint32_t group, uint32_t *by,
                       uint32_t *queue) {
    struct cycle cycle;
    uint32_t tries = 0;
    for (uint32_t v = group; v < s->t->n_resources && tries < MOST_TRIES; v++) {
        if (s->group[v] != group)
            continue;
        tries++;
        if (!walk_back(s, v, by, queue))
            continue;
        take_way(s, owners, v, by, &cycle);
        if (audit_possible(s->t, cycle.guard)) {
            tell(s, v, &cycle);
            return;
        }
    }
}

static void tell_groups(struct search *s) {
    size_t n = s->t->n_resources;
    uint32_t *owners = arena_alloc(s->t->arena, s->n_edges * sizeof *owners);
    uint32_t *by = arena_alloc(s->t->arena, n * sizeof *by);
    uint32_t *queue = arena_alloc(s->t->arena, (n + 1) * sizeof *queue);
    bool *has_edge = arena_zalloc(s->t->arena, n * sizeof *has_edge);
    for (uint32_t v = 0; v < n; v++)
        for (uint32_t e = s->first[v]; e != NONE; e = s->edges[e].next) {
            owners[e] = v;
            has_edge[s->group[v]] |= s->group[s->edges[e].to] == s->group[v];
        }
    for (uint32_t v = 0; v < n; v++)
        if (s->group[v] == v && has_edge[v])
            tell_group(s, owners, v, by, queue);
}

void audit_cycles_check(struct audit_template *t) {
    struct search s = {.t = t};
    s.first = arena_alloc(t->arena, t->n_resources * sizeof *s.first);
    s.group = arena_alloc(t->arena, t->n_resources * sizeof *s.group);
    for (size_t i = 0; i < t->n_resources; i++)
        s.first[i] = s.group[i] = NONE;
    for (size_t i = 0; i < t->n_resources; i++)
        collect(&s, &t->resources[i]);
    find_groups(&s);
    tell_groups(&s);
    free(s.edges);
}
