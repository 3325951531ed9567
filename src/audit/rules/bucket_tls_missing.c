/* Buckets that take requests without TLS. */
#include "audit/rules/bucket_tls_priv.h"

static bool is_tried(const struct audit_template *t, const struct audit_resource *bucket) {
    for (const struct audit_statement *s = t->system->statements; s; s = s->next)
        if (s->kind == AUDIT_POLICY_BUCKET && audit_statement_is_on(s, bucket) &&
            audit_tls_of(t, s, bucket).is_about)
            return true;
    return audit_tls_is_unknown(t, bucket);
}

static str indented(struct arena *arena, str text, unsigned by, const char *first) {
    CLEANUP_DEINIT(buf) struct buf out = {0};
    for (str line, rest = text; rest.len; text = rest) {
        str_cut(rest, '\n', &line, &rest);
        buf_printf(&out, "%*s%s" STR_FMT "\n", (int)by, "", out.len ? "  " : first, STR_ARG(line));
    }
    return arena_str(arena, buf_view(&out));
}

/* The bucket's only policy; NULL: none; *ret_many: several. */
static const struct audit_resource *policy_of(const struct audit_template *t,
                                              const struct audit_resource *bucket, bool *ret_many) {
    const struct audit_resource *found = NULL;
    *ret_many = false;
    for (const struct audit_resource *r = audit_first(t, "AWS::S3::BucketPolicy"); r; r = r->next) {
        const struct audit_values of = audit_property(t, r, "Bucket");
        for (size_t i = 0; i < of.n; i++)
            if (of.v[i].kind != AUDIT_ABSENT && audit_target(t, of.v[i].node, NULL) == bucket) {
                *ret_many |= (found && found != r) || of.n > 1;
                found = r;
            }
    }
    return found;
}

static void fix(struct audit_template *t, struct audit_finding *f,
                const struct audit_resource *bucket) {
    bool many;
    const struct audit_resource *policy = policy_of(t, bucket, &many);
    str statement = audit_tls_statement(t, bucket),
        condition = tmpl_text(tmpl_get(bucket->body, "Condition"));
    if (!f || many)
        return;
    if (policy) {
        const struct tmpl_node *list =
            tmpl_get(tmpl_get(policy->properties, "PolicyDocument"), "Statement");
        if (tmpl_is(list, TMPL_LIST))
            audit_fix_append(f, list, STR_FMT, STR_ARG(statement));
        return;
    }
    str name = audit_new_name(t, arena_printf(t->arena, STR_FMT "Policy", STR_ARG(bucket->name)));
    str only = condition.p ? arena_printf(t->arena, "Condition: " STR_FMT "\n", STR_ARG(condition))
                           : S("");
    audit_fix_resource(f, bucket, name,
                       "Type: AWS::S3::BucketPolicy\n" STR_FMT "Properties:\n"
                       "  Bucket: !Ref " STR_FMT "\n"
                       "  PolicyDocument:\n"
                       "    Version: '2012-10-17'\n"
                       "    Statement:\n" STR_FMT,
                       STR_ARG(only), STR_ARG(bucket->name),
                       STR_ARG(indented(t->arena, statement, 6, "- ")));
}

/* Website endpoints know no TLS: the policy would close them ("Website endpoints", S3 User Guide). */
static void check(struct audit_template *t) {
    for (const struct audit_resource *r = audit_first(t, "AWS::S3::Bucket"); r; r = r->next)
        if (!t->is_partial && !is_tried(t, r) && !audit_has(t, r, "WebsiteConfiguration"))
            fix(t,
                audit_tell(t, &audit_rule_bucket_tls_missing, r, NULL,
                           "no policy denies requests without TLS"),
                r);
}

const struct audit_rule audit_rule_bucket_tls_missing = {
    .id = "bucket-tls-missing",
    .class = 2,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Bucket that takes requests without TLS",
    .why = "pictures and signed links can be read on their way",
    .fix = "deny s3:* on the bucket and its objects where aws:SecureTransport is false",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n",
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
