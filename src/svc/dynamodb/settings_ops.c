/* Settings of a table that exists: point-in-time recovery, tags. */
#include "svc/dynamodb/svc_priv.h"

enum { RECOVERY_DAYS = 35, DAY_MS = 86400000 };

static void put_row(struct ddb_svc *svc, struct rq *rq, const struct ddb_table *t,
                    const json_t *doc) {
    row_put_json(rq_rows_newest(rq), &t->row, doc);
    store_after(rq_batch(rq), ddb_tables_changed, svc->tables);
}

/* ---- Point-in-time recovery ---- */
static int backed_table(struct ddb_svc *svc, struct rq *rq, const struct ddb_table **ret) {
    str name;
    int r = ddb_table_seek(svc, rq, ret, &name);
    return r || *ret
               ? r
               : ddb_fail(rq, TableNotFoundException, "Table not found: " STR_FMT, STR_ARG(name));
}

static int64_t earliest(const struct rq *rq, const json_t *recovery) {
    int64_t since = json_int(recovery, "Since", 0);
    int64_t oldest = rq->now_ms - json_int(recovery, "Days", RECOVERY_DAYS) * DAY_MS;
    return since > oldest ? since : oldest;
}

static json_t *backups_description(struct rq *rq, const json_t *doc) {
    const json_t *recovery = json_obj(doc, "Recovery");
    json_t *point = json_object(), *out = json_object();
    json_set_str(out, "ContinuousBackupsStatus", S("ENABLED"));
    json_set(out, "PointInTimeRecoveryDescription", point);
    json_set_str(point, "PointInTimeRecoveryStatus", recovery ? S("ENABLED") : S("DISABLED"));
    if (!recovery)
        return out;
    json_set_int(point, "RecoveryPeriodInDays", json_int(recovery, "Days", RECOVERY_DAYS));
    json_set(point, "EarliestRestorableDateTime", json_real((double)earliest(rq, recovery) / 1000));
    json_set(point, "LatestRestorableDateTime", json_real((double)rq->now_ms / 1000));
    return out;
}

int ddb_op_DescribeContinuousBackups(struct ddb_svc *svc, struct rq *rq) {
    const struct ddb_table *table;
    int r = backed_table(svc, rq, &table);
    if (r)
        return r;
    rq->out = json_object();
    json_set(rq->out, "ContinuousBackupsDescription", backups_description(rq, table->doc));
    return 0;
}

int ddb_op_UpdateContinuousBackups(struct ddb_svc *svc, struct rq *rq) {
    const struct ddb_table *table;
    const json_t *wanted = json_obj(rq->in, "PointInTimeRecoverySpecification");
    bool enable = json_bool(wanted, "PointInTimeRecoveryEnabled", false);
    int64_t days = json_int(wanted, "RecoveryPeriodInDays", RECOVERY_DAYS);
    int r = backed_table(svc, rq, &table);
    if (r)
        return r;
    if (days < 1 || days > RECOVERY_DAYS)
        return ddb_invalid(rq, "RecoveryPeriodInDays must be between 1 and 35");
    if (!enable && json_has(wanted, "RecoveryPeriodInDays"))
        return ddb_invalid(rq,
                           "RecoveryPeriodInDays cannot be given when point-in-time recovery is "
                           "disabled");
    CLEANUP_JSON json_t *doc = json_deep_copy(table->doc);
    if (enable) { /* what a shorter period has dropped does not come back with a longer one */
        int64_t since = table->history ? earliest(rq, json_obj(doc, "Recovery")) : rq->now_ms;
        json_set(doc, "Recovery",
                 json_pack("{s:I,s:I}", "Since", (json_int_t)since, "Days", (json_int_t)days));
    } else {
        json_object_del(doc, "Recovery");
        store_del_below(rq_batch(rq), STORE_HISTORY, table->history_prefix);
    }
    put_row(svc, rq, table, doc);
    rq->out = json_object();
    json_set(rq->out, "ContinuousBackupsDescription", backups_description(rq, doc));
    return 0;
}

