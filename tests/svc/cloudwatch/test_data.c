/*
 * PutMetricData by its rules: which data are taken, what is said of the others, what a set keeps.
 */
#include "fixture.h"
#include "svc/answers.h"

#define PUT(datum) "{'Namespace':'N','MetricData':[{'MetricName':'m'," datum "}]}"
#define TWO(a, b)                                                                                  \
    "The parameters MetricData.member.1." a " and MetricData.member.1." b                          \
    " are mutually exclusive and you have specified both."
#define BAD(what) "The value for parameter MetricData.member.1." what " is invalid."
#define VALUE     "InvalidParameterValueException"
#define BOTH      "InvalidParameterCombinationException"
#define SET(n, sum, least, most)                                                                   \
    "'StatisticValues':{'SampleCount':" n ",'Sum':" sum ",'Minimum':" least ",'Maximum':" most "}"

static void refused(void **state) {
    static const struct refusal rows[] = {
        {"PutMetricData", PUT("'Value':1,'Values':[1]"), BOTH, TWO("Value", "Values")},
        {"PutMetricData", PUT("'Value':1," SET("1", "1", "1", "1")), BOTH,
         TWO("Value", "StatisticValues")},
        {"PutMetricData", PUT("'Values':[1]," SET("1", "1", "1", "1")), BOTH,
         TWO("Values", "StatisticValues")},
        {"PutMetricData", PUT("'Values':[]"), VALUE, BAD("Values")},
        {"PutMetricData", PUT("'Values':[1,2],'Counts':[1]"), VALUE,
         "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the "
         "same size."},
        {"PutMetricData", PUT("'Values':[1],'Counts':[-1]"), VALUE, BAD("Counts")},
        {"PutMetricData", PUT("'Values':[1],'Counts':[0]"), "", NULL},
        {"PutMetricData", PUT("'Value':2.348542582773833e108"), "", NULL},
        {"PutMetricData", PUT("'Value':-2.348542582773833e108"), "", NULL},
        {"PutMetricData", PUT("'Value':2.3485425827738335e108"), VALUE, BAD("Value")},
        {"PutMetricData", PUT("'Values':[2.3485425827738335e108]"), VALUE, BAD("Values")},
        {"PutMetricData", PUT(SET("0", "0", "0", "0")), VALUE, BAD("StatisticValues")},
        {"PutMetricData", PUT(SET("1", "1", "2", "1")), VALUE, BAD("StatisticValues")},
        {"PutMetricData", PUT(SET("1", "1e200", "1", "1")), VALUE, BAD("StatisticValues")},
        {"PutMetricData", PUT(SET("1e200", "1", "1", "1")), VALUE, BAD("StatisticValues")},
        {"PutMetricData", PUT(SET("2", "1", "-1e200", "1")), VALUE, BAD("StatisticValues")},
        {"PutMetricData", PUT(SET("2", "1", "1", "1e200")), VALUE, BAD("StatisticValues")},
        {"PutMetricData", PUT("'Value':1,'StorageResolution':1"), "", NULL},
        {"PutMetricData", PUT("'Value':1,'StorageResolution':60"), "", NULL},
        {"PutMetricData", PUT("'Value':1,'StorageResolution':30"), VALUE, BAD("StorageResolution")},
        {"PutMetricData", "{'Namespace':'AWS/Own','MetricData':[{'MetricName':'m','Value':1}]}",
         VALUE,
         "The value AWS/ for parameter Namespace is invalid: names that begin so are reserved."},
        {"PutMetricData", "{'Namespace':'AWS','MetricData':[{'MetricName':'m','Value':1}]}", "",
         NULL},
        {"PutMetricData", "{'Namespace':'N','MetricData':[]}", "MissingRequiredParameterException",
         "The parameter MetricData is required."},
        {"PutMetricData",
         "{'Namespace':'N','MetricData':[{'MetricName':'m','Value':1},{'MetricName':'m'}]}",
         "MissingRequiredParameterException",
         "At least one of the parameters must be specified: MetricData.member.2.Value, Values or "
         "StatisticValues."},
        {"PutMetricData", PUT("'Value':1,'Dimensions':[{'Name':':a','Value':'b'}]"), VALUE,
         "The dimension name :a is invalid."},
        {"PutMetricData", PUT("'Value':1,'Dimensions':[{'Name':' ','Value':'b'}]"), VALUE, NULL},
        {"PutMetricData",
         PUT("'Value':1,'Dimensions':[{'Name':'a','Value':'1'},{'Name':'a','Value':'2'}]"), VALUE,
         "The dimension a is given twice."},
    };
    check_refusals(*state, cw_call, rows);
}

