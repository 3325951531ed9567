/* AWS::DynamoDB::Table. What has no place in CreateTable is set once the table is active. */
#include "cfn/type.h"

enum { POLL_MS = 1000 };

static json_t *for_table(str table) {
    json_t *in = json_object();
    json_set_str(in, "TableName", table);
    return in;
}

static json_t *create_input(struct cfn_work *w, str name) {
    static const char *const same[] = {
        "BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes",
        "ProvisionedThroughput", "DeletionProtectionEnabled", "TableClass", "Tags", NULL};
    json_t *in = for_table(name);
    cfn_copy(in, w->props, same);
    const json_t *sse = json_obj(w->props, "SSESpecification"), *stream = json_obj(w->props, "StreamSpecification");
    if (sse) {
        static const char *const more[] = {"SSEType", "KMSMasterKeyId", NULL};
        json_t *to = json_object();
        json_set_bool(to, "Enabled", json_bool(sse, "SSEEnabled", false));
        cfn_copy(to, sse, more);
        json_set(in, "SSESpecification", to);
    }
    if (stream)
        json_set(in, "StreamSpecification", json_pack("{sb,sO}", "StreamEnabled", 1, "StreamViewType", json_object_get(stream, "StreamViewType")));
    return in;
}

/* CFN_DONE when active (attributes set), CFN_WAIT while not. */
static int look(struct cfn_work *w, str name) {
    CLEANUP_JSON json_t *out = NULL;
    if (cfn_call(w, "dynamodb", "DescribeTable", for_table(name), &out))
        return CFN_FAILED;
    const json_t *table = json_obj(out, "Table");
    cfn_set_attribute(w, "Arn", STR_FMT, STR_ARG(json_str(table, "TableArn")));
    if (json_has(table, "LatestStreamArn"))
        cfn_set_attribute(w, "StreamArn", STR_FMT, STR_ARG(json_str(table, "LatestStreamArn")));
    if (str_is(json_str(table, "TableStatus"), "ACTIVE"))
        return CFN_DONE;
    w->wake_ms = w->now_ms + POLL_MS;
    return CFN_WAIT;
}

static int set_recovery(struct cfn_work *w) {
    const json_t *wanted = json_obj(w->props, "PointInTimeRecoverySpecification");
    bool enabled = json_bool(wanted, "PointInTimeRecoveryEnabled", false);
    if (!cfn_changed(w, "PointInTimeRecoverySpecification") || (!w->old && !enabled))
        return CFN_DONE;
    json_t *spec = json_pack("{sb}", "PointInTimeRecoveryEnabled", enabled);
    if (enabled && json_has(wanted, "RecoveryPeriodInDays"))
        json_object_set(spec, "RecoveryPeriodInDays", json_object_get(wanted, "RecoveryPeriodInDays"));
    json_t *in = for_table(cfn_physical(w));
    json_set(in, "PointInTimeRecoverySpecification", spec);
    return cfn_call(w, "dynamodb", "UpdateContinuousBackups", in, NULL);
}

static int set_ttl(struct cfn_work *w) {
    const json_t *wanted = json_obj(w->props, "TimeToLiveSpecification");
    bool enabled = json_bool(wanted, "Enabled", false);
    if (!cfn_changed(w, "TimeToLiveSpecification") || (!w->old && !enabled))
        return CFN_DONE;
    const json_t *named = wanted ? wanted : json_obj(w->old, "TimeToLiveSpecification");
    json_t *in = for_table(cfn_physical(w));
    json_set(in, "TimeToLiveSpecification", json_pack("{sb,sO}", "Enabled", enabled, "AttributeName", json_object_get(named, "AttributeName")));
    return cfn_call(w, "dynamodb", "UpdateTimeToLive", in, NULL);
}

static int create(struct cfn_work *w) {
    str name = cfn_name(w, "TableName");
    if (!w->physical.len) {
        if (cfn_call_unless(w, "dynamodb", "CreateTable", create_input(w, name), w->again ? "ResourceInUseException" : NULL, NULL))
            return CFN_FAILED;
        cfn_set_physical(w, name);
    }
    int rc = look(w, name);
    return rc ? rc : set_recovery(w) ? CFN_FAILED : set_ttl(w);
}

static int set_tags(struct cfn_work *w) {
    if (!cfn_changed(w, "Tags"))
        return CFN_DONE;
    json_t *arn = json_object_get(w->attributes, "Arn"), *gone = cfn_tags_gone(w), *tags = json_object_get(w->props, "Tags");
    if (json_array_size(gone) && cfn_call(w, "dynamodb", "UntagResource", json_pack("{sO,sO}", "ResourceArn", arn, "TagKeys", gone), NULL)) {
        json_decref(gone);
        return CFN_FAILED;
    }
    json_decref(gone);
    return tags ? cfn_call(w, "dynamodb", "TagResource", json_pack("{sO,sO}", "ResourceArn", arn, "Tags", tags), NULL) : CFN_DONE;
}

static int update(struct cfn_work *w) {
    return set_recovery(w) || set_ttl(w) || set_tags(w) ? CFN_FAILED : CFN_DONE;
}

/* Deleting is not instant: gone when it cannot be described any more. */
static int remove_table(struct cfn_work *w) {
    CLEANUP_JSON json_t *out = NULL;
    if (cfn_call_unless(w, "dynamodb", "DescribeTable", for_table(cfn_physical(w)), "ResourceNotFoundException", &out))
        return CFN_FAILED;
    if (w->code[0])
        return CFN_DONE;
    if (!str_is(json_str(json_obj(out, "Table"), "TableStatus"), "DELETING") &&
        cfn_call_unless(w, "dynamodb", "DeleteTable", for_table(cfn_physical(w)), "ResourceNotFoundException", NULL))
        return CFN_FAILED;
    CLEANUP_JSON json_t *after = NULL;
    if (cfn_call_unless(w, "dynamodb", "DescribeTable", for_table(cfn_physical(w)), "ResourceNotFoundException", &after))
        return CFN_FAILED;
    if (w->code[0])
        return CFN_DONE;
    w->wake_ms = w->now_ms + POLL_MS;
    return CFN_WAIT;
}

static const char *const props[] = {
    "PointInTimeRecoverySpecification", "TimeToLiveSpecification", "Tags", NULL};
static const char *const all_props[] = {
    "PointInTimeRecoverySpecification", "TimeToLiveSpecification", "Tags", "TableName", "BillingMode",
    "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "ProvisionedThroughput",
    "DeletionProtectionEnabled", "TableClass", "SSESpecification", "StreamSpecification", NULL};

const struct cfn_type cfn_types_dynamodb[] = {
    {.name = "AWS::DynamoDB::Table", .name_prop = "TableName", .name_max = 255, .supported = all_props, .in_place = props,
     .create = create, .update = update, .remove = remove_table},
    {0},
};
