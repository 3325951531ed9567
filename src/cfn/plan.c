/* cfn/plan: compares a template with what a stack has, without touching anything. */
#include "cfn/plan.h"

enum { REFUSED = 1 };

/* ---- Comparing ---- */

static bool is_same(const json_t *a, const json_t *b) {
    return a == b || (a && b && json_equal(a, b));
}

static enum cfn_change compare_property(const struct cfn_type *type, const struct tmpl_prop *p,
                                        const json_t *old, const json_t *new) {
    const json_t *a = json_object_get(old, p->name.p), *b = json_object_get(new, p->name.p);
    if (is_same(a, b))
        return CFN_SAME;
    if (p->flags & TMPL_PROP_CREATE_ONLY)
        return CFN_NEW_ONE;
    return cfn_changes_in_place(type, p->name) ? CFN_IN_PLACE : CFN_UNSUPPORTED;
}

/*
 * Custom resources: the function decides by the id that it answers; another function is another
 * resource.
 */
static enum cfn_change compare_custom(const json_t *old, const json_t *new) {
    if (!is_same(json_object_get(old, "ServiceToken"), json_object_get(new, "ServiceToken")))
        return CFN_NEW_ONE;
    return json_equal(old, new) ? CFN_SAME : CFN_IN_PLACE;
}

bool cfn_is_active(const struct tmpl_model *model, const struct tmpl_graph *graph, str name) {
    for (size_t i = 0; i < graph->n_order; i++)
        if (str_eq(model->resources[graph->order[i]].name, name))
            return true;
    return false;
}

enum cfn_change cfn_compare(const struct cfn_type *type, const struct tmpl_type *known,
                            str old_type, str new_type, const json_t *old, const json_t *new,
                            str *ret_property) {
    if (!str_eq(old_type, new_type))
        return CFN_NEW_ONE;
    if (tmpl_is_custom(new_type))
        return compare_custom(old, new);
    enum cfn_change worst = CFN_SAME;
    for (size_t i = 0; i < known->properties->n; i++) {
        enum cfn_change one = compare_property(type, &known->properties->props[i], old, new);
        if (one > worst) {
            worst = one;
            if (ret_property)
                *ret_property = known->properties->props[i].name;
        }
    }
    return worst;
}

/* ---- What references answer while planning ---- */

struct planning {
    struct cfn_plan *plan;
    struct tmpl_scope scope;
    struct tmpl_graph graph;
    struct arena arena;
    json_t *unknown; /* names of resources whose id and attributes are not known yet */
    json_t *moving;  /* … whose attributes may change */
    struct err *err;
};

static bool is_in(const json_t *set, str name) {
    return json_object_getn(set, name.p, name.len) != NULL;
}

static int hook_ref(void *ctx, const struct tmpl_resource *r, json_t **ret, struct err *err) {
    (void)err;
    struct planning *p = ctx;
    const struct cfn_resource *there = cfn_resource_find(p->plan->resources, r->name);
    bool known = there && there->now.physical.p && !is_in(p->unknown, r->name);
    *ret = known ? json_of_str(there->now.physical) : json_string(TMPL_UNKNOWN);
    return 0;
}

static int hook_get_att(void *ctx, const struct tmpl_resource *r, str attribute, json_t **ret,
                        struct err *err) {
    struct planning *p = ctx;
    const struct tmpl_type *known = tmpl_type_find(r->type);
    if (known && !tmpl_has_attribute(known, attribute))
        return err_set(err, TMPL_E_TEMPLATE,
                       "Template error: resource " STR_FMT
                       " does not support attribute type " STR_FMT " in Fn::GetAtt",
                       STR_ARG(r->name), STR_ARG(attribute));
    const struct cfn_resource *there = cfn_resource_find(p->plan->resources, r->name);
    const json_t *value =
        there ? json_object_getn(there->now.attributes, attribute.p, attribute.len) : NULL;
    bool open = !value || is_in(p->unknown, r->name) || is_in(p->moving, r->name);
    *ret = open ? json_string(TMPL_UNKNOWN) : json_incref((json_t *)value);
    return 0;
}

