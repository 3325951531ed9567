/* cfn/plan: compares a template with what a stack has, without touching anything. */
#include "cfn/change.h"
#include "cfn/run.h"

enum { REFUSED = 1 };

/* ---- Comparing ---- */

static bool is_same(const json_t *a, const json_t *b) {
    return a == b || (a && b && json_equal(a, b));
}

enum cfn_change cfn_compare_property(const struct cfn_type *type, const struct tmpl_prop *p,
                                     const json_t *old, const json_t *new) {
    const json_t *a = json_object_get(old, p->name.p), *b = json_object_get(new, p->name.p);
    if (is_same(a, b))
        return CFN_SAME;
    if (p->flags & TMPL_PROP_CREATE_ONLY)
        return CFN_NEW_ONE;
    return cfn_changes_in_place(type, p->name) ? CFN_IN_PLACE : CFN_UNSUPPORTED;
}

/*
 * Custom resources: the function decides by the id that it answers. Which function it is cannot
 * change: "Updates are not supported" (AWS::CloudFormation::CustomResource, ServiceToken).
 */
static enum cfn_change compare_custom(const json_t *old, const json_t *new, str *ret_property) {
    const json_t *token = json_object_get(new, "ServiceToken");
    if (ret_property)
        *ret_property = S("ServiceToken");
    if (!tmpl_is_unknown(token) && !is_same(json_object_get(old, "ServiceToken"), token))
        return CFN_UNSUPPORTED;
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
        return compare_custom(old, new, ret_property);
    enum cfn_change worst = CFN_SAME;
    for (size_t i = 0; i < known->properties->n; i++) {
        enum cfn_change one = cfn_compare_property(type, &known->properties->props[i], old, new);
        if (one > worst) {
            worst = one;
            if (ret_property)
                *ret_property = known->properties->props[i].name;
        }
    }
    return worst;
}

/* ---- What a resource may have ---- */

static bool holds(const json_t *list, const json_t *item) {
    size_t i;
    json_t *one;
    json_array_foreach (list, i, one)
        if (json_equal(one, item))
            return true;
    return false;
}

/*
 * What is not wanted counts as there, whichever of the two it was in, so that it is taken away; what
 * is wanted only where both have it, so that it is set. Never equal to wanted while tried is not.
 */
static json_t *uncertain(const json_t *now, const json_t *tried, const json_t *wanted) {
    json_t *all = json_array(), *item;
    size_t i;
    json_array_foreach (tried, i, item)
        if (!holds(wanted, item) || holds(now, item))
            json_array_append(all, item);
    json_array_foreach (now, i, item)
        if (!holds(wanted, item) && !holds(tried, item))
            json_array_append(all, item);
    return all;
}

static bool may_be_list(const json_t *value) { return !value || json_is_array(value); }

json_t *cfn_may_have(const struct cfn_resource *resource, const json_t *wanted) {
    const json_t *now = resource->now.properties, *tried = resource->task.properties;
    if (resource->task.verb != CFN_UPDATE || resource->task.stage != CFN_BROKEN || !now || !tried)
        return json_incref((json_t *)now);
    CLEANUP_JSON json_t *names = json_copy((json_t *)now);
    json_t *all = json_object(), *unused;
    const char *name;
    json_object_update(names, (json_t *)tried);
    json_object_foreach (names, name, unused) {
        json_t *a = json_object_get(now, name), *b = json_object_get(tried, name);
        const json_t *want = json_object_get(wanted, name);
        bool other = !is_same(b, want), lists = may_be_list(a) && may_be_list(b);
        json_set(all, name, other && lists ? uncertain(a, b, want) : json_incref(other ? b : a));
    }
    return all;
}

/*
 * What there is of a resource, once what a failed operation began and did not finish is away; NULL:
 * nothing.
 */
static const struct cfn_state *state_of(const struct cfn_resource *resource) {
    const struct cfn_task *task = &resource->task;
    const struct cfn_state *state = &resource->now;
    if (task->stage == CFN_BROKEN)
        state = task->verb == CFN_CREATE    ? NULL
                : task->verb == CFN_REPLACE ? &resource->old
                                            : state;
    return state && state->physical.p ? state : NULL;
}

/* ---- What references answer while planning ---- */

struct planning {
    struct cfn_plan *plan;
    struct tmpl_scope scope;
    struct tmpl_graph graph;
    struct arena arena;
    struct cfn_before before;
    json_t *unknown; /* names of resources whose id and attributes are not known yet */
    json_t *moving;  /* … that change in place, and some of their attributes with them */
    struct err *err;
};

static bool is_in(const json_t *set, str name) {
    return json_object_getn(set, name.p, name.len) != NULL;
}

static const struct cfn_state *find_state(const struct planning *p, str name) {
    const struct cfn_resource *there = cfn_resource_find(p->plan->resources, name);
    return there ? state_of(there) : NULL;
}

/* What was answered at creation stays, unless the type's own update asks again. */
static bool attribute_moves(const struct planning *p, const struct tmpl_resource *r,
                            str attribute) {
    const struct cfn_type *type = p->plan->backend->type(p->plan->backend->ctx, r->type);
    for (const struct cfn_attribute *a = type->attributes; a->name; a++)
        if (str_is(attribute, a->name))
            return type->update && !a->value;
    return tmpl_is_custom(r->type);
}

