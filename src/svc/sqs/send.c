/* SendMessage and its batch. */
#include "base/ascii.h"
#include "base/codec.h"
#include "base/rand.h"
#include "svc/sqs/sqs_priv.h"

enum { ATTRIBUTES_MAX = 10, BATCH_BYTES_MAX = 1048576 };

/* #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF */
static bool text_ok(str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return false;
        /* U+FFFE and U+FFFF; surrogates are no UTF-8 */
        if (c == 0xEF && i + 2 < text.len && (unsigned char)text.p[i + 1] == 0xBF &&
            (unsigned char)text.p[i + 2] >= 0xBE)
            return false;
    }
    return true;
}

static bool name_ok(str name) {
    if (name.len < 1 || name.len > 256 || str_starts_nocase(name, S("aws.")) ||
        str_starts_nocase(name, S("amazon.")) || name.p[0] == '.' || name.p[name.len - 1] == '.' ||
        str_find(name, S("..")) >= 0)
        return false;
    return ascii_only_alnum(name, "-_.");
}

/* String, Number, Binary, each with an optional ".label". */
static bool type_ok(str type) {
    static const char *const bases[] = {"String", "Number", "Binary"};
    str base, label;
    str_cut(type, '.', &base, &label);
    for (size_t i = 0; i < ARRAY_LEN(bases); i++)
        if (str_is(base, bases[i]))
            return type.len <= 256;
    return false;
}

static int check_attribute(struct rq *rq, const char *name, const json_t *value, size_t *bytes,
                           struct sqs_entry_error *error) {
    str type = json_str(value, "DataType"), text = json_str(value, "StringValue"),
        blob = json_str(value, "BinaryValue");
    bool binary = str_starts(type, S("Binary"));
    if (!name_ok(str_c(name)))
        return sqs_entry_fail(error, rq, &SQS_InvalidParameterValue,
                              "The message attribute name '%s' is invalid.", name);
    if (!type_ok(type))
        return sqs_entry_fail(
            error, rq, &SQS_InvalidParameterValue,
            "The type of message (user) attribute '%s' is invalid. "
            "You must use only the following supported type prefixes: Binary, Number, String.",
            name);
    if (binary ? blob.len == 0 : text.len == 0)
        return sqs_entry_fail(error, rq, &SQS_InvalidParameterValue,
                              "The message (user) attribute '%s' must contain a non-empty "
                              "message attribute value for the type '" STR_FMT "'.",
                              name, STR_ARG(type));
    if (!binary && !text_ok(text))
        return sqs_entry_fail(error, rq, &SQS_InvalidMessageContents, NULL);
    *bytes += strlen(name) + type.len + (binary ? blob.len / 4 * 3 : text.len);
    return 0;
}

static int check_attributes(struct rq *rq, const json_t *attributes, size_t *bytes,
                            struct sqs_entry_error *error) {
    const char *name;
    json_t *value;
    if (json_object_size(attributes) > ATTRIBUTES_MAX)
        return sqs_entry_fail(
            error, rq, &SQS_InvalidParameterValue,
            "Number of message attributes [%zu] exceeds the allowed maximum [%d].",
            json_object_size(attributes), ATTRIBUTES_MAX);
    json_object_foreach ((json_t *)attributes, name, value) {
        int r = check_attribute(rq, name, value, bytes, error);
        if (r)
            return r;
    }
    return 0;
}

/* AWSTraceHeader is the only one there is. */
static int take_system(struct rq *rq, const json_t *system, struct sqs_message *m, json_t *result,
                       struct sqs_entry_error *error) {
    const char *name;
    json_t *value;
    char md5[33];
    json_object_foreach ((json_t *)system, name, value) {
        if (strcmp(name, "AWSTraceHeader") != 0 || !str_is(json_str(value, "DataType"), "String"))
            return sqs_entry_fail(error, rq, &SQS_InvalidParameterValue,
                                  "Message system attribute name '%s' is invalid.", name);
        m->trace = json_str(value, "StringValue");
    }
    if (json_object_size(system)) {
        sqs_md5_attributes(system, md5);
        json_set_str(result, "MD5OfMessageSystemAttributes", str_c(md5));
    }
    return 0;
}

