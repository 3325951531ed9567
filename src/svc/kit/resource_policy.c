/* kit/resource_policy: asks resource policies for requests and for events. */
#include "svc/kit/resource_policy.h"

/* ---- Of a request ---- */

static void drop(void *policy) { policy_free(policy); }

int kit_resource_policy(struct rq *rq, str text, const struct policy **ret_policy) {
    struct policy *policy = NULL;
    struct err err = {0};
    if (text.len == 0)
        return 0;
    if (policy_kept(&policy, POLICY_RESOURCE, text, &err)) /* it was checked when it was set */
        return aws_fault(rq, STORE_E_DAMAGED, err.text);
    rq_on_done(rq, drop, policy);
    *ret_policy = policy;
    return 0;
}

/* ---- Of an event ---- */

/*
 * aws:SourceOwner ("aws:SourceAccount versus aws:SourceOwner", SNS developer guide): alarms say it,
 * which is how they reach a topic of their account that has the default policy; S3 does not, so
 * that its notifications need a statement of their own.
 */
static bool names_owner(str service) { return str_is(service, "cloudwatch.amazonaws.com"); }

static bool is_lambda(const struct hub_event *event) {
    return str_is(event->source_service, "lambda.amazonaws.com");
}

int kit_port_decides(const struct hub_event *event, const struct policy *policy,
                     const struct aws_port_question *question) {
    struct aws_port_question asked = *question;
    if (is_lambda(event))
        return str_eq(event->source_account, question->account) ? HUB_OK : HUB_E_DENIED;
    if (!policy)
        return HUB_E_DENIED;
    asked.names_owner = names_owner(event->source_service);
    return aws_port_decide(event, policy, &asked);
}

int kit_port_admits(const struct hub_event *event, str text,
                    const struct aws_port_question *question) {
    CLEANUP(policy) struct policy *policy = NULL;
    if (!is_lambda(event) && text.len)
        (void)policy_kept(&policy, POLICY_RESOURCE, text, NULL); /* none: denied */
    return kit_port_decides(event, policy, question);
}
