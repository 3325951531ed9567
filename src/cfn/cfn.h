#pragma once
/*
 * cfn: CloudFormation: the API over the stack engine (cfn/engine.h).
 *
 * Life, in the daemon: cfn_open after the cloud was made, aws_cloud_add(cfn_service), hub_start
 * (operations of an earlier life go on at once); cfn_stop before hub_stop, cfn_close after it.
 *
 * Provisioning goes through aws_call as the stack's caller, or as its RoleARN, so IAM decides.
 */
#include "aws/call.h"
#include "aws/op.h"

struct cfn_svc; /* the service's state */

/* For store_open: how rows of older formats become those of this one. */
extern const struct store_migration cfn_migrations[];

/* cloud must outlive the service. 0 or -errno with the reason in err. */
int cfn_open(struct cfn_svc **ret_cfn, struct aws_cloud *cloud, struct err *err);
/*
 * Steps under way end at the next row they would write; what they have written is taken up later.
 */
void cfn_stop(struct cfn_svc *cfn);
/* Returns NULL; no request may be under way. */
struct cfn_svc *cfn_close(struct cfn_svc *cfn);
/* The service as the cloud wants it (aws_cloud_add). The caller keeps the struct. */
struct aws_service cfn_service(struct cfn_svc *cfn);

/*
 * Answers to custom resources are PUTs to paths that begin with CFN_ANSWERS, whose query has the
 * signature that is asked for. Whoever takes requests from net gives them to cfn_answer: HTTP
 * status to reply.
 */
#define CFN_ANSWERS "/_calotype/cfn-response/"
struct cfn_answer {
    str path, query, body; /* path and query: of the URL, without the question mark */
};
int cfn_answer(struct cfn_svc *cfn, const struct cfn_answer *answer);
