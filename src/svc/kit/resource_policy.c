#include "svc/kit/resource_policy.h"

#include "base/clock.h"

#include <stdio.h>

int kit_policy_check(str text, struct err *err) {
    CLEANUP(policy) struct policy *policy = NULL;
    return policy_new(&policy, POLICY_RESOURCE, text, err);
}

/* ---- Of a request ---- */

static void drop(void *policy) { policy_free(policy); }

int kit_resource_policy(struct rq *rq, str text, const struct policy **ret_policy) {
    struct policy *policy = NULL;
    struct err err = {0};
    if (text.len == 0)
        return 0;
    if (policy_new(&policy, POLICY_RESOURCE, text, &err)) /* it was checked when it was set */
        return aws_fault(rq, STORE_E_DAMAGED, err.text);
    rq_on_done(rq, drop, policy);
    *ret_policy = policy;
    return 0;
}

/* ---- Of an event ---- */

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

int kit_port_admits(const struct hub_event *event, str text, const char *action, str resource, str account) {
    CLEANUP(policy) struct policy *policy = NULL;
    if (str_is(event->source_service, "lambda.amazonaws.com"))
        return str_eq(event->source_account, account) ? HUB_OK : HUB_E_DENIED;
    if (text.len == 0 || policy_new(&policy, POLICY_RESOURCE, text, NULL))
        return HUB_E_DENIED;
    CLEANUP(policy_context) struct policy_context *context = context_of(event);
    struct policy_request request = {
        .principal = {.kind = PRINCIPAL_SERVICE, .arn = event->source_service},
        .action = str_c(action), .resource = resource, .resource_account = account, .context = context};
    struct policy_set set = {.resource = policy};
    return policy_decide(&request, &set).effect == POLICY_ALLOWED ? HUB_OK : HUB_E_DENIED;
}
