#pragma once
/*
 * audit/system: what its files share while a template is read. A reader adds to the end of its list
 * what one resource says; the table in system.c names the types that it is asked for.
 */
#include "audit/system.h"

struct audit_build {
    struct audit_template *t;
    struct audit_system *system;
    /* Where the next one of each list goes. */
    const struct audit_function **functions;
    const struct audit_statement **statements;
    const struct audit_managed **managed;
    const struct audit_trigger **triggers;
    const struct audit_permission **permissions;
    const struct audit_mapping **mappings;
    const struct audit_alarm **alarms;
    const struct audit_log_group **log_groups;
    /* By index of a log group: the function whose LoggingConfig names it. NULL: not made yet. */
    const struct audit_function **of_log_group;
};
/* Puts item, which is new and not const, at the end of the list. */
#define AUDIT_APPEND(end, item) (*(end) = (item), (end) = &(item)->next)

typedef void audit_reader_fn(struct audit_build *b, const struct audit_resource *r);

/* system_function.c: asked before all others, and once when all lists are there. */
audit_reader_fn audit_read_function;
void audit_read_uses(struct audit_build *b);
/* system_code.c: f->code; runtime and r are there. */
void audit_read_code(const struct audit_template *t, struct audit_function *f);
/* system_policy.c */
audit_reader_fn audit_read_policies;
audit_reader_fn audit_read_managed;
/* system_sam_policy.c */
audit_reader_fn audit_read_sam_policies;
audit_reader_fn audit_read_connector;
audit_reader_fn audit_read_own_connectors;
/* system_trigger.c */
audit_reader_fn audit_read_bucket_triggers;
audit_reader_fn audit_read_rule_triggers;
audit_reader_fn audit_read_custom_triggers;
audit_reader_fn audit_read_sam_events;
/* system_invoke.c */
audit_reader_fn audit_read_permission;
audit_reader_fn audit_read_mapping;
/* system_watch.c */
audit_reader_fn audit_read_alarm;
audit_reader_fn audit_read_log_group;

/* Statements of a policy document, or of what has a Statement. */
void audit_read_document(struct audit_build *b, const struct audit_resource *owner,
                         enum audit_policy_kind kind, const struct audit_value *document,
                         const char *on);

/* The text of what a property says first under any condition (audit_text); absent: it is never there. */
str audit_first_text(const struct audit_template *t, const struct audit_resource *r,
                     const char *path);
/* A custom resource: AWS::CloudFormation::CustomResource or Custom::X. */
bool audit_is_custom(const struct audit_resource *r);
