/* Subscriptions: subscribe, unsubscribe, list, attributes. */
#include "base/rand.h"
#include "store/key.h"
#include "svc/sns/filter.h"
#include "svc/sns/sns_priv.h"

/* ---- Attributes ---- */

static bool is_bool(str value) { return str_is(value, "true") || str_is(value, "false"); }

static int check_filter(struct rq *rq, str value) {
    CLEANUP_JSON json_t *policy = json_parse(value, NULL);
    struct err err = {0};
    if (!policy)
        return sns_fail_parameter(rq, "FilterPolicy: failed to parse JSON.");
    return sns_filter_check(policy, &err) ? sns_fail_parameter(rq, "%s", err.text) : 0;
}

/* In the topic's own region and account, as SNS wants its dead-letter queues. */
static int check_redrive(struct rq *rq, str value, const struct sns_arn *topic) {
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    str target = json_str(doc, "deadLetterTargetArn");
    str prefix = arena_printf(&rq->arena, "arn:aws:sqs:" STR_FMT ":" STR_FMT ":", STR_ARG(topic->region), STR_ARG(topic->account));
    if (!str_starts(target, prefix) || target.len == prefix.len)
        return sns_fail_parameter(rq, "RedrivePolicy: must hold deadLetterTargetArn, a queue of the topic's region and account");
    return 0;
}

static int refuse(struct rq *rq, const char *name) {
    static const char *const known[] = {"DeliveryPolicy", "SubscriptionRoleArn", "ReplayPolicy"};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(name, known[i]) == 0)
            return aws_fail(rq, &SNS_InvalidParameter, "Invalid parameter: the attribute %s is not supported by calotype", name);
    return sns_fail_parameter(rq, "AttributeName");
}

/* Sets one attribute in into; an empty value removes it. */
static int apply(struct rq *rq, const struct sns_arn *topic, str protocol, const char *name, str value, json_t *into) {
    int r = 0;
    if (strcmp(name, "RawMessageDelivery") == 0) {
        if (value.len && !is_bool(value))
            r = sns_fail_parameter(rq, "RawMessageDelivery: must be true or false.");
        else if (str_is(value, "true") && !str_is(protocol, "sqs") && !str_starts(protocol, S("http")))
            r = sns_fail_parameter(rq, "Attributes Reason: RawMessageDelivery: RawMessageDelivery is not supported for this protocol");
    } else if (strcmp(name, "FilterPolicy") == 0) {
        r = value.len ? check_filter(rq, value) : 0;
    } else if (strcmp(name, "FilterPolicyScope") == 0) {
        if (value.len && !str_is(value, "MessageAttributes"))
            r = aws_fail(rq, &SNS_InvalidParameter, "Invalid parameter: FilterPolicyScope " STR_FMT " is not supported by calotype", STR_ARG(value));
    } else if (strcmp(name, "RedrivePolicy") == 0) {
        r = value.len ? check_redrive(rq, value, topic) : 0;
    } else {
        r = value.len ? refuse(rq, name) : 0;
        return r;
    }
    if (r)
        return r;
    if (value.len)
        json_set_str(into, name, value);
    else
        json_object_del(into, name);
    return 0;
}

/* ---- Subscribe ---- */

/* The account part of an ARN of that service; absent: not such an ARN. */
static str arn_account(str arn, const char *service) {
    str rest = arn, parts[6];
    for (size_t i = 0; i < 5; i++)
        if (!str_cut(rest, ':', &parts[i], &rest))
            return STR_NONE;
    return str_is(parts[0], "arn") && str_is(parts[2], service) && parts[4].len == 12 && rest.len ? parts[4] : STR_NONE;
}

