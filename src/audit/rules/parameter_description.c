/* Parameters that do not say what they are. */
#include "audit/finding.h"
#include "audit/rules/words_priv.h"

static void check(struct audit_template *t) {
    for (size_t i = 0; t->parameters && i < t->parameters->n; i++) {
        const struct tmpl_member *m = &t->parameters->members[i];
        str text = tmpl_text(tmpl_get(m->value, "Description"));
        if (m->value->kind != TMPL_MAP || tmpl_function(m->value) || str_trim(text).len)
            continue;
        struct audit_finding *f = audit_tell_range(
            t, &audit_rule_parameter_description, NULL, m->key_at, audit_name_end(t, m->key_at),
            NULL, "the parameter " STR_FMT " has no Description", STR_ARG(m->key));
        CLEANUP_DEINIT(buf) struct buf words = {0};
        audit_words(&words, m->key);
        audit_fix_member(f, m->value, "Description", "%s", buf_cstr(&words));
    }
}

const struct audit_rule audit_rule_parameter_description = {
    .id = "parameter-description",
    .class = 16,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Parameter without description",
    .why = "who deploys it has to guess what to give",
    .fix = "say in a Description what it is for and what may be given",
    .bad = "Parameters:\n"
           "  Days:\n"
           "    Type: Number\n"
           "Resources: {}\n",
    .good = "Parameters:\n"
            "  Days:\n"
            "    Type: Number\n"
            "    Description: How long pictures are kept.\n"
            "Resources: {}\n",
    .check = check,
};
