#pragma once
/*
 * kit/resource_policy: the policy attached to a topic, a queue, a function: asked for a request
 * (aws_service.resource_policy) and for an event at a hub port. aws/keys.h checks it when it is set.
 *
 * The text is what the service's row holds; empty: nothing is attached.
 */
#include "aws/port.h"
#include "aws/rq.h"

/*
 * What the hook answers: *ret_policy is compiled and kept until the request is over, NULL without a
 * text. 0 or AWS_FAILED (a row that held what aws_policy_new would have refused).
 */
int kit_resource_policy(struct rq *rq, str text, const struct policy **ret_policy);

/*
 * May the event's source do that? HUB_OK or HUB_E_DENIED. A service needs a statement of the
 * policy, for it and for the event's SourceArn and SourceAccount. What Lambda sends on (dead
 * letters, destinations) it has asked of the function's role already, so within the account it
 * needs none. Any thread.
 */
int kit_port_admits(const struct hub_event *event, str text,
                    const struct aws_port_question *question);
/* The same of a compiled policy; NULL: nothing is attached. */
int kit_port_decides(const struct hub_event *event, const struct policy *policy,
                     const struct aws_port_question *question);
