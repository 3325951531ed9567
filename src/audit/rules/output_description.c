/* Outputs that do not say what they are. */
#include "audit/finding.h"
#include "audit/rules/words_priv.h"

static void check(struct audit_template *t) {
    for (size_t i = 0; t->outputs && i < t->outputs->n; i++) {
        const struct tmpl_member *m = &t->outputs->members[i];
        str text = tmpl_text(tmpl_get(m->value, "Description"));
        if (m->value->kind != TMPL_MAP || tmpl_function(m->value) || str_trim(text).len)
            continue;
        struct audit_finding *f = audit_tell_range(
            t, &audit_rule_output_description, NULL, m->key_at, audit_name_end(t, m->key_at), NULL,
            "the output " STR_FMT " has no Description", STR_ARG(m->key));
        CLEANUP_DEINIT(buf) struct buf words = {0};
        audit_words(&words, m->key);
        audit_fix_member(f, m->value, "Description", "%s", buf_cstr(&words));
    }
}

const struct audit_rule audit_rule_output_description = {
    .id = "output-description",
    .class = 16,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Output without description",
    .why = "who uses the stack has to guess what the value is for",
    .fix = "say in a Description what it is",
    .bad = "Resources: {}\n"
           "Outputs:\n"
           "  Address:\n"
           "    Value: !Ref AWS::StackName\n",
    .good = "Resources: {}\n"
            "Outputs:\n"
            "  Address:\n"
            "    Description: Where pictures are uploaded to.\n"
            "    Value: !Ref AWS::StackName\n",
    .check = check,
};
