/* A template that CloudFormation would refuse. Reading it tells (audit/run.c). */
#include "audit/finding.h"

const struct audit_rule audit_rule_template_invalid = {
    .id = "template-invalid",
    .class = 0,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Template that cannot be read",
    .why = "CloudFormation refuses the whole template",
    .fix = "correct the text at this place",
    .bad = "Resources:\n"
           "  Uploads: {Type: AWS::S3::Bucket\n",
    .good = "Resources:\n"
            "  Uploads: {Type: AWS::S3::Bucket}\n",
};
