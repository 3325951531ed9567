/* audit/template: sections and resources of a template, as far as they can be understood. */
#include "audit/audit_priv.h"
#include "audit/logic_priv.h"

static const struct tmpl_node *section(const struct audit_template *t, const char *name) {
    const struct tmpl_node *node = tmpl_get(t->root, name);
    return tmpl_is(node, TMPL_MAP) ? node : NULL;
}

/* ---- SAM's Globals ---- */

/* Which section of Globals is of a type. */
static const struct {
    const char *type, *section;
} globals[] = {
    {"AWS::Serverless::Api", "Api"},
    {"AWS::Serverless::CapacityProvider", "CapacityProvider"},
    {"AWS::Serverless::Function", "Function"},
    {"AWS::Serverless::HttpApi", "HttpApi"},
    {"AWS::Serverless::LayerVersion", "LayerVersion"},
    {"AWS::Serverless::SimpleTable", "SimpleTable"},
    {"AWS::Serverless::StateMachine", "StateMachine"},
};

static const struct tmpl_node *globals_of(const struct audit_template *t, str type) {
    const struct tmpl_node *all = tmpl_get(t->root, "Globals");
    for (size_t i = 0; all && i < ARRAY_LEN(globals); i++)
        if (str_is(type, globals[i].type)) {
            const struct tmpl_node *node = tmpl_get(all, globals[i].section);
            return tmpl_is(node, TMPL_MAP) ? node : NULL;
        }
    return NULL;
}

/*
 * Members that merging may make, in all functions of a template. Beyond, what Globals say is left out,
 * and the template counts as partial.
 */
enum { MOST_MERGED = 1 << 16 };
struct merging {
    struct audit_template *t;
    size_t n;
};

static const struct tmpl_node *merged(struct merging *m, const struct tmpl_node *below,
                                      const struct tmpl_node *own);

/* own, with room for the members of both; NULL: there would be too many. */
static struct tmpl_node *with_room(struct merging *m, const struct tmpl_node *below,
                                   const struct tmpl_node *own) {
    m->n += below->n + own->n;
    if (m->n > MOST_MERGED) {
        m->t->is_partial = true;
        return NULL;
    }
    struct tmpl_node *both = arena_new(m->t->arena, struct tmpl_node);
    *both = *own;
    both->members = arena_alloc(m->t->arena, (below->n + own->n) * sizeof *both->members);
    both->n = 0;
    return both;
}

/* Members of both: those of Globals that are not the resource's own, and then its own. */
static const struct tmpl_node *merged_map(struct merging *m, const struct tmpl_node *below,
                                          const struct tmpl_node *own) {
    struct tmpl_node *both = with_room(m, below, own);
    if (!both)
        return own;
    for (size_t i = 0; i < below->n; i++)
        if (!tmpl_member(own, below->members[i].key))
            both->members[both->n++] = below->members[i];
    for (size_t i = 0; i < own->n; i++) {
        struct tmpl_member *member = &both->members[both->n++];
        const struct tmpl_member *of_all = tmpl_member(below, own->members[i].key);
        *member = own->members[i];
        if (of_all)
            member->value = (struct tmpl_node *)merged(m, of_all->value, member->value);
    }
    return both;
}

/* "Globals section", SAM's developer guide: lists are added, the elements of Globals first. */
static const struct tmpl_node *merged_list(struct merging *m, const struct tmpl_node *below,
                                           const struct tmpl_node *own) {
    struct tmpl_node *both = with_room(m, below, own);
    if (!both)
        return own;
    both->n = below->n + own->n;
    memcpy(both->members, below->members, below->n * sizeof *both->members);
    memcpy(both->members + below->n, own->members, own->n * sizeof *both->members);
    return both;
}

/* A function, as any value that is no list or map of both, hides what Globals say. */
static const struct tmpl_node *merged(struct merging *m, const struct tmpl_node *below,
                                      const struct tmpl_node *own) {
    if (tmpl_function(own) || tmpl_function(below) || own->kind != below->kind || below->n == 0)
        return own;
    if (own->n == 0 && (own->kind == TMPL_MAP || own->kind == TMPL_LIST))
        return below;
    return own->kind == TMPL_MAP    ? merged_map(m, below, own)
           : own->kind == TMPL_LIST ? merged_list(m, below, own)
                                    : own;
}

/* ---- Resources ---- */

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
    struct merging merging = {.t = t};
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
        r->globals = globals_of(t, type);
        r->properties = tmpl_is(properties, TMPL_MAP) ? properties : NULL;
        if (r->globals)
            r->properties =
                r->properties ? merged(&merging, r->globals, r->properties) : r->globals;
        str condition = tmpl_text(tmpl_get(m->value, "Condition"));
        if (condition.p)
            r->guard = audit_guard_condition(t, NULL, condition, true);
        n++;
    }
    t->resources = all;
    t->n_resources = n;
    index_resources(t, all, n);
}

static void index_members(struct map *by_name, const struct tmpl_node *section) {
    for (size_t i = 0; section && i < section->n; i++)
        map_put(by_name, section->members[i].key, section->members[i].value);
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
                                          struct tmpl *tree, const struct audit_template *parent,
                                          const struct audit_resource *nest) {
    struct audit_template *t = arena_new(&a->arena, struct audit_template);
    t->audit = a;
    t->file = file;
    t->arena = &a->arena;
    t->marks = arena_new(t->arena, struct map);
    t->parent = parent;
    t->parent_nest = nest;
    t->root = audit_expand(t, tmpl_root(tree));
    t->parameters = section(t, "Parameters");
    t->mappings = section(t, "Mappings");
    t->conditions = section(t, "Conditions");
    t->outputs = section(t, "Outputs");
    t->metadata = section(t, "Metadata");
    index_members(&t->parameters_by_name, t->parameters);
    index_members(&t->conditions_by_name, t->conditions);
    t->logic = audit_logic_new(t);
    t->is_sam = is_sam(tmpl_get(t->root, "Transform"));
    const struct tmpl_member *resources = tmpl_member(t->root, S("Resources"));
    t->resources_at = resources ? resources->key_at : t->root->start;
    read_resources(t, section(t, "Resources"));
    audit_index_names(t);
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
    const struct tmpl_node *parameter = map_get(&t->parameters_by_name, name);
    return tmpl_is(parameter, TMPL_MAP) ? parameter : NULL;
}
bool audit_has_condition(const struct audit_template *t, str name) {
    return map_get(&t->conditions_by_name, name) != NULL;
}

/* ---- Bounds ---- */

enum { MOST_STEPS = 100000, MOST_DEPTH = 64 };
void audit_enter(const struct audit_template *t) {
    if (t->audit->depth++ == 0)
        t->audit->steps = 0;
}
void audit_leave(const struct audit_template *t) { t->audit->depth--; }
bool audit_takes_step(const struct audit_template *t) {
    return t->audit->depth <= MOST_DEPTH && ++t->audit->steps <= MOST_STEPS;
}
