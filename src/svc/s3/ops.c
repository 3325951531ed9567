/* svc/s3: the operation table, expanded from ops.def, and the service row. */
#include "aws/model.h"
#include "svc/s3/s3_priv.h"

static const struct aws_op ops[] = {
#define OP(name, action, resource, flags) {#name, s3_op_##name, action, resource, flags, NULL},
#define OP_IN(name, action, resource, flags)                                                       \
    {#name, s3_op_##name, action, resource, flags, s3_open_##name},
#include "svc/s3/ops.def"
#undef OP
#undef OP_IN
};

struct aws_service s3_service(struct svc *s3) {
    return (struct aws_service){
        .name = "s3",
        .api = &api_s3,
        .ops = ops,
        .n_ops = ARRAY_LEN(ops),
        .svc = s3,
        .resource_policy = s3_hook_policy,
        .context = s3_hook_context,
        .veto = s3_hook_veto,
    };
}

int s3_open(struct svc **ret_s3, struct store *store, struct hub *hub, struct err *err) {
    struct svc *s3 = mem_new(struct svc);
    s3->store = store;
    s3->hub = hub;
    s3->buckets = s3_buckets_new();
    int r = s3_sweep(s3, err);
    if (r) {
        s3_close(s3);
        return r;
    }
    *ret_s3 = s3;
    return 0;
}

struct svc *s3_close(struct svc *s3) {
    if (!s3)
        return NULL;
    s3_buckets_free(s3->buckets);
    free(s3);
    return NULL;
}
