#pragma once
/* audit/rules/unused: what a section declares and nothing in the template names. */
#include "audit/finding.h"

/*
 * Tells of each member of a section ("Parameters") that no reference of the kind names, at its name. A
 * fix takes it away.
 */
void audit_unused_tell(struct audit_template *t, const struct audit_rule *rule, const char *section,
                       bool by_condition, const char *what);
