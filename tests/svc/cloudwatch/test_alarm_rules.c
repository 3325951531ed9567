/* Alarms by their rules: what PutMetricAlarm refuses, what SetAlarmState changes and sends. */
#include "fixture.h"
#include "svc/answers.h"

#define BASE     "'AlarmName':'a','ComparisonOperator':'LessThanThreshold'"
#define METRIC   "'MetricName':'m','Namespace':'N','Threshold':1"
#define ON(more) "{" BASE "," METRIC ",'Statistic':'Sum'," more "}"
#define USUAL    "'Period':60,'EvaluationPeriods':1"
#define REFUSED(in, message)                                                                       \
    { "PutMetricAlarm", in, "ValidationError", message }
#define TAKEN(in)                                                                                  \
    { "PutMetricAlarm", in, "", NULL }

static void refused(void **state) {
    static const struct refusal rows[] = {
        TAKEN(ON(USUAL)),
        REFUSED("{'AlarmName':'a'," METRIC ",'Statistic':'Sum'," USUAL "}", NULL),
        REFUSED("{" BASE "," METRIC ",'Statistic':'Sum','Period':60}",
                "The parameters EvaluationPeriods and ComparisonOperator are required."),
        REFUSED("{" BASE ",'MetricName':'m','Namespace':'N','Statistic':'Sum'," USUAL "}",
                "The parameter Threshold is required for an alarm on one metric."),
        REFUSED("{" BASE ",'Namespace':'N','Threshold':1,'Statistic':'Sum'," USUAL "}",
                "The parameter MetricName is required for an alarm on one metric."),
        REFUSED("{" BASE "," METRIC "," USUAL "}",
                "Exactly one of Statistic and ExtendedStatistic must be specified"),
        REFUSED(ON(USUAL ",'ExtendedStatistic':'p50'"),
                "Exactly one of Statistic and ExtendedStatistic must be specified"),
        TAKEN("{" BASE "," METRIC ",'ExtendedStatistic':'p50'," USUAL "}"),
        REFUSED("{" BASE "," METRIC ",'ExtendedStatistic':'Sum'," USUAL "}",
                "The value 'Sum' for parameter ExtendedStatistic is not supported by calotype: "
                "percentiles are, as p99.9"),
        REFUSED("{" BASE "," METRIC ",'ExtendedStatistic':'p101'," USUAL "}", NULL),
        TAKEN(ON("'Period':10,'EvaluationPeriods':1")),
        TAKEN(ON("'Period':20,'EvaluationPeriods':1")),
        TAKEN(ON("'Period':30,'EvaluationPeriods':1")),
        REFUSED(ON("'Period':40,'EvaluationPeriods':1"),
                "Period must be 10, 20, 30 or a multiple of 60"),
        REFUSED(ON("'Period':90,'EvaluationPeriods':1"), NULL),
        /* a day of short periods, a week of longer ones */
        TAKEN(ON("'Period':60,'EvaluationPeriods':1440")),
        REFUSED(ON("'Period':60,'EvaluationPeriods':1441"),
                "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must "
                "be <= 86400)"),
        TAKEN(ON("'Period':3540,'EvaluationPeriods':24")),
        REFUSED(ON("'Period':3540,'EvaluationPeriods':25"), NULL),
        TAKEN(ON("'Period':3600,'EvaluationPeriods':168")),
        REFUSED(ON("'Period':3600,'EvaluationPeriods':169"),
                "Metrics cannot be checked across more than a week (EvaluationPeriods * Period "
                "must be <= 604800)"),
        TAKEN(ON("'Period':604800,'EvaluationPeriods':1")),
        REFUSED(ON("'Period':604860,'EvaluationPeriods':1"), NULL),
        TAKEN(ON("'Period':60,'EvaluationPeriods':3,'DatapointsToAlarm':3")),
        REFUSED(ON("'Period':60,'EvaluationPeriods':3,'DatapointsToAlarm':4"),
                "DatapointsToAlarm must not be greater than EvaluationPeriods"),
        TAKEN(ON(USUAL ",'TreatMissingData':'notBreaching'")),
        REFUSED(ON(USUAL ",'TreatMissingData':'none'"),
                "Option none is not supported for TreatMissingData."),
        TAKEN(ON(USUAL ",'EvaluateLowSampleCountPercentile':'ignore'")),
        REFUSED(ON(USUAL ",'EvaluateLowSampleCountPercentile':'no'"),
                "Option no is not supported for EvaluateLowSampleCountPercentile."),
        REFUSED(ON(USUAL ",'AlarmActions':['arn:aws:sns:us-east-1:" ACCOUNT ":t','t']"),
                "Invalid arn syntax: t"),
        REFUSED(ON(USUAL ",'InsufficientDataActions':['t']"), NULL),
        REFUSED(ON(USUAL ",'Metrics':[{'Id':'a'}]"), "Metrics is not supported by calotype"),
        REFUSED("{" BASE ",'EvaluationPeriods':1,'Threshold':2,'Metrics':[{'Id':'a'}]}",
                "Metrics is not supported by calotype"),
        TAKEN(ON(USUAL ",'OKActions':['arn:aws:lambda:us-east-1:" ACCOUNT ":function:f']")),
        REFUSED(ON(USUAL ",'OKActions':['arn:aws:automate:us-east-1:ec2:stop']"),
                "OKActions: the action arn:aws:automate:us-east-1:ec2:stop is not supported by "
                "calotype: actions are topics and functions"),
        REFUSED(ON(USUAL ",'ThresholdMetricId':'a'"),
                "ThresholdMetricId is not supported by calotype"),
        {"PutMetricAlarm", ON(USUAL ",'Dimensions':[{'Name':':x','Value':'v'}]"),
         "InvalidParameterValueException", NULL},
        {"DescribeAlarms", "{'AlarmNames':['a'],'AlarmNamePrefix':'a'}", "ValidationError",
         "AlarmNamePrefix and AlarmNames cannot both be specified"},
        {"DescribeAlarms", "{'ParentsOfAlarmName':'a'}", "ValidationError", NULL},
        {"DescribeAlarms", "{'NextToken':''}", "InvalidNextToken", NULL},
        {"SetAlarmState",
         "{'AlarmName':'a','StateValue':'OK','StateReason':'r','StateReasonData':'{'}",
         "InvalidFormatFault", "StateReasonData is not valid JSON"},
        {"SetAlarmState", "{'AlarmName':'none','StateValue':'OK','StateReason':'r'}",
         "ResourceNotFound", "Alarm none does not exist"},
    };
    check_refusals(*state, cw_call, rows);
}

