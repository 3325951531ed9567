/*
 * What values may be. Of each resource's properties, in their order: the property's name, and what is
 * at the path that Metadata of the resource gives it (the property itself where it gives none).
 */
#include "shown.h"

static void show_value(const struct audit_template *t, struct buf *out,
                       const struct audit_value *v) {
    static const char *const kinds[] = {"absent", "literal", "unknown"};
    buf_printf(out, "  %s", kinds[v->kind]);
    if (v->kind != AUDIT_ABSENT) {
        str text = audit_text(t, v->node);
        buf_char(out, ' ');
        if (text.p)
            buf_str(out, text);
        else
            tmpl_dump(out, v->node);
    }
    if (v->guard)
        buf_c(out, " if ");
    audit_guard_tell(out, v->guard);
    buf_char(out, '\n');
}

static void show_property(const struct audit_template *t, struct buf *out,
                          const struct audit_resource *r, str name) {
    const struct tmpl_member *m = tmpl_member(tmpl_get(r->body, "Metadata"), name);
    str path = m ? tmpl_text(m->value) : name;
    struct audit_values values = audit_property(t, r, arena_cstr(t->arena, path));
    buf_printf(out, STR_FMT "." STR_FMT "\n", STR_ARG(r->name), STR_ARG(path));
    for (size_t i = 0; i < values.n; i++)
        show_value(t, out, &values.v[i]);
}

static void show(const struct audit_template *t, struct buf *out) {
    for (size_t i = 0; i < t->n_resources; i++) {
        const struct audit_resource *r = &t->resources[i];
        for (size_t k = 0; r->properties && k < r->properties->n; k++)
            show_property(t, out, r, r->properties->members[k].key);
    }
}

int main(int argc, char **argv) { return shown_main(argc, argv, show); }
