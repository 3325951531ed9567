/* AWS::CloudWatch::Alarm, AWS::CloudWatch::Dashboard. Both are put by name: ask first, so that none is overwritten. */
#include "cfn/type.h"

static const char *const alarm_props[] = {
    "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "MetricName", "Namespace",
    "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit", "EvaluationPeriods", "DatapointsToAlarm", "Threshold",
    "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile", "Metrics", "ThresholdMetricId", "Tags",
    "AlarmName", NULL};

static int put_alarm(struct cfn_work *w, str name) {
    json_t *in = json_object();
    cfn_copy(in, w->props, alarm_props);
    if (w->old)
        json_object_del(in, "Tags"); /* of an existing alarm they are ignored */
    json_set_str(in, "AlarmName", name);
    return cfn_call(w, "cloudwatch", "PutMetricAlarm", in, NULL);
}

static int create_alarm(struct cfn_work *w) {
    str name = cfn_name(w, "AlarmName");
    CLEANUP_JSON json_t *out = NULL;
    if (!w->again) {
        json_t *in = json_pack("{s[o]}", "AlarmNames", json_of_str(name));
        if (cfn_call_unless(w, "cloudwatch", "DescribeAlarms", in, "AccessDenied|AccessDeniedException", &out))
            return CFN_FAILED;
        if (json_array_size(json_arr(out, "MetricAlarms")) || json_array_size(json_arr(out, "CompositeAlarms")))
            return cfn_fail(w, STR_FMT " already exists", STR_ARG(name));
    }
    if (put_alarm(w, name))
        return CFN_FAILED;
    cfn_set_physical(w, name);
    cfn_set_attribute(w, "Arn", "arn:aws:cloudwatch:" STR_FMT ":" STR_FMT ":alarm:" STR_FMT, STR_ARG(w->region), STR_ARG(w->account), STR_ARG(name));
    return CFN_DONE;
}

static int update_alarm(struct cfn_work *w) {
    if (put_alarm(w, cfn_physical(w)))
        return CFN_FAILED;
    if (!cfn_changed(w, "Tags"))
        return CFN_DONE;
    json_t *arn = json_object_get(w->attributes, "Arn"), *tags = json_object_get(w->props, "Tags");
    CLEANUP_JSON json_t *dropped = cfn_tags_gone(w);
    if (json_array_size(dropped) && cfn_call(w, "cloudwatch", "UntagResource", json_pack("{sO,sO}", "ResourceARN", arn, "TagKeys", dropped), NULL))
        return CFN_FAILED;
    return tags ? cfn_call(w, "cloudwatch", "TagResource", json_pack("{sO,sO}", "ResourceARN", arn, "Tags", tags), NULL) : CFN_DONE;
}

static int remove_alarm(struct cfn_work *w) {
    json_t *in = json_pack("{s[o]}", "AlarmNames", json_of_str(cfn_physical(w)));
    return cfn_call_unless(w, "cloudwatch", "DeleteAlarms", in, "ResourceNotFound", NULL);
}

/* ---- Dashboard ---- */

static int put_dashboard(struct cfn_work *w) {
    str name = w->physical.len ? cfn_physical(w) : cfn_name(w, "DashboardName");
    json_t *in = json_object();
    json_set_str(in, "DashboardName", name);
    json_set(in, "DashboardBody", cfn_document(json_object_get(w->props, "DashboardBody")));
    if (cfn_call(w, "cloudwatch", "PutDashboard", in, NULL))
        return CFN_FAILED;
    cfn_set_physical(w, name);
    return CFN_DONE;
}

static int create_dashboard(struct cfn_work *w) {
    str name = cfn_name(w, "DashboardName");
    if (!w->again) {
        json_t *in = json_pack("{so}", "DashboardName", json_of_str(name));
        if (cfn_call_unless(w, "cloudwatch", "GetDashboard", in,
                            "ResourceNotFound|DashboardNotFoundError|ResourceNotFoundException|AccessDenied|AccessDeniedException", NULL))
            return CFN_FAILED;
        if (!w->code[0])
            return cfn_fail(w, STR_FMT " already exists", STR_ARG(name));
    }
    return put_dashboard(w);
}

static int remove_dashboard(struct cfn_work *w) {
    json_t *in = json_pack("{s[o]}", "DashboardNames", json_of_str(cfn_physical(w)));
    return cfn_call_unless(w, "cloudwatch", "DeleteDashboards", in, "ResourceNotFound|DashboardNotFoundError", NULL);
}

static const char *const dashboard_props[] = {"DashboardBody", "DashboardName", NULL};

const struct cfn_type cfn_types_cloudwatch[] = {
    {.name = "AWS::CloudWatch::Alarm", .name_prop = "AlarmName", .name_max = 255, .supported = alarm_props, .in_place = alarm_props,
     .create = create_alarm, .update = update_alarm, .remove = remove_alarm},
    {.name = "AWS::CloudWatch::Dashboard", .name_prop = "DashboardName", .name_max = 255, .supported = dashboard_props,
     .in_place = dashboard_props, .create = create_dashboard, .update = put_dashboard, .remove = remove_dashboard},
    {0},
};
