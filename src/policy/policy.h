#pragma once
/*
 * policy: IAM policy documents and the decision. No I/O, no store, no clock of its own, and but for
 * policies that are kept compiled no state.
 *
 * Source of the rules: "Policy evaluation logic" and "IAM JSON policy elements" in the IAM User
 * Guide. A compiled policy is immutable and may be read by any number of threads.
 *
 * A decision borrows all that it is given (policies, request, context) for the call, and keeps
 * nothing. Texts are compared as bytes: names of actions and keys without case, everything else
 * with. Who stores documents checks them by policy_new first, so that a decision never meets one
 * that it cannot read.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/outcomes.h"

enum policy_kind {
    POLICY_IDENTITY, /* no Principal */
    POLICY_RESOURCE, /* Principal required; Resource optional for trust policies only */
    POLICY_TRUST,    /* a role's AssumeRolePolicyDocument: Principal, no Resource */
    POLICY_SESSION,  /* as identity, but every ARN has its six fields: what AssumeRole takes */
};

struct policy;
enum {
    /* S3's bucket policy limit, the largest a document may be anywhere here */
    POLICY_MAX_BYTES = 20480,
    POLICY_MAX_STATEMENTS = 512,
};
/*
 * Parses and checks a document. On failure POLICY_E_MALFORMED, and err holds a sentence of IAM's
 * own style. Documents without Version are accepted (2008-10-17: no policy variables). The text is
 * copied.
 */
enum { POLICY_E_MALFORMED = OUTCOMES_POLICY };
int policy_new(struct policy **ret_policy, enum policy_kind kind, str json, struct err *err);
/* The same for a text of up to max_bytes: what AWS publishes, and what is only simulated. */
int policy_new_within(struct policy **ret_policy, enum policy_kind kind, str json, size_t max_bytes,
                      struct err *err);
/* What it takes of the machine's memory: up to some twenty times its text, and 4 KiB at least. */
size_t policy_bytes(const struct policy *policy);
/*
 * The same for a text that is asked over and over, as a resource's is: who looks at one that was
 * compiled lately gets the same policy, so it must not be changed, and frees it like any other. The
 * policy depends on the text alone: a changed text is another policy. Any thread.
 */
int policy_kept(struct policy **ret_policy, enum policy_kind kind, str json, struct err *err);
struct policy *policy_free(struct policy *policy);
DEFINE_FREEP(policy)
/*
 * True when the document grants access to everyone (what BlockPublicPolicy and
 * RestrictPublicBuckets look at).
 */
bool policy_is_public(const struct policy *policy);

/* What those who decide know of: for policy_unknown_key. */
struct policy_vocabulary {
    bool (*unknown)(void *ctx, str key); /* a key that one would expect there, and that is not */
    void *ctx;
    const char *const *actions; /* "s3:GetObject", every action that is ever asked about */
    size_t n_actions;
};
/*
 * The first condition key or variable that is unknown, in a statement that speaks of one of the
 * actions; absent: there is none. Borrowed from the policy. A statement about other actions alone is
 * passed over, whatever it says.
 */
str policy_unknown_key(const struct policy *policy, const struct policy_vocabulary *vocabulary);
/* True for one caller in the life of the policy: what need be looked for once is looked for then. */
bool policy_first_look(const struct policy *policy);

/* Calls fn with each condition key and variable of the document, as often as it is named. */
void policy_each_key(const struct policy *policy, void (*fn)(void *arg, str key), void *arg);
/* What many decisions are about, in characters. */
struct policy_load {
    str action;                    /* of all of them */
    size_t resources;              /* how many, a decision each, … */
    size_t resource_bytes, values; /* … how long together; keys and values of one of them */
};
/*
 * How many steps one document takes in them at most: what may have to be compared with what, where
 * a variable is as long as all values. Not an integer, so that it has no end.
 */
double policy_steps(const struct policy *policy, const struct policy_load *load);
size_t policy_statements(const struct policy *policy); /* how many it has */

/* Where a statement stands in its text: lines and columns from 1, columns in characters. */
struct policy_place {
    struct policy_position {
        int line, column;
    } start, end;
};
/*
 * The place of a statement of a document that policy_new took, as IAM's simulations tell it: it
 * begins right behind what precedes it (the list's bracket or the statement before; where Statement
 * is no list, its own brace) and ends right behind its closing brace. False: not found, which a key
 * that is written with escapes may be.
 */
bool policy_place_of(str json, size_t statement, struct policy_place *ret);

