/*
 * tmpl/model: checks a template section by section, and makes the lists of its parameters,
 * resources and outputs.
 */
#include "tmpl/model.h"

#include "base/ascii.h"

struct check {
    struct tmpl *tree;
    struct arena *arena;
    struct tmpl_model *m;
    struct tmpl_fault *fault;
};

#define FAIL(c, pos, ...) tmpl_fail((c)->fault, (pos), __VA_ARGS__)

static bool is_alphanumeric(str s) { return s.len > 0 && ascii_only_alnum(s, ""); }

static bool is_among(str s, const char *const *words) {
    for (; *words; words++)
        if (str_is(s, *words))
            return true;
    return false;
}

/* A section: a map (or absent) of at most `most` members with alphanumeric names. */
static int check_section(struct check *c, const char *name, size_t most,
                         const struct tmpl_node **ret) {
    const struct tmpl_node *root = tmpl_root(c->tree);
    const struct tmpl_node *node = tmpl_get(root, name);
    *ret = node;
    if (!node)
        return 0;
    if (node->kind != TMPL_MAP)
        return FAIL(c, node->start, "Template format error: %s section must be a map, not %s", name,
                    tmpl_kind_name(node->kind));
    if (node->n > most)
        return FAIL(
            c, node->members[most].key_at,
            "Template format error: Number of %s, %zu, is greater than maximum allowed, %zu", name,
            node->n, most);
    for (size_t i = 0; i < node->n; i++) {
        str key = node->members[i].key;
        if (!is_alphanumeric(key) || key.len > 255)
            return FAIL(c, node->members[i].key_at,
                        "Template format error: %s name '" STR_FMT "' is non alphanumeric.", name,
                        STR_ARG(key));
    }
    return 0;
}

/* ---- null, and functions that are not the only member of their map ---- */

static int check_values(struct check *c, const struct tmpl_node *node) {
    for (size_t i = 0; i < node->n; i++) {
        const struct tmpl_member *m = &node->members[i];
        if (m->value->kind == TMPL_NULL)
            return FAIL(c, m->key_at,
                        "Template format error: 'null' values are not allowed in templates");
        if (node->n > 1 && node->kind == TMPL_MAP && str_starts(m->key, S("Fn::")))
            return FAIL(c, m->key_at,
                        "Template format error: " STR_FMT " must be the only member of its object",
                        STR_ARG(m->key));
        if (check_values(c, m->value))
            return TMPL_E_TEMPLATE;
    }
    return 0;
}

/* ---- References ---- */

bool tmpl_is_pseudo(str name) {
    static const char *const names[] = {"AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue",
                                        "AWS::Partition", "AWS::Region",           "AWS::StackId",
                                        "AWS::StackName", "AWS::URLSuffix",        NULL};
    return is_among(name, names);
}

struct ref_check {
    struct check *c;
    const char *section;
    bool resources_allowed;
};

static int check_reference(void *ctx, const struct tmpl_reference *ref) {
    struct ref_check *refs = ctx;
    struct check *c = refs->c;
    if (ref->kind == TMPL_CONDITION)
        return tmpl_member(c->m->conditions, ref->name)
                   ? 0
                   : FAIL(c, ref->at,
                          "Template format error: Unresolved condition dependency " STR_FMT
                          " in the %s block of the template",
                          STR_ARG(ref->name), refs->section);
    bool is_resource = tmpl_find_resource(c->m, ref->name) != NULL;
    if (ref->kind == TMPL_GET_ATT) {
        if (!is_resource)
            return FAIL(
                c, ref->at,
                "Template error: instance of Fn::GetAtt references undefined resource " STR_FMT,
                STR_ARG(ref->name));
    } else if (!is_resource) {
        if (tmpl_is_pseudo(ref->name) || tmpl_find_param(c->m, ref->name))
            return 0;
        return FAIL(c, ref->at,
                    "Template format error: Unresolved resource dependencies [" STR_FMT
                    "] in the %s block of the template",
                    STR_ARG(ref->name), refs->section);
    }
    if (!refs->resources_allowed)
        return FAIL(c, ref->at,
                    "Template format error: Unresolved dependencies [" STR_FMT
                    "]. Cannot reference resources in the %s block of the template",
                    STR_ARG(ref->name), refs->section);
    return 0;
}

