/* Parameters that nothing refers to. */
#include "audit/rules/unused_priv.h"

/*
 * There is no fix: whoever deploys hands the parameter in, and CloudFormation refuses one that the
 * template does not have.
 */
static void tell(struct audit_template *t, const struct audit_unused *unused,
                 const struct tmpl_member *m) {
    bool is_named = !map_get(&unused->unnamed, m->key);
    audit_tell_range(t, &audit_rule_unused_parameter, NULL, m->key_at, audit_name_end(t, m->key_at),
                     NULL,
                     is_named ? "only conditions that nothing asks use the parameter " STR_FMT
                              : "nothing uses the parameter " STR_FMT,
                     STR_ARG(m->key));
}

static void check(struct audit_template *t) {
    struct audit_unused unused;
    audit_unused_find(t, &unused);
    size_t at = 0;
    str name;
    for (void *member; map_next(&unused.parameters, &at, &name, &member);)
        tell(t, &unused, member);
    audit_unused_deinit(&unused);
}

const struct audit_rule audit_rule_unused_parameter = {
    .id = "unused-parameter",
    .class = 0,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Parameter that nothing uses",
    .why = "whoever sets it believes that it changes something",
    .fix = "use it, or take it away, and out of what hands it in",
    .bad = "Parameters:\n"
           "  Environment: {Type: String, Default: dev}\n"
           "Resources:\n"
           "  Uploads: {Type: AWS::S3::Bucket}\n",
    .good = "Parameters:\n"
            "  Environment: {Type: String, Default: dev}\n"
            "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      BucketName: !Sub uploads-${Environment}-${AWS::AccountId}\n",
    .check = check,
};
