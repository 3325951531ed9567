/* Function whose errors no alarm watches. */
#include "audit/rules/watch_priv.h"

static const struct watch_alarm alarm = {
    .rule = &audit_rule_alarm_errors_missing,
    .metric = "Errors",
    .statistic = "Sum",
    .what = "errors",
    .description = "failed",
};

static void check(struct audit_template *t) { audit_watch_alarm_check(t, &alarm, NULL); }

const struct audit_rule audit_rule_alarm_errors_missing = {
    .id = "alarm-errors-missing",
    .class = 7,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Function whose errors no alarm watches",
    .why = "photographs that cannot be processed are noticed by whoever uploaded them",
    .fix = "add an alarm on AWS/Lambda Errors of the function with an action",
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
            "      MetricName: Errors\n"
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
