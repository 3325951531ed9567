#pragma once
/* svc/sts, inside the room. */
#include "svc/iam/iam.h"
#include "svc/sts/errors.h"
#include "svc/sts/sts.h"

struct svc {
    struct svc *iam;
};

#define OP(name, action, resource, flags) aws_handler_fn sts_op_##name;
#include "svc/sts/ops.def"
#undef OP

/* The trust policy of the role in question is its resource policy. */
int sts_hook_policy(struct svc *sts, struct rq *rq, str arn, const struct policy **ret_policy, str *ret_account);
void sts_hook_context(struct svc *sts, struct rq *rq, struct policy_context *context);