static int check_entry(struct sqs_batch *b, const json_t *entry, size_t *bytes, int64_t *delay_s,
                       struct sqs_entry_error *error) {
    struct rq *rq = b->rq;
    str body = json_str(entry, "MessageBody");
    if (json_has(entry, "MessageDeduplicationId"))
        return sqs_entry_fail(
            error, rq, &SQS_InvalidParameterValue,
            "The request include parameter MessageDeduplicationId which is not valid "
            "for this queue type");
    *delay_s = json_int(entry, "DelaySeconds", b->queue->delay_s);
    if (*delay_s < 0 || *delay_s > 900)
        return sqs_entry_fail(error, rq, &SQS_InvalidParameterValue,
                              "Value %lld for parameter DelaySeconds is invalid. Reason: "
                              "DelaySeconds must be >= 0 and <= 900.",
                              (long long)*delay_s);
    if (body.len == 0)
        return sqs_entry_fail(error, rq, &SQS_InvalidParameterValue,
                              "The request must contain the parameter MessageBody.");
    if (!text_ok(body))
        return sqs_entry_fail(error, rq, &SQS_InvalidMessageContents, NULL);
    *bytes = body.len;
    int r = check_attributes(rq, json_obj(entry, "MessageAttributes"), bytes, error);
    if (r == 0 && *bytes > (size_t)b->queue->max_bytes)
        r = sqs_entry_fail(
            error, rq, &SQS_InvalidParameterValue,
            "One or more parameters are invalid. Reason: Message must be shorter than %lld bytes.",
            (long long)b->queue->max_bytes);
    return r;
}

static void count_sent(struct sqs_batch *b, size_t bytes) {
    sqs_put_metric(b->svc, rq_batch(b->rq), b->queue, "NumberOfMessagesSent", 1, 1, "Count");
    sqs_put_metric(b->svc, rq_batch(b->rq), b->queue, "SentMessageSize", (double)bytes, 1, "Bytes");
}

static int send_one(struct sqs_batch *b, const json_t *entry, json_t *result,
                    struct sqs_entry_error *error) {
    const json_t *attributes = json_obj(entry, "MessageAttributes");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct sqs_message m = {.sent_ms = b->rq->now_ms,
                            .body = json_str(entry, "MessageBody"),
                            .sender = b->rq->caller ? b->rq->caller->user_id : S("anonymous")};
    size_t bytes = 0;
    int64_t delay_s = 0;
    char md5[33];
    int r = check_entry(b, entry, &bytes, &delay_s, error);
    if (r == 0)
        r = take_system(b->rq, json_obj(entry, "MessageSystemAttributes"), &m, result, error);
    if (r)
        return r;
    rand_uuid(m.message_id);
    if (json_object_size(attributes)) {
        json_write(&text, attributes);
        m.attributes = buf_view(&text);
        sqs_md5_attributes(attributes, md5);
        json_set_str(result, "MD5OfMessageAttributes", str_c(md5));
    }
    sqs_message_put(b->svc, rq_rows_newest(b->rq), b->queue, &m, b->rq->now_ms + delay_s * 1000);
    count_sent(b, bytes);
    sqs_md5(m.body, md5);
    json_set_str(result, "MD5OfMessageBody", str_c(md5));
    json_set_str(result, "MessageId", str_c(m.message_id));
    return 0;
}

int sqs_op_SendMessage(struct sqs_svc *svc, struct rq *rq) {
    return sqs_run_single(svc, rq, send_one);
}

/* All bodies together, attributes included, as each entry counts them. */
static size_t batch_bytes(const json_t *entries) {
    size_t bytes = 0;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        const char *name;
        json_t *value;
        bytes += json_str(entry, "MessageBody").len;
        json_object_foreach (json_obj(entry, "MessageAttributes"), name, value)
            bytes += strlen(name) + json_str(value, "DataType").len +
                     json_str(value, "StringValue").len +
                     json_str(value, "BinaryValue").len / 4 * 3;
    }
    return bytes;
}

int sqs_op_SendMessageBatch(struct sqs_svc *svc, struct rq *rq) {
    struct sqs_queue queue;
    if (sqs_use_queue(rq, &queue))
        return AWS_FAILED;
    size_t bytes = batch_bytes(json_arr(rq->in, "Entries"));
    if (bytes > BATCH_BYTES_MAX)
        return aws_fail(rq, &SQS_BatchRequestTooLong,
                        "Batch requests cannot be longer than %d bytes. You have sent %zu bytes.",
                        BATCH_BYTES_MAX, bytes);
    return sqs_run_entries(svc, rq, send_one);
}
