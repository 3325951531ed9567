/* svc/lambda: the operation table, expanded from ops.def, and the service row. */
#include "aws/model.h"
#include "svc/lambda/lambda_priv.h"

static const struct aws_op ops[] = {
#define OP(name, action, resource, flags) {#name, lambda_op_##name, action, resource, flags, NULL},
#include "svc/lambda/ops.def"
#undef OP
};

struct aws_service lambda_service(struct svc *lambda) {
    return (struct aws_service){
        .name = "lambda",
        .api = &api_lambda,
        .ops = ops,
        .n_ops = ARRAY_LEN(ops),
        .svc = lambda,
        .common = lambda_e_common,
        .resource = lambda_hook_resource,
        .resource_policy = lambda_hook_policy,
        .context = lambda_hook_context,
    };
}