static int hook_import(void *ctx, str name, json_t **ret, struct err *err) {
    struct planning *p = ctx;
    CLEANUP_DEINIT(cfn_export) struct cfn_export export = {0};
    cfn_key(&export.row.key, "cfn-export", p->plan->stack->place, name, STR_NONE);
    if (cfn_peek(p->plan->rows, &cfn_export_form, p->plan->arena,
                 &export)) /* the engine reads it again */
        return err_set(err, TMPL_E_TEMPLATE, "No export named " STR_FMT " found.", STR_ARG(name));
    *ret = json_of_str(export.value);
    return 0;
}

/* ---- Changes ---- */

static json_t *new_change(struct planning *p, const char *action, str logical, str type,
                          str physical) {
    json_t *change = json_object();
    json_set_str(change, "Action", str_c(action));
    json_set_str(change, "LogicalResourceId", logical);
    json_set_str(change, "PhysicalResourceId", physical);
    json_set_str(change, "ResourceType", type);
    json_set(change, "Scope", json_array());
    json_set(change, "Details", json_array());
    json_array_append_new(p->plan->changes, change);
    return change;
}

static void add_details(json_t *change, const struct cfn_type *type, const struct tmpl_type *known,
                        const json_t *old, const json_t *new) {
    json_push_str(json_arr(change, "Scope"), S("Properties"));
    for (size_t i = 0; i < known->properties->n; i++) {
        const struct tmpl_prop *prop = &known->properties->props[i];
        enum cfn_change how = compare_property(type, prop, old, new);
        if (how == CFN_SAME)
            continue;
        const char *again = how == CFN_NEW_ONE ? "Always" : "Never";
        json_array_append_new(json_arr(change, "Details"),
                              json_pack("{s:{s:s,s:s,s:s},s:s,s:s}", "Target", "Attribute",
                                        "Properties", "Name", prop->name.p, "RequiresRecreation",
                                        again, "Evaluation",
                                        tmpl_is_unknown(new) ? "Dynamic" : "Static", "ChangeSource",
                                        "DirectModification"));
    }
}

static int refuse_custom_name(struct planning *p, const struct tmpl_resource *r,
                              const struct cfn_type *type, const struct cfn_state *now,
                              const json_t *new) {
    str prop = cfn_name_property(type);
    const json_t *name = prop.len ? json_object_getn(new, prop.p, prop.len) : NULL;
    if (!name || !str_eq(now->type, r->type) ||
        !is_same(json_object_getn(now->properties, prop.p, prop.len), name))
        return 0;
    return err_set(
        p->err, REFUSED,
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename " STR_FMT
        " and update the stack again.",
        STR_ARG(json_text(name)));
}

static int plan_existing(struct planning *p, const struct tmpl_resource *r,
                         const struct cfn_state *now, const json_t *props) {
    const struct cfn_type *type = p->plan->backend->type(p->plan->backend->ctx, r->type);
    const struct tmpl_type *known = tmpl_type_find(r->type);
    const json_t *old = now->properties;
    str property = STR_NONE;
    enum cfn_change how = cfn_compare(type, known, now->type, r->type, old, props, &property);
    if (how == CFN_SAME)
        return 0;
    if (how == CFN_UNSUPPORTED)
        return err_set(p->err, REFUSED,
                       "Resource " STR_FMT ": an update of the property " STR_FMT " of " STR_FMT
                       " is not supported",
                       STR_ARG(r->name), STR_ARG(property), STR_ARG(r->type));
    if (how == CFN_NEW_ONE && refuse_custom_name(p, r, type, now, props))
        return REFUSED;
    json_t *change = new_change(p, "Modify", r->name, r->type, now->physical);
    json_set_str(change, "Replacement",
                 how == CFN_NEW_ONE        ? S("True")
                 : tmpl_is_custom(r->type) ? S("Conditional")
                                           : S("False"));
    add_details(change, type, known, old, props);
    json_object_setn_new(how == CFN_NEW_ONE || tmpl_is_custom(r->type) ? p->unknown : p->moving,
                         r->name.p, r->name.len, json_true());
    return 0;
}

