#include "svc/cloudwatch/cw_priv.h"

#include <errno.h>

int cw_row_get(struct rq *rq, str key, json_t **ret_doc) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    bool writes = rq->op->flags & OP_MUTATES;
    int r = rq_get(rq, STORE_META, key, &value);
    if (r == STORE_E_ABSENT && writes)
        store_expect_absent(rq_batch(rq), STORE_META, key);
    if (r)
        return r;
    if (writes)
        store_expect_value(rq_batch(rq), STORE_META, key, buf_view(&value));
    *ret_doc = json_parse(buf_view(&value), NULL);
    return *ret_doc ? 0 : aws_fault(rq, -EBADMSG, "a stored alarm or dashboard");
}
