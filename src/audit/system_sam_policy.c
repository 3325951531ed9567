/* audit/system: what SAM's Policies grant: names, statements and policy templates. */
#include "audit/system_priv.h"

static void add_managed(struct audit_build *b, const struct audit_resource *r,
                        const struct audit_value *value) {
    struct audit_managed *m = arena_new(b->t->arena, struct audit_managed);
    m->owner = r;
    m->value = *value;
    m->value.text = audit_text(b->t, value->node);
    AUDIT_APPEND(b->managed, m);
}

void audit_read_sam_policies(struct audit_build *b, const struct audit_resource *r) {
    struct audit_values values = audit_property(b->t, r, "Policies[]");
    for (size_t i = 0; i < values.n; i++) {
        const struct audit_value *v = &values.v[i];
        if (v->kind == AUDIT_ABSENT)
            continue;
        if (v->kind == AUDIT_UNKNOWN || v->node->kind != TMPL_MAP)
            add_managed(b, r, v);
        else if (tmpl_get(v->node, "Statement"))
            audit_read_document(b, r, AUDIT_POLICY_ROLE, v, NULL);
    }
}
