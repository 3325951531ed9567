/* audit/marks: which resources others name, gathered once a template. */
#include "audit/template.h"

/* What was gathered before, or room for it. */
static bool *marks_of(const struct audit_template *t, const char *type, const char *path,
                      bool *ret_is_new) {
    str key = arena_printf(t->arena, "%s %s", type, path);
    bool *marks = map_get(t->marks, key);
    *ret_is_new = !marks;
    if (!marks) {
        marks = arena_zalloc(t->arena, t->n_resources * sizeof *marks + 1);
        map_put(t->marks, key, marks);
    }
    return marks;
}

const bool *audit_named_at(const struct audit_template *t, const char *type, const char *path) {
    bool is_new, *marks = marks_of(t, type, path, &is_new);
    for (const struct audit_resource *r = is_new ? audit_first(t, type) : NULL; r; r = r->next) {
        struct audit_values values = audit_property(t, r, path);
        for (size_t i = 0; i < values.n; i++) {
            const struct audit_resource *named =
                values.v[i].kind == AUDIT_ABSENT ? NULL : audit_target(t, values.v[i].node, NULL);
            if (named)
                marks[named->index] = true;
        }
    }
    return marks;
}

struct mentions {
    const struct audit_template *t;
    const struct audit_resource *by;
    bool *marks;
};

static int mark(void *ctx, const struct tmpl_reference *ref) {
    const struct mentions *m = ctx;
    const struct audit_resource *r =
        ref->kind == TMPL_CONDITION ? NULL : audit_find(m->t, ref->name);
    if (r && r != m->by)
        m->marks[r->index] = true;
    return 0;
}

const bool *audit_mentioned_by(const struct audit_template *t, const char *type,
                               const char *property) {
    bool is_new, *marks = marks_of(t, type, property ? property : "", &is_new);
    for (const struct audit_resource *r = is_new ? audit_first(t, type) : NULL; r; r = r->next) {
        struct mentions m = {t, r, marks};
        const struct tmpl_node *node = property ? tmpl_get(r->properties, property) : r->properties;
        if (node)
            tmpl_each_reference(node, mark, &m);
    }
    return marks;
}