/* The time in a member of the only alarm, or -1. */
static double time_of(struct cloud *c, const char *member) {
    ok(cw_call(c, "DescribeAlarms", "{}"));
    return json_num(json_at(c->call.out, "MetricAlarms.0"), member, -1);
}

static void states_and_times(void **state) {
    struct cloud *c = *state;
    ok(cw_call(c, "PutMetricAlarm", ON(USUAL)));
    double made = time_of(c, "StateUpdatedTimestamp");
    CHECK(made == time_of(c, "AlarmConfigurationUpdatedTimestamp"));
    CHECK(made == time_of(c, "StateTransitionedTimestamp"));
    check_at(c, "MetricAlarms.0.ActionsEnabled", "true");
    check_at(c, "MetricAlarms.0.AlarmActions", "[]");
    check_at(c, "MetricAlarms.0.OKActions", "[]");
    check_at(c, "MetricAlarms.0.InsufficientDataActions", "[]");
    check_at(c, "MetricAlarms.0.Dimensions", "[]");
    check_at(c, "CompositeAlarms", "[]");
    clock_set_offset_ms(10000);
    ok(cw_call(c, "SetAlarmState",
               "{'AlarmName':'a','StateValue':'ALARM','StateReason':'why',"
               "'StateReasonData':'{`x`:1}'}"));
    double first = time_of(c, "StateTransitionedTimestamp");
    CHECK(first >= made + 10 && first == time_of(c, "StateUpdatedTimestamp"));
    check_at(c, "MetricAlarms.0.StateReason", "'why'");
    check_at(c, "MetricAlarms.0.StateReasonData", "'{`x`:1}'");
    clock_set_offset_ms(20000);
    ok(cw_call(c, "SetAlarmState", "{'AlarmName':'a','StateValue':'ALARM','StateReason':'again'}"));
    CHECK(time_of(c, "StateTransitionedTimestamp") == first); /* no transition */
    CHECK(time_of(c, "StateUpdatedTimestamp") >= first + 10);
    check_at(c, "MetricAlarms.0.StateReasonData", "");
    ok(cw_call(c, "PutMetricAlarm", ON(USUAL ",'ActionsEnabled':false")));
    CHECK(time_of(c, "AlarmConfigurationUpdatedTimestamp") >= made + 20);
    check_at(c, "MetricAlarms.0.StateValue", "'ALARM'");
    check_at(c, "MetricAlarms.0.ActionsEnabled", "false");
    clock_set_offset_ms(0);
}

