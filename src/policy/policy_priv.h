#pragma once
/* policy/policy: a compiled document, as the files of this room share it. */
#include "policy/context_priv.h"
#include "policy/pattern_priv.h"

#include <stdatomic.h>

/* How closely a statement's Principal names the caller; a wider one sorts first. */
enum policy_match {
    MATCH_NONE,
    MATCH_ACCOUNT,  /* the caller's account: permission is delegated to its identity policies */
    MATCH_EVERYONE, /* "*" */
    MATCH_ROLE,     /* the role behind a session */
    MATCH_SELF,     /* the user, session, service or root itself */
};

enum policy_principal_type { TYPE_EVERYONE, TYPE_ACCOUNT, TYPE_ARN, TYPE_SERVICE, TYPE_FEDERATED };
/* One name of a Principal element, as it is compared. */
struct policy_principal_name {
    enum policy_principal_type type;
    str name; /* ARN, account id or service */
};

struct policy_test; /* condition_priv.h */

/*
 * One statement, compiled. Everything lies in the policy's arena, and is constant once the policy
 * is compiled: any thread may evaluate it.
 */
struct policy_statement {
    bool deny;
    bool not_action, not_resource, not_principal;
    struct policy_principal_name *principals;
    size_t n_principals;
    /* no resources: every resource (trust policies) */
    struct policy_pattern *actions, *resources; /* actions: by their service, as actions.c says */
    size_t n_actions, n_resources;
    struct policy_test *tests; /* all must hold */
    size_t n_tests;
    str sid;
};

/* A document, as policy_free gets it. */
struct policy {
    struct arena arena; /* everything below, and this struct's texts */
    enum policy_kind kind;
    bool has_variables; /* Version 2012-10-17 */
    struct policy_statement *statements;
    size_t n_statements;
    atomic_bool looked_at; /* policy_first_look; all else is constant */
    atomic_uint refs;      /* policy_free drops one */
};

/* A document that lies with the caller names no principal: all of it is about whom it lies with. */
static inline bool policy_is_of_caller(const struct policy *policy) {
    return policy->kind == POLICY_IDENTITY || policy->kind == POLICY_SESSION;
}

/* A member that is a string or an array of them. */
struct policy_strings {
    const json_t *value;
    size_t n;
};

/* actions.c */
/* False: something else is in it. The value is borrowed. */
bool policy_strings_of(const json_t *value, struct policy_strings *ret);
str policy_string_at(const struct policy_strings *s, size_t i);
/* The Action or NotAction element, into st, in the policy's arena. 0 or POLICY_E_MALFORMED. */
int policy_actions_parse(struct policy *policy, struct policy_statement *st, const json_t *value,
                         struct err *err);
/* Is the action among those that the element lists? NotAction: those it leaves out. */
bool policy_actions_list(const struct policy_statement *st, struct policy_scope *scope, str action);
/* How many steps that takes at most. */
double policy_actions_steps(const struct policy_statement *st, str action);

/* principal.c */
/*
 * The Principal or NotPrincipal element, into st, in the policy's arena. 0 or POLICY_E_MALFORMED.
 */
int policy_principals_parse(struct policy *policy, struct policy_statement *st, const json_t *value,
                            struct err *err);
/*
 * How closely the principals name the caller, the closest of them; of NotPrincipal: everyone, or
 * not.
 */
enum policy_match policy_principals_match(const struct policy_statement *st,
                                          const struct policy_principal *caller);

/* vocabulary.c */
/* Calls fn with each condition key and variable of the statement, as often as it is named. */
void policy_statement_each_key(const struct policy_statement *st, void (*fn)(void *arg, str key),
                               void *arg);

/* Set err to IAM's sentence and return POLICY_E_MALFORMED. */
#define policy_malformed(err, ...) err_set((err), POLICY_E_MALFORMED, __VA_ARGS__)
