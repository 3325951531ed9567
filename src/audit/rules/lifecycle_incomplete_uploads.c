/* Buckets where parts of broken uploads stay. One without any lifecycle is lifecycle-missing's. */
#include "audit/rules/lifecycle_priv.h"

static void check(struct audit_template *t) {
    for (const struct audit_resource *r = audit_first(t, "AWS::S3::Bucket"); r; r = r->next) {
        if (t->is_partial || !audit_lifecycle_does(t, r, LIFECYCLE_ANY) ||
            audit_lifecycle_does(t, r, LIFECYCLE_ABORTS_UPLOADS))
            continue;
        struct audit_finding *f = audit_tell(t, &audit_rule_lifecycle_incomplete_uploads, r, NULL,
                                             "no lifecycle rule aborts incomplete uploads");
        audit_lifecycle_fix(t, f, r, LIFECYCLE_ABORTS_UPLOADS);
    }
}

const struct audit_rule audit_rule_lifecycle_incomplete_uploads = {
    .id = "lifecycle-incomplete-uploads",
    .class = 11,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Incomplete uploads are never aborted",
    .why = "parts of multipart uploads that broke off are in no listing, and are paid for until "
           "somebody aborts them",
    .fix = "add a lifecycle rule with AbortIncompleteMultipartUpload",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n"
           "    Properties:\n"
           "      LifecycleConfiguration:\n"
           "        Rules:\n"
           "          - {Status: Enabled, ExpirationInDays: 90}\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      LifecycleConfiguration:\n"
            "        Rules:\n"
            "          - {Status: Enabled, ExpirationInDays: 90}\n"
            "          - Status: Enabled\n"
            "            AbortIncompleteMultipartUpload: {DaysAfterInitiation: 7}\n",
    .check = check,
};
