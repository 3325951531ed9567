/* Permissions for a bucket's name, whosever it is. */
#include "audit/rules/permission_priv.h"

/* The bucket is this template's, so its account is the stack's. */
static bool is_ours(const struct audit_template *t, const struct audit_permission *p) {
    if (audit_is(audit_target_of_text(t, p->source_arn, NULL), "AWS::S3::Bucket"))
        return true;
    for (const struct audit_trigger *i = t->system->triggers; i; i = i->next)
        if (p->function && i->bucket && audit_permission_lets(p, i))
            return true;
    return false;
}

static void check(struct audit_template *t) {
    for (const struct audit_permission *p = t->system->permissions; p; p = p->next) {
        if (!audit_permission_names(p, "s3") || p->source_account.p)
            continue;
        struct audit_finding *f = audit_tell(t, &audit_rule_permission_source_account, p->r, NULL,
                                             "the permission names no SourceAccount");
        if (f && is_ours(t, p))
            audit_fix_property(f, p->r, "SourceAccount", "!Ref AWS::AccountId");
    }
}

const struct audit_rule audit_rule_permission_source_account = {
    .id = "permission-source-account",
    .class = 10,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Permission for S3 without the bucket's account",
    .why =
        "a bucket's ARN has no account in it: when the bucket is gone, anybody may take its name and "
        "invoke the function",
    .fix = "set SourceAccount to AWS::AccountId",
    .bad = "Parameters:\n"
           "  Uploads: {Type: String}\n"
           "Resources:\n"
           "  MayInvoke:\n"
           "    Type: AWS::Lambda::Permission\n"
           "    Properties:\n"
           "      Action: lambda:InvokeFunction\n"
           "      FunctionName: thumbnails\n"
           "      Principal: s3.amazonaws.com\n"
           "      SourceArn: !Sub arn:${AWS::Partition}:s3:::${Uploads}\n",
    .good = "Parameters:\n"
            "  Uploads: {Type: String}\n"
            "Resources:\n"
            "  MayInvoke:\n"
            "    Type: AWS::Lambda::Permission\n"
            "    Properties:\n"
            "      Action: lambda:InvokeFunction\n"
            "      FunctionName: thumbnails\n"
            "      Principal: s3.amazonaws.com\n"
            "      SourceArn: !Sub arn:${AWS::Partition}:s3:::${Uploads}\n"
            "      SourceAccount: !Ref AWS::AccountId\n",
    .check = check,
};
