/* cloudwatch: metric data in and statistics out. */
#include "fixture.h"

#include <math.h>

static const json_t *point(struct cloud *c, size_t i) {
    return json_array_get(json_arr(c->call.out, "Datapoints"), i);
}
static size_t points(struct cloud *c) {
    return json_array_size(json_arr(c->call.out, "Datapoints"));
}
static bool near(double a, double b, double share) { return fabs(a - b) <= fabs(b) * share; }

static void all_statistics(void **state) {
    struct cloud *c = *state;
    for (int i = 1; i <= 100; i++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_printf(
            &in,
            "{'Namespace':'App','MetricData':[{'MetricName':'Latency','Value':%d,'Unit':'Milliseconds',"
            "'Timestamp':T+%d,'Dimensions':[{'Name':'b','Value':'2'},{'Name':'a','Value':'1'}]}]}",
            i, i % 60);
        ok(cw_call(c, "PutMetricData", buf_cstr(&in)));
    }
#define SERIES                                                                                     \
    "'Namespace':'App','MetricName':'Latency','Dimensions':[{'Name':'a','Value':'1'},{'Name':'b','Value':'2'}]"
    ok(cw_call(c, "GetMetricStatistics",
               "{" SERIES ",'StartTime':T+0,'EndTime':T+60,'Period':60,"
               "'Statistics':['SampleCount','Sum','Average','Minimum','Maximum']}"));
    CHECK_INT(points(c), 1);
    CHECK(json_num(point(c, 0), "SampleCount", 0) == 100 &&
          json_num(point(c, 0), "Sum", 0) == 5050);
    CHECK(json_num(point(c, 0), "Average", 0) == 50.5);
    CHECK(json_num(point(c, 0), "Minimum", 0) == 1 && json_num(point(c, 0), "Maximum", 0) == 100);
    CHECK_STR(json_str(point(c, 0), "Unit"), S("Milliseconds"));
    CHECK_INT(json_int(point(c, 0), "Timestamp", 0), minute_s);
    ok(cw_call(
        c, "GetMetricStatistics",
        "{" SERIES
        ",'StartTime':T+0,'EndTime':T+60,'Period':60,'ExtendedStatistics':['p99','p50.0','p100']}"));
    const json_t *extended = json_obj(point(c, 0), "ExtendedStatistics");
    CHECK(near(json_num(extended, "p99", 0), 99, 0.02) &&
          near(json_num(extended, "p50.0", 0), 50, 0.02));
    CHECK(json_num(extended, "p100", 0) == 100);
    ok(cw_call(c, "GetMetricStatistics",
               "{" SERIES ",'StartTime':T+60,'EndTime':T+120,'Period':60,'Statistics':['Sum']}"));
    CHECK_INT(points(c), 0);
    ok(cw_call(
        c, "GetMetricStatistics",
        "{" SERIES
        ",'StartTime':T+0,'EndTime':T+60,'Period':60,'Statistics':['Sum'],'Unit':'Seconds'}"));
    CHECK_INT(points(c), 0);
    /* Another set of dimensions is another metric. */
    ok(cw_call(
        c, "GetMetricStatistics",
        "{'Namespace':'App','MetricName':'Latency','StartTime':T+0,'EndTime':T+60,'Period':60,'Statistics':['Sum']}"));
    CHECK_INT(points(c), 0);
}

static void every_form_of_data(void **state) {
    struct cloud *c = *state;
    ok(cw_call(
        c, "PutMetricData",
        "{'Namespace':'App','MetricData':["
        "{'MetricName':'m','Timestamp':T+0,'Values':[1,2.5],'Counts':[2,4]},"
        "{'MetricName':'m','Timestamp':T+60,'StatisticValues':{'SampleCount':10,'Sum':55,'Minimum':1,'Maximum':10}},"
        "{'MetricName':'m','Timestamp':T+120,'Value':-3,'StorageResolution':1}]}"));
    ok(cw_call(
        c, "GetMetricStatistics",
        "{'Namespace':'App','MetricName':'m','StartTime':T+0,'EndTime':T+180,'Period':60,'Statistics':['Sum','SampleCount','Minimum','Maximum']}"));
    CHECK_INT(points(c), 3);
    CHECK(json_num(point(c, 0), "Sum", 0) == 12 && json_num(point(c, 0), "SampleCount", 0) == 6);
    CHECK(json_num(point(c, 1), "Sum", 0) == 55 && json_num(point(c, 1), "SampleCount", 0) == 10);
    CHECK(json_num(point(c, 1), "Minimum", 0) == 1 && json_num(point(c, 1), "Maximum", 0) == 10);
    CHECK(json_num(point(c, 2), "Sum", 0) == -3);
    ok(cw_call(
        c, "GetMetricStatistics",
        "{'Namespace':'App','MetricName':'m','StartTime':T+0,'EndTime':T+180,'Period':180,'Statistics':['Sum']}"));
    CHECK_INT(points(c), 1);
    CHECK(json_num(point(c, 0), "Sum", 0) == 64);
}