/* Sets *confirmed: queues and functions of the topic's own account need not be asked. */
static int check_endpoint(struct rq *rq, const struct sns_arn *topic, str protocol, str endpoint, bool *confirmed) {
    bool queue = str_is(protocol, "sqs"), function = str_is(protocol, "lambda");
    *confirmed = false;
    if (queue || function) {
        str account = arn_account(endpoint, queue ? "sqs" : "lambda");
        if (!account.p)
            return sns_fail_parameter(rq, "%s endpoint ARN", queue ? "SQS" : "Lambda");
        if (queue && str_ends(endpoint, S(".fifo")))
            return sns_fail_parameter(rq, "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
        *confirmed = str_eq(account, topic->account);
        return 0;
    }
    if (str_is(protocol, "email") || str_is(protocol, "email-json")) {
        ptrdiff_t at = str_chr(endpoint, '@');
        return at > 0 && (size_t)at + 1 < endpoint.len ? 0 : sns_fail_parameter(rq, "Email address");
    }
    if (str_is(protocol, "https") || str_is(protocol, "http"))
        return str_starts(endpoint, str_is(protocol, "https") ? S("https://") : S("http://"))
                   ? 0
                   : sns_fail_parameter(rq, "Endpoint must match the specified protocol");
    if (str_is(protocol, "sms") || str_is(protocol, "application") || str_is(protocol, "firehose"))
        return aws_fail(rq, &SNS_InvalidParameter, "Invalid parameter: the protocol " STR_FMT " is not supported by calotype", STR_ARG(protocol));
    return sns_fail_parameter(rq, "Does not support this protocol string: " STR_FMT, STR_ARG(protocol));
}

/* 1: the same protocol and endpoint are subscribed already (*ret_id, *ret_doc); 0; or a fault. */
static int find_same(struct svc *svc, struct rq *rq, const struct sns_arn *topic, str protocol, str endpoint, str *ret_id, json_t **ret_doc) {
    struct sns_walk walk;
    int r, found = 0;
    sns_walk_init(&walk, svc->store, rq_snap(rq), topic);
    while (!found && (r = sns_walk_next(&walk)) > 0) {
        found = str_eq(json_str(walk.doc, "Protocol"), protocol) && str_eq(json_str(walk.doc, "Endpoint"), endpoint);
        if (found) {
            *ret_id = arena_str(&rq->arena, walk.arn.subscription);
            *ret_doc = json_incref(walk.doc);
        }
    }
    sns_walk_deinit(&walk);
    return found ? 1 : r;
}

static void answer(struct rq *rq, const struct sns_arn *arn, bool confirmed) {
    rq->out = json_object();
    bool show = confirmed || json_bool(rq->in, "ReturnSubscriptionArn", false);
    json_set_str(rq->out, "SubscriptionArn", show ? sns_arn_of(rq, arn) : S("pending confirmation"));
}

static int put_new(struct rq *rq, struct sns_arn *arn, str protocol, str endpoint, bool confirmed, json_t *attributes) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, topic_key = {0};
    CLEANUP_JSON json_t *doc = json_object();
    char id[RAND_UUID_LEN + 1];
    struct sns_arn topic = *arn;
    topic.subscription = STR_NONE;
    rand_uuid(id);
    arn->subscription = arena_str(&rq->arena, str_c(id));
    json_set_str(doc, "Protocol", protocol);
    json_set_str(doc, "Endpoint", endpoint);
    json_set_str(doc, "Owner", rq->account);
    json_set_str(doc, "Principal", rq->caller ? rq->caller->principal.arn : S(""));
    json_set_bool(doc, "Confirmed", confirmed);
    json_object_set(doc, "Attributes", attributes);
    sns_topic_key(&topic_key, &topic);
    store_expect_present(rq_batch(rq), STORE_META, buf_view(&topic_key));
    sns_subscription_key(&key, arn);
    sns_put_row(rq, buf_view(&key), STR_NONE, doc);
    answer(rq, arn, confirmed);
    return 0;
}

static int apply_all(struct rq *rq, const struct sns_arn *topic, str protocol, json_t *into) {
    const char *name;
    json_t *value;
    json_object_foreach(json_obj(rq->in, "Attributes"), name, value)
        if (apply(rq, topic, protocol, name, json_text(value), into))
            return AWS_FAILED;
    return 0;
}

int sns_op_Subscribe(struct svc *svc, struct rq *rq) {
    CLEANUP_JSON json_t *topic_doc = NULL, *attributes = json_object(), *same = NULL;
    struct sns_arn arn;
    str protocol = json_str(rq->in, "Protocol"), endpoint = json_str(rq->in, "Endpoint");
    bool confirmed;
    if (sns_use_topic(rq, "TopicArn", &arn, &topic_doc, NULL) || check_endpoint(rq, &arn, protocol, endpoint, &confirmed) ||
        apply_all(rq, &arn, protocol, attributes))
        return AWS_FAILED;
    int r = find_same(svc, rq, &arn, protocol, endpoint, &arn.subscription, &same);
    if (r < 0)
        return aws_fault(rq, r, "reading the topic's subscriptions");
    if (r == 0)
        return put_new(rq, &arn, protocol, endpoint, confirmed, attributes);
    if (json_object_size(attributes) && !json_equal(sns_attributes(same), attributes))
        return sns_fail_parameter(rq, "Attributes Reason: Subscription already exists with different attributes");
    answer(rq, &arn, json_bool(same, "Confirmed", false));
    return 0;
}

