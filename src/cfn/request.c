#include "cfn/cfn_priv.h"
#include "cfn/source.h"
#include "tmpl/params.h"

enum { MOST_TAGS = 50 };

/* ---- Lifetimes: what was parsed lives as long as the request ---- */

static void drop_json(void *ctx) { json_decref(ctx); }
static void drop_tree(void *ctx) { tmpl_free(ctx); }

json_t *cfn_keep(struct rq *rq, json_t *owned) {
    rq_on_done(rq, drop_json, owned);
    return owned;
}

/* ---- Template ---- */

int cfn_read_template(struct rq *rq, const json_t *stack, struct cfn_request *ret) {
    struct tmpl_fault fault = {{0}, {{0}}};
    int rc = cfn_read_source(rq, stack, &ret->text);
    if (rc)
        return rc;
    if (tmpl_new(&ret->tree, ret->text, &fault))
        return aws_fail(rq, &CFN_ValidationError, "%s", fault.why.text);
    rq_on_done(rq, drop_tree, ret->tree);
    if (tmpl_model_new(ret->tree, &ret->model, &fault))
        return aws_fail(rq, &CFN_ValidationError, "%s", fault.why.text);
    return 0;
}

/* ---- Parameters ---- */

static int read_parameter(struct rq *rq, const json_t *item, const json_t *stack, json_t *given) {
    str key = json_str(item, "ParameterKey"), value = json_str(item, "ParameterValue");
    if (!key.len)
        return aws_fail(rq, &CFN_ValidationError, "Every Parameters member must have a ParameterKey");
    if (json_object_get(given, key.p))
        return aws_fail(rq, &CFN_ValidationError, "Parameter [" STR_FMT "] is given twice", STR_ARG(key));
    if (json_bool(item, "UsePreviousValue", false)) {
        if (value.p)
            return aws_fail(rq, &CFN_ValidationError, "Invalid input for parameter key " STR_FMT ". Cannot specify usePreviousValue as true and non empty value for a parameter", STR_ARG(key));
        value = json_str(json_obj(stack, "Parameters"), key.p);
        if (!value.p)
            return aws_fail(rq, &CFN_ValidationError, "Invalid input for parameter key " STR_FMT ". Cannot specify usePreviousValue as true for a parameter key not in the previous template", STR_ARG(key));
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

static int read_parameters(struct rq *rq, const json_t *stack, struct cfn_request *ret) {
    struct tmpl_fault fault = {{0}, {{0}}};
    size_t i;
    json_t *item;
    ret->given = cfn_keep(rq, json_object());
    json_array_foreach(json_arr(rq->in, "Parameters"), i, item)
        if (read_parameter(rq, item, stack, ret->given))
            return AWS_FAILED;
    if (tmpl_params_resolve(ret->model, ret->given, &ret->params, &fault))
        return aws_fail(rq, &CFN_ValidationError, "%s", fault.why.text);
    cfn_keep(rq, ret->params);
    keep_defaults(ret->model, ret->given);
    return 0;
}

/* ---- Tags ---- */

static int read_tags(struct rq *rq, struct cfn_request *ret) {
    ret->tags = json_arr(rq->in, "Tags");
    if (json_array_size(ret->tags) > MOST_TAGS)
        return aws_fail(rq, &CFN_ValidationError, "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to %d", MOST_TAGS);
    CLEANUP_JSON json_t *seen = json_object();
    size_t i;
    json_t *tag;
    json_array_foreach(ret->tags, i, tag) {
        str key = json_str(tag, "Key");
        if (str_starts_nocase(key, S("aws:")))
            return aws_fail(rq, &CFN_ValidationError, "aws: prefixed tag key names are not allowed for external use.");
        if (json_object_get(seen, key.p))
            return aws_fail(rq, &CFN_ValidationError, "Duplicate tag keys: " STR_FMT, STR_ARG(key));
        json_set_bool(seen, key.p, true);
    }
    return 0;
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
        if (reason && str_find(buf_view(reason), r->type) < 0) {
            buf_c(reason, reason->len ? ", " : "");
            buf_str(reason, r->type);
        }
    }
    return needed;
}

int cfn_check_capabilities(struct rq *rq, const struct tmpl_model *m) {
    const char *needed = cfn_needed_capability(m, NULL);
    size_t i;
    json_t *one;
    if (!needed)
        return 0;
    json_array_foreach(json_arr(rq->in, "Capabilities"), i, one)
        if (str_is(json_text(one), "CAPABILITY_NAMED_IAM") || str_is(json_text(one), needed))
            return 0;
    return aws_fail(rq, &CFN_InsufficientCapabilitiesException, "Requires capabilities : [%s]", needed);
}

/* ---- What is not built is refused by name ---- */

static bool says_something(const json_t *value) {
    return json_is_true(value) || json_array_size(value) || json_object_size(value) || json_string_length(value);
}

static int refuse_unsupported(struct rq *rq) {
    static const char *const not_built[] = {
        "StackPolicyBody", "StackPolicyURL", "StackPolicyDuringUpdateBody", "StackPolicyDuringUpdateURL", "NotificationARNs",
        "ResourceTypes", "ResourcesToImport", "IncludeNestedStacks", "ImportExistingResources", "DeploymentMode"};
    for (size_t i = 0; i < ARRAY_LEN(not_built); i++)
        if (says_something(json_object_get(rq->in, not_built[i])))
            return aws_fail(rq, &CFN_ValidationError, "%s is not supported", not_built[i]);
    const json_t *rollback = json_obj(rq->in, "RollbackConfiguration");
    if (json_array_size(json_arr(rollback, "RollbackTriggers")) || json_int(rollback, "MonitoringTimeInMinutes", 0))
        return aws_fail(rq, &CFN_ValidationError, "RollbackConfiguration is not supported");
    return 0;
}

int cfn_read_request(struct rq *rq, const json_t *stack, struct cfn_request *ret) {
    bool failed = refuse_unsupported(rq) || cfn_read_template(rq, stack, ret) || read_parameters(rq, stack, ret) || read_tags(rq, ret);
    return failed ? AWS_FAILED : 0;
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

void cfn_apply_request(struct rq *rq, const struct cfn_request *req, json_t *stack) {
    json_set(stack, "Parameters", json_deep_copy(req->given));
    json_set(stack, "Secrets", secrets_of(req));
    if (req->tags)
        json_set(stack, "Tags", json_deep_copy(req->tags));
    json_t *capabilities = json_arr(rq->in, "Capabilities");
    json_set(stack, "Capabilities", capabilities ? json_deep_copy(capabilities) : json_array());
    json_set_str(stack, "RoleARN", json_str(rq->in, "RoleARN"));
    if (req->model->description.p)
        json_set_str(stack, "Description", req->model->description);
    else
        json_object_del(stack, "Description");
}

/* ---- Planning ---- */

int cfn_plan_request(struct rq *rq, const struct cfn_request *req, const json_t *stack, json_t **ret_changes, bool *ret_outputs_change) {
    CLEANUP_JSON json_t *rows = NULL;
    if (cfn_find_rows(rq, stack, &rows))
        return AWS_FAILED;
    struct cfn_backend backend = cfn_cloud_backend(rq->cloud);
    struct cfn_plan plan = {.backend = &backend, .store = rq_store(rq), .snap = rq_snap(rq), .place = cfn_here(rq),
                            .model = req->model, .params = req->params, .stack = stack, .rows = rows,
                            .outputs = json_arr(stack, "Outputs")};
    struct err why = {{0}};
    int rc = cfn_plan_make(&plan, &why);
    if (rc == 0 && ret_changes)
        *ret_changes = json_incref(plan.changes);
    if (ret_outputs_change)
        *ret_outputs_change = plan.outputs_change;
    cfn_plan_deinit(&plan);
    return rc ? aws_fail(rq, &CFN_ValidationError, "%s", why.text) : 0;
}

json_t *cfn_who(struct rq *rq, const json_t *stack) {
    json_t *who = json_object();
    json_set_str(who, "AccessKey", rq->caller->access_key);
    json_set_str(who, "Arn", rq->caller->principal.arn);
    json_set_str(who, "RoleARN", json_str(stack, "RoleARN"));
    return who;
}
