#pragma once
/*
 * aws/op: one row per API operation, one table per service. Router, authorisation, metrics and the
 * pages "what is supported" and "what is asked" read the rows.
 *
 * svc/x/ops.def:
 *   OP(CreateQueue, "sqs:CreateQueue", "arn:aws:sqs:{region}:{account}:{QueueName}", OP_MUTATES)
 *     TAGGED("tags", "sqs:TagQueue", "arn:aws:sqs:{region}:{account}:{QueueName}")
 *
 * The rows below an OP say what the operation asks besides; svc/kit/op_table.h expands them all.
 *   OP(name, action, resource, flags)          action on resource, before the handler runs
 *   OP_IN(name, action, resource, flags)       the same, with s3_open_NAME for a streamed body
 *   VERSIONED(member, action)                  the right above: where member is given, this action
 *                                              in place of its own
 *   ALSO(when, action, resource, flags)        a further right, before the handler runs, where
 *                                              `when` holds
 *   OR(action)                                 the right above: this action is as good
 *   TAGGED(member, action, resource)           tags given at creation: action on resource; the
 *                                              keys aws:RequestTag/KEY and aws:TagKeys for that
 *                                              and for the OP's right
 *   TAGS(member)                               the same keys, where the operation is about tags
 *   PASSES(member, service)                    iam:PassRole on the role given, with the key
 *                                              iam:PassedToService
 *   MAY(name, words, action, resource, flags)  asked by the handler: rq_must(rq, &x_may_NAME) or
 *                                              rq_may. words say when, for the page of rights
 * And before the first OP the service's condition keys, which join those of aws/keys.def in one
 * table: a policy that names another key of the service is refused (aws/keys.h).
 *   KEY(member, key, type)                     has the member's value, in every operation with
 *                                              such a member
 *   KEY_ELSE(member, key, type, value)         … and this value where the request leaves it out
 *   FILLED(key, type, words)                   filled by the service's context hook, or by aws;
 *                                              words say from where
 *   ABSENT(key, type, words)                   no request here has it; words say why
 *
 * A member is a path in the input document, "CreateBucketConfiguration.Tags";
 * "Delete.Objects[].Key" asks once for each item ("*" stands for the item of an empty list);
 * "@name" is asked of the service (struct aws_derived). `when` is "A", "!A", "A=value", "A!=value",
 * with & and then | between them; a member is given when it is there and is not false, an empty
 * list or an empty map. In a resource {member} stands for its text, {region} and {account} are the
 * request's; "@" is asked of the service's `resource` hook; "*" is no resource. The action "-" with
 * OP_NO_AUTH means any signed caller may (sts:GetCallerIdentity).
 */
#include "aws/rq.h"

enum {
    OP_MUTATES = 1 << 0,
    OP_PAGINATES = 1 << 1,
    OP_NO_AUTH = 1 << 2, /* signed, but not authorised */
    /* may be called unsigned, if the resource policy allows (S3 objects) */
    OP_ANONYMOUS = 1 << 3,
    /* the row's right is asked by the handler, item by item: rq_may_item */
    OP_ITEMWISE = 1 << 4,
    /* about something that the input's members do not describe: no KEYs of them */
    RIGHT_APART = 1 << 5,
    /*
     * what it does has no small bound (bodies are copied, archives unpacked): it runs in a worker
     * (aws/workers.h)
     */
    OP_LONG = 1 << 6,
    OP_OF_SERVICE = 1 << 16, /* from here on: the service's own, for its hooks */
};

struct aws_op {
    const char *name; /* wire name, "CreateTopic" */
    aws_handler_fn *run;
    const char *action;   /* IAM action checked before run */
    const char *resource; /* ARN template filled from the input, for that check */
    unsigned flags;
    aws_handler_fn
        *open; /* OP_IN: called before the body is read (authorised), makes rq->stream; else NULL */
};

/* The rows of ops.def, in their order. */
enum aws_row_kind {
    ROW_OP,
    ROW_VERSIONED,
    ROW_OR,
    ROW_ALSO,
    ROW_TAGS,
    ROW_PASSES,
    ROW_MAY,
    ROW_KEY,
    ROW_FILLED,
    ROW_ABSENT,
};
struct aws_op_row {
    enum aws_row_kind kind;
    const char *name;   /* ROW_OP: the operation; keys: the key; ROW_PASSES: the service */
    const char *when;   /* member, condition or words */
    const char *action; /* keys: the type of the values */
    /* ROW_PASSES: the condition key that tells the service; ROW_KEY: the value that is implied */
    const char *resource;
    unsigned flags;
    const struct aws_may *may;
};

/* One right of an operation, as the rows say it together. */
struct aws_right {
    const char *action;
    const char *version; /* the member of VERSIONED, or NULL */
    const char *version_action;
    const char *or_action; /* of OR, or NULL */
    const char *when;      /* "": always; MAY: in words */
    const char *resource;
    const char *tags;          /* the member of TAGS or TAGGED, or NULL */
    const char *passed_to;     /* of PASSES: the service that the role goes to, or NULL; … */
    const char *passed_key;    /* … and the condition key that says so */
    const struct aws_may *may; /* asked by the handler under this name, or NULL */
    unsigned flags;
};

