#pragma once
/*
 * aws/auth: who calls, and did they sign this request?
 *
 * Three steps, in the order of a request's life (all in its thread):
 *
 *   aws_auth_read   headers are there: what the request claims (kind, access key, scope). Never
 *                   fails, and nothing is believed yet; the router may use scope_service and
 *                   scope_region, and routes `meant`.
 *   aws_auth_check  the service is known: finds the key, checks times, and verifies the signature.
 *                   Where the signature covers a body that no header declares the hash of (every
 *                   service but S3), auth->awaits_body is set and the identity is NOT yet proven.
 *   aws_auth_body   the body is complete: verifies what was left. aws_body_end calls it
 *                   (aws/payload.h), so a caller that ends the body has nothing more to do.
 *
 * Forms: SigV4 in the Authorization header, SigV4 in the query string (any service, expiry of 1 to
 * 604800 s), SigV2 in the query string (S3 only), and none (anonymous). Any region in a scope is
 * accepted: bucket names, IAM and STS are global. Times are real time. host and every x-amz-*
 * header must be signed. Nothing that proves the caller may stand in a request twice.
 *
 * Memory: everything in struct aws_auth points into the request's arena or the request's own bytes,
 * but identity, which is a reference that aws_auth_deinit drops.
 */
#include "aws/error.h"
#include "aws/identity.h"
#include "aws/model.h"
#include "base/arena.h"
#include "sign/sign.h"

struct net_req;

/* The request as it came, in a form that tests can make without a connection. */
struct aws_wire {
    str method;      /* "GET" */
    str path, query; /* as sent, still encoded; query without '?', may be absent */
    const struct sign_header *headers; /* in the order they came, values trimmed */
    size_t n_headers;
    size_t n_moved;      /* of them, the last ones: they stood in the query (aws/meant.h) */
    struct arena *arena; /* lives as long as the request */
    /*
     * The bucket that stands in the host name (virtual-host style); set by the router before
     * aws_auth_check, absent otherwise. SigV2 signs it as part of the resource.
     */
    str host_bucket;
};
/* All of req's, copied where needed into req->arena; headers of one name as one. */
struct aws_wire aws_wire_of(struct net_req *req);
/* First header of that name (without case), absent when missing. */
str aws_wire_header(const struct aws_wire *wire, const char *name);

/*
 * A refusal, ready for the request:
 *   aws_fail(rq, fault.error, STR_FMT, STR_ARG(fault.message));
 *   for each detail: aws_fail_detail(rq, detail.name, detail.value);
 */
enum { AWS_FAULT_DETAILS = 8 };
struct aws_wire_fault {
    const struct aws_error *error; /* NULL: none */
    str message;
    struct aws_wire_detail {
        const char *name; /* S3: "StringToSign", "CanonicalRequest", "AWSAccessKeyId", … */
        str value;
    } details[AWS_FAULT_DETAILS];
    size_t n_details;
};

enum aws_auth_kind { AWS_AUTH_ANONYMOUS, AWS_AUTH_V4_HEADER, AWS_AUTH_V4_QUERY, AWS_AUTH_V2_QUERY };

struct aws_auth {
    enum aws_auth_kind kind;
    str access_key;    /* as claimed; absent for anonymous */
    str scope_date;    /* "20261122"; absent for anonymous and SigV2 */
    str scope_region;  /* absent likewise */
    str scope_service; /* "s3", "sns", "lambda", …: the signing name */
    /* x-amz-content-sha256 as signed; absent when the body itself must be hashed */
    str payload_hash;
    /*
     * The request as its signature means it, with the headers that a presigned URL of S3 has in its
     * query: what is routed and decoded
     */
    struct aws_wire meant;
    int64_t signed_ms;  /* X-Amz-Date, or 0 */
    int64_t expires_ms; /* presigned: when it ends; else 0 */

    /*
     * Set by the caller before aws_auth_check: the only service that the scope may name; absent:
     * any.
     */
    str belongs_to;

    /* After aws_auth_check. */
    struct aws_identity *identity; /* NULL: anonymous */
    bool awaits_body;              /* aws_auth_body must still verify the signature */
    /* What signed chunks chain from (aws/payload.h). */
    const struct sign_key *key; /* in the request's arena */
    str amz_date;               /* as signed */
    char signature[65];         /* the seed: lower-case hex */

    struct aws_wire_fault fault; /* set where a function answered AWS_FAILED */
    struct aws_auth_priv *priv;  /* parsed form, in the arena */
};

/* *auth is overwritten. now_ms: real time; 0 asks the clock. wire must outlive auth. */
void aws_auth_read(struct aws_auth *auth, const struct aws_wire *wire, int64_t now_ms);
/*
 * 0, or AWS_FAILED with auth->fault. Anonymous requests pass with identity NULL: whether the
 * operation may be called so is the caller's to decide (aws_auth_fail_anonymous words the refusal).
 */
int aws_auth_check(struct aws_auth *auth, enum aws_dialect dialect,
                   const struct aws_identity_source *source);
/* sha256: of the body as it came over the wire. 0 or AWS_FAILED. Without awaits_body: 0. */
int aws_auth_body(struct aws_auth *auth, const unsigned char sha256[32]);
/*
 * Sets auth->fault to what the dialect answers an unsigned request: MissingAuthenticationToken, S3:
 * AccessDenied.
 */
int aws_auth_fail_anonymous(struct aws_auth *auth, enum aws_dialect dialect);
void aws_auth_deinit(struct aws_auth *auth);
