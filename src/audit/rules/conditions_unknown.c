/* Conditions that are too many to be solved. The search tells (audit/guard.c). */
#include "audit/finding.h"

const struct audit_rule audit_rule_conditions_unknown = {
    .id = "conditions-unknown",
    .class = 0,
    .severity = AUDIT_INFO,
    .profile = AUDIT_BASELINE,
    .title = "Conditions that could not be solved within the bound",
    .why =
        "what depends on them was taken as possible, so a finding may hold under no parameters at all",
    .fix = "let fewer conditions depend on each other",
};
