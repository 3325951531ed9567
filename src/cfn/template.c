/* ValidateTemplate, GetTemplateSummary, GetTemplate. */
#include "cfn/cfn_priv.h"

static void add_capabilities(struct rq *rq, const struct tmpl_model *m) {
    CLEANUP_DEINIT(buf) struct buf types = {0};
    const char *needed = cfn_needed_capability(m, &types);
    if (!needed)
        return;
    json_set(rq->out, "Capabilities", json_pack("[s]", needed));
    json_set(
        rq->out, "CapabilitiesReason",
        json_sprintf("The following resource(s) require capabilities: [%s]", buf_cstr(&types)));
}

static json_t *describe_param(const struct tmpl_param *p, bool summary) {
    json_t *one = json_object();
    json_set_str(one, "ParameterKey", p->name);
    json_set_str(one, "DefaultValue", p->default_value);
    json_set_bool(one, "NoEcho", p->no_echo);
    json_set_str(one, "Description", tmpl_text(tmpl_get(p->body, "Description")));
    if (!summary)
        return one;
    json_set_str(one, "ParameterType", p->type_name);
    const struct tmpl_node *allowed = tmpl_get(p->body, "AllowedValues");
    json_t *constraints = json_object();
    if (allowed) {
        json_t *values = json_array();
        for (size_t i = 0; i < allowed->n; i++)
            json_push_str(values, tmpl_text(allowed->members[i].value));
        json_set(constraints, "AllowedValues", values);
    }
    json_set(one, "ParameterConstraints", constraints);
    return one;
}

static void add_params(struct rq *rq, const struct tmpl_model *m, bool summary) {
    json_t *list = json_array();
    for (size_t i = 0; i < m->n_params; i++)
        json_array_append_new(list, describe_param(&m->params[i], summary));
    json_set(rq->out, "Parameters", list);
    json_set_str(rq->out, "Description", m->description);
}

int cfn_op_ValidateTemplate(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(cfn_request) struct cfn_request req = {0};
    if (cfn_read_template(rq, &req, true))
        return AWS_FAILED;
    rq->out = json_object();
    add_params(rq, req.model, false);
    add_capabilities(rq, req.model);
    return 0;
}

/* The template of a stack, or the request's own. */
static int read_for_summary(struct rq *rq, struct cfn_request *req) {
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    if (!json_has(rq->in, "StackName"))
        return cfn_read_template(rq, req, false);
    if (json_has(rq->in, "StackSetName"))
        return aws_fail(rq, &CFN_ValidationError, "StackSetName is not supported");
    if (cfn_find_stack(rq, &stack))
        return AWS_FAILED;
    if (stack.status == CFN_REVIEW_IN_PROGRESS)
        return aws_fail(rq, &CFN_ValidationError,
                        "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.");
    if (cfn_find_template(rq, &stack, &req->text))
        return AWS_FAILED;
    return cfn_read_template(rq, req, false);
}

static void add_types(struct rq *rq, const struct tmpl_model *m) {
    CLEANUP_JSON json_t *seen = json_object();
    json_t *list = json_array();
    for (size_t i = 0; i < m->n_resources; i++) {
        if (json_object_get(seen, m->resources[i].type.p))
            continue;
        json_set_bool(seen, m->resources[i].type.p, true);
        json_push_str(list, m->resources[i].type);
    }
    json_set(rq->out, "ResourceTypes", list);
}

int cfn_op_GetTemplateSummary(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(cfn_request) struct cfn_request req = {0};
    if (read_for_summary(rq, &req))
        return AWS_FAILED;
    rq->out = json_object();
    add_params(rq, req.model, true);
    add_capabilities(rq, req.model);
    add_types(rq, req.model);
    json_set_str(rq->out, "Version",
                 tmpl_text(tmpl_get(tmpl_root(req.tree), "AWSTemplateFormatVersion")));
    if (req.model->metadata) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        tmpl_dump(&text, req.model->metadata);
        json_set_str(rq->out, "Metadata", buf_view(&text));
    }
    return 0;
}

/* A stack that was only ever reviewed has no template: the answer has no body then. */
int cfn_op_GetTemplate(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    bool of_set = json_has(rq->in, "ChangeSetName");
    str text = STR_NONE;
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    CLEANUP_DEINIT(cfn_set) struct cfn_set set = {0};
    if (of_set ? cfn_find_set(rq, &set, &stack) : cfn_find_stack(rq, &stack))
        return AWS_FAILED;
    if (!of_set && stack.now.generation && cfn_find_template(rq, &stack, &text))
        return AWS_FAILED;
    rq->out = json_object();
    json_set_str(rq->out, "TemplateBody", of_set ? set.template : text);
    json_set(rq->out, "StagesAvailable", json_pack("[ss]", "Original", "Processed"));
    return 0;
}
