/* What the rules of too small and of too large functions share. */
#include "audit/rules/function_size_priv.h"

#include <math.h>
#include <stdlib.h>

bool audit_function_size_range(const struct audit_template *t, const struct audit_value *value,
                               double otherwise, struct audit_range *ret) {
    if (value->kind != AUDIT_ABSENT)
        return audit_number(t, value, ret);
    *ret = (struct audit_range){otherwise, otherwise};
    return !t->is_partial;
}

/* "128", "the default of 128", "at most 256" of a parameter. */
static str size_text(const struct audit_template *t, const struct function_size *size,
                     const struct audit_value *value, const struct audit_range *range) {
    if (value->kind == AUDIT_ABSENT)
        return arena_printf(t->arena, "the default of %g", range->least);
    if (range->least == range->most)
        return arena_printf(t->arena, "%.0f", range->least);
    if (size->to < INFINITY)
        return arena_printf(t->arena, "at most %.0f", range->most);
    return arena_printf(t->arena, "at least %.0f", range->least);
}

static void check_value(struct audit_template *t, const struct function_size *size,
                        const struct audit_function *f, const struct audit_value *value) {
    struct audit_range range;
    double otherwise = size->otherwise ? strtod(size->otherwise, NULL) : NAN;
    if ((value->kind == AUDIT_ABSENT && !size->otherwise) ||
        !audit_function_size_range(t, value, otherwise, &range) || range.least < size->from ||
        range.most >= size->to)
        return;
    str text = size_text(t, size, value, &range);
    bool is_there = value->kind != AUDIT_ABSENT;
    struct audit_finding *finding =
        is_there ? audit_tell_node(t, size->rule, f->r, value->node, value->guard,
                                   "%s" STR_FMT "%s", size->before, STR_ARG(text), size->behind)
                 : audit_tell(t, size->rule, f->r, value->guard, "%s" STR_FMT "%s", size->before,
                              STR_ARG(text), size->behind);
    if (finding && value->kind != AUDIT_UNKNOWN)
        size->mend(t, finding, f, value);
}

void audit_function_size_check(struct audit_template *t, const struct function_size *size) {
    for (const struct audit_function *f = t->system->functions; f; f = f->next) {
        if (size->is_of_image_work && !f->is_image_work)
            continue;
        struct audit_values values = audit_property(t, f->r, size->property);
        for (size_t i = 0; i < values.n; i++)
            check_value(t, size, f, &values.v[i]);
    }
}

void audit_function_size_set(struct audit_finding *finding, const struct audit_resource *r,
                             const struct audit_value *value, const char *property, double better) {
    bool is_in_its_place =
        value->kind == AUDIT_LITERAL || (value->kind == AUDIT_ABSENT && tmpl_function(value->node));
    if (is_in_its_place)
        audit_fix_replace(finding, value->node, "%.0f", better);
    else
        audit_fix_property(finding, r, property, "%.0f", better);
}

double audit_function_size_visibility(double timeout_s) {
    return 6 * timeout_s < QUEUE_VISIBILITY_MOST_S ? 6 * timeout_s : QUEUE_VISIBILITY_MOST_S;
}

void audit_function_size_set_timeout(struct audit_template *t, struct audit_finding *finding,
                                     const struct audit_function *f,
                                     const struct audit_value *value, double timeout_s) {
    audit_function_size_set(finding, f->r, value, "Timeout", timeout_s);
    for (const struct audit_mapping *m = t->system->mappings; m; m = m->next) {
        if (m->function != f || !audit_is(m->source, "AWS::SQS::Queue"))
            continue;
        struct audit_values values = audit_property(t, m->source, "VisibilityTimeout");
        for (size_t i = 0; i < values.n; i++) {
            const struct audit_value *v = &values.v[i];
            struct audit_range range;
            if (v->kind != AUDIT_UNKNOWN &&
                audit_function_size_range(t, v, QUEUE_VISIBILITY_S, &range) &&
                range.most < timeout_s)
                audit_function_size_set(finding, m->source, v, "VisibilityTimeout",
                                        audit_function_size_visibility(timeout_s));
        }
    }
}
