/*
 * tmpl/model: checks a template section by section, and makes the lists of its parameters,
 * resources and outputs.
 */
#include "tmpl/model.h"
#include "tmpl/types.h"

#include "base/ascii.h"

/* Each check goes on after a fault, with what can be understood all the same. */
struct check {
    struct tmpl *tree;
    struct arena *arena;
    struct tmpl_model *m;
    struct tmpl_faults *faults;
    bool is_form_only;   /* what is named is not looked for, and what is not of ours passes */
    bool is_transformed; /* macros make something else of it */
};

#define FAIL(c, pos, ...)                                                                          \
    do {                                                                                           \
        struct tmpl_fault fault_ = {{0}, {{0}}};                                                   \
        tmpl_fail(&fault_, (pos), __VA_ARGS__);                                                    \
        tmpl_faults_add((c)->faults, fault_.at, str_c(fault_.why.text));                           \
    } while (0)

static bool is_alphanumeric(str s) { return s.len > 0 && ascii_only_alnum(s, ""); }

static bool is_among(str s, const char *const *words) {
    for (; *words; words++)
        if (str_is(s, *words))
            return true;
    return false;
}

/* A member that a macro replaces by others: Fn::Transform, Fn::ForEach::Name. */
static bool is_macro(const struct check *c, str key) {
    return c->is_form_only && (str_is(key, "Fn::Transform") || str_starts(key, S("Fn::ForEach::")));
}

/* A section: a map of at most `most` members with alphanumeric names; NULL: there is none. */
static const struct tmpl_node *check_section(struct check *c, const char *name, size_t most) {
    const struct tmpl_node *node = tmpl_get(tmpl_root(c->tree), name);
    if (!node || node->kind == TMPL_NULL) /* null is told for all values */
        return NULL;
    if (node->kind != TMPL_MAP) {
        FAIL(c, node->start, "Template format error: %s section must be a map, not %s", name,
             tmpl_kind_name(node->kind));
        return NULL;
    }
    if (node->n > most) {
        FAIL(c, node->members[most].key_at,
             "Template format error: Number of %s, %zu, is greater than maximum allowed, %zu", name,
             node->n, most);
        return NULL;
    }
    for (size_t i = 0; i < node->n; i++) {
        str key = node->members[i].key;
        if (!is_macro(c, key) && (!is_alphanumeric(key) || key.len > 255))
            FAIL(c, node->members[i].key_at,
                 "Template format error: %s name '" STR_FMT "' is non alphanumeric.", name,
                 STR_ARG(key));
    }
    return node;
}

/* ---- null, and functions that are not the only member of their map ---- */

