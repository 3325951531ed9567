/* Functions whose log group is made by Lambda, so that it is nobody's. */
#include "audit/rules/order_priv.h"
#include "audit/rules/watch_priv.h"

static void mend(struct audit_template *t, struct audit_finding *finding,
                 const struct audit_function *f) {
    str condition = audit_order_condition(f->r), called = audit_watch_group_name(t, f);
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_c(&body, "Type: AWS::Logs::LogGroup\n");
    if (condition.p)
        buf_printf(&body, "Condition: " STR_FMT "\n", STR_ARG(condition));
    buf_printf(&body, "Properties:\n  LogGroupName: " STR_FMT "\n  RetentionInDays: 30\n",
               STR_ARG(called));
    audit_watch_tags(t, &body, "AWS::Logs::LogGroup");
    str name = audit_new_name(t, arena_printf(t->arena, STR_FMT "LogGroup", STR_ARG(f->r->name)));
    audit_fix_resource(finding, f->r, name, "%s", buf_cstr(&body));
}

static void check(struct audit_template *t) {
    const bool *is_handed_on = t->is_partial ? NULL : audit_watch_handed_on(t);
    if (!is_handed_on || !t->system->functions)
        return;
    const struct watch_groups groups = audit_watch_groups(t);
    for (const struct audit_function *f = t->system->functions; f; f = f->next) {
        size_t i = f->r->index;
        if (!groups.is_lacking[i] || groups.has_misnamed[i] || is_handed_on[i])
            continue;
        struct audit_finding *finding =
            audit_tell(t, &audit_rule_log_group_missing, f->r, NULL,
                       "the function's log group is not in the template");
        if (finding)
            mend(t, finding, f);
    }
}

const struct audit_rule audit_rule_log_group_missing = {
    .id = "log-group-missing",
    .class = 7,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Function without a log group of the template's",
    .why = "Lambda makes one that keeps its lines for ever and that stays when the stack goes",
    .fix =
        "add an AWS::Logs::LogGroup named /aws/lambda/ and the function's name, with a retention",
    .bad = "Resources:\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n",
    .good = "Resources:\n"
            "  Thumbnails:\n"
            "    Type: AWS::Lambda::Function\n"
            "  ThumbnailsLogGroup:\n"
            "    Type: AWS::Logs::LogGroup\n"
            "    Properties:\n"
            "      LogGroupName: !Sub /aws/lambda/${Thumbnails}\n"
            "      RetentionInDays: 30\n",
    .check = check,
};