/* Context keys of one request: name → one or more values. Names compare without case. */
struct policy_context;
struct policy_context *policy_context_new(void);
/*
 * One more: what is added to it is seen in it alone, and hides a key of that name below; all else
 * is seen through. below is borrowed, and stays as it is.
 */
struct policy_context *policy_context_new_over(const struct policy_context *below);
struct policy_context *policy_context_free(struct policy_context *context);
DEFINE_FREEP(policy_context)
/* Copies both. A name may repeat: the key has several values then. */
void policy_context_add(struct policy_context *context, str key, str value);
/*
 * Keys that are made when one is asked for: fill adds them when a key that it covers is first looked
 * at, at most once; until then the context has none of them. A fill that is not 0 could not read
 * one, and leaves the context unread. arg is borrowed, and lives as long as the context.
 */
void policy_context_add_later(struct policy_context *context, bool (*covers)(str key),
                              int (*fill)(void *arg, struct policy_context *context), void *arg);
/* A key of it, or of what lies below, could not be read: nothing may be decided by it. */
bool policy_context_unread(const struct policy_context *context);
/* Every key that was added to it alone so far, once each. */
void policy_context_each(const struct policy_context *context, void (*fn)(void *arg, str key),
                         void *arg);

enum policy_principal_kind {
    PRINCIPAL_ANONYMOUS,
    PRINCIPAL_ROOT,    /* arn:aws:iam::ACCOUNT:root */
    PRINCIPAL_USER,    /* arn:aws:iam::ACCOUNT:user/NAME */
    PRINCIPAL_SESSION, /* arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION */
    PRINCIPAL_SERVICE, /* s3.amazonaws.com */
};
struct policy_principal {
    enum policy_principal_kind kind;
    str account;  /* 12 digits; empty for anonymous and services */
    str arn;      /* of the caller; service name for PRINCIPAL_SERVICE */
    str role_arn; /* arn:aws:iam::ACCOUNT:role/ROLE for sessions */
};

/* What a decision tells on its way, for simulations. */
struct policy_watch {
    /* A statement that applies; its index in the document. */
    void (*matched)(void *arg, const struct policy *policy, size_t statement, bool denies);
    /*
     * A key that a statement about this action and resource looks at, and that the request has not;
     * as often as it is looked at.
     */
    void (*missing)(void *arg, str key);
    void *arg;
};

struct policy_request {
    struct policy_principal principal;
    str action;                           /* s3:GetObject */
    str resource;                         /* ARN, or "*" where the action has none */
    str resource_account;                 /* owner of the resource; empty = the principal's own */
    const struct policy_context *context; /* NULL: … */
    /*
     * … the keys are made when the first condition or variable wants one; borrowed. Or NULL: there
     * are none.
     */
    const struct policy_context *(*make_context)(void *arg);
    void *arg;
    const struct policy_watch *watch; /* NULL: nobody watches; else every statement is looked at */
};

/*
 * What applies. Arrays may be NULL with n 0; has_* tells "none attached" from "attached but empty".
 */
struct policy_set {
    const struct policy *const *identity;
    size_t n_identity;
    const struct policy *resource; /* or NULL */
    const struct policy *const *session;
    size_t n_session;
    bool has_session;
    const struct policy *boundary; /* or NULL */
};

enum policy_effect { POLICY_ALLOWED, POLICY_DENIED_EXPLICIT, POLICY_DENIED_IMPLICIT };
struct policy_decision {
    enum policy_effect effect;
    /*
     * Which kind decided, in the words of AWS's message: "identity-based policy",
     * "resource-based policy", "role trust policy", "session policy", "permissions boundary".
     * When allowed: "resource-based policy" if the request would have failed without it.
     */
    const char *by;
};
/*
 * Explicit deny anywhere wins (but the owner's root always reaches its bucket's policy). Same
 * account: the identity or the resource policy allows. A resource policy that names the user or
 * the session itself needs nothing else; one that names the session's role, or everyone, is still
 * narrowed by boundary and session policies; one that names the account only delegates, so an
 * identity policy must allow. Other account: both must allow. Session policies and the boundary
 * only ever narrow. Root of the resource's account is allowed unless denied. Services and anonymous
 * callers need the resource policy. A trust policy given as `resource` must always allow.
 */
struct policy_decision policy_decide(const struct policy_request *request,
                                     const struct policy_set *set);

/*
 * The text behind AccessDenied: "User: ARN is not authorized to perform: ACTION on resource: ARN
 * because no identity-based policy allows the ACTION action" / "… with an explicit deny in a
 * resource-based policy".
 */
void policy_explain(const struct policy_request *request, struct policy_decision decision,
                    struct buf *out);
