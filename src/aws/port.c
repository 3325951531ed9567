/*
 * aws/port: decisions about an event at a hub port and about a service that acts in the name of a
 * role; neither has a request.
 */
#include "aws/port.h"

#include "aws/aws_priv.h"

static void add_given(struct policy_context *c, str key, str value) {
    if (value.len)
        policy_context_add(c, key, value);
}

static struct policy_context *context_of(str region, str source_arn, str source_account,
                                         bool is_service) {
    struct policy_context *c = policy_context_new();
    policy_context_add(c, S("aws:PrincipalIsAWSService"), is_service ? S("true") : S("false"));
    policy_context_add(c, S("aws:SecureTransport"), S("true")); /* it never leaves the process */
    add_given(c, S("aws:RequestedRegion"), region);
    add_given(c, S("aws:SourceArn"), source_arn);
    add_given(c, S("aws:SourceAccount"), source_account);
    aws_context_add_time(c);
    return c;
}

int aws_port_decide(const struct hub_event *event, const struct policy *policy, const char *action,
                    str resource, str account) {
    CLEANUP(policy_context)
    struct policy_context *context =
        context_of(event->region, event->source_arn, event->source_account, true);
    aws_context_add_service(context, event->source_service, event->region);
    add_given(context, S("aws:SourceOwner"), event->source_account);
    add_given(context, S("aws:ResourceAccount"), account);
    struct policy_request request = {
        .principal = {.kind = PRINCIPAL_SERVICE, .arn = event->source_service},
        .action = str_c(action),
        .resource = resource,
        .resource_account = account,
        .context = context};
    struct policy_set set = {.resource = policy};
    return policy_decide(&request, &set).effect == POLICY_ALLOWED ? HUB_OK : HUB_E_DENIED;
}

bool aws_role_may(const struct aws_identity_source *identities, const struct aws_role_question *q) {
    CLEANUP(aws_identity) struct aws_identity *role = NULL;
    struct err err = {0};
    if (identities->role(identities->ctx, q->role, q->service, q->session_name, &role, &err))
        return false;
    CLEANUP(policy_context)
    struct policy_context *context = context_of(q->region, q->source_arn, q->source_account, false);
    aws_context_add_principal(context, role);
    str owner = q->resource_account.len ? q->resource_account : aws_arn_account(q->resource);
    struct policy_request request = {.principal = role->principal,
                                     .action = str_c(q->action),
                                     .resource = q->resource,
                                     .context = context,
                                     .resource_account = owner};
    return policy_decide(&request, &role->policies).effect == POLICY_ALLOWED;
}
