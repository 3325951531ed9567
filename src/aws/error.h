#pragma once
/*
 * aws/error: error rows. One row per (service, code): HTTP status and default text, from the
 * service's own API reference. Handlers answer `return aws_fail(rq, &S3_NoSuchBucket, NULL);`.
 *
 * A service's rows stand in svc/x/errors.def and are expanded by aws/errors_of.h:
 *   ERR(NoSuchBucket, 404, "The specified bucket does not exist")
 *   SAYS(ACCESS_DENIED, "AuthorizationError", 403, "Access denied")
 * ERR is an error of its own. SAYS is how it spells what aws itself answers (enum aws_common),
 * where that is not what its dialect says in aws/common.def. In both a last argument may follow:
 * what stands before the code in __type where it is not the service's error_prefix.
 */
#include "base/json.h"
#include "base/outcomes.h"
#include "base/own.h"
#include "base/str.h"

struct aws_error {
    const char *code; /* "NoSuchBucket" */
    int status;       /* HTTP */
    const char *text; /* default message */
    /* json protocols: what stands before the code in __type; NULL: the service's error_prefix */
    const char *prefix;
};

/* What aws itself answers. */
enum aws_common {
    COMMON_ACCESS_DENIED,
    COMMON_VALIDATION,
    COMMON_MALFORMED,
    COMMON_INVALID_URI,
    COMMON_UNKNOWN_OP,
    COMMON_NOT_IMPLEMENTED,
    COMMON_TOO_LARGE,
    COMMON_INTERNAL,
    COMMON_UNAVAILABLE,
    COMMON_FULL,
    COMMON_BUSY,
    COMMON_CROWDED, /* no room for the body, for the moment */
    COMMON_BAD_HEAD,
    COMMON_HEAD_TOO_LARGE,
    N_COMMON
};

struct rq;
/*
 * Sets the request's error; fmt NULL takes the row's text. Always returns AWS_FAILED, so handlers
 * return it. The first error wins.
 */
enum { AWS_FAILED = OUTCOMES_AWS, AWS_SUSPENDED };
int aws_fail(struct rq *rq, const struct aws_error *error, const char *fmt, ...) PRINTF_LIKE(3, 4);
/*
 * Further members of the error document (S3: BucketName, Key; Lambda: Reason). After aws_fail. The
 * form's own (Code, Message, Type, __type) are not among them: they would stand there twice.
 */
void aws_fail_detail(struct rq *rq, const char *name, str value);
/* A member that is a document (DynamoDB: Item), for the JSON protocols. Copied. */
void aws_fail_detail_json(struct rq *rq, const char *name, const json_t *value);
/*
 * A fault of ours (negative errno, STORE_E_*): logs it with its request id, answers InternalError /
 * ServiceUnavailable.
 */
int aws_fault(struct rq *rq, int code, const char *what);
/*
 * This request fails because the store takes no changes (full, read-only), or what it waited for
 * did: no fault of who sent it. Counted for its listener (net_mark): a function whose calls met this
 * has not failed by itself. aws_fault does it.
 */
void rq_note_refusal(struct rq *rq);
/*
 * Something stored cannot be read. words say what (bucket, key, file …), what is wrong with it and
 * what to do: they go to the log and, in InternalError, to the client. Returns AWS_FAILED.
 */
int aws_damage(struct rq *rq, str words);
