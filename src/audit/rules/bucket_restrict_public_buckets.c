/* Buckets that honour policies which are everybody's. */
#include "audit/rules/bucket_priv.h"

static void check(struct audit_template *t) {
    audit_bucket_flag(t, &audit_rule_bucket_restrict_public_buckets, "RestrictPublicBuckets", true);
}

const struct audit_rule audit_rule_bucket_restrict_public_buckets = {
    .id = "bucket-restrict-public-buckets",
    .class = 2,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Bucket that honours a public policy",
    .why = "a policy that is public already goes on serving everybody",
    .fix = "set RestrictPublicBuckets in PublicAccessBlockConfiguration to true",
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
