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
/* Is it the first trigger of its owner with its target? So that each pair is told once. */
bool audit_permission_is_first(const struct audit_template *t, const struct audit_trigger *trigger);
/*
 * What SourceArn may be for a trigger, as YAML, so that nothing waits in a circle: the rule's ARN, the
 * bucket's ARN, or that of its name. Absent: it cannot be said.
 */
str audit_permission_source(const struct audit_template *t, const struct audit_trigger *trigger);
