/* Topics: create, delete, list, attributes, tags. */
#include "base/codec.h"
#include "policy/policy.h"
#include "store/key.h"
#include "svc/sns/sns_priv.h"

enum { TAGS_MAX = 50 };

/* ---- Attributes ---- */

static bool name_ok(str name) {
    if (name.len < 1 || name.len > 256)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

static int check_policy(struct rq *rq, str value) {
    CLEANUP(policy) struct policy *policy = NULL;
    struct err err = {0};
    if (policy_new(&policy, POLICY_RESOURCE, value, &err))
        return sns_fail_parameter(rq, "Policy Error: %s", err.text);
    return 0;
}

/* Attributes of SNS that mean something which is not here: refused by name, unless they say "no". */
static int refuse(struct rq *rq, const char *name, str value) {
    static const char *const known[] = {
        "KmsMasterKeyId", "DeliveryPolicy", "TracingConfig", "ArchivePolicy", "DataProtectionPolicy",
        "HTTPSuccessFeedbackRoleArn", "HTTPSuccessFeedbackSampleRate", "HTTPFailureFeedbackRoleArn",
        "LambdaSuccessFeedbackRoleArn", "LambdaSuccessFeedbackSampleRate", "LambdaFailureFeedbackRoleArn",
        "SQSSuccessFeedbackRoleArn", "SQSSuccessFeedbackSampleRate", "SQSFailureFeedbackRoleArn",
        "FirehoseSuccessFeedbackRoleArn", "FirehoseSuccessFeedbackSampleRate", "FirehoseFailureFeedbackRoleArn",
        "ApplicationSuccessFeedbackRoleArn", "ApplicationSuccessFeedbackSampleRate", "ApplicationFailureFeedbackRoleArn"};
    bool fifo = strcmp(name, "FifoTopic") == 0 || strcmp(name, "ContentBasedDeduplication") == 0 || strcmp(name, "FifoThroughputScope") == 0;
    if (fifo)
        return str_is(value, "false") ? 0 : aws_fail(rq, &SNS_InvalidParameter, "Invalid parameter: FIFO topics are not supported by calotype (%s)", name);
    if (strcmp(name, "SignatureVersion") == 0 && (str_is(value, "1") || value.len == 0))
        return 0;
    if (strcmp(name, "TracingConfig") == 0 && str_is(value, "PassThrough"))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(name, known[i]) == 0)
            return value.len == 0 ? 0 : aws_fail(rq, &SNS_InvalidParameter, "Invalid parameter: the attribute %s is not supported by calotype", name);
    return sns_fail_parameter(rq, "AttributeName");
}

/* Sets one attribute in into; an empty value is the default. */
static int apply(struct rq *rq, const char *name, str value, json_t *into) {
    if (strcmp(name, "DisplayName") == 0) {
        if (value.len > 100)
            return sns_fail_parameter(rq, "DisplayName");
    } else if (strcmp(name, "Policy") == 0) {
        if (value.len && check_policy(rq, value))
            return AWS_FAILED;
    } else {
        return refuse(rq, name, value);
    }
    if (value.len)
        json_set_str(into, name, value);
    else
        json_object_del(into, name);
    return 0;
}

/*
 * What GetTopicAttributes shows while no policy was set: AWS's text. It grants nothing here, where
 * the owner's identities are asked for policies of their own.
 */
static str default_policy(struct rq *rq, const struct sns_arn *arn) {
    return arena_printf(&rq->arena,
        "{\"Version\":\"2008-10-17\",\"Id\":\"__default_policy_ID\",\"Statement\":[{\"Sid\":\"__default_statement_ID\",\"Effect\":\"Allow\","
        "\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"SNS:GetTopicAttributes\",\"SNS:SetTopicAttributes\",\"SNS:AddPermission\","
        "\"SNS:RemovePermission\",\"SNS:DeleteTopic\",\"SNS:Subscribe\",\"SNS:ListSubscriptionsByTopic\",\"SNS:Publish\"],"
        "\"Resource\":\"" STR_FMT "\",\"Condition\":{\"StringEquals\":{\"AWS:SourceOwner\":\"" STR_FMT "\"}}}]}",
        STR_ARG(sns_arn_of(rq, arn)), STR_ARG(arn->account));
}

static int count_subscriptions(struct svc *svc, struct rq *rq, const struct sns_arn *topic, json_t *out) {
    struct sns_walk walk;
    int64_t confirmed = 0, pending = 0;
    int r;
    sns_walk_init(&walk, svc->store, rq_snap(rq), topic);
    while ((r = sns_walk_next(&walk)) > 0)
        *(json_bool(walk.doc, "Confirmed", false) ? &confirmed : &pending) += 1;
    sns_walk_deinit(&walk);
    if (r < 0)
        return aws_fault(rq, r, "reading the topic's subscriptions");
    json_set_str(out, "SubscriptionsConfirmed", arena_printf(&rq->arena, "%lld", (long long)confirmed));
    json_set_str(out, "SubscriptionsPending", arena_printf(&rq->arena, "%lld", (long long)pending));
    json_set_str(out, "SubscriptionsDeleted", S("0"));
    return 0;
}

