/* kit/resource_policy: asks resource policies for requests and for events. */
#include "svc/kit/resource_policy.h"

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

int kit_port_admits(const struct hub_event *event, str text,
                    const struct aws_port_question *question) {
    CLEANUP(policy) struct policy *policy = NULL;
    if (str_is(event->source_service, "lambda.amazonaws.com"))
        return str_eq(event->source_account, question->account) ? HUB_OK : HUB_E_DENIED;
    if (text.len == 0 || policy_new(&policy, POLICY_RESOURCE, text, NULL))
        return HUB_E_DENIED;
    return aws_port_decide(event, policy, question);
}
