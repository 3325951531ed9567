/*
 * cfn/check: first what can be told of the text alone, then, where parameters are known, what
 * the properties and outputs come to. Ids and attributes of resources are unknown here.
 */
#include "cfn/check.h"

/* Evaluations of single properties, to find the second fault of a resource: as many as resources. */
enum { MOST_SINGLE = TMPL_MAX_RESOURCES };

/* One check. */
struct looking {
    const struct cfn_check *check;
    struct tmpl_scope scope;
    const bool *active; /* by resource; NULL: conditions are not known */
    struct arena arena;
    const struct tmpl_resource *resource; /* the one that is looked at */
    const char *section;                  /* where references stand */
    json_t *asked;                        /* "Resource.Attribute" that no type answers: a set */
    size_t single;
};

/* What is only counted needs neither words nor place: either may take as long as the template is. */
static bool is_full(const struct looking *l) { return l->check->faults->n == TMPL_MAX_FAULTS; }

static void refuse(struct looking *l, struct tmpl_pos at, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void refuse(struct looking *l, struct tmpl_pos at, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    if (is_full(l)) {
        tmpl_faults_add(l->check->faults, at, S(""));
        return;
    }
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    buf_printf(&text, " (line %u, column %u)", at.line, at.column);
    tmpl_faults_add(l->check->faults, at, buf_view(&text));
}

/* Of an evaluation: what stands at a place that is known to be wrong is no second fault. */
static void add_fault(struct looking *l, const struct tmpl_fault *fault) {
    if (!tmpl_faults_has(l->check->faults, fault->at))
        tmpl_faults_add(l->check->faults, fault->at, str_c(fault->why.text));
}

/* Without known conditions: is it made whatever they are? */
static bool is_active(const struct looking *l, const struct tmpl_resource *r) {
    return l->active ? l->active[r - l->check->model->resources] : !r->condition.p;
}

static bool is_built(str type) { return cfn_type_find(type) && tmpl_type_find(type); }

/* ---- Types ---- */

/* AWS names all of them in one sentence, whatever their resources' conditions are. */
static void refuse_unknown_types(struct looking *l) {
    CLEANUP_DEINIT(buf) struct buf names = {0};
    CLEANUP_DEINIT(buf) struct buf places = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    const struct tmpl_model *m = l->check->model;
    struct tmpl_pos at = {0};
    for (size_t i = 0; i < m->n_resources; i++) {
        const struct tmpl_resource *r = &m->resources[i];
        if (!r->type.p || tmpl_is_aws_type(r->type) || !cfn_add_new_name(&names, r->type))
            continue;
        if (!places.len)
            at = r->type_at;
        buf_printf(&places, "%sline %u, column %u", places.len ? "; " : "", r->type_at.line,
                   r->type_at.column);
    }
    if (!names.len)
        return;
    buf_printf(&text, "Template format error: Unrecognized resource types: [%s] (%s)",
               buf_cstr(&names), buf_cstr(&places));
    tmpl_faults_add(l->check->faults, at, buf_view(&text));
}

static void refuse_unbuilt_type(struct looking *l, const struct tmpl_resource *r) {
    if (r->type.p && tmpl_is_aws_type(r->type) && !is_built(r->type))
        refuse(l, r->type_at,
               "Template error: resource " STR_FMT ": the type " STR_FMT
               " is not supported by calotype",
               STR_ARG(r->name), STR_ARG(r->type));
}

/* ---- What a resource says beside its properties ---- */

static void refuse_attributes(struct looking *l, const struct tmpl_resource *r) {
    static const char *const not_built[] = {"CreationPolicy", "UpdatePolicy"};
    static const char *const keeps[] = {"DeletionPolicy", "UpdateReplacePolicy"};
    for (size_t i = 0; i < ARRAY_LEN(not_built); i++) {
        const struct tmpl_member *m = tmpl_member(r->body, str_c(not_built[i]));
        if (m)
            refuse(l, m->key_at,
                   "Template error: %s of resource " STR_FMT " is not supported by calotype",
                   not_built[i], STR_ARG(r->name));
    }
    for (size_t i = 0; i < ARRAY_LEN(keeps); i++) {
        const struct tmpl_node *keep = tmpl_get(r->body, keeps[i]);
        if (str_is(tmpl_text(keep), "Snapshot"))
            refuse(l, keep->start,
                   "Template error: resource type " STR_FMT
                   " does not support deletion policy Snapshot",
                   STR_ARG(r->type));
    }
}

static bool is_unanswered(const struct tmpl_resource *r, str attribute) {
    const struct cfn_type *type = cfn_type_find(r->type);
    return type && !cfn_answers(type, attribute);
}

/*
 * An attribute that no type answers is wrong only where it is asked for: a branch of Fn::If that is
 * not taken may name it. Without known conditions every branch may be such a one.
 */
static bool is_asked(const struct looking *l, const struct tmpl_resource *r, str attribute) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    if (!l->active)
        return !l->check->model->conditions && is_unanswered(r, attribute);
    buf_printf(&name, STR_FMT "." STR_FMT, STR_ARG(r->name), STR_ARG(attribute));
    return json_object_getn(l->asked, name.p, name.len) != NULL;
}

