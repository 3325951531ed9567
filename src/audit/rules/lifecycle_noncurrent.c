/* Buckets with versions that never go. One without any lifecycle is lifecycle-missing's. */
#include "audit/rules/lifecycle_priv.h"

static void check(struct audit_template *t) {
    struct audit_value versioned;
    for (const struct audit_resource *r = audit_first(t, "AWS::S3::Bucket"); r; r = r->next) {
        if (t->is_partial || !audit_lifecycle_is_versioned(t, r, &versioned) ||
            !audit_lifecycle_does(t, r, LIFECYCLE_ANY) ||
            audit_lifecycle_does(t, r, LIFECYCLE_EXPIRES_NONCURRENT))
            continue;
        struct audit_finding *f =
            audit_tell(t, &audit_rule_lifecycle_noncurrent, r, versioned.guard,
                       "the bucket keeps versions, and no lifecycle rule expires noncurrent ones");
        audit_lifecycle_fix(t, f, r, LIFECYCLE_EXPIRES_NONCURRENT);
    }
}

const struct audit_rule audit_rule_lifecycle_noncurrent = {
    .id = "lifecycle-noncurrent",
    .class = 11,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Noncurrent versions never expire",
    .why =
        "every picture that is overwritten or deleted stays as a version and is paid for, for ever",
    .fix = "add a lifecycle rule with NoncurrentVersionExpiration",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n"
           "    Properties:\n"
           "      VersioningConfiguration: {Status: Enabled}\n"
           "      LifecycleConfiguration:\n"
           "        Rules:\n"
           "          - Status: Enabled\n"
           "            Transitions: [{StorageClass: STANDARD_IA, TransitionInDays: 90}]\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      VersioningConfiguration: {Status: Enabled}\n"
            "      LifecycleConfiguration:\n"
            "        Rules:\n"
            "          - Status: Enabled\n"
            "            NoncurrentVersionExpiration: {NoncurrentDays: 30}\n",
    .check = check,
};
