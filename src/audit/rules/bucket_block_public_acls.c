/* Buckets that accept ACLs which are everybody's. */
#include "audit/rules/bucket_priv.h"

static void check(struct audit_template *t) {
    audit_bucket_flag(t, &audit_rule_bucket_block_public_acls, "BlockPublicAcls", false);
}

const struct audit_rule audit_rule_bucket_block_public_acls = {
    .id = "bucket-block-public-acls",
    .class = 2,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Bucket that accepts public ACLs",
    .why = "who uploads may make a picture public with an ACL",
    .fix = "set BlockPublicAcls in PublicAccessBlockConfiguration to true",
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