static int look_at_reference(void *ctx, const struct tmpl_reference *ref) {
    struct looking *l = ctx;
    const struct tmpl_resource *r = ref->kind == TMPL_GET_ATT && ref->attribute.p
                                        ? tmpl_find_resource(l->check->model, ref->name)
                                        : NULL;
    const struct tmpl_type *known = r && r->type.p ? tmpl_type_find(r->type) : NULL;
    if (known && !tmpl_has_attribute(known, ref->attribute))
        refuse(l, ref->at,
               "Template error: resource " STR_FMT " does not support attribute type " STR_FMT
               " in Fn::GetAtt",
               STR_ARG(ref->name), STR_ARG(ref->attribute));
    if (known && tmpl_has_attribute(known, ref->attribute) && is_asked(l, r, ref->attribute))
        refuse(l, ref->at,
               "Resource " STR_FMT ": the attribute " STR_FMT " of " STR_FMT
               " is not supported by calotype",
               STR_ARG(ref->name), STR_ARG(ref->attribute), STR_ARG(r->type));
    return 0;
}

/* ---- What references come to ---- */

static int hook_ref(void *ctx, const struct tmpl_resource *r, json_t **ret, struct err *err) {
    const struct looking *l = ctx;
    if (!is_active(l, r))
        return err_set(err, TMPL_E_TEMPLATE,
                       "Template format error: Unresolved resource dependencies [" STR_FMT
                       "] in the %s block of the template",
                       STR_ARG(r->name), l->section);
    *ret = json_string(TMPL_UNKNOWN);
    return 0;
}

static int hook_get_att(void *ctx, const struct tmpl_resource *r, str attribute, json_t **ret,
                        struct err *err) {
    struct looking *l = ctx;
    if (is_unanswered(r, attribute)) {
        CLEANUP_DEINIT(buf) struct buf name = {0};
        buf_printf(&name, STR_FMT "." STR_FMT, STR_ARG(r->name), STR_ARG(attribute));
        json_object_setn_new(l->asked, name.p, name.len, json_true());
    }
    if (hook_ref(ctx, r, ret, err))
        return TMPL_E_TEMPLATE;
    if (tmpl_is_custom(r->type))
        json_string_set(*ret, TMPL_UNKNOWN_ANY);
    return 0;
}

/* Whether there is one is for the plan: exports are no part of the template. */
static int hook_import(void *, str, json_t **ret, struct err *) {
    *ret = json_string(TMPL_UNKNOWN);
    return 0;
}

/* ---- Properties ---- */

/* "/Tags/0/Key" from node on: as far as the text has it, for a function has its own members. */
static struct tmpl_pos place_of(const struct tmpl_node *node, struct tmpl_pos at, str path) {
    str part;
    for (str rest = str_skip(path, path.len > 0); rest.p && node && rest.len;) {
        str_cut(rest, '/', &part, &rest);
        uint64_t index;
        const struct tmpl_member *m = node->kind == TMPL_MAP ? tmpl_member(node, part) : NULL;
        if (node->kind == TMPL_LIST && str_to_u64(part, &index) && index < node->n)
            m = &node->members[index];
        if (!m)
            break;
        at = m->key_at;
        node = m->value;
    }
    return at;
}

static void tell_violation(void *ctx, str path, str text) {
    struct looking *l = ctx;
    const struct tmpl_resource *r = l->resource;
    refuse(l, is_full(l) ? r->at : place_of(r->properties, r->at, path),
           "Resource " STR_FMT ": " STR_FMT, STR_ARG(r->name), STR_ARG(text));
}

static void refuse_property(struct looking *l, const struct tmpl_resource *r, str name) {
    const struct tmpl_member *m = is_full(l) ? NULL : tmpl_member(r->properties, name);
    refuse(l, m ? m->key_at : r->at,
           "Resource " STR_FMT ": the property " STR_FMT " of " STR_FMT
           " is not supported by calotype",
           STR_ARG(r->name), STR_ARG(name), STR_ARG(r->type));
}

static void refuse_properties(struct looking *l, const struct tmpl_resource *r,
                              const json_t *props) {
    const struct cfn_type *type = cfn_type_find(r->type);
    const struct tmpl_type *known = tmpl_type_find(r->type);
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)props, name, value)
        if (!cfn_supports(type, str_c(name)) &&
            (tmpl_is_custom(r->type) || tmpl_prop_find(known->properties, str_c(name))))
            refuse_property(l, r, str_c(name));
    tmpl_type_violations(known, props, tell_violation, l);
}

