/* Statements against requests without TLS that let them through. */
#include "audit/rules/bucket_tls_priv.h"

/* By fault: what is said, the element where it lies, and what it should be. */
static const struct {
    const char *element, *message, *right;
} faults[] = {
    [AUDIT_TLS_ALLOWS] = {"Effect", "the statement allows with TLS and denies nothing without",
                          NULL},
    [AUDIT_TLS_CONDITION] = {"Condition",
                             "the statement does not deny where "
                             "aws:SecureTransport is false",
                             "Bool: {aws:SecureTransport: 'false'}"},
    [AUDIT_TLS_NARROWED] = {"Condition",
                            "the statement denies only where its other conditions hold, too",
                            "Bool: {aws:SecureTransport: 'false'}"},
    [AUDIT_TLS_PRINCIPAL] = {"Principal", "the statement denies some callers only", "'*'"},
    [AUDIT_TLS_ACTION] = {"Action", "the statement denies some actions only", "s3:*"},
    [AUDIT_TLS_RESOURCE] = {"Resource", NULL, NULL},
};

static const char *message_of(const struct audit_tls *tls) {
    if (tls->fault != AUDIT_TLS_RESOURCE)
        return faults[tls->fault].message;
    return tls->denies_bucket    ? "the statement leaves the objects out"
           : tls->denies_objects ? "the statement leaves the bucket itself out"
                                 : "the statement names other resources than the bucket";
}

static void fix(struct audit_template *t, struct audit_finding *f, const struct audit_statement *s,
                const struct audit_resource *bucket, const struct audit_tls *tls) {
    const struct tmpl_node *list = tmpl_get(s->document, "Statement"),
                           *wrong = tmpl_get(s->node, faults[tls->fault].element);
    if (s->n_on != 1)
        return;
    if (tls->fault == AUDIT_TLS_ALLOWS && tmpl_is(list, TMPL_LIST))
        audit_fix_append(f, list, STR_FMT, STR_ARG(audit_tls_statement(t, bucket)));
    else if (tls->fault == AUDIT_TLS_RESOURCE && wrong)
        audit_fix_replace(f, wrong, "[!GetAtt " STR_FMT ".Arn, !Sub '${" STR_FMT ".Arn}/*']",
                          STR_ARG(bucket->name), STR_ARG(bucket->name));
    else if (faults[tls->fault].right && wrong)
        audit_fix_replace(f, wrong, "%s", faults[tls->fault].right);
}

static void tell(struct audit_template *t, const struct audit_statement *s,
                 const struct audit_resource *bucket) {
    const struct audit_tls tls = audit_tls_of(t, s, bucket);
    if (!tls.is_about || tls.fault == AUDIT_TLS_FINE || audit_tls_is_enforced(t, bucket) ||
        audit_tls_is_unknown(t, bucket))
        return;
    const struct tmpl_node *node = tmpl_get(s->node, faults[tls.fault].element);
    struct audit_finding *f =
        audit_tell_node(t, &audit_rule_bucket_tls_ineffective, s->owner, node ? node : s->node,
                        s->guard, "%s", message_of(&tls));
    fix(t, f, s, bucket, &tls);
}

static void check(struct audit_template *t) {
    for (const struct audit_statement *s = t->system->statements; s; s = s->next)
        for (size_t i = 0; s->kind == AUDIT_POLICY_BUCKET && i < s->n_on; i++)
            if (audit_is(s->on[i], "AWS::S3::Bucket"))
                tell(t, s, s->on[i]);
}

const struct audit_rule audit_rule_bucket_tls_ineffective = {
    .id = "bucket-tls-ineffective",
    .class = 2,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "TLS-only policy that lets plain requests through",
    .why = "it looks like a wall and is none: requests without TLS are answered",
    .fix =
        "deny s3:* to everybody on the bucket and its objects where aws:SecureTransport is 'false'",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n"
           "  UploadsPolicy:\n"
           "    Type: AWS::S3::BucketPolicy\n"
           "    Properties:\n"
           "      Bucket: !Ref Uploads\n"
           "      PolicyDocument:\n"
           "        Version: '2012-10-17'\n"
           "        Statement:\n"
           "          - Effect: Deny\n"
           "            Principal: '*'\n"
           "            Action: s3:*\n"
           "            Resource: !GetAtt Uploads.Arn\n"
           "            Condition:\n"
           "              Bool: {aws:SecureTransport: 'false'}\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "  UploadsPolicy:\n"
            "    Type: AWS::S3::BucketPolicy\n"
            "    Properties:\n"
            "      Bucket: !Ref Uploads\n"
            "      PolicyDocument:\n"
            "        Version: '2012-10-17'\n"
            "        Statement:\n"
            "          - Effect: Deny\n"
            "            Principal: '*'\n"
            "            Action: s3:*\n"
            "            Resource: [!GetAtt Uploads.Arn, !Sub '${Uploads.Arn}/*']\n"
            "            Condition:\n"
            "              Bool: {aws:SecureTransport: 'false'}\n",
    .check = check,
};
