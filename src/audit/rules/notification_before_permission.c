/* Notifications that are set before S3 may invoke their function. */
#include "audit/rules/order_priv.h"
#include "audit/rules/permission_priv.h"

/* The first of those that let the trigger, where its owner waits for none of them; else NULL. */
static const struct audit_permission *too_late(const struct audit_template *t,
                                               const struct permission_index *index,
                                               const struct audit_trigger *trigger) {
    const struct audit_permission *first = audit_permission_next(index, trigger, NULL);
    for (const struct audit_permission *p = first; p; p = audit_permission_next(index, trigger, p))
        if (audit_order_waits(t, trigger->owner, NULL, p->r))
            return NULL;
    return first;
}

/* A permission that names the bucket's ARN gets it by the bucket's name: it must not wait for it. */
static void mend(struct audit_template *t, struct audit_finding *f,
                 const struct audit_trigger *trigger, const struct audit_permission *p) {
    if (!audit_order_waits(t, p->r, NULL, trigger->owner)) {
        audit_order_fix_depends(f, trigger->owner, p->r->name);
        return;
    }
    const struct tmpl_node *source = tmpl_get(p->r->properties, "SourceArn");
    str arn = trigger->bucket ? audit_order_bucket_arn(t, trigger->bucket) : STR_NONE;
    if (!source || !arn.p || audit_target(t, source, NULL) != trigger->bucket ||
        audit_order_waits(t, p->r, source, trigger->owner))
        return;
    audit_fix_replace(f, source, "!Sub '" STR_FMT "'", STR_ARG(arn));
    audit_order_fix_depends(f, trigger->owner, p->r->name);
}

static void check(struct audit_template *t) {
    struct permission_index index;
    if (!t->system->triggers || !t->system->permissions)
        return;
    audit_permission_index_init(&index, t);
    for (const struct audit_trigger *i = t->system->triggers; i; i = i->next) {
        if (i->kind == AUDIT_TRIGGER_EVENTBRIDGE || !audit_permission_is_needed(&index, t, i))
            continue;
        const struct audit_permission *p = too_late(t, &index, i);
        if (!p)
            continue;
        struct audit_finding *f = audit_tell(t, &audit_rule_notification_before_permission,
                                             i->owner, audit_guard_and(t, i->guard, p->guard),
                                             "the notification does not wait for " STR_FMT
                                             ", which lets S3 invoke " STR_FMT,
                                             STR_ARG(p->r->name), STR_ARG(i->target->name));
        if (f)
            mend(t, f, i, p);
    }
    audit_permission_index_deinit(&index);
}

const struct audit_rule audit_rule_notification_before_permission = {
    .id = "notification-before-permission",
    .class = 10,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Notification that does not wait for its permission",
    .why =
        "S3 asks whether it may invoke the function when the notification is set, so the stack fails "
        "whenever the permission comes later",
    .fix = "let what sets the notification depend on the permission (DependsOn)",
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
           "    Type: AWS::Lambda::Function\n"
           "  UploadsMayInvoke:\n"
           "    Type: AWS::Lambda::Permission\n"
           "    Properties:\n"
           "      Action: lambda:InvokeFunction\n"
           "      FunctionName: !Ref Thumbnails\n"
           "      Principal: s3.amazonaws.com\n"
           "      SourceArn: !Sub arn:${AWS::Partition}:s3:::uploads-${AWS::AccountId}\n"
           "      SourceAccount: !Ref AWS::AccountId\n",
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
