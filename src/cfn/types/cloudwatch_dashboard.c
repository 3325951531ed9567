/* AWS::CloudWatch::Dashboard: put whole, by name; so the engine asks first. */
#include "cfn/type.h"

static const struct cfn_prop props[] = {
    {"DashboardBody", .create = "*", .shape = cfn_text},
    {0},
};

const struct cfn_type cfn_type_cloudwatch_dashboard = {
    .name = "AWS::CloudWatch::Dashboard",
    .name_max = 255,
    .service = "cloudwatch",
    .props = props,
    .on = "DashboardNames[]={name}",
    .put = true,
    .make = {"PutDashboard", "DashboardName={name}"},
    .ask = {.op = "GetDashboard"},
    .adopts = true,
    .drop = "DeleteDashboards",
    .gone = "DashboardNotFoundError",
    .id = "{name}",
};
