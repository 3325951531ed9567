/* audit/system: alarms and log groups, and what they watch. */
#include "audit/system_priv.h"

/* ---- Alarms ---- */

/* A literal text, or one that is unknown: absent, and the alarm is. */
static str metric_text(const struct audit_template *t, struct audit_alarm *alarm,
                       const struct tmpl_node *map, const char *key) {
    struct audit_values values = audit_path(t, map, alarm->r->guard, key);
    if (values.n == 1 && values.v[0].kind == AUDIT_LITERAL && values.v[0].text.p)
        return values.v[0].text;
    alarm->is_unknown |= values.n > 1 || values.v[0].kind == AUDIT_UNKNOWN;
    return S("");
}

/* Whose names a dimension has. */
static const struct {
    const char *dimension, *service;
} dimensions[] = {
    {"FunctionName", "lambda"}, {"QueueName", "sqs"}, {"TableName", "dynamodb"},
    {"TopicName", "sns"},       {"BucketName", "s3"},
};

static const struct audit_resource *named_by(const struct audit_template *t, str dimension,
                                             str text) {
    for (size_t i = 0; i < ARRAY_LEN(dimensions); i++)
        if (str_is(dimension, dimensions[i].dimension))
            return audit_named(t, dimensions[i].service, text, NULL);
    return audit_target_of_text(t, text, NULL);
}

/* A list of {Name, Value}: the first that names something of this template. */
static void read_dimensions(const struct audit_template *t, struct audit_alarm *alarm,
                            const struct tmpl_node *map) {
    struct audit_values each = audit_path(t, map, alarm->r->guard, "Dimensions[]");
    size_t n = 0;
    for (size_t i = 0; i < each.n; i++) {
        if (each.v[i].kind == AUDIT_ABSENT)
            continue;
        n++;
        str text = audit_text(t, tmpl_get(each.v[i].node, "Value"));
        if (!alarm->of)
            alarm->of = named_by(t, tmpl_text(tmpl_get(each.v[i].node, "Name")), text);
        alarm->is_unknown |= !alarm->of && (!text.p || str_find(text, S("${")) >= 0);
    }
    alarm->is_unknown &= !alarm->of;
    alarm->is_of_all = n == 0;
}

/* One metric: {Namespace, MetricName, Dimensions}. */
static void read_metric(struct audit_build *b, const struct audit_resource *r,
                        const struct tmpl_node *map) {
    struct audit_alarm *alarm = arena_new(b->t->arena, struct audit_alarm);
    alarm->r = r;
    read_dimensions(b->t, alarm, map);
    alarm->namespace = metric_text(b->t, alarm, map, "Namespace");
    alarm->metric = metric_text(b->t, alarm, map, "MetricName");
    AUDIT_APPEND(b->alarms, alarm);
}

/* An expression over the other metrics tells nothing more; a query may be of any. */
static void read_expression(struct audit_build *b, const struct audit_resource *r,
                            const struct audit_value *value) {
    str text = audit_text(b->t, value->node);
    struct audit_alarm *alarm = arena_new(b->t->arena, struct audit_alarm);
    *alarm = (struct audit_alarm){.r = r, .namespace = S(""), .metric = S("")};
    alarm->is_unknown = str_starts_nocase(str_trim(text), S("SELECT ")) ||
                        str_find(text, S("SEARCH(")) >= 0 || str_find(text, S("${?}")) >= 0;
    AUDIT_APPEND(b->alarms, alarm);
}

void audit_read_alarm(struct audit_build *b, const struct audit_resource *r) {
    const struct audit_template *t = b->t;
    struct audit_values metrics = audit_property(t, r, "Metrics[]");
    if (!audit_has(t, r, "Metrics"))
        read_metric(b, r, r->properties);
    for (size_t i = 0; i < metrics.n; i++) {
        const struct audit_value *m = &metrics.v[i];
        if (m->kind != AUDIT_LITERAL || m->node->kind != TMPL_MAP)
            continue;
        const struct tmpl_node *metric = tmpl_get(tmpl_get(m->node, "MetricStat"), "Metric");
        struct audit_values expression = audit_path(t, m->node, m->guard, "Expression");
        if (tmpl_is(metric, TMPL_MAP))
            read_metric(b, r, metric);
        else if (expression.v[0].kind != AUDIT_ABSENT)
            read_expression(b, r, &expression.v[0]);
    }
}

/* ---- Log groups ---- */

static const struct audit_function *function_of_name(const struct audit_template *t, str name) {
    str before = S("/aws/lambda/"), rest;
    if (!str_starts(name, before))
        return NULL;
    const struct audit_resource *r = audit_named(t, "lambda", str_skip(name, before.len), &rest);
    return r && rest.len == 0 ? audit_function_of(t, r) : NULL;
}

/* LoggingConfig.LogGroup of a function names it. Made once: by index of the log group. */
static const struct audit_function **functions_that_say(struct audit_build *b) {
    const struct audit_template *t = b->t;
    if (b->of_log_group)
        return b->of_log_group;
    b->of_log_group = arena_zalloc(t->arena, t->n_resources * sizeof *b->of_log_group);
    for (const struct audit_function *f = t->system->functions; f; f = f->next) {
        struct audit_values values = audit_property(t, f->r, "LoggingConfig.LogGroup");
        for (size_t i = 0; i < values.n; i++) {
            const struct audit_resource *r =
                values.v[i].kind == AUDIT_ABSENT ? NULL : audit_target(t, values.v[i].node, NULL);
            if (r && !b->of_log_group[r->index])
                b->of_log_group[r->index] = f;
        }
    }
    return b->of_log_group;
}

void audit_read_log_group(struct audit_build *b, const struct audit_resource *r) {
    struct audit_log_group *g = arena_new(b->t->arena, struct audit_log_group);
    g->r = r;
    g->name = audit_name(b->t, r);
    g->function = functions_that_say(b)[r->index];
    if (!g->function)
        g->function = function_of_name(b->t, g->name);
    AUDIT_APPEND(b->log_groups, g);
}
