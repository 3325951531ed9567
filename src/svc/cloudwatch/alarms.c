/*
 * Metric alarms: stored as they were put, with Arn, state and times. Nothing evaluates them, and
 * their state says so; SetAlarmState (actions.c) moves it.
 */
#include "base/arn.h"
#include "base/ascii.h"
#include "svc/cloudwatch/cw_priv.h"
#include "svc/kit/page.h"
#include "svc/kit/tags.h"

static const struct kit_tags tag_rules = {
    .of = KIT_TAGS_CLOUDWATCH,
    .refuse = {[KIT_TAGS_MANY] = {&CW_ValidationError, "An alarm can have at most {most} tags"}}};

static const char unchecked[] =
    "Unchecked: calotype stores and describes alarms, and does not evaluate them; SetAlarmState sets the state";

void cw_alarm_key(struct buf *key, const struct rq *rq, str name) {
    key_begin(key, "cw.alarm");
    key_str(key, rq->account);
    key_str(key, rq->region);
    if (name.p)
        key_str(key, name);
}

static str alarm_arn(struct rq *rq, str name) {
    return arn_str(&rq->arena, "cloudwatch", rq->region, rq->account, "alarm:" STR_FMT,
                   STR_ARG(name));
}

/* ---- PutMetricAlarm ---- */

static bool one_of(str value, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (str_is(value, words[i]))
            return true;
    return false;
}

static int check_words(struct rq *rq) {
    static const char *const missing[] = {"breaching", "notBreaching", "ignore", "missing"};
    static const char *const samples[] = {"evaluate", "ignore"};
    static const char *const refused[] = {"Metrics", "ThresholdMetricId", "EvaluationCriteria",
                                          "EvaluationInterval"};
    str treat = json_str(rq->in, "TreatMissingData"),
        low = json_str(rq->in, "EvaluateLowSampleCountPercentile");
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (json_has(rq->in, refused[i]))
            return aws_fail(rq, &CW_ValidationError, "%s is not supported by calotype", refused[i]);
    if (treat.p && !one_of(treat, missing, ARRAY_LEN(missing)))
        return aws_fail(rq, &CW_ValidationError,
                        "Option " STR_FMT " is not supported for TreatMissingData.",
                        STR_ARG(treat));
    if (low.p && !one_of(low, samples, ARRAY_LEN(samples)))
        return aws_fail(rq, &CW_ValidationError,
                        "Option " STR_FMT " is not supported for EvaluateLowSampleCountPercentile.",
                        STR_ARG(low));
    return 0;
}

static int check_action(struct rq *rq, const char *list, str action) {
    if (!str_starts(action, S("arn:")))
        return aws_fail(rq, &CW_ValidationError, "Invalid arn syntax: " STR_FMT, STR_ARG(action));
    if (!cw_action_is_offered(action))
        return aws_fail(rq, &CW_ValidationError,
                        "%s: the action " STR_FMT " is not supported by calotype: actions are "
                        "topics and functions",
                        list, STR_ARG(action));
    return 0;
}

static int check_actions(struct rq *rq) {
    static const char *const lists[] = {"OKActions", "AlarmActions", "InsufficientDataActions"};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const json_t *actions = json_arr(rq->in, lists[i]);
        for (size_t k = 0; k < json_array_size(actions); k++)
            if (check_action(rq, lists[i], json_text(json_array_get(actions, k))))
                return AWS_FAILED;
    }
    return 0;
}

static int check_single_metric(struct rq *rq) {
    bool statistic = json_has(rq->in, "Statistic"),
         extended = json_has(rq->in, "ExtendedStatistic");
    int64_t period = json_int(rq->in, "Period", 0);
    const char *const required[] = {"MetricName", "Namespace", "Period", "Threshold"};
    for (size_t i = 0; i < ARRAY_LEN(required); i++)
        if (!json_has(rq->in, required[i]))
            return aws_fail(rq, &CW_ValidationError,
                            "The parameter %s is required for an alarm on one metric.",
                            required[i]);
    if (statistic == extended)
        return aws_fail(rq, &CW_ValidationError,
                        "Exactly one of Statistic and ExtendedStatistic must be specified");
    if (period != 10 && period != 20 && period != 30 && period % 60 != 0)
        return aws_fail(rq, &CW_ValidationError, "Period must be 10, 20, 30 or a multiple of 60");
    if (extended) {
        static const struct stat_sum none;
        double unused;
        str name = json_str(rq->in, "ExtendedStatistic");
        if (!str_starts(name, S("p")) || !cw_statistic(name, &none, &unused))
            return aws_fail(rq, &CW_ValidationError,
                            "The value '" STR_FMT
                            "' for parameter ExtendedStatistic is not supported "
                            "by calotype: percentiles are, as p99.9",
                            STR_ARG(name));
    }
    CLEANUP_DEINIT(buf) struct buf dimensions = {0};
    return cw_dimensions_of(rq, json_arr(rq->in, "Dimensions"), &dimensions);
}

