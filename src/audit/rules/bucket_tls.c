/* audit/rules/bucket_tls: which statements keep plain HTTP away from a bucket. */
#include "audit/rules/bucket_tls_priv.h"

/* ---- Condition ---- */

struct seen {
    bool is_about, is_denied, is_other; /* is_denied: the value is false */
    bool is_unknown;
};

/* Keys that may stand beside it: AWS's own services come without TLS of the caller. */
static bool is_beside(str key) {
    return str_eq_nocase(key, S("aws:PrincipalIsAWSService")) ||
           str_eq_nocase(key, S("aws:ViaAWSService"));
}

static bool look(void *ctx, const struct audit_condition_key *key) {
    struct seen *seen = ctx;
    if (key->is_unknown) {
        seen->is_unknown = true;
    } else if (str_eq_nocase(key->key, S("aws:SecureTransport"))) {
        seen->is_about = true;
        bool is_bool = str_starts(key->op, S("Bool")) || str_starts(key->op, S("StringEquals"));
        for (size_t i = 0; i < key->values.n; i++) {
            seen->is_unknown |= key->values.v[i].kind == AUDIT_UNKNOWN;
            seen->is_denied |= is_bool && audit_is_false(&key->values.v[i]);
        }
    } else if (!is_beside(key->key)) {
        seen->is_other = true;
    }
    return false;
}

/* ---- Principal, action, resource ---- */

/* A star; or what only deployment knows and may be one: a parameter alone, not an ARN or an account. */
static bool may_be_star(const struct audit_template *t, const struct audit_value *value) {
    str text = value->kind == AUDIT_ABSENT ? STR_NONE : audit_text(t, value->node);
    ptrdiff_t end = str_chr(text, '}');
    bool is_name = str_starts(text, S("${")) && end >= 0 && (size_t)end + 1 == text.len;
    return str_is(text, "*") || str_find(text, S("${?}")) >= 0 ||
           (is_name && audit_parameter(t, str_slice(text, 2, (size_t)end)));
}

static bool is_for_all(const struct audit_template *t, const struct audit_statement *s) {
    const struct audit_values who = audit_values(t, tmpl_get(s->node, "Principal"), s->guard);
    for (size_t i = 0; i < who.n; i++) {
        if (may_be_star(t, &who.v[i]))
            return true;
        const struct audit_values each = audit_path(t, who.v[i].node, who.v[i].guard, "AWS[]");
        for (size_t k = 0; k < each.n; k++)
            if (may_be_star(t, &each.v[k]))
                return true;
    }
    return false;
}

static bool covers(const struct audit_values *actions, const char *action) {
    for (size_t i = 0; i < actions->n; i++)
        if (actions->v[i].kind == AUDIT_UNKNOWN ||
            (actions->v[i].kind == AUDIT_LITERAL &&
             audit_action_covers(actions->v[i].text, action)))
            return true;
    return false;
}

static bool is_for_all_actions(const struct audit_template *t, const struct audit_statement *s) {
    const struct audit_values actions = audit_element(t, s, "Action");
    return covers(&actions, "s3:GetObject") && covers(&actions, "s3:PutObject");
}

/* Of what stands behind the bucket's name: nothing is the bucket, a slash and a star its objects. */
static void add_resource(const struct audit_template *t, const struct audit_value *value,
                         const struct audit_resource *bucket, struct audit_tls *tls) {
    str text = audit_text(t, value->node), rest;
    if (value->kind == AUDIT_ABSENT)
        return;
    const struct audit_resource *target = audit_target_of_text(t, text, &rest);
    bool is_all = str_is(rest, "*") || audit_is_all_stars(text);
    if (target == bucket || audit_is_all_stars(text)) {
        tls->denies_bucket |= is_all || rest.len == 0;
        tls->denies_objects |= is_all || str_is(rest, "/*");
    } else if (!target && (!audit_name(t, bucket).p || str_find(text, S("${")) >= 0)) {
        /* A name that only deployment knows, and that S3 takes for this bucket's alone. */
        bool has_slash = str_chr(text, '/') >= 0;
        tls->denies_bucket |= !has_slash || str_ends(text, S("${?}"));
        tls->denies_objects |= str_ends(text, S("/*")) || str_ends(text, S("${?}"));
    }
}

