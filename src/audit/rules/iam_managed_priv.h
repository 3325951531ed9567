#pragma once
/* audit/rules/iam_managed: managed policies of AWS by their names. */
#include "audit/finding.h"
#include "audit/system.h"

/* The name behind "policy/" (and a path) of AWS's own policies, or a SAM function's bare name; else absent. */
str audit_managed_name(const struct audit_template *t, const struct audit_managed *m);
/* AdministratorAccess and those that come to the same. */
bool audit_managed_is_admin(str name);
