/* Reading metrics: periods, ranges, units, percentiles, GetMetricData's queries, lists by age. */
#include "fixture.h"
#include "svc/answers.h"

#define GET(more)   "{'Namespace':'N','MetricName':'m'," more "}"
#define RANGE       "'StartTime':T+0,'EndTime':T+60"
#define SUM         "'Statistics':['Sum']"
#define VALUE       "InvalidParameterValueException"
#define BOTH        "InvalidParameterCombinationException"
#define EXTENDED(p) GET(RANGE ",'Period':60,'ExtendedStatistics':['" p "']")
static void refused(void **state) {
    static const struct refusal rows[] = {
        {"GetMetricStatistics", GET(RANGE ",'Period':60," SUM), "", NULL},
        {"GetMetricStatistics", GET("'StartTime':T+0,'EndTime':T+0,'Period':60," SUM), BOTH,
         "The parameter StartTime must be less than the parameter EndTime."},
        {"GetMetricStatistics", GET("'StartTime':-60,'EndTime':0,'Period':60," SUM), VALUE,
         "The parameter StartTime is out of range."},
        {"GetMetricStatistics", GET("'StartTime':0,'EndTime':60,'Period':60," SUM), "", NULL},
        {"GetMetricStatistics", GET(RANGE ",'Period':90," SUM), VALUE,
         "The parameter Period must be a multiple of 60, got 90."},
        {"GetMetricStatistics", GET(RANGE ",'Period':120," SUM), "", NULL},
        {"GetMetricStatistics", GET(RANGE ",'Period':1," SUM), VALUE,
         "Period 1 is not supported: calotype keeps metrics by the minute"},
        {"GetMetricStatistics", GET(RANGE ",'Period':10," SUM), VALUE,
         "Period 10 is not supported: calotype keeps metrics by the minute"},
        {"GetMetricStatistics", GET(RANGE ",'Period':11," SUM), VALUE,
         "The parameter Period must be a multiple of 60, got 11."},
        {"GetMetricStatistics", GET(RANGE ",'Period':30," SUM), VALUE,
         "Period 30 is not supported: calotype keeps metrics by the minute"},
        {"GetMetricStatistics", GET(RANGE ",'Period':60"), "MissingRequiredParameterException",
         "Must specify either Statistics or ExtendedStatistics, but not both."},
        {"GetMetricStatistics", GET(RANGE ",'Period':60," SUM ",'ExtendedStatistics':['p50']"),
         BOTH, NULL},
        {"GetMetricStatistics", EXTENDED("p0"), "", NULL},
        {"GetMetricStatistics", EXTENDED("p100"), "", NULL},
        {"GetMetricStatistics", EXTENDED("p100.1"), VALUE, NULL},
        {"GetMetricStatistics", EXTENDED("p101"), VALUE, NULL},
        {"GetMetricStatistics", EXTENDED("p1000"), VALUE, NULL},
        {"GetMetricStatistics", EXTENDED("p99.0123456789"), "", NULL},
        {"GetMetricStatistics", EXTENDED("p99.01234567890"), VALUE, NULL},
        {"GetMetricStatistics", EXTENDED("p"), VALUE, NULL},
        {"GetMetricStatistics", EXTENDED("p9x"), VALUE, NULL},
        {"GetMetricStatistics", EXTENDED("Sum"), VALUE,
         "The extended statistic Sum is not supported by calotype: percentiles are, as p99.9"},
        /* 1,440 data points a request */
        {"GetMetricStatistics", GET("'StartTime':T-86400,'EndTime':T+0,'Period':60," SUM), "",
         NULL},
        {"GetMetricStatistics", GET("'StartTime':T-86400,'EndTime':T+60,'Period':60," SUM), BOTH,
         "You have requested up to 1441 datapoints, which exceeds the limit of 1440. You may "
         "reduce the datapoints requested by increasing Period, or decreasing the time range."},
        {"GetMetricStatistics", GET("'StartTime':T-86400,'EndTime':T+60,'Period':120," SUM), "",
         NULL},
    };
    check_refusals(*state, cw_call, rows);
}

/* A datum at T+s of metric m: value, unit ("" for none). */
static void put(struct cloud *c, long s, double value, const char *unit) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{'Namespace':'N','MetricData':[{'MetricName':'m','Timestamp':T%+ld,'Value':%g",
               s, value);
    if (*unit)
        buf_printf(&in, ",'Unit':'%s'", unit);
    buf_c(&in, "}]}");
    ok(cw_call(c, "PutMetricData", buf_cstr(&in)));
}

/* The sums of the last answer's data points as "seconds behind T:sum,…". */
static const char *sums(struct cloud *c) {
    static char text[1000];
    const json_t *list = json_arr(c->call.out, "Datapoints");
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *p = json_array_get(list, i);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%lld:%g", i ? "," : "",
                               (long long)(json_int(p, "Timestamp", 0) - minute_s),
                               json_num(p, "Sum", -1));
    }
    return text;
}

