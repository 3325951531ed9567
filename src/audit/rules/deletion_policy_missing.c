/* Data that goes with its stack because nothing is said. deletion-policy-delete is told by the same walk. */
#include "audit/rules/data_priv.h"

static void check(struct audit_template *t) {
    audit_data_tell_policy(t, "DeletionPolicy", &audit_rule_deletion_policy_missing,
                           &audit_rule_deletion_policy_delete, "RetainExceptOnCreate");
}

const struct audit_rule audit_rule_deletion_policy_missing = {
    .id = "deletion-policy-missing",
    .class = 18,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Data without DeletionPolicy",
    .why = "whoever deletes the stack, or the resource from the template, deletes the data with it",
    .fix = "set DeletionPolicy to RetainExceptOnCreate or Retain",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    DeletionPolicy: RetainExceptOnCreate\n",
    .check = check,
};
