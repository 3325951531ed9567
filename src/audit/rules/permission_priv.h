#pragma once
/*
 * audit/rules/permission: which permission lets which notification invoke its function: what the
 * rules of notifications share.
 */
#include "audit/finding.h"
#include "audit/system.h"

/* Is the principal "s3.amazonaws.com" for "s3", whatever the partition? */
bool audit_permission_names(const struct audit_permission *p, const char *service);
/* A service's name, whichever: not an account, everybody, or what is not known. */
bool audit_permission_names_service(const struct audit_permission *p);
/* The service that invokes by a trigger: "s3", "events". */
const char *audit_permission_service(const struct audit_trigger *trigger);
/* May p let the trigger invoke its target, which is a function of this template? */
bool audit_permission_lets(const struct audit_permission *p, const struct audit_trigger *trigger);
/*
 * Permissions by the function that they are for, and which pairs of an owner and a function have been
 * looked at. For one rule and template.
 */
struct permission_index {
    const struct audit_permission **first; /* by the function's index; NULL: none */
    const struct audit_permission **next;  /* by the permission's; of the same function */
    const struct audit_permission *any; /* the first for a function that is not known; next too */
    struct map told;
};
void audit_permission_index_init(struct permission_index *index, const struct audit_template *t);
void audit_permission_index_deinit(struct permission_index *index);
/*
 * Is it a notification of a function of this template that needs a permission, and the first of its
 * owner with that function?
 */
bool audit_permission_is_needed(struct permission_index *index, const struct audit_template *t,
                                const struct audit_trigger *trigger);
/* Those that may let the trigger: audit_permission_next(index, trigger, NULL), and so on to NULL. */
const struct audit_permission *audit_permission_next(const struct permission_index *index,
                                                     const struct audit_trigger *trigger,
                                                     const struct audit_permission *before);
/*
 * What SourceArn may be for a trigger, as YAML, so that nothing waits in a circle: the rule's ARN, the
 * bucket's ARN, or that of its name. Absent: it cannot be said.
 */
str audit_permission_source(const struct audit_template *t, const struct audit_trigger *trigger);