/* 150 values a datum, 1,000 data a request, 30 dimensions a metric. */
static void limits_of_counts(void **state) {
    struct cloud *c = *state;
    for (int n = 150; n <= 151; n++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_c(&in, "{'Namespace':'N','MetricData':[{'MetricName':'m','Values':[1");
        for (int i = 1; i < n; i++)
            buf_c(&in, ",1");
        buf_c(&in, "]}]}");
        fails(cw_call(c, "PutMetricData", buf_cstr(&in)), n == 150 ? "" : VALUE);
    }
    for (int n = 1000; n <= 1001; n++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_c(&in, "{'Namespace':'N','MetricData':[");
        for (int i = 0; i < n; i++)
            buf_printf(&in, "%s{'MetricName':'m','Value':1}", i ? "," : "");
        buf_c(&in, "]}");
        fails(cw_call(c, "PutMetricData", buf_cstr(&in)), n == 1000 ? "" : VALUE);
    }
    message("The collection MetricData must not have a size greater than 1000.");
    for (int n = 30; n <= 31; n++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_c(&in, "{'Namespace':'N','MetricData':[{'MetricName':'m','Value':1,'Dimensions':[");
        for (int i = 0; i < n; i++)
            buf_printf(&in, "%s{'Name':'d%d','Value':'v'}", i ? "," : "", i);
        buf_c(&in, "]}]}");
        fails(cw_call(c, "PutMetricData", buf_cstr(&in)), n == 30 ? "" : "ValidationError");
    }
}

/* T is ten minutes ago: from two weeks before now to two hours after. */
static void times(void **state) {
    static const struct refusal rows[] = {
        {"PutMetricData", PUT("'Value':1,'Timestamp':T-1208900"), "", NULL},
        {"PutMetricData", PUT("'Value':1,'Timestamp':T-1209001"), VALUE,
         "The parameter MetricData.member.1.Timestamp must specify a time no more than two weeks "
         "in the past."},
        {"PutMetricData", PUT("'Value':1,'Timestamp':T+7799"), "", NULL},
        {"PutMetricData", PUT("'Value':1,'Timestamp':T+7920"), VALUE,
         "The parameter MetricData.member.1.Timestamp must specify a time no more than two hours "
         "in the future."},
    };
    check_refusals(*state, cw_call, rows);
}

/* What a statistic set is stored as keeps its count, sum and bounds. */
static void statistic_sets(void **state) {
    static const struct {
        const char *set, *want;
    } rows[] = {
        {SET("1", "5", "5", "5"), "'SampleCount':1.0,'Sum':5.0,'Minimum':5.0,'Maximum':5.0"},
        {SET("1", "5", "4", "6"), "'SampleCount':1.0,'Sum':5.0,'Minimum':5.0,'Maximum':5.0"},
        {SET("4", "20", "5", "5"), "'SampleCount':4.0,'Sum':20.0,'Minimum':5.0,'Maximum':5.0"},
        {SET("2", "9", "2", "7"), "'SampleCount':2.0,'Sum':9.0,'Minimum':2.0,'Maximum':7.0"},
        {SET("3", "15", "2", "7"), "'SampleCount':3.0,'Sum':15.0,'Minimum':2.0,'Maximum':7.0"},
        {SET("10", "55", "1", "10"), "'SampleCount':10.0,'Sum':55.0,'Minimum':1.0,'Maximum':10.0"}};
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP_DEINIT(buf) struct buf put = {0}, get = {0}, want = {0};
        buf_printf(&put,
                   "{'Namespace':'N','MetricData':[{'MetricName':'s%zu','Timestamp':T+0,%s}]}", i,
                   rows[i].set);
        ok(cw_call(c, "PutMetricData", buf_cstr(&put)));
        buf_printf(&get,
                   "{'Namespace':'N','MetricName':'s%zu','StartTime':T+0,'EndTime':T+60,"
                   "'Period':60,'Statistics':['SampleCount','Sum','Minimum','Maximum']}",
                   i);
        ok(cw_call(c, "GetMetricStatistics", buf_cstr(&get)));
        buf_printf(&want, "[{'Timestamp':%lld,'Unit':'None',%s}]", (long long)minute_s,
                   rows[i].want);
        check_at(c, "Datapoints", buf_cstr(&want));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {T(refused), T(limits_of_counts), T(times),
                                       T(statistic_sets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