static int check_references(struct check *c, const struct tmpl_node *node, const char *section,
                            bool resources_allowed) {
    struct ref_check refs = {c, section, resources_allowed};
    return tmpl_each_reference(node, check_reference, &refs);
}

/* ---- Parameters ---- */

static const struct {
    const char *name;
    enum tmpl_param_type type;
} param_types[] = {
    {"String", TMPL_PARAM_STRING},
    {"Number", TMPL_PARAM_NUMBER},
    {"CommaDelimitedList", TMPL_PARAM_LIST},
    {"List<String>", TMPL_PARAM_LIST},
    {"List<Number>", TMPL_PARAM_NUMBER_LIST},
};

static int param_type(struct check *c, const struct tmpl_node *type, struct tmpl_param *p) {
    p->type_name = type->text;
    for (size_t i = 0; i < ARRAY_LEN(param_types); i++) {
        if (str_is(type->text, param_types[i].name)) {
            p->type = param_types[i].type;
            return 0;
        }
    }
    bool known = str_starts(type->text, S("AWS::")) || str_starts(type->text, S("List<AWS::"));
    return FAIL(c, type->start,
                known ? "Template format error: the parameter type " STR_FMT " is not supported"
                      : "Template format error: Unrecognized parameter type: " STR_FMT,
                STR_ARG(type->text));
}

static int check_param_members(struct check *c, const struct tmpl_member *m) {
    static const char *const known[] = {
        "Type",     "Default",  "AllowedValues",         "AllowedPattern", "MinLength", "MaxLength",
        "MinValue", "MaxValue", "ConstraintDescription", "Description",    "NoEcho",    NULL};
    for (size_t i = 0; i < m->value->n; i++) {
        const struct tmpl_member *a = &m->value->members[i];
        if (!is_among(a->key, known))
            return FAIL(c, a->key_at, "Invalid template parameter property '" STR_FMT "'",
                        STR_ARG(a->key));
        bool is_list = str_is(a->key, "AllowedValues");
        if (is_list ? a->value->kind != TMPL_LIST : !tmpl_text(a->value).p)
            return FAIL(c, a->value->start,
                        "Template format error: Every " STR_FMT " member must be %s.",
                        STR_ARG(a->key), is_list ? "a list" : "a string");
        for (size_t k = 0; is_list && k < a->value->n; k++)
            if (!tmpl_text(a->value->members[k].value).p)
                return FAIL(
                    c, a->value->members[k].value->start,
                    "Template format error: Every AllowedValues member must be a list of strings.");
    }
    return 0;
}

static int check_params(struct check *c) {
    const struct tmpl_node *section;
    if (check_section(c, "Parameters", TMPL_MAX_PARAMETERS, &section))
        return TMPL_E_TEMPLATE;
    size_t n = section ? section->n : 0;
    struct tmpl_param *params = arena_zalloc(c->arena, n * sizeof *params);
    for (size_t i = 0; i < n; i++) {
        const struct tmpl_member *m = &section->members[i];
        const struct tmpl_node *type = tmpl_get(m->value, "Type");
        if (!tmpl_is(type, TMPL_STRING))
            return FAIL(
                c, m->key_at,
                "Template format error: Every Parameters object must contain a Type member.");
        if (check_param_members(c, m) || param_type(c, type, &params[i]))
            return TMPL_E_TEMPLATE;
        params[i].name = m->key;
        params[i].at = m->key_at;
        params[i].body = m->value;
        params[i].default_value = tmpl_text(tmpl_get(m->value, "Default"));
        params[i].no_echo = str_eq_nocase(tmpl_text(tmpl_get(m->value, "NoEcho")), S("true"));
    }
    c->m->params = params;
    c->m->n_params = n;
    return 0;
}

/* ---- Mappings: name → first key → second key → a scalar or a list of scalars ---- */

static int check_mapping_value(struct check *c, const struct tmpl_member *m) {
    if (tmpl_text(m->value).p)
        return 0;
    if (m->value->kind != TMPL_LIST)
        return FAIL(c, m->key_at,
                    "Template format error: Every Mappings attribute must be a String or a List.");
    for (size_t i = 0; i < m->value->n; i++)
        if (!tmpl_text(m->value->members[i].value).p)
            return FAIL(
                c, m->value->members[i].key_at,
                "Template format error: Every Mappings attribute must be a String or a List.");
    return 0;
}

