/* GetCallerIdentity and GetAccessKeyInfo. */
#include "svc/sts/sts_priv.h"

int sts_op_GetCallerIdentity(struct sts_svc *, struct rq *rq) {
    if (!rq->caller)
        return aws_fail(rq, &STS_AccessDenied, NULL);
    rq->out = json_object();
    json_set_str(rq->out, "UserId", rq->caller->user_id);
    json_set_str(rq->out, "Account", rq->caller->principal.account);
    json_set_str(rq->out, "Arn", rq->caller->principal.arn);
    return 0;
}

int sts_op_GetAccessKeyInfo(struct sts_svc *, struct rq *rq) {
    str account = STR_NONE;
    int r = iam_account_of_key(rq, json_str(rq->in, "AccessKeyId"), &account);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &STS_ValidationError, "There is no access key with that id");
    rq->out = json_object();
    json_set_str(rq->out, "Account", account);
    return r;
}
