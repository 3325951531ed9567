#include "aws/port.h"

#include "base/clock.h"

#include <stdio.h>

static struct policy_context *context_of(const struct hub_event *event) {
    char text[CLOCK_ISO_MAX];
    int64_t now = clock_real_ms();
    struct policy_context *c = policy_context_new();
    policy_context_add(c, S("aws:PrincipalIsAWSService"), S("true"));
    policy_context_add(c, S("aws:PrincipalServiceName"), event->source_service);
    policy_context_add(c, S("aws:PrincipalType"), S("Service"));
    policy_context_add(c, S("aws:SecureTransport"), S("true")); /* it never leaves the process */
    policy_context_add(c, S("aws:RequestedRegion"), event->region);
    policy_context_add(c, S("aws:CurrentTime"), str_c(clock_iso8601(text, now)));
    snprintf(text, sizeof text, "%lld", (long long)(now / 1000));
    policy_context_add(c, S("aws:EpochTime"), str_c(text));
    if (event->source_arn.len)
        policy_context_add(c, S("aws:SourceArn"), event->source_arn);
    if (event->source_account.len)
        policy_context_add(c, S("aws:SourceAccount"), event->source_account);
    return c;
}

int aws_port_decide(const struct hub_event *event, const struct policy *policy, const char *action,
                    str resource, str account) {
    CLEANUP(policy_context) struct policy_context *context = context_of(event);
    struct policy_request request = {
        .principal = {.kind = PRINCIPAL_SERVICE, .arn = event->source_service},
        .action = str_c(action), .resource = resource, .resource_account = account, .context = context};
    struct policy_set set = {.resource = policy};
    return policy_decide(&request, &set).effect == POLICY_ALLOWED ? HUB_OK : HUB_E_DENIED;
}
