#pragma once
/*
 * audit/rules/data: what the rules on kept data share: which buckets, tables and queues of a template
 * hold data, and which of them are something else. What is answered lives in the audit's arena.
 */
#include "audit/finding.h"

/* Types of tables, ended by NULL. */
extern const char *const audit_data_tables[];

/* By a resource's index in t->resources: is it a bucket that only takes access logs, of other buckets or of trails and distributions? */
const bool *audit_data_log_buckets(const struct audit_template *t);
/* And of buckets and tables with a copy: what replication writes into, and what AWS Backup takes or may take. */
const bool *audit_data_copies(const struct audit_template *t);
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
