/* AWS::SNS::Topic, AWS::SNS::Subscription, AWS::SNS::TopicPolicy. */
#include "cfn/type.h"

static const char gone[] = "NotFound|NotFoundException";

static int set_topic_attribute(struct cfn_work *w, str arn, const char *name, json_t *value) {
    json_t *in = json_object();
    json_set_str(in, "TopicArn", arn);
    json_set_str(in, "AttributeName", str_c(name));
    json_set(in, "AttributeValue", value);
    return cfn_call(w, "sns", "SetTopicAttributes", in, NULL);
}

/* Attributes are strings. */
static json_t *attribute_text(const json_t *value) {
    return json_is_boolean(value) ? json_string(json_is_true(value) ? "true" : "false") : cfn_document(value);
}

/* ---- Topic ---- */

static const char *const topic_attributes[] = {"DisplayName", "KmsMasterKeyId", "ContentBasedDeduplication", "SignatureVersion", NULL};

static json_t *create_topic_input(struct cfn_work *w, str name) {
    json_t *in = json_object(), *attributes = json_object();
    json_set_str(in, "Name", name);
    for (size_t i = 0; topic_attributes[i]; i++)
        if (json_has(w->props, topic_attributes[i]))
            json_set(attributes, topic_attributes[i], attribute_text(json_object_get(w->props, topic_attributes[i])));
    if (json_bool(w->props, "FifoTopic", false))
        json_set_str(attributes, "FifoTopic", S("true"));
    json_set(in, "Attributes", attributes);
    if (json_has(w->props, "Tags"))
        json_object_set(in, "Tags", json_object_get(w->props, "Tags"));
    return in;
}

static int subscribe_all(struct cfn_work *w) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(w->props, "Subscription"), i, one) {
        json_t *in = json_deep_copy(one);
        json_set_str(in, "TopicArn", cfn_physical(w));
        if (cfn_call(w, "sns", "Subscribe", in, NULL))
            return CFN_FAILED;
    }
    return CFN_DONE;
}

/* CreateTopic answers an existing topic: ask first, so that none is adopted. */
static int refuse_existing_topic(struct cfn_work *w, str name) {
    if (w->again)
        return CFN_DONE;
    json_t *in = json_pack("{so}", "TopicArn", json_sprintf("arn:aws:sns:" STR_FMT ":" STR_FMT ":" STR_FMT, STR_ARG(w->region), STR_ARG(w->account), STR_ARG(name)));
    if (cfn_call_unless(w, "sns", "GetTopicAttributes", in, "NotFound|NotFoundException|AuthorizationError|AccessDenied", NULL))
        return CFN_FAILED;
    return w->code[0] ? CFN_DONE : cfn_fail(w, STR_FMT " already exists", STR_ARG(name));
}

static int create_topic(struct cfn_work *w) {
    CLEANUP_JSON json_t *out = NULL;
    CLEANUP_DEINIT(buf) struct buf name = {0};
    buf_str(&name, cfn_name(w, "TopicName"));
    if (json_bool(w->props, "FifoTopic", false) && !str_ends(buf_view(&name), S(".fifo")))
        buf_c(&name, ".fifo");
    if (refuse_existing_topic(w, buf_view(&name)) ||
        cfn_call(w, "sns", "CreateTopic", create_topic_input(w, buf_view(&name)), &out))
        return CFN_FAILED;
    cfn_set_physical(w, json_str(out, "TopicArn"));
    cfn_set_attribute(w, "TopicArn", STR_FMT, STR_ARG(cfn_physical(w)));
    cfn_set_attribute(w, "TopicName", "%s", buf_cstr(&name));
    return subscribe_all(w);
}

static int update_topic(struct cfn_work *w) {
    for (size_t i = 0; topic_attributes[i]; i++) {
        const json_t *value = json_object_get(w->props, topic_attributes[i]);
        if (cfn_changed(w, topic_attributes[i]) &&
            set_topic_attribute(w, cfn_physical(w), topic_attributes[i], value ? attribute_text(value) : json_string("")))
            return CFN_FAILED;
    }
    if (!cfn_changed(w, "Tags"))
        return CFN_DONE;
    CLEANUP_JSON json_t *arn = json_of_str(cfn_physical(w));
    CLEANUP_JSON json_t *dropped = cfn_tags_gone(w);
    if (json_array_size(dropped) && cfn_call(w, "sns", "UntagResource", json_pack("{sO,sO}", "ResourceArn", arn, "TagKeys", dropped), NULL))
        return CFN_FAILED;
    json_t *tags = json_object_get(w->props, "Tags");
    return tags ? cfn_call(w, "sns", "TagResource", json_pack("{sO,sO}", "ResourceArn", arn, "Tags", tags), NULL) : CFN_DONE;
}

static int remove_topic(struct cfn_work *w) {
    return cfn_call_unless(w, "sns", "DeleteTopic", json_pack("{so}", "TopicArn", json_of_str(cfn_physical(w))), gone, NULL);
}

/* ---- Subscription ---- */

static const char *const subscription_attributes[] = {"RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", NULL};

