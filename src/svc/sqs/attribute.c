#include "svc/sqs/attribute.h"

#include "policy/policy.h"

struct row;
typedef int check_fn(struct svc *svc, struct rq *rq, const struct row *row, str value, str queue_arn);

struct row {
    const char *name;
    check_fn *check;
    int64_t least, most;
    const char *otherwise; /* default; NULL: none */
};

static int invalid(struct rq *rq, const struct row *row, str value) {
    return aws_fail(rq, &SQS_InvalidAttributeValue, "Invalid value for the parameter %s." "%s" STR_FMT, row->name,
                    value.len && value.len < 200 ? " Reason: " : "", STR_ARG(value.len < 200 ? value : S("")));
}

static int check_number(struct svc *svc, struct rq *rq, const struct row *row, str value, str queue_arn) {
    int64_t v;
    (void)svc;
    (void)queue_arn;
    if (!str_to_i64(value, &v) || v < row->least || v > row->most)
        return aws_fail(rq, &SQS_InvalidAttributeValue, "Invalid value for the parameter %s.", row->name);
    return 0;
}

static int check_bool(struct svc *svc, struct rq *rq, const struct row *row, str value, str queue_arn) {
    (void)svc;
    (void)queue_arn;
    return str_is(value, "true") || str_is(value, "false") ? 0 : invalid(rq, row, value);
}

static int check_policy(struct svc *svc, struct rq *rq, const struct row *row, str value, str queue_arn) {
    CLEANUP(policy) struct policy *policy = NULL;
    struct err err = {0};
    (void)svc;
    (void)queue_arn;
    if (policy_new(&policy, POLICY_RESOURCE, value, &err))
        return aws_fail(rq, &SQS_InvalidAttributeValue, "Invalid value for the parameter %s. Reason: %s", row->name, err.text);
    return 0;
}

/* May source use this queue for its dead letters? */
static bool admits(const struct sqs_queue *dead, str source_arn) {
    str text = json_str(json_obj(dead->doc, "Attributes"), "RedriveAllowPolicy");
    CLEANUP_JSON json_t *allow = text.len ? json_parse(text, NULL) : NULL;
    str permission = json_str(allow, "redrivePermission");
    if (!permission.p || str_is(permission, "allowAll"))
        return true;
    const json_t *arns = json_arr(allow, "sourceQueueArns");
    for (size_t i = 0; str_is(permission, "byQueue") && i < json_array_size(arns); i++)
        if (str_eq(json_text(json_array_get(arns, i)), source_arn))
            return true;
    return false;
}

static int check_target(struct svc *svc, struct rq *rq, str target, str queue_arn) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue dead = {0};
    str region, account, name, own_region, own_account, own_name;
    if (!sqs_arn_parse(target, &region, &account, &name) || !sqs_arn_parse(queue_arn, &own_region, &own_account, &own_name) ||
        !str_eq(region, own_region) || !str_eq(account, own_account))
        return aws_fail(rq, &SQS_InvalidParameterValue, "Value " STR_FMT " for parameter RedrivePolicy is invalid. Reason: "
                        "Dead-letter target owner should be same as the source.", STR_ARG(target));
    int r = sqs_queue_load(svc, account, region, name, &dead);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &SQS_InvalidParameterValue, "Value " STR_FMT " for parameter RedrivePolicy is invalid. Reason: "
                        "Dead letter target does not exist.", STR_ARG(target));
    if (r)
        return aws_fault(rq, r, "reading the dead-letter queue");
    if (!admits(&dead, queue_arn))
        return aws_fail(rq, &SQS_InvalidParameterValue, "Value " STR_FMT " for parameter RedrivePolicy is invalid. Reason: "
                        "The dead-letter queue's redrive allow policy does not admit this queue.", STR_ARG(target));
    return 0;
}

