/*
 * aws/port: decisions about an event at a hub port and about a service that acts in the name of a
 * role; neither has a request.
 */
#include "aws/port.h"

#include "aws/aws_priv.h"
#include "base/arn.h"

static void add_given(struct policy_context *c, str key, str value) {
    if (value.len)
        policy_context_add(c, key, value);
}

static bool is_time(str key) {
    return str_eq_nocase(key, S("aws:CurrentTime")) || str_eq_nocase(key, S("aws:EpochTime"));
}

static int fill_time(void *, struct policy_context *c) {
    aws_context_add_time(c);
    return 0;
}

static struct policy_context *context_of(str region, str source_arn, str source_account,
                                         bool is_service) {
    struct policy_context *c = policy_context_new();
    policy_context_add(c, S("aws:PrincipalIsAWSService"), is_service ? S("true") : S("false"));
    policy_context_add(c, S("aws:SecureTransport"), S("true")); /* it never leaves the process */
    add_given(c, S("aws:RequestedRegion"), region);
    add_given(c, S("aws:SourceArn"), source_arn);
    add_given(c, S("aws:SourceAccount"), source_account);
    policy_context_add(c, S("aws:ViaAWSService"), S("false"));
    policy_context_add_later(c, is_time, fill_time, NULL);
    return c;
}

int aws_port_decide(const struct hub_event *event, const struct policy *policy,
                    const struct aws_port_question *q) {
    CLEANUP(policy_context)
    struct policy_context *context =
        context_of(event->region, event->source_arn, event->source_account, true);
    aws_context_add_service(context, event->source_service, event->region);
    if (q->names_owner)
        add_given(context, S("aws:SourceOwner"), event->source_account);
    add_given(context, S("aws:ResourceAccount"), q->account);
    aws_context_add_tags(context, S("aws:ResourceTag/"), q->tags);
    struct policy_request request = {
        .principal = {.kind = PRINCIPAL_SERVICE, .arn = event->source_service},
        .action = str_c(q->action),
        .resource = q->resource,
        .resource_account = q->account,
        .context = context};
    struct policy_set set = {.resource = policy};
    return policy_decide(&request, &set).effect == POLICY_ALLOWED ? HUB_OK : HUB_E_DENIED;
}

/* ---- A role ---- */

struct asked_tags {
    struct aws_cloud *cloud;
    const struct aws_role_question *question;
};

/* A request of nobody, by which the resource's service is asked; NULL: it is no service's. */
static struct rq *request_of_nobody(struct aws_cloud *cloud, str resource) {
    struct arn arn;
    const struct aws_service *service =
        arn_parse(resource, &arn) ? aws_cloud_service_named(cloud, arn.service) : NULL;
    if (!service)
        return NULL;
    struct rq *rq = aws_rq_new(cloud);
    rq->service = service;
    rq->svc = service->svc;
    rq->priv->route.api = service->api;
    rq->account = arena_str(&rq->arena, arn.account);
    rq->region = arena_str(&rq->arena, arn.region);
    return rq;
}

static int fill_tags(void *arg, struct policy_context *context) {
    struct asked_tags *asked = arg;
    CLEANUP_JSON json_t *tags = NULL;
    struct rq *rq = request_of_nobody(asked->cloud, asked->question->resource);
    int r = rq && rq->service->tags
                ? rq->service->tags(rq->svc, rq, asked->question->resource, &tags)
                : 0;
    aws_context_add_tags(context, S("aws:ResourceTag/"), tags);
    aws_rq_free(rq);
    return r;
}

/* By the role's policies and the one attached to the resource. */
static bool decide_with_resource(struct aws_cloud *cloud, const struct policy_request *request,
                                 struct policy_set set) {
    struct rq *rq = request_of_nobody(cloud, request->resource);
    str owner = STR_NONE;
    bool read =
        !rq || !rq->service->resource_policy ||
        rq->service->resource_policy(rq->svc, rq, request->resource, &set.resource, &owner) == 0;
    bool allowed = read && policy_decide(request, &set).effect == POLICY_ALLOWED;
    aws_rq_free(rq); /* the policy is borrowed from it */
    return allowed;
}

bool aws_role_may(struct aws_cloud *cloud, const struct aws_role_question *q) {
    const struct aws_identity_source *identities = &cloud->options.identities;
    CLEANUP(aws_identity) struct aws_identity *role = NULL;
    struct err err = {0};
    if (identities->role(identities->ctx, q->role, q->service, q->session_name, &role, &err))
        return false;
    CLEANUP(policy_context)
    struct policy_context *context = context_of(q->region, q->source_arn, q->source_account, false);
    str owner = q->resource_account.len ? q->resource_account : aws_arn_account(q->resource);
    struct asked_tags asked = {cloud, q};
    aws_context_add_principal(context, role);
    add_given(context, S("aws:ResourceAccount"), owner);
    policy_context_add_later(context, aws_context_is_tag_of_resource, fill_tags, &asked);
    struct policy_request request = {.principal = role->principal,
                                     .action = str_c(q->action),
                                     .resource = q->resource,
                                     .context = context,
                                     .resource_account = owner};
    return decide_with_resource(cloud, &request, role->policies) && !policy_context_unread(context);
}
