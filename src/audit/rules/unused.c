/* Parameters and conditions that are declared and not used. */
#include "audit/rules/unused_priv.h"

struct look {
    struct audit_unused *unused;
    const struct tmpl_node *
        *asked; /* conditions that something uses, and that are still to be read */
    size_t n_asked;
};

static void use_condition(struct look *look, str name) {
    const struct tmpl_member *m = name.p ? map_remove(&look->unused->conditions, name) : NULL;
    if (m)
        look->asked[look->n_asked++] = m->value;
}

static void use_parameter(struct look *look, str name) {
    if (name.p)
        map_remove(&look->unused->parameters, name);
}

static int use(void *ctx, const struct tmpl_reference *ref) {
    (ref->kind == TMPL_CONDITION ? use_condition : use_parameter)(ctx, ref->name);
    return 0;
}

/* What tmpl_each_reference leaves out: Condition beside Type or Value, and functions of Rules. */
static void use_others(struct look *look, const struct tmpl_node *node) {
    for (size_t i = 0; i < node->n; i++) {
        const struct tmpl_member *m = &node->members[i];
        if (str_is(m->key, "Condition"))
            use_condition(look, tmpl_text(m->value));
        if (str_is(m->key, "Fn::ValueOf") && m->value->n)
            use_parameter(look, tmpl_text(m->value->members[0].value));
        use_others(look, m->value);
    }
}

static void read(struct look *look, const struct tmpl_node *node) {
    tmpl_each_reference(node, use, look);
    use_others(look, node);
}

static int name_parameter(void *ctx, const struct tmpl_reference *ref) {
    map_remove(ctx, ref->name);
    return 0;
}

static void put_all(struct map *map, const struct tmpl_node *section) {
    for (size_t i = 0; section && i < section->n; i++)
        map_put(map, section->members[i].key, &section->members[i]);
}

/* Parameters that no condition names either. */
static void find_unnamed(const struct audit_template *t, struct audit_unused *ret) {
    size_t at = 0;
    str name;
    for (void *member; map_next(&ret->parameters, &at, &name, &member);)
        map_put(&ret->unnamed, name, member);
    if (t->conditions)
        tmpl_each_reference(t->conditions, name_parameter, &ret->unnamed);
}

void audit_unused_find(const struct audit_template *t, struct audit_unused *ret) {
    *ret = (struct audit_unused){0};
    if (t->is_partial)
        return;
    put_all(&ret->parameters, t->parameters);
    put_all(&ret->conditions, t->conditions);
    size_t most = t->conditions ? t->conditions->n : 0;
    struct look look = {.unused = ret,
                        .asked = arena_alloc(t->arena, most * sizeof(struct tmpl_node *))};
    for (size_t i = 0; i < t->root->n; i++)
        if (t->root->members[i].value != t->conditions)
            read(&look, t->root->members[i].value);
    while (look.n_asked)
        read(&look, look.asked[--look.n_asked]);
    find_unnamed(t, ret);
}

void audit_unused_deinit(struct audit_unused *unused) {
    map_deinit(&unused->conditions);
    map_deinit(&unused->parameters);
    map_deinit(&unused->unnamed);
}
