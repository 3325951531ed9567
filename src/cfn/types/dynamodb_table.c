/* AWS::DynamoDB::Table: waited for until it is active, and until it is gone. */
#include "cfn/type.h"

enum { POLL_MS = 1000 };
static const char gone[] = "ResourceNotFoundException";

/* ---- Properties in the API's shapes ---- */

static json_t *encryption(const struct cfn_work *w, const json_t *value) {
    (void)w;
    json_t *to = json_object();
    json_set_bool(to, "Enabled", json_bool(value, "SSEEnabled", false));
    cfn_move(to, "SSEType", value, "SSEType");
    cfn_move(to, "KMSMasterKeyId", value, "KMSMasterKeyId");
    return to;
}

static json_t *stream(const struct cfn_work *w, const json_t *value) {
    (void)w;
    json_t *to = json_pack("{sb}", "StreamEnabled", 1);
    cfn_move(to, "StreamViewType", value, "StreamViewType");
    return to;
}

/* The period means something only while recovery is on. */
static json_t *recovery(const struct cfn_work *w, const json_t *value) {
    (void)w;
    json_t *to = json_copy((json_t *)value);
    if (!json_bool(value, "PointInTimeRecoveryEnabled", false))
        json_object_del(to, "RecoveryPeriodInDays");
    return to;
}

/* ---- Waiting ---- */

static int wait(struct cfn_work *w) {
    w->wake_ms = w->now_ms + POLL_MS;
    return CFN_WAIT;
}

static int ready(struct cfn_work *w, const json_t *made) {
    CLEANUP_JSON json_t *out = NULL;
    (void)made;
    if (cfn_call(w, "dynamodb", "DescribeTable", cfn_on(w), &out))
        return CFN_FAILED;
    const json_t *table = json_obj(out, "Table");
    cfn_move(w->attributes, "Arn", table, "TableArn");
    cfn_move(w->attributes, "StreamArn", table, "LatestStreamArn");
    return str_is(json_str(table, "TableStatus"), "ACTIVE") ? CFN_DONE : wait(w);
}

/* Its status, copied to out; empty when it cannot be described any more. */
static int look(struct cfn_work *w, struct buf *out) {
    CLEANUP_JSON json_t *answer = NULL;
    int r = cfn_call_unless(w, "dynamodb", "DescribeTable", cfn_on(w), gone, &answer);
    buf_clear(out);
    buf_str(out, json_str(json_obj(answer, "Table"), "TableStatus"));
    return r;
}

static int remove_table(struct cfn_work *w) {
    CLEANUP_DEINIT(buf) struct buf status = {0};
    if (look(w, &status))
        return CFN_FAILED;
    if (!status.len)
        return CFN_DONE;
    if ((!str_is(buf_view(&status), "DELETING") && cfn_remove(w)) || look(w, &status))
        return CFN_FAILED;
    return status.len ? wait(w) : CFN_DONE;
}

static const struct cfn_prop props[] = {
    {"BillingMode", .create = "*"},
    {"AttributeDefinitions", .create = "*"},
    {"KeySchema", .create = "*"},
    {"GlobalSecondaryIndexes", .create = "*"},
    {"LocalSecondaryIndexes", .create = "*"},
    {"ProvisionedThroughput", .create = "*"},
    {"DeletionProtectionEnabled", .create = "*"},
    {"TableClass", .create = "*"},
    {"SSESpecification", .create = "*", .shape = encryption},
    {"StreamSpecification", .create = "*", .shape = stream},
    {"PointInTimeRecoverySpecification", .shape = recovery, .set = "UpdateContinuousBackups",
     .flag = "PointInTimeRecoveryEnabled"},
    {"TimeToLiveSpecification", .set = "UpdateTimeToLive", .flag = "Enabled"},
    {0},
};

const struct cfn_type cfn_type_dynamodb_table = {
    .name = "AWS::DynamoDB::Table",
    .name_max = 255,
    .remove = remove_table,
    .service = "dynamodb",
    .props = props,
    .on = "TableName={name}",
    .ready = ready,
    .make = {.op = "CreateTable"},
    .ask = {.op = "DescribeTable"},
    .there = "ResourceInUseException",
    .drop = "DeleteTable",
    .gone = gone,
    .tags = {.create = "Tags",
             .set = "TagResource",
             .clear = "UntagResource",
             .on = "ResourceArn={Arn}"},
    .id = "{name}",
    .attributes = {{"Arn", NULL}, {"StreamArn", NULL}},
};
