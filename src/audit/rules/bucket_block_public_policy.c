/* Buckets that accept policies which are everybody's. */
#include "audit/rules/bucket_priv.h"

static void check(struct audit_template *t) {
    audit_bucket_flag(t, &audit_rule_bucket_block_public_policy, "BlockPublicPolicy", true);
}

const struct audit_rule audit_rule_bucket_block_public_policy = {
    .id = "bucket-block-public-policy",
    .class = 2,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Bucket that accepts a public policy",
    .why = "one mistake in a policy opens the bucket to everybody",
    .fix = "set BlockPublicPolicy in PublicAccessBlockConfiguration to true",
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
