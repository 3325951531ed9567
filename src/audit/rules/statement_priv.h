#pragma once
/*
 * audit/rules/statement: what the rules of access ask of a policy's statement. Read from audit/system.h's
 * list; nothing is kept, and what only deployment knows answers "it is scoped": nothing is found in it.
 */
#include "audit/finding.h"
#include "audit/system.h"

/* The values of an element, lists taken apart and conditions followed; those that are ABSENT too. */
struct audit_values audit_element(const struct audit_template *t, const struct audit_statement *s,
                                  const char *element);
/* The places of an element's name: "NotAction"; for audit_tell_range. False: it is not there. */
bool audit_element_at(const struct audit_template *t, const struct audit_statement *s,
                      const char *element, struct tmpl_pos *ret_start, struct tmpl_pos *ret_end);
/* Would the pattern of a policy allow the action? Without case, as IAM compares. */
bool audit_action_covers(str pattern, const char *action);
/* Nothing but stars, and what ARNs have between them: a star, a star and a slash. */
bool audit_is_all_stars(str text);
/*
 * "*", or an ARN that names all things of a kind though they have names: arn:aws:s3:::*,
 * arn:aws:dynamodb:*:*:table/star. *ret_service: of the ARN, or "" for "*".
 */
bool audit_resource_is_everything(str text, str *ret_service);
/* Does the statement reach everything? The first value of Resource that does, or NULL. */
const struct audit_value *audit_statement_everything(const struct audit_template *t,
                                                     const struct audit_statement *s,
                                                     const struct audit_values *resources,
                                                     const char *service);

/*
 * Calls fn with each key of the statement's Condition: the operator, the key and its values. Stops at
 * and returns the first true. A Condition that cannot be seen: is_unknown.
 */
struct audit_condition_key {
    str op, key;
    struct audit_values values;
    bool is_unknown; /* the rest is empty */
};
bool audit_condition_each(const struct audit_template *t, const struct audit_statement *s,
                          bool (*fn)(void *ctx, const struct audit_condition_key *key), void *ctx);
/*
 * Does a condition hold the statement to one of the keys (patterns, as "aws:ResourceTag/" and a star;
 * n of them), by an operator that demands it and a value that is not everything?
 */
bool audit_condition_has(const struct audit_template *t, const struct audit_statement *s,
                         const char *const *keys, size_t n);

/* The value of an Allow's Principal that is everybody, whom no condition narrows; or NULL. */
const struct audit_value *audit_statement_everybody(const struct audit_template *t,
                                                    const struct audit_statement *s);
