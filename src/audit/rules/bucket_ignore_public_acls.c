/* Buckets that honour ACLs which are everybody's. */
#include "audit/rules/bucket_priv.h"

static void check(struct audit_template *t) {
    audit_bucket_flag(t, &audit_rule_bucket_ignore_public_acls, "IgnorePublicAcls", false);
}

const struct audit_rule audit_rule_bucket_ignore_public_acls = {
    .id = "bucket-ignore-public-acls",
    .class = 2,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Bucket that honours public ACLs",
    .why = "ACLs that are public already stay so",
    .fix = "set IgnorePublicAcls in PublicAccessBlockConfiguration to true",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      PublicAccessBlockConfiguration:\n"
            "        BlockPublicAcls: true\n"
            "        BlockPublicPolicy: true\n"
            "        IgnorePublicAcls: true\n"
            "        RestrictPublicBuckets: true\n",
    .check = check,
};
