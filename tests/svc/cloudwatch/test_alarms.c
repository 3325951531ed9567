/* cloudwatch: alarms and the actions of a state that was set. */
#include "fixture.h"

#include "store/key.h"
#include "svc/cloudwatch/cw_priv.h"

#define ALARM(name, more)                                                                                                                 \
    "{'AlarmName':'" name                                                                                                                 \
    "','MetricName':'Errors','Namespace':'AWS/Lambda','Statistic':'Sum','Period':300,"                                                    \
    "'EvaluationPeriods':1,'Threshold':5,'ComparisonOperator':'GreaterThanThreshold','Dimensions':[{'Name':'FunctionName','Value':'f'}]," \
    "'AlarmActions':['arn:aws:sns:us-east-1:000000000000:t']" more "}"

static const json_t *one(struct cloud *c, size_t i) {
    return json_array_get(json_arr(c->call.out, "MetricAlarms"), i);
}

static void life_of_an_alarm(void **state) {
    struct cloud *c = *state;
    ok(cw_call(c, "PutMetricAlarm", ALARM("a", ",'Tags':[{'Key':'k','Value':'v'}]")));
    ok(cw_call(c, "DescribeAlarms", "{}"));
    CHECK_STR(json_str(one(c, 0), "AlarmArn"),
              S("arn:aws:cloudwatch:us-east-1:000000000000:alarm:a"));
    CHECK_STR(json_str(one(c, 0), "StateValue"), S("INSUFFICIENT_DATA"));
    CHECK(str_starts(json_str(one(c, 0), "StateReason"), S("Unchecked: ")));
    CHECK(json_bool(one(c, 0), "ActionsEnabled", false) && !json_has(one(c, 0), "Tags"));
    ok(cw_call(c, "ListTagsForResource",
               "{'ResourceARN':'arn:aws:cloudwatch:us-east-1:000000000000:alarm:a'}"));
    CHECK_STR(json_str(json_array_get(json_arr(c->call.out, "Tags"), 0), "Value"), S("v"));
    ok(cw_call(
        c, "UntagResource",
        "{'ResourceARN':'arn:aws:cloudwatch:us-east-1:000000000000:alarm:a','TagKeys':['k']}"));

    ok(cw_call(c, "SetAlarmState", "{'AlarmName':'a','StateValue':'ALARM','StateReason':'test'}"));
    ok(cw_call(c, "PutMetricAlarm", ALARM("a", ",'AlarmDescription':'d'")));
    ok(cw_call(c, "DisableAlarmActions", "{'AlarmNames':['a','none']}"));
    ok(cw_call(c, "DescribeAlarms", "{'AlarmNames':['a']}"));
    CHECK_STR(json_str(one(c, 0), "StateValue"), S("ALARM")); /* an update keeps it */
    CHECK_STR(json_str(one(c, 0), "AlarmDescription"), S("d"));
    CHECK(!json_bool(one(c, 0), "ActionsEnabled", true));
    fails(cw_call(c, "SetAlarmState", "{'AlarmName':'b','StateValue':'OK','StateReason':'x'}"),
          "ResourceNotFound");

    ok(cw_call(c, "DeleteAlarms", "{'AlarmNames':['a','none']}"));
    ok(cw_call(c, "DescribeAlarms", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "MetricAlarms")), 0);
}