/* A week; with periods of less than an hour a day ("Period", PutMetricAlarm, API reference). */
static int check_window(struct rq *rq, int64_t periods, int64_t period_s) {
    enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };
    bool day = period_s < HOUR_S;
    int64_t most_s = day ? DAY_S : 7 * DAY_S;
    if (periods <= most_s / period_s)
        return 0;
    return aws_fail(rq, &CW_ValidationError,
                    "Metrics cannot be checked across more than a %s (EvaluationPeriods * Period "
                    "must be <= %lld)",
                    day ? "day" : "week", (long long)most_s);
}

static int check_alarm(struct rq *rq) {
    int64_t periods = json_int(rq->in, "EvaluationPeriods", 0),
            needed = json_int(rq->in, "DatapointsToAlarm", 1);
    if (check_words(rq) || check_actions(rq))
        return AWS_FAILED;
    if (!json_has(rq->in, "EvaluationPeriods") || !json_has(rq->in, "ComparisonOperator"))
        return aws_fail(rq, &CW_ValidationError,
                        "The parameters EvaluationPeriods and ComparisonOperator are required.");
    if (needed > periods)
        return aws_fail(rq, &CW_ValidationError,
                        "DatapointsToAlarm must not be greater than EvaluationPeriods");
    if (check_single_metric(rq))
        return AWS_FAILED;
    return check_window(rq, periods, json_int(rq->in, "Period", 0));
}

void cw_alarm_set_state(json_t *doc, const char *state, str reason, str data, double now_s) {
    if (!str_is(json_str(doc, "StateValue"), state))
        json_set(doc, "StateTransitionedTimestamp", json_real(now_s));
    json_set_str(doc, "StateValue", str_c(state));
    json_set_str(doc, "StateReason", reason);
    json_object_del(doc, "StateReasonData");
    json_set_str(doc, "StateReasonData", data);
    json_set(doc, "StateUpdatedTimestamp", json_real(now_s));
}

int cw_alarm_read(struct rq *rq, str name, struct row *row, json_t **ret_doc) {
    cw_alarm_key(&row->key, rq, name);
    return rq_row_get_json(rq, row, ret_doc);
}

/* The members as the items of the history spell them: "alarmName", "okactions". */
static json_t *spelt_small(const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    json_t *out = json_object(), *value;
    const char *key;
    json_object_foreach ((json_t *)doc, key, value) {
        buf_clear(&name);
        buf_c(&name, key);
        for (size_t i = 0; ascii_is_upper(name.p[i]); i++)
            name.p[i] = ascii_lower(name.p[i]);
        json_set(out, buf_cstr(&name), json_incref(value));
    }
    return out;
}

/* What a change of an alarm is called in its history. */
struct change {
    const char *type, *member, *summary;
};
static const struct change created = {"Create", "createdAlarm", "created"},
                           updated = {"Update", "updatedAlarm", "updated"},
                           deleted = {"Delete", "deletedAlarm", "deleted"};

static void remember(struct cw_svc *cw, struct rq *rq, const struct change *change,
                     const json_t *doc) {
    CLEANUP_JSON json_t *data = json_object();
    str name = json_str(doc, "AlarmName");
    json_set_str(data, "version", S("1.0"));
    json_set_str(data, "type", str_c(change->type));
    json_set(data, change->member, spelt_small(doc));
    cw_history_add(
        cw, rq_batch(rq),
        &(struct cw_history){.account = rq->account,
                             .region = rq->region,
                             .alarm = name,
                             .type = "ConfigurationUpdate",
                             .summary = arena_printf(&rq->arena, "Alarm \"" STR_FMT "\" %s",
                                                     STR_ARG(name), change->summary),
                             .data = data,
                             .time_ms = rq->now_ms});
}

