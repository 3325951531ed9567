#pragma once
/*
 * cfn: CloudFormation: the API over the stack engine (cfn/engine.h).
 *
 * Life, in prog: cfn_open after the cloud was made, aws_cloud_add(cfn_service), hub_start
 * (operations of an earlier life go on at once); cfn_stop before hub_stop, cfn_close after it.
 *
 * Provisioning goes through aws_call as the stack's caller, or as its RoleARN, so IAM decides.
 */
#include "aws/call.h"
#include "aws/op.h"

struct cfn_svc; /* the service's state */

/* For store_open: how rows of older formats become today's. */
extern const struct store_migration cfn_migrations[];

int cfn_open(struct cfn_svc **ret_cfn, struct aws_cloud *cloud, struct err *err);
void cfn_stop(struct cfn_svc *cfn);
struct cfn_svc *cfn_close(struct cfn_svc *cfn); /* returns NULL */
struct aws_service cfn_service(struct cfn_svc *cfn);

/*
 * Answers to custom resources are unsigned PUTs. Whoever takes requests from net asks is_answer for
 * the path (without query), before the router, and gives the body to answer: HTTP status to reply.
 */
bool cfn_wants_answer(str path);
int cfn_answer(struct cfn_svc *cfn, str path, str body);