/* What each comes to; what cannot be told counts as not known yet. */
static json_t *evaluate_one_by_one(struct looking *l, const struct tmpl_node *properties) {
    json_t *all = json_object();
    for (size_t i = 0; i < properties->n; i++) {
        const struct tmpl_member *m = &properties->members[i];
        struct tmpl_fault fault = {{0}, {{0}}};
        json_t *value = NULL;
        if (l->single++ >= MOST_SINGLE || tmpl_eval(&l->scope, m->value, &value, &fault)) {
            value = json_string(TMPL_UNKNOWN);
            if (fault.why.text[0])
                add_fault(l, &fault);
        }
        if (value)
            json_object_setn_new(all, m->key.p, m->key.len, value);
    }
    return all;
}

static void look_at_properties(struct looking *l, const struct tmpl_resource *r) {
    CLEANUP_JSON json_t *props = NULL;
    struct tmpl_fault fault = {{0}, {{0}}};
    if (r->properties && tmpl_eval(&l->scope, r->properties, &props, &fault)) {
        if (tmpl_function(r->properties)) {
            add_fault(l, &fault);
            return;
        }
        props = evaluate_one_by_one(l, r->properties);
    }
    l->resource = r;
    refuse_properties(l, r, props);
}

/* ---- All of it ---- */

static void look_at_resource(struct looking *l, const struct tmpl_resource *r) {
    refuse_unbuilt_type(l, r);
    if (!r->type.p || !is_built(r->type))
        return;
    refuse_attributes(l, r);
    json_object_clear(l->asked);
    if (l->active)
        look_at_properties(l, r);
    tmpl_each_reference(r->properties, look_at_reference, l);
}

/* A value or the name of an export: text, a number or a boolean. */
static void look_at_node(struct looking *l, const struct tmpl_output *output,
                         const struct tmpl_node *node) {
    CLEANUP_JSON json_t *value = NULL;
    struct tmpl_fault fault = {{0}, {{0}}};
    json_object_clear(l->asked);
    int r = node && l->active ? tmpl_eval(&l->scope, node, &value, &fault) : 0;
    tmpl_each_reference(node, look_at_reference, l);
    if (!node || !l->active)
        return;
    if (r)
        add_fault(l, &fault);
    else if (!value || json_is_array(value) || json_is_object(value))
        refuse(l, node->start,
               "Template format error: Output " STR_FMT
               " is malformed. The %s field of every Outputs member must evaluate to a String.",
               STR_ARG(output->name), node == output->value ? "Value" : "Name");
}

static void look_at_outputs(struct looking *l) {
    const struct tmpl_model *m = l->check->model;
    l->section = "Outputs";
    for (size_t i = 0; i < m->n_outputs; i++) {
        const struct tmpl_output *output = &m->outputs[i];
        if (l->active ? !tmpl_condition_holds(&l->scope, output->condition)
                      : output->condition.p != NULL)
            continue;
        look_at_node(l, output, output->value);
        look_at_node(l, output, output->export_name);
    }
}

static void look_at_order(struct looking *l) {
    struct tmpl_fault fault = {{0}, {{0}}};
    struct tmpl_graph graph;
    if (tmpl_graph_new(l->check->model, l->active, &l->arena, &graph, &fault))
        add_fault(l, &fault);
}

/* Conditions and rules; without parameters, or where these are wrong, nothing can be evaluated. */
static void find_active(struct looking *l, json_t **conditions) {
    struct tmpl_fault fault = {{0}, {{0}}};
    if (!l->check->params || !l->check->evaluates)
        return;
    if (tmpl_conditions(&l->scope, conditions, &fault)) {
        add_fault(l, &fault);
        return;
    }
    if (tmpl_check_rules(&l->scope, &fault))
        add_fault(l, &fault);
    l->scope.conditions = *conditions;
    l->active = tmpl_active_resources(&l->scope, &l->arena);
}

void cfn_check_template(const struct cfn_check *check) {
    const struct cfn_stack *stack = check->stack;
    CLEANUP_JSON json_t *asked = json_object();
    CLEANUP_JSON json_t *conditions = NULL;
    struct looking l = {.check = check, .section = "Resources", .asked = asked};
    l.scope = (struct tmpl_scope){.model = check->model,
                                  .params = check->params,
                                  .ctx = &l,
                                  .ref = hook_ref,
                                  .get_att = hook_get_att,
                                  .import = hook_import};
    if (stack) {
        l.scope.account = stack->place.account;
        l.scope.region = stack->place.region;
        l.scope.stack_name = stack->name;
        l.scope.stack_id = stack->id;
    }
    refuse_unknown_types(&l);
    find_active(&l, &conditions);
    for (size_t i = 0; i < check->model->n_resources; i++)
        if (is_active(&l, &check->model->resources[i]))
            look_at_resource(&l, &check->model->resources[i]);
    look_at_order(&l);
    look_at_outputs(&l);
    arena_deinit(&l.arena);
}
