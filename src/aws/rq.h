#pragma once
/*
 * aws/rq: one request, from the wire or from inside (aws/call.h), as a handler sees it.
 *
 * The document. rq->in and rq->out are json_t objects whose members carry the names of the API
 * model ("Bucket", "FunctionName"), whatever the protocol calls them. Timestamps are numbers, epoch
 * seconds (fraction = milliseconds), in both directions; blobs are base64 strings; maps are
 * objects; the codec turns them into the protocol's form. Required members, lengths, patterns,
 * ranges and enums were checked before the handler runs; members that the model does not have are
 * gone. A payload that is a blob (S3's bodies, Lambda's Payload) is not in the document: see
 * rq->payload and rq_out_*; one that is a structure or text (a bucket policy) is. Handlers do not
 * change rq->in.
 *
 * The handler reads from rq_snap(rq), adds to rq_batch(rq), sets rq->out and returns 0. aws then
 * commits; when a condition of the batch did not hold, the handler is run again on a new snapshot,
 * with rq->out dropped and the batch cleared. So a handler's only effects are its batch and its
 * answer. (`open` of a streaming operation runs once, before the body, and leaves the batch alone.)
 * Other returns: aws_fail(…), aws_fault(…), aws_suspend(…).
 *
 * Everything reachable from rq belongs to the thread that runs the handler.
 */
#include "aws/error.h"
#include "aws/identity.h"
#include "base/arena.h"
#include "base/json.h"
#include "hub/hub.h"
#include "store/store.h"

struct aws_cloud;
struct aws_op;
struct aws_service;
struct net_req;

/* The request's body, where the operation streams it (OP_IN) or takes it raw. */
struct aws_payload {
    /* the whole body, for operations that do not stream; gone once the handler has suspended */
    str bytes;
    uint64_t size;   /* decoded bytes received */
    char sha256[65]; /* lower-case hex, when it was computed (signed payloads), else "" */
    char md5[33];    /* likewise: bodies that came with a Content-MD5, else "" */
    /* "CRC32", …: the flexible checksum that was sent and verified, or absent */
    str checksum_algorithm;
    str checksum_value; /* base64 */
    bool framed;        /* it came in aws-chunked frames, which were taken off */
    /*
     * What it must be was said: by a Content-MD5 or a checksum, or by a checksum in a presigned
     * URL, which nobody verifies (aws/meant.c)
     */
    bool has_digest;
};

/*
 * On whose behalf a service calls with the keys of its own caller; zeroed: the caller calls itself,
 * or the service in a role of its own ("Forward access sessions" and "aws:CalledVia", IAM User
 * Guide).
 */
struct aws_behalf {
    bool is_via;    /* aws:ViaAWSService */
    str called_via; /* aws:CalledVia, of the services that AWS lists there; or absent */
};

/*
 * A request. Made by aws, and gone once the answer is sent and the hooks have run; all of it but
 * priv may be read by the handler, and in, out, stream and memo are what it deals with.
 */
struct rq {
    struct arena arena;
    struct aws_cloud *cloud;
    const struct aws_service *service;
    const struct aws_op *op;
    void *svc;
    char id[37];                 /* request id */
    str account;                 /* the caller's, or the resource's for anonymous callers */
    str region;                  /* credential scope, or the default */
    struct aws_identity *caller; /* NULL: anonymous */
    int64_t now_ms;              /* world time at the start */
    int64_t began_ns;            /* the same moment, monotonic: for latencies */
    json_t *in;
    json_t *out;
    struct aws_payload payload;
    void *stream; /* OP_IN: the service's sink, made by the row's open */
    /* what the service has read for this run's batch, in the arena: NULL again behind a commit */
    void *memo;
    int attempt;              /* 0 at first, counts re-runs after STORE_E_CONDITION */
    struct net_req *net;      /* NULL for calls from inside */
    struct aws_behalf behalf; /* of those */
    struct rq_priv *priv;     /* snapshot, batch, error, reply: aws's own */
};

