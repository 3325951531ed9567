/* Log groups that are meant for a function which writes to another. */
#include "audit/rules/order_priv.h"
#include "audit/rules/watch_priv.h"

/*
 * Where the function waits for the group (its role names it), a name that refers to the function would
 * be a circle: then the function is told to write to the group, as its role expects.
 */
static void mend(struct audit_template *t, struct audit_finding *finding,
                 const struct audit_log_group *g, const struct audit_function *f) {
    str called = audit_watch_group_name(t, f);
    const struct tmpl_node *there = tmpl_get(g->r->properties, "LogGroupName");
    str own = arena_printf(t->arena, "${" STR_FMT "}", STR_ARG(f->r->name));
    if (str_find(called, own) >= 0 && audit_order_waits(t, f->r, NULL, g->r)) {
        if (!audit_order_waits(t, g->r, NULL, f->r))
            audit_fix_property(finding, f->r, "LoggingConfig.LogGroup", "!Ref " STR_FMT,
                               STR_ARG(g->r->name));
        return;
    }
    if (there)
        audit_fix_replace(finding, there, STR_FMT, STR_ARG(called));
    else
        audit_fix_property(finding, g->r, "LogGroupName", STR_FMT, STR_ARG(called));
}

static void check_group(struct audit_template *t, const struct audit_log_group *g,
                        const struct audit_function *f) {
    struct audit_values values = audit_property(t, g->r, "LogGroupName");
    const struct audit_value *v = &values.v[0];
    const struct audit_rule *rule = &audit_rule_log_group_name;
    struct audit_finding *finding =
        v->kind == AUDIT_ABSENT
            ? audit_tell(t, rule, g->r, NULL,
                         "the log group has a name of its own, and " STR_FMT " writes to another",
                         STR_ARG(f->r->name))
            : audit_tell_node(t, rule, g->r, v->node, v->guard,
                              "the log group is not named after " STR_FMT, STR_ARG(f->r->name));
    if (finding)
        mend(t, finding, g, f);
}

static void check(struct audit_template *t) {
    if (!t->system->log_groups || !t->system->functions)
        return;
    const struct watch_groups groups = audit_watch_groups(t);
    for (const struct audit_log_group *g = t->system->log_groups; g; g = g->next)
        if (groups.meant_for[g->r->index])
            check_group(t, g, groups.meant_for[g->r->index]);
}

const struct audit_rule audit_rule_log_group_name = {
    .id = "log-group-name",
    .class = 7,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Log group that is not named after its function",
    .why =
        "the function writes to /aws/lambda/ and its own name, a group without retention; this one "
        "stays empty",
    .fix = "name it /aws/lambda/ and the function's name, or set the function's LoggingConfig",
    .bad = "Resources:\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      FunctionName: !Sub thumbnails-${AWS::StackName}\n"
           "  ThumbnailsLogGroup:\n"
           "    Type: AWS::Logs::LogGroup\n"
           "    Properties:\n"
           "      LogGroupName: !Sub /aws/lambda/thumbs-${AWS::StackName}\n",
    .good = "Resources:\n"
            "  Thumbnails:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      FunctionName: !Sub thumbnails-${AWS::StackName}\n"
            "  ThumbnailsLogGroup:\n"
            "    Type: AWS::Logs::LogGroup\n"
            "    Properties:\n"
            "      LogGroupName: !Sub /aws/lambda/thumbnails-${AWS::StackName}\n",
    .check = check,
};
