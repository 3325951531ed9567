/* Topics: create, delete, list, attributes, tags. */
#include "aws/keys.h"
#include "svc/kit/name.h"
#include "svc/kit/tags.h"
#include "svc/sns/sns_priv.h"

enum { NAME_MAX_LEN = 256 };

static void put(struct rq *rq, const struct kit_doc *topic) {
    kit_doc_put(rq_rows_newest(rq), topic);
}

/* ---- Attributes ---- */

static int check_display_name(struct rq *rq, const struct kit_attribute *a, str value,
                              const void *) {
    return value.len > 100 ? sns_fail_parameter(rq, "%s", a->name) : 0;
}

static int check_policy(struct rq *rq, const struct kit_attribute *, str value, const void *) {
    struct err err = {0};
    return aws_policy_new(rq, POLICY_RESOURCE, value, NULL, &err)
               ? sns_fail_parameter(rq, "Policy Error: %s", err.text)
               : 0;
}

static const struct kit_refusal no_fifo = {
    &SNS_InvalidParameter, "Invalid parameter: FIFO topics are not supported by calotype ({name})"};

#define NOT_HERE(attribute)                                                                        \
    { .name = attribute, .only = "", .refusal = &sns_no_attribute }
/* Delivery status logging: without its roles nothing is logged, whatever share was to be. */
#define NO_FEEDBACK(protocol)                                                                      \
    NOT_HERE(protocol "SuccessFeedbackRoleArn"), NOT_HERE(protocol "FailureFeedbackRoleArn"), {    \
        .name = protocol "SuccessFeedbackSampleRate", .only = "|0", .kept = true,                  \
        .refusal = &sns_no_value                                                                   \
    }

static const struct kit_attribute rows[] = {
    {.name = "DisplayName", .check = check_display_name},
    {.name = "Policy", .check = check_policy},
    {.name = "FifoTopic", .only = "false", .refusal = &no_fifo},
    {.name = "ContentBasedDeduplication", .only = "false", .refusal = &no_fifo},
    {.name = "FifoThroughputScope", .only = "false", .refusal = &no_fifo},
    {.name = "SignatureVersion", .only = "|1", .kept = true, .refusal = &sns_no_value},
    {.name = "TracingConfig", .only = "|PassThrough", .kept = true, .refusal = &sns_no_value},
    NOT_HERE("KmsMasterKeyId"),
    NOT_HERE("DeliveryPolicy"),
    NOT_HERE("ArchivePolicy"),
    NOT_HERE("DataProtectionPolicy"),
    NO_FEEDBACK("HTTP"),
    NO_FEEDBACK("Lambda"),
    NO_FEEDBACK("SQS"),
    NO_FEEDBACK("Firehose"),
    NO_FEEDBACK("Application"),
};
static const struct kit_attributes table = {rows, ARRAY_LEN(rows), SNS_UNKNOWN_ATTRIBUTE};

void sns_default_policy(struct buf *out, str arn, str account) {
    buf_printf(
        out,
        "{\"Version\":\"2008-10-17\",\"Id\":\"__default_policy_ID\",\"Statement\":[{\"Sid\":\"__default_statement_ID\",\"Effect\":\"Allow\","
        "\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"SNS:GetTopicAttributes\",\"SNS:SetTopicAttributes\",\"SNS:AddPermission\","
        "\"SNS:RemovePermission\",\"SNS:DeleteTopic\",\"SNS:Subscribe\",\"SNS:ListSubscriptionsByTopic\",\"SNS:Publish\"],"
        "\"Resource\":\"" STR_FMT
        "\",\"Condition\":{\"StringEquals\":{\"AWS:SourceOwner\":\"" STR_FMT "\"}}}]}",
        STR_ARG(arn), STR_ARG(account));
}

