/* svc/sts: the operation table, expanded from ops.def, and opening. */
#include "aws/model.h"
#include "svc/sts/sts_priv.h"
#include "svc/kit/op_table.h"

struct aws_service sts_service(struct sts_svc *sts) {
    return (struct aws_service){
        .name = "sts",
        .api = &api_sts,
        KIT_TABLES,
        .svc = sts,
        .common = STS_common,
        .resource_policy = sts_hook_policy,
        .context = sts_hook_context,
    };
}

int sts_open(struct sts_svc **ret_sts, struct iam_svc *iam, struct err *err) {
    (void)err; /* nothing here can fail yet; x_open of every service has it */
    struct sts_svc *sts = mem_new(struct sts_svc);
    sts->iam = iam;
    *ret_sts = sts;
    return 0;
}

struct sts_svc *sts_close(struct sts_svc *sts) {
    free(sts);
    return NULL;
}