/* Which of the topics an alarm's change of state is sent to: those of the new state. */
static void actions_of_the_state(void **state) {
    static const struct {
        const char *to, *topic;
    } rows[] = {{"ALARM", "alarm"}, {"OK", "fine"}, {"INSUFFICIENT_DATA", "unknown"}};
    struct cloud *c = *state;
    ok(cw_call(c, "PutMetricAlarm",
               ON(USUAL ",'AlarmActions':['arn:aws:sns:us-east-1:" ACCOUNT ":alarm'],"
                        "'OKActions':['arn:aws:sns:us-east-1:" ACCOUNT ":fine'],"
                        "'InsufficientDataActions':['arn:aws:sns:us-east-1:" ACCOUNT
                        ":unknown']")));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP_DEINIT(buf) struct buf in = {0}, subject = {0}, target = {0};
        size_t sent = 0;
        buf_printf(&in, "{'AlarmName':'a','StateValue':'%s','StateReason':'r'}", rows[i].to);
        ok(cw_call(c, "SetAlarmState", buf_cstr(&in)));
        buf_printf(&subject, "%s: \"a\" in us-east-1", rows[i].to);
        buf_printf(&target, "arn:aws:sns:us-east-1:" ACCOUNT ":%s", rows[i].topic);
        CLEANUP(store_iter)
        struct store_iter *it = store_iter_new(c->store, NULL, STORE_QUEUE, S(""), STR_NONE, false);
        while (store_iter_next(it))
            if (str_find(it->value, buf_view(&subject)) >= 0) {
                CHECK_CASE(str_find(it->value, buf_view(&target)) >= 0, rows[i].to);
                sent++;
            }
        CHECK_CASE(sent == 1, rows[i].to);
    }
}

static void without_actions(void **state) {
    struct cloud *c = *state;
    ok(cw_call(c, "PutMetricAlarm",
               ON(USUAL ",'AlarmActions':['arn:aws:sns:us-east-1:" ACCOUNT ":t']")));
    ok(cw_call(c, "DisableAlarmActions", "{'AlarmNames':['a']}"));
    ok(cw_call(c, "SetAlarmState", "{'AlarmName':'a','StateValue':'ALARM','StateReason':'r'}"));
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_new(c->store, NULL, STORE_QUEUE, S(""), STR_NONE, false);
    CHECK(!store_iter_next(it));
    ok(cw_call(c, "EnableAlarmActions", "{'AlarmNames':['a']}"));
    ok(cw_call(c, "DescribeAlarms", "{}"));
    check_at(c, "MetricAlarms.0.ActionsEnabled", "true");
}

static void of_a_metric(void **state) {
    static const struct {
        const char *in;
        size_t n;
    } rows[] = {{"{'MetricName':'m','Namespace':'N'}", 1},
                {"{'MetricName':'m','Namespace':'N','Statistic':'Sum'}", 1},
                {"{'MetricName':'m','Namespace':'N','Statistic':'Average'}", 0},
                {"{'MetricName':'m','Namespace':'N','Period':60}", 1},
                {"{'MetricName':'m','Namespace':'N','Period':120}", 0},
                {"{'MetricName':'m','Namespace':'N','Unit':'Bytes'}", 0},
                {"{'MetricName':'m','Namespace':'M'}", 0},
                {"{'MetricName':'n','Namespace':'N'}", 0}};
    struct cloud *c = *state;
    ok(cw_call(c, "PutMetricAlarm", ON(USUAL)));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ok(cw_call(c, "DescribeAlarmsForMetric", rows[i].in));
        CHECK_CASE(json_array_size(json_arr(c->call.out, "MetricAlarms")) == rows[i].n, rows[i].in);
    }
}