int cw_op_PutMetricAlarm(struct cw_svc *cw, struct rq *rq) {
    str name = json_str(rq->in, "AlarmName");
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *old = NULL, *doc = json_deep_copy(rq->in);
    double now_s = (double)rq->now_ms / 1000;
    if (check_alarm(rq))
        return AWS_FAILED;
    int r = cw_alarm_read(rq, name, &row, &old);
    if (r && r != STORE_E_ABSENT)
        return AWS_FAILED;
    json_set_str(doc, "AlarmArn", alarm_arn(rq, name));
    json_set(doc, "AlarmConfigurationUpdatedTimestamp", json_real(now_s));
    if (!json_has(doc, "ActionsEnabled"))
        json_set_bool(doc, "ActionsEnabled", true);
    if (old) { /* an update leaves state and tags alone */
        static const char *const kept[] = {"StateValue",
                                           "StateReason",
                                           "StateReasonData",
                                           "StateUpdatedTimestamp",
                                           "StateTransitionedTimestamp",
                                           "Tags"};
        json_object_del(doc, "Tags");
        for (size_t i = 0; i < ARRAY_LEN(kept); i++)
            json_set(doc, kept[i], json_incref(json_object_get(old, kept[i])));
    } else {
        cw_alarm_set_state(doc, "INSUFFICIENT_DATA", str_c(unchecked), STR_NONE, now_s);
    }
    if (kit_tags_check(rq, &tag_rules, json_arr(doc, "Tags")))
        return AWS_FAILED;
    row_put_json(rq_rows(rq), &row, doc);
    remember(cw, rq, old ? &updated : &created, doc);
    return 0;
}

/* ---- Describing ---- */

static json_t *describe(const json_t *doc) {
    static const char *const lists[] = {"OKActions", "AlarmActions", "InsufficientDataActions"};
    json_t *out = json_copy((json_t *)doc);
    json_object_del(out, "Tags");
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        if (!json_has(out, lists[i]))
            json_set(out, lists[i], json_array());
    if (json_has(out, "MetricName") && !json_has(out, "Dimensions"))
        json_set(out, "Dimensions", json_array());
    return out;
}

static bool has_prefix(const json_t *list, str prefix) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_starts(json_text(json_array_get(list, i)), prefix))
            return true;
    return false;
}

static bool is_wanted(struct rq *rq, const json_t *doc) {
    const json_t *names = json_arr(rq->in, "AlarmNames");
    str state = json_str(rq->in, "StateValue"), action = json_str(rq->in, "ActionPrefix");
    if (names && json_find_text(names, json_str(doc, "AlarmName")) < 0)
        return false;
    if (!str_starts(json_str(doc, "AlarmName"), json_str(rq->in, "AlarmNamePrefix")))
        return false;
    if (state.p && !str_eq(json_str(doc, "StateValue"), state))
        return false;
    return !action.p || has_prefix(json_arr(doc, "AlarmActions"), action) ||
           has_prefix(json_arr(doc, "OKActions"), action) ||
           has_prefix(json_arr(doc, "InsufficientDataActions"), action);
}

/* Adds the region's alarms that are wanted, in order of their names. 0 or AWS_FAILED. */
static int list_alarms(struct kit_page *page, bool (*wanted)(struct rq *rq, const json_t *doc)) {
    CLEANUP_DEINIT(buf) struct buf rows = {0};
    cw_alarm_key(&rows, page->rq, STR_NONE);
    kit_page_rows(page, STORE_META, buf_view(&rows));
    while (kit_page_next(page)) {
        CLEANUP_JSON json_t *doc = json_parse(page->value, NULL);
        if (doc && wanted(page->rq, doc))
            kit_page_add(page, STR_NONE, describe(doc));
    }
    return kit_page_end(page);
}

int cw_op_DescribeAlarms(struct cw_svc *, struct rq *rq) {
    static const char *const refused[] = {"ChildrenOfAlarmName", "ParentsOfAlarmName"};
    static const struct kit_paging paging = {.list = "MetricAlarms",
                                             .token = "NextToken",
                                             .limit = "MaxRecords",
                                             .most = 100,
                                             .otherwise = 50,
                                             .error = &CW_InvalidNextToken,
                                             .no_empty = true};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (json_has(rq->in, refused[i]))
            return aws_fail(rq, &CW_ValidationError,
                            "%s is not supported by calotype: there are no composite alarms",
                            refused[i]);
    if (json_has(rq->in, "AlarmNames") && json_has(rq->in, "AlarmNamePrefix"))
        return aws_fail(rq, &CW_ValidationError,
                        "AlarmNamePrefix and AlarmNames cannot both be specified");
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    if (kit_page_begin(&page, rq, &paging, STR_NONE))
        return AWS_FAILED;
    if (json_has(rq->in, "AlarmNames") && !json_has(rq->in, "MaxRecords"))
        page.most = paging.most;
    rq->out = json_object();
    json_set(rq->out, "CompositeAlarms", json_array());
    const json_t *types = json_arr(rq->in, "AlarmTypes");
    if (types && json_find_text(types, S("MetricAlarm")) < 0)
        return kit_page_end(&page);
    return list_alarms(&page, is_wanted);
}

