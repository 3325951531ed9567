/*
 * AWS::CloudWatch::Alarm: put whole, by name; so the engine asks first. PutMetricAlarm
 * takes tags at creation only.
 */
#include "cfn/type.h"

static const struct cfn_prop props[] = {
    {"AlarmDescription", .create = "*"},
    {"ActionsEnabled", .create = "*"},
    {"OKActions", .create = "*"},
    {"AlarmActions", .create = "*"},
    {"InsufficientDataActions", .create = "*"},
    {"MetricName", .create = "*"},
    {"Namespace", .create = "*"},
    {"Statistic", .create = "*"},
    {"ExtendedStatistic", .create = "*"},
    {"Dimensions", .create = "*"},
    {"Period", .create = "*"},
    {"Unit", .create = "*"},
    {"EvaluationPeriods", .create = "*"},
    {"DatapointsToAlarm", .create = "*"},
    {"Threshold", .create = "*"},
    {"ComparisonOperator", .create = "*"},
    {"TreatMissingData", .create = "*"},
    {"EvaluateLowSampleCountPercentile", .create = "*"},
    {0},
};

const struct cfn_type cfn_type_cloudwatch_alarm = {
    .name = "AWS::CloudWatch::Alarm",
    .name_max = 255,
    .service = "cloudwatch",
    .props = props,
    .on = "AlarmNames[]={name}",
    .put = true,
    .make = {"PutMetricAlarm", "AlarmName={name}"},
    .ask = {"DescribeAlarms", "AlarmNames[]={name}"},
    .adopts = true,
    .found = "MetricAlarms|CompositeAlarms",
    .drop = "DeleteAlarms",
    .gone = "ResourceNotFound",
    .tags = {.create = "Tags",
             .set = "TagResource",
             .clear = "UntagResource",
             .on = "ResourceARN={Arn}"},
    .id = "{name}",
    .attributes = {{"Arn", "arn:aws:cloudwatch:{region}:{account}:alarm:{name}"}},
};