static int check_mappings(struct check *c) {
    if (check_section(c, "Mappings", TMPL_MAX_MAPPINGS, &c->m->mappings))
        return TMPL_E_TEMPLATE;
    const struct tmpl_node *all = c->m->mappings;
    for (size_t i = 0; all && i < all->n; i++) {
        const struct tmpl_member *mapping = &all->members[i];
        if (mapping->value->kind != TMPL_MAP)
            return FAIL(c, mapping->key_at,
                        "Template format error: Every Mappings member must be a map");
        for (size_t k = 0; k < mapping->value->n; k++) {
            const struct tmpl_member *first = &mapping->value->members[k];
            if (first->value->kind != TMPL_MAP)
                return FAIL(c, first->key_at,
                            "Template format error: Every Mappings member must be a map");
            for (size_t j = 0; j < first->value->n; j++)
                if (check_mapping_value(c, &first->value->members[j]))
                    return TMPL_E_TEMPLATE;
        }
    }
    return 0;
}

/* ---- Resources ---- */

static const struct {
    const char *name;
    enum tmpl_keep keep;
} keeps[] = {
    {"Delete", TMPL_DELETE},
    {"Retain", TMPL_RETAIN},
    {"RetainExceptOnCreate", TMPL_RETAIN_EXCEPT_ON_CREATE},
    {"Snapshot", TMPL_SNAPSHOT},
};

static int read_keep(struct check *c, const struct tmpl_resource *r, const char *attribute,
                     enum tmpl_keep *ret, bool *ret_has) {
    const struct tmpl_node *node = tmpl_get(r->body, attribute);
    if (!node)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(keeps); i++) {
        bool on_create_only = keeps[i].keep == TMPL_RETAIN_EXCEPT_ON_CREATE;
        if (!str_is(tmpl_text(node), keeps[i].name) ||
            (on_create_only && strcmp(attribute, "UpdateReplacePolicy") == 0))
            continue;
        *ret = keeps[i].keep;
        *ret_has = true;
        return 0;
    }
    return FAIL(c, node->start, "Template format error: Unrecognized %s for resource " STR_FMT,
                attribute, STR_ARG(r->name));
}

static int check_depends_on(struct check *c, const struct tmpl_resource *r) {
    const struct tmpl_node *node = tmpl_get(r->body, "DependsOn");
    size_t n = !node ? 0 : node->kind == TMPL_LIST ? node->n : 1;
    for (size_t i = 0; i < n; i++) {
        const struct tmpl_node *one = node->kind == TMPL_LIST ? node->members[i].value : node;
        if (one->kind != TMPL_STRING)
            return FAIL(c, one->start,
                        "Template format error: DependsOn must be a string or list of strings.");
        if (!tmpl_find_resource(c->m, one->text))
            return FAIL(c, one->start,
                        "Template format error: Unresolved resource dependencies [" STR_FMT
                        "] in the Resources block of the template",
                        STR_ARG(one->text));
    }
    return 0;
}

static int check_condition_name(struct check *c, const struct tmpl_node *body, const char *section,
                                str *ret) {
    const struct tmpl_node *node = tmpl_get(body, "Condition");
    if (!node)
        return 0;
    if (node->kind != TMPL_STRING)
        return FAIL(c, node->start,
                    "Template format error: Every Condition member must be a string.");
    if (!tmpl_member(c->m->conditions, node->text))
        return FAIL(c, node->start,
                    "Template format error: Unresolved condition dependency " STR_FMT
                    " in the %s block of the template",
                    STR_ARG(node->text), section);
    *ret = node->text;
    return 0;
}