static bool is_of_metric(struct rq *rq, const json_t *doc) {
    static const char *const members[] = {"MetricName", "Namespace", "Statistic",
                                          "ExtendedStatistic", "Unit"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (json_has(rq->in, members[i]) &&
            !str_eq(json_str(doc, members[i]), json_str(rq->in, members[i])))
            return false;
    if (json_has(rq->in, "Period") && json_int(rq->in, "Period", 0) != json_int(doc, "Period", 0))
        return false;
    CLEANUP_DEINIT(buf) struct buf asked = {0}, has = {0};
    return !cw_dimensions_of(rq, json_arr(rq->in, "Dimensions"), &asked) &&
           !cw_dimensions_of(rq, json_arr(doc, "Dimensions"), &has) &&
           str_eq(buf_view(&asked), buf_view(&has));
}

int cw_op_DescribeAlarmsForMetric(struct cw_svc *, struct rq *rq) {
    static const struct kit_paging paging = {.list = "MetricAlarms",
                                             .token = "NextToken",
                                             .most = SIZE_MAX};
    CLEANUP_DEINIT(buf) struct buf dimensions = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    if (kit_page_begin(&page, rq, &paging, STR_NONE) ||
        cw_dimensions_of(rq, json_arr(rq->in, "Dimensions"), &dimensions))
        return AWS_FAILED;
    return list_alarms(&page, is_of_metric);
}

/* ---- Several at once ---- */

int cw_op_DeleteAlarms(struct cw_svc *cw, struct rq *rq) {
    const json_t *names = json_arr(rq->in, "AlarmNames");
    for (size_t i = 0; i < json_array_size(names); i++) {
        CLEANUP_DEINIT(row) struct row row = {0};
        CLEANUP_JSON json_t *doc = NULL;
        str name = json_text(json_array_get(names, i));
        if (json_find_text(names, name) < (int)i)
            continue; /* named twice */
        cw_alarm_key(&row.key, rq, name);
        int r = row_get_json(rq_rows(rq), &row, &doc);
        if (r == STORE_E_ABSENT)
            continue; /* as good as deleted */
        if (r && r != STORE_E_DAMAGED)
            return aws_fault(rq, r, "reading an alarm");
        row_del(rq_rows(rq), &row);
        if (r == 0) /* a damaged one goes too, and says nothing of itself */
            remember(cw, rq, &deleted, doc);
    }
    /* What is remembered of an alarm is about as large as what goes, and is swept in its time. */
    store_batch_frees(rq_batch(rq));
    return 0;
}

static int enable(struct cw_svc *cw, struct rq *rq, bool on) {
    const json_t *names = json_arr(rq->in, "AlarmNames");
    for (size_t i = 0; i < json_array_size(names); i++) {
        CLEANUP_DEINIT(row) struct row row = {0};
        CLEANUP_JSON json_t *doc = NULL;
        str name = json_text(json_array_get(names, i));
        if (json_find_text(names, name) < (int)i)
            continue; /* named twice */
        int r = cw_alarm_read(rq, name, &row, &doc);
        if (r == STORE_E_ABSENT)
            continue; /* CloudWatch says nothing about names that are not there */
        if (r)
            return AWS_FAILED;
        if (json_bool(doc, "ActionsEnabled", true) == on)
            continue;
        json_set_bool(doc, "ActionsEnabled", on);
        row_put_json(rq_rows(rq), &row, doc);
        remember(cw, rq, &updated, doc);
    }
    return 0;
}

int cw_op_EnableAlarmActions(struct cw_svc *cw, struct rq *rq) { return enable(cw, rq, true); }

int cw_op_DisableAlarmActions(struct cw_svc *cw, struct rq *rq) { return enable(cw, rq, false); }
