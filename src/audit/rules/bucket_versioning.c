/* Buckets in which an overwritten or deleted picture is lost. */
#include "audit/rules/data_priv.h"
#include "audit/rules/lifecycle_priv.h"

/* Versions that never go would be the next finding. */
static void expire_them(struct audit_template *t, struct audit_finding *f,
                        const struct audit_resource *bucket) {
    if (audit_lifecycle_does(t, bucket, LIFECYCLE_ANY) &&
        !audit_lifecycle_does(t, bucket, LIFECYCLE_EXPIRES_NONCURRENT))
        audit_lifecycle_fix(t, f, bucket, LIFECYCLE_EXPIRES_NONCURRENT);
}

static void tell(struct audit_template *t, const struct audit_resource *bucket,
                 const struct audit_value *status) {
    struct audit_finding *f;
    if (status->kind == AUDIT_LITERAL) {
        f = audit_tell_node(t, &audit_rule_bucket_versioning, bucket, status->node, status->guard,
                            "versioning is " STR_FMT, STR_ARG(status->text));
        audit_fix_replace(f, status->node, "Enabled");
    } else {
        f = audit_tell(t, &audit_rule_bucket_versioning, bucket, NULL,
                       "the bucket keeps no versions");
        audit_fix_property(f, bucket, "VersioningConfiguration.Status", "Enabled");
    }
    expire_them(t, f, bucket);
}

static void check(struct audit_template *t) {
    const bool *is_log = audit_data_log_buckets(t);
    for (const struct audit_resource *r = audit_first(t, "AWS::S3::Bucket"); r; r = r->next) {
        struct audit_values status = audit_property(t, r, "VersioningConfiguration.Status");
        const struct audit_value *wrong = &status.v[0];
        bool is_there = false;
        for (size_t i = 0; i < status.n; i++) {
            const struct audit_value *v = &status.v[i];
            is_there |= v->kind == AUDIT_UNKNOWN || str_is(v->text, "Enabled");
            wrong = v->kind == AUDIT_LITERAL ? v : wrong;
        }
        if (!is_there && (wrong->kind == AUDIT_LITERAL || !t->is_partial) && !is_log[r->index])
            tell(t, r, wrong);
    }
}

const struct audit_rule audit_rule_bucket_versioning = {
    .id = "bucket-versioning",
    .class = 13,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Bucket without versioning",
    .why = "a picture that is overwritten or deleted by mistake cannot be had back",
    .fix = "set VersioningConfiguration to Status: Enabled",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      VersioningConfiguration: {Status: Enabled}\n",
    .check = check,
};
