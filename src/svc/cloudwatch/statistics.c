/* GetMetricStatistics and GetMetricData. */
#include "base/ascii.h"
#include "aws/items.h"
#include "svc/cloudwatch/cw_priv.h"

enum { MAX_POINTS = 1440, MAX_QUERIES = 500, MAX_DATA_POINTS = 100800 };
#define DAY_MS (24LL * 3600 * 1000)

static const struct stat_sum empty_sum;

/* "StartTime: the specified time is rounded down", by how long ago it is. */
static int64_t round_start(int64_t start_ms, int64_t now_ms) {
    int64_t age = now_ms - start_ms;
    int64_t step = age > 63 * DAY_MS   ? 60 * CW_MINUTE_MS
                   : age > 15 * DAY_MS ? 5 * CW_MINUTE_MS
                                       : CW_MINUTE_MS;
    return start_ms / step * step;
}

static int check_period(struct rq *rq, int64_t period) {
    if (period == 1 || period == 5 || period == 10 || period == 20 || period == 30)
        return aws_fail(rq, &CW_InvalidParameterValueException,
                        "Period %lld is not supported: calotype keeps metrics by the minute",
                        (long long)period);
    if (period < 60 || period % 60 != 0)
        return aws_fail(rq, &CW_InvalidParameterValueException,
                        "The parameter Period must be a multiple of 60, got %lld.",
                        (long long)period);
    return 0;
}

static int check_range(struct rq *rq, int64_t *ret_start, int64_t *ret_end) {
    *ret_start = (int64_t)(json_num(rq->in, "StartTime", 0) * 1000);
    *ret_end = (int64_t)(json_num(rq->in, "EndTime", 0) * 1000);
    if (*ret_start >= *ret_end)
        return aws_fail(rq, &CW_InvalidParameterCombinationException,
                        "The parameter StartTime must be less than the parameter EndTime.");
    if (*ret_start < 0)
        return aws_fail(rq, &CW_InvalidParameterValueException,
                        "The parameter StartTime is out of range.");
    return 0;
}

static int check_statistics(struct rq *rq, const json_t *plain, const json_t *extended) {
    double unused;
    if (!plain == !extended)
        return aws_fail(rq,
                        plain ? &CW_InvalidParameterCombinationException
                              : &CW_MissingRequiredParameterException,
                        "Must specify either Statistics or ExtendedStatistics, but not both.");
    for (size_t i = 0; i < json_array_size(extended); i++) {
        str name = json_text(json_array_get(extended, i));
        if (!str_starts(name, S("p")) || !cw_statistic(name, &empty_sum, &unused))
            return aws_fail(rq, &CW_InvalidParameterValueException,
                            "The extended statistic " STR_FMT
                            " is not supported by calotype: percentiles are, as p99.9",
                            STR_ARG(name));
    }
    return 0;
}

static json_t *describe_bucket(const struct cw_bucket *b, const json_t *plain,
                               const json_t *extended) {
    json_t *point = json_object(), *map = json_object();
    double v;
    json_set_int(point, "Timestamp", b->start_ms / 1000);
    json_set_str(point, "Unit", str_c(b->unit));
    for (size_t i = 0; i < json_array_size(plain); i++) {
        const char *name = json_string_value(json_array_get(plain, i));
        if (cw_statistic(str_c(name), &b->sum, &v))
            json_set(point, name, json_real(v));
    }
    for (size_t i = 0; i < json_array_size(extended); i++) {
        const char *name = json_string_value(json_array_get(extended, i));
        if (cw_statistic(str_c(name), &b->sum, &v))
            json_set(map, name, json_real(v));
    }
    if (extended)
        json_set(point, "ExtendedStatistics", json_incref(map));
    json_decref(map);
    return point;
}

