#pragma once
/* audit/rules/lifecycle: what the lifecycle rules of a bucket do, and how a fix writes one more. */
#include "audit/finding.h"

enum lifecycle_act {
    LIFECYCLE_ANY, /* it does anything at all */
    LIFECYCLE_EXPIRES_NONCURRENT,
    LIFECYCLE_ABORTS_UPLOADS,
    LIFECYCLE_ACTS,
};
/* Does a rule that is enabled do it under any condition, or may one? */
bool audit_lifecycle_does(const struct audit_template *t, const struct audit_resource *bucket,
                          enum lifecycle_act act);
/* Has the bucket versions under some condition? *ret: the value that says so. */
bool audit_lifecycle_is_versioned(const struct audit_template *t,
                                  const struct audit_resource *bucket, struct audit_value *ret);
/* Adds a rule that does it to those that the bucket has, where they are written as a list. */
void audit_lifecycle_fix(struct audit_template *t, struct audit_finding *f,
                         const struct audit_resource *bucket, enum lifecycle_act act);
/* Writes a whole lifecycle into a bucket that has none. */
void audit_lifecycle_fix_all(struct audit_finding *f, const struct audit_resource *bucket);
