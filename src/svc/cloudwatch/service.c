/* svc/cloudwatch: the operation table, expanded from ops.def, and opening. */
#include "aws/model.h"
#include "svc/cloudwatch/cw_priv.h"

static const struct aws_op ops[] = {
#define OP(name, action, resource, flags) {#name, cw_op_##name, action, resource, flags, NULL},
#include "svc/cloudwatch/ops.def"
#undef OP
};

void cw_hook_context(struct svc *cw, struct rq *rq, struct policy_context *context) {
    (void)cw;
    str name_space = json_str(rq->in, "Namespace");
    if (name_space.p)
        policy_context_add(context, S("cloudwatch:namespace"), name_space);
}

struct aws_service cw_service(struct svc *cw) {
    return (struct aws_service){
        .name = "cloudwatch",
        .api = &api_cloudwatch,
        .ops = ops,
        .n_ops = ARRAY_LEN(ops),
        .svc = cw,
        .common = CW_common,
        .context = cw_hook_context,
    };
}

int cw_open(struct svc **ret_cw, struct store *store, struct hub *hub, struct err *err) {
    (void)err; /* nothing here can fail; x_open of every service has it */
    struct svc *cw = mem_new(struct svc);
    cw->store = store;
    cw->hub = hub;
    cw->known = cw_known_new();
    if (hub)
        hub_plug_metric(hub, cw_put_metric, cw);
    *ret_cw = cw;
    return 0;
}

struct svc *cw_close(struct svc *cw) {
    if (cw) {
        cw_known_free(cw->known);
        free(cw);
    }
    return NULL;
}
