/* audit/template: sections and resources of a template, as far as they can be understood. */
#include "audit/audit_priv.h"

static const struct tmpl_node *section(const struct audit_template *t, const char *name) {
    const struct tmpl_node *node = tmpl_get(t->root, name);
    return tmpl_is(node, TMPL_MAP) ? node : NULL;
}

static void index_resources(struct audit_template *t, struct audit_resource *all, size_t n) {
    struct map last = {0};
    for (size_t i = 0; i < n; i++) {
        map_put(&t->by_name, all[i].name, &all[i]);
        struct audit_resource *before = map_put(&last, all[i].type, &all[i]);
        if (before)
            before->next = &all[i];
        else
            map_put(&t->by_type, all[i].type, &all[i]);
    }
    map_deinit(&last);
}

static void read_resources(struct audit_template *t, const struct tmpl_node *resources) {
    struct audit_resource *all =
        arena_zalloc(t->arena, (resources ? resources->n : 0) * sizeof *all);
    size_t n = 0;
    for (size_t i = 0; resources && i < resources->n; i++) {
        const struct tmpl_member *m = &resources->members[i];
        str type = tmpl_text(tmpl_get(m->value, "Type"));
        if (m->value->kind != TMPL_MAP || !type.p)
            continue;
        struct audit_resource *r = &all[n];
        *r = (struct audit_resource){.name = m->key,
                                     .type = type,
                                     .at = m->key_at,
                                     .body = m->value,
                                     .index = n};
        const struct tmpl_node *properties = tmpl_get(m->value, "Properties");
        r->properties = tmpl_is(properties, TMPL_MAP) ? properties : NULL;
        str condition = tmpl_text(tmpl_get(m->value, "Condition"));
        if (condition.p)
            r->guard = audit_guard_condition(t, NULL, condition, true);
        n++;
    }
    t->resources = all;
    t->n_resources = n;
    index_resources(t, all, n);
}

static bool is_sam(const struct tmpl_node *transform) {
    if (tmpl_is(transform, TMPL_LIST)) {
        for (size_t i = 0; i < transform->n; i++)
            if (is_sam(transform->members[i].value))
                return true;
        return false;
    }
    return str_starts(tmpl_text(transform), S("AWS::Serverless-"));
}

struct audit_template *audit_template_new(struct audit *a, const struct audit_file *file,
                                          struct tmpl *tree) {
    struct audit_template *t = arena_new(&a->arena, struct audit_template);
    t->audit = a;
    t->file = file;
    t->root = tmpl_root(tree);
    t->arena = &a->arena;
    t->parameters = section(t, "Parameters");
    t->mappings = section(t, "Mappings");
    t->conditions = section(t, "Conditions");
    t->outputs = section(t, "Outputs");
    t->metadata = section(t, "Metadata");
    t->is_sam = is_sam(tmpl_get(t->root, "Transform"));
    const struct tmpl_member *resources = tmpl_member(t->root, S("Resources"));
    t->resources_at = resources ? resources->key_at : t->root->start;
    read_resources(t, section(t, "Resources"));
    audit_system_read(t);
    return t;
}

const struct audit_resource *audit_find(const struct audit_template *t, str name) {
    return map_get(&t->by_name, name);
}
const struct audit_resource *audit_first(const struct audit_template *t, const char *type) {
    return map_get(&t->by_type, str_c(type));
}
bool audit_is(const struct audit_resource *r, const char *type) {
    return r && str_is(r->type, type);
}
const struct tmpl_node *audit_parameter(const struct audit_template *t, str name) {
    const struct tmpl_member *m = tmpl_member(t->parameters, name);
    return m && m->value->kind == TMPL_MAP ? m->value : NULL;
}
