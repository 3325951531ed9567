/*
 * cfn/request: reads the members of CreateStack, UpdateStack and CreateChangeSet, checks them, and
 * makes the plan.
 */
#include "cfn/cfn_priv.h"
#include "cfn/check.h"
#include "cfn/plan.h"
#include "cfn/source.h"
#include "svc/kit/tags.h"
#include "tmpl/params.h"

void cfn_request_deinit(struct cfn_request *req) {
    json_decref(req->given);
    json_decref(req->params);
    json_decref(req->changes);
    tmpl_free(req->tree);
}

/* ---- Template ---- */

static int tell_faults(struct rq *rq, const struct tmpl_faults *faults) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (!faults->n)
        return 0;
    tmpl_faults_tell(faults, &text);
    return aws_fail(rq, &CFN_ValidationError, "%s", buf_cstr(&text));
}

/* 0 also with faults, but for those that leave no model. */
static int read_model(struct rq *rq, const struct cfn_stack *stack, struct cfn_request *ret,
                      bool *ret_evaluates, struct tmpl_faults *faults) {
    struct tmpl_fault fault = {{0}, {{0}}};
    int r = ret->text.p ? 0 : cfn_read_source(rq, stack, &ret->text);
    if (r)
        return r;
    if (tmpl_new(&ret->tree, ret->text, &fault))
        return aws_fail(rq, &CFN_ValidationError, "%s", fault.why.text);
    tmpl_model_check(ret->tree, &ret->model, ret_evaluates, faults);
    return ret->model ? 0 : tell_faults(rq, faults);
}

int cfn_read_template(struct rq *rq, struct cfn_request *ret, bool checked) {
    CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
    struct cfn_check check = {.faults = &faults};
    if (read_model(rq, NULL, ret, &check.evaluates, &faults))
        return AWS_FAILED;
    check.model = ret->model;
    if (checked)
        cfn_check_template(&check);
    return tell_faults(rq, &faults);
}

/* ---- Parameters ---- */

static int read_parameter(struct rq *rq, const json_t *item, const struct cfn_stack *stack,
                          json_t *given) {
    str key = json_str(item, "ParameterKey"), value = json_str(item, "ParameterValue");
    if (!key.len)
        return aws_fail(rq, &CFN_ValidationError,
                        "Every Parameters member must have a ParameterKey");
    if (json_object_get(given, key.p))
        return aws_fail(rq, &CFN_ValidationError, "Parameter [" STR_FMT "] is given twice",
                        STR_ARG(key));
    if (json_bool(item, "UsePreviousValue", false)) {
        if (value.p)
            return aws_fail(
                rq, &CFN_ValidationError,
                "Invalid input for parameter key " STR_FMT
                ". Cannot specify usePreviousValue as true and non empty value for a parameter",
                STR_ARG(key));
        value = json_str(stack ? stack->now.parameters : NULL, key.p);
        if (!value.p)
            return aws_fail(
                rq, &CFN_ValidationError,
                "Invalid input for parameter key " STR_FMT
                ". Cannot specify usePreviousValue as true for a parameter key not in the previous template",
                STR_ARG(key));
    }
    if (value.p)
        json_set_str(given, key.p, value);
    return 0;
}

/* As text, defaults included, so that later updates know the previous values. */
static void keep_defaults(const struct tmpl_model *m, json_t *given) {
    for (size_t i = 0; i < m->n_params; i++)
        if (!json_object_get(given, m->params[i].name.p))
            json_set_str(given, m->params[i].name.p, m->params[i].default_value);
}

static int read_given(struct rq *rq, const struct cfn_stack *stack, struct cfn_request *ret) {
    size_t i;
    json_t *item;
    ret->given = json_object();
    json_array_foreach (json_arr(rq->in, "Parameters"), i, item)
        if (read_parameter(rq, item, stack, ret->given))
            return AWS_FAILED;
    return 0;
}

/*
 * The template and the values of its parameters. What is wrong with the template is told before a
 * wrong value; with good values all of it is known.
 */
static int read_template_and_parameters(struct rq *rq, const struct cfn_stack *stack,
                                        struct cfn_request *ret) {
    CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
    struct cfn_check check = {.stack = stack, .faults = &faults};
    struct tmpl_fault value = {{0}, {{0}}};
    if (read_model(rq, stack, ret, &check.evaluates, &faults) || read_given(rq, stack, ret))
        return AWS_FAILED;
    int r = check.evaluates ? tmpl_params_resolve(ret->model, ret->given, &ret->params, &value) : 0;
    check.model = ret->model;
    check.params = ret->params;
    cfn_check_template(&check);
    if (tell_faults(rq, &faults))
        return AWS_FAILED;
    if (r)
        return aws_fail(rq, &CFN_ValidationError, "%s", value.why.text);
    keep_defaults(ret->model, ret->given);
    return 0;
}

/* ---- Tags ---- */

/* Keys and values that a service refuses fail where they are put on a resource. */
static const struct kit_tags stack_tags = {
    .of = KIT_TAGS_STACK,
    .refuse = {
        [KIT_TAGS_MANY] =
            {&CFN_ValidationError,
             "1 validation error detected: Value at 'tags' failed to satisfy constraint: "
             "Member must have length less than or equal to {most}"},
        [KIT_TAGS_RESERVED] = {&CFN_ValidationError,
                               "aws: prefixed tag key names are not allowed for external use."},
        [KIT_TAGS_TWICE] = {&CFN_ValidationError, "Duplicate tag keys: {key}"}}};

