/* Data that is told to go when its resource is replaced. replace-policy-missing's check tells. */
#include "audit/rules/data_priv.h"

const struct audit_rule audit_rule_replace_policy_delete = {
    .id = "replace-policy-delete",
    .class = 18,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Data that is deleted when its resource is replaced",
    .why =
        "an update that replaces the resource, as a new name does, deletes the old one with its data",
    .fix = "set UpdateReplacePolicy to Retain",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n"
           "    UpdateReplacePolicy: Delete\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    UpdateReplacePolicy: Retain\n",
};
