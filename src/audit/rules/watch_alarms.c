/* What watches functions: alarms. */
#include "audit/rules/order_priv.h"
#include "audit/rules/watch_priv.h"

/* ---- Which alarms there are ---- */

/* May the alarm be on the metric of functions? */
static bool is_on(const struct audit_alarm *a, const char *metric) {
    return (a->namespace.len == 0 || str_is(a->namespace, "AWS/Lambda")) &&
           (a->metric.len == 0 || str_is(a->metric, metric));
}

/* Of every function: the alarm has no dimension, or which it has cannot be told. */
static bool is_on_any(const struct audit_alarm *a, const char *metric) {
    return is_on(a, metric) &&
           (a->is_unknown || (a->is_of_all && a->namespace.len && a->metric.len));
}

static bool is_any(const struct audit_template *t, const char *metric) {
    for (const struct audit_alarm *a = t->system->alarms; a; a = a->next)
        if (is_on_any(a, metric))
            return true;
    for (const struct audit_template *p = t->parent; p; p = p->parent)
        for (const struct audit_alarm *a = p->system->alarms; a; a = a->next)
            if (is_on_any(a, metric))
                return true;
    return false;
}

/* ---- Errors that are counted in the lines of a log ---- */

static str metric_key(const struct audit_template *t, str namespace, str metric) {
    return arena_printf(t->arena, STR_FMT "\n" STR_FMT, STR_ARG(namespace), STR_ARG(metric));
}

/* The function whose log a filter reads; NULL: another's, or not known. */
static const struct audit_function *function_of(const struct audit_template *t,
                                                const struct audit_function *const *of_groups,
                                                const struct audit_resource *filter) {
    struct audit_values groups = audit_property(t, filter, "LogGroupName");
    str before = S("/aws/lambda/");
    for (size_t i = 0; i < groups.n; i++) {
        if (groups.v[i].kind == AUDIT_ABSENT)
            continue;
        const struct audit_resource *r = audit_target(t, groups.v[i].node, NULL);
        str name = audit_text(t, groups.v[i].node);
        if (audit_is(r, "AWS::Logs::LogGroup") && of_groups[r->index])
            return of_groups[r->index];
        if (str_starts(name, before))
            return audit_function_of(t, audit_target_of_text(t, str_skip(name, before.len), NULL));
    }
    return NULL;
}

static bool is_alarmed(const struct audit_template *t, const struct audit_resource *filter,
                       const struct map *alarms) {
    struct audit_values metrics = audit_property(t, filter, "MetricTransformations[]");
    for (size_t i = 0; i < metrics.n; i++) {
        const struct tmpl_node *m = metrics.v[i].node;
        if (metrics.v[i].kind == AUDIT_UNKNOWN ||
            map_get(alarms, metric_key(t, audit_text(t, tmpl_get(m, "MetricNamespace")),
                                       audit_text(t, tmpl_get(m, "MetricName")))))
            return true;
    }
    return false;
}

static void mark_counted(const struct audit_template *t, bool *is_watched) {
    const struct audit_resource *filter = audit_first(t, "AWS::Logs::MetricFilter");
    if (!filter || !t->system->alarms)
        return;
    const struct audit_function **of_groups =
        arena_zalloc(t->arena, t->n_resources * sizeof *of_groups);
    for (const struct audit_log_group *g = t->system->log_groups; g; g = g->next)
        of_groups[g->r->index] = g->function;
    struct map alarms = {0};
    for (const struct audit_alarm *a = t->system->alarms; a; a = a->next)
        if (a->metric.len)
            map_put(&alarms, metric_key(t, a->namespace, a->metric), (void *)a);
    for (; filter; filter = filter->next) {
        const struct audit_function *f =
            is_alarmed(t, filter, &alarms) ? function_of(t, of_groups, filter) : NULL;
        if (f)
            is_watched[f->r->index] = true;
    }
    map_deinit(&alarms);
}