/* The cloud's store. */
struct store *rq_store(struct rq *rq);
/* What this run reads: made at first use, another one for a re-run. Borrowed. */
const struct store_snap *rq_snap(struct rq *rq);
/* What this run will commit: made at first use, empty again for a re-run. Borrowed. */
struct store_batch *rq_batch(struct rq *rq);
/* A header of the request; absent for calls from inside. */
str rq_header(const struct rq *rq, const char *name);
/* "https://host:port" as the client reached us, for URLs in answers (QueueUrl, presigned). */
str rq_endpoint(struct rq *rq);
/*
 * The same for what is secret: never at a name of Amazon's, which is ours only where the name is
 * resolved to us. A sandbox's own address, or the cloud's, then.
 */
str rq_own_endpoint(struct rq *rq);
/* The client's address; "127.0.0.1" for calls from inside and from sandboxes. */
str rq_source_ip(const struct rq *rq);
/* TLS, or a sandbox's own socket, or a call from inside */
bool rq_is_secure(const struct rq *rq);

/* ---- The answer beyond rq->out ---- */
/* Sent with errors too (304's ETag, x-amz-bucket-region). name is not copied; value is. */
void rq_out_header(struct rq *rq, const char *name, str value);
/* Another status than the operation's own in the API model; for errors the row's counts. */
void rq_out_status(struct rq *rq, int status);
/* The payload of the answer as bytes (Lambda's Invoke). Takes the memory: bytes is empty after. */
void rq_out_payload(struct rq *rq, struct buf *bytes);
/*
 * The answer's document as JSON text, in place of rq->out, for answers that are worth it: where the
 * text goes. The handler appends one whole object, with the model's names and kinds (times are
 * numbers); whatever the protocol, the client and a call from inside get what rq->out would have
 * given them. Empty again for a re-run.
 */
struct buf *rq_out_json(struct rq *rq);
/*
 * … or as a stream (S3's GetObject): as net_reply_stream. For a HEAD request only size is used, and
 * read may be NULL. release runs in any case, once.
 */
void rq_out_stream(struct rq *rq, uint64_t size,
                   ssize_t (*read)(void *ctx, uint64_t offset, void *p, size_t n),
                   void (*release)(void *ctx), void *ctx);
/* Runs when the request is over, whatever became of it. LIFO. */
void rq_on_done(struct rq *rq, void (*fn)(void *ctx), void *ctx);
/* For those hooks: what the handler did was committed, and the answer is no error. */
bool rq_went_well(const struct rq *rq);
/*
 * Commits the batch now, for handlers that need the result before they answer: 0,
 * STORE_E_CONDITION, AWS_FAILED. In the first two cases batch, snapshot and memo are as at the
 * begin of a run.
 */
int rq_commit(struct rq *rq);

/*
 * Long waits: `return aws_suspend(rq, then)`. The batch is committed first (and the handler re-run
 * when its conditions did not hold). Any thread later calls aws_resume(rq); `then` runs in a
 * request thread as a handler does, and may suspend again. Works for calls from inside too.
 *
 * aws_resume may come early, and a re-run may have been waited for already: `then` looks for itself
 * whether what it waits for is there. A client may be gone before: whoever keeps rq for aws_resume
 * drops it in an rq_on_done hook, under a lock that it also holds while it calls aws_resume.
 */
typedef int aws_handler_fn(void *svc, struct rq *rq);
int aws_suspend(struct rq *rq, aws_handler_fn *then);
/* False: too many wait already, so a request that would wait for news is answered without it. */
bool aws_may_wait(const struct rq *rq);
void aws_resume(struct rq *rq);

/* ---- Rights that the handler asks for ---- */
/*
 * Most are asked before the handler runs (aws/op.h). MAY rows of the operation are asked here, by
 * name, once the handler knows that they matter: rq_must answers 0, or AWS_FAILED with AccessDenied
 * set. rq_may is the same question without an error, for choosing between 403 and 404; false: *why
 * (NULL allowed) gets the words of AccessDenied. rq_may_item asks for the operation's own right to
 * one item of its list (OP_ITEMWISE), for answers that report it item by item.
 */
struct aws_may {
    char unused;
};
int rq_must(struct rq *rq, const struct aws_may *right);
bool rq_may(struct rq *rq, const struct aws_may *right, struct buf *why);
bool rq_may_item(struct rq *rq, size_t item, struct buf *why);
