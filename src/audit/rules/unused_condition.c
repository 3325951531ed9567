/* Conditions that nothing asks. */
#include "audit/rules/unused_priv.h"

static void check(struct audit_template *t) {
    audit_unused_tell(t, &audit_rule_unused_condition, "Conditions", true, "condition");
}

const struct audit_rule audit_rule_unused_condition = {
    .id = "unused-condition",
    .class = 0,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Condition that nothing asks",
    .why = "whoever reads it believes that production differs from the rest, and it does not",
    .fix = "ask it where something should differ, or take it away",
    .bad = "Conditions:\n"
           "  IsEurope: !Equals [!Ref AWS::Region, eu-central-1]\n"
           "Resources:\n"
           "  Uploads: {Type: AWS::S3::Bucket}\n",
    .good = "Conditions:\n"
            "  IsEurope: !Equals [!Ref AWS::Region, eu-central-1]\n"
            "Resources:\n"
            "  Uploads: {Type: AWS::S3::Bucket, Condition: IsEurope}\n",
    .check = check,
};