/* One question to the policies, as the hooks see it. */
struct aws_question {
    const char *action;
    str resource;   /* ARN, or "*" */
    str account;    /* of the resource's owner; empty: there is no resource */
    str version;    /* what VERSIONED's member says; absent: the current one */
    unsigned flags; /* of the right's row */
};

/* OP_IN: where decoded body bytes go. `open` fills the vtable via aws_set_sink. */
/* 0 or aws_fail… */
typedef int aws_sink_fn(void *stream, struct rq *rq, const void *p, size_t n);
void aws_set_sink(struct rq *rq, aws_sink_fn *write, void *stream);
/*
 * Behind aws_set_sink, of a stream that makes the MD5 of its bytes: it is asked for it once, when
 * they are all there, and a Content-MD5 is held against it.
 */
typedef void aws_sink_md5_fn(void *stream, unsigned char md5[16]);
void aws_set_sink_md5(struct rq *rq, aws_sink_md5_fn *md5);

/*
 * What rows name "@name": a text that the service reads out of the request. 0 or AWS_FAILED;
 * absent: not given.
 */
struct aws_derived {
    const char *name;
    int (*get)(struct rq *rq, str *ret_value);
};

struct api_service; /* aws/model.h: the API model, generated */

struct aws_violation; /* aws/validate.h */

struct aws_service {
    /* "s3": IAM prefix and rooms' name; endpoint prefix is in the model */
    const char *name;
    const struct api_service *api;
    const struct aws_op *ops;
    size_t n_ops;
    /* NULL with n_rows 0: the operations ask for nothing besides */
    const struct aws_op_row *rows;
    size_t n_rows;
    const struct aws_derived *derived; /* ends with a NULL name; or NULL */
    /* the shapes whose values it reads from the text itself, or NULL */
    const struct aws_take *takes;
    void *svc; /* the service's state, which its handlers and hooks get */
    /* X_common: how it says what aws itself answers (aws/error.h); or NULL */
    const struct aws_error *common;
    /*
     * A violated constraint in the service's own words: AWS_FAILED, or 0 for the usual ones. Or
     * NULL.
     */
    int (*invalid)(void *svc, struct rq *rq, const struct aws_violation *violation);

    /* ARN of the resource for rows whose template is "@". 0 or AWS_FAILED. Asked once a request. */
    int (*resource)(void *svc, struct rq *rq, struct buf *ret_arn);
    /*
     * An unsigned request to an operation that takes none: AWS_FAILED where it is refused in other
     * words than for its signature, or 0. first: the first label of its path, decoded; absent:
     * there is none. Or NULL.
     */
    int (*unsigned_call)(void *svc, struct rq *rq, str first);
    /*
     * The policy attached to that resource (bucket, topic, queue), compiled, and the account of its
     * owner. *ret_policy stays NULL without one; it is borrowed until the request ends (use
     * rq_on_done).
     */
    int (*resource_policy)(void *svc, struct rq *rq, str arn, const struct policy **ret_policy,
                           str *ret_account);
    /*
     * Adds the service's own condition keys for this question (dynamodb:LeadingKeys): those of the
     * resource that it is about, which need not be the one that the request names first. Asked only
     * where a policy looks at a key of a resource, or one that is not aws's own. What is dear to
     * read it puts off (policy_context_add_later), in rq's arena. 0, or AWS_FAILED where one could
     * not be read: nothing is decided without it.
     */
    int (*context)(void *svc, struct rq *rq, const struct aws_question *question,
                   struct policy_context *context);
    /*
     * The tags of the resource of that ARN, for aws:ResourceTag/KEY: a list of {Key, Value} or a
     * map, a new reference in *ret_tags, or NULL left there. Asked only where a policy looks at
     * such a key. 0 or AWS_FAILED.
     */
    int (*tags)(void *svc, struct rq *rq, str arn, json_t **ret_tags);
    /*
     * A last word after the policies allowed (S3's public-access block): 0, or AWS_FAILED.
     * via_resource: the resource policy alone allowed it.
     */
    int (*veto)(void *svc, struct rq *rq, str arn, bool via_resource);
};

struct aws_cloud;
/* Calls fn with each right of each operation, in the order in which they are asked. */
void aws_cloud_each_right(struct aws_cloud *cloud,
                          void (*fn)(void *ctx, const struct aws_service *, const struct aws_op *,
                                     const struct aws_right *),
                          void *ctx);
/* … and with each condition key, those of aws/keys.def first: service is NULL then. */
void aws_cloud_each_key(struct aws_cloud *cloud,
                        void (*fn)(void *ctx, const struct aws_service *,
                                   const struct aws_op_row *),
                        void *ctx);
