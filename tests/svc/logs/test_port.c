/* The hub's log port, and metrics in log lines. */
#include "fixture.h"

static void put(struct cloud *c, const char *group, const char *stream, const char *text) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct hub_log line = {S(ACCOUNT),  S("us-east-1"), str_c(group), str_c(stream),
                           base_ms + 1, str_c(text),    false};
    hub_put_log(c->hub, batch, &line, 1);
    CHECK_INT(store_commit(c->store, batch, NULL), 0);
}

static void makes_what_is_missing(void **state) {
    struct cloud *c = *state;
    put(c, "/aws/lambda/f", "s1", "one");
    put(c, "/aws/lambda/f", "s1", "two");
    put(c, "/aws/lambda/f", "s2", "three");
    ok(logs_call(c, "FilterLogEvents", "{'logGroupName':'/aws/lambda/f'}"));
    CHECK_TEXT(messages(c), "one,two,three");
    /* Deleted in between: the next line makes it anew. */
    ok(logs_call(c, "DeleteLogGroup", "{'logGroupName':'/aws/lambda/f'}"));
    put(c, "/aws/lambda/f", "s1", "four");
    ok(logs_call(c, "FilterLogEvents", "{'logGroupName':'/aws/lambda/f'}"));
    CHECK_TEXT(messages(c), "four");
    ok(logs_call(c, "DeleteLogStream", "{'logGroupName':'/aws/lambda/f','logStreamName':'s1'}"));
    put(c, "/aws/lambda/f", "s1", "five");
    ok(logs_call(c, "FilterLogEvents", "{'logGroupName':'/aws/lambda/f'}"));
    CHECK_TEXT(messages(c), "five");
}

static void keeps_what_is_there(void **state) {
    struct cloud *c = *state;
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'g','tags':{'k':'v'}}"));
    put(c, "g", "s", "one");
    ok(logs_call(c, "ListTagsLogGroup", "{'logGroupName':'g'}"));
    CHECK_INT(json_object_size(json_obj(c->call.out, "tags")), 1);
}

static double sum_of(struct cloud *c, const char *name, const char *dimensions) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(
        &in,
        "{'Namespace':'Calotype','MetricName':'%s','StartTime':%lld,'EndTime':%lld,'Period':60,'Statistics':['Sum'],"
        "'Dimensions':[%s]}",
        name, (long long)(base_ms / 1000 - 60), (long long)(base_ms / 1000 + 120), dimensions);
    ok(cloud_call_as(c, c->root, "cloudwatch", "GetMetricStatistics", buf_cstr(&in)));
    return json_num(json_array_get(json_arr(c->call.out, "Datapoints"), 0), "Sum", -1);
}

static void emf_lines_become_metrics(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf line = {0};
    buf_printf(
        &line,
        "{\"_aws\":{\"Timestamp\":%lld,\"CloudWatchMetrics\":[{\"Namespace\":\"Calotype\",\"Dimensions\":[[\"F\"],[]],"
        "\"Metrics\":[{\"Name\":\"Images\",\"Unit\":\"Count\"},{\"Name\":\"Ms\"}]}]},\"F\":\"f\",\"Images\":3,\"Ms\":[1,2.5]}",
        (long long)base_ms);
    put(c, "g", "s", buf_cstr(&line));
    CHECK(sum_of(c, "Images", "{'Name':'F','Value':'f'}") == 3);
    CHECK(sum_of(c, "Images", "") == 3);
    CHECK(sum_of(c, "Ms", "{'Name':'F','Value':'f'}") == 3.5);
    ok(logs_call(c, "FilterLogEvents", "{'logGroupName':'g','filterPattern':'{ $.Images = 3 }'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "events")), 1);
    /* Lines that are not quite of the form are lines. */
    static const char *const odd[] = {
        "{\"_aws\":1}",
        "{\"_aws\":{\"CloudWatchMetrics\":[{\"Namespace\":\"Odd\",\"Metrics\":[{}]}]}}",
        "{\"_aws\":",
        "{\"_aws\":{\"Timestamp\":5,\"CloudWatchMetrics\":[{\"Namespace\":\"Odd\",\"Metrics\":[{\"Name\":\"m\"}]}]},\"m\":1}",
        "{\"_aws\":{\"CloudWatchMetrics\":[{\"Namespace\":\"Odd\",\"Metrics\":[{\"Name\":\"m\"}]}]},\"m\":1e200}",
        "{\"_aws\":{\"CloudWatchMetrics\":[{\"Namespace\":\"Odd\",\"Dimensions\":[[\"x\"]],\"Metrics\":[{\"Name\":\"m\"}]}]},\"m\":1}"};
    for (size_t i = 0; i < ARRAY_LEN(odd); i++)
        put(c, "g", "s", odd[i]);
    ok(cloud_call_as(c, c->root, "cloudwatch", "ListMetrics", "{'Namespace':'Odd'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Metrics")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {T(makes_what_is_missing), T(keeps_what_is_there),
                                       T(emf_lines_become_metrics)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