static void ranges_and_periods(void **state) {
    static const struct {
        const char *range, *want;
    } rows[] = {{"'StartTime':T+0,'EndTime':T+180,'Period':60", "0:1,60:2,120:4"},
                {"'StartTime':T+0,'EndTime':T+120,'Period':60", "0:1,60:2"},
                {"'StartTime':T+0,'EndTime':T+121,'Period':60", "0:1,60:2,120:4"},
                {"'StartTime':T+59,'EndTime':T+120,'Period':60", "0:1,60:2"}, /* rounded down */
                {"'StartTime':T+60,'EndTime':T+180,'Period':60", "60:2,120:4"},
                {"'StartTime':T+0,'EndTime':T+180,'Period':120", "0:3,120:4"},
                {"'StartTime':T+60,'EndTime':T+180,'Period':120", "60:6"},
                {"'StartTime':T+0,'EndTime':T+60,'Period':300", "0:1"}};
    struct cloud *c = *state;
    put(c, 0, 1, "");
    put(c, 119, 2, "");
    put(c, 120, 4, "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_printf(&in, GET("%s," SUM), rows[i].range);
        ok(cw_call(c, "GetMetricStatistics", buf_cstr(&in)));
        CHECK_TEXT(sums(c), rows[i].want);
    }
    check_at(c, "Label", "'m'");
}

/* Old ranges begin at a step of five minutes (15 days) or an hour (63 days). */
static void old_ranges_begin_earlier(void **state) {
    static const int64_t day = 86400000;
    static const struct {
        int64_t later_ms;
        int64_t step_s;
    } rows[] = {{14 * day, 60}, {16 * day, 300}, {62 * day, 300}, {64 * day, 3600}};
    struct cloud *c = *state;
    int64_t stepped = minute_s / 3600 * 3600; /* an hour's start: what is put at its 59th minute */
    put(c, (long)(stepped - minute_s - 3600 + 60), 1, "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char in[300];
        clock_set_offset_ms(rows[i].later_ms);
        snprintf(in, sizeof in, GET("'StartTime':T%+lld,'EndTime':T%+lld,'Period':3600," SUM),
                 (long long)(stepped - minute_s - 3600 + 240), (long long)(stepped - minute_s));
        ok(cw_call(c, "GetMetricStatistics", in));
        clock_set_offset_ms(0);
        CHECK_INT(json_array_size(json_arr(c->call.out, "Datapoints")), rows[i].step_s > 60);
        if (rows[i].step_s > 60)
            CHECK_INT(json_int(json_at(c->call.out, "Datapoints.0"), "Timestamp", 0),
                      stepped - 3600);
    }
}

static void units_apart(void **state) {
    struct cloud *c = *state;
    put(c, 0, 1, "");
    put(c, 1, 2, "Bytes");
    put(c, 2, 4, "Count");
    put(c, 3, 8, "Bytes");
    ok(cw_call(c, "GetMetricStatistics", GET(RANGE ",'Period':60," SUM)));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Datapoints")), 3);
    ok(cw_call(c, "GetMetricStatistics", GET(RANGE ",'Period':60,'Unit':'Bytes'," SUM)));
    CHECK_TEXT(sums(c), "0:10");
    check_at(c, "Datapoints.0.Unit", "'Bytes'");
    ok(cw_call(c, "GetMetricStatistics", GET(RANGE ",'Period':60,'Unit':'None'," SUM)));
    CHECK_TEXT(sums(c), "0:1");
}

static void percentiles(void **state) {
    struct cloud *c = *state;
    for (int i = 1; i <= 10; i++)
        put(c, i, i * 10, "");
    ok(cw_call(c, "GetMetricStatistics",
               GET(RANGE ",'Period':60,'ExtendedStatistics':['p0','p50','p90.5','p100']")));
    const json_t *got = json_at(c->call.out, "Datapoints.0.ExtendedStatistics");
    CHECK_INT(json_object_size(got), 4);
    CHECK(json_num(got, "p0", 0) == 10 && json_num(got, "p100", 0) == 100);
    CHECK(json_num(got, "p50", 0) > 45 && json_num(got, "p50", 0) < 65);
    CHECK(json_num(got, "p90.5", 0) > 85 && json_num(got, "p90.5", 0) <= 100);
    ok(cw_call(c, "GetMetricStatistics",
               GET(RANGE ",'Period':60,'Statistics':['Average','Minimum']")));
    check_at(c, "Datapoints.0.Average", "55.0");
    check_at(c, "Datapoints.0.Minimum", "10.0");
    check_at(c, "Datapoints.0.ExtendedStatistics", "");
}

/* ---- GetMetricData ---- */

#define DATA(queries) "{" RANGE ",'MetricDataQueries':[" queries "]}"
#define STAT(period, stat)                                                                         \
    "'MetricStat':{'Metric':{'Namespace':'N','MetricName':'m'},'Period':" period ",'Stat':'" stat  \
    "'}"