/* By index: an alarm watches the metric of the function, or may. NULL: of all of them. */
static const bool *watched(const struct audit_template *t, const char *metric) {
    if (is_any(t, metric))
        return NULL;
    bool *is_watched = arena_zalloc(t->arena, t->n_resources * sizeof *is_watched);
    for (const struct audit_alarm *a = t->system->alarms; a; a = a->next)
        if (a->of && is_on(a, metric))
            is_watched[a->of->index] = true;
    if (strcmp(metric, "Errors") == 0)
        mark_counted(t, is_watched);
    return is_watched;
}

/* ---- In other templates ---- */

/* By index: a nested stack of t gets its name. */
static const bool *handed_on(const struct audit_template *t) {
    const bool *stacks = audit_mentioned_by(t, "AWS::CloudFormation::Stack", NULL),
               *applications = audit_mentioned_by(t, "AWS::Serverless::Application", NULL);
    bool *either = arena_zalloc(t->arena, t->n_resources * sizeof *either);
    for (size_t i = 0; i < t->n_resources; i++)
        either[i] = stacks[i] || applications[i];
    return either;
}

const bool *audit_watch_handed_on(const struct audit_template *t) {
    if (t->parent && handed_on(t->parent)[t->parent_nest->index])
        return NULL;
    return handed_on(t);
}

/* ---- A new alarm ---- */

static void mend(struct audit_template *t, struct audit_finding *finding,
                 const struct watch_alarm *alarm, const struct audit_function *f, double threshold,
                 struct watch_topic *to) {
    str condition = audit_order_condition(f->r), name = f->r->name;
    str topic = audit_watch_topic_for(t, to, finding);
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_c(&body, "Type: AWS::CloudWatch::Alarm\n");
    if (condition.p)
        buf_printf(&body, "Condition: " STR_FMT "\n", STR_ARG(condition));
    buf_printf(
        &body,
        "Properties:\n  AlarmDescription: " STR_FMT " %s.\n  Namespace: AWS/Lambda\n"
        "  MetricName: %s\n  Dimensions:\n    - Name: FunctionName\n      Value: !Ref " STR_FMT
        "\n  Statistic: %s\n  Period: 300\n  EvaluationPeriods: 1\n  Threshold: %.0f\n"
        "  ComparisonOperator: GreaterThanOrEqualToThreshold\n"
        "  TreatMissingData: notBreaching\n  AlarmActions:\n    - !Ref " STR_FMT "\n",
        STR_ARG(name), alarm->description, alarm->metric, STR_ARG(name), alarm->statistic,
        threshold, STR_ARG(topic));
    audit_watch_tags(t, &body, "AWS::CloudWatch::Alarm");
    str id =
        audit_new_name(t, arena_printf(t->arena, STR_FMT "%sAlarm", STR_ARG(name), alarm->metric));
    audit_fix_resource(finding, f->r, id, "%s", buf_cstr(&body));
}

void audit_watch_alarm_check(struct audit_template *t, const struct watch_alarm *alarm,
                             double (*threshold)(const struct audit_template *t,
                                                 const struct audit_function *f)) {
    struct watch_topic to = {{NULL, 0}, {NULL, 0}};
    const bool *is_watched = t->is_partial ? NULL : watched(t, alarm->metric);
    const bool *is_handed_on = is_watched ? audit_watch_handed_on(t) : NULL;
    for (const struct audit_function *f = t->system->functions; f && is_handed_on; f = f->next) {
        if (!f->is_image_work || is_watched[f->r->index] || is_handed_on[f->r->index])
            continue;
        struct audit_finding *finding = audit_tell(
            t, alarm->rule, f->r, NULL, "no alarm watches the function's %s", alarm->what);
        double at = threshold ? threshold(t, f) : 1;
        if (finding && at > 0)
            mend(t, finding, alarm, f, at, &to);
    }
}
