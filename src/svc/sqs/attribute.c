/*
 * sqs/attribute: the table of a queue's attributes, and the checks of its policies and dead-letter
 * settings.
 */
#include "svc/sqs/attribute.h"

#include "aws/keys.h"

#define INVALID "Invalid value for the parameter %s."

static int invalid(struct rq *rq, const char *name, str value) {
    return aws_fail(rq, &SQS_InvalidAttributeValue, INVALID "%s" STR_FMT, name,
                    value.len && value.len < 200 ? " Reason: " : "",
                    STR_ARG(value.len < 200 ? value : S("")));
}

static int check_number(struct rq *rq, const struct kit_attribute *a, str value, const void *) {
    return kit_is_number(a, value) ? 0 : aws_fail(rq, &SQS_InvalidAttributeValue, INVALID, a->name);
}

static int check_bool(struct rq *rq, const struct kit_attribute *a, str value, const void *) {
    return kit_is_bool(value) ? 0 : invalid(rq, a->name, value);
}

static int check_policy(struct rq *rq, const struct kit_attribute *a, str value, const void *) {
    struct err err = {0};
    return aws_policy_new(rq, POLICY_RESOURCE, value, NULL, &err)
               ? aws_fail(rq, &SQS_InvalidAttributeValue, INVALID " Reason: %s", a->name, err.text)
               : 0;
}

/* ---- Dead letters ---- */

static int bad_redrive(struct rq *rq, str value, const char *reason) {
    return aws_fail(rq, &SQS_InvalidParameterValue,
                    "Value " STR_FMT " for parameter RedrivePolicy is invalid. Reason: %s",
                    STR_ARG(value), reason);
}

/* May source use this queue for its dead letters? */
static bool admits(const struct sqs_queue *dead, str source_arn) {
    str text = json_str(kit_doc_attributes(dead->of), "RedriveAllowPolicy");
    CLEANUP_JSON json_t *allow = text.len ? json_parse(text, NULL) : NULL;
    str permission = json_str(allow, "redrivePermission");
    if (!permission.p || str_is(permission, "allowAll"))
        return true;
    return str_is(permission, "byQueue") &&
           json_find_text(json_arr(allow, "sourceQueueArns"), source_arn) >= 0;
}

static int check_target(struct rq *rq, str target, str queue_arn) {
    CLEANUP_DEINIT(kit_doc) struct kit_doc doc = {0};
    struct sqs_queue dead;
    struct arn theirs, own;
    if (!arn_parse_regional(target, "sqs", &theirs) || !arn_parse(queue_arn, &own) ||
        !arn_same_place(&theirs, &own))
        return bad_redrive(rq, target, "Dead-letter target owner should be same as the source.");
    int r = rq_row_result(rq, sqs_queue_get(rq_rows_newest(rq), target, &doc, &dead));
    if (r == STORE_E_ABSENT)
        return bad_redrive(rq, target, "Dead letter target does not exist.");
    if (r)
        return r;
    return admits(&dead, queue_arn)
               ? 0
               : bad_redrive(
                     rq, target,
                     "The dead-letter queue's redrive allow policy does not admit this queue.");
}

static int check_redrive(struct rq *rq, const struct kit_attribute *, str value,
                         const void *queue_arn) {
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    str target;
    int64_t count;
    if (!sqs_redrive_parse(doc, &target, &count))
        return bad_redrive(
            rq, value, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
    if (count < 1 || count > 1000)
        return bad_redrive(rq, value,
                           "Invalid value for maxReceiveCount: must be between 1 and 1000.");
    return check_target(rq, target, *(const str *)queue_arn);
}

static int check_redrive_allow(struct rq *rq, const struct kit_attribute *a, str value,
                               const void *) {
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    str permission = json_str(doc, "redrivePermission");
    size_t n = json_array_size(json_arr(doc, "sourceQueueArns"));
    bool by_queue = str_is(permission, "byQueue");
    if (!by_queue && !str_is(permission, "allowAll") && !str_is(permission, "denyAll"))
        return invalid(rq, a->name, value);
    return n > 10 || (n > 0) != by_queue ? invalid(rq, a->name, value) : 0;
}

/* ---- The table ---- */

static const struct kit_refusal no_fifo = {&SQS_UnsupportedOperation,
                                           "FIFO queues are not supported by calotype ({name})"};
static const struct kit_refusal no_kms = {
    &SQS_UnsupportedOperation, "{name} is not supported by calotype: messages are encrypted "
                               "under the store's own keys (SqsManagedSseEnabled)"};

/* Bounds and defaults as "CreateQueue", SQS API reference, has them (1 MiB since August 2025). */
static const struct kit_attribute rows[] = {
    {.name = "DelaySeconds", .check = check_number, .most = 900, .otherwise = "0"},
    {.name = "MaximumMessageSize",
     .check = check_number,
     .least = 1024,
     .most = 1048576,
     .otherwise = "1048576"},
    {.name = "MessageRetentionPeriod",
     .check = check_number,
     .least = 60,
     .most = 1209600,
     .otherwise = "345600"},
    {.name = "ReceiveMessageWaitTimeSeconds", .check = check_number, .most = 20, .otherwise = "0"},
    {.name = "VisibilityTimeout", .check = check_number, .most = 43200, .otherwise = "30"},
    {.name = "SqsManagedSseEnabled", .check = check_bool, .otherwise = "true"},
    {.name = "Policy", .check = check_policy},
    {.name = "RedrivePolicy", .check = check_redrive},
    {.name = "RedriveAllowPolicy", .check = check_redrive_allow},
    {.name = "FifoQueue", .only = "false", .refusal = &no_fifo},
    {.name = "ContentBasedDeduplication", .only = "false", .refusal = &no_fifo},
    {.name = "DeduplicationScope", .only = "false", .refusal = &no_fifo},
    {.name = "FifoThroughputLimit", .only = "false", .refusal = &no_fifo},
    {.name = "KmsMasterKeyId", .only = "", .refusal = &no_kms},
    {.name = "KmsDataKeyReusePeriodSeconds", .only = "", .refusal = &no_kms},
};
static const struct kit_attributes table = {
    rows, ARRAY_LEN(rows), {&SQS_InvalidAttributeName, "Unknown Attribute {name}."}};

int sqs_attributes_apply(struct rq *rq, const json_t *given, json_t *into, str queue_arn) {
    return kit_attributes_apply(rq, &table, given, into, &queue_arn);
}

str sqs_attribute_value(const json_t *attributes, const char *name) {
    return kit_attribute_value(&table, attributes, name);
}

int64_t sqs_attribute_integer(const json_t *attributes, const char *name) {
    return kit_attribute_integer(&table, attributes, name);
}

void sqs_attributes_each(void (*fn)(void *ctx, const char *name), void *ctx) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!rows[i].only)
            fn(ctx, rows[i].name);
}
