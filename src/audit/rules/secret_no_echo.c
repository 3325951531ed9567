/* Parameters for secrets that are shown. */
#include "audit/finding.h"
#include "audit/rules/secret_parameter_priv.h"

static void check(struct audit_template *t) {
    for (size_t i = 0; t->parameters && i < t->parameters->n; i++) {
        const struct tmpl_member *m = &t->parameters->members[i];
        const struct tmpl_node *hides = tmpl_get(m->value, "NoEcho");
        if (!audit_parameter_is_secret(t, m) || str_eq_nocase(tmpl_text(hides), S("true")))
            continue;
        struct audit_finding *f = audit_tell_range(
            t, &audit_rule_secret_no_echo, NULL, m->key_at, audit_name_end(t, m->key_at), NULL,
            "the parameter " STR_FMT " has no NoEcho", STR_ARG(m->key));
        audit_fix_member(f, m->value, "NoEcho", "true");
    }
}

const struct audit_rule audit_rule_secret_no_echo = {
    .id = "secret-no-echo",
    .class = 3,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Secret parameter without NoEcho",
    .why = "the console and DescribeStacks show it to whoever may look at the stack",
    .fix = "set NoEcho: true",
    .bad = "Parameters:\n"
           "  DbPassword:\n"
           "    Type: String\n"
           "Resources: {}\n",
    .good = "Parameters:\n"
            "  DbPassword:\n"
            "    Type: String\n"
            "    NoEcho: true\n"
            "  DbPasswordLength:\n"
            "    Type: String\n"
            "Resources: {}\n",
    .check = check,
};