static int plan_resource(struct planning *p, const struct tmpl_resource *r) {
    const struct tmpl_type *known = tmpl_type_find(r->type);
    const struct cfn_resource *there = cfn_resource_find(p->plan->resources, r->name);
    CLEANUP_JSON json_t *value = NULL;
    CLEANUP_JSON json_t *coerced = NULL;
    struct tmpl_fault fault = {{0}, {{0}}};
    struct err why = {{0}};
    if (r->properties && tmpl_eval(&p->scope, r->properties, &value, &fault))
        return err_set(p->err, REFUSED, "%s", fault.why.text);
    if (tmpl_type_coerce_plan(known, value, &coerced, &why))
        return err_set(p->err, REFUSED, "Resource " STR_FMT " (line %u, column %u): %s",
                       STR_ARG(r->name), r->at.line, r->at.column, why.text);
    CLEANUP_JSON json_t *props = json_deep_copy(coerced);
    cfn_merge_tags(known, p->plan->tags, props);
    if (there && there->now.physical.p)
        return plan_existing(p, r, &there->now, props);
    new_change(p, "Add", r->name, r->type, STR_NONE);
    json_object_setn_new(p->unknown, r->name.p, r->name.len, json_true());
    return 0;
}

static void plan_removals(struct planning *p) {
    for (size_t i = 0; i < p->plan->resources->n; i++) {
        const struct cfn_resource *one = p->plan->resources->items[i];
        if (!cfn_is_active(p->plan->model, &p->graph, one->name))
            new_change(p, "Remove", one->name, one->now.type, one->now.physical);
    }
}

/* The same ones, in any order? */
static bool same_outputs(const json_t *a, const json_t *b) {
    size_t i;
    json_t *one;
    json_array_foreach (a, i, one)
        if (!is_same(one, cfn_find_in(b, "OutputKey", json_str(one, "OutputKey"))))
            return false;
    return json_array_size(a) == json_array_size(b);
}

static int plan_outputs(struct planning *p) {
    CLEANUP_JSON json_t *outputs = NULL;
    if (cfn_outputs(&p->scope, &outputs, p->err))
        return REFUSED;
    p->plan->outputs_change = !same_outputs(outputs, p->plan->stack->now.outputs);
    return 0;
}

static int make(struct planning *p, json_t **conditions) {
    struct tmpl_fault fault = {{0}, {{0}}};
    if (tmpl_conditions(&p->scope, conditions, &fault) || tmpl_check_rules(&p->scope, &fault))
        return err_set(p->err, REFUSED, "%s", fault.why.text);
    p->scope.conditions = *conditions;
    if (tmpl_graph_new(p->plan->model, tmpl_active_resources(&p->scope, &p->arena), &p->arena,
                       &p->graph, &fault))
        return err_set(p->err, REFUSED, "%s", fault.why.text);
    for (size_t i = 0; i < p->graph.n_order; i++)
        if (plan_resource(p, &p->plan->model->resources[p->graph.order[i]]))
            return REFUSED;
    plan_removals(p);
    return plan_outputs(p);
}

int cfn_plan_make(struct cfn_plan *plan, struct err *err) {
    struct planning p = {.plan = plan,
                         .unknown = json_object(),
                         .moving = json_object(),
                         .err = err};
    CLEANUP_JSON json_t *conditions = NULL;
    p.scope = (struct tmpl_scope){
        .model = plan->model,
        .params = plan->params,
        .account = plan->stack->place.account,
        .region = plan->stack->place.region,
        .stack_name = plan->stack->name,
        .stack_id = plan->stack->id,
        .ctx = &p,
        .ref = hook_ref,
        .get_att = hook_get_att,
        .import = hook_import,
    };
    plan->changes = json_array();
    int r = make(&p, &conditions);
    json_decref(p.unknown);
    json_decref(p.moving);
    arena_deinit(&p.arena);
    return r;
}
