#pragma once
/*
 * aws's own side of a request (struct rq_priv) and what its files share. One thread at a time works
 * on a request: the pool thread that net gave it to, or the caller of aws_call.
 */
#include "aws/auth.h"
#include "aws/bodies.h"
#include "aws/call.h"
#include "aws/codec_priv.h"
#include "aws/model.h"
#include "aws/op.h"
#include "aws/payload.h"
#include "aws/right_priv.h"
#include "aws/row.h"
#include "aws/rq.h"
#include "aws/workers.h"
#include "net/net.h"

#include <pthread.h>

/* ---- Common errors ---- */
/* How the service spells errors that are none of its own. */
static inline enum aws_dialect aws_dialect_of(const struct api_service *api) {
    return (enum aws_dialect)api->dialect;
}
/* The row in the spelling of the request's service. */
const struct aws_error *aws_common_error(const struct rq *rq, enum aws_common kind);
#define aws_fail_common(rq, kind, ...) aws_fail((rq), aws_common_error((rq), (kind)), __VA_ARGS__)
/* Makes a fault of auth or payload the request's error, its details included. Always AWS_FAILED. */
int aws_fail_fault(struct rq *rq, const struct aws_wire_fault *fault);

/* ---- The cloud ---- */
/*
 * A service that was added, with its table of operations turned into rows by the model's index, so
 * that routing needs no search.
 */
struct cloud_service {
    const struct aws_service *service;
    const struct aws_op **rows; /* by index in api->ops; NULL: not implemented */
    struct rights *rights;
};
/* Built before the first request and constant afterwards: any thread. Texts are the cloud's own. */
struct aws_cloud {
    struct aws_options options;
    struct keys *keys;
    char *default_region, *default_account, *endpoint;
    /* by api->index; the last stays empty, for those that we do not have */
    struct cloud_service services[API_N_SERVICES + 1];
    struct router *router;
    struct aws_bodies *bodies;
    /* for OP_LONG and large uploads; for those that wait for their turn, which is short */
    struct aws_workers *workers, *turns;
};
/* The added service of that model, or NULL. */
const struct aws_service *aws_cloud_service(const struct aws_cloud *cloud,
                                            const struct api_service *api);
/* … by its name, as ARNs and actions have it: "sqs". */
const struct aws_service *aws_cloud_service_named(const struct aws_cloud *cloud, str name);
/* What the request's operation asks. rq->op and its service are set. */
const struct op_rights *aws_cloud_rights(const struct rq *rq);

/* ---- Condition keys (keys.c) ---- */
/* The table, and the actions that are ever asked about. The caller frees it. */
struct keys *keys_new(void);
struct keys *keys_free(struct keys *keys);
/* Before the first request; what the service's rows say is borrowed. */
void keys_add(struct keys *keys, const struct aws_service *service, const struct rights *rights);
/* Tells the log, once a key, that a stored document names one that is unknown. NULL: none. */
void keys_tell_unknown(struct keys *keys, const struct policy *policy);
#ifdef CALOTYPE_CHECKS
/* Aborts when a key was filled that the table does not list as filled. */
void keys_check_filled(struct keys *keys, const struct policy_context *context);
#endif

/* ---- Routing ---- */
/* How a request is encoded, and its answer likewise. One service may speak several. */
enum aws_protocol {
    PROTOCOL_JSON,
    PROTOCOL_QUERY,
    PROTOCOL_REST_XML,
    PROTOCOL_REST_JSON,
    PROTOCOL_CBOR
};
enum { LABELS_MAX = 6 };
/* A part of the path that stands for a member: "{Bucket}" of the template. */
struct label {
    str name, value; /* the template's and the path's, decoded */
};
/*
 * What a request is for, as far as its head says. Texts live in the request's arena, or are the
 * request's own.
 */