static int count_subscriptions(struct sns_svc *svc, struct rq *rq, const struct sns_arn *topic,
                               json_t *out) {
    struct sns_walk walk;
    int64_t confirmed = 0, pending = 0;
    int r;
    sns_walk_init(&walk, svc->store, rq_snap(rq), topic, STR_NONE);
    while ((r = sns_walk_next(&walk)) > 0)
        *(json_bool(walk.row.doc, "Confirmed", false) ? &confirmed : &pending) += 1;
    sns_walk_deinit(&walk);
    if (r < 0)
        return aws_fault(rq, r, "reading the topic's subscriptions");
    json_set_str(out, "SubscriptionsConfirmed",
                 arena_printf(&rq->arena, "%lld", (long long)confirmed));
    json_set_str(out, "SubscriptionsPending", arena_printf(&rq->arena, "%lld", (long long)pending));
    json_set_str(out, "SubscriptionsDeleted", S("0"));
    return 0;
}

int sns_op_GetTopicAttributes(struct sns_svc *svc, struct rq *rq) {
    CLEANUP_JSON json_t *out = json_object();
    CLEANUP_DEINIT(buf) struct buf otherwise = {0};
    struct kit_doc *topic;
    struct sns_arn arn;
    if (sns_use_topic(rq, "TopicArn", &arn, &topic) || count_subscriptions(svc, rq, &arn, out))
        return AWS_FAILED;
    sns_default_policy(&otherwise, sns_arn_of(rq, &arn), arn.account);
    json_set_str(out, "TopicArn", sns_arn_of(rq, &arn));
    json_set_str(out, "Owner", arn.account);
    json_set_str(out, "DisplayName", S(""));
    json_set_str(out, "Policy", buf_view(&otherwise));
    json_object_update(out,
                       (json_t *)kit_doc_attributes(topic)); /* what was set, over the defaults */
    rq->out = json_object();
    json_object_set(rq->out, "Attributes", out);
    return 0;
}

int sns_op_SetTopicAttributes(struct sns_svc *, struct rq *rq) {
    struct kit_doc *topic;
    struct sns_arn arn;
    const char *name = json_string_value(json_object_get(rq->in, "AttributeName"));
    if (sns_use_topic(rq, "TopicArn", &arn, &topic) ||
        kit_attribute_apply(rq, &table, name, json_str(rq->in, "AttributeValue"),
                            kit_doc_change_attributes(topic), NULL))
        return AWS_FAILED;
    put(rq, topic);
    return 0;
}

/* ---- Tags ---- */

#define BAD_TAGS                                                                                   \
    { &SNS_InvalidParameter, "Invalid parameter: Tags" }
static const struct kit_tags tags = {.of = KIT_TAGS_SNS,
                                     .refuse = {[KIT_TAGS_KEY] = BAD_TAGS,
                                                [KIT_TAGS_VALUE] = BAD_TAGS,
                                                [KIT_TAGS_RESERVED] = BAD_TAGS,
                                                [KIT_TAGS_MANY] = {&SNS_TagLimitExceeded, NULL}}};

/* Tag operations call what is missing by another name. */
static int use_resource(struct rq *rq, struct kit_doc **ret_topic) {
    struct sns_arn arn;
    if (sns_use_arn(rq, "ResourceArn", false, &arn))
        return AWS_FAILED;
    int r = kit_doc_use(rq, arn.account, arn.region, arn.topic, ret_topic);
    return r == STORE_E_ABSENT ? aws_fail(rq, &SNS_ResourceNotFound, NULL) : r;
}

int sns_op_TagResource(struct sns_svc *, struct rq *rq) {
    struct kit_doc *topic;
    if (use_resource(rq, &topic) ||
        kit_tags_merge(rq, &tags, kit_doc_change(topic), json_arr(rq->in, "Tags")))
        return AWS_FAILED;
    put(rq, topic);
    return 0;
}

int sns_op_UntagResource(struct sns_svc *, struct rq *rq) {
    struct kit_doc *topic;
    if (use_resource(rq, &topic))
        return AWS_FAILED;
    kit_tags_remove(&tags, kit_doc_change(topic), json_arr(rq->in, "TagKeys"));
    put(rq, topic);
    return 0;
}

int sns_op_ListTagsForResource(struct sns_svc *, struct rq *rq) {
    struct kit_doc *topic;
    if (use_resource(rq, &topic))
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, "Tags", kit_tags_list(kit_tags_stored(&tags, topic->doc)));
    return 0;
}

/* ---- Life ---- */

