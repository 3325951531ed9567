/* audit/rules/bucket: the flags against public access, and what is public on purpose. */
#include "audit/rules/bucket_priv.h"

bool audit_statement_is_on(const struct audit_statement *s, const struct audit_resource *r) {
    for (size_t i = 0; i < s->n_on; i++)
        if (s->on[i] == r)
            return true;
    return false;
}

const struct audit_value *audit_bucket_public_acl(const struct audit_template *t,
                                                  const struct audit_resource *bucket) {
    static const char *const open[] = {"PublicRead", "PublicReadWrite", "AuthenticatedRead"};
    const struct audit_values acl = audit_property(t, bucket, "AccessControl");
    for (size_t i = 0; i < acl.n; i++)
        for (size_t k = 0; k < ARRAY_LEN(open); k++)
            if (str_is(acl.v[i].text, open[k]))
                return &acl.v[i];
    return NULL;
}

static bool has_public_policy(const struct audit_template *t, const struct audit_resource *bucket) {
    for (const struct audit_statement *s = t->system->statements; s; s = s->next)
        if (s->kind == AUDIT_POLICY_BUCKET && audit_statement_is_on(s, bucket) &&
            audit_statement_everybody(t, s))
            return true;
    return false;
}

/* No function stands on the way to the flag. */
static bool can_be_set(const struct audit_resource *bucket) {
    const struct tmpl_node *block = tmpl_get(bucket->properties, "PublicAccessBlockConfiguration");
    return !block || (block->kind == TMPL_MAP && !tmpl_function(block)) || block->kind == TMPL_NULL;
}

void audit_bucket_flag(struct audit_template *t, const struct audit_rule *rule, const char *flag,
                       bool is_of_policies) {
    CLEANUP_DEINIT(buf) struct buf path = {0};
    buf_printf(&path, "PublicAccessBlockConfiguration.%s", flag);
    for (const struct audit_resource *r = audit_first(t, "AWS::S3::Bucket"); r; r = r->next) {
        bool is_meant =
            audit_has(t, r, "WebsiteConfiguration") ||
            (is_of_policies ? has_public_policy(t, r) : audit_bucket_public_acl(t, r) != NULL);
        const struct audit_values values = audit_property(t, r, buf_cstr(&path));
        struct audit_finding *f = NULL;
        if (!t->is_partial && !audit_has(t, r, buf_cstr(&path)))
            f = audit_tell(t, rule, r, NULL, "%s is not set", flag);
        if (!is_meant && can_be_set(r))
            audit_fix_property(f, r, buf_cstr(&path), "true");
        for (size_t i = 0; i < values.n; i++) {
            if (!audit_is_false(&values.v[i]))
                continue;
            f = audit_tell_node(t, rule, r, values.v[i].node, values.v[i].guard, "%s is false",
                                flag);
            if (!is_meant)
                audit_fix_replace(f, values.v[i].node, "true");
        }
    }
}
