/* Subscriptions: subscribe, unsubscribe, list, attributes. */
#include "base/rand.h"
#include "store/key.h"
#include "svc/sns/filter.h"
#include "svc/sns/sns_priv.h"

/* ---- Attributes ---- */

/* What an attribute is set of. */
struct of {
    const struct sns_arn *topic;
    str protocol;
};

static int check_raw(struct rq *rq, const struct kit_attribute *a, str value, const void *of_) {
    const struct of *of = of_;
    if (!kit_is_bool(value))
        return sns_fail_parameter(rq, "%s: must be true or false.", a->name);
    if (str_is(value, "true") && !str_is(of->protocol, "sqs") &&
        !str_starts(of->protocol, S("http")))
        return sns_fail_parameter(
            rq,
            "Attributes Reason: RawMessageDelivery: RawMessageDelivery is not supported for this protocol");
    return 0;
}

static int check_filter(struct rq *rq, const struct kit_attribute *a, str value, const void *) {
    CLEANUP_JSON json_t *policy = json_parse(value, NULL);
    struct err err = {0};
    if (!policy)
        return sns_fail_parameter(rq, "%s: failed to parse JSON.", a->name);
    return sns_filter_check(policy, &err) ? sns_fail_parameter(rq, "%s", err.text) : 0;
}

static int check_scope(struct rq *rq, const struct kit_attribute *a, str value, const void *) {
    return str_is(value, "MessageAttributes")
               ? 0
               : sns_fail_parameter(rq, "%s " STR_FMT " is not supported by calotype", a->name,
                                    STR_ARG(value));
}

/* In the topic's own region and account, as SNS wants its dead-letter queues. */
static int check_redrive(struct rq *rq, const struct kit_attribute *a, str value, const void *of_) {
    const struct of *of = of_;
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    struct arn target, own = {.region = of->topic->region, .account = of->topic->account};
    if (arn_parse_regional(json_str(doc, "deadLetterTargetArn"), "sqs", &target) &&
        arn_same_place(&target, &own))
        return 0;
    return sns_fail_parameter(
        rq, "%s: must hold deadLetterTargetArn, a queue of the topic's region and account",
        a->name);
}

static const struct kit_attribute rows[] = {
    {.name = "RawMessageDelivery", .check = check_raw},
    {.name = "FilterPolicyScope", .check = check_scope}, /* first: it says what a policy may be */
    {.name = "FilterPolicy", .check = check_filter},
    {.name = "RedrivePolicy", .check = check_redrive},
    {.name = "DeliveryPolicy", .only = "", .refusal = &sns_no_attribute},
    {.name = "SubscriptionRoleArn", .only = "", .refusal = &sns_no_attribute},
    {.name = "ReplayPolicy", .only = "", .refusal = &sns_no_attribute},
};
static const struct kit_attributes table = {rows, ARRAY_LEN(rows), SNS_UNKNOWN_ATTRIBUTE};

/* ---- Subscribe ---- */