static bool is_open(void *ctx, const struct tmpl_reference *ref) {
    const struct planning *p = ctx;
    const struct tmpl_resource *r = tmpl_find_resource(p->plan->model, ref->name);
    return r &&
           (is_in(p->unknown, r->name) || (ref->kind == TMPL_GET_ATT && is_in(p->moving, r->name) &&
                                           attribute_moves(p, r, ref->attribute)));
}

static int hook_ref(void *ctx, const struct tmpl_resource *r, json_t **ret, struct err *err) {
    (void)err;
    struct planning *p = ctx;
    const struct cfn_state *there = find_state(p, r->name);
    bool known = there && !is_in(p->unknown, r->name);
    *ret = known ? json_of_str(there->physical) : json_string(TMPL_UNKNOWN);
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
    if (known && !cfn_answers(p->plan->backend->type(p->plan->backend->ctx, r->type), attribute))
        return err_set(err, TMPL_E_TEMPLATE,
                       "Resource " STR_FMT ": the attribute " STR_FMT " of " STR_FMT
                       " is not supported by calotype",
                       STR_ARG(r->name), STR_ARG(attribute), STR_ARG(r->type));
    const struct cfn_state *there = find_state(p, r->name);
    const json_t *value =
        there ? json_object_getn(there->attributes, attribute.p, attribute.len) : NULL;
    const struct tmpl_reference ref = {TMPL_GET_ATT, r->name, attribute, {0}, NULL, NULL};
    bool open = !value || is_open(p, &ref);
    *ret = open ? json_string(tmpl_is_custom(r->type) ? TMPL_UNKNOWN_ANY : TMPL_UNKNOWN)
                : json_incref((json_t *)value);
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

static void add(struct planning *p, json_t *change) {
    json_array_append_new(p->plan->changes, change);
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

static int refuse_change(struct planning *p, const struct cfn_diff *diff, str property) {
    if (diff->how == CFN_UNSUPPORTED && tmpl_is_custom(diff->now->type))
        return err_set(p->err, REFUSED, "Resource " STR_FMT ": " CFN_SAME_TOKEN,
                       STR_ARG(diff->now->name));
    if (diff->how == CFN_UNSUPPORTED)
        return err_set(p->err, REFUSED,
                       "Resource " STR_FMT ": an update of the property " STR_FMT " of " STR_FMT
                       " is not supported",
                       STR_ARG(diff->now->name), STR_ARG(property), STR_ARG(diff->now->type));
    return diff->how == CFN_NEW_ONE && cfn_must_replace(diff)
               ? refuse_custom_name(p, diff->now, diff->type, diff->state, diff->new)
               : 0;
}

static int plan_existing(struct planning *p, const struct tmpl_resource *r,
                         const struct cfn_resource *there, const json_t *props) {
    const struct cfn_state *state = state_of(there);
    CLEANUP_JSON json_t *old =
        state == &there->now ? cfn_may_have(there, props) : json_incref(state->properties);
    struct cfn_diff diff = {.type = p->plan->backend->type(p->plan->backend->ctx, r->type),
                            .known = tmpl_type_find(r->type),
                            .state = state,
                            .now = r,
                            .scope = &p->scope,
                            .before = &p->before,
                            .old = old,
                            .new = props,
                            .is_open = is_open,
                            .ctx = p};
    str property = STR_NONE;
    diff.how = cfn_compare(diff.type, diff.known, state->type, r->type, diff.old, props, &property);
    if (!cfn_differs(&diff))
        return 0;
    if (refuse_change(p, &diff, property))
        return REFUSED;
    add(p, cfn_change_modify(&diff));
    if (diff.how != CFN_SAME)
        json_object_setn_new(diff.how == CFN_NEW_ONE || tmpl_is_custom(r->type) ? p->unknown
                                                                                : p->moving,
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
    if (there && state_of(there))
        return plan_existing(p, r, there, props);
    add(p, cfn_change_new("Add", r->name, r->type, STR_NONE));
    json_object_setn_new(p->unknown, r->name.p, r->name.len, json_true());
    return 0;
}

/* As AWS, also of custom resources, and before anything else is looked at. */
static int refuse_other_types(struct planning *p) {
    CLEANUP_DEINIT(buf) struct buf names = {0};
    for (size_t i = 0; i < p->graph.n_order; i++) {
        const struct tmpl_resource *r = &p->plan->model->resources[p->graph.order[i]];
        const struct cfn_state *state = find_state(p, r->name);
        if (state && !str_eq(state->type, r->type))
            cfn_add_name(&names, r->name);
    }
    return names.len
               ? err_set(p->err, REFUSED,
                         "Update of resource type is not permitted. The new template modifies "
                         "resource type of the following resources: [%s]",
                         buf_cstr(&names))
               : 0;
}

static void plan_removals(struct planning *p) {
    for (size_t i = 0; i < p->plan->resources->n; i++) {
        const struct cfn_resource *one = p->plan->resources->items[i];
        bool is_there = one->now.physical.p || cfn_task_is_lost(one);
        if (is_there && !cfn_is_active(p->plan->model, &p->graph, one->name))
            add(p, cfn_change_remove(one));
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
    if (refuse_other_types(p))
        return REFUSED;
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
    cfn_before_read(plan->rows, plan->stack, &p.before);
    int r = make(&p, &conditions);
    json_decref(p.unknown);
    json_decref(p.moving);
    cfn_before_deinit(&p.before);
    arena_deinit(&p.arena);
    return r;
}
