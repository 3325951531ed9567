#pragma once
/*
 * aws/identity: who calls. The rows of users, roles and sessions belong to svc/iam and svc/sts;
 * the daemon plugs their lookup in here, so that every request can be signed and authorised.
 *
 * An identity is immutable and reference-counted: what is in force is what the lookup found when
 * the request began. Lookups are cached by access key until iam's generation moves.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/outcomes.h"
#include "policy/policy.h"

/* A condition key that every request of a session has, as its service says; absent: name.p NULL. */
struct aws_session_key {
    str name, value; /* "lambda:SourceFunctionArn", and the ARN */
};

struct aws_identity {
    _Atomic unsigned refs;
    struct policy_principal principal; /* views into owned memory */
    str access_key, secret_key;
    str session_token;          /* absent for long-term keys */
    int64_t expires_ms;         /* real time; 0: never */
    str user_id;                /* AIDA…, AROA…:session, account id for root */
    str user_name;              /* users only */
    int64_t issued_ms;          /* sessions: when their keys were made; else 0 */
    struct aws_session_key key; /* sessions: or absent */
    const json_t *tags; /* of the user or of the session's role, a list of {Key, Value}; or NULL */
    struct policy_set policies;               /* compiled; `resource` unused */
    void (*free_data)(struct aws_identity *); /* frees everything, itself included */
};
static inline struct aws_identity *aws_identity_ref(struct aws_identity *id) {
    id->refs++;
    return id;
}
struct aws_identity *aws_identity_free(struct aws_identity *id); /* drops one reference */
DEFINE_FREEP(aws_identity)

/*
 * Keys of a session, for whoever is to act in a role. The caller wipes the secret and frees the
 * token.
 */
struct aws_credentials {
    char access_key[32], secret_key[48];
    struct buf session_token;
    int64_t expires_ms;
};

enum { AWS_E_NO_KEY = OUTCOMES_AWS_IDENTITY, AWS_E_NO_ROLE, AWS_E_NOT_TRUSTED };
/*
 * What the daemon plugs in. Each is called by any thread, any number at once, and may read the
 * store.
 */
struct aws_identity_source {
    void *ctx;
    /* 0 and a reference for the caller; AWS_E_NO_KEY. Disabled keys are AWS_E_NO_KEY too. */
    int (*find)(void *ctx, str access_key, struct aws_identity **ret_identity);
    /*
     * Keys for a role that a service assumes (Lambda's execution role): the role's trust policy
     * must name `service`. key: of the session, or absent.
     * AWS_E_NO_ROLE, AWS_E_NOT_TRUSTED.
     */
    int (*assume)(void *ctx, str role_arn, str service, str session_name,
                  struct aws_session_key key, int64_t seconds,
                  struct aws_credentials *ret_credentials, struct err *err);
    /* The identity behind a role as a service would act in it (CloudFormation's RoleARN). */
    int (*role)(void *ctx, str role_arn, str service, str session_name,
                struct aws_identity **ret_identity, struct err *err);
};
