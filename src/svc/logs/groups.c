/* Log groups and their retention. */
#include "base/arn.h"
#include "store/stat.h"
#include "svc/kit/page.h"
#include "svc/kit/tags.h"
#include "svc/logs/logs_priv.h"

static const struct kit_tags tag_rules = {
    .of = KIT_TAGS_LOGS, .refuse = {[KIT_TAGS_MANY] = {&LOGS_TooManyTagsException, NULL}}};

static void put_group(struct rq *rq, const struct logs_group *group) {
    row_put_json(rq_rows(rq), &group->row, group->doc);
}

static int check_create(struct rq *rq) {
    static const char *const refused[] = {"kmsKeyId", "deletionProtectionEnabled"};
    str class = json_str(rq->in, "logGroupClass");
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (json_has(rq->in, refused[i]) && !json_is_false(json_object_get(rq->in, refused[i])))
            return aws_fail(rq, &LOGS_InvalidParameterException, "%s is not supported by calotype",
                            refused[i]);
    if (class.p && !str_is(class, "STANDARD"))
        return aws_fail(rq, &LOGS_InvalidParameterException,
                        "logGroupClass " STR_FMT " is not supported by calotype", STR_ARG(class));
    if (str_starts(json_str(rq->in, "logGroupName"), S("aws/")))
        return aws_fail(rq, &LOGS_InvalidParameterException,
                        "Log groups starting with AWS/ are reserved for AWS.");
    return 0;
}

int logs_op_CreateLogGroup(struct logs_svc *, struct rq *rq) {
    CLEANUP_DEINIT(row) struct row row = {0};
    str name = json_str(rq->in, "logGroupName");
    if (check_create(rq))
        return AWS_FAILED;
    logs_group_key(&row.key, rq->account, rq->region, name);
    int r = rq_row_get(rq, &row);
    if (r == 0)
        return aws_fail(rq, &LOGS_ResourceAlreadyExistsException,
                        "The specified log group already exists");
    if (r != STORE_E_ABSENT)
        return r;
    CLEANUP_JSON json_t *doc = logs_new_group(rq_store(rq), name, rq->now_ms);
    if (json_obj(rq->in, "tags") && kit_tags_merge(rq, &tag_rules, doc, json_obj(rq->in, "tags")))
        return AWS_FAILED;
    row_put_json(rq_rows(rq), &row, doc);
    return 0;
}

int logs_op_DeleteLogGroup(struct logs_svc *logs, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(logs_group) struct logs_group group = {0};
    if (logs_group_of(rq, &group))
        return AWS_FAILED;
    struct store_batch *batch = rq_batch(rq);
    row_del(rq_rows(rq), &group.row);
    logs_stream_key(&key, rq->account, rq->region, group.name, STR_NONE);
    store_del_below(batch, STORE_META, buf_view(&key));
    static const char *const kinds[] = {"logs.event", "logs.index"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        key_begin(&key, kinds[i]);
        key_u64(&key, group.id);
        store_del_below(batch, STORE_LOGS, buf_view(&key));
    }
    logs_size_key(&key, group.id);
    row_del_blind(rq_rows(rq), STORE_METRICS, buf_view(&key)); /* goes with the group's row */
    store_after(batch, logs_known_forget, logs);
    store_batch_frees(batch);
    return 0;
}

/* ---- Describing ---- */

static int stored_bytes(struct rq *rq, uint64_t group, int64_t *ret_bytes) {
    CLEANUP_DEINIT(row) struct row row = {.cf = STORE_METRICS};
    CLEANUP_DEINIT(stat_sum) struct stat_sum sum = {0};
    logs_size_key(&row.key, group);
    int r = rq_row_get(rq, &row);
    if (r && r != STORE_E_ABSENT)
        return r;
    if (r == 0)
        stat_merge(&sum, buf_view(&row.bytes));
    *ret_bytes = sum.sum > 0 ? (int64_t)sum.sum : 0;
    return 0;
}

static int describe(struct rq *rq, const json_t *doc, json_t **ret_out) {
    str name = json_str(doc, "name");
    str arn =
        arn_str(&rq->arena, "logs", rq->region, rq->account, "log-group:" STR_FMT, STR_ARG(name));
    int64_t bytes = 0;
    if (stored_bytes(rq, (uint64_t)json_int(doc, "id", 0), &bytes))
        return AWS_FAILED;
    json_t *out = json_object();
    json_set_str(out, "logGroupName", name);
    json_set(out, "creationTime", json_incref(json_object_get(doc, "creationTime")));
    if (json_has(doc, "retentionInDays"))
        json_set(out, "retentionInDays", json_incref(json_object_get(doc, "retentionInDays")));
    json_set_int(out, "metricFilterCount", 0);
    json_set_str(out, "arn", arena_printf(&rq->arena, STR_FMT ":*", STR_ARG(arn)));
    json_set_str(out, "logGroupArn", arn);
    json_set_int(out, "storedBytes", bytes);
    json_set_str(out, "logGroupClass", json_str(doc, "class"));
    *ret_out = out;
    return 0;
}

