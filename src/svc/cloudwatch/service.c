/* svc/cloudwatch: the operation table, expanded from ops.def, and opening. */
#include "aws/model.h"
#include "base/arn.h"
#include "svc/cloudwatch/cw_priv.h"
#include "svc/kit/op_table.h"

/* The alarm whose history is asked for, or all of them. */
static int resource(void *, struct rq *rq, struct buf *ret_arn) {
    str name = json_str(rq->in, "AlarmName");
    arn_add(ret_arn, "cloudwatch", rq->region, rq->account, "alarm:" STR_FMT,
            STR_ARG(name.p ? name : S("*")));
    return 0;
}

struct aws_service cw_service(struct cw_svc *cw) {
    return (struct aws_service){
        .name = "cloudwatch",
        .api = &api_cloudwatch,
        KIT_TABLES,
        .svc = cw,
        .common = CW_common,
        .resource = resource,
        .tags = cw_hook_tags,
    };
}

int cw_open(struct cw_svc **ret_cw, struct store *store, struct hub *hub, struct err *err) {
    (void)err; /* nothing here can fail; x_open of every service has it */
    struct cw_svc *cw = mem_new(struct cw_svc);
    cw->store = store;
    cw->hub = hub;
    cw->known = cw_known_new();
    if (hub) {
        hub_plug_metric(hub, cw_put_metric, cw);
        hub_add_timer(hub, "cw-history", cw_history_sweep, cw);
        cw_actions_plug(cw);
    }
    *ret_cw = cw;
    return 0;
}

struct cw_svc *cw_close(struct cw_svc *cw) {
    if (cw) {
        cw_known_free(cw->known);
        free(cw);
    }
    return NULL;
}
