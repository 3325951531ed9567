#pragma once
/*
 * aws/port: the decisions of what is no request: an event that comes in through a hub port, and
 * what a service does in the name of a role.
 */
#include "aws/identity.h"
#include "hub/hub.h"
#include "policy/policy.h"

/*
 * May the event's source (a service principal, with aws:SourceArn and aws:SourceAccount) do action
 * on resource, which belongs to account? policy NULL: nothing is attached, so no service may.
 * HUB_OK or HUB_E_DENIED. Any thread.
 */
int aws_port_decide(const struct hub_event *event, const struct policy *policy, const char *action,
                    str resource, str account);

/* May `service`, which acts in this role, do action on resource? */
struct aws_role_question {
    str role;    /* ARN */
    str service; /* "lambda.amazonaws.com": the role must trust it */
    str session_name;
    const char *action;
    str resource;         /* ARN */
    str resource_account; /* absent: the one in the ARN */
    str region;
    /* on whose behalf: aws:SourceArn, aws:SourceAccount; or absent */
    str source_arn, source_account;
};
/* By the role's own policies. False too when there is no such role. Any thread. */
bool aws_role_may(const struct aws_identity_source *identities,
                  const struct aws_role_question *question);
