/* What watches functions: alarms. */
#include "audit/rules/order_priv.h"
#include "audit/rules/watch_priv.h"

/* ---- Which alarms there are ---- */

static bool is_of(const struct audit_alarm *a, const struct audit_function *f, const char *metric) {
    bool is_lambda = str_is(a->namespace, "AWS/Lambda"), is_metric = str_is(a->metric, metric);
    if ((a->namespace.len && !is_lambda) || (a->metric.len && !is_metric))
        return false;
    return a->is_unknown || (f && a->of == f->r) || (a->is_of_all && is_lambda && is_metric);
}

/* Does a filter on f's logs count what the alarm watches? */
static bool counts(const struct audit_template *t, const struct audit_resource *filter,
                   const struct audit_function *f, const struct audit_alarm *a) {
    struct audit_values groups = audit_property(t, filter, "LogGroupName"),
                        metrics = audit_property(t, filter, "MetricTransformations[]");
    bool is_its = false, is_metric = false;
    for (const struct audit_log_group *g = t->system->log_groups; g; g = g->next)
        for (size_t i = 0; i < groups.n && g->function == f; i++)
            is_its |=
                groups.v[i].kind != AUDIT_ABSENT && audit_target(t, groups.v[i].node, NULL) == g->r;
    for (size_t i = 0; i < groups.n && !is_its; i++) {
        str name = groups.v[i].kind == AUDIT_ABSENT ? STR_NONE : audit_text(t, groups.v[i].node);
        str before = S("/aws/lambda/");
        is_its = str_starts(name, before) &&
                 audit_target_of_text(t, str_skip(name, before.len), NULL) == f->r;
    }
    for (size_t i = 0; i < metrics.n && is_its; i++)
        is_metric |=
            metrics.v[i].kind == AUDIT_UNKNOWN ||
            (str_eq(audit_text(t, tmpl_get(metrics.v[i].node, "MetricName")), a->metric) &&
             str_eq(audit_text(t, tmpl_get(metrics.v[i].node, "MetricNamespace")), a->namespace));
    return is_metric;
}

static bool is_alarmed(const struct audit_template *t, const struct audit_function *f,
                       const char *metric) {
    for (const struct audit_alarm *a = t->system->alarms; a; a = a->next) {
        if (is_of(a, f, metric))
            return true;
        if (strcmp(metric, "Errors") != 0 || a->metric.len == 0)
            continue;
        for (const struct audit_resource *r = audit_first(t, "AWS::Logs::MetricFilter"); r;
             r = r->next)
            if (counts(t, r, f, a))
                return true;
    }
    for (const struct audit_template *p = t->parent; p; p = p->parent)
        for (const struct audit_alarm *a = p->system->alarms; a; a = a->next)
            if (is_of(a, NULL, metric))
                return true;
    return false;
}

/* ---- In other templates ---- */

/* Does a nested stack of t get what `of` is called? */
static bool is_handed_on(const struct audit_template *t, const struct audit_resource *of) {
    return audit_mentioned_by(t, "AWS::CloudFormation::Stack", NULL)[of->index] ||
           audit_mentioned_by(t, "AWS::Serverless::Application", NULL)[of->index];
}

bool watch_is_elsewhere(const struct audit_template *t, const struct audit_function *f) {
    return is_handed_on(t, f->r) || (t->parent && is_handed_on(t->parent, t->parent_nest));
}

/* ---- The topic ---- */

static bool is_usable(const struct audit_template *t, const struct audit_resource *topic,
                      const struct audit_resource *r) {
    str condition = order_condition(topic);
    return audit_is(topic, "AWS::SNS::Topic") &&
           (!condition.p || str_eq(condition, order_condition(r))) &&
           !str_eq_nocase(audit_text_of(t, topic, "FifoTopic"), S("true"));
}

/* What listens is people: mail and their like. */
static bool is_for_people(const struct audit_value *protocol) {
    static const char *const people[] = {"email", "email-json", "sms", "http", "https"};
    for (size_t i = 0; i < ARRAY_LEN(people); i++)
        if (str_is(protocol->text, people[i]))
            return true;
    return protocol->kind == AUDIT_ABSENT;
}

static bool are_for_people(const struct audit_values *protocols) {
    for (size_t i = 0; i < protocols->n; i++)
        if (!is_for_people(&protocols->v[i]))
            return false;
    return true;
}

