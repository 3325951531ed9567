#pragma once
/*
 * aws/port: what a service needs where an event comes in through its hub port, which is no request:
 * the decision of the target's resource policy.
 */
#include "hub/hub.h"
#include "policy/policy.h"

/*
 * May the event's source (a service principal, with aws:SourceArn and aws:SourceAccount) do action
 * on resource, which belongs to account? policy NULL: nothing is attached, so no service may.
 * HUB_OK or HUB_E_DENIED. Any thread.
 */
int aws_port_decide(const struct hub_event *event, const struct policy *policy, const char *action,
                    str resource, str account);