static int read_tags(struct rq *rq, struct cfn_request *ret) {
    ret->tags = json_arr(rq->in, "Tags");
    return kit_tags_check(rq, &stack_tags, ret->tags);
}

/* ---- Capabilities ---- */

/* Resources of IAM need the caller's word, and one more where the template names them itself. */
const char *cfn_needed_capability(const struct tmpl_model *m, struct buf *reason) {
    const char *needed = NULL;
    for (size_t i = 0; i < m->n_resources; i++) {
        const struct tmpl_resource *r = &m->resources[i];
        const struct cfn_type *type = cfn_type_find(r->type);
        if (!type || !type->service || strcmp(type->service, "iam") != 0)
            continue;
        str name = cfn_name_property(type);
        bool named = name.len && tmpl_get(r->properties, name.p);
        if (named || !needed)
            needed = named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM";
        if (reason)
            cfn_add_new_name(reason, r->type);
    }
    return needed;
}

static int check_capabilities(struct rq *rq, const struct tmpl_model *m) {
    const char *needed = cfn_needed_capability(m, NULL);
    const json_t *given = json_arr(rq->in, "Capabilities");
    if (!needed || cfn_is_in(given, S("CAPABILITY_NAMED_IAM")) || cfn_is_in(given, str_c(needed)))
        return 0;
    return aws_fail(rq, &CFN_InsufficientCapabilitiesException, "Requires capabilities : [%s]",
                    needed);
}

/* ---- What is not built is refused by name ---- */

static bool says_something(const json_t *value) {
    return json_is_true(value) || json_array_size(value) || json_object_size(value) ||
           json_string_length(value);
}

static int refuse_unsupported(struct rq *rq) {
    static const char *const not_built[] = {"StackPolicyBody",
                                            "StackPolicyURL",
                                            "StackPolicyDuringUpdateBody",
                                            "StackPolicyDuringUpdateURL",
                                            "NotificationARNs",
                                            "ResourceTypes",
                                            "ResourcesToImport",
                                            "ImportExistingResources",
                                            "DeploymentMode"};
    for (size_t i = 0; i < ARRAY_LEN(not_built); i++)
        if (says_something(json_object_get(rq->in, not_built[i])))
            return aws_fail(rq, &CFN_ValidationError, "%s is not supported", not_built[i]);
    const json_t *rollback = json_obj(rq->in, "RollbackConfiguration");
    if (json_array_size(json_arr(rollback, "RollbackTriggers")) ||
        json_int(rollback, "MonitoringTimeInMinutes", 0))
        return aws_fail(rq, &CFN_ValidationError, "RollbackConfiguration is not supported");
    return 0;
}

/* What events must not show: the values of NoEcho parameters. */
static json_t *secrets_of(const struct cfn_request *req) {
    json_t *secrets = json_array();
    for (size_t i = 0; i < req->model->n_params; i++) {
        str value = json_str(req->given, req->model->params[i].name.p);
        if (req->model->params[i].no_echo && value.len)
            json_push_str(secrets, value);
    }
    return secrets;
}

void cfn_apply_request(struct rq *rq, const struct cfn_request *req, struct cfn_version *to,
                       str *role) {
    json_t *capabilities = json_arr(rq->in, "Capabilities");
    cfn_set_json(&to->parameters, json_incref(req->given));
    cfn_set_json(&to->secrets, secrets_of(req));
    if (req->tags)
        cfn_set_json(&to->tags, json_incref(req->tags));
    cfn_set_json(&to->capabilities, capabilities ? json_incref(capabilities) : json_array());
    to->description =
        req->model->description.p ? arena_str(&rq->arena, req->model->description) : STR_NONE;
    if (json_has(rq->in, "RoleARN"))
        *role = json_str(rq->in, "RoleARN");
}

/* ---- Planning ---- */

static bool tags_differ(const struct cfn_request *req, const struct cfn_stack *stack) {
    const json_t *old = stack->now.tags;
    return req->tags && (!old ? json_array_size(req->tags) > 0 : !json_equal(old, req->tags));
}

static int make_plan(struct rq *rq, const struct cfn_stack *stack, struct cfn_request *ret) {
    CLEANUP_DEINIT(cfn_resources) struct cfn_resources resources = {0};
    if (cfn_find_resources(rq, stack, &resources.list))
        return AWS_FAILED;
    struct cfn_backend backend = cfn_cloud_backend(rq->cloud);
    struct cfn_plan plan = {.backend = &backend,
                            .rows = rq_rows(rq),
                            .arena = &rq->arena,
                            .model = ret->model,
                            .params = ret->params,
                            .stack = stack,
                            .tags = ret->tags ? ret->tags : stack->now.tags,
                            .resources = &resources.list};
    struct err why = {{0}};
    int r = cfn_plan_make(&plan, &why);
    ret->changes = plan.changes;
    ret->is_empty = !json_array_size(plan.changes) && !plan.outputs_change &&
                    !tags_differ(ret, stack) &&
                    !cfn_status_is(stack->status, CFN_RETRIES); /* the same again may succeed */
    return r ? aws_fail(rq, &CFN_ValidationError, "%s", why.text) : 0;
}

int cfn_read_request(struct rq *rq, const struct cfn_stack *stack, struct cfn_request *ret) {
    bool failed = refuse_unsupported(rq) || read_template_and_parameters(rq, stack, ret) ||
                  read_tags(rq, ret) || check_capabilities(rq, ret->model) ||
                  make_plan(rq, stack, ret);
    return failed ? AWS_FAILED : 0;
}
