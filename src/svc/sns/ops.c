/*
 * svc/sns: the operation table, expanded from ops.def, the service row, and what handlers begin
 * with.
 */
#include "aws/model.h"
#include "svc/sns/sns_priv.h"
#include "svc/kit/op_table.h"

/* ---- What handlers begin with ---- */

int sns_fail_parameter(struct rq *rq, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    str what = arena_vprintf(&rq->arena, fmt, args);
    va_end(args);
    return aws_fail(rq, &SNS_InvalidParameter, "Invalid parameter: " STR_FMT, STR_ARG(what));
}

int sns_use_arn(struct rq *rq, const char *member, bool wants_subscription, struct sns_arn *ret) {
    str arn = json_str(rq->in, member);
    if (sns_arn_parse(arn, ret) && (ret->subscription.len > 0) == wants_subscription)
        return 0;
    return sns_fail_parameter(rq, "%s", member);
}

/* Rows live in the region of the ARN, whatever region the request was signed for. */
static int found(struct rq *rq, int r, const char *what) {
    return r == STORE_E_ABSENT ? aws_fail(rq, &SNS_NotFound, "%s does not exist", what) : r;
}

int sns_use_topic(struct rq *rq, const char *member, struct sns_arn *ret_arn,
                  struct kit_doc **ret_doc) {
    if (sns_use_arn(rq, member, false, ret_arn))
        return AWS_FAILED;
    return found(rq, kit_doc_use(rq, ret_arn->account, ret_arn->region, ret_arn->topic, ret_doc),
                 "Topic");
}

/* A subscription is its topic's account's: another account's caller must not learn of it. */
int sns_use_subscription(struct rq *rq, struct sns_arn *ret_arn, struct kit_doc **ret_doc) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    if (sns_use_arn(rq, "SubscriptionArn", true, ret_arn))
        return AWS_FAILED;
    if (!str_eq(ret_arn->account, rq->account))
        return found(rq, STORE_E_ABSENT, "Subscription");
    sns_subscription_key(&key, ret_arn);
    return found(rq, kit_doc_use_key(rq, buf_view(&key), ret_doc), "Subscription");
}

str sns_arn_of(struct rq *rq, const struct sns_arn *arn) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    sns_arn_add(&text, arn);
    return arena_str(&rq->arena, buf_view(&text));
}

const struct kit_refusal sns_no_attribute = {
    &SNS_InvalidParameter, "Invalid parameter: the attribute {name} is not supported by calotype"};

const struct kit_refusal sns_no_value = {
    &SNS_InvalidParameter, "Invalid parameter: {name}: {value} is not supported by calotype"};

/* ---- Authorisation ---- */

static int resource(void *, struct rq *rq, struct buf *ret_arn) {
    static const char *const members[] = {"TopicArn", "TargetArn", "ResourceArn"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        str arn = json_str(rq->in, members[i]);
        struct sns_arn parsed;
        if (!arn.p)
            continue;
        if (!sns_arn_parse(arn, &parsed) || parsed.subscription.len)
            return sns_fail_parameter(rq, "%s", members[i]);
        buf_str(ret_arn, arn);
        return 0;
    }
    if (json_has(rq->in, "PhoneNumber"))
        return aws_fail(
            rq, &SNS_InvalidParameter,
            "Invalid parameter: PhoneNumber: text messages are not supported by calotype");
    return sns_fail_parameter(rq, "TopicArn or TargetArn Reason: no value for required parameter");
}

struct aws_service sns_service(struct sns_svc *sns) {
    return (struct aws_service){.name = "sns",
                                .api = &api_sns,
                                KIT_TABLES,
                                .svc = sns,
                                .common = SNS_common,
                                .resource = resource,
                                .resource_policy = kit_doc_policy,
                                .tags = kit_doc_tags};
}

/* ---- Life ---- */

int sns_open(struct sns_svc **ret_sns, struct store *store, struct hub *hub, struct err *) {
    struct sns_svc *sns = mem_new(struct sns_svc);
    sns->store = store;
    sns->hub = hub;
    sns_plug(sns);
    sns_fan_out_plug(sns);
    sns_later_open(sns);
    *ret_sns = sns;
    return 0;
}

struct sns_svc *sns_close(struct sns_svc *sns) {
    free(sns);
    return NULL;
}