int sns_op_GetTopicAttributes(struct svc *svc, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL, *out = json_object();
    struct sns_arn arn;
    if (sns_use_topic(rq, "TopicArn", &arn, &doc, NULL) || count_subscriptions(svc, rq, &arn, out))
        return AWS_FAILED;
    str name = json_str(sns_attributes(doc), "DisplayName"), policy = json_str(sns_attributes(doc), "Policy");
    json_set_str(out, "TopicArn", sns_arn_of(rq, &arn));
    json_set_str(out, "Owner", arn.account);
    json_set_str(out, "DisplayName", name.p ? name : S(""));
    json_set_str(out, "Policy", policy.p ? policy : default_policy(rq, &arn));
    rq->out = json_object();
    json_object_set(rq->out, "Attributes", out);
    return 0;
}

int sns_op_SetTopicAttributes(struct svc *svc, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    CLEANUP_DEINIT(buf) struct buf key = {0}, row = {0};
    struct sns_arn arn;
    (void)svc;
    const char *name = json_string_value(json_object_get(rq->in, "AttributeName"));
    if (sns_use_topic(rq, "TopicArn", &arn, &doc, &row) || apply(rq, name, json_str(rq->in, "AttributeValue"), sns_attributes(doc)))
        return AWS_FAILED;
    sns_topic_key(&key, &arn);
    sns_put_row(rq, buf_view(&key), buf_view(&row), doc);
    return 0;
}

/* ---- Tags ---- */

static int add_tags(struct rq *rq, const json_t *tags, json_t *into) {
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        str key = json_str(tag, "Key"), value = json_str(tag, "Value");
        if (key.len < 1 || key.len > 128 || value.len > 256 || str_starts_nocase(key, S("aws:")))
            return sns_fail_parameter(rq, "Tags");
        json_set_str(into, json_string_value(json_object_get(tag, "Key")), value);
    }
    return json_object_size(into) > TAGS_MAX ? aws_fail(rq, &SNS_TagLimitExceeded, NULL) : 0;
}

/* Tag operations call what is missing by another name. */
static int use_resource(struct rq *rq, struct sns_arn *arn, json_t **doc, struct buf *row) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    if (sns_use_arn(rq, "ResourceArn", false, arn))
        return AWS_FAILED;
    sns_topic_key(&key, arn);
    int r = rq_get(rq, STORE_META, buf_view(&key), row);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &SNS_ResourceNotFound, NULL);
    if (r)
        return r;
    *doc = json_parse(buf_view(row), NULL);
    return *doc ? 0 : aws_fault(rq, STORE_E_DAMAGED, "reading a topic");
}

int sns_op_TagResource(struct svc *svc, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    CLEANUP_DEINIT(buf) struct buf key = {0}, row = {0};
    struct sns_arn arn;
    (void)svc;
    if (use_resource(rq, &arn, &doc, &row) || add_tags(rq, json_arr(rq->in, "Tags"), json_obj(doc, "Tags")))
        return AWS_FAILED;
    sns_topic_key(&key, &arn);
    sns_put_row(rq, buf_view(&key), buf_view(&row), doc);
    return 0;
}

int sns_op_UntagResource(struct svc *svc, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    CLEANUP_DEINIT(buf) struct buf key = {0}, row = {0};
    struct sns_arn arn;
    (void)svc;
    if (use_resource(rq, &arn, &doc, &row))
        return AWS_FAILED;
    const json_t *keys = json_arr(rq->in, "TagKeys");
    for (size_t i = 0; i < json_array_size(keys); i++)
        json_object_del(json_obj(doc, "Tags"), json_string_value(json_array_get(keys, i)));
    sns_topic_key(&key, &arn);
    sns_put_row(rq, buf_view(&key), buf_view(&row), doc);
    return 0;
}

int sns_op_ListTagsForResource(struct svc *svc, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL, *tags = json_array();
    CLEANUP_DEINIT(buf) struct buf row = {0};
    struct sns_arn arn;
    const char *key;
    json_t *value;
    (void)svc;
    if (use_resource(rq, &arn, &doc, &row))
        return AWS_FAILED;
    json_object_foreach(json_obj(doc, "Tags"), key, value) {
        json_t *tag = json_object();
        json_set_str(tag, "Key", str_c(key));
        json_object_set(tag, "Value", value);
        json_array_append_new(tags, tag);
    }
    rq->out = json_object();
    json_object_set(rq->out, "Tags", tags);
    return 0;
}

/* ---- Life ---- */