struct route {
    const struct api_service *api;
    const struct api_op *op; /* NULL while a form's Action has not been read */
    enum aws_protocol protocol;
    str target; /* the operation's name as asked for, for error texts */
    str host_bucket;
    struct label labels[LABELS_MAX];
    size_t n_labels;
    /* without empty and dot segments, for the services that sign it so */
    str path;
    struct codec_param *params; /* of the query string */
    size_t n_params;
    enum aws_common error; /* where aws_route_request answers AWS_FAILED */
    /* … because of the whole service, which target names; api has only a dialect then */
    bool unknown_service;
};
struct router;
/*
 * The routes of all models, not only of the services that were added: what we do not have is
 * refused by its name. Constant: any thread. The caller frees it.
 */
struct router *aws_router_new(void);
struct router *aws_router_free(struct router *router);
/* 0, or AWS_FAILED with route->error; api and protocol are set even then. */
int aws_route_request(const struct router *router, const struct aws_wire *wire,
                      const struct aws_auth *auth, struct arena *arena, struct route *route);

/*
 * covered.c: is everything that the operation reads from the query signed, and signed once?
 * *reterr_name: the parameter that is not. S3 and the rest and query services; the others read none.
 */
enum aws_cover { AWS_COVERED, AWS_COVER_UNSIGNED, AWS_COVER_TWICE };
enum aws_cover aws_covered(const struct route *route, enum aws_auth_kind kind, str *reterr_name);

/* ---- A request ---- */
/* A header of the answer; the name is static, the value in the request's arena. */
struct out_header {
    const char *name;
    str value;
    struct out_header *next;
};
/* A further member of an error document (S3's BucketName, DynamoDB's Item), in the arena. */
struct out_detail {
    const char *name;
    str value;
    bool is_json; /* value is JSON text */
    struct out_detail *next;
};
/* Of rq_on_done; a list, the newest first. */
struct done_hook {
    void (*fn)(void *ctx);
    void *ctx;
    struct done_hook *next;
};
/*
 * aws_suspend and aws_resume may meet in either order: RESUMED is a resume that came first. Under
 * wait_lock.
 */
enum wait_state { WAIT_NONE, WAIT_PARKED, WAIT_RESUMED };

/*
 * What handlers do not touch. Allocated together with its struct rq, and zeroed: the has_… flags
 * tell what is to be released at the end.
 */
struct rq_priv {
    struct store_snap *snap;
    struct store_batch *batch;
    struct rows rows, rows_newest; /* row.c */

    const struct aws_error *error; /* set by aws_fail */
    str message;
    struct out_detail *details;

    struct out_header *headers, **headers_end;
    struct buf payload;
    struct items *items; /* lists of the answer that the handler has written (items.c) */
    uint64_t stream_size;
    ssize_t (*stream_read)(void *ctx, uint64_t offset, void *p, size_t n);
    void (*stream_release)(void *ctx);
    void *stream_ctx;

    struct done_hook *hooks;

    aws_handler_fn *handler;    /* that is being run */
    aws_handler_fn *then;       /* of aws_suspend */
    struct aws_work work;       /* in a worker: … */
    int (*step)(struct rq *rq); /* … what it does there, */
    int stepped;                /* and what that returned */
    pthread_mutex_t wait_lock;
    pthread_cond_t wait_cond;

    struct policy_context *context; /* the keys that every question of the request has */
    str resource_arn;               /* of the row's check */
    unsigned turn;                  /* of the row that the last attempt lost, or found awaited */
    bool in_turn;                   /* it is ours: nobody else's is looked at */

    aws_sink_fn *sink;
    void *sink_stream;

    struct route route;
    struct aws_wire sent; /* what is signed; and what it means, which all but auth.c look at: */
    struct aws_wire wire;
    struct aws_auth auth;
    struct aws_body body;
    struct aws_held held; /* the body of operations that do not stream */
    struct buf unpacked;  /* … and what it was before it was compressed */
    str endpoint;

    int status; /* 0: the operation's own */
    enum wait_state wait;
    bool refused; /* rq_note_refusal */
    bool has_payload, has_stream, has_auth, has_body;
    bool has_json; /* payload is a JSON document, of rq_out_json */
    bool fits;     /* the input keeps the model's constraints: they were checked as it was read */
};

