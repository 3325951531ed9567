#pragma once
/*
 * aws/op: one row per API operation, one table per service. Router, authorisation, metrics and the
 * page "what is supported" read the rows.
 *
 * svc/x/ops.def:
 *   OP(CreateTopic,  "sns:CreateTopic",  "arn:aws:sns:{region}:{account}:{Name}",  OP_MUTATES)
 * {Member} is a member of the input document, {region} and {account} are the request's. A resource
 * "@" is asked of the service's `resource` hook; "*" is no resource. The action "-" with OP_NO_AUTH
 * means any signed caller may (sts:GetCallerIdentity).
 */
#include "aws/rq.h"

enum {
    OP_MUTATES = 1 << 0,
    OP_PAGINATES = 1 << 1,
    OP_NO_AUTH = 1 << 2,     /* signed, but not authorised */
    OP_STREAM_IN = 1 << 3,   /* `open` is called before the body is read (authorised), then `run` */
    OP_STREAM_OUT = 1 << 4,  /* answers with rq_out_stream */
    OP_ANONYMOUS = 1 << 5,   /* may be called unsigned, if the resource policy allows (S3 objects) */
    OP_LARGE_BODY = 1 << 7,  /* may be up to 70 MiB in memory (Lambda's packages, 50 MB in base64) */
    OP_SELF_AUTH = 1 << 6,   /* the handler calls aws_authorize itself for each resource (BatchGet, several tables) */
};

struct aws_op {
    const char *name;     /* wire name, "CreateTopic" */
    aws_handler_fn *run;
    const char *action;   /* IAM action checked before run */
    const char *resource; /* ARN template filled from the input, for that check */
    unsigned flags;
    aws_handler_fn *open; /* OP_STREAM_IN: makes rq->stream; NULL otherwise */
};

/* OP_STREAM_IN: where decoded body bytes go. `open` fills the vtable via aws_set_sink. */
typedef int aws_sink_fn(void *stream, struct rq *rq, const void *p, size_t n); /* 0 or aws_fail… */
void aws_set_sink(struct rq *rq, aws_sink_fn *write, void *stream);

struct api_service; /* aws/model.h: the API model, generated */

struct aws_violation; /* aws/validate.h */

struct aws_service {
    const char *name;              /* "s3": IAM prefix and rooms' name; endpoint prefix is in the model */
    const struct api_service *api;
    const struct aws_op *ops;
    size_t n_ops;
    struct svc *svc;               /* set by prog after x_open */
    const struct aws_error *common; /* X_common: how it says what aws itself answers (aws/error.h); or NULL */
    /* A violated constraint in the service's own words: AWS_FAILED, or 0 for the usual ones. Or NULL. */
    int (*invalid)(struct svc *svc, struct rq *rq, const struct aws_violation *violation);

    /* ARN of the resource for rows whose template is "@". 0 or AWS_FAILED. */
    int (*resource)(struct svc *svc, struct rq *rq, struct buf *ret_arn);
    /*
     * The policy attached to that resource (bucket, topic, queue), compiled, and its owner's account.
     * *ret_policy stays NULL without one; it is borrowed until the request ends (use rq_on_done).
     */
    int (*resource_policy)(struct svc *svc, struct rq *rq, str arn, const struct policy **ret_policy,
                           str *ret_account);
    /* Adds the service's own condition keys (s3:prefix, dynamodb:LeadingKeys). */
    void (*context)(struct svc *svc, struct rq *rq, struct policy_context *context);
    /*
     * A last word after the policies allowed (S3's public-access block): 0, or AWS_FAILED.
     * via_resource: the resource policy alone allowed it.
     */
    int (*veto)(struct svc *svc, struct rq *rq, str arn, bool via_resource);
};