int cw_op_GetMetricStatistics(struct cw_svc *cw, struct rq *rq) {
    const json_t *plain = json_arr(rq->in, "Statistics"),
                 *extended = json_arr(rq->in, "ExtendedStatistics");
    int64_t period = json_int(rq->in, "Period", 60), start, end;
    CLEANUP_DEINIT(buf) struct buf dimensions = {0};
    if (check_range(rq, &start, &end) || check_period(rq, period) ||
        check_statistics(rq, plain, extended) ||
        cw_dimensions_of(rq, json_arr(rq->in, "Dimensions"), &dimensions))
        return AWS_FAILED;
    start = round_start(start, rq->now_ms);
    int64_t points = (end - start + period * 1000 - 1) / (period * 1000);
    if (points > MAX_POINTS)
        return aws_fail(
            rq, &CW_InvalidParameterCombinationException,
            "You have requested up to %lld datapoints, which exceeds the limit of 1440. You may reduce the "
            "datapoints requested by increasing Period, or decreasing the time range.",
            (long long)points);
    struct cw_query query = {.series = {rq->account, rq->region, json_str(rq->in, "Namespace"),
                                        json_str(rq->in, "MetricName"), buf_view(&dimensions)},
                             .start_ms = start,
                             .end_ms = end,
                             .period_ms = period * 1000,
                             .unit = json_str(rq->in, "Unit")};
    CLEANUP_DEINIT(cw_result) struct cw_result result = {0};
    int r = cw_query_run(cw, rq_snap(rq), &query, &result);
    if (r)
        return aws_fault(rq, r, "read metric");
    json_t *list = json_array();
    for (size_t i = 0; i < result.n; i++)
        json_array_append_new(list, describe_bucket(&result.buckets[i], plain, extended));
    rq->out = json_object();
    json_set_str(rq->out, "Label", json_str(rq->in, "MetricName"));
    json_set(rq->out, "Datapoints", list);
    return 0;
}

/* ---- GetMetricData ---- */

static bool is_id(str s) { return s.len > 0 && ascii_is_lower(s.p[0]) && ascii_only_alnum(s, "_"); }

static int check_query(struct rq *rq, const json_t *queries, size_t at) {
    const json_t *q = json_array_get(queries, at);
    str id = json_str(q, "Id"), account = json_str(q, "AccountId");
    double unused;
    if (!is_id(id))
        return aws_fail(rq, &CW_ValidationError,
                        "The value " STR_FMT " for parameter MetricDataQueries.member.%zu.Id is "
                        "not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
                        STR_ARG(id), at + 1);
    for (size_t i = 0; i < at; i++)
        if (str_eq(json_str(json_array_get(queries, i), "Id"), id))
            return aws_fail(rq, &CW_ValidationError,
                            "The values for parameter Id in MetricDataQueries are not unique.");
    if (json_has(q, "Expression"))
        return aws_fail(rq, &CW_ValidationError,
                        "Expression is not supported by calotype (query " STR_FMT ")", STR_ARG(id));
    if (account.p && !str_eq(account, rq->account))
        return aws_fail(rq, &CW_ValidationError,
                        "AccountId is not supported by calotype but for the caller's own");
    const json_t *stat = json_obj(q, "MetricStat");
    if (!stat)
        return aws_fail(rq, &CW_ValidationError, "The query " STR_FMT " needs a MetricStat",
                        STR_ARG(id));
    if (!cw_statistic(json_str(stat, "Stat"), &empty_sum, &unused))
        return aws_fail(rq, &CW_ValidationError,
                        "The statistic " STR_FMT " is not supported by calotype",
                        STR_ARG(json_str(stat, "Stat")));
    return check_period(rq, json_int(stat, "Period", 0));
}

static const struct cw_bucket *bucket_of(const struct cw_result *result, bool ascending, size_t i) {
    return &result->buckets[ascending ? i : result->n - 1 - i];
}