static int read_resource(struct check *c, const struct tmpl_member *m, struct tmpl_resource *r) {
    static const char *const known[] = {"Type",
                                        "Properties",
                                        "DependsOn",
                                        "Condition",
                                        "Metadata",
                                        "DeletionPolicy",
                                        "UpdateReplacePolicy",
                                        "UpdatePolicy",
                                        "CreationPolicy",
                                        "Description",
                                        NULL};
    const struct tmpl_node *type = tmpl_get(m->value, "Type");
    if (m->value->kind != TMPL_MAP)
        return FAIL(c, m->key_at,
                    "Template format error: [/Resources/" STR_FMT
                    "] resource definition is malformed",
                    STR_ARG(m->key));
    if (!tmpl_is(type, TMPL_STRING))
        return FAIL(c, m->key_at,
                    "Template format error: [/Resources/" STR_FMT
                    "] Every Resources object must contain a Type member.",
                    STR_ARG(m->key));
    for (size_t i = 0; i < m->value->n; i++)
        if (!is_among(m->value->members[i].key, known))
            return FAIL(c, m->value->members[i].key_at,
                        "Invalid template resource property '" STR_FMT "'",
                        STR_ARG(m->value->members[i].key));
    *r = (struct tmpl_resource){.name = m->key,
                                .type = type->text,
                                .at = m->key_at,
                                .body = m->value};
    r->properties = tmpl_get(m->value, "Properties");
    if (r->properties && r->properties->kind != TMPL_MAP)
        return FAIL(c, r->properties->start,
                    "Template format error: [/Resources/" STR_FMT "] Properties must be a map",
                    STR_ARG(m->key));
    return read_keep(c, r, "DeletionPolicy", &r->on_delete, &r->has_deletion_policy) ||
           read_keep(c, r, "UpdateReplacePolicy", &r->on_replace, &r->has_replace_policy);
}

static int read_resources(struct check *c) {
    const struct tmpl_node *section;
    if (check_section(c, "Resources", TMPL_MAX_RESOURCES, &section))
        return TMPL_E_TEMPLATE;
    if (!section || section->n == 0)
        return FAIL(c, tmpl_root(c->tree)->start,
                    "Template format error: At least one Resources member must be defined.");
    struct tmpl_resource *all = arena_zalloc(c->arena, section->n * sizeof *all);
    for (size_t i = 0; i < section->n; i++)
        if (read_resource(c, &section->members[i], &all[i]))
            return TMPL_E_TEMPLATE;
    c->m->resources = all;
    c->m->n_resources = section->n;
    return 0;
}

/* Once all names are known. */
static int link_resources(struct check *c) {
    for (size_t i = 0; i < c->m->n_resources; i++) {
        /* The array is ours until the model is given out. */
        struct tmpl_resource *r = (struct tmpl_resource *)&c->m->resources[i];
        if (check_depends_on(c, r) ||
            check_condition_name(c, r->body, "Resources", &r->condition) ||
            check_references(c, r->properties, "Resources", true))
            return TMPL_E_TEMPLATE;
    }
    return 0;
}

/* ---- Outputs ---- */

static int read_output(struct check *c, const struct tmpl_member *m, struct tmpl_output *o) {
    static const char *const known[] = {"Value", "Export", "Description", "Condition", NULL};
    *o =
        (struct tmpl_output){.name = m->key, .at = m->key_at, .value = tmpl_get(m->value, "Value")};
    if (!o->value)
        return FAIL(c, m->key_at,
                    "Template format error: Every Outputs member must contain a Value object");
    for (size_t i = 0; i < m->value->n; i++)
        if (!is_among(m->value->members[i].key, known))
            return FAIL(c, m->value->members[i].key_at,
                        "Invalid template output property '" STR_FMT "'",
                        STR_ARG(m->value->members[i].key));
    const struct tmpl_node *export = tmpl_get(m->value, "Export");
    o->export_name = tmpl_get(export, "Name");
    if (export && !o->export_name)
        return FAIL(c, export->start,
                    "Template format error: Output " STR_FMT
                    " is malformed: Export must contain a Name",
                    STR_ARG(m->key));
    o->description = tmpl_text(tmpl_get(m->value, "Description"));
    return check_condition_name(c, m->value, "Outputs", &o->condition) ||
           check_references(c, o->value, "Outputs", true) ||
           check_references(c, o->export_name, "Outputs", true);
}

