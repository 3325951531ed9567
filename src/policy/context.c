/* policy/context: the condition keys of one decision and their values. */
#include "policy/policy_priv.h"

#include "base/arena.h"

#include <assert.h>

/* A request has some twenty keys: a list is faster than a table here. */
struct policy_context {
    struct arena arena;
    struct later {
        str prefix; /* absent: nothing is to come */
        void (*fill)(void *arg, struct policy_context *context);
        void *arg;
        struct policy_context *context;
    } * later; /* or NULL */
    struct entry {
        str key;
        str *values;
        size_t n, cap;
    } * entries;
    size_t n, cap;
    const struct policy_context *below; /* or NULL */
};

struct policy_context *policy_context_new(void) {
    return mem_new(struct policy_context);
}

struct policy_context *policy_context_new_over(const struct policy_context *below) {
    struct policy_context *context = policy_context_new();
    context->below = below;
    return context;
}

struct policy_context *policy_context_free(struct policy_context *context) {
    if (context) {
        for (size_t i = 0; i < context->n; i++)
            free(context->entries[i].values);
        free(context->entries);
        free(context->later);
        arena_deinit(&context->arena);
        free(context);
    }
    return NULL;
}

static struct entry *find(const struct policy_context *context, str key) {
    for (size_t i = 0; i < context->n; i++)
        if (context->entries[i].key.len == key.len && str_eq_nocase(context->entries[i].key, key))
            return &context->entries[i];
    return NULL;
}

static struct entry *add_key(struct policy_context *context, str key) {
    if (context->n == context->cap) {
        context->cap = context->cap ? context->cap * 2 : 24;
        context->entries = mem_realloc(context->entries, context->cap * sizeof *context->entries);
    }
    struct entry *e = &context->entries[context->n++];
    *e = (struct entry){.key = arena_str(&context->arena, key)};
    return e;
}

void policy_context_add(struct policy_context *context, str key, str value) {
    struct entry *e = find(context, key);
    if (!e)
        e = add_key(context, key);
    if (e->n == e->cap) {
        e->cap = e->cap ? e->cap * 2 : 1;
        e->values = mem_realloc(e->values, e->cap * sizeof *e->values);
    }
    e->values[e->n++] = arena_str(&context->arena, value);
}

void policy_context_add_later(struct policy_context *context, str prefix,
                              void (*fill)(void *arg, struct policy_context *context), void *arg) {
    assert(!context->later);
    context->later = mem_new(struct later);
    *context->later = (struct later){prefix, fill, arg, context};
}

/* What was put off and has a key of that name. */
static void fetch(struct later *later, str key) {
    if (!later || !later->prefix.p || !str_starts_nocase(key, later->prefix))
        return;
    later->prefix = STR_NONE;
    later->fill(later->arg, later->context);
}

void policy_context_each(const struct policy_context *context, void (*fn)(void *arg, str key),
                         void *arg) {
    for (size_t i = 0; i < context->n; i++)
        fn(arg, context->entries[i].key);
}

struct policy_values policy_context_get(const struct policy_context *context, str key) {
    const struct entry *e = NULL;
    for (; context && !e; context = context->below) {
        fetch(context->later, key);
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
