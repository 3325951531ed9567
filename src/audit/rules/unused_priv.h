#pragma once
/*
 * audit/rules/unused: what a template declares and nothing of it uses. Conditions that only unused
 * conditions ask are unused, and so are the parameters that only these name.
 */
#include "audit/finding.h"

/* By name, each with its member of the section. To be freed by audit_unused_deinit. */
struct audit_unused {
    struct map conditions, parameters;
    struct map unnamed; /* of the parameters those that no condition names either */
};
/* Empty where the template can only be seen in part. */
void audit_unused_find(const struct audit_template *t, struct audit_unused *ret);
void audit_unused_deinit(struct audit_unused *unused);