static int read_outputs(struct check *c) {
    const struct tmpl_node *section;
    if (check_section(c, "Outputs", TMPL_MAX_OUTPUTS, &section))
        return TMPL_E_TEMPLATE;
    size_t n = section ? section->n : 0;
    struct tmpl_output *all = arena_zalloc(c->arena, n * sizeof *all);
    for (size_t i = 0; i < n; i++)
        if (read_output(c, &section->members[i], &all[i]))
            return TMPL_E_TEMPLATE;
    c->m->outputs = all;
    c->m->n_outputs = n;
    return 0;
}

/* ---- The whole ---- */

static int check_top(struct check *c) {
    static const char *const known[] = {"AWSTemplateFormatVersion",
                                        "Description",
                                        "Metadata",
                                        "Parameters",
                                        "Mappings",
                                        "Conditions",
                                        "Resources",
                                        "Outputs",
                                        "Rules",
                                        NULL};
    const struct tmpl_node *root = tmpl_root(c->tree);
    if (root->kind != TMPL_MAP)
        return FAIL(c, root->start, "Template format error: unsupported structure.");
    for (size_t i = 0; i < root->n; i++) {
        const struct tmpl_member *m = &root->members[i];
        if (str_is(m->key, "Transform"))
            return FAIL(c, m->key_at, "Template format error: the transform %.*s is not supported",
                        STR_ARG(m->value->kind == TMPL_STRING ? m->value->text : S("list")));
        if (!is_among(m->key, known))
            return FAIL(c, m->key_at, "Invalid template property or properties [" STR_FMT "]",
                        STR_ARG(m->key));
    }
    const struct tmpl_node *version = tmpl_get(root, "AWSTemplateFormatVersion");
    if (version && !str_is(tmpl_text(version), "2010-09-09"))
        return FAIL(c, version->start,
                    "Template format error: unsupported value for AWSTemplateFormatVersion.");
    const struct tmpl_node *description = tmpl_get(root, "Description");
    if (description && description->kind != TMPL_STRING)
        return FAIL(c, description->start, "Template format error: Description must be a string.");
    c->m->description = tmpl_text(description);
    if (description && c->m->description.len > 1024)
        return FAIL(c, description->start,
                    "Template format error: 'Description' length is greater than 1024.");
    c->m->metadata = tmpl_get(root, "Metadata");
    return check_values(c, root);
}

static int check_conditions(struct check *c) {
    if (check_section(c, "Conditions", TMPL_MAX_CONDITIONS, &c->m->conditions))
        return TMPL_E_TEMPLATE;
    for (size_t i = 0; c->m->conditions && i < c->m->conditions->n; i++) {
        const struct tmpl_member *m = &c->m->conditions->members[i];
        if (!tmpl_function(m->value))
            return FAIL(
                c, m->key_at,
                "Template format error: Every Conditions member must be a condition function");
    }
    return 0;
}

int tmpl_model_new(struct tmpl *tree, const struct tmpl_model **ret, struct tmpl_fault *reterr) {
    struct tmpl_fault mine = {{0}, {{0}}};
    struct tmpl_fault *fault = reterr ? reterr : &mine;
    *fault = mine;
    struct arena *arena = tmpl_arena(tree);
    struct check c = {tree, arena, arena_new(arena, struct tmpl_model), fault};
    c.m->tree = tree;
    if (check_top(&c) || check_params(&c) || check_mappings(&c) || check_conditions(&c) ||
        check_section(&c, "Rules", TMPL_MAX_CONDITIONS, &c.m->rules) || read_resources(&c) ||
        check_references(&c, c.m->conditions, "Conditions", false) ||
        check_references(&c, c.m->rules, "Rules", false) || link_resources(&c) || read_outputs(&c))
        return TMPL_E_TEMPLATE;
    *ret = c.m;
    return 0;
}

const struct tmpl_resource *tmpl_find_resource(const struct tmpl_model *m, str name) {
    for (size_t i = 0; i < m->n_resources; i++)
        if (str_eq(m->resources[i].name, name))
            return &m->resources[i];
    return NULL;
}

const struct tmpl_param *tmpl_find_param(const struct tmpl_model *m, str name) {
    for (size_t i = 0; i < m->n_params; i++)
        if (str_eq(m->params[i].name, name))
            return &m->params[i];
    return NULL;
}
