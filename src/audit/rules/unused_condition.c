/* Conditions that nothing asks. */
#include "audit/rules/unused_priv.h"

static void check(struct audit_template *t) {
    struct audit_unused unused;
    audit_unused_find(t, &unused);
    size_t at = 0;
    str name;
    for (void *value; map_next(&unused.conditions, &at, &name, &value);) {
        const struct tmpl_member *m = value;
        struct audit_finding *f = audit_tell_range(
            t, &audit_rule_unused_condition, NULL, m->key_at, audit_name_end(t, m->key_at), NULL,
            "nothing asks the condition " STR_FMT, STR_ARG(m->key));
        audit_fix_remove(f, t->conditions, m->value);
    }
    audit_unused_deinit(&unused);
}

const struct audit_rule audit_rule_unused_condition = {
    .id = "unused-condition",
    .class = 0,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Condition that nothing asks",
    .why = "whoever reads it believes that production differs from the rest, and it does not",
    .fix = "ask it where something should differ, or take it away",
    .bad = "Conditions:\n"
           "  IsEurope: !Equals [!Ref AWS::Region, eu-central-1]\n"
           "Resources:\n"
           "  Uploads: {Type: AWS::S3::Bucket}\n",
    .good = "Conditions:\n"
            "  IsEurope: !Equals [!Ref AWS::Region, eu-central-1]\n"
            "Resources:\n"
            "  Uploads: {Type: AWS::S3::Bucket, Condition: IsEurope}\n",
    .check = check,
};
