/* policy/context: the condition keys of one decision and their values. */
#include "policy/policy_priv.h"

#include "base/arena.h"

struct entry {
    struct entry *next;
    str key;
    str *values; /* first, while there is one */
    size_t n, cap;
    str first;
};

/* What was put off. */
struct later {
    struct later *next;
    bool (*covers)(str key);
    int (*fill)(void *arg, struct policy_context *context); /* NULL: it was filled */
    void *arg;
};

/*
 * A request has some twenty keys, and a policy asks for few of them: a list is faster than a table
 * here. Entries and what was put off lie in the arena, in the order in which they came.
 */
struct policy_context {
    struct arena arena;
    struct entry *entries, **end;
    struct later *later;
    struct policy_context *own;         /* this one, for what a look at it fills */
    const struct policy_context *below; /* or NULL */
    bool unread;
};

struct policy_context *policy_context_new(void) {
    struct arena arena = {0}; /* it lies in its own */
    struct policy_context *context = arena_new(&arena, struct policy_context);
    context->arena = arena;
    context->own = context;
    context->end = &context->entries;
    return context;
}

struct policy_context *policy_context_new_over(const struct policy_context *below) {
    struct policy_context *context = policy_context_new();
    context->below = below;
    return context;
}

struct policy_context *policy_context_free(struct policy_context *context) {
    if (context) {
        struct arena arena = context->arena;
        arena_deinit(&arena);
    }
    return NULL;
}

static struct entry *find(const struct policy_context *context, str key) {
    for (struct entry *e = context->entries; e; e = e->next)
        if (str_eq_nocase(e->key, key))
            return e;
    return NULL;
}

static struct entry *add_key(struct policy_context *context, str key) {
    struct entry *e = arena_new(&context->arena, struct entry);
    e->key = arena_str(&context->arena, key);
    e->values = &e->first;
    e->cap = 1;
    *context->end = e;
    context->end = &e->next;
    return e;
}

static void grow(struct policy_context *context, struct entry *e) {
    str *values = arena_alloc(&context->arena, 2 * e->cap * sizeof *values);
    memcpy(values, e->values, e->n * sizeof *values);
    e->values = values;
    e->cap *= 2;
}

void policy_context_add(struct policy_context *context, str key, str value) {
    struct entry *e = find(context, key);
    if (!e)
        e = add_key(context, key);
    if (e->n == e->cap)
        grow(context, e);
    e->values[e->n++] = arena_str(&context->arena, value);
}

void policy_context_add_later(struct policy_context *context, bool (*covers)(str key),
                              int (*fill)(void *arg, struct policy_context *context), void *arg) {
    struct later **end = &context->later;
    while (*end)
        end = &(*end)->next;
    *end = arena_new(&context->arena, struct later);
    **end = (struct later){NULL, covers, fill, arg};
}

/* Nobody would find a key that what was put off does not cover. */
static void check_covered(bool (*covers)(str key), const struct entry *added) {
#ifdef CALOTYPE_CHECKS
    for (; added; added = added->next)
        if (!covers(added->key))
            abort();
#else
    (void)covers;
    (void)added;
#endif
}

/* What was put off and may have a key of that name; a fill may put off more, behind the others. */
static void fetch(struct policy_context *context, str key) {
    for (struct later *later = context->later; later; later = later->next) {
        if (!later->fill || !later->covers(key))
            continue;
        int (*fill)(void *arg, struct policy_context *context) = later->fill;
        struct entry **added = context->end;
        later->fill = NULL;
        if (fill(later->arg, context))
            context->unread = true;
        check_covered(later->covers, *added);
    }
}

bool policy_context_unread(const struct policy_context *context) {
    return context && (context->unread || policy_context_unread(context->below));
}

void policy_context_each(const struct policy_context *context, void (*fn)(void *arg, str key),
                         void *arg) {
    for (const struct entry *e = context->entries; e; e = e->next)
        fn(arg, e->key);
}

struct policy_values policy_context_get(const struct policy_context *context, str key) {
    const struct entry *e = NULL;
    for (; context && !e; context = context->below) {
        fetch(context->own, key);
        e = find(context, key);
    }
    return e ? (struct policy_values){e->values, e->n} : (struct policy_values){NULL, 0};
}

const struct policy_context *policy_scope_context(struct policy_scope *scope) {
    const struct policy_request *request = scope->request;
    if (!scope->context)
        scope->context = request->context || !request->make_context
                             ? request->context
                             : request->make_context(request->arg);
    return scope->context;
}

str policy_context_single(const struct policy_context *context, str key) {
    struct policy_values values = policy_context_get(context, key);
    return values.n == 1 ? values.v[0] : STR_NONE;
}