static int check_describe(struct rq *rq) {
    static const char *const refused[] = {"logGroupIdentifiers", "includeLinkedAccounts"};
    const json_t *accounts = json_arr(rq->in, "accountIdentifiers");
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (json_has(rq->in, refused[i]) && !json_is_false(json_object_get(rq->in, refused[i])))
            return aws_fail(rq, &LOGS_InvalidParameterException, "%s is not supported by calotype",
                            refused[i]);
    for (size_t i = 0; i < json_array_size(accounts); i++)
        if (!str_eq(json_text(json_array_get(accounts, i)), rq->account))
            return aws_fail(
                rq, &LOGS_InvalidParameterException,
                "accountIdentifiers is not supported by calotype but for the caller's own");
    if (json_has(rq->in, "logGroupNamePrefix") && json_has(rq->in, "logGroupNamePattern"))
        return aws_fail(
            rq, &LOGS_InvalidParameterException,
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
    return 0;
}

static bool is_wanted(const struct rq *rq, const json_t *group) {
    str part = json_str(rq->in, "logGroupNamePattern"), class = json_str(rq->in, "logGroupClass");
    str name = json_str(group, "name");
    return str_starts(name, json_str(rq->in, "logGroupNamePrefix")) &&
           (!part.len || str_find(name, part) >= 0) &&
           (!class.p || str_eq(class, json_str(group, "class")));
}

int logs_op_DescribeLogGroups(struct logs_svc *, struct rq *rq) {
    static const struct kit_paging paging = {.list = "logGroups",
                                             .token = "nextToken",
                                             .limit = "limit",
                                             .most = 50,
                                             .plain = true};
    CLEANUP_DEINIT(buf) struct buf groups = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    if (check_describe(rq) || kit_page_begin(&page, rq, &paging, STR_NONE))
        return AWS_FAILED;
    logs_group_key(&groups, rq->account, rq->region, STR_NONE);
    kit_page_rows(&page, STORE_META, buf_view(&groups));
    while (kit_page_next(&page)) {
        CLEANUP_JSON json_t *group = json_parse(page.value, NULL);
        json_t *out = NULL;
        if (!is_wanted(rq, group))
            continue;
        if (describe(rq, group, &out))
            return AWS_FAILED;
        kit_page_add(&page, json_str(group, "name"), out);
    }
    return kit_page_end(&page);
}

/* ---- Retention ---- */

int logs_op_PutRetentionPolicy(struct logs_svc *, struct rq *rq) {
    static const int days[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                               365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
    int64_t wanted = json_int(rq->in, "retentionInDays", 0);
    bool good = false;
    for (size_t i = 0; i < ARRAY_LEN(days); i++)
        good |= days[i] == wanted;
    if (!good)
        return aws_fail(
            rq, &LOGS_InvalidParameterException,
            "1 validation error detected: Value '%lld' at 'retentionInDays' failed to satisfy constraint: "
            "Member must satisfy enum value set",
            (long long)wanted);
    CLEANUP_DEINIT(logs_group) struct logs_group group = {0};
    if (logs_group_of(rq, &group))
        return AWS_FAILED;
    json_set_int(group.doc, "retentionInDays", wanted);
    put_group(rq, &group);
    return 0;
}

int logs_op_DeleteRetentionPolicy(struct logs_svc *, struct rq *rq) {
    CLEANUP_DEINIT(logs_group) struct logs_group group = {0};
    if (logs_group_of(rq, &group))
        return AWS_FAILED;
    json_object_del(group.doc, "retentionInDays");
    put_group(rq, &group);
    return 0;
}

/* ---- Tags ---- */

static int tag(struct rq *rq) {
    CLEANUP_DEINIT(logs_group) struct logs_group group = {0};
    if (logs_group_of(rq, &group) ||
        kit_tags_merge(rq, &tag_rules, group.doc, json_obj(rq->in, "tags")))
        return AWS_FAILED;
    put_group(rq, &group);
    return 0;
}

static int untag(struct rq *rq, const json_t *names) {
    CLEANUP_DEINIT(logs_group) struct logs_group group = {0};
    if (logs_group_of(rq, &group))
        return AWS_FAILED;
    kit_tags_remove(&tag_rules, group.doc, names);
    put_group(rq, &group);
    return 0;
}

static int list_tags(struct rq *rq) {
    CLEANUP_DEINIT(logs_group) struct logs_group group = {0};
    if (logs_group_of(rq, &group))
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, "tags", kit_tags_map(kit_tags_stored(&tag_rules, group.doc)));
    return 0;
}

int logs_op_TagLogGroup(struct logs_svc *, struct rq *rq) { return tag(rq); }
int logs_op_TagResource(struct logs_svc *, struct rq *rq) { return tag(rq); }
int logs_op_UntagLogGroup(struct logs_svc *, struct rq *rq) {
    return untag(rq, json_arr(rq->in, "tags"));
}
int logs_op_UntagResource(struct logs_svc *, struct rq *rq) {
    return untag(rq, json_arr(rq->in, "tagKeys"));
}
int logs_op_ListTagsLogGroup(struct logs_svc *, struct rq *rq) { return list_tags(rq); }
int logs_op_ListTagsForResource(struct logs_svc *, struct rq *rq) { return list_tags(rq); }
