/* sns: Publish: the message checked, then one outbox row a subscription that wants it. */
#include "base/rand.h"
#include "svc/sns/sns_priv.h"

enum { SUBJECT_MAX = 100 };

/*
 * ASCII text, no line breaks or control characters, fewer than 100 characters ("Publish", SNS API
 * reference).
 */
static int check_subject(struct rq *rq, str subject) {
    if (!subject.p)
        return 0;
    bool ok = subject.len >= 1 && subject.len <= SUBJECT_MAX;
    for (size_t i = 0; i < subject.len; i++)
        ok = ok && (unsigned char)subject.p[i] >= ' ' && subject.p[i] != 127;
    return ok && subject.p[0] != ' ' ? 0 : sns_fail_parameter(rq, "Subject");
}

static int check_attribute(struct rq *rq, const char *name, const json_t *value) {
    str type = json_str(value, "DataType"), text = json_str(value, "StringValue"),
        blob = json_str(value, "BinaryValue");
    str base, label;
    str_cut(type, '.', &base, &label);
    if (!str_is(base, "String") && !str_is(base, "Number") && !str_is(base, "Binary"))
        return aws_fail(
            rq, &SNS_InvalidParameter,
            "Invalid parameter: The message attribute '%s' has an invalid message attribute type, "
            "the set of supported type prefixes is Binary, Number, and String.",
            name);
    if (str_is(base, "Binary") ? blob.len == 0 : text.len == 0)
        return aws_fail(
            rq, &SNS_InvalidParameter,
            "Invalid parameter: The message attribute '%s' must contain non-empty message attribute "
            "value for message attribute type '" STR_FMT "'.",
            name, STR_ARG(type));
    CLEANUP_JSON json_t *array = str_is(type, "String.Array") ? json_parse(text, NULL) : NULL;
    if (str_is(type, "String.Array") && !json_is_array(array))
        return aws_fail(rq, &SNS_InvalidParameter,
                        "Invalid parameter: The message attribute '%s' is no array.", name);
    return 0;
}

static int check_attributes(struct rq *rq, const json_t *attributes) {
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)attributes, name, value)
        if (check_attribute(rq, name, value))
            return AWS_FAILED;
    return 0;
}

/* MessageStructure json: the message holds a text for each protocol, and "default". */
static int take_structure(struct rq *rq, struct sns_message *m, json_t **ret_doc) {
    str structure = json_str(rq->in, "MessageStructure");
    if (structure.len == 0)
        return 0;
    if (!str_is(structure, "json"))
        return sns_fail_parameter(rq, "MessageStructure");
    json_t *doc = json_parse(m->body, NULL);
    *ret_doc = doc;
    if (!json_is_object(doc))
        return sns_fail_parameter(rq, "Message Structure - JSON message body failed to parse");
    if (!json_str(doc, "default").p)
        return sns_fail_parameter(rq, "Message Structure - No default entry in JSON message body");
    m->by_protocol = doc;
    m->body = json_str(doc, "default");
    return 0;
}

static int refuse_others(struct rq *rq) {
    if (json_has(rq->in, "PhoneNumber"))
        return aws_fail(
            rq, &SNS_InvalidParameter,
            "Invalid parameter: PhoneNumber: text messages are not supported by calotype");
    if (json_has(rq->in, "MessageDeduplicationId"))
        return aws_fail(rq, &SNS_InvalidParameter,
                        "Invalid parameter: MessageDeduplicationId Reason: The request includes "
                        "MessageDeduplicationId parameter that is not valid for this topic type");
    return 0;
}

static int check_message(struct rq *rq, struct sns_message *m, json_t **structure) {
    if (m->body.len == 0)
        return aws_fail(rq, &SNS_InvalidParameter, "Invalid parameter: Empty message");
    if (check_subject(rq, m->subject) || check_attributes(rq, m->attributes))
        return AWS_FAILED;
    if (sns_message_bytes(m) > SNS_MESSAGE_MAX)
        return aws_fail(rq, &SNS_InvalidParameter, "Invalid parameter: Message too long");
    return take_structure(rq, m, structure);
}

int sns_op_Publish(struct sns_svc *svc, struct rq *rq) {
    const char *member = json_has(rq->in, "TopicArn") ? "TopicArn" : "TargetArn";
    CLEANUP_JSON json_t *structure = NULL;
    struct kit_doc *row; /* a condition: not to a topic that goes this moment */
    struct sns_arn topic;
    struct sns_message m = {.subject = json_str(rq->in, "Subject"),
                            .body = json_str(rq->in, "Message"),
                            .attributes = json_obj(rq->in, "MessageAttributes"),
                            .time_ms = rq->now_ms,
                            .near = true};
    if (refuse_others(rq) || sns_use_topic(rq, member, &topic, &row) ||
        check_message(rq, &m, &structure))
        return AWS_FAILED;
    rand_uuid(m.id);
    int r = sns_fan_out(svc, rq_batch(rq), rq_snap(rq), &topic, &m);
    if (r)
        return aws_fault(rq, r, "reading the topic's subscriptions");
    rq->out = json_object();
    json_set_str(rq->out, "MessageId", str_c(m.id));
    return 0;
}
