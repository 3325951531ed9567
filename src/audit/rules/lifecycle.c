/* Lifecycle rules of buckets. */
#include "audit/rules/lifecycle_priv.h"

/* Members of a rule that do an act (AWS::S3::Bucket Rule), and a rule that does it. */
static const struct {
    const char *members[2];
    const char *id, *rule;
} acts[LIFECYCLE_ACTS] = {
    [LIFECYCLE_EXPIRES_NONCURRENT] = {{"NoncurrentVersionExpiration",
                                       "NoncurrentVersionExpirationInDays"},
                                      "ExpireNoncurrentVersions",
                                      "NoncurrentVersionExpiration: {NoncurrentDays: 30}\n"},
    [LIFECYCLE_ABORTS_UPLOADS] = {{"AbortIncompleteMultipartUpload", NULL},
                                  "AbortIncompleteUploads",
                                  "AbortIncompleteMultipartUpload: {DaysAfterInitiation: 7}\n"},
};

static bool is_enabled(const struct audit_template *t, const struct audit_value *rule) {
    struct audit_values status = audit_path(t, rule->node, rule->guard, "Status");
    for (size_t i = 0; i < status.n; i++)
        if (!str_is(status.v[i].text, "Disabled"))
            return true;
    return false;
}

static bool rule_does(const struct audit_template *t, const struct audit_value *rule,
                      enum lifecycle_act act) {
    for (size_t i = 0; i < ARRAY_LEN(acts[act].members) && acts[act].members[i]; i++) {
        struct audit_values v = audit_path(t, rule->node, rule->guard, acts[act].members[i]);
        for (size_t k = 0; k < v.n; k++)
            if (v.v[k].kind != AUDIT_ABSENT)
                return true;
    }
    return false;
}

bool audit_lifecycle_does(const struct audit_template *t, const struct audit_resource *bucket,
                          enum lifecycle_act act) {
    struct audit_values rules = audit_property(t, bucket, "LifecycleConfiguration.Rules[]");
    for (size_t i = 0; i < rules.n; i++) {
        const struct audit_value *rule = &rules.v[i];
        if (rule->kind == AUDIT_UNKNOWN)
            return true;
        if (rule->kind == AUDIT_LITERAL && is_enabled(t, rule) &&
            (act == LIFECYCLE_ANY || rule_does(t, rule, act)))
            return true;
    }
    return false;
}

bool audit_lifecycle_is_versioned(const struct audit_template *t,
                                  const struct audit_resource *bucket, struct audit_value *ret) {
    struct audit_values status = audit_property(t, bucket, "VersioningConfiguration.Status");
    for (size_t i = 0; i < status.n; i++)
        if (str_is(status.v[i].text, "Enabled")) {
            *ret = status.v[i];
            return true;
        }
    return false;
}

/* ---- Fixes ---- */

/* Has one of the rules the id? S3 refuses the same one twice. */
static bool has_id(const struct tmpl_node *rules, const char *id) {
    for (size_t i = 0; i < rules->n; i++)
        if (str_is(tmpl_text(tmpl_get(rules->members[i].value, "Id")), id))
            return true;
    return false;
}

void audit_lifecycle_fix(struct audit_template *t, struct audit_finding *f,
                         const struct audit_resource *bucket, enum lifecycle_act act) {
    struct audit_values rules = audit_property(t, bucket, "LifecycleConfiguration.Rules");
    const struct tmpl_node *list = rules.n == 1 ? rules.v[0].node : NULL;
    if (rules.v[0].kind != AUDIT_LITERAL || !tmpl_is(list, TMPL_LIST))
        return;
    if (has_id(list, acts[act].id)) /* S3 makes one */
        audit_fix_append(f, list, "Status: Enabled\n%s", acts[act].rule);
    else
        audit_fix_append(f, list, "Id: %s\nStatus: Enabled\n%s", acts[act].id, acts[act].rule);
}

void audit_lifecycle_fix_all(struct audit_finding *f, const struct audit_resource *bucket) {
    const unsigned expire = LIFECYCLE_EXPIRES_NONCURRENT, abort = LIFECYCLE_ABORTS_UPLOADS;
    audit_fix_property(f, bucket, "LifecycleConfiguration.Rules",
                       "- Id: %s\n  Status: Enabled\n  %s- Id: %s\n  Status: Enabled\n  %s",
                       acts[expire].id, acts[expire].rule, acts[abort].id, acts[abort].rule);
}