/* ---- Time to live ---- */
/* Nothing expires: UpdateTimeToLive has no row, and is refused by its name. */
int ddb_op_DescribeTimeToLive(struct ddb_svc *svc, struct rq *rq) {
    const struct ddb_table *table;
    int r = ddb_table_named(svc, rq, &table);
    if (r)
        return r;
    rq->out = json_pack("{s:{s:s}}", "TimeToLiveDescription", "TimeToLiveStatus", "DISABLED");
    return 0;
}

/* ---- Tags ---- */
/* Characters: "Tagging restrictions in DynamoDB", Developer Guide. */
#define TAKES "letters, white space, numbers, and + - = . _ : / @"
const struct kit_tags ddb_tags = {
    .of = KIT_TAGS_DYNAMODB,
    .refuse = {[KIT_TAGS_KEY] = {&DDB_ValidationException,
                                 "One or more parameter values were invalid: The Tag Key {key} "
                                 "has characters that are not allowed: it may have " TAKES},
               [KIT_TAGS_VALUE] = {&DDB_ValidationException,
                                   "One or more parameter values were invalid: The Tag Value of "
                                   "{key} has characters that are not allowed: it may have " TAKES},
               [KIT_TAGS_RESERVED] = {&DDB_ValidationException,
                                      "One or more parameter values were invalid: Tag keys "
                                      "may not begin with aws:"},
               [KIT_TAGS_MANY] = {&DDB_ValidationException, "Too many tags: at most {most}"}},
};

static int tagged_table(struct ddb_svc *svc, struct rq *rq, const struct ddb_table **ret) {
    str arn = json_str(rq->in, "ResourceArn");
    if (!str_starts(arn, S("arn:")))
        return ddb_invalid(rq, "Invalid TableArn: Invalid ResourceArn provided as input " STR_FMT,
                           STR_ARG(str_slice(arn, 0, 300)));
    int r = ddb_table_find(svc, rq, arn, ret);
    if (r || *ret)
        return r;
    return ddb_fail(rq, ResourceNotFoundException,
                    "Requested resource not found: ResourcArn: " STR_FMT " not found",
                    STR_ARG(arn));
}

int ddb_op_TagResource(struct ddb_svc *svc, struct rq *rq) {
    const struct ddb_table *table;
    int r = tagged_table(svc, rq, &table);
    if (r)
        return r;
    if (json_array_size(json_arr(rq->in, "Tags")) == 0)
        return ddb_invalid(rq, "Atleast one Tag needs to be provided as Input.");
    CLEANUP_JSON json_t *doc = json_deep_copy(table->doc);
    if (kit_tags_merge(rq, &ddb_tags, doc, json_arr(rq->in, "Tags")))
        return AWS_FAILED;
    put_row(svc, rq, table, doc);
    return 0;
}

int ddb_op_UntagResource(struct ddb_svc *svc, struct rq *rq) {
    const struct ddb_table *table;
    int r = tagged_table(svc, rq, &table);
    if (r)
        return r;
    if (json_array_size(json_arr(rq->in, "TagKeys")) == 0)
        return ddb_invalid(rq, "Atleast one Tag Key needs to be provided as Input.");
    CLEANUP_JSON json_t *doc = json_deep_copy(table->doc);
    kit_tags_remove(&ddb_tags, doc, json_arr(rq->in, "TagKeys"));
    put_row(svc, rq, table, doc);
    return 0;
}

int ddb_op_ListTagsOfResource(struct ddb_svc *svc, struct rq *rq) {
    const struct ddb_table *table;
    int r = tagged_table(svc, rq, &table);
    if (r)
        return r;
    rq->out = json_object();
    json_set(rq->out, "Tags", kit_tags_list(kit_tags_stored(&ddb_tags, table->doc)));
    return 0;
}