static bool has_machines(const struct audit_template *t, const struct audit_resource *topic) {
    struct audit_values own = audit_property(t, topic, "Subscription[].Protocol");
    if (!are_for_people(&own))
        return true;
    for (const struct audit_resource *r = audit_first(t, "AWS::SNS::Subscription"); r;
         r = r->next) {
        struct audit_values protocols = audit_property(t, r, "Protocol");
        struct audit_values of = audit_property(t, r, "TopicArn");
        if (of.v[0].kind != AUDIT_ABSENT && audit_target(t, of.v[0].node, NULL) == topic &&
            !are_for_people(&protocols))
            return true;
    }
    if (audit_mentioned_by(t, "AWS::Serverless::Function", "Events")[topic->index])
        return true;
    for (const struct audit_trigger *i = t->system->triggers; i; i = i->next)
        if (i->target == topic)
            return true;
    return false;
}

/* A key or a policy of the topic's may keep alarms out. */
static bool may_refuse(const struct audit_template *t, const struct audit_resource *topic) {
    if (audit_has(t, topic, "KmsMasterKeyId"))
        return true;
    for (const struct audit_statement *s = t->system->statements; s; s = s->next)
        for (size_t i = 0; i < s->n_on; i++)
            if (s->on[i] == topic)
                return true;
    return false;
}

static const struct audit_resource *topic_of_alarms(const struct audit_template *t,
                                                    const struct audit_resource *of) {
    for (const struct audit_resource *r = audit_first(t, "AWS::CloudWatch::Alarm"); r;
         r = r->next) {
        struct audit_values actions = audit_property(t, r, "AlarmActions[]");
        for (size_t i = 0; i < actions.n; i++) {
            const struct audit_resource *topic =
                actions.v[i].kind == AUDIT_ABSENT ? NULL : audit_target(t, actions.v[i].node, NULL);
            if (topic && is_usable(t, topic, of))
                return topic;
        }
    }
    return NULL;
}

str watch_topic(struct audit_template *t, struct audit_finding *f, const struct audit_resource *r) {
    const struct audit_resource *topic = topic_of_alarms(t, r);
    if (topic)
        return topic->name;
    for (topic = audit_first(t, "AWS::SNS::Topic"); topic; topic = topic->next)
        if (is_usable(t, topic, r) && !has_machines(t, topic) && !may_refuse(t, topic))
            return topic->name;
    /* One for all findings: the name is not asked for anew. */
    str name = S("AlarmTopic");
    for (unsigned i = 2; audit_find(t, name) || audit_parameter(t, name); i++)
        name = arena_printf(t->arena, "AlarmTopic%u", i);
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_c(&body, "Type: AWS::SNS::Topic\nProperties:\n  DisplayName: Alarms\n");
    watch_tags(t, &body, "AWS::SNS::Topic");
    audit_fix_resource(f, NULL, name, "%s", buf_cstr(&body));
    return name;
}

/* ---- A new alarm ---- */

static void mend(struct audit_template *t, struct audit_finding *finding,
                 const struct watch_alarm *alarm, const struct audit_function *f,
                 double threshold) {
    str condition = order_condition(f->r), name = f->r->name;
    str topic = watch_topic(t, finding, f->r);
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
    watch_tags(t, &body, "AWS::CloudWatch::Alarm");
    str id =
        audit_new_name(t, arena_printf(t->arena, STR_FMT "%sAlarm", STR_ARG(name), alarm->metric));
    audit_fix_resource(finding, f->r, id, "%s", buf_cstr(&body));
}

void watch_alarm_check(struct audit_template *t, const struct watch_alarm *alarm,
                       double (*threshold)(const struct audit_template *t,
                                           const struct audit_function *f)) {
    for (const struct audit_function *f = t->system->functions; f && !t->is_partial; f = f->next) {
        if (!f->is_image_work || is_alarmed(t, f, alarm->metric) || watch_is_elsewhere(t, f))
            continue;
        struct audit_finding *finding = audit_tell(
            t, alarm->rule, f->r, NULL, "no alarm watches the function's %s", alarm->what);
        double at = threshold ? threshold(t, f) : 1;
        if (finding && at > 0)
            mend(t, finding, alarm, f, at);
    }
}
