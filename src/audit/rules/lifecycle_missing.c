/* Buckets that keep everything for ever. */
#include "audit/rules/lifecycle_priv.h"

static void tell(struct audit_template *t, const struct audit_resource *bucket) {
    bool has_rules = audit_has(t, bucket, "LifecycleConfiguration.Rules[]");
    struct audit_finding *f = audit_tell(t, &audit_rule_lifecycle_missing, bucket, NULL,
                                         has_rules ? "no rule of the bucket's lifecycle is enabled"
                                                   : "the bucket has no lifecycle");
    if (!has_rules) {
        audit_lifecycle_fix_all(f, bucket);
        return;
    }
    audit_lifecycle_fix(t, f, bucket, LIFECYCLE_EXPIRES_NONCURRENT);
    audit_lifecycle_fix(t, f, bucket, LIFECYCLE_ABORTS_UPLOADS);
}

static void check(struct audit_template *t) {
    for (const struct audit_resource *r = audit_first(t, "AWS::S3::Bucket"); r; r = r->next)
        if (!t->is_partial && !audit_lifecycle_does(t, r, LIFECYCLE_ANY))
            tell(t, r);
}

const struct audit_rule audit_rule_lifecycle_missing = {
    .id = "lifecycle-missing",
    .class = 11,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Bucket without lifecycle",
    .why = "old versions, parts of uploads that broke off and pictures that nobody opens are paid "
           "for every month, for ever",
    .fix = "set LifecycleConfiguration: expire noncurrent versions, abort incomplete uploads, and "
           "move or expire what is old",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      LifecycleConfiguration:\n"
            "        Rules:\n"
            "          - Id: AbortIncompleteUploads\n"
            "            Status: Enabled\n"
            "            AbortIncompleteMultipartUpload: {DaysAfterInitiation: 7}\n",
    .check = check,
};