static void check_values(struct check *c, const struct tmpl_node *node) {
    for (size_t i = 0; i < node->n; i++) {
        const struct tmpl_member *m = &node->members[i];
        if (m->value->kind == TMPL_NULL)
            FAIL(c, m->key_at, "Template format error: 'null' values are not allowed in templates");
        if (node->n > 1 && node->kind == TMPL_MAP && str_starts(m->key, S("Fn::")) &&
            !is_macro(c, m->key))
            FAIL(c, m->key_at,
                 "Template format error: " STR_FMT " must be the only member of its object",
                 STR_ARG(m->key));
        check_values(c, m->value);
    }
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

static void refuse_condition(struct check *c, struct tmpl_pos at, str name, const char *section) {
    FAIL(c, at,
         "Template format error: Unresolved condition dependency " STR_FMT
         " in the %s block of the template",
         STR_ARG(name), section);
}

static void refuse_resource(struct check *c, struct tmpl_pos at, str name, const char *section) {
    FAIL(c, at,
         "Template format error: Unresolved resource dependencies [" STR_FMT
         "] in the %s block of the template",
         STR_ARG(name), section);
}

static int check_reference(void *ctx, const struct tmpl_reference *ref) {
    struct ref_check *refs = ctx;
    struct check *c = refs->c;
    bool is_resource = tmpl_find_resource(c->m, ref->name) != NULL;
    if (ref->kind == TMPL_CONDITION) {
        if (!tmpl_member(c->m->conditions, ref->name))
            refuse_condition(c, ref->at, ref->name, refs->section);
    } else if (is_resource && !refs->resources_allowed) {
        FAIL(c, ref->at,
             "Template format error: Unresolved dependencies [" STR_FMT
             "]. Cannot reference resources in the %s block of the template",
             STR_ARG(ref->name), refs->section);
    } else if (!is_resource && ref->kind == TMPL_GET_ATT) {
        FAIL(c, ref->at,
             "Template error: instance of Fn::GetAtt references undefined resource " STR_FMT,
             STR_ARG(ref->name));
    } else if (!is_resource && !tmpl_is_pseudo(ref->name) && !tmpl_find_param(c->m, ref->name)) {
        refuse_resource(c, ref->at, ref->name, refs->section);
    }
    return 0;
}

static void check_references(struct check *c, const struct tmpl_node *node, const char *section,
                             bool resources_allowed) {
    struct ref_check refs = {c, section, resources_allowed};
    if (!c->is_form_only)
        tmpl_each_reference(node, check_reference, &refs);
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

static void param_type(struct check *c, const struct tmpl_node *type, struct tmpl_param *p) {
    p->type_name = type->text;
    for (size_t i = 0; i < ARRAY_LEN(param_types); i++) {
        if (str_is(type->text, param_types[i].name)) {
            p->type = param_types[i].type;
            return;
        }
    }
    bool known = str_starts(type->text, S("AWS::")) || str_starts(type->text, S("List<AWS::"));
    if (known && c->is_form_only)
        return;
    FAIL(c, type->start,
         known ? "Template format error: the parameter type " STR_FMT
                 " is not supported by calotype"
               : "Template format error: Unrecognized parameter type: " STR_FMT,
         STR_ARG(type->text));
}

static void check_allowed_values(struct check *c, const struct tmpl_node *list) {
    for (size_t i = 0; i < list->n; i++)
        if (!tmpl_text(list->members[i].value).p)
            FAIL(c, list->members[i].value->start,
                 "Template format error: Every AllowedValues member must be a list of strings.");
}

static void check_param_members(struct check *c, const struct tmpl_member *m) {
    static const char *const known[] = {
        "Type",     "Default",  "AllowedValues",         "AllowedPattern", "MinLength", "MaxLength",
        "MinValue", "MaxValue", "ConstraintDescription", "Description",    "NoEcho",    NULL};
    for (size_t i = 0; i < m->value->n; i++) {
        const struct tmpl_member *a = &m->value->members[i];
        bool is_list = str_is(a->key, "AllowedValues");
        if (!is_among(a->key, known))
            FAIL(c, a->key_at, "Invalid template parameter property '" STR_FMT "'",
                 STR_ARG(a->key));
        else if (is_list ? a->value->kind != TMPL_LIST : !tmpl_text(a->value).p)
            FAIL(c, a->value->start, "Template format error: Every " STR_FMT " member must be %s.",
                 STR_ARG(a->key), is_list ? "a list" : "a string");
        else if (is_list)
            check_allowed_values(c, a->value);
    }
}

static void read_param(struct check *c, const struct tmpl_member *m, struct tmpl_param *p) {
    const struct tmpl_node *type = tmpl_get(m->value, "Type");
    *p = (struct tmpl_param){.name = m->key, .at = m->key_at, .body = m->value};
    if (!tmpl_is(type, TMPL_STRING)) {
        FAIL(c, m->key_at,
             "Template format error: Every Parameters object must contain a Type member.");
        return;
    }
    check_param_members(c, m);
    param_type(c, type, p);
    p->default_value = tmpl_text(tmpl_get(m->value, "Default"));
    p->no_echo = str_eq_nocase(tmpl_text(tmpl_get(m->value, "NoEcho")), S("true"));
}

static void check_params(struct check *c) {
    const struct tmpl_node *section = check_section(c, "Parameters", TMPL_MAX_PARAMETERS);
    size_t n = section ? section->n : 0;
    struct tmpl_param *params = arena_zalloc(c->arena, n * sizeof *params);
    for (size_t i = 0; i < n; i++)
        read_param(c, &section->members[i], &params[i]);
    c->m->params = params;
    c->m->n_params = n;
}

/* ---- Mappings: name → first key → second key → a scalar or a list of scalars ---- */

static void check_mapping_value(struct check *c, const struct tmpl_member *m) {
    static const char wrong[] =
        "Template format error: Every Mappings attribute must be a String or a List.";
    if (tmpl_text(m->value).p)
        return;
    if (m->value->kind != TMPL_LIST)
        FAIL(c, m->key_at, "%s", wrong);
    for (size_t i = 0; m->value->kind == TMPL_LIST && i < m->value->n; i++)
        if (!tmpl_text(m->value->members[i].value).p)
            FAIL(c, m->value->members[i].key_at, "%s", wrong);
}

static bool check_is_map(struct check *c, const struct tmpl_member *m) {
    if (m->value->kind != TMPL_MAP)
        FAIL(c, m->key_at, "Template format error: Every Mappings member must be a map");
    return m->value->kind == TMPL_MAP;
}

static void check_mapping(struct check *c, const struct tmpl_node *mapping) {
    for (size_t k = 0; k < mapping->n; k++) {
        const struct tmpl_member *first = &mapping->members[k];
        for (size_t j = 0; check_is_map(c, first) && j < first->value->n; j++)
            check_mapping_value(c, &first->value->members[j]);
    }
}

static void check_mappings(struct check *c) {
    const struct tmpl_node *all = check_section(c, "Mappings", TMPL_MAX_MAPPINGS);
    c->m->mappings = all;
    for (size_t i = 0; all && i < all->n; i++)
        if (check_is_map(c, &all->members[i]))
            check_mapping(c, all->members[i].value);
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

static void read_keep(struct check *c, const struct tmpl_resource *r, const char *attribute,
                      enum tmpl_keep *ret, bool *ret_has) {
    const struct tmpl_node *node = tmpl_get(r->body, attribute);
    if (!node)
        return;
    for (size_t i = 0; i < ARRAY_LEN(keeps); i++) {
        bool on_create_only = keeps[i].keep == TMPL_RETAIN_EXCEPT_ON_CREATE;
        if (!str_is(tmpl_text(node), keeps[i].name) ||
            (on_create_only && strcmp(attribute, "UpdateReplacePolicy") == 0))
            continue;
        *ret = keeps[i].keep;
        *ret_has = true;
        return;
    }
    FAIL(c, node->start, "Template format error: Unrecognized %s for resource " STR_FMT, attribute,
         STR_ARG(r->name));
}

static void check_depends_on(struct check *c, const struct tmpl_resource *r) {
    const struct tmpl_node *node = tmpl_get(r->body, "DependsOn");
    size_t n = !node ? 0 : node->kind == TMPL_LIST ? node->n : 1;
    for (size_t i = 0; i < n; i++) {
        const struct tmpl_node *one = node->kind == TMPL_LIST ? node->members[i].value : node;
        if (one->kind != TMPL_STRING)
            FAIL(c, one->start,
                 "Template format error: DependsOn must be a string or list of strings.");
        else if (!c->is_form_only && !tmpl_find_resource(c->m, one->text))
            refuse_resource(c, one->start, one->text, "Resources");
    }
}

static void check_condition_name(struct check *c, const struct tmpl_node *body, const char *section,
                                 str *ret) {
    const struct tmpl_node *node = tmpl_get(body, "Condition");
    if (!node)
        return;
    if (node->kind != TMPL_STRING)
        FAIL(c, node->start, "Template format error: Every Condition member must be a string.");
    else if (!c->is_form_only && !tmpl_member(c->m->conditions, node->text))
        refuse_condition(c, node->start, node->text, section);
    else
        *ret = node->text;
}

static void read_resource(struct check *c, const struct tmpl_member *m, struct tmpl_resource *r) {
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
    *r = (struct tmpl_resource){.name = m->key, .at = m->key_at, .body = m->value};
    if (m->value->kind != TMPL_MAP) {
        FAIL(c, m->key_at,
             "Template format error: [/Resources/" STR_FMT "] resource definition is malformed",
             STR_ARG(m->key));
        return;
    }
    if (tmpl_is(type, TMPL_STRING)) {
        r->type = type->text;
        r->type_at = type->start;
    } else {
        FAIL(c, m->key_at,
             "Template format error: [/Resources/" STR_FMT
             "] Every Resources object must contain a Type member.",
             STR_ARG(m->key));
    }
    for (size_t i = 0; i < m->value->n; i++)
        if (!is_among(m->value->members[i].key, known) && !c->is_transformed &&
            /* "AWS::CloudFormation::CustomResource" of the user guide has it in its examples */
            !(str_is(m->value->members[i].key, "Version") && tmpl_is_custom(r->type)))
            FAIL(c, m->value->members[i].key_at, "Invalid template resource property '" STR_FMT "'",
                 STR_ARG(m->value->members[i].key));
    r->properties = tmpl_get(m->value, "Properties");
    if (r->properties && r->properties->kind != TMPL_MAP) {
        if (r->properties->kind != TMPL_NULL) /* told for all values */
            FAIL(c, r->properties->start,
                 "Template format error: [/Resources/" STR_FMT "] Properties must be a map",
                 STR_ARG(m->key));
        r->properties = NULL;
    }
    read_keep(c, r, "DeletionPolicy", &r->on_delete, &r->has_deletion_policy);
    read_keep(c, r, "UpdateReplacePolicy", &r->on_replace, &r->has_replace_policy);
}

static void read_resources(struct check *c) {
    const struct tmpl_node *section = check_section(c, "Resources", TMPL_MAX_RESOURCES);
    size_t n = section ? section->n : 0;
    if (!tmpl_get(tmpl_root(c->tree), "Resources") || (section && n == 0))
        FAIL(c, tmpl_root(c->tree)->start,
             "Template format error: At least one Resources member must be defined.");
    struct tmpl_resource *all = arena_zalloc(c->arena, n * sizeof *all);
    for (size_t i = 0; i < n; i++)
        if (!is_macro(c, section->members[i].key))
            read_resource(c, &section->members[i], &all[i]);
    c->m->resources = all;
    c->m->n_resources = n;
}

/* Once all names are known. */
static void link_resources(struct check *c) {
    for (size_t i = 0; i < c->m->n_resources; i++) {
        /* The array is ours until the model is given out. */
        struct tmpl_resource *r = (struct tmpl_resource *)&c->m->resources[i];
        check_depends_on(c, r);
        check_condition_name(c, r->body, "Resources", &r->condition);
        check_references(c, r->properties, "Resources", true);
    }
}

/* ---- Outputs ---- */

static void read_output(struct check *c, const struct tmpl_member *m, struct tmpl_output *o) {
    static const char *const known[] = {"Value", "Export", "Description", "Condition", NULL};
    const struct tmpl_node *export = tmpl_get(m->value, "Export");
    *o = (struct tmpl_output){.name = m->key,
                              .at = m->key_at,
                              .value = tmpl_get(m->value, "Value"),
                              .export_name = tmpl_get(export, "Name"),
                              .description = tmpl_text(tmpl_get(m->value, "Description"))};
    if (!o->value)
        FAIL(c, m->key_at,
             "Template format error: Every Outputs member must contain a Value object");
    for (size_t i = 0; m->value->kind == TMPL_MAP && i < m->value->n; i++)
        if (!is_among(m->value->members[i].key, known))
            FAIL(c, m->value->members[i].key_at, "Invalid template output property '" STR_FMT "'",
                 STR_ARG(m->value->members[i].key));
    if (export && !o->export_name)
        FAIL(c, export->start,
             "Template format error: Output " STR_FMT " is malformed: Export must contain a Name",
             STR_ARG(m->key));
    check_condition_name(c, m->value, "Outputs", &o->condition);
    check_references(c, o->value, "Outputs", true);
    check_references(c, o->export_name, "Outputs", true);
}

static void read_outputs(struct check *c) {
    const struct tmpl_node *section = check_section(c, "Outputs", TMPL_MAX_OUTPUTS);
    size_t n = section ? section->n : 0;
    struct tmpl_output *all = arena_zalloc(c->arena, n * sizeof *all);
    for (size_t i = 0; i < n; i++)
        if (!is_macro(c, section->members[i].key))
            read_output(c, &section->members[i], &all[i]);
    c->m->outputs = all;
    c->m->n_outputs = n;
}

/* ---- The whole ---- */

static void check_sections(struct check *c) {
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
    for (size_t i = 0; i < root->n; i++) {
        const struct tmpl_member *m = &root->members[i];
        if (c->is_transformed)
            continue;
        if (str_is(m->key, "Transform"))
            FAIL(c, m->key_at,
                 "Template format error: the transform %.*s is not supported by calotype",
                 STR_ARG(m->value->kind == TMPL_STRING ? m->value->text : S("list")));
        else if (!is_among(m->key, known))
            FAIL(c, m->key_at, "Invalid template property or properties [" STR_FMT "]",
                 STR_ARG(m->key));
    }
}

static void check_head(struct check *c) {
    const struct tmpl_node *root = tmpl_root(c->tree);
    const struct tmpl_node *version = tmpl_get(root, "AWSTemplateFormatVersion");
    if (version && !str_is(tmpl_text(version), "2010-09-09"))
        FAIL(c, version->start,
             "Template format error: unsupported value for AWSTemplateFormatVersion.");
    const struct tmpl_node *description = tmpl_get(root, "Description");
    if (description && description->kind != TMPL_STRING)
        FAIL(c, description->start, "Template format error: Description must be a string.");
    c->m->description = tmpl_text(description);
    if (description && c->m->description.len > 1024)
        FAIL(c, description->start,
             "Template format error: 'Description' length is greater than 1024.");
    c->m->metadata = tmpl_get(root, "Metadata");
}

static void check_conditions(struct check *c) {
    c->m->conditions = check_section(c, "Conditions", TMPL_MAX_CONDITIONS);
    for (size_t i = 0; c->m->conditions && i < c->m->conditions->n; i++) {
        const struct tmpl_member *m = &c->m->conditions->members[i];
        if (!tmpl_function(m->value))
            FAIL(c, m->key_at,
                 "Template format error: Every Conditions member must be a condition function");
    }
}

/* What a condition may refer to is known only with the resources; what they lack is told later. */
static bool check_what_is_evaluated(struct check *c) {
    size_t before = c->faults->n;
    check_params(c);
    check_mappings(c);
    check_conditions(c);
    c->m->rules = check_section(c, "Rules", TMPL_MAX_CONDITIONS);
    bool evaluates = c->faults->n == before;
    read_resources(c);
    before = c->faults->n;
    check_references(c, c->m->conditions, "Conditions", false);
    check_references(c, c->m->rules, "Rules", false);
    return evaluates && c->faults->n == before;
}

/* What is wrong with the parts, one by one; *ret_evaluates as in tmpl_model_check. */
static void check_parts(struct check *c, bool *ret_evaluates) {
    c->m->tree = c->tree;
    check_sections(c);
    check_head(c);
    check_values(c, tmpl_root(c->tree));
    *ret_evaluates = check_what_is_evaluated(c);
    link_resources(c);
    read_outputs(c);
}

static int check_all(struct check *c, bool *ret_evaluates) {
    *ret_evaluates = false;
    if (tmpl_root(c->tree)->kind != TMPL_MAP) {
        FAIL(c, tmpl_root(c->tree)->start, "Template format error: unsupported structure.");
        return TMPL_E_TEMPLATE;
    }
    check_parts(c, ret_evaluates);
    return c->faults->n ? TMPL_E_TEMPLATE : 0;
}

int tmpl_model_check(struct tmpl *tree, const struct tmpl_model **ret, bool *ret_evaluates,
                     struct tmpl_faults *faults) {
    struct arena *arena = tmpl_arena(tree);
    struct check c = {tree, arena, arena_new(arena, struct tmpl_model), faults, false, false};
    int r = check_all(&c, ret_evaluates);
    if (tmpl_root(tree)->kind == TMPL_MAP)
        *ret = c.m;
    return r;
}

void tmpl_model_form(struct tmpl *tree, struct tmpl_faults *faults) {
    struct arena *arena = tmpl_arena(tree);
    bool evaluates, is_transformed = tmpl_get(tmpl_root(tree), "Transform") != NULL;
    struct check c = {tree,   arena, arena_new(arena, struct tmpl_model),
                      faults, true,  is_transformed};
    check_all(&c, &evaluates);
}

int tmpl_model_new(struct tmpl *tree, const struct tmpl_model **ret, struct tmpl_fault *reterr) {
    CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
    const struct tmpl_model *model = NULL;
    bool evaluates;
    if (tmpl_model_check(tree, &model, &evaluates, &faults)) {
        if (reterr) {
            reterr->at = faults.told[0].at;
            err_set(&reterr->why, 0, STR_FMT, STR_ARG(faults.told[0].text));
        }
        return TMPL_E_TEMPLATE;
    }
    *ret = model;
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