struct audit_tls audit_tls_of(const struct audit_template *t, const struct audit_statement *s,
                              const struct audit_resource *bucket) {
    struct audit_tls tls = {0};
    struct seen seen = {0};
    audit_condition_each(t, s, look, &seen);
    tls.is_about = seen.is_about;
    if (!seen.is_about)
        return tls;
    const struct audit_values resources = audit_element(t, s, "Resource");
    for (size_t i = 0; i < resources.n; i++)
        add_resource(t, &resources.v[i], bucket, &tls);
    if (seen.is_unknown)
        return tls;
    if (!s->is_deny)
        tls.fault = AUDIT_TLS_ALLOWS;
    else if (!seen.is_denied)
        tls.fault = AUDIT_TLS_CONDITION;
    else if (seen.is_other)
        tls.fault = AUDIT_TLS_NARROWED;
    else if (!is_for_all(t, s))
        tls.fault = AUDIT_TLS_PRINCIPAL;
    else if (!is_for_all_actions(t, s))
        tls.fault = AUDIT_TLS_ACTION;
    else if (!tls.denies_bucket || !tls.denies_objects)
        tls.fault = AUDIT_TLS_RESOURCE;
    return tls;
}

/* ---- Buckets ---- */

bool audit_tls_is_enforced(const struct audit_template *t, const struct audit_resource *bucket) {
    bool denies_bucket = false, denies_objects = false;
    for (const struct audit_statement *s = t->system->statements; s; s = s->next) {
        if (s->kind != AUDIT_POLICY_BUCKET || !audit_statement_is_on(s, bucket))
            continue;
        const struct audit_tls tls = audit_tls_of(t, s, bucket);
        if (!tls.is_about || (tls.fault != AUDIT_TLS_FINE && tls.fault != AUDIT_TLS_RESOURCE))
            continue;
        denies_bucket |= tls.denies_bucket;
        denies_objects |= tls.denies_objects;
    }
    return denies_bucket && denies_objects;
}

bool audit_tls_is_unknown(const struct audit_template *t, const struct audit_resource *bucket) {
    for (const struct audit_resource *r = audit_first(t, "AWS::S3::BucketPolicy"); r; r = r->next) {
        const struct audit_values of = audit_property(t, r, "Bucket");
        bool is_mine = false;
        for (size_t i = 0; i < of.n; i++) {
            str text = audit_text(t, of.v[i].node);
            is_mine |= audit_target_of_text(t, text, NULL) == bucket ||
                       (text.p && str_find(text, S("${?}")) >= 0);
        }
        const struct audit_values statements = audit_property(t, r, "PolicyDocument.Statement[]");
        for (size_t i = 0; is_mine && i < statements.n; i++)
            if (statements.v[i].kind == AUDIT_UNKNOWN)
                return true;
        for (size_t i = 0; i < of.n; i++)
            if (str_find(audit_text(t, of.v[i].node), S("${?}")) >= 0)
                return true;
    }
    return false;
}

str audit_tls_statement(const struct audit_template *t, const struct audit_resource *bucket) {
    return arena_printf(t->arena,
                        "Sid: TlsOnly\n"
                        "Effect: Deny\n"
                        "Principal: '*'\n"
                        "Action: s3:*\n"
                        "Resource:\n"
                        "  - !GetAtt " STR_FMT ".Arn\n"
                        "  - !Sub ${" STR_FMT ".Arn}/*\n"
                        "Condition:\n"
                        "  Bool: {aws:SecureTransport: 'false'}\n",
                        STR_ARG(bucket->name), STR_ARG(bucket->name));
}