static void filters_and_pages(void **state) {
    struct cloud *c = *state;
    ok(cw_call(c, "PutMetricAlarm", ALARM("a1", "")));
    ok(cw_call(c, "PutMetricAlarm", ALARM("a2", "")));
    ok(cw_call(c, "PutMetricAlarm", ALARM("b", "")));
    static const struct {
        const char *in;
        size_t n;
    } cases[] = {{"{'AlarmNamePrefix':'a'}", 2},
                 {"{'StateValue':'OK'}", 0},
                 {"{'ActionPrefix':'arn:aws:sns:'}", 3},
                 {"{'AlarmTypes':['CompositeAlarm']}", 0},
                 {"{'AlarmNames':['b','c']}", 1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ok(cw_call(c, "DescribeAlarms", cases[i].in));
        CHECK_CASE(json_array_size(json_arr(c->call.out, "MetricAlarms")) == cases[i].n,
                   cases[i].in);
    }
    ok(cw_call(c, "DescribeAlarms", "{'MaxRecords':2}"));
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{'NextToken':'" STR_FMT "'}", STR_ARG(json_str(c->call.out, "NextToken")));
    ok(cw_call(c, "DescribeAlarms", buf_cstr(&in)));
    CHECK_STR(json_str(one(c, 0), "AlarmName"), S("b"));
    ok(cw_call(
        c, "DescribeAlarmsForMetric",
        "{'MetricName':'Errors','Namespace':'AWS/Lambda','Dimensions':[{'Name':'FunctionName','Value':'f'}]}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "MetricAlarms")), 3);
    ok(cw_call(c, "DescribeAlarmsForMetric", "{'MetricName':'Errors','Namespace':'AWS/Lambda'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "MetricAlarms")), 0);
}

static void refusals(void **state) {
    struct cloud *c = *state;
    static const char *const cases[] = {
        ALARM("a", ",'TreatMissingData':'maybe'"),
        ALARM("a", ",'DatapointsToAlarm':2"),
        ALARM("a", ",'ExtendedStatistic':'p99'"),
        ALARM("a", ",'OKActions':['x']"),
        ALARM("a", ",'ThresholdMetricId':'t'"),
        "{'AlarmName':'a','EvaluationPeriods':1,'ComparisonOperator':'LessThanThreshold'}"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(strcmp(cw_call(c, "PutMetricAlarm", cases[i]), "ValidationError") == 0,
                   cases[i]);
}

/* A changed state sends the actions: rows of the outbox, in the same commit. */
static void state_changes_are_delivered(void **state) {
    struct cloud *c = *state;
    ok(cw_call(c, "PutMetricAlarm", ALARM("a", "")));
    for (int i = 0; i < 2; i++) /* the second changes nothing */
        ok(cw_call(c, "SetAlarmState",
                   "{'AlarmName':'a','StateValue':'ALARM','StateReason':'test'}"));
    size_t n = 0;
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_new(c->store, NULL, STORE_QUEUE, S(""), STR_NONE, false);
    while (store_iter_next(it))
        n += str_find(it->value, S("\"NewStateValue\":\"ALARM\"")) > 0;
    CHECK_INT(n, 1);
}

/* ---- History ---- */

static size_t history_rows(struct cloud *c) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    size_t n = 0;
    key_begin(&from, "cw.history");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(c->store, NULL, STORE_METRICS, buf_view(&from));
    while (store_iter_next(it))
        n++;
    return n;
}

static void put_history(struct cloud *c, str account, str region, int64_t days_ago, size_t n) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_JSON json_t *data = json_object();
    for (size_t i = 0; i < n; i++)
        cw_history_add(cw, batch,
                       &(struct cw_history){.account = account,
                                            .region = region,
                                            .alarm = S("a"),
                                            .type = "StateUpdate",
                                            .summary = S("s"),
                                            .data = data,
                                            .time_ms = clock_world_ms() - days_ago * 86400000});
    CHECK_INT(store_commit(c->store, batch, NULL), 0);
}

/* What is older than 30 days goes, from between what is kept and in however many lots. */
static void history_is_swept(void **state) {
    struct cloud *c = *state;
    static const struct {
        str account, region;
        size_t fresh, old;
    } places[] = {{S_INIT("1"), S_INIT("a"), 3, 1200},
                  {S_INIT("1"), S_INIT("ab"), 0, 5},
                  {S_INIT("1"), S_INIT("b"), 4, 0},
                  {S_INIT("2"), S_INIT("a"), 2, 1001},
                  {S_INIT("3"), S_INIT("a"), 1, 1}};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        put_history(c, places[i].account, places[i].region, 29, places[i].fresh);
        put_history(c, places[i].account, places[i].region, 31, places[i].old);
    }
    CHECK_INT(history_rows(c), 10 + 1200 + 5 + 1001 + 1);
    CHECK(cw_history_sweep(cw) > clock_world_ms());
    CHECK_INT(history_rows(c), 10);
    put_history(c, S("1"), S("a"), 31, 1);
    cw_history_sweep(cw);
    CHECK_INT(history_rows(c), 10);
}

/* Its one alarm says, as older data may, that it stops a machine. */
static void make_older(struct cloud *c) {
    static const str topic = S_INIT("arn:aws:sns:us-east-1:000000000000:t");
    CLEANUP_DEINIT(buf) struct buf from = {0}, value = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    const struct rows rows = {c->store, NULL, batch};
    key_begin(&from, "cw.alarm");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(c->store, NULL, STORE_META, buf_view(&from));
    CHECK(store_iter_next(it));
    ptrdiff_t at = str_find(it->value, topic);
    CHECK(at > 0);
    buf_str(&value, str_slice(it->value, 0, (size_t)at));
    buf_c(&value, "arn:aws:automate:us-east-1:ec2:stop");
    buf_str(&value, str_skip(it->value, (size_t)at + topic.len));
    row_put_blind(&rows, STORE_META, it->key, buf_view(&value));
    CHECK_INT(store_commit(c->store, batch, NULL), 0);
}

/* An action that would be refused is no reason to keep an alarm of older data from its state. */
static void actions_of_older_data(void **state) {
    struct cloud *c = *state;
    ok(cw_call(c, "PutMetricAlarm", ALARM("a", "")));
    make_older(c);
    ok(cw_call(c, "SetAlarmState", "{'AlarmName':'a','StateValue':'ALARM','StateReason':'test'}"));
    ok(cw_call(c, "DescribeAlarmHistory", "{'HistoryItemType':'Action'}"));
    const json_t *items = json_arr(c->call.out, "AlarmHistoryItems");
    CHECK_INT(json_array_size(items), 1);
    CHECK_STR(json_str(json_array_get(items, 0), "HistorySummary"),
              S("Failed to execute action arn:aws:automate:us-east-1:ec2:stop. Received error: "
                "\"The action is not supported by calotype\""));
}

/* A change of the actions' switch is one; the same once more is none. */
static void history_of_the_switch(void **state) {
    struct cloud *c = *state;
    ok(cw_call(c, "PutMetricAlarm", ALARM("a", "")));
    static const char *const ops[] = {"EnableAlarmActions", "DisableAlarmActions",
                                      "DisableAlarmActions", "EnableAlarmActions"};
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        ok(cw_call(c, ops[i], "{'AlarmNames':['a','none','a']}"));
    CHECK_INT(history_rows(c), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {T(life_of_an_alarm),
                                       T(filters_and_pages),
                                       T(refusals),
                                       T(state_changes_are_delivered),
                                       T(history_is_swept),
                                       T(actions_of_older_data),
                                       T(history_of_the_switch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
