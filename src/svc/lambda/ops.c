/* svc/lambda: the operation table, expanded from ops.def, and the service row. */
#include "aws/model.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/kit/op_table.h"

struct aws_service lambda_service(struct lambda_svc *lambda) {
    return (struct aws_service){
        .name = "lambda",
        .api = &api_lambda,
        KIT_TABLES,
        .svc = lambda,
        .common = lambda_e_common,
        .resource = lambda_hook_resource,
        .resource_policy = lambda_hook_policy,
        .context = lambda_hook_context,
        .tags = lambda_hook_tags,
    };
}