/* One that is not there is gone already. */
int sns_op_Unsubscribe(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct sns_arn arn;
    (void)svc;
    if (sns_use_arn(rq, "SubscriptionArn", true, &arn))
        return AWS_FAILED;
    if (!str_eq(arn.account, rq->account))
        return aws_fail(rq, &SNS_NotFound, "Subscription does not exist");
    sns_subscription_key(&key, &arn);
    store_batch_frees(rq_batch(rq));
    store_del(rq_batch(rq), STORE_META, buf_view(&key));
    return 0;
}

/* ---- Attributes of one ---- */

int sns_op_GetSubscriptionAttributes(struct svc *svc, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    struct sns_arn arn;
    (void)svc;
    if (sns_use_subscription(rq, &arn, &doc, NULL))
        return AWS_FAILED;
    json_t *out = json_copy(sns_attributes(doc));
    struct sns_arn topic = arn;
    topic.subscription = STR_NONE;
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

int sns_op_SetSubscriptionAttributes(struct svc *svc, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    CLEANUP_DEINIT(buf) struct buf key = {0}, row = {0};
    struct sns_arn arn;
    (void)svc;
    const char *name = json_string_value(json_object_get(rq->in, "AttributeName"));
    if (sns_use_subscription(rq, &arn, &doc, &row) ||
        apply(rq, &arn, json_str(doc, "Protocol"), name, json_str(rq->in, "AttributeValue"), sns_attributes(doc)))
        return AWS_FAILED;
    sns_subscription_key(&key, &arn);
    sns_put_row(rq, buf_view(&key), buf_view(&row), doc);
    return 0;
}

/* ---- Lists ---- */

static json_t *show(struct rq *rq, const struct sns_arn *arn, const json_t *doc) {
    struct sns_arn topic = *arn;
    json_t *out = json_object();
    topic.subscription = STR_NONE;
    bool confirmed = json_bool(doc, "Confirmed", false);
    json_set_str(out, "SubscriptionArn", confirmed ? sns_arn_of(rq, arn) : S("PendingConfirmation"));
    json_set_str(out, "Owner", json_str(doc, "Owner"));
    json_set_str(out, "Protocol", json_str(doc, "Protocol"));
    json_set_str(out, "Endpoint", json_str(doc, "Endpoint"));
    json_set_str(out, "TopicArn", sns_arn_of(rq, &topic));
    return out;
}

/* from: the prefix of what is listed. */
static int list(struct svc *svc, struct rq *rq, struct buf *from) {
    CLEANUP_DEINIT(buf) struct buf to = {0}, last = {0}, text = {0};
    CLEANUP_JSON json_t *all = json_array();
    buf_str(&to, buf_view(from));
    key_after(&to);
    if (sns_page_start(rq, from))
        return AWS_FAILED;
    CLEANUP(store_iter) struct store_iter *it =
        store_iter_new(svc->store, rq_snap(rq), STORE_META, buf_view(from), buf_view(&to), false);
    rq->out = json_object();
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = NULL;
        struct sns_arn arn;
        if (json_array_size(all) == SNS_PAGE) {
            sns_page_end(rq, buf_view(&last));
            break;
        }
        doc = json_parse(it->value, NULL);
        if (!doc || !sns_subscription_key_parse(it->key, &text, &arn))
            return aws_fault(rq, STORE_E_DAMAGED, "reading a subscription");
        json_array_append_new(all, show(rq, &arn, doc));
        buf_clear(&last);
        buf_str(&last, it->key);
    }
    if (store_iter_fault(it))
        return aws_fault(rq, store_iter_fault(it), "listing subscriptions");
    json_object_set(rq->out, "Subscriptions", all);
    return 0;
}

int sns_op_ListSubscriptions(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    key_begin(&from, "snssub");
    key_str(&from, rq->account);
    key_str(&from, rq->region);
    return list(svc, rq, &from);
}

int sns_op_ListSubscriptionsByTopic(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    CLEANUP_JSON json_t *doc = NULL;
    struct sns_arn arn;
    if (sns_use_topic(rq, "TopicArn", &arn, &doc, NULL))
        return AWS_FAILED;
    sns_subscription_key(&from, &arn);
    return list(svc, rq, &from);
}