static int compare_existing(struct rq *rq, const struct kit_doc *topic, const json_t *attributes,
                            const json_t *wanted) {
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)attributes, name, value)
        if (!kit_attribute_is_moot(&table, name) &&
            !json_equal(json_object_get(kit_doc_attributes(topic), name), value))
            return sns_fail_parameter(
                rq, "Attributes Reason: Topic already exists with different attributes");
    if (json_object_size(wanted) && !json_equal(kit_tags_stored(&tags, topic->doc), wanted))
        return sns_fail_parameter(rq, "Tags Reason: Topic already exists with different tags");
    return 0;
}

static int check_new(struct rq *rq, json_t *attributes) {
    str topic = json_str(rq->in, "Name"), protection = json_str(rq->in, "DataProtectionPolicy");
    if (str_ends(topic, S(".fifo")))
        return sns_fail_parameter(rq, "FIFO topics are not supported by calotype");
    if (!kit_name_ok(topic, NAME_MAX_LEN))
        return sns_fail_parameter(rq, "Topic Name");
    if (kit_attribute_apply(rq, &table, "DataProtectionPolicy", protection, attributes, NULL) ||
        kit_attributes_apply(rq, &table, json_obj(rq->in, "Attributes"), attributes, NULL))
        return AWS_FAILED;
    return kit_tags_check(rq, &tags, json_arr(rq->in, "Tags"));
}

int sns_op_CreateTopic(struct sns_svc *, struct rq *rq) {
    CLEANUP_JSON json_t *attributes = json_object(),
                        *wanted = kit_tags_map(json_arr(rq->in, "Tags"));
    struct sns_arn arn = {rq->region, rq->account, json_str(rq->in, "Name"), STR_NONE};
    struct kit_doc *topic;
    if (check_new(rq, attributes))
        return AWS_FAILED;
    int r = kit_doc_use(rq, arn.account, arn.region, arn.topic, &topic);
    if (r == STORE_E_ABSENT) {
        json_t *doc = kit_doc_change(topic);
        json_set_int(doc, "Created", rq->now_ms);
        json_object_set(doc, "Attributes", attributes);
        json_object_set(doc, "Tags", wanted);
        put(rq, topic);
    } else if (r || compare_existing(rq, topic, attributes, wanted)) {
        return AWS_FAILED;
    }
    rq->out = json_object();
    json_set_str(rq->out, "TopicArn", sns_arn_of(rq, &arn));
    return 0;
}

/*
 * A topic that is not there is deleted already ("DeleteTopic is idempotent"). Its subscriptions go
 * with it.
 */
int sns_op_DeleteTopic(struct sns_svc *, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    struct kit_doc *topic;
    struct sns_arn arn;
    if (sns_use_arn(rq, "TopicArn", false, &arn))
        return AWS_FAILED;
    int r = kit_doc_use(rq, arn.account, arn.region, arn.topic, &topic);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    sns_subscription_key(&from, &arn);
    store_batch_frees(rq_batch(rq));
    row_del(rq_rows_newest(rq), &topic->row);
    store_del_below(rq_batch(rq), STORE_META, buf_view(&from));
    return 0;
}

int sns_op_ListTopics(struct sns_svc *, struct rq *rq) {
    static const struct kit_paging paging = SNS_PAGING("Topics");
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    CLEANUP_DEINIT(buf) struct buf prefix = {0}, name = {0};
    key_begin(&prefix, "sns");
    key_str(&prefix, rq->account);
    key_str(&prefix, rq->region);
    if (kit_page_begin(&page, rq, &paging, STR_NONE))
        return AWS_FAILED;
    kit_page_rows(&page, STORE_META, buf_view(&prefix));
    while (kit_page_next(&page)) {
        struct cur key = cur_of(str_skip(page.key, prefix.len));
        buf_clear(&name);
        if (!key_take_str(&key, &name))
            return aws_fault(rq, STORE_E_DAMAGED, "reading a topic's key");
        json_t *topic = json_object();
        json_set_str(
            topic, "TopicArn",
            arn_str(&rq->arena, "sns", rq->region, rq->account, STR_FMT, STR_ARG(buf_view(&name))));
        kit_page_add(&page, STR_NONE, topic);
    }
    return kit_page_end(&page);
}
