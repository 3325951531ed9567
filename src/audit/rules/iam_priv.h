#pragma once
/* audit/rules/iam: tables of actions that the rules of access share. All constant. */
#include "audit/rules/statement_priv.h"

/*
 * Does the action (a pattern, as a policy has it) support no resource, so that it needs "*", or only
 * tell what there is?
 */
bool audit_action_needs_star(str action);
/*
 * With which its holder can give himself any right; the one that the pattern allows, or NULL
 * (pattern "*": iam:PutRolePolicy).
 */
const char *audit_action_escalates(str pattern);
/* Does a Condition narrow what the statement's actions may be done to? */
bool audit_condition_scopes_resource(const struct audit_template *t,
                                     const struct audit_statement *s);
/*
 * The action by which a statement of a role is full administration: every action, on every resource,
 * and no condition narrows it; NULL: it is not. Rules of single actions leave that action alone.
 */
const struct audit_value *audit_statement_admin(const struct audit_template *t,
                                                const struct audit_statement *s);
