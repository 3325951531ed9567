/* Buckets whose objects are not told to be encrypted, and how. */
#include "audit/finding.h"

static void check(struct audit_template *t) {
    for (const struct audit_resource *r = audit_first(t, "AWS::S3::Bucket"); r; r = r->next) {
        if (t->is_partial || audit_has(t, r, "BucketEncryption"))
            continue;
        struct audit_finding *f = audit_tell(t, &audit_rule_bucket_encryption, r, NULL,
                                             "the bucket has no default encryption");
        audit_fix_property(f, r, "BucketEncryption.ServerSideEncryptionConfiguration",
                           "- ServerSideEncryptionByDefault:\n"
                           "    SSEAlgorithm: AES256\n");
    }
}

const struct audit_rule audit_rule_bucket_encryption = {
    .id = "bucket-encryption",
    .class = 2,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Bucket without default encryption",
    .why =
        "which key encrypts the pictures is left to the account, and an auditor cannot see that any does",
    .fix = "set BucketEncryption to AES256, or to aws:kms with a key of your own",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      BucketEncryption:\n"
            "        ServerSideEncryptionConfiguration:\n"
            "          - ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}\n",
    .check = check,
};