static int compare_existing(struct rq *rq, const json_t *doc, const json_t *attributes, const json_t *tags) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)attributes, name, value)
        if (!json_equal(json_object_get(sns_attributes(doc), name), value))
            return aws_fail(rq, &SNS_InvalidParameter, "Invalid parameter: Attributes Reason: Topic already exists with different attributes");
    if (json_object_size(tags) && !json_equal(json_obj(doc, "Tags"), tags))
        return aws_fail(rq, &SNS_InvalidParameter, "Invalid parameter: Tags Reason: Topic already exists with different tags");
    return 0;
}

static int check_new(struct rq *rq, json_t *attributes, json_t *tags) {
    const char *name;
    json_t *value;
    str topic = json_str(rq->in, "Name");
    if (str_ends(topic, S(".fifo")))
        return aws_fail(rq, &SNS_InvalidParameter, "Invalid parameter: FIFO topics are not supported by calotype");
    if (!name_ok(topic))
        return sns_fail_parameter(rq, "Topic Name");
    if (json_str(rq->in, "DataProtectionPolicy").len)
        return refuse(rq, "DataProtectionPolicy", json_str(rq->in, "DataProtectionPolicy"));
    json_object_foreach(json_obj(rq->in, "Attributes"), name, value)
        if (apply(rq, name, json_text(value), attributes))
            return AWS_FAILED;
    return add_tags(rq, json_arr(rq->in, "Tags"), tags);
}

int sns_op_CreateTopic(struct svc *svc, struct rq *rq) {
    CLEANUP_JSON json_t *attributes = json_object(), *tags = json_object(), *existing = NULL;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct sns_arn arn = {rq->region, rq->account, json_str(rq->in, "Name"), STR_NONE};
    (void)svc;
    if (check_new(rq, attributes, tags))
        return AWS_FAILED;
    sns_topic_key(&key, &arn);
    int r = rq_get_json(rq, STORE_META, buf_view(&key), &existing);
    if (r == STORE_E_ABSENT) {
        CLEANUP_JSON json_t *doc = json_object();
        json_set_int(doc, "Created", rq->now_ms);
        json_object_set(doc, "Attributes", attributes);
        json_object_set(doc, "Tags", tags);
        sns_put_row(rq, buf_view(&key), STR_NONE, doc);
    } else if (r || compare_existing(rq, existing, attributes, tags)) {
        return AWS_FAILED;
    }
    rq->out = json_object();
    json_set_str(rq->out, "TopicArn", sns_arn_of(rq, &arn));
    return 0;
}

/* A topic that is not there is deleted already ("DeleteTopic is idempotent"). Its subscriptions go with it. */
int sns_op_DeleteTopic(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, row = {0}, from = {0}, to = {0};
    struct sns_arn arn;
    (void)svc;
    if (sns_use_arn(rq, "TopicArn", false, &arn))
        return AWS_FAILED;
    sns_topic_key(&key, &arn);
    int r = rq_get(rq, STORE_META, buf_view(&key), &row);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    sns_subscription_key(&from, &arn);
    sns_subscription_key(&to, &arn);
    key_after(&to);
    store_batch_frees(rq_batch(rq));
    store_expect_present(rq_batch(rq), STORE_META, buf_view(&key));
    store_del(rq_batch(rq), STORE_META, buf_view(&key));
    store_del_range(rq_batch(rq), STORE_META, buf_view(&from), buf_view(&to));
    return 0;
}

int sns_op_ListTopics(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0}, last = {0}, name = {0};
    CLEANUP_JSON json_t *topics = json_array();
    key_begin(&from, "sns");
    key_str(&from, rq->account);
    key_str(&from, rq->region);
    buf_str(&to, buf_view(&from));
    key_after(&to);
    if (sns_page_start(rq, &from))
        return AWS_FAILED;
    CLEANUP(store_iter) struct store_iter *it =
        store_iter_new(svc->store, rq_snap(rq), STORE_META, buf_view(&from), buf_view(&to), false);
    rq->out = json_object();
    while (store_iter_next(it)) {
        struct cur key = cur_of(it->key);
        if (json_array_size(topics) == SNS_PAGE) {
            sns_page_end(rq, buf_view(&last));
            break;
        }
        key_take_kind(&key);
        buf_clear(&name);
        (void)(key_take_str(&key, &name) && key_take_str(&key, &name));
        buf_clear(&name);
        if (!key_take_str(&key, &name))
            continue;
        struct sns_arn arn = {rq->region, rq->account, buf_view(&name), STR_NONE};
        json_t *topic = json_object();
        json_set_str(topic, "TopicArn", sns_arn_of(rq, &arn));
        json_array_append_new(topics, topic);
        buf_clear(&last);
        buf_str(&last, it->key);
    }
    if (store_iter_fault(it))
        return aws_fault(rq, store_iter_fault(it), "listing topics");
    json_object_set(rq->out, "Topics", topics);
    return 0;
}