static void refusals(void **state) {
    struct cloud *c = *state;
    static const struct {
        const char *op, *in, *code;
    } cases[] = {
        {"PutMetricData", "{'Namespace':'AWS/Lambda','MetricData':[{'MetricName':'m','Value':1}]}",
         "InvalidParameterValueException"},
        {"PutMetricData", "{'Namespace':'N','MetricData':[{'MetricName':'m'}]}",
         "MissingRequiredParameterException"},
        {"PutMetricData", "{'Namespace':'N'}", "MissingRequiredParameterException"},
        {"PutMetricData",
         "{'Namespace':'N','MetricData':[{'MetricName':'m','Value':1,'Values':[1]}]}",
         "InvalidParameterCombinationException"},
        {"PutMetricData",
         "{'Namespace':'N','MetricData':[{'MetricName':'m','Values':[1],'Counts':[1,2]}]}",
         "InvalidParameterValueException"},
        {"PutMetricData",
         "{'Namespace':'N','MetricData':[{'MetricName':'m','Value':1,'Timestamp':T-1300000}]}",
         "InvalidParameterValueException"},
        {"PutMetricData",
         "{'Namespace':'N','MetricData':[{'MetricName':'m','Value':1,'Timestamp':T+9000}]}",
         "InvalidParameterValueException"},
        {"PutMetricData",
         "{'Namespace':'N','MetricData':[{'MetricName':'m','Value':1,'StorageResolution':7}]}",
         "InvalidParameterValueException"},
        {"PutMetricData", "{'Namespace':'N','MetricData':[{'MetricName':'m','Value':1e200}]}",
         "InvalidParameterValueException"},
        {"GetMetricStatistics",
         "{'Namespace':'N','MetricName':'m','StartTime':T+0,'EndTime':T+0,'Period':60,'Statistics':['Sum']}",
         "InvalidParameterCombinationException"},
        {"GetMetricStatistics",
         "{'Namespace':'N','MetricName':'m','StartTime':T-200000,'EndTime':T+0,'Period':60,'Statistics':['Sum']}",
         "InvalidParameterCombinationException"},
        {"GetMetricStatistics",
         "{'Namespace':'N','MetricName':'m','StartTime':T-60,'EndTime':T+0,'Period':61,'Statistics':['Sum']}",
         "InvalidParameterValueException"},
        {"GetMetricStatistics",
         "{'Namespace':'N','MetricName':'m','StartTime':T-60,'EndTime':T+0,'Period':10,'Statistics':['Sum']}",
         "InvalidParameterValueException"},
        {"GetMetricStatistics",
         "{'Namespace':'N','MetricName':'m','StartTime':T-60,'EndTime':T+0,'Period':60}",
         "MissingRequiredParameterException"},
        {"GetMetricStatistics",
         "{'Namespace':'N','MetricName':'m','StartTime':T-60,'EndTime':T+0,'Period':60,'ExtendedStatistics':['tm99']}",
         "InvalidParameterValueException"},
        {"GetMetricData",
         "{'StartTime':T-60,'EndTime':T+0,'MetricDataQueries':[{'Id':'e1','Expression':'SUM(METRICS())'}]}",
         "ValidationError"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(strcmp(cw_call(c, cases[i].op, cases[i].in), cases[i].code) == 0, cases[i].in);
    ok(cw_call(c, "ListMetrics", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Metrics")), 0);
}

static void get_metric_data(void **state) {
    struct cloud *c = *state;
    ok(cw_call(
        c, "PutMetricData",
        "{'Namespace':'App','MetricData':[{'MetricName':'m','Timestamp':T+0,'Value':1},{'MetricName':'m','Timestamp':T+60,'Value':2}]}"));
#define QUERY                                                                                                                \
    "'MetricDataQueries':[{'Id':'a','MetricStat':{'Metric':{'Namespace':'App','MetricName':'m'},'Period':60,'Stat':'Sum'}}," \
    "{'Id':'b','MetricStat':{'Metric':{'Namespace':'App','MetricName':'m'},'Period':60,'Stat':'p50'},'ReturnData':false}]"
    ok(cw_call(c, "GetMetricData", "{'StartTime':T+0,'EndTime':T+120," QUERY "}"));
    const json_t *result = json_array_get(json_arr(c->call.out, "MetricDataResults"), 0);
    CHECK_INT(json_array_size(json_arr(c->call.out, "MetricDataResults")), 1);
    CHECK_STR(json_str(result, "StatusCode"), S("Complete"));
    CHECK_STR(json_str(result, "Label"), S("m"));
    CHECK_INT(json_integer_value(json_array_get(json_arr(result, "Timestamps"), 0)), minute_s + 60);
    CHECK(json_number_value(json_array_get(json_arr(result, "Values"), 1)) == 1);
    ok(cw_call(c, "GetMetricData",
               "{'StartTime':T+0,'EndTime':T+120,'ScanBy':'TimestampAscending'," QUERY "}"));
    result = json_array_get(json_arr(c->call.out, "MetricDataResults"), 0);
    CHECK_INT(json_integer_value(json_array_get(json_arr(result, "Timestamps"), 0)), minute_s);
}

static void the_hubs_port_and_lists(void **state) {
    struct cloud *c = *state;
    struct hub_dimension dimensions[] = {{S("FunctionName"), S("f")}};
    /*
     * A batch that is dropped leaves nothing behind, not even the memory that the series is known.
     */
    for (int commit = 0; commit < 2; commit++) {
        CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
        struct hub_metric metric = {.account = S(ACCOUNT),
                                    .region = S("us-east-1"),
                                    .name_space = S("AWS/Lambda"),
                                    .name = S("Invocations"),
                                    .dimensions = dimensions,
                                    .n_dimensions = 1,
                                    .value = 1,
                                    .count = 1,
                                    .unit = "Count",
                                    .time_ms = minute_s * 1000};
        hub_put_metric(c->hub, batch, &metric);
        if (commit)
            CHECK_INT(store_commit(c->store, batch, NULL), 0);
    }
    ok(cw_call(c, "ListMetrics", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Metrics")), 1);
    static const struct {
        const char *in;
        size_t n;
    } cases[] = {
        {"{'Namespace':'AWS/Lambda','MetricName':'Invocations','Dimensions':[{'Name':'FunctionName','Value':'f'}]}",
         1},
        {"{'Dimensions':[{'Name':'FunctionName'}]}", 1},
        {"{'Dimensions':[{'Name':'FunctionName','Value':'g'}]}", 0},
        {"{'MetricName':'Invocations'}", 1},
        {"{'Namespace':'AWS/Lam'}", 0},
        {"{'RecentlyActive':'PT3H'}", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ok(cw_call(c, "ListMetrics", cases[i].in));
        CHECK_CASE(json_array_size(json_arr(c->call.out, "Metrics")) == cases[i].n, cases[i].in);
    }
    for (int i = 0; i < 2; i++) { /* 600 series: two pages */
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_c(&in, "{'Namespace':'Many','MetricData':[");
        for (int k = 0; k < 300; k++)
            buf_printf(&in, "%s{'MetricName':'m%d','Value':1}", k ? "," : "", i * 300 + k);
        buf_c(&in, "]}");
        ok(cw_call(c, "PutMetricData", buf_cstr(&in)));
    }
    ok(cw_call(c, "ListMetrics", "{'Namespace':'Many'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Metrics")), 500);
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{'Namespace':'Many','NextToken':'" STR_FMT "'}",
               STR_ARG(json_str(c->call.out, "NextToken")));
    ok(cw_call(c, "ListMetrics", buf_cstr(&in)));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Metrics")), 100);
    CHECK(!json_has(c->call.out, "NextToken"));
    fails(cw_call(c, "ListMetrics", "{'NextToken':'x'}"), "InvalidNextToken");
}

int main(void) {
    const struct CMUnitTest tests[] = {T(all_statistics), T(every_form_of_data), T(refusals),
                                       T(get_metric_data), T(the_hubs_port_and_lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
