#pragma once
/*
 * aws/port: the decisions of what is no request: an event that comes in through a hub port, and
 * what a service does in the name of a role.
 */
#include "aws/identity.h"
#include "hub/hub.h"
#include "policy/policy.h"

/* What an event wants to do. */
struct aws_port_question {
    const char *action;
    str resource;       /* ARN */
    str account;        /* that it belongs to */
    const json_t *tags; /* of the resource, a list of {Key, Value} or a map; or NULL */
    bool names_owner;   /* the source says aws:SourceOwner too, as older services do */
};
/*
 * May the event's source (a service principal, with aws:SourceArn and aws:SourceAccount) do that?
 * policy NULL: nothing is attached, so no service may. HUB_OK or HUB_E_DENIED. Any thread.
 */
int aws_port_decide(const struct hub_event *event, const struct policy *policy,
                    const struct aws_port_question *question);

/* May `service`, which acts in this role, do action on resource? */
struct aws_cloud;
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
/*
 * By the role's own policies and the one attached to the resource. False too when there is no such
 * role, and when that policy, or tags that are in question, cannot be read. Any thread.
 */
bool aws_role_may(struct aws_cloud *cloud, const struct aws_role_question *question);
