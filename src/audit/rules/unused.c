/* Names that are declared and not used. */
#include "audit/rules/unused_priv.h"

struct look {
    struct map *unused; /* name to its member */
    bool by_condition;
};

static int note(void *ctx, const struct tmpl_reference *ref) {
    struct look *look = ctx;
    if ((ref->kind == TMPL_CONDITION) == look->by_condition)
        map_remove(look->unused, ref->name);
    return 0;
}

/* What tmpl_each_reference leaves to others: Condition beside Type or Value, and the Rules section's own functions. */
static void note_others(struct look *look, const struct tmpl_node *node) {
    for (size_t i = 0; i < node->n; i++) {
        const struct tmpl_member *m = &node->members[i];
        if (look->by_condition && str_is(m->key, "Condition") && tmpl_text(m->value).p)
            map_remove(look->unused, tmpl_text(m->value));
        if (!look->by_condition && str_is(m->key, "Fn::ValueOf") && m->value->n)
            map_remove(look->unused, tmpl_text(m->value->members[0].value));
        note_others(look, m->value);
    }
}

void audit_unused_tell(struct audit_template *t, const struct audit_rule *rule, const char *section,
                       bool by_condition, const char *what) {
    const struct tmpl_node *all = tmpl_get(t->root, section);
    if (t->is_partial || !tmpl_is(all, TMPL_MAP))
        return;
    struct map unused = {0};
    struct look look = {&unused, by_condition};
    for (size_t i = 0; i < all->n; i++)
        map_put(&unused, all->members[i].key, &all->members[i]);
    tmpl_each_reference(t->root, note, &look);
    note_others(&look, t->root);
    size_t at = 0;
    str name;
    for (void *value; map_next(&unused, &at, &name, &value);) {
        const struct tmpl_member *m = value;
        struct audit_finding *f =
            audit_tell_range(t, rule, NULL, m->key_at, audit_name_end(t, m->key_at), NULL,
                             "nothing uses the %s " STR_FMT, what, STR_ARG(m->key));
        /* A parent template may hand the parameter in. */
        if (!t->parent)
            audit_fix_remove(f, all, m->value);
    }
    map_deinit(&unused);
}
