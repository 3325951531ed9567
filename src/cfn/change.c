/* cfn/change: compares a resource with its template, and writes down what changes and why. */
#include "cfn/change.h"

#include "tmpl/params.h"

/* ---- The template that the stack has ---- */

/* References in Metadata stand for themselves: nothing that is made depends on them. */
static int name_ref(void *ctx, const struct tmpl_resource *r, json_t **ret, struct err *err) {
    (void)ctx, (void)err;
    *ret = json_of_str(r->name);
    return 0;
}
static int name_attribute(void *ctx, const struct tmpl_resource *r, str attribute, json_t **ret,
                          struct err *err) {
    (void)ctx, (void)err;
    *ret = json_sprintf(STR_FMT "." STR_FMT, STR_ARG(r->name), STR_ARG(attribute));
    return 0;
}
static int name_import(void *ctx, str name, json_t **ret, struct err *err) {
    (void)ctx, (void)err;
    *ret = json_of_str(name);
    return 0;
}

static int read_before(const struct rows *rows, const struct cfn_stack *stack,
                       struct cfn_before *b) {
    CLEANUP_DEINIT(row) struct row text = {0};
    const struct tmpl_model *m;
    if (!stack->now.generation)
        return STORE_E_ABSENT;
    cfn_key_numbered(&text.key, "cfn-tmpl", stack->place, stack->uuid,
                     (uint64_t)stack->now.generation);
    int r = row_peek(rows, &text); /* never written again, and the stack's row is a condition */
    if (r || tmpl_new(&b->tree, buf_view(&text.bytes), NULL) || tmpl_model_new(b->tree, &m, NULL) ||
        tmpl_params_resolve(m, stack->now.parameters, &b->params, NULL))
        return STORE_E_ABSENT;
    b->scope = (struct tmpl_scope){.model = m,
                                   .params = b->params,
                                   .account = stack->place.account,
                                   .region = stack->place.region,
                                   .stack_name = stack->name,
                                   .stack_id = stack->id};
    if (tmpl_conditions(&b->scope, &b->conditions, NULL))
        return STORE_E_ABSENT;
    b->scope.conditions = b->conditions;
    b->model = m;
    return 0;
}

void cfn_before_read(const struct rows *rows, const struct cfn_stack *stack,
                     struct cfn_before *ret) {
    *ret = (struct cfn_before){0};
    if (read_before(rows, stack, ret))
        ret->model = NULL;
}

void cfn_before_deinit(struct cfn_before *before) {
    json_decref(before->params);
    json_decref(before->conditions);
    tmpl_free(before->tree);
}

/* ---- Beside the properties ---- */

static const char *const attributes[] = {"DeletionPolicy", "UpdateReplacePolicy", "Metadata"};

/* NULL: the resource says nothing there. */
static json_t *meaning(const struct tmpl_scope *scope, const struct tmpl_resource *r,
                       const char *attribute) {
    const struct tmpl_node *node = r ? tmpl_get(r->body, attribute) : NULL;
    struct tmpl_scope named = *scope;
    json_t *value = NULL;
    named.ref = name_ref;
    named.get_att = name_attribute;
    named.import = name_import;
    if (!node || tmpl_eval(&named, node, &value, NULL) == 0)
        return value;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    tmpl_dump(&text, node);
    return json_of_str(buf_view(&text));
}

/* A failed update may have left the resource with the policies of an earlier template. */
static bool has_other_policy(const struct cfn_diff *d, const char *attribute) {
    const struct cfn_state *state = d->state;
    return (strcmp(attribute, "DeletionPolicy") == 0 && state->on_delete != d->now->on_delete) ||
           (strcmp(attribute, "UpdateReplacePolicy") == 0 &&
            state->on_replace != d->now->on_replace);
}

static bool attribute_differs(const struct cfn_diff *d, const char *attribute) {
    const struct tmpl_resource *before =
        d->before->model ? tmpl_find_resource(d->before->model, d->now->name) : NULL;
    if (has_other_policy(d, attribute))
        return true;
    if (!before)
        return false;
    CLEANUP_JSON json_t *old = meaning(&d->before->scope, before, attribute);
    CLEANUP_JSON json_t *new = meaning(d->scope, d->now, attribute);
    return old && new ? !json_equal(old, new) : old != new;
}

bool cfn_differs(const struct cfn_diff *diff) {
    bool any = diff->how != CFN_SAME;
    for (size_t i = 0; i < ARRAY_LEN(attributes) && !any; i++)
        any = attribute_differs(diff, attributes[i]);
    return any;
}

/* ---- Properties ---- */

bool cfn_must_replace(const struct cfn_diff *d) {
    bool must = !str_eq(d->state->type, d->now->type);
    for (size_t i = 0; i < d->known->properties->n && !must; i++) {
        const struct tmpl_prop *prop = &d->known->properties->props[i];
        must = cfn_compare_property(d->type, prop, d->old, d->new) == CFN_NEW_ONE &&
               !tmpl_is_unknown(json_object_get(d->new, prop->name.p));
    }
    return must;
}

/* ---- Why ---- */

/* One property that changes, while the references of its value are walked. */
struct cause {
    const struct cfn_diff *diff;
    json_t *change, *target;
    bool found;
};

static void add_detail(const struct cause *c, const char *evaluation, const char *source,
                       str entity) {
    json_t *detail = json_pack("{s:O,s:s,s:s}", "Target", c->target, "Evaluation", evaluation,
                               "ChangeSource", source);
    json_set_str(detail, "CausingEntity", entity);
    json_array_append_new(json_arr(c->change, "Details"), detail);
}

