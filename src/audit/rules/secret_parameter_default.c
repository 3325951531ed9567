/* Parameters whose default is a secret. */
#include "audit/finding.h"
#include "audit/rules/secret_parameter_priv.h"
#include "audit/rules/secret_priv.h"

/* Hidden from who deploys, so its default is a secret whatever it is called. */
static bool is_hidden(const struct tmpl_node *parameter) {
    return str_eq_nocase(tmpl_text(tmpl_get(parameter, "NoEcho")), S("true")) &&
           !tmpl_get(parameter, "AllowedValues");
}

static void check(struct audit_template *t) {
    for (size_t i = 0; t->parameters && i < t->parameters->n; i++) {
        const struct tmpl_member *m = &t->parameters->members[i];
        const struct tmpl_node *value = tmpl_get(m->value, "Default");
        str text = tmpl_text(value);
        const char *what;
        if (text.len == 0 || audit_parameter_is_elsewhere(m->value))
            continue;
        bool is_told =
            audit_secret_setting(S("value"), text, &what) && !audit_secret_is_digest(m->key);
        if (!is_told) {
            what = "a secret";
            is_told = (is_hidden(m->value) && audit_secret_value(S("password"), text)) ||
                      (audit_parameter_is_secret(t, m) && audit_secret_value(m->key, text));
        }
        if (!is_told)
            continue;
        struct audit_finding *f = audit_tell_node(
            t, &audit_rule_secret_parameter_default, NULL, value, NULL,
            "the default of the parameter " STR_FMT " is %s", STR_ARG(m->key), what);
        audit_fix_remove(f, m->value, value);
    }
}

const struct audit_rule audit_rule_secret_parameter_default = {
    .id = "secret-parameter-default",
    .class = 3,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Secret as a parameter's default",
    .why = "whoever reads the template has it, and every stack that says nothing shares it",
    .fix = "take the default away, and give the value at deployment or by a dynamic reference",
    .bad = "Parameters:\n"
           "  DbPassword:\n"
           "    Type: String\n"
           "    NoEcho: true\n"
           "    Default: Tr0ub4dor+3\n"
           "Resources: {}\n",
    .good = "Parameters:\n"
            "  DbPassword:\n"
            "    Type: String\n"
            "    NoEcho: true\n"
            "Resources: {}\n",
    .check = check,
};
