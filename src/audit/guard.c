/* audit/guard: what must hold for a value, and whether it can. */
#include "audit/audit_priv.h"

struct audit_guard {
    const struct audit_guard *rest;
    str name, value; /* a condition; or, where value is not absent, a parameter that is value */
    bool holds;
};

static const struct audit_guard *add(const struct audit_template *t, const struct audit_guard *rest,
                                     struct audit_guard literal) {
    for (const struct audit_guard *g = rest; g; g = g->rest)
        if (g->holds == literal.holds && str_eq(g->name, literal.name) &&
            str_eq(g->value, literal.value))
            return rest;
    struct audit_guard *g = arena_new(t->arena, struct audit_guard);
    *g = literal;
    g->rest = rest;
    return g;
}

const struct audit_guard *audit_guard_condition(const struct audit_template *t,
                                                const struct audit_guard *guard, str condition,
                                                bool holds) {
    return add(t, guard, (struct audit_guard){NULL, condition, STR_NONE, holds});
}

const struct audit_guard *audit_guard_equals(const struct audit_template *t,
                                             const struct audit_guard *guard, str parameter,
                                             str value) {
    return add(t, guard, (struct audit_guard){NULL, parameter, value, true});
}

const struct audit_guard *audit_guard_and(const struct audit_template *t,
                                          const struct audit_guard *a,
                                          const struct audit_guard *b) {
    for (; b; b = b->rest)
        a = add(t, a, *b);
    return a;
}

bool audit_possible(const struct audit_template *t, const struct audit_guard *guard) {
    (void)t;
    for (const struct audit_guard *g = guard; g; g = g->rest)
        for (const struct audit_guard *h = g->rest; h; h = h->rest)
            if (str_eq(g->name, h->name) && !g->value.p == !h->value.p &&
                (g->value.p ? !str_eq(g->value, h->value) : g->holds != h->holds))
                return false;
    return true;
}

bool audit_implies(const struct audit_template *t, const struct audit_guard *a,
                   const struct audit_guard *b) {
    (void)t;
    for (; b; b = b->rest) {
        bool found = false;
        for (const struct audit_guard *g = a; g && !found; g = g->rest)
            found = g->holds == b->holds && str_eq(g->name, b->name) && str_eq(g->value, b->value);
        if (!found)
            return false;
    }
    return true;
}

void audit_guard_tell(struct buf *out, const struct audit_guard *guard) {
    if (!guard)
        return;
    audit_guard_tell(out, guard->rest);
    if (guard->rest)
        buf_c(out, " and ");
    if (!guard->holds)
        buf_c(out, "not ");
    buf_str(out, guard->name);
    if (guard->value.p)
        buf_printf(out, " is " STR_FMT, STR_ARG(guard->value));
}
