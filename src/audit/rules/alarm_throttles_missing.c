/* Function whose throttles no alarm watches. */
#include "audit/rules/watch_priv.h"

static const struct watch_alarm alarm = {
    .rule = &audit_rule_alarm_throttles_missing,
    .metric = "Throttles",
    .statistic = "Sum",
    .what = "throttles",
    .description = "was throttled",
};

static void check(struct audit_template *t) { audit_watch_alarm_check(t, &alarm, NULL); }

const struct audit_rule audit_rule_alarm_throttles_missing = {
    .id = "alarm-throttles-missing",
    .class = 7,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Function whose throttles no alarm watches",
    .why =
        "when the concurrency is used up, uploads wait for hours and are then given up without an error anywhere",
    .fix = "add an alarm on AWS/Lambda Throttles of the function with an action",
    .bad = "Resources:\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n",
    .good = "Resources:\n"
            "  Thumbnails:\n"
            "    Type: AWS::Lambda::Function\n"
            "  Alarm:\n"
            "    Type: AWS::CloudWatch::Alarm\n"
            "    Properties:\n"
            "      Namespace: AWS/Lambda\n"
            "      MetricName: Throttles\n"
            "      Dimensions: [{Name: FunctionName, Value: !Ref Thumbnails}]\n"
            "      Statistic: Sum\n"
            "      Period: 300\n"
            "      EvaluationPeriods: 1\n"
            "      Threshold: 1\n"
            "      ComparisonOperator: GreaterThanOrEqualToThreshold\n"
            "      AlarmActions: [!Ref Topic]\n"
            "  Topic:\n"
            "    Type: AWS::SNS::Topic\n",
    .check = check,
};