/* Fifty a page unless MaxRecords says otherwise; by names up to a hundred. */
static void pages(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf names = {0};
    buf_c(&names, "{'AlarmNames':[");
    for (int i = 0; i < 60; i++) {
        char in[300];
        snprintf(in, sizeof in,
                 "{'AlarmName':'p%02d','ComparisonOperator':'LessThanThreshold'," METRIC
                 ",'Statistic':'Sum'," USUAL "}",
                 i);
        ok(cw_call(c, "PutMetricAlarm", in));
        buf_printf(&names, "%s'p%02d'", i ? "," : "", i);
    }
    buf_c(&names, "]}");
    ok(cw_call(c, "DescribeAlarms", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "MetricAlarms")), 50);
    ok(cw_call(c, "DescribeAlarms", "{'MaxRecords':59}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "MetricAlarms")), 59);
    ok(cw_call(c, "DescribeAlarms", buf_cstr(&names)));
    CHECK_INT(json_array_size(json_arr(c->call.out, "MetricAlarms")), 60);
    check_at(c, "NextToken", "");
}

#define A_ARN "'ResourceARN':'arn:aws:cloudwatch:us-east-1:" ACCOUNT ":alarm:a'"
static void tags(void **state) {
    static const char *const others[] = {"arn:aws:cloudwatch:us-east-1:" ACCOUNT ":alarm:none",
                                         "arn:aws:cloudwatch:us-east-2:" ACCOUNT ":alarm:a",
                                         "arn:aws:sqs:us-east-1:" ACCOUNT ":alarm:a",
                                         "arn:aws:cloudwatch::" ACCOUNT ":dashboard/none", "a"};
    struct cloud *c = *state;
    ok(cw_call(c, "PutMetricAlarm", ON(USUAL ",'Tags':[{'Key':'k','Value':'v'}]")));
    ok(cw_call(c, "TagResource",
               "{" A_ARN ",'Tags':[{'Key':'k','Value':'w'},{'Key':'l','Value':''}]}"));
    ok(cw_call(c, "PutMetricAlarm",
               ON(USUAL ",'Tags':[{'Key':'x','Value':'y'}]"))); /* not of an update */
    ok(cw_call(c, "ListTagsForResource", "{" A_ARN "}"));
    check_answer(c, "{'Tags':[{'Key':'k','Value':'w'},{'Key':'l','Value':''}]}");
    ok(cw_call(c, "UntagResource", "{" A_ARN ",'TagKeys':['k']}"));
    ok(cw_call(c, "ListTagsForResource", "{" A_ARN "}"));
    check_answer(c, "{'Tags':[{'Key':'l','Value':''}]}");
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        char in[200];
        snprintf(in, sizeof in, "{'ResourceARN':'%s'}", others[i]);
        CHECK_CASE(strcmp(cw_call(c, "ListTagsForResource", in), "ResourceNotFoundException") == 0,
                   others[i]);
    }
    CLEANUP_DEINIT(buf) struct buf many_tags = {0};
    buf_c(&many_tags, "{" A_ARN ",'Tags':[");
    for (int i = 0; i < 50; i++)
        buf_printf(&many_tags, "%s{'Key':'k%d','Value':'v'}", i ? "," : "", i);
    buf_c(&many_tags, "]}");
    fails(cw_call(c, "TagResource", buf_cstr(&many_tags)), "InvalidParameterValueException");
    message("A resource can have at most 50 tags");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(refused),
        T(states_and_times),
        T(actions_of_the_state),
        T(without_actions),
        T(of_a_metric),
        T(pages),
        T(tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