static void queries_refused(void **state) {
    static const struct refusal rows[] = {
        {"GetMetricData", DATA("{'Id':'a1_B'," STAT("60", "Sum") "}"), "", NULL},
        {"GetMetricData", DATA(""), "ValidationError",
         "MetricDataQueries must have 1 to 500 members"},
        {"GetMetricData", DATA("{'Id':'A'," STAT("60", "Sum") "}"), "ValidationError",
         "The value A for parameter MetricDataQueries.member.1.Id is not matching the expected "
         "pattern ^[a-z][a-zA-Z0-9_]*$."},
        {"GetMetricData", DATA("{'Id':'a-b'," STAT("60", "Sum") "}"), "ValidationError", NULL},
        {"GetMetricData", DATA("{'Id':'a'," STAT("60", "Sum") "},{'Id':'a'," STAT("60", "Sum") "}"),
         "ValidationError", "The values for parameter Id in MetricDataQueries are not unique."},
        {"GetMetricData", DATA("{'Id':'a','Expression':'b*2'}"), "ValidationError",
         "Expression is not supported by calotype (query a)"},
        {"GetMetricData", DATA("{'Id':'a'}"), "ValidationError", "The query a needs a MetricStat"},
        {"GetMetricData", DATA("{'Id':'a'," STAT("60", "tm90") "}"), "ValidationError",
         "The statistic tm90 is not supported by calotype"},
        {"GetMetricData", DATA("{'Id':'a'," STAT("61", "Sum") "}"), VALUE, NULL},
        {"GetMetricData", DATA("{'Id':'a','AccountId':'" ACCOUNT "'," STAT("60", "p99") "}"), "",
         NULL},
        {"GetMetricData", DATA("{'Id':'a','AccountId':'111111111111'," STAT("60", "Sum") "}"),
         "ValidationError", "AccountId is not supported by calotype but for the caller's own"},
        {"GetMetricData",
         "{" RANGE ",'NextToken':'x','MetricDataQueries':[{'Id':'a'," STAT("60", "Sum") "}]}",
         "InvalidNextToken", NULL},
        {"GetMetricData",
         "{'StartTime':T+60,'EndTime':T+0,'MetricDataQueries':[{'Id':'a'," STAT("60", "Sum") "}]}",
         BOTH, NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, cw_call, rows);
    for (int n = 500; n <= 501; n++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_c(&in, "{" RANGE ",'MetricDataQueries':[");
        for (int i = 0; i < n; i++)
            buf_printf(&in, "%s{'Id':'q%d'," STAT("60", "Sum") "}", i ? "," : "", i);
        buf_c(&in, "]}");
        fails(cw_call(c, "GetMetricData", buf_cstr(&in)), n == 500 ? "" : "ValidationError");
    }
}

static void queries(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf want = {0};
    put(c, 0, 1, "");
    put(c, 60, 5, "");
    put(c, 61, 7, "");
    /* clang-format off */
    ok(cw_call(c, "GetMetricData",
               "{'StartTime':T+0,'EndTime':T+120,'ScanBy':'TimestampAscending','MetricDataQueries':["
               "{'Id':'a'," STAT("60", "Maximum") "},"
               "{'Id':'b','Label':'mean'," STAT("60", "Average") "},"
               "{'Id':'hidden','ReturnData':false," STAT("60", "Sum") "}]}"));
    /* clang-format on */
    buf_printf(&want,
               "{'Messages':[],'MetricDataResults':["
               "{'Id':'a','Label':'m','Timestamps':[%lld,%lld],'Values':[1.0,7.0],"
               "'StatusCode':'Complete'},"
               "{'Id':'b','Label':'mean','Timestamps':[%lld,%lld],'Values':[1.0,6.0],"
               "'StatusCode':'Complete'}]}",
               (long long)minute_s, (long long)minute_s + 60, (long long)minute_s,
               (long long)minute_s + 60);
    check_answer(c, buf_cstr(&want));
    ok(cw_call(c, "GetMetricData",
               "{'StartTime':T+0,'EndTime':T+120,"
               "'MetricDataQueries':[{'Id':'a'," STAT("60", "SampleCount") "}]}"));
    check_at(c, "MetricDataResults.0.Values", "[2.0,1.0]"); /* the newest first */
}

/* ---- ListMetrics ---- */

static void recently_active(void **state) {
    struct cloud *c = *state;
    put(c, 0, 1, "");
    clock_set_offset_ms(3 * 3600000LL);
    ok(cw_call(c, "ListMetrics", "{'RecentlyActive':'PT3H'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Metrics")), 1);
    clock_set_offset_ms(5 * 3600000LL);
    ok(cw_call(c, "ListMetrics", "{'RecentlyActive':'PT3H'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Metrics")), 0);
    ok(cw_call(c, "ListMetrics", "{}"));
    clock_set_offset_ms(0);
    check_answer(c, "{'Metrics':[{'Namespace':'N','MetricName':'m','Dimensions':[]}]}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(refused),     T(ranges_and_periods), T(old_ranges_begin_earlier),
        T(units_apart), T(percentiles),        T(queries_refused),
        T(queries),     T(recently_active),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
