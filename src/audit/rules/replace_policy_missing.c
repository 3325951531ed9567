/* Data that goes when its resource is replaced, because nothing is said. replace-policy-delete is told by the same walk. */
#include "audit/rules/data_priv.h"

static void check(struct audit_template *t) {
    audit_data_tell_policy(t, "UpdateReplacePolicy", &audit_rule_replace_policy_missing,
                           &audit_rule_replace_policy_delete, "Retain");
}

const struct audit_rule audit_rule_replace_policy_missing = {
    .id = "replace-policy-missing",
    .class = 18,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Data without UpdateReplacePolicy",
    .why =
        "an update that replaces the resource, as a new name does, deletes the old one with its data",
    .fix = "set UpdateReplacePolicy to Retain",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    UpdateReplacePolicy: Retain\n",
    .check = check,
};