/*
 * A request of nobody: its caller, operation and document are to be filled in. Its id is drawn and
 * its times are taken here; account and region are the cloud's default ones. The caller frees it.
 */
struct rq *aws_rq_new(struct aws_cloud *cloud);
/* Runs the rq_on_done hooks, the newest first, and frees all. */
struct rq *aws_rq_free(struct rq *rq);
/*
 * Before a re-run: drops batch, snapshot, answer and error. What was read of the request itself,
 * caller and document, stays.
 */
void aws_rq_reset(struct rq *rq);

/* ---- Steps; each 0 or AWS_FAILED ---- */
int aws_find_row(struct rq *rq); /* of route.op: its row and service */
/* AWS_FAILED: the name of an operation without a row */
int aws_fail_unsupported(struct rq *rq, str op);
int aws_check_covered(struct rq *rq); /* the query's parameters, of what was routed */
/* a body that came with Content-Encoding: gzip, but for S3; rq->payload.bytes is replaced */
int aws_gunzip(struct rq *rq);
/* What aws_held_… answered, as the request's error. Always AWS_FAILED. */
int aws_fail_held(struct rq *rq, int r);
/* Counts what a large rq->payload.bytes will take as a document. */
int aws_weigh(struct rq *rq);
int aws_decode(struct rq *rq); /* fills rq->in from route, labels, headers and body */
/*
 * The input against its shapes: required members, lengths, ranges, patterns, enums. The service's
 * invalid hook may word what is wrong.
 */
int aws_validate(struct rq *rq);
/* The same question without a request, for tests: are all constraints kept? */
bool aws_document_fits(const struct api_shape *shape, const json_t *doc);
/* Asks every right of the operation's rows, and the service's hooks. */
int aws_authorize_row(struct rq *rq);
/* The fifth part of an ARN, a view; empty where it names no account, as S3's do not. */
str aws_arn_account(str arn);
/* aws:ResourceTag/KEY of the question's resource. 0 or AWS_FAILED. */
int aws_context_add_resource_tags(struct rq *rq, const struct aws_question *question,
                                  struct policy_context *c);
/* prefix and the tag's key → its value, of a list of {Key, Value} or a map. */
void aws_context_add_tags(struct policy_context *c, str prefix, const json_t *tags);
/* Whether the key is one of those; and whether it is one that aws_context_add_question adds. */
bool aws_context_is_tag_of_resource(str key);
bool aws_context_is_of_question(str key);
/* The keys about who calls, and about when, for any question. */
void aws_context_add_principal(struct policy_context *c, const struct aws_identity *id);
void aws_context_add_time(struct policy_context *c);
/* A service principal that calls from a region. */
void aws_context_add_service(struct policy_context *c, str service, str region);
/*
 * context.c: the keys that every question has, made once and as far as they are asked for; and those
 * of one, about this item of the right's list.
 */
const struct policy_context *aws_context_of_request(struct rq *rq);
int aws_context_add_question(struct rq *rq, const struct right *right,
                             const struct aws_question *question, size_t item,
                             struct policy_context *c);
/* the sink of an operation that streams a body of so many bytes, 0: unknown */
int aws_open(struct rq *rq, uint64_t size);
/* Runs handler (with re-runs) and commits: 0, AWS_FAILED, AWS_SUSPENDED. */
int aws_run(struct rq *rq, aws_handler_fn *handler);
/*
 * Its two halves: the first may answer STORE_E_CONDITION, that others were faster each time; the
 * second waits for its turn then, so no thread of net's runs it.
 */
int aws_run_free(struct rq *rq, aws_handler_fn *handler);
int aws_run_in_turn(struct rq *rq);
/* Makes rq->out of what the handler wrote by rq_out_json, if it did. 0 or AWS_FAILED. */
int aws_take_json(struct rq *rq);
/* The answer in the protocol's form, given to net. failed: rq's error. */
void aws_reply(struct rq *rq, bool failed);

/* ---- refuse.c ---- */
/* net_app.refuse: answers in the form of the service that the head names, S3's without one. */
void aws_refuse(void *ctx, struct net_req *req, const struct net_refusal *why);
