#pragma once
/*
 * svc/iam, inside the room: what a simulation is about, as its request says it (SimulateCustomPolicy
 * and SimulatePrincipalPolicy, IAM API reference): the documents, each with the name by which its
 * statements are told, who calls, and the keys. Nothing is kept behind the request; one thread.
 */
#include "svc/iam/iam_priv.h"

enum iam_source_type { SOURCE_IDENTITY, SOURCE_RESOURCE, SOURCE_BOUNDARY, SOURCE_TYPES };

/* A document with what is told of it. */
struct iam_source {
    enum iam_source_type type;
    str id;   /* "PolicyInputList.1", "user_ann_inline", "ReadOnlyAccess" */
    str text; /* as it was given, for the places of statements */
    const struct policy *policy;
    bool owned; /* the policy is the simulation's; else the service's */
};

struct iam_simulation {
    struct rq *rq;
    struct iam_source *sources;
    size_t n;
    const struct policy **identity; /* those of SOURCE_IDENTITY */
    size_t n_identity;
    const struct policy *resource, *boundary; /* or NULL */
    struct policy_principal principal;
    str owner; /* the account that resources without one in their ARNs belong to */
    struct policy_context *caller;  /* the keys that who calls and the time decide */
    struct policy_context *context; /* … and those that the request gives, before them */
    size_t context_bytes;           /* of the latter, names and values */
};
void iam_simulation_deinit(struct iam_simulation *s);

/*
 * Fill s, which is zeroed, from the request: its documents alone, or those of the principal that
 * PolicySourceArn names besides. 0 or AWS_FAILED; s is deinitialised by the caller in both cases.
 */
int iam_simulation_custom(struct iam_simulation *s, struct rq *rq);
int iam_simulation_principal(struct iam_simulation *s, struct rq *rq);
/* The documents alone, for GetContextKeysFor…: no caller and no keys. */
int iam_simulation_documents(struct iam_simulation *s, struct rq *rq);
