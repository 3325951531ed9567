/* Alarms that tell nobody. */
#include "audit/rules/watch_priv.h"

/* The alarms that other resources look at: composite alarms, deployments that roll back. */
struct uses {
    const struct audit_template *t;
    bool *is_used;
};

static int note(void *ctx, const struct tmpl_reference *ref) {
    struct uses *u = ctx;
    const struct audit_resource *r =
        ref->kind == TMPL_CONDITION ? NULL : audit_find(u->t, ref->name);
    if (r)
        u->is_used[r->index] = true;
    return 0;
}

static void read_uses(struct uses *u) {
    for (size_t i = 0; i < u->t->n_resources; i++) {
        const struct audit_resource *r = &u->t->resources[i];
        if (r->properties && !audit_is(r, "AWS::CloudWatch::Dashboard"))
            tmpl_each_reference(r->properties, note, u);
    }
}

/* A composite alarm names others by their names: ALARM("x") OR ALARM(y). */
static void read_composites(const struct audit_template *t, struct map *names) {
    for (const struct audit_resource *r = audit_first(t, "AWS::CloudWatch::CompositeAlarm"); r;
         r = r->next) {
        struct audit_values rules = audit_property(t, r, "AlarmRule");
        for (size_t i = 0; i < rules.n; i++) {
            str text = rules.v[i].kind == AUDIT_ABSENT ? STR_NONE : audit_text(t, rules.v[i].node);
            for (str before, name; str_cut(text, '(', &before, &text);) {
                str_cut(text, ')', &name, &before);
                name = str_trim(name);
                bool is_quoted = name.len > 2 && (name.p[0] == '"' || name.p[0] == '\'');
                map_put(names, is_quoted ? str_slice(name, 1, name.len - 1) : name, (void *)r);
            }
        }
    }
}

/* A rule on alarms' changes of state acts for all of them. */
static bool has_rule(const struct audit_template *t) {
    for (const struct audit_resource *r = audit_first(t, "AWS::Events::Rule"); r; r = r->next) {
        struct audit_values sources = audit_property(t, r, "EventPattern.source[]");
        for (size_t i = 0; i < sources.n; i++)
            if (str_is(sources.v[i].text, "aws.cloudwatch"))
                return true;
    }
    return false;
}

static void check_actions(struct audit_template *t, const struct audit_resource *r,
                          struct watch_topic *to) {
    if (audit_has(t, r, "AlarmActions[]") || t->is_partial)
        return;
    struct audit_finding *f =
        audit_tell(t, &audit_rule_alarm_without_action, r, NULL, "the alarm has no action");
    if (f && !tmpl_function(tmpl_get(r->properties, "AlarmActions"))) {
        str topic = audit_watch_topic_for(t, to, f);
        audit_fix_property(f, r, "AlarmActions", "- !Ref " STR_FMT, STR_ARG(topic));
    }
}

/* Whoever switches them off in a stack for tests has them where it matters. */
static void check_enabled(struct audit_template *t, const struct audit_resource *r) {
    struct audit_values values = audit_property(t, r, "ActionsEnabled");
    for (size_t i = 0; i < values.n; i++)
        if (!audit_is_false(&values.v[i]))
            return;
    for (size_t i = 0; i < values.n; i++) {
        struct audit_finding *f =
            audit_tell_node(t, &audit_rule_alarm_without_action, r, values.v[i].node,
                            values.v[i].guard, "the alarm's actions are switched off");
        audit_fix_replace(f, values.v[i].node, "true");
    }
}

static void check(struct audit_template *t) {
    static const char *const types[] = {"AWS::CloudWatch::Alarm",
                                        "AWS::CloudWatch::CompositeAlarm"};
    struct watch_topic to = {{NULL, 0}, {NULL, 0}};
    struct map names = {0}; /* of alarms that a composite one looks at */
    if ((!audit_first(t, types[0]) && !audit_first(t, types[1])) || has_rule(t))
        return;
    struct uses u = {t, arena_zalloc(t->arena, t->n_resources * sizeof *u.is_used)};
    read_uses(&u);
    read_composites(t, &names);
    for (size_t k = 0; k < ARRAY_LEN(types); k++)
        for (const struct audit_resource *r = audit_first(t, types[k]); r; r = r->next) {
            str name = audit_name(t, r);
            if (u.is_used[r->index] || (name.len && map_get(&names, name)))
                continue;
            check_actions(t, r, &to);
            check_enabled(t, r);
        }
    map_deinit(&names);
}

const struct audit_rule audit_rule_alarm_without_action = {
    .id = "alarm-without-action",
    .class = 7,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Alarm that tells nobody",
    .why = "it changes its colour on a page that nobody looks at",
    .fix = "set AlarmActions to a topic that people are subscribed to",
    .bad = "Resources:\n"
           "  Errors:\n"
           "    Type: AWS::CloudWatch::Alarm\n"
           "    Properties:\n"
           "      Namespace: AWS/Lambda\n"
           "      MetricName: Errors\n"
           "      Statistic: Sum\n"
           "      Period: 300\n"
           "      EvaluationPeriods: 1\n"
           "      Threshold: 1\n"
           "      ComparisonOperator: GreaterThanOrEqualToThreshold\n",
    .good = "Resources:\n"
            "  Errors:\n"
            "    Type: AWS::CloudWatch::Alarm\n"
            "    Properties:\n"
            "      Namespace: AWS/Lambda\n"
            "      MetricName: Errors\n"
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