static bool is_param_changed(const struct cfn_diff *d, str name) {
    const json_t *old = json_object_getn(d->before->params, name.p, name.len),
                 *new = json_object_getn(d->scope->params, name.p, name.len);
    return !old || !new || !json_equal(old, new);
}

static int add_cause(void *ctx, const struct tmpl_reference *ref) {
    struct cause *c = ctx;
    if (ref->kind == TMPL_CONDITION)
        return 0;
    bool is_param = ref->kind == TMPL_REF && tmpl_find_param(c->diff->scope->model, ref->name);
    if (is_param ? !is_param_changed(c->diff, ref->name) : !c->diff->is_open(c->diff->ctx, ref))
        return 0;
    CLEANUP_DEINIT(buf) struct buf entity = {0};
    buf_str(&entity, ref->name);
    if (ref->kind == TMPL_GET_ATT)
        buf_printf(&entity, "." STR_FMT, STR_ARG(ref->attribute));
    add_detail(c, is_param ? "Static" : "Dynamic",
               is_param                ? "ParameterReference"
               : ref->kind == TMPL_REF ? "ResourceReference"
                                       : "ResourceAttribute",
               buf_view(&entity));
    c->found = true;
    return 0;
}

static void add_scope(json_t *change, const char *attribute) {
    json_t *scope = json_arr(change, "Scope");
    if (!cfn_is_in(scope, str_c(attribute)))
        json_push_str(scope, str_c(attribute));
}

/* Tags are an attribute of their own there. name: absent for what has none. */
static void add_change(const struct cfn_diff *d, json_t *change, const char *attribute, str name,
                       bool replaces) {
    CLEANUP_JSON json_t *target = json_pack("{s:s,s:s}", "Attribute", attribute,
                                            "RequiresRecreation", replaces ? "Always" : "Never");
    json_set_str(target, "Name", name);
    struct cause c = {.diff = d, .change = change, .target = target};
    bool is_property = name.p || strcmp(attribute, "Tags") == 0;
    const struct tmpl_member *at =
        is_property ? tmpl_member(d->now->properties, name.p ? name : S("Tags")) : NULL;
    add_scope(change, attribute);
    if (at)
        tmpl_each_reference(at->value, add_cause, &c);
    if (!c.found)
        add_detail(&c,
                   name.p && tmpl_is_unknown(json_object_getn(d->new, name.p, name.len)) ? "Dynamic"
                                                                                         : "Static",
                   "DirectModification", STR_NONE);
}

/* Properties of custom resources are in no table. */
static void add_free_properties(const struct cfn_diff *d, json_t *change) {
    CLEANUP_JSON json_t *all = json_copy((json_t *)d->old);
    const char *name;
    json_t *value;
    json_object_update(all, (json_t *)d->new);
    json_object_foreach (all, name, value) {
        const json_t *old = json_object_get(d->old, name), *new = json_object_get(d->new, name);
        if (!tmpl_prop_find(d->known->properties, str_c(name)) &&
            (!old || !new || !json_equal(old, new)))
            add_change(d, change, "Properties", str_c(name), false);
    }
}

static void add_properties(const struct cfn_diff *d, json_t *change) {
    for (size_t i = 0; i < d->known->properties->n; i++) {
        const struct tmpl_prop *prop = &d->known->properties->props[i];
        enum cfn_change how = cfn_compare_property(d->type, prop, d->old, d->new);
        bool is_tags = str_eq(prop->name, d->known->tag_property) && how != CFN_NEW_ONE;
        if (how != CFN_SAME)
            add_change(d, change, is_tags ? "Tags" : "Properties", is_tags ? STR_NONE : prop->name,
                       how == CFN_NEW_ONE);
    }
}

/* ---- Documents ---- */

json_t *cfn_change_new(const char *action, str logical, str type, str physical) {
    json_t *change = json_object();
    json_set_str(change, "Action", str_c(action));
    json_set_str(change, "LogicalResourceId", logical);
    json_set_str(change, "PhysicalResourceId", physical);
    json_set_str(change, "ResourceType", type);
    json_set(change, "Scope", json_array());
    json_set(change, "Details", json_array());
    return change;
}

json_t *cfn_change_remove(const struct cfn_resource *resource) {
    json_t *change =
        cfn_change_new("Remove", resource->name, resource->now.type, resource->now.physical);
    json_set_str(change, "PolicyAction",
                 resource->now.on_delete == TMPL_DELETE ? S("Delete") : S("Retain"));
    return change;
}

json_t *cfn_change_modify(const struct cfn_diff *d) {
    json_t *change = cfn_change_new("Modify", d->now->name, d->now->type, d->state->physical);
    bool must = d->how == CFN_NEW_ONE && cfn_must_replace(d),
         may = d->how == CFN_NEW_ONE || (d->how != CFN_SAME && tmpl_is_custom(d->now->type));
    json_set_str(change, "Replacement", must ? S("True") : may ? S("Conditional") : S("False"));
    if (must)
        json_set_str(change, "PolicyAction",
                     d->now->on_replace == TMPL_DELETE ? S("ReplaceAndDelete")
                                                       : S("ReplaceAndRetain"));
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        if (attribute_differs(d, attributes[i]))
            add_change(d, change, attributes[i], STR_NONE, false);
    if (d->how != CFN_SAME)
        add_properties(d, change);
    if (d->how != CFN_SAME && tmpl_is_custom(d->now->type))
        add_free_properties(d, change);
    return change;
}
