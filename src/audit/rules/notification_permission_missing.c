/* Notifications whose function nobody lets them invoke. */
#include "audit/rules/order_priv.h"
#include "audit/rules/permission_priv.h"

/* The resources that the new permission names exist under one Condition at most. */
static bool one_condition(const struct audit_resource *a, const struct audit_resource *b,
                          str *ret_condition) {
    str of_a = audit_order_condition(a), of_b = b ? audit_order_condition(b) : STR_NONE;
    *ret_condition = of_a.p ? of_a : of_b;
    return !of_a.p || !of_b.p || str_eq(of_a, of_b);
}

static void mend(struct audit_template *t, struct audit_finding *f,
                 const struct audit_trigger *trigger) {
    bool is_rule = trigger->kind == AUDIT_TRIGGER_EVENTBRIDGE;
    const struct audit_resource *of = is_rule ? trigger->owner : trigger->bucket;
    str condition;
    if (!of || !one_condition(trigger->target, of, &condition) ||
        audit_order_waits(t, trigger->target, NULL, trigger->owner))
        return;
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_c(&body, "Type: AWS::Lambda::Permission\n");
    if (condition.p)
        buf_printf(&body, "Condition: " STR_FMT "\n", STR_ARG(condition));
    buf_printf(&body,
               "Properties:\n  Action: lambda:InvokeFunction\n  FunctionName: !Ref " STR_FMT
               "\n  Principal: %s.amazonaws.com\n",
               STR_ARG(trigger->target->name), audit_permission_service(trigger));
    str source = audit_permission_source(t, trigger);
    if (source.p)
        buf_printf(&body, "  SourceArn: " STR_FMT "\n", STR_ARG(source));
    if (!is_rule)
        buf_c(&body, "  SourceAccount: !Ref AWS::AccountId\n");
    str name = audit_new_name(
        t, arena_printf(t->arena, STR_FMT "Permission", STR_ARG(trigger->target->name)));
    audit_fix_resource(f, trigger->target, name, "%s", buf_cstr(&body));
    if (!is_rule)
        audit_order_fix_depends(f, trigger->owner, name);
}

static void check(struct audit_template *t) {
    struct permission_index index;
    if (!t->system->triggers || t->is_partial)
        return;
    audit_permission_index_init(&index, t);
    for (const struct audit_trigger *i = t->system->triggers; i; i = i->next) {
        if (!audit_permission_is_needed(&index, t, i) || audit_permission_next(&index, i, NULL))
            continue;
        struct audit_finding *f = audit_tell_node(
            t, &audit_rule_notification_permission_missing, i->owner,
            i->target_node ? i->target_node : i->node, i->guard, "nothing lets %s invoke " STR_FMT,
            i->kind == AUDIT_TRIGGER_EVENTBRIDGE ? "the rule" : "S3", STR_ARG(i->target->name));
        if (f)
            mend(t, f, i);
    }
    audit_permission_index_deinit(&index);
}

const struct audit_rule audit_rule_notification_permission_missing = {
    .id = "notification-permission-missing",
    .class = 10,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_PIPELINE,
    .title = "Notification that may not invoke its function",
    .why =
        "S3 refuses such a configuration, so the stack fails; EventBridge takes the rule and drops "
        "every event",
    .fix = "add an AWS::Lambda::Permission for the service, with SourceArn and SourceAccount",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n"
           "    Properties:\n"
           "      BucketName: !Sub uploads-${AWS::AccountId}\n"
           "      NotificationConfiguration:\n"
           "        LambdaConfigurations:\n"
           "          - Event: s3:ObjectCreated:*\n"
           "            Function: !GetAtt Thumbnails.Arn\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    DependsOn: UploadsMayInvoke\n"
            "    Properties:\n"
            "      BucketName: !Sub uploads-${AWS::AccountId}\n"
            "      NotificationConfiguration:\n"
            "        LambdaConfigurations:\n"
            "          - Event: s3:ObjectCreated:*\n"
            "            Function: !GetAtt Thumbnails.Arn\n"
            "  Thumbnails:\n"
            "    Type: AWS::Lambda::Function\n"
            "  UploadsMayInvoke:\n"
            "    Type: AWS::Lambda::Permission\n"
            "    Properties:\n"
            "      Action: lambda:InvokeFunction\n"
            "      FunctionName: !Ref Thumbnails\n"
            "      Principal: s3.amazonaws.com\n"
            "      SourceArn: !Sub arn:${AWS::Partition}:s3:::uploads-${AWS::AccountId}\n"
            "      SourceAccount: !Ref AWS::AccountId\n",
    .check = check,
};
