/* Several writers of one alarm: what each was answered is there. */
#include "fixture.h"
#include "lib/race.h"

enum { ROUNDS = 15 };

#define ALARM                                                                                                \
    "{'AlarmName':'a','MetricName':'m','Namespace':'n','Period':60,'EvaluationPeriods':1,'Statistic':'Sum'," \
    "'ComparisonOperator':'GreaterThanThreshold','Threshold':%d}"
#define ARN "'ResourceARN':'arn:aws:cloudwatch:us-east-1:000000000000:alarm:a'"

static struct racer racer(const char *op, json_t *in) {
    return (struct racer){.service = "cloudwatch", .op = op, .in = in};
}

static void parts_of_one_alarm(void **state) {
    struct cloud *c = *state;
    char in[256];
    snprintf(in, sizeof in, ALARM, -1);
    ok(cw_call(c, "PutMetricAlarm", in));
    for (int round = 0; round < ROUNDS; round++) {
        const char *value = round % 2 ? "OK" : "ALARM";
        snprintf(in, sizeof in, ALARM, round);
        struct racer racers[4] = {racer("PutMetricAlarm", cloud_doc(in))};
        snprintf(in, sizeof in, "{" ARN ",'Tags':[{'Key':'k','Value':'%d'}]}", round);
        racers[1] = racer("TagResource", cloud_doc(in));
        snprintf(in, sizeof in, "{" ARN ",'Tags':[{'Key':'k%d','Value':'v'}]}", round);
        racers[2] = racer("TagResource", cloud_doc(in));
        snprintf(in, sizeof in, "{'AlarmName':'a','StateValue':'%s','StateReason':'r'}", value);
        racers[3] = racer("SetAlarmState", cloud_doc(in));
        race(c, racers, ARRAY_LEN(racers));
        for (size_t i = 0; i < ARRAY_LEN(racers); i++)
            CHECK_TEXT(racers[i].code, "");
        ok(cw_call(c, "DescribeAlarms", "{}"));
        const json_t *alarm = json_array_get(json_arr(c->call.out, "MetricAlarms"), 0);
        CHECK(json_num(alarm, "Threshold", -1) == round);
        CHECK_STR(json_str(alarm, "StateValue"), str_c(value));
        ok(cw_call(c, "ListTagsForResource", "{" ARN "}"));
        CHECK_INT(json_array_size(json_arr(c->call.out, "Tags")), round + 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {T(parts_of_one_alarm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
