/* Data that is told to go with its stack. deletion-policy-missing's check tells. */
#include "audit/rules/data_priv.h"

const struct audit_rule audit_rule_deletion_policy_delete = {
    .id = "deletion-policy-delete",
    .class = 18,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Data that is deleted with its stack",
    .why = "whoever deletes the stack, or the resource from the template, deletes the data with it",
    .fix = "set DeletionPolicy to RetainExceptOnCreate or Retain",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n"
           "    DeletionPolicy: Delete\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    DeletionPolicy: Retain\n",
};