static int create_subscription(struct cfn_work *w) {
    static const char *const same[] = {"TopicArn", "Protocol", "Endpoint", NULL};
    CLEANUP_JSON json_t *out = NULL;
    json_t *in = json_object(), *attributes = json_object();
    cfn_copy(in, w->props, same);
    for (size_t i = 0; subscription_attributes[i]; i++)
        if (json_has(w->props, subscription_attributes[i]))
            json_set(attributes, subscription_attributes[i], attribute_text(json_object_get(w->props, subscription_attributes[i])));
    json_set(in, "Attributes", attributes);
    json_set_bool(in, "ReturnSubscriptionArn", true);
    if (cfn_call(w, "sns", "Subscribe", in, &out))
        return CFN_FAILED;
    cfn_set_physical(w, json_str(out, "SubscriptionArn"));
    cfn_set_attribute(w, "Arn", STR_FMT, STR_ARG(cfn_physical(w)));
    return CFN_DONE;
}

static int update_subscription(struct cfn_work *w) {
    for (size_t i = 0; subscription_attributes[i]; i++) {
        if (!cfn_changed(w, subscription_attributes[i]))
            continue;
        const json_t *value = json_object_get(w->props, subscription_attributes[i]);
        json_t *in = json_object();
        json_set_str(in, "SubscriptionArn", cfn_physical(w));
        json_set_str(in, "AttributeName", str_c(subscription_attributes[i]));
        json_set(in, "AttributeValue", value ? attribute_text(value) : json_string("{}"));
        if (cfn_call(w, "sns", "SetSubscriptionAttributes", in, NULL))
            return CFN_FAILED;
    }
    return CFN_DONE;
}

static int remove_subscription(struct cfn_work *w) {
    json_t *in = json_pack("{so}", "SubscriptionArn", json_of_str(cfn_physical(w)));
    return cfn_call_unless(w, "sns", "Unsubscribe", in, gone, NULL);
}

/* ---- Policy of topics ---- */

static int set_policies(struct cfn_work *w) {
    size_t i;
    json_t *topic;
    json_array_foreach(json_object_get(w->props, "Topics"), i, topic)
        if (set_topic_attribute(w, json_text(topic), "Policy", cfn_document(json_object_get(w->props, "PolicyDocument"))))
            return CFN_FAILED;
    cfn_set_physical(w, w->physical.len ? cfn_physical(w) : w->name);
    cfn_set_attribute(w, "Id", STR_FMT, STR_ARG(cfn_physical(w)));
    return CFN_DONE;
}

/* What a topic has from its creation on. */
static json_t *default_policy(const struct cfn_work *w, str topic) {
    CLEANUP_JSON json_t *policy = json_pack(
        "{s:s, s:s, s:[{s:s, s:s, s:{s:s}, s:[ssssssss], s:o, s:{s:{s:o}}}]}", "Version", "2008-10-17", "Id", "__default_policy_ID",
        "Statement", "Sid", "__default_statement_ID", "Effect", "Allow", "Principal", "AWS", "*", "Action", "SNS:GetTopicAttributes",
        "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe",
        "SNS:ListSubscriptionsByTopic", "SNS:Publish", "Resource", json_of_str(topic), "Condition", "StringEquals",
        "AWS:SourceOwner", json_of_str(w->account));
    return cfn_document(policy);
}

static int remove_policies(struct cfn_work *w) {
    size_t i;
    json_t *topic;
    json_array_foreach(json_object_get(w->props, "Topics"), i, topic) {
        json_t *in = json_object();
        json_object_set(in, "TopicArn", topic);
        json_set_str(in, "AttributeName", S("Policy"));
        json_set(in, "AttributeValue", default_policy(w, json_text(topic)));
        if (cfn_call_unless(w, "sns", "SetTopicAttributes", in, gone, NULL))
            return CFN_FAILED;
    }
    return CFN_DONE;
}

static const char *const topic_props[] = {
    "DisplayName", "KmsMasterKeyId", "ContentBasedDeduplication", "SignatureVersion", "Tags", "TopicName", "FifoTopic", "Subscription", NULL};
static const char *const topic_in_place[] = {
    "DisplayName", "KmsMasterKeyId", "ContentBasedDeduplication", "SignatureVersion", "Tags", NULL};
static const char *const subscription_props[] = {
    "RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "TopicArn", "Protocol", "Endpoint", NULL};
static const char *const policy_props[] = {"PolicyDocument", "Topics", NULL};
static const char *const policy_in_place[] = {"PolicyDocument", NULL};

const struct cfn_type cfn_types_sns[] = {
    {.name = "AWS::SNS::Topic", .name_prop = "TopicName", .name_max = 250, .supported = topic_props, .in_place = topic_in_place,
     .create = create_topic, .update = update_topic, .remove = remove_topic},
    {.name = "AWS::SNS::Subscription", .supported = subscription_props, .in_place = subscription_attributes,
     .create = create_subscription, .update = update_subscription, .remove = remove_subscription},
    {.name = "AWS::SNS::TopicPolicy", .supported = policy_props, .in_place = policy_in_place, .create = set_policies,
     .update = set_policies, .remove = remove_policies},
    {0},
};
