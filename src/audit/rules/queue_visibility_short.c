/* Queues that show a message to others while the function still works on it. */
#include "audit/rules/function_size_priv.h"

static void check_pair(struct audit_template *t, const struct audit_mapping *m,
                       const struct audit_value *visibility, const struct audit_value *timeout) {
    struct audit_range hidden, runs;
    if (!audit_function_size_range(t, visibility, QUEUE_VISIBILITY_S, &hidden) ||
        !audit_function_size_range(t, timeout, FUNCTION_TIMEOUT_S, &runs) ||
        hidden.most >= runs.least)
        return;
    const struct audit_rule *rule = &audit_rule_queue_visibility_short;
    const struct audit_guard *guard =
        audit_guard_and(t, audit_guard_and(t, visibility->guard, timeout->guard), m->guard);
    bool is_there = visibility->kind != AUDIT_ABSENT;
    const char *is_default = is_there ? "" : "the default of ";
    str name = m->function->r->name;
    struct audit_finding *f =
        is_there
            ? audit_tell_node(t, rule, m->source, visibility->node, guard,
                              "a message is hidden for %s%.0f s, and " STR_FMT " may take %.0f s",
                              is_default, hidden.most, STR_ARG(name), runs.least)
            : audit_tell(t, rule, m->source, guard,
                         "a message is hidden for %s%.0f s, and " STR_FMT " may take %.0f s",
                         is_default, hidden.most, STR_ARG(name), runs.least);
    if (f && visibility->kind != AUDIT_UNKNOWN)
        audit_function_size_set(f, m->source, visibility, "VisibilityTimeout",
                                audit_function_size_visibility(runs.least));
}

static void check(struct audit_template *t) {
    for (const struct audit_mapping *m = t->system->mappings; m; m = m->next) {
        if (!m->function || !m->function->is_image_work || !audit_is(m->source, "AWS::SQS::Queue"))
            continue;
        struct audit_values visibility = audit_property(t, m->source, "VisibilityTimeout"),
                            timeout = audit_property(t, m->function->r, "Timeout");
        for (size_t i = 0; i < visibility.n; i++)
            for (size_t k = 0; k < timeout.n; k++)
                check_pair(t, m, &visibility.v[i], &timeout.v[k]);
    }
}

const struct audit_rule audit_rule_queue_visibility_short = {
    .id = "queue-visibility-short",
    .class = 6,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_PIPELINE,
    .title = "Queue that hides a message for less time than its function may take",
    .why =
        "Lambda refuses such a mapping, and where the timeout was raised later a second function "
        "works on the same photograph",
    .fix = "set VisibilityTimeout to six times the function's Timeout",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::SQS::Queue\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.12\n"
           "      Handler: app.handler\n"
           "      Timeout: 60\n"
           "  FromUploads:\n"
           "    Type: AWS::Lambda::EventSourceMapping\n"
           "    Properties:\n"
           "      EventSourceArn: !GetAtt Uploads.Arn\n"
           "      FunctionName: !Ref Thumbnails\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::SQS::Queue\n"
            "    Properties:\n"
            "      VisibilityTimeout: 360\n"
            "  Thumbnails:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: python3.12\n"
            "      Handler: app.handler\n"
            "      Timeout: 60\n"
            "  FromUploads:\n"
            "    Type: AWS::Lambda::EventSourceMapping\n"
            "    Properties:\n"
            "      EventSourceArn: !GetAtt Uploads.Arn\n"
            "      FunctionName: !Ref Thumbnails\n",
    .check = check,
};