static void tell_result(struct items *results, const json_t *q, const struct cw_result *result,
                        bool ascending) {
    const json_t *stat = json_obj(q, "MetricStat"), *metric = json_obj(stat, "Metric");
    items_begin(results);
    items_str(results, "Id", json_str(q, "Id"));
    items_str(results, "Label",
              json_has(q, "Label") ? json_str(q, "Label") : json_str(metric, "MetricName"));
    items_open(results, "Timestamps");
    for (size_t i = 0; i < result->n; i++)
        items_time(results, NULL, bucket_of(result, ascending, i)->start_ms / 1000 * 1000);
    items_close(results);
    items_open(results, "Values");
    for (size_t i = 0; i < result->n; i++) {
        double v = 0;
        cw_statistic(json_str(stat, "Stat"), &bucket_of(result, ascending, i)->sum, &v);
        items_num(results, NULL, v);
    }
    items_close(results);
    items_str(results, "StatusCode", S("Complete"));
    items_close(results);
}

/* Values and Timestamps of one query; *budget: how many more points the answer may have. */
static int answer_query(struct cw_svc *cw, struct rq *rq, const json_t *q, int64_t start,
                        int64_t end, int64_t *budget, struct items *results) {
    const json_t *stat = json_obj(q, "MetricStat"), *metric = json_obj(stat, "Metric");
    int64_t period_ms = json_int(stat, "Period", 60) * 1000;
    bool ascending = str_is(json_str(rq->in, "ScanBy"), "TimestampAscending");
    CLEANUP_DEINIT(buf) struct buf dimensions = {0};
    if (cw_dimensions_of(rq, json_arr(metric, "Dimensions"), &dimensions))
        return AWS_FAILED;
    start = start / period_ms * period_ms;
    struct cw_query query = {.series = {rq->account, rq->region, json_str(metric, "Namespace"),
                                        json_str(metric, "MetricName"), buf_view(&dimensions)},
                             .start_ms = start,
                             .end_ms = end,
                             .period_ms = period_ms,
                             .unit = json_str(stat, "Unit")};
    CLEANUP_DEINIT(cw_result) struct cw_result result = {0};
    int r = cw_query_run(cw, rq_snap(rq), &query, &result);
    if (r)
        return aws_fault(rq, r, "read metric");
    *budget -= (int64_t)result.n;
    if (*budget < 0)
        return aws_fail(
            rq, &CW_ValidationError,
            "You have requested more than %d datapoints. Use a longer Period or a shorter time range.",
            MAX_DATA_POINTS);
    tell_result(results, q, &result, ascending);
    return 0;
}

int cw_op_GetMetricData(struct cw_svc *cw, struct rq *rq) {
    const json_t *queries = json_arr(rq->in, "MetricDataQueries");
    int64_t start, end, budget = json_int(rq->in, "MaxDatapoints", MAX_DATA_POINTS);
    if (budget <= 0 || budget > MAX_DATA_POINTS)
        budget = MAX_DATA_POINTS;
    if (json_has(rq->in, "NextToken"))
        return aws_fail(rq, &CW_InvalidNextToken, NULL); /* every answer is whole */
    if (json_array_size(queries) == 0 || json_array_size(queries) > MAX_QUERIES)
        return aws_fail(rq, &CW_ValidationError, "MetricDataQueries must have 1 to %d members",
                        MAX_QUERIES);
    if (check_range(rq, &start, &end))
        return AWS_FAILED;
    for (size_t i = 0; i < json_array_size(queries); i++)
        if (check_query(rq, queries, i))
            return AWS_FAILED;
    rq->out = json_object();
    struct items *results = rq_out_items(rq, "MetricDataResults");
    json_set(rq->out, "Messages", json_array());
    for (size_t i = 0; i < json_array_size(queries); i++) {
        const json_t *q = json_array_get(queries, i);
        if (json_bool(q, "ReturnData", true) &&
            answer_query(cw, rq, q, start, end, &budget, results))
            return AWS_FAILED;
    }
    return 0;
}
