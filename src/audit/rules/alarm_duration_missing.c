/* Function whose duration no alarm watches. */
#include "audit/rules/watch_priv.h"

static const struct watch_alarm alarm = {
    .rule = &audit_rule_alarm_duration_missing,
    .metric = "Duration",
    .statistic = "Maximum",
    .what = "duration",
    .description = "comes near its time-out",
};

/* Of the time-out: where an invocation comes near it. */
enum { PERCENT = 80, LEAST_S = 60, MOST_S = 300 };

/* One that is too short or too long is changed first: a threshold in its terms would be wrong then. */
static double threshold(const struct audit_template *t, const struct audit_function *f) {
    uint64_t timeout_s;
    bool is_known = str_to_u64(audit_text_of(t, f->r, "Timeout"), &timeout_s);
    bool is_right = is_known && timeout_s >= LEAST_S && timeout_s <= MOST_S;
    return is_right ? (double)timeout_s * 1000 * PERCENT / 100 : 0;
}

static void check(struct audit_template *t) { audit_watch_alarm_check(t, &alarm, threshold); }

const struct audit_rule audit_rule_alarm_duration_missing = {
    .id = "alarm-duration-missing",
    .class = 7,
    .severity = AUDIT_INFO,
    .profile = AUDIT_PIPELINE,
    .title = "Function whose duration no alarm watches",
    .why =
        "larger photographs and slower services show in the duration before they become time-outs",
    .fix = "add an alarm on AWS/Lambda Duration of the function, near its Timeout",
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
            "      MetricName: Duration\n"
            "      Dimensions: [{Name: FunctionName, Value: !Ref Thumbnails}]\n"
            "      Statistic: Maximum\n"
            "      Period: 300\n"
            "      EvaluationPeriods: 1\n"
            "      Threshold: 48000\n"
            "      ComparisonOperator: GreaterThanOrEqualToThreshold\n"
            "      AlarmActions: [!Ref Topic]\n"
            "  Topic:\n"
            "    Type: AWS::SNS::Topic\n",
    .check = check,
};
