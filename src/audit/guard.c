/* audit/guard: what must hold for a value, and whether it can. */
#include "audit/finding.h"
#include "audit/logic_priv.h"

/* rest, and one literal more, unless it has it. */
static const struct audit_guard *add(const struct audit_template *t, const struct audit_guard *rest,
                                     str name, str value, bool holds) {
    for (const struct audit_guard *g = rest; g; g = g->rest)
        if (g->holds == holds && !g->value.p == !value.p && str_eq(g->name, name) &&
            str_eq(g->value, value))
            return rest;
    return audit_logic_guard(t->logic, rest, name, value, holds);
}

const struct audit_guard *audit_guard_condition(const struct audit_template *t,
                                                const struct audit_guard *guard, str condition,
                                                bool holds) {
    return add(t, guard, condition, STR_NONE, holds);
}

const struct audit_guard *audit_guard_equals(const struct audit_template *t,
                                             const struct audit_guard *guard, str parameter,
                                             str value) {
    return add(t, guard, parameter, value.p ? value : S(""), true);
}

const struct audit_guard *audit_guard_and(const struct audit_template *t,
                                          const struct audit_guard *a,
                                          const struct audit_guard *b) {
    if (!a || !b)
        return a ? a : b;
    return add(t, audit_guard_and(t, a, b->rest), b->name, b->value, b->holds);
}

/* The one finding that says that a bound was reached. */
static void tell_bound(const struct audit_template *t) {
    if (!audit_logic_tells(t->logic))
        return;
    const struct tmpl_member *m = tmpl_member(t->root, S("Conditions"));
    struct tmpl_pos at = m ? m->key_at : t->resources_at;
    audit_tell_range((struct audit_template *)t, &audit_rule_conditions_unknown, NULL, at,
                     audit_name_end(t, at), NULL,
                     "the conditions depend on each other more than the search follows");
}

bool audit_possible(const struct audit_template *t, const struct audit_guard *guard) {
    struct audit_guard *g = (struct audit_guard *)guard;
    if (!g)
        return true;
    if (g->answer == AUDIT_NOT_ASKED) {
        bool gave_up;
        bool holds = audit_logic_holds(t->logic, g, &gave_up);
        g->answer = holds ? AUDIT_POSSIBLE : AUDIT_IMPOSSIBLE;
        if (gave_up)
            tell_bound(t);
    }
    return g->answer == AUDIT_POSSIBLE;
}

bool audit_implies(const struct audit_template *t, const struct audit_guard *a,
                   const struct audit_guard *b) {
    for (; b; b = b->rest)
        if (audit_possible(t, add(t, a, b->name, b->value, !b->holds)))
            return false;
    return true;
}

void audit_guard_tell(struct buf *out, const struct audit_guard *guard) {
    if (!guard)
        return;
    audit_guard_tell(out, guard->rest);
    if (guard->rest)
        buf_c(out, " and ");
    if (guard->value.p)
        buf_printf(out, STR_FMT " is %s%s" STR_FMT "%s", STR_ARG(guard->name),
                   guard->holds ? "" : "not ", guard->value.len ? "" : "'", STR_ARG(guard->value),
                   guard->value.len ? "" : "'");
    else
        buf_printf(out, "%s" STR_FMT, guard->holds ? "" : "not ", STR_ARG(guard->name));
}
