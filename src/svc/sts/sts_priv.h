#pragma once
/* svc/sts, inside the room: the service's state is the iam it asks; it has no rows of its own. */
#include "svc/iam/iam.h"
#include "svc/sts/errors.h"
#include "svc/sts/sts.h"

/* iam must outlive it. Constant: any thread. */
struct sts_svc {
    struct iam_svc *iam;
};

#define KIT_OPS    "svc/sts/ops.def"
#define KIT_PREFIX sts
#include "svc/kit/op_handlers.h"

/*
 * aws_service.resource_policy: the trust policy of the role in question. *ret_policy is borrowed
 * until the request ends. 0 or AWS_FAILED.
 */
int sts_hook_policy(void *sts, struct rq *rq, str arn, const struct policy **ret_policy,
                    str *ret_account);
/* aws_service.context: the tags of the role in question. */
int sts_hook_context(void *sts, struct rq *rq, const struct aws_question *question,
                     struct policy_context *context);
