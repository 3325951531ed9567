/* Parameters that nothing refers to. */
#include "audit/rules/unused_priv.h"

/* What the console shows of a parameter goes with it: AWS::CloudFormation::Interface. */
static void remove_from_console(const struct audit_template *t, struct audit_finding *f, str name) {
    const struct tmpl_node *console = tmpl_get(t->metadata, "AWS::CloudFormation::Interface");
    const struct tmpl_node *labels = tmpl_get(console, "ParameterLabels"),
                           *groups = tmpl_get(console, "ParameterGroups");
    const struct tmpl_member *label = tmpl_member(labels, name);
    if (label)
        audit_fix_remove(f, labels, label->value);
    for (size_t i = 0; tmpl_is(groups, TMPL_LIST) && i < groups->n; i++) {
        const struct tmpl_node *names = tmpl_get(groups->members[i].value, "Parameters");
        for (size_t k = 0; tmpl_is(names, TMPL_LIST) && k < names->n; k++)
            if (str_eq(tmpl_text(names->members[k].value), name))
                audit_fix_remove(f, names, names->members[k].value);
    }
}

static void tell(struct audit_template *t, const struct audit_unused *unused,
                 const struct tmpl_member *m) {
    bool is_named = !map_get(&unused->unnamed, m->key);
    struct audit_finding *f = audit_tell_range(
        t, &audit_rule_unused_parameter, NULL, m->key_at, audit_name_end(t, m->key_at), NULL,
        is_named ? "only conditions that nothing asks use the parameter " STR_FMT
                 : "nothing uses the parameter " STR_FMT,
        STR_ARG(m->key));
    /* The conditions go first. A template that nests this one may hand the parameter in. */
    if (is_named || t->parent)
        return;
    audit_fix_remove(f, t->parameters, m->value);
    remove_from_console(t, f, m->key);
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
    .fix = "use it, or take it away",
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
