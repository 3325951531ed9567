#pragma once
/*
 * audit/system: what a template builds, SAM and CloudFormation alike: functions with their code,
 * statements of policies, notifications, permissions, alarms, log groups. Made once a template, before
 * any rule; rules only read. Lists are in the template's order, in the audit's arena.
 */
#include "audit/code.h"

/* ---- Functions: AWS::Lambda::Function and AWS::Serverless::Function ---- */
struct audit_function {
    const struct audit_resource *r;
    bool is_sam;
    bool is_image_work; /* not: its only use is the ServiceToken of custom resources */
    bool is_custom;     /* a custom resource's ServiceToken names it */
    bool is_image;      /* PackageType Image: runtime, handler and code are in a container */
    str runtime;        /* the literal one; absent: not known */
    const struct audit_code *code; /* inline, or read from CodeUri or Code; NULL: cannot be seen */
    bool is_inline;
    const struct audit_resource *role; /* of this template; NULL: elsewhere, or SAM makes it */
    str name;                          /* audit_name */
    const struct audit_function *next;
};
const struct audit_function *audit_function_of(const struct audit_template *t,
                                               const struct audit_resource *r); /* NULL: none */
/*
 * What is invoked by a name: a function of this template, also through its versions and aliases; or
 * another resource that node names (audit_target). NULL: none, or not known.
 */
const struct audit_resource *audit_invoked(const struct audit_template *t,
                                           const struct tmpl_node *node);

/* ---- Policies ---- */
enum audit_policy_kind {
    AUDIT_POLICY_ROLE, /* Policies of roles, users, groups; AWS::IAM::Policy, ManagedPolicy; SAM's Policies */
    AUDIT_POLICY_TRUST, /* AssumeRolePolicyDocument */
    AUDIT_POLICY_BUCKET,
    AUDIT_POLICY_TOPIC,
    AUDIT_POLICY_QUEUE,
    AUDIT_POLICY_KEY, /* KMS */
    AUDIT_POLICY_OTHER, /* of another resource that has a policy document: secrets, repositories, domains */
};
struct audit_statement {
    enum audit_policy_kind kind;
    const struct audit_resource *owner;
    const struct audit_resource *const
        *on; /* BUCKET, TOPIC, QUEUE: what the policy is of; those known here */
    size_t n_on;
    const struct tmpl_node *document; /* a map */
    const struct tmpl_node *node;     /* the statement: a map */
    const struct audit_guard *guard;
    bool is_deny; /* literally Effect: Deny; Allow otherwise */
    bool
        is_made; /* SAM makes it of a policy template: node is none of the tree, its place is the template's name */
    const struct audit_statement *next;
};
/* Calls fn with each value of an element ("Action", "Resource", "NotAction", "Principal"), lists and conditions taken apart. */
void audit_statement_each(const struct audit_template *t, const struct audit_statement *s,
                          const char *element,
                          void (*fn)(void *ctx, const struct audit_value *value), void *ctx);
/* Managed policies that a role, user, group or SAM function names: ManagedPolicyArns, Policies. */
struct audit_managed {
    const struct audit_resource *owner;
    struct audit_value value; /* text is as audit_text: "arn:${AWS::Partition}:iam::aws:policy/X" */
    const struct audit_managed *next;
};

/* ---- What invokes functions ---- */
enum audit_trigger_kind {
    AUDIT_TRIGGER_PROPERTY,    /* NotificationConfiguration of the bucket */
    AUDIT_TRIGGER_CUSTOM,      /* a custom resource that is handed a bucket and a function */
    AUDIT_TRIGGER_SAM,         /* Events of a SAM function */
    AUDIT_TRIGGER_EVENTBRIDGE, /* a rule on the bucket's events */
};
struct audit_trigger {
    enum audit_trigger_kind kind;
    const struct audit_resource
        *owner; /* the resource that says so: bucket, custom resource, function, rule */
    const struct audit_resource *bucket; /* NULL: not of this template, or not known */
    str bucket_name;                     /* audit_text of what names it; absent: not known */
    /* What is invoked: a function, queue or topic of this template; NULL: not known */
    const struct audit_resource *target;
    const struct tmpl_node *target_node; /* what names it; may be NULL */
    const struct tmpl_node *node;        /* the map of this one configuration, event or pattern */
    const struct audit_guard *guard;
    bool is_created;    /* on object creation (all, or Put and its like) */
    bool has_filter;    /* a prefix or suffix; a key pattern; or it cannot be told */
    str prefix, suffix; /* literal ones; absent: none, or not known */
    const struct audit_trigger *next;
};
struct audit_permission { /* AWS::Lambda::Permission; of SAM events none is needed */
    const struct audit_resource *r;
    const struct audit_resource *function; /* NULL: not of this template, or not known */
    str function_text, principal, source_arn, source_account; /* audit_text; absent: not there */
    const struct audit_guard *guard;
    const struct audit_permission *next;
};
/* Event source mappings and SAM's SQS, DynamoDB, Kinesis events. */
struct audit_mapping {
    const struct audit_resource *owner;
    const struct audit_function *function; /* NULL: not known here */
    const struct audit_resource *source;   /* queue, table; NULL: not known here */
    const struct tmpl_node *node;          /* the map with BatchSize and its like */
    const struct audit_guard *guard;
    const struct audit_mapping *next;
};

/* ---- Watching ---- */
struct audit_alarm {
    const struct audit_resource *r;
    /* A metric; "" where it is an expression or not known. One for each MetricStat of Metrics too. */
    str namespace, metric;
    const struct audit_resource *of; /* what its dimension names; NULL: all, or not known */
    bool is_of_all;                  /* it has no dimension: all functions of the account */
    bool is_unknown; /* namespace, metric or dimension cannot be told: it may be any */
    const struct audit_alarm *next;
};
struct audit_log_group {
    const struct audit_resource *r;
    const struct audit_function *
        function; /* whose it is by its name or by the function's LoggingConfig; NULL: none known */
    str name;     /* audit_name */
    const struct audit_log_group *next;
};

struct audit_system {
    const struct audit_function *const
        *by_resource; /* by struct audit_resource's index; NULL: it is none */
    const struct audit_function *functions;
    const struct audit_statement *statements;
    const struct audit_managed *managed;
    const struct audit_trigger *triggers;
    const struct audit_permission *permissions;
    const struct audit_mapping *mappings;
    const struct audit_alarm *alarms;
    const struct audit_log_group *log_groups;
};
/* Fills t->system. */
void audit_system_read(struct audit_template *t);
