/* The ARN that authorisation asks about, for operations that take a group by name or by ARN. */
#include "base/arn.h"
#include "svc/logs/logs_priv.h"

int logs_hook_resource(void *, struct rq *rq, struct buf *ret_arn) {
    str group = logs_group_name(rq), stream = json_str(rq->in, "logStreamName");
    if (!group.p &&
        json_has(rq->in, "logGroupIdentifier")) /* of another account or region: as it was given */
        buf_str(ret_arn, json_str(rq->in, "logGroupIdentifier"));
    else
        arn_add(ret_arn, "logs", rq->region, rq->account,
                "log-group:" STR_FMT ":log-stream:" STR_FMT, STR_ARG(group), STR_ARG(stream));
    return 0;
}
