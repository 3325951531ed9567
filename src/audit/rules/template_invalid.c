/*
 * A template that CloudFormation would refuse: reading it tells what is wrong with the text (audit/run.c);
 * here, what is wrong with its form.
 */
#include "audit/audit_priv.h"

static void check(struct audit_template *t) {
    CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
    if (t->file->is_damaged)
        return;
    tmpl_model_form(t->file->tree, &faults);
    for (size_t i = 0; i < faults.n; i++)
        audit_tell_fault(t->audit, t->file, &faults.told[i]);
}

const struct audit_rule audit_rule_template_invalid = {
    .id = "template-invalid",
    .class = 0,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Template that cannot be read",
    .why = "CloudFormation refuses the whole template",
    .fix = "correct the text at this place",
    .bad = "Resources:\n"
           "  Uploads: {Type: AWS::S3::Bucket\n",
    .good = "Resources:\n"
            "  Uploads: {Type: AWS::S3::Bucket}\n",
    .check = check,
};
