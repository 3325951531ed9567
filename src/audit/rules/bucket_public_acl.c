/* Buckets whose ACL is everybody's. */
#include "audit/rules/bucket_priv.h"

static void check(struct audit_template *t) {
    for (const struct audit_resource *r = audit_first(t, "AWS::S3::Bucket"); r; r = r->next) {
        const struct audit_value *acl = audit_bucket_public_acl(t, r);
        if (!acl)
            continue;
        struct audit_finding *f =
            audit_tell_node(t, &audit_rule_bucket_public_acl, r, acl->node, acl->guard,
                            "the bucket's ACL is " STR_FMT, STR_ARG(acl->text));
        /* A website is public on purpose, and needs a policy in the ACL's place. */
        if (!audit_has(t, r, "WebsiteConfiguration"))
            audit_fix_replace(f, acl->node, "Private");
    }
}

const struct audit_rule audit_rule_bucket_public_acl = {
    .id = "bucket-public-acl",
    .class = 2,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Bucket with a public ACL",
    .why = "everybody lists the bucket, and S3 refuses to create it unless ACLs are enabled",
    .fix = "leave AccessControl out, and serve what is public through CloudFront",
    .bad = "Resources:\n"
           "  Photos:\n"
           "    Type: AWS::S3::Bucket\n"
           "    Properties:\n"
           "      AccessControl: PublicRead\n",
    .good = "Resources:\n"
            "  Photos:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      AccessControl: Private\n",
    .check = check,
};
