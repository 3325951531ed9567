/* AWS::SQS::Queue, AWS::SQS::QueuePolicy. The physical id of a queue is its URL. */
#include "cfn/type.h"

static const char gone[] = "QueueDoesNotExist|AWS.SimpleQueueService.NonExistentQueue";

static const char *const attributes_of_queue[] = {
    "DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "VisibilityTimeout",
    "RedrivePolicy", "RedriveAllowPolicy", "ContentBasedDeduplication", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled", "DeduplicationScope", "FifoThroughputLimit", NULL};

/* Attributes are strings. */
static json_t *attribute_text(const json_t *value) {
    return json_is_boolean(value) ? json_string(json_is_true(value) ? "true" : "false") : cfn_document(value);
}

static json_t *for_queue(str url) {
    json_t *in = json_object();
    json_set_str(in, "QueueUrl", url);
    return in;
}

/* CreateQueue answers an existing queue: ask first, so that none is adopted. */
static int refuse_existing(struct cfn_work *w, str name) {
    if (w->again)
        return CFN_DONE;
    json_t *in = json_pack("{so}", "QueueName", json_of_str(name));
    if (cfn_call_unless(w, "sqs", "GetQueueUrl", in, "QueueDoesNotExist|AWS.SimpleQueueService.NonExistentQueue|AccessDenied|AccessDeniedException", NULL))
        return CFN_FAILED;
    return w->code[0] ? CFN_DONE : cfn_fail(w, STR_FMT " already exists", STR_ARG(name));
}

static int create(struct cfn_work *w) {
    CLEANUP_JSON json_t *out = NULL;
    CLEANUP_DEINIT(buf) struct buf name = {0};
    bool fifo = json_bool(w->props, "FifoQueue", false);
    buf_str(&name, cfn_name(w, "QueueName"));
    if (fifo && !str_ends(buf_view(&name), S(".fifo")))
        buf_c(&name, ".fifo");
    if (refuse_existing(w, buf_view(&name)))
        return CFN_FAILED;
    json_t *in = json_object(), *attributes = json_object();
    json_set_str(in, "QueueName", buf_view(&name));
    for (size_t i = 0; attributes_of_queue[i]; i++)
        if (json_has(w->props, attributes_of_queue[i]))
            json_set(attributes, attributes_of_queue[i], attribute_text(json_object_get(w->props, attributes_of_queue[i])));
    if (fifo)
        json_set_str(attributes, "FifoQueue", S("true"));
    json_set(in, "Attributes", attributes);
    json_set(in, "tags", cfn_tag_map(json_object_get(w->props, "Tags")));
    if (cfn_call(w, "sqs", "CreateQueue", in, &out))
        return CFN_FAILED;
    cfn_set_physical(w, json_str(out, "QueueUrl"));
    cfn_set_attribute(w, "Arn", "arn:aws:sqs:" STR_FMT ":" STR_FMT ":%s", STR_ARG(w->region), STR_ARG(w->account), buf_cstr(&name));
    cfn_set_attribute(w, "QueueName", "%s", buf_cstr(&name));
    cfn_set_attribute(w, "QueueUrl", STR_FMT, STR_ARG(cfn_physical(w)));
    return CFN_DONE;
}

/* What a queue has when nothing is said: where an update takes a property away. */
static const char *default_of(const char *name) {
    static const struct { const char *name, *value; } defaults[] = {
        {"DelaySeconds", "0"}, {"MaximumMessageSize", "262144"}, {"MessageRetentionPeriod", "345600"},
        {"ReceiveMessageWaitTimeSeconds", "0"}, {"VisibilityTimeout", "30"}, {"SqsManagedSseEnabled", "true"},
        {"ContentBasedDeduplication", "false"}, {"KmsDataKeyReusePeriodSeconds", "300"}};
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
        if (strcmp(name, defaults[i].name) == 0)
            return defaults[i].value;
    return "";
}

static int update(struct cfn_work *w) {
    json_t *attributes = json_object(), *in = for_queue(cfn_physical(w));
    for (size_t i = 0; attributes_of_queue[i]; i++) {
        const json_t *value = json_object_get(w->props, attributes_of_queue[i]);
        if (cfn_changed(w, attributes_of_queue[i]))
            json_set(attributes, attributes_of_queue[i], value ? attribute_text(value) : json_string(default_of(attributes_of_queue[i])));
    }
    bool any = json_object_size(attributes) > 0;
    json_set(in, "Attributes", attributes);
    if (!any)
        json_decref(in);
    else if (cfn_call(w, "sqs", "SetQueueAttributes", in, NULL))
        return CFN_FAILED;
    if (!cfn_changed(w, "Tags"))
        return CFN_DONE;
    CLEANUP_JSON json_t *url = json_of_str(cfn_physical(w));
    CLEANUP_JSON json_t *dropped = cfn_tags_gone(w);
    if (json_array_size(dropped) && cfn_call(w, "sqs", "UntagQueue", json_pack("{sO,sO}", "QueueUrl", url, "TagKeys", dropped), NULL))
        return CFN_FAILED;
    json_t *tags = cfn_tag_map(json_object_get(w->props, "Tags"));
    return tags ? cfn_call(w, "sqs", "TagQueue", json_pack("{sO,so}", "QueueUrl", url, "Tags", tags), NULL) : CFN_DONE;
}

static int remove_queue(struct cfn_work *w) {
    return cfn_call_unless(w, "sqs", "DeleteQueue", for_queue(cfn_physical(w)), gone, NULL);
}

/* ---- Policy of queues ---- */

static int put_policies(struct cfn_work *w, bool clear) {
    size_t i;
    json_t *url;
    json_array_foreach(json_object_get(w->props, "Queues"), i, url) {
        json_t *in = for_queue(json_text(url));
        json_t *policy = clear ? json_string("") : cfn_document(json_object_get(w->props, "PolicyDocument"));
        json_set(in, "Attributes", json_pack("{so}", "Policy", policy));
        if (cfn_call_unless(w, "sqs", "SetQueueAttributes", in, clear ? gone : NULL, NULL))
            return CFN_FAILED;
    }
    cfn_set_physical(w, w->physical.len ? cfn_physical(w) : w->name);
    cfn_set_attribute(w, "Id", STR_FMT, STR_ARG(cfn_physical(w)));
    return CFN_DONE;
}
static int set_policies(struct cfn_work *w) { return put_policies(w, false); }
static int clear_policies(struct cfn_work *w) { return put_policies(w, true); }

static const char *const queue_props[] = {
    "DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "VisibilityTimeout",
    "RedrivePolicy", "RedriveAllowPolicy", "ContentBasedDeduplication", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled", "DeduplicationScope", "FifoThroughputLimit", "Tags", "QueueName", "FifoQueue", NULL};
static const char *const policy_props[] = {"PolicyDocument", "Queues", NULL};
static const char *const policy_in_place[] = {"PolicyDocument", NULL};

const struct cfn_type cfn_types_sqs[] = {
    {.name = "AWS::SQS::Queue", .name_prop = "QueueName", .name_max = 75, .supported = queue_props, .in_place = queue_props,
     .create = create, .update = update, .remove = remove_queue},
    {.name = "AWS::SQS::QueuePolicy", .supported = policy_props, .in_place = policy_in_place, .create = set_policies,
     .update = set_policies, .remove = clear_policies},
    {0},
};
