#pragma once
/* audit/rules/bucket: what the rules of buckets share: the four flags, and which policies are of a bucket. */
#include "audit/rules/statement_priv.h"

/*
 * Tells where a flag of PublicAccessBlockConfiguration is missing or false. is_of_policies: it stops
 * policies, not ACLs; what is mended is then left as it is beside a policy (else an ACL) for everybody,
 * which the flag would forbid.
 */
void audit_bucket_flag(struct audit_template *t, const struct audit_rule *rule, const char *flag,
                       bool is_of_policies);
/* AccessControl that is everybody's; NULL: none. */
const struct audit_value *audit_bucket_public_acl(const struct audit_template *t,
                                                  const struct audit_resource *bucket);
/* Is the statement of a policy of this bucket? */
bool audit_statement_is_on(const struct audit_statement *s, const struct audit_resource *r);