/* Sets *confirmed: queues and functions of the topic's own account need not be asked. */
static int check_endpoint(struct rq *rq, const struct sns_arn *topic, str protocol, str endpoint,
                          bool *confirmed) {
    bool queue = str_is(protocol, "sqs"), function = str_is(protocol, "lambda");
    *confirmed = false;
    if (queue || function) {
        struct arn target;
        if (!arn_parse_regional(endpoint, queue ? "sqs" : "lambda", &target))
            return sns_fail_parameter(rq, "%s endpoint ARN", queue ? "SQS" : "Lambda");
        if (queue && str_ends(endpoint, S(".fifo")))
            return sns_fail_parameter(
                rq,
                "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
        *confirmed = str_eq(target.account, topic->account);
        return 0;
    }
    if (str_is(protocol, "email") || str_is(protocol, "email-json")) {
        ptrdiff_t at = str_chr(endpoint, '@');
        return at > 0 && (size_t)at + 1 < endpoint.len ? 0
                                                       : sns_fail_parameter(rq, "Email address");
    }
    if (str_is(protocol, "https") || str_is(protocol, "http"))
        return str_starts(endpoint, str_is(protocol, "https") ? S("https://") : S("http://"))
                   ? 0
                   : sns_fail_parameter(rq, "Endpoint must match the specified protocol");
    if (str_is(protocol, "sms") || str_is(protocol, "application") || str_is(protocol, "firehose"))
        return sns_fail_parameter(rq, "the protocol " STR_FMT " is not supported by calotype",
                                  STR_ARG(protocol));
    return sns_fail_parameter(rq, "Does not support this protocol string: " STR_FMT,
                              STR_ARG(protocol));
}

/*
 * 1: the same protocol and endpoint are subscribed already (*ret_id, *ret_doc); 0; or a fault. The
 * newest state, read behind the topic's row, which put_new changes: what it does not see was not
 * there yet.
 */
static int find_same(struct sns_svc *svc, struct rq *rq, const struct sns_arn *topic, str protocol,
                     str endpoint, str *ret_id, json_t **ret_doc) {
    struct sns_walk walk;
    int r, found = 0;
    sns_walk_init(&walk, svc->store, NULL, topic, STR_NONE);
    while (!found && (r = sns_walk_next(&walk)) > 0) {
        found = str_eq(json_str(walk.row.doc, "Protocol"), protocol) &&
                str_eq(json_str(walk.row.doc, "Endpoint"), endpoint);
        if (found) {
            *ret_id = arena_str(&rq->arena, walk.arn.subscription);
            *ret_doc = json_deep_copy(walk.row.doc);
        }
    }
    sns_walk_deinit(&walk);
    return found ? 1 : r;
}

static void answer(struct rq *rq, const struct sns_arn *arn, bool confirmed) {
    rq->out = json_object();
    bool show = confirmed || json_bool(rq->in, "ReturnSubscriptionArn", false);
    json_set_str(rq->out, "SubscriptionArn",
                 show ? sns_arn_of(rq, arn) : S("pending confirmation"));
}

/*
 * Its topic's row is a condition, so that the topic does not go this moment, and counts
 * subscriptions, so that each changes it: of two calls for one endpoint the later runs again and
 * finds the other's. Blind: the id is our own.
 */
static int put_new(struct rq *rq, struct kit_doc *topic, struct sns_arn *arn, str protocol,
                   str endpoint, bool confirmed, json_t *attributes) {
    const struct rows *writes = rq_rows_newest(rq);
    CLEANUP_DEINIT(buf) struct buf key = {0}, text = {0};
    CLEANUP_JSON json_t *doc = json_object();
    char id[RAND_UUID_LEN + 1];
    rand_uuid(id);
    arn->subscription = arena_str(&rq->arena, str_c(id));
    json_set_str(doc, "Protocol", protocol);
    json_set_str(doc, "Endpoint", endpoint);
    json_set_str(doc, "Owner", rq->account);
    json_set_str(doc, "Principal", rq->caller ? rq->caller->principal.arn : S(""));
    json_set_bool(doc, "Confirmed", confirmed);
    json_set_int(doc, "Number", (int64_t)store_next_id(rq_store(rq)));
    json_object_set(doc, "Attributes", attributes);
    json_write(&text, doc);
    sns_subscription_key(&key, arn);
    row_put_blind(writes, STORE_META, buf_view(&key), buf_view(&text));
    json_set_int(kit_doc_change(topic), "Subscribed", json_int(topic->doc, "Subscribed", 0) + 1);
    kit_doc_put(writes, topic);
    answer(rq, arn, confirmed);
    return 0;
}

int sns_op_Subscribe(struct sns_svc *svc, struct rq *rq) {
    CLEANUP_JSON json_t *attributes = json_object(), *same = NULL;
    struct kit_doc *topic;
    struct sns_arn arn;
    str protocol = json_str(rq->in, "Protocol"), endpoint = json_str(rq->in, "Endpoint");
    const struct of of = {&arn, protocol};
    bool confirmed;
    if (sns_use_topic(rq, "TopicArn", &arn, &topic) ||
        check_endpoint(rq, &arn, protocol, endpoint, &confirmed) ||
        kit_attributes_apply(rq, &table, json_obj(rq->in, "Attributes"), attributes, &of))
        return AWS_FAILED;
    int r = find_same(svc, rq, &arn, protocol, endpoint, &arn.subscription, &same);
    if (r < 0)
        return aws_fault(rq, r, "reading the topic's subscriptions");
    if (r == 0)
        return put_new(rq, topic, &arn, protocol, endpoint, confirmed, attributes);
    if (json_object_size(attributes) && !json_equal(json_obj(same, "Attributes"), attributes))
        return sns_fail_parameter(
            rq, "Attributes Reason: Subscription already exists with different attributes");
    answer(rq, &arn, json_bool(same, "Confirmed", false));
    return 0;
}

/* Unsubscribing from a subscription that is not there succeeds. */
int sns_op_Unsubscribe(struct sns_svc *, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct kit_doc *subscription;
    struct sns_arn arn;
    if (sns_use_arn(rq, "SubscriptionArn", true, &arn))
        return AWS_FAILED;
    if (!str_eq(arn.account, rq->account))
        return aws_fail(rq, &SNS_NotFound, "Subscription does not exist");
    sns_subscription_key(&key, &arn);
    int r = kit_doc_use_key(rq, buf_view(&key), &subscription);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    store_batch_frees(rq_batch(rq));
    row_del(rq_rows_newest(rq), &subscription->row);
    return 0;
}

/* ---- Attributes of one ---- */

int sns_op_GetSubscriptionAttributes(struct sns_svc *, struct rq *rq) {
    struct kit_doc *row;
    struct sns_arn arn;
    if (sns_use_subscription(rq, &arn, &row))
        return AWS_FAILED;
    json_t *out = json_copy((json_t *)kit_doc_attributes(row));
    const json_t *doc = row->doc;
    struct sns_arn topic = sns_topic_of(&arn);
    bool confirmed = json_bool(doc, "Confirmed", false);
    json_set_str(out, "SubscriptionArn", sns_arn_of(rq, &arn));
    json_set_str(out, "TopicArn", sns_arn_of(rq, &topic));
    json_set_str(out, "Protocol", json_str(doc, "Protocol"));
    json_set_str(out, "Endpoint", json_str(doc, "Endpoint"));
    json_set_str(out, "Owner", json_str(doc, "Owner"));
    json_set_str(out, "SubscriptionPrincipal", json_str(doc, "Principal"));
    json_set_str(out, "PendingConfirmation", confirmed ? S("false") : S("true"));
    json_set_str(out, "ConfirmationWasAuthenticated", confirmed ? S("true") : S("false"));
    if (!json_has(out, "RawMessageDelivery"))
        json_set_str(out, "RawMessageDelivery", S("false"));
    if (json_has(out, "FilterPolicy") && !json_has(out, "FilterPolicyScope"))
        json_set_str(out, "FilterPolicyScope", S("MessageAttributes"));
    rq->out = json_object();
    json_set(rq->out, "Attributes", out);
    return 0;
}

int sns_op_SetSubscriptionAttributes(struct sns_svc *, struct rq *rq) {
    struct kit_doc *row;
    struct sns_arn arn;
    const char *name = json_string_value(json_object_get(rq->in, "AttributeName"));
    if (sns_use_subscription(rq, &arn, &row))
        return AWS_FAILED;
    const struct of of = {&arn, json_str(row->doc, "Protocol")};
    if (kit_attribute_apply(rq, &table, name, json_str(rq->in, "AttributeValue"),
                            kit_doc_change_attributes(row), &of))
        return AWS_FAILED;
    kit_doc_put(rq_rows_newest(rq), row);
    return 0;
}

/* ---- Lists ---- */

static json_t *show(struct rq *rq, const struct sns_arn *arn, const json_t *doc) {
    struct sns_arn topic = sns_topic_of(arn);
    json_t *out = json_object();
    bool confirmed = json_bool(doc, "Confirmed", false);
    json_set_str(out, "SubscriptionArn",
                 confirmed ? sns_arn_of(rq, arn) : S("PendingConfirmation"));
    json_set_str(out, "Owner", json_str(doc, "Owner"));
    json_set_str(out, "Protocol", json_str(doc, "Protocol"));
    json_set_str(out, "Endpoint", json_str(doc, "Endpoint"));
    json_set_str(out, "TopicArn", sns_arn_of(rq, &topic));
    return out;
}

/* prefix: of the rows' keys. */
static int list(struct rq *rq, str prefix) {
    static const struct kit_paging paging = SNS_PAGING("Subscriptions");
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (kit_page_begin(&page, rq, &paging, prefix))
        return AWS_FAILED;
    kit_page_rows(&page, STORE_META, prefix);
    while (kit_page_next(&page)) {
        CLEANUP_JSON json_t *doc = json_parse(page.value, NULL);
        struct sns_arn arn;
        if (!doc || !sns_subscription_key_parse(page.key, &text, &arn))
            return aws_fault(rq, STORE_E_DAMAGED, "reading a subscription");
        kit_page_add(&page, STR_NONE, show(rq, &arn, doc));
    }
    return kit_page_end(&page);
}

int sns_op_ListSubscriptions(struct sns_svc *, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    key_begin(&prefix, "snssub");
    key_str(&prefix, rq->account);
    key_str(&prefix, rq->region);
    return list(rq, buf_view(&prefix));
}

int sns_op_ListSubscriptionsByTopic(struct sns_svc *, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    struct kit_doc *topic;
    struct sns_arn arn;
    if (sns_use_topic(rq, "TopicArn", &arn, &topic))
        return AWS_FAILED;
    sns_subscription_key(&prefix, &arn);
    return list(rq, buf_view(&prefix));
}
