/* Stacks with functions and without a page that shows how they do. */
#include "audit/rules/order_priv.h"
#include "audit/rules/watch_priv.h"

enum { MOST_FUNCTIONS = 50 }; /* in one widget's lines */

static const struct {
    const char *title, *stat, *metrics[3];
} widgets[] = {
    {"Invocations, errors, throttles", "Sum", {"Invocations", "Errors", "Throttles"}},
    {"Duration (ms)", "Maximum", {"Duration"}},
};

/* Those that every stack has: a dashboard that is always there can name no others. */
static bool is_shown(const struct audit_function *f) {
    return f->is_image_work && !audit_order_condition(f->r).p;
}

static void write_metrics(struct buf *body, const struct audit_template *t, size_t widget) {
    bool is_first = true;
    size_t n = 0;
    for (const struct audit_function *f = t->system->functions; f && n < MOST_FUNCTIONS;
         f = f->next) {
        if (!is_shown(f))
            continue;
        for (size_t i = 0; i < 3 && widgets[widget].metrics[i]; i++) {
            buf_printf(body,
                       "%s\n            [\"AWS/Lambda\", \"%s\", \"FunctionName\", \"${" STR_FMT
                       "}\"]",
                       is_first ? "" : ",", widgets[widget].metrics[i], STR_ARG(f->r->name));
            is_first = false;
        }
        n++;
    }
}

static void mend(struct audit_template *t, struct audit_finding *f) {
    bool is_any = false;
    for (const struct audit_function *i = t->system->functions; i; i = i->next)
        is_any |= is_shown(i);
    if (!is_any)
        return;
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_c(&body, "Type: AWS::CloudWatch::Dashboard\nProperties:\n  DashboardBody: !Sub |\n"
                 "    {\"widgets\": [\n");
    for (size_t i = 0; i < ARRAY_LEN(widgets); i++) {
        buf_printf(
            &body,
            "      {\"type\": \"metric\", \"x\": %zu, \"y\": 0, \"width\": 12, \"height\": 6,\n"
            "        \"properties\": {\"title\": \"%s\", \"region\": \"${AWS::Region}\",\n"
            "          \"stat\": \"%s\", \"period\": 300, \"metrics\": [",
            12 * i, widgets[i].title, widgets[i].stat);
        write_metrics(&body, t, i);
        buf_printf(&body, "]}}%s\n", i + 1 < ARRAY_LEN(widgets) ? "," : "");
    }
    buf_c(&body, "    ]}\n");
    audit_fix_resource(f, NULL, audit_new_name(t, S("Dashboard")), "%s", buf_cstr(&body));
}

static bool has_image_work(const struct audit_template *t) {
    for (const struct audit_function *f = t->system->functions; f; f = f->next)
        if (f->is_image_work)
            return true;
    return false;
}

/* Another template of the stack may have it. */
static void check(struct audit_template *t) {
    if (t->is_partial || t->parent || !has_image_work(t) ||
        audit_first(t, "AWS::CloudWatch::Dashboard") ||
        audit_first(t, "AWS::CloudFormation::Stack") ||
        audit_first(t, "AWS::Serverless::Application"))
        return;
    struct audit_finding *f =
        audit_tell_range(t, &audit_rule_dashboard_missing, NULL, t->resources_at,
                         audit_name_end(t, t->resources_at), NULL, "the stack has no dashboard");
    if (f)
        mend(t, f);
}

const struct audit_rule audit_rule_dashboard_missing = {
    .id = "dashboard-missing",
    .class = 7,
    .severity = AUDIT_INFO,
    .profile = AUDIT_PIPELINE,
    .title = "Stack without a dashboard",
    .why = "who is called by an alarm has to collect the metrics first",
    .fix =
        "add an AWS::CloudWatch::Dashboard with the functions' invocations, errors, throttles and "
        "duration",
    .bad = "Resources:\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n",
    .good =
        "Resources:\n"
        "  Thumbnails:\n"
        "    Type: AWS::Lambda::Function\n"
        "  Dashboard:\n"
        "    Type: AWS::CloudWatch::Dashboard\n"
        "    Properties:\n"
        "      DashboardBody: !Sub |\n"
        "        {\"widgets\": [{\"type\": \"metric\", \"properties\": {\"region\": \"${AWS::Region}\",\n"
        "          \"metrics\": [[\"AWS/Lambda\", \"Errors\", \"FunctionName\", \"${Thumbnails}\"]]}}]}\n",
    .check = check,
};
