/* svc/s3: the operation table, expanded from ops.def, and the service row. */
#include "aws/model.h"
#include "svc/s3/digest.h"
#include "svc/s3/s3_priv.h"
#include "svc/kit/op_table.h"

struct aws_service s3_service(struct s3_svc *s3) {
    return (struct aws_service){
        .name = "s3",
        .api = &api_s3,
        KIT_TABLES,
        .svc = s3,
        .derived = s3_derived,
        .unsigned_call = s3_hook_unsigned,
        .resource_policy = s3_hook_policy,
        .context = s3_hook_context,
        .veto = s3_hook_veto,
        .common = S3_common,
        .invalid = s3_hook_invalid,
    };
}

int s3_open(struct s3_svc **ret_s3, struct store *store, struct hub *hub, struct err *err) {
    struct s3_svc *s3 = mem_new(struct s3_svc);
    s3->store = store;
    s3->hub = hub;
    s3->hashers = s3_hashers_new();
    int r = s3_sweep(s3, err);
    if (r) {
        s3_close(s3);
        return r;
    }
    s3_outcome_plug(s3);
    *ret_s3 = s3;
    return 0;
}

struct s3_svc *s3_close(struct s3_svc *s3) {
    if (!s3)
        return NULL;
    s3_hashers_free(s3->hashers);
    free(s3);
    return NULL;
}
