/* PutMetricData: single values, value and count lists, and statistic sets. */
#include "svc/cloudwatch/cw_priv.h"

#include <math.h>

enum { MAX_DATA = 1000, MAX_VALUES = 150 };
#define TWO_WEEKS_MS (14LL * 24 * 3600 * 1000)
#define TWO_HOURS_MS (2LL * 3600 * 1000)
#define LARGEST      0x1p360 /* "values must be in the range of -2^360 to 2^360" */

struct datum {
    const json_t *json;
    size_t at; /* 1 and up, for messages */
    struct cw_series series;
    str unit;
    int64_t time_ms;
};

static int bad_value(struct rq *rq, const struct datum *d, const char *what) {
    return aws_fail(rq, &CW_InvalidParameterValueException,
                    "The value for parameter MetricData.member.%zu.%s is invalid.", d->at, what);
}

static int exclusive(struct rq *rq, const struct datum *d, const char *a, const char *b) {
    return aws_fail(
        rq, &CW_InvalidParameterCombinationException,
        "The parameters MetricData.member.%zu.%s and MetricData.member.%zu.%s are mutually exclusive and "
        "you have specified both.",
        d->at, a, d->at, b);
}

static bool is_number(double v) { return isfinite(v) && fabs(v) <= LARGEST; }

static int add(struct cw_svc *cw, struct rq *rq, const struct datum *d, double value,
               double count) {
    cw_series_add(cw, rq_rows(rq), &d->series, d->unit, d->time_ms, value, count);
    return 0;
}

static int add_values(struct cw_svc *cw, struct rq *rq, const struct datum *d) {
    const json_t *values = json_arr(d->json, "Values"), *counts = json_arr(d->json, "Counts");
    size_t n = json_array_size(values);
    if (n == 0 || n > MAX_VALUES)
        return bad_value(rq, d, "Values");
    if (counts && json_array_size(counts) != n)
        return aws_fail(
            rq, &CW_InvalidParameterValueException,
            "The parameters MetricData.member.%zu.Values and MetricData.member.%zu.Counts must be of the "
            "same size.",
            d->at, d->at);
    for (size_t i = 0; i < n; i++) {
        double value = json_number_value(json_array_get(values, i));
        double count = counts ? json_number_value(json_array_get(counts, i)) : 1;
        if (!is_number(value))
            return bad_value(rq, d, "Values");
        if (!is_number(count) || count < 0)
            return bad_value(rq, d, "Counts");
        add(cw, rq, d, value, count);
    }
    return 0;
}

/*
 * A set is stored as observations that have its sum, count and bounds: the smallest, the largest,
 * and between them the mean of what remains. Its percentiles are a guess, as CloudWatch says too.
 */
static int add_set(struct cw_svc *cw, struct rq *rq, const struct datum *d) {
    const json_t *set = json_obj(d->json, "StatisticValues");
    double count = json_num(set, "SampleCount", 0), sum = json_num(set, "Sum", 0);
    double least = json_num(set, "Minimum", 0), most = json_num(set, "Maximum", 0);
    if (!is_number(count) || count <= 0 || !is_number(sum) || !is_number(least) ||
        !is_number(most) || least > most)
        return bad_value(rq, d, "StatisticValues");
    if (count < 2 || least == most)
        return add(cw, rq, d, sum / count, count);
    add(cw, rq, d, least, 1);
    add(cw, rq, d, most, 1);
    if (count > 2)
        add(cw, rq, d, (sum - least - most) / (count - 2), count - 2);
    return 0;
}

static int check_time(struct rq *rq, struct datum *d) {
    d->time_ms = json_has(d->json, "Timestamp")
                     ? (int64_t)(json_num(d->json, "Timestamp", 0) * 1000)
                     : rq->now_ms;
    if (d->time_ms < rq->now_ms - TWO_WEEKS_MS)
        return aws_fail(
            rq, &CW_InvalidParameterValueException,
            "The parameter MetricData.member.%zu.Timestamp must specify a time no more than two weeks in "
            "the past.",
            d->at);
    if (d->time_ms > rq->now_ms + TWO_HOURS_MS)
        return aws_fail(
            rq, &CW_InvalidParameterValueException,
            "The parameter MetricData.member.%zu.Timestamp must specify a time no more than two hours in "
            "the future.",
            d->at);
    return 0;
}

static int put_datum(struct cw_svc *cw, struct rq *rq, struct datum *d) {
    bool value = json_has(d->json, "Value"), values = json_has(d->json, "Values");
    bool set = json_has(d->json, "StatisticValues");
    int64_t resolution = json_int(d->json, "StorageResolution", 60);
    if (check_time(rq, d))
        return AWS_FAILED;
    if (resolution != 1 && resolution != 60)
        return bad_value(rq, d, "StorageResolution");
    if (value && values)
        return exclusive(rq, d, "Value", "Values");
    if (value && set)
        return exclusive(rq, d, "Value", "StatisticValues");
    if (values && set)
        return exclusive(rq, d, "Values", "StatisticValues");
    if (values)
        return add_values(cw, rq, d);
    if (set)
        return add_set(cw, rq, d);
    if (!value)
        return aws_fail(
            rq, &CW_MissingRequiredParameterException,
            "At least one of the parameters must be specified: MetricData.member.%zu.Value, Values or "
            "StatisticValues.",
            d->at);
    double v = json_num(d->json, "Value", 0);
    return is_number(v) ? add(cw, rq, d, v, 1) : bad_value(rq, d, "Value");
}

int cw_op_PutMetricData(struct cw_svc *cw, struct rq *rq) {
    const json_t *data = json_arr(rq->in, "MetricData");
    str name_space = json_str(rq->in, "Namespace");
    if (json_has(rq->in, "EntityMetricData"))
        return aws_fail(rq, &CW_InvalidParameterValueException,
                        "EntityMetricData is not supported by calotype");
    if (str_starts(name_space, S("AWS/")))
        return aws_fail(
            rq, &CW_InvalidParameterValueException,
            "The value AWS/ for parameter Namespace is invalid: names that begin so are reserved.");
    if (json_array_size(data) == 0)
        return aws_fail(rq, &CW_MissingRequiredParameterException,
                        "The parameter MetricData is required.");
    if (json_array_size(data) > MAX_DATA)
        return aws_fail(rq, &CW_InvalidParameterValueException,
                        "The collection MetricData must not have a size greater than %d.",
                        MAX_DATA);
    for (size_t i = 0; i < json_array_size(data); i++) {
        const json_t *one = json_array_get(data, i);
        CLEANUP_DEINIT(buf) struct buf dimensions = {0};
        if (cw_dimensions_of(rq, json_arr(one, "Dimensions"), &dimensions))
            return AWS_FAILED;
        struct datum d = {.json = one,
                          .at = i + 1,
                          .unit = json_has(one, "Unit") ? json_str(one, "Unit") : S("None"),
                          .series = {rq->account, rq->region, name_space,
                                     json_str(one, "MetricName"), buf_view(&dimensions)}};
        if (put_datum(cw, rq, &d))
            return AWS_FAILED;
    }
    return 0;
}
