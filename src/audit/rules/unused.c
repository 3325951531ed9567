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

/* What the console shows of a parameter goes with it: AWS::CloudFormation::Interface. */
static void remove_from_console(const struct audit_template *t, struct audit_finding *f, str name) {
    const struct tmpl_node *console = tmpl_get(t->metadata, "AWS::CloudFormation::Interface");
    const struct tmpl_node *labels = tmpl_get(console, "ParameterLabels"),
                           *groups = tmpl_get(console, "ParameterGroups");
    const struct tmpl_member *label = tmpl_member(labels, name);
    if (label)
        audit_fix_remove(f, labels, label->value);
    for (size_t i = 0; tmpl_is(groups, TMPL_LIST) && i < groups->n; i++) {
        const struct tmpl_node *names = tmpl_get(groups->members[i].value, "Parameters");
        for (size_t k = 0; tmpl_is(names, TMPL_LIST) && k < names->n; k++)
            if (str_eq(tmpl_text(names->members[k].value), name))
                audit_fix_remove(f, names, names->members[k].value);
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
        if (t->parent)
            continue;
        audit_fix_remove(f, all, m->value);
        if (!by_condition)
            remove_from_console(t, f, m->key);
    }
    map_deinit(&unused);
}