static int check_redrive(struct svc *svc, struct rq *rq, const struct row *row, str value, str queue_arn) {
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    str target = json_str(doc, "deadLetterTargetArn");
    int64_t count = json_int(doc, "maxReceiveCount", 0);
    if (count == 0)
        (void)str_to_i64(json_str(doc, "maxReceiveCount"), &count);
    (void)row;
    if (!doc || target.len == 0)
        return aws_fail(rq, &SQS_InvalidParameterValue, "Value " STR_FMT " for parameter RedrivePolicy is invalid. Reason: Redrive policy "
                        "does not contain mandatory attribute: deadLetterTargetArn.", STR_ARG(value));
    if (count < 1 || count > 1000)
        return aws_fail(rq, &SQS_InvalidParameterValue, "Value " STR_FMT " for parameter RedrivePolicy is invalid. Reason: Invalid value for "
                        "maxReceiveCount: must be between 1 and 1000.", STR_ARG(value));
    return check_target(svc, rq, target, queue_arn);
}

static int check_redrive_allow(struct svc *svc, struct rq *rq, const struct row *row, str value, str queue_arn) {
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    str permission = json_str(doc, "redrivePermission");
    size_t n = json_array_size(json_arr(doc, "sourceQueueArns"));
    bool by_queue = str_is(permission, "byQueue");
    (void)svc;
    (void)queue_arn;
    if (!by_queue && !str_is(permission, "allowAll") && !str_is(permission, "denyAll"))
        return invalid(rq, row, value);
    return n > 10 || (n > 0) != by_queue ? invalid(rq, row, value) : 0;
}

static const struct row rows[] = {
    {"DelaySeconds", check_number, 0, 900, "0"},
    {"MaximumMessageSize", check_number, 1024, 1048576, "1048576"},
    {"MessageRetentionPeriod", check_number, 60, 1209600, "345600"},
    {"ReceiveMessageWaitTimeSeconds", check_number, 0, 20, "0"},
    {"VisibilityTimeout", check_number, 0, 43200, "30"},
    {"SqsManagedSseEnabled", check_bool, 0, 0, "true"},
    {"Policy", check_policy, 0, 0, NULL},
    {"RedrivePolicy", check_redrive, 0, 0, NULL},
    {"RedriveAllowPolicy", check_redrive_allow, 0, 0, NULL},
};

static const struct row *find(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

/* Attributes of SQS that mean something which is not here: refused by name, unless they say "no". */
static int refuse(struct rq *rq, const char *name, str value) {
    static const char *const fifo[] = {"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"};
    static const char *const kms[] = {"KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"};
    for (size_t i = 0; i < ARRAY_LEN(fifo); i++)
        if (strcmp(name, fifo[i]) == 0)
            return str_is(value, "false") ? 0
                                          : aws_fail(rq, &SQS_UnsupportedOperation, "FIFO queues are not supported by calotype (%s)", name);
    for (size_t i = 0; i < ARRAY_LEN(kms); i++)
        if (strcmp(name, kms[i]) == 0)
            return value.len == 0 ? 0
                                  : aws_fail(rq, &SQS_UnsupportedOperation, "%s is not supported by calotype: messages are encrypted "
                                             "under the store's own keys (SqsManagedSseEnabled)", name);
    return aws_fail(rq, &SQS_InvalidAttributeName, "Unknown Attribute %s.", name);
}

int sqs_attributes_apply(struct svc *svc, struct rq *rq, const json_t *attributes, json_t *into, str queue_arn) {
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)attributes, name, member) {
        const struct row *row = find(name);
        str value = json_text(member);
        int r = 0;
        if (!row) {
            r = refuse(rq, name, value);
        } else if (value.len == 0 && !row->otherwise) {
            json_object_del(into, name);
        } else {
            r = row->check(svc, rq, row, value, queue_arn);
            if (r == 0)
                json_object_set(into, name, member);
        }
        if (r)
            return r;
    }
    return 0;
}

str sqs_attribute_value(const json_t *attributes, const char *name) {
    str value = json_str(attributes, name);
    const struct row *row = find(name);
    return value.p || !row ? value : str_c(row->otherwise);
}

void sqs_attributes_each(void (*fn)(void *ctx, const char *name), void *ctx) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        fn(ctx, rows[i].name);
}
