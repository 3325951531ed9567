/* Parameters that nothing refers to. */
#include "audit/rules/unused_priv.h"

static void check(struct audit_template *t) {
    audit_unused_tell(t, &audit_rule_unused_parameter, "Parameters", false, "parameter");
}

const struct audit_rule audit_rule_unused_parameter = {
    .id = "unused-parameter",
    .class = 0,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Parameter that nothing uses",
    .why = "whoever sets it believes that it changes something",
    .fix = "use it, or take it away",
    .bad = "Parameters:\n"
           "  Environment: {Type: String, Default: dev}\n"
           "Resources:\n"
           "  Uploads: {Type: AWS::S3::Bucket}\n",
    .good = "Parameters:\n"
            "  Environment: {Type: String, Default: dev}\n"
            "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      BucketName: !Sub uploads-${Environment}-${AWS::AccountId}\n",
    .check = check,
};
