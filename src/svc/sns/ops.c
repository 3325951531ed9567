/* svc/sns: the operation table, expanded from ops.def, the service row, and what handlers begin with. */
#include "aws/model.h"
#include "base/codec.h"
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
static int use_row(struct rq *rq, str key, const char *missing, json_t **ret_doc, struct buf *row) {
    CLEANUP_DEINIT(buf) struct buf own = {0};
    row = row ? row : &own;
    int r = rq_get(rq, STORE_META, key, row);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &SNS_NotFound, "%s does not exist", missing);
    if (r)
        return r;
    *ret_doc = json_parse(buf_view(row), NULL);
    return *ret_doc ? 0 : aws_fault(rq, STORE_E_DAMAGED, "reading a row");
}

int sns_use_topic(struct rq *rq, const char *member, struct sns_arn *ret_arn, json_t **ret_doc, struct buf *row) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    if (sns_use_arn(rq, member, false, ret_arn))
        return AWS_FAILED;
    sns_topic_key(&key, ret_arn);
    return use_row(rq, buf_view(&key), "Topic", ret_doc, row);
}

/* A subscription is its topic's account's: another account's caller must not learn of it. */
int sns_use_subscription(struct rq *rq, struct sns_arn *ret_arn, json_t **ret_doc, struct buf *row) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    if (sns_use_arn(rq, "SubscriptionArn", true, ret_arn))
        return AWS_FAILED;
    if (!str_eq(ret_arn->account, rq->account))
        return aws_fail(rq, &SNS_NotFound, "Subscription does not exist");
    sns_subscription_key(&key, ret_arn);
    return use_row(rq, buf_view(&key), "Subscription", ret_doc, row);
}

void sns_put_row(struct rq *rq, str key, str before, const json_t *doc) {
    if (before.p)
        store_expect_value(rq_batch(rq), STORE_META, key, before);
    else
        store_expect_absent(rq_batch(rq), STORE_META, key);
    rq_put_json(rq, STORE_META, key, doc);
}

str sns_arn_of(struct rq *rq, const struct sns_arn *arn) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    sns_arn_add(&text, arn);
    return arena_str(&rq->arena, buf_view(&text));
}

json_t *sns_attributes(const json_t *doc) { return json_obj(doc, "Attributes"); }

/* The key behind the last one is that key and a zero byte. */
int sns_page_start(struct rq *rq, struct buf *from) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    str token = json_str(rq->in, "NextToken");
    if (token.len == 0)
        return 0;
    if (!codec_unbase64(&key, token) || !str_starts(buf_view(&key), buf_view(from)))
        return sns_fail_parameter(rq, "NextToken");
    buf_clear(from);
    buf_str(from, buf_view(&key));
    buf_u8(from, 0);
    return 0;
}

void sns_page_end(struct rq *rq, str last_key) {
    CLEANUP_DEINIT(buf) struct buf token = {0};
    codec_add_base64(&token, last_key.p, last_key.len);
    json_set_str(rq->out, "NextToken", buf_view(&token));
}

/* ---- Authorisation ---- */

static int resource(struct svc *svc, struct rq *rq, struct buf *ret_arn) {
    static const char *const members[] = {"TopicArn", "TargetArn", "ResourceArn"};
    (void)svc;
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
        return aws_fail(rq, &SNS_InvalidParameter, "Invalid parameter: PhoneNumber: text messages are not supported by calotype");
    return sns_fail_parameter(rq, "TopicArn or TargetArn Reason: no value for required parameter");
}

static void drop_policy(void *policy) { policy_free(policy); }

static int resource_policy(struct svc *svc, struct rq *rq, str arn, const struct policy **ret_policy, str *ret_account) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_JSON json_t *doc = NULL;
    struct sns_arn topic;
    (void)svc;
    if (!sns_arn_parse(arn, &topic) || topic.subscription.len)
        return 0;
    *ret_account = arena_str(&rq->arena, topic.account);
    sns_topic_key(&key, &topic);
    int r = rq_get_json(rq, STORE_META, buf_view(&key), &doc);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    str text = json_str(sns_attributes(doc), "Policy");
    struct policy *policy = NULL;
    struct err err = {0};
    if (text.len == 0)
        return 0;
    if (policy_new(&policy, POLICY_RESOURCE, text, &err)) /* it was checked when it was set */
        return aws_fault(rq, STORE_E_DAMAGED, err.text);
    rq_on_done(rq, drop_policy, policy);
    *ret_policy = policy;
    return 0;
}

struct aws_service sns_service(struct svc *sns) {
    return (struct aws_service){.name = "sns", .api = &api_sns, KIT_TABLES, .svc = sns, .common = SNS_common,
                                .resource = resource, .resource_policy = resource_policy};
}

/* ---- Life ---- */

int sns_open(struct svc **ret_sns, struct store *store, struct hub *hub, struct err *err) {
    struct svc *sns = mem_new(struct svc);
    (void)err;
    sns->store = store;
    sns->hub = hub;
    sns_plug(sns);
    sns_fan_out_plug(sns);
    *ret_sns = sns;
    return 0;
}

struct svc *sns_close(struct svc *sns) {
    free(sns);
    return NULL;
}
