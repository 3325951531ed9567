#pragma once
/*
 * audit/rules/data: what the rules on kept data share: which buckets, tables and queues of a template
 * hold data, and which of them are something else. What is answered lives in the audit's arena.
 */
#include "audit/finding.h"

/* Types whose resources hold data that a deletion takes, ended by NULL. */
extern const char *const audit_data_types[], *const audit_data_tables[], *const audit_data_queues[];

/*
 * By a resource's index in t->resources: is it a queue for what could not be processed? Something
 * names it as such (a redrive policy, a function's or rule's dead letters, a destination of failures),
 * or its own name does. One walk over the template.
 */
const bool *audit_data_dead_letters(const struct audit_template *t);
/* Does a bucket only take access logs of other buckets, or of load balancers and distributions? */
bool audit_data_is_log_bucket(const struct audit_template *t, const struct audit_resource *bucket);
/* Is a bucket where another of the template is replicated to? */
bool audit_data_is_replica(const struct audit_template *t, const struct audit_resource *bucket);
/* Does a plan of AWS Backup take the resource, or may it? */
bool audit_data_is_backed_up(const struct audit_template *t, const struct audit_resource *r);
/*
 * Does a table only hold what is made again: locks, sessions, caches, keys of idempotency? By the words
 * of its names.
 */
bool audit_data_is_passing(const struct audit_template *t, const struct audit_resource *table);

/*
 * Tells of each data resource that lacks an attribute (DeletionPolicy, UpdateReplacePolicy), by the
 * rule `missing`, and of each that has Delete there, by the rule `deletes`. `value` is what a fix
 * writes.
 */
void audit_data_tell_policy(struct audit_template *t, const char *attribute,
                            const struct audit_rule *missing, const struct audit_rule *deletes,
                            const char *value);
