/* svc/sts: the operation table, expanded from ops.def, and opening. */
#include "aws/model.h"
#include "svc/sts/sts_priv.h"

static const struct aws_op ops[] = {
#define OP(name, action, resource, flags) {#name, sts_op_##name, action, resource, flags, NULL},
#include "svc/sts/ops.def"
#undef OP
};

struct aws_service sts_service(struct svc *sts) {
    return (struct aws_service){
        .name = "sts",
        .api = &api_sts,
        .ops = ops,
        .n_ops = ARRAY_LEN(ops),
        .svc = sts,
        .common = STS_common,
        .resource_policy = sts_hook_policy,
        .context = sts_hook_context,
    };
}

int sts_open(struct svc **ret_sts, struct svc *iam, struct err *err) {
    (void)err; /* nothing here can fail yet; x_open of every service has it */
    struct svc *sts = mem_new(struct svc);
    sts->iam = iam;
    *ret_sts = sts;
    return 0;
}

struct svc *sts_close(struct svc *sts) {
    free(sts);
    return NULL;
}
