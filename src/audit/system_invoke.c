/* audit/system: who may invoke functions, and what polls for them. */
#include "audit/system_priv.h"

/* The first resource that a property names under any condition. */
static const struct audit_resource *first_invoked(const struct audit_template *t,
                                                  const struct audit_resource *r,
                                                  const char *path) {
    struct audit_values values = audit_property(t, r, path);
    const struct audit_resource *found = NULL;
    for (size_t i = 0; i < values.n && !found; i++)
        if (values.v[i].kind != AUDIT_ABSENT)
            found = audit_invoked(t, values.v[i].node);
    return found;
}

void audit_read_permission(struct audit_build *b, const struct audit_resource *r) {
    struct audit_permission *p = arena_new(b->t->arena, struct audit_permission);
    *p = (struct audit_permission){
        .r = r,
        .function = first_invoked(b->t, r, "FunctionName"),
        .function_text = audit_first_text(b->t, r, "FunctionName"),
        .principal = audit_first_text(b->t, r, "Principal"),
        .source_arn = audit_first_text(b->t, r, "SourceArn"),
        .source_account = audit_first_text(b->t, r, "SourceAccount"),
        .guard = r->guard,
    };
    AUDIT_APPEND(b->permissions, p);
}

void audit_read_mapping(struct audit_build *b, const struct audit_resource *r) {
    if (!r->properties)
        return;
    struct audit_mapping *m = arena_new(b->t->arena, struct audit_mapping);
    *m = (struct audit_mapping){
        .owner = r,
        .function = audit_function_of(b->t, first_invoked(b->t, r, "FunctionName")),
        .source = first_invoked(b->t, r, "EventSourceArn"),
        .node = r->properties,
        .guard = r->guard,
    };
    AUDIT_APPEND(b->mappings, m);
}
