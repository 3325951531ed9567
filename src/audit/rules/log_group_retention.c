/* Log groups that keep their lines for ever. */
#include "audit/finding.h"

static void check(struct audit_template *t) {
    for (const struct audit_resource *r = audit_first(t, "AWS::Logs::LogGroup"); r; r = r->next) {
        if (t->is_partial || audit_has(t, r, "RetentionInDays"))
            continue;
        struct audit_finding *f = audit_tell(t, &audit_rule_log_group_retention, r, NULL,
                                             "the log group keeps its lines for ever");
        const struct tmpl_node *there = tmpl_get(r->properties, "RetentionInDays");
        if (tmpl_text(tmpl_get(there, "Ref")).p)
            audit_fix_replace(f, there, "30");
        else if (!tmpl_function(there))
            audit_fix_property(f, r, "RetentionInDays", "30");
    }
}

const struct audit_rule audit_rule_log_group_retention = {
    .id = "log-group-retention",
    .class = 7,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Log group without retention",
    .why = "the cost grows for ever, and so does what the lines say of people",
    .fix = "set RetentionInDays",
    .bad = "Resources:\n"
           "  Logs:\n"
           "    Type: AWS::Logs::LogGroup\n",
    .good = "Resources:\n"
            "  Logs:\n"
            "    Type: AWS::Logs::LogGroup\n"
            "    Properties:\n"
            "      RetentionInDays: 30\n",
    .check = check,
};
