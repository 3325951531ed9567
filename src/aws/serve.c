/*
 * The life of a request from the wire, as net's callbacks (net/net.h):
 *
 *   begin  read the claim, route, check the signature; a streaming operation is decoded, validated,
 *          authorised and opened here, before the client is told to go on
 *   body   unframe and verify; to the operation's sink, or held (aws/bodies.h)
 *   end    the rest of the signature; decode, validate, authorise; run; answer
 *
 * The first step that fails answers, and net drains or cuts what is left of the body. What may take
 * long, or must wait for its turn, is done by a worker (aws/workers.h), and answered here again.
 */
#include "aws/aws_priv.h"
#include "base/map.h"

#include <errno.h>

/* ---- Finding the row ---- */

static int fail_route(struct rq *rq) {
    const struct route *route = &rq->priv->route;
    if (route->error == COMMON_NOT_IMPLEMENTED && !route->unknown_service)
        return aws_fail_unsupported(rq, route->target);
    if (route->error == COMMON_NOT_IMPLEMENTED)
        return aws_fail_common(rq, COMMON_NOT_IMPLEMENTED,
                               "calotype does not serve the API of '" STR_FMT "'",
                               STR_ARG(route->target));
    if (route->error != COMMON_UNKNOWN_OP || route->protocol == PROTOCOL_REST_XML)
        return aws_fail_common(rq, route->error, NULL);
    if (route->protocol == PROTOCOL_QUERY)
        return aws_fail_common(rq, COMMON_UNKNOWN_OP,
                               "Could not find operation " STR_FMT " for version " STR_FMT,
                               STR_ARG(route->target), STR_ARG(route->api->version));
    return aws_fail_common(rq, COMMON_UNKNOWN_OP, NULL);
}

static int check_anonymous(struct rq *rq);

/* Unsigned, only what clients send so; of the rest not even the name is told. */
static int find_row_of_form(struct rq *rq) {
    const struct api_op *op = rq->priv->route.op;
    if (!rq->caller && !(op && op->unsigned_too))
        return check_anonymous(rq);
    if (!op)
        return fail_route(rq);
    return aws_find_row(rq) || check_anonymous(rq) ? AWS_FAILED : 0;
}

/* A form's Action. */
static int route_form(struct rq *rq) {
    struct route *route = &rq->priv->route;
    struct codec_param *params = NULL;
    size_t n = 0;
    struct err err;
    if (wire_params(&rq->arena, rq->payload.bytes, true, &params, &n, &err))
        return aws_fail_common(rq, COMMON_INVALID_URI, "%s", err.text);
    for (size_t i = 0; i < n; i++)
        if (str_is(params[i].key, "Action")) {
            route->target = params[i].value;
            route->op = api_op_find(route->api, route->target);
        }
    route->error = COMMON_UNKNOWN_OP;
    return find_row_of_form(rq);
}

/* ---- Signature and body ---- */

static int check_caller(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    enum aws_dialect dialect = aws_dialect_of(p->route.api);
    if (dialect == AWS_DIALECT_S3) /* it says so; the others take any */
        p->auth.belongs_to = p->route.api->signing_name;
    if (aws_auth_check(&p->auth, dialect, &rq->cloud->options.identities))
        return aws_fail_fault(rq, &p->auth.fault);
    if (!p->auth.identity)
        return 0;
    rq->caller = aws_identity_ref(p->auth.identity);
    if (rq->caller->principal.account.len)
        rq->account = rq->caller->principal.account;
    return 0;
}

/* A form whose Action may be one of those that clients do not sign. */
static bool may_be_unsigned(const struct route *route) {
    bool may = false;
    for (size_t i = 0; route->protocol == PROTOCOL_QUERY && !route->op && i < route->api->n_ops;
         i++)
        may = may || route->api->ops[i].unsigned_too;
    return may;
}

/* Unsigned requests reach only operations that say so. */
static int check_anonymous(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    if (rq->caller || (rq->op && (rq->op->flags & OP_ANONYMOUS)))
        return 0;
    if (rq->op && rq->service->unsigned_call &&
        rq->service->unsigned_call(rq->svc, rq,
                                   p->route.n_labels ? p->route.labels[0].value : STR_NONE))
        return AWS_FAILED;
    aws_auth_fail_anonymous(&p->auth, aws_dialect_of(p->route.api));
    return aws_fail_fault(rq, &p->auth.fault);
}

int aws_fail_held(struct rq *rq, int r) {
    if (r == AWS_BODY_E_CROWDED)
        return aws_fail_common(rq, COMMON_CROWDED, NULL);
    if (r == AWS_BODY_E_TOO_LARGE)
        return aws_fail_common(rq, COMMON_TOO_LARGE, NULL);
    return aws_fault(rq, r, "putting a body aside");
}

static int to_held(void *ctx, const void *bytes, size_t n) {
    struct rq *rq = ctx;
    int r = aws_held_add(&rq->priv->held, bytes, n);
    return r ? aws_fail_held(rq, r) : 0;
}

static int to_sink(void *ctx, const void *bytes, size_t n) {
    struct rq *rq = ctx;
    return rq->priv->sink(rq->priv->sink_stream, rq, bytes, n);
}

static bool streams(const struct rq *rq) { return rq->op && rq->op->open; }

/* The operation's own limit, the service's while a form's Action has not been read, or any's. */
static uint64_t body_most(const struct rq *rq) {
    const struct route *route = &rq->priv->route;
    if (route->op && route->op->max_body)
        return route->op->max_body;
    return route->api->max_body ? route->api->max_body : rq->cloud->options.max_body;
}

/* Whose budget the body is on. */
static enum aws_share share_of(const struct rq *rq) {
    return rq->caller && !rq->priv->auth.awaits_body ? AWS_SHARE_PROVEN : AWS_SHARE_UNPROVEN;
}

static int start_body(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    struct aws_body_options options = {
        .dialect = aws_dialect_of(p->route.api),
        .max_bytes = body_most(rq),
        .has_length = rq->net->has_length,
        .content_length = rq->net->content_length,
        .want_md5 = false, /* S3 makes its ETag itself: beside the body, on another core */
        .foreign_checksum = p->route.op && p->route.op->foreign_checksum,
        .op = p->route.op,
        .is_object = streams(rq),
        .sink = streams(rq) ? to_sink : to_held,
        .sink_ctx = rq,
    };
    if (aws_body_init(&p->body, &p->wire, &p->auth, &options)) {
        aws_fail_fault(rq, &p->body.fault);
        aws_body_deinit(&p->body);
        return AWS_FAILED;
    }
    p->has_body = true;
    aws_held_init(&p->held, rq->cloud->bodies, share_of(rq));
    return 0;
}

static int prepare(struct rq *rq) {
    return aws_decode(rq) || aws_validate(rq) || aws_authorize_row(rq) ? AWS_FAILED : 0;
}

static int open_stream(struct rq *rq) {
    const struct aws_body *body = &rq->priv->body;
    if (prepare(rq))
        return AWS_FAILED;
    return aws_open(rq, body->has_decoded_length ? body->decoded_length : 0);
}

/* ---- net's callbacks ---- */

static int begin(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    p->sent = aws_wire_of(rq->net);
    aws_auth_read(&p->auth, &p->sent, 0);
    p->wire = p->auth.meant;
    p->has_auth = true;
    int r = aws_route_request(rq->cloud->router, &p->wire, &p->auth, &rq->arena, &p->route);
    p->sent.host_bucket = p->wire.host_bucket = p->route.host_bucket;
    if (p->auth.scope_region.len)
        rq->region = p->auth.scope_region;
    if (check_caller(rq))
        return AWS_FAILED;
    if (r)
        return fail_route(rq);
    if (aws_check_covered(rq) || (p->route.op && aws_find_row(rq)))
        return AWS_FAILED;
    if ((!may_be_unsigned(&p->route) && check_anonymous(rq)) || start_body(rq))
        return AWS_FAILED;
    return streams(rq) ? open_stream(rq) : 0;
}

static void on_begin(void *ctx, struct net_req *req) {
    struct rq *rq = aws_rq_new(ctx);
    rq->net = req;
    req->app = rq;
    if (begin(rq))
        aws_reply(rq, true);
}

static void on_body(void *ctx, struct net_req *req, const void *bytes, size_t n) {
    struct rq *rq = req->app;
    struct rq_priv *p = rq->priv;
    (void)ctx;
    if (net_replied(req))
        return;
    if (aws_body_feed(&p->body, bytes, n)) {
        aws_fail_fault(rq, &p->body.fault); /* nothing where the sink has failed already */
        aws_reply(rq, true);
    }
}

static void finish(struct rq *rq, int r);

static void on_resumed(void *ctx, struct net_req *req) {
    struct rq *rq = req->app;
    (void)ctx;
    finish(rq, aws_run_free(rq, rq->priv->then));
}

/* ---- In a worker ---- */

/* net keeps the request until net_resume, after which it may be gone. */
static void work(void *arg) {
    struct rq *rq = arg;
    rq->priv->stepped = rq->priv->step(rq);
    net_resume(rq->net);
}

static void on_worked(void *ctx, struct net_req *req) {
    struct rq *rq = req->app;
    (void)ctx;
    finish(rq, rq->priv->stepped);
}

/* All sessions of a role are one owner. */
static uint64_t owner_of(const struct rq *rq) {
    if (!rq->caller)
        return 0;
    const struct policy_principal *who = &rq->caller->principal;
    return map_hash(who->role_arn.len ? who->role_arn : who->arn);
}

static void put_aside(struct rq *rq, struct aws_workers *workers, int (*step)(struct rq *rq)) {
    struct rq_priv *p = rq->priv;
    p->step = step;
    p->work = (struct aws_work){.fn = work, .ctx = rq, .owner = owner_of(rq)};
    net_hold(rq->net, on_worked, rq);
    aws_workers_add(workers, &p->work);
}

/*
 * Parks the request, unless aws_resume came first. net_suspend is called before the state says so:
 * from then on any thread may resume.
 */
static bool park(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    pthread_mutex_lock(&p->wait_lock);
    bool early = p->wait == WAIT_RESUMED;
    p->wait = early ? WAIT_NONE : WAIT_PARKED;
    if (!early)
        net_suspend(rq->net, on_resumed, rq);
    pthread_mutex_unlock(&p->wait_lock);
    return !early;
}

/* Gives back what the body took. */
static void drop_body(struct rq *rq) {
    aws_held_deinit(&rq->priv->held);
    buf_deinit(&rq->priv->unpacked);
    rq->payload.bytes = S("");
}

/* A request that waits keeps nothing of its body. */
static void finish(struct rq *rq, int r) {
    while (r == AWS_SUSPENDED) {
        drop_body(rq);
        if (park(rq))
            return;
        r = aws_run_free(rq, rq->priv->then);
    }
    if (r == STORE_E_CONDITION)
        put_aside(rq, rq->cloud->turns, aws_run_in_turn);
    else
        aws_reply(rq, r != 0);
}

/* The whole body, in memory. */
static int take_body(struct rq *rq) {
    int r = aws_held_take(&rq->priv->held, &rq->payload.bytes);
    if (r)
        return aws_fail_held(rq, r);
    return aws_gunzip(rq) || aws_weigh(rq) ? AWS_FAILED : 0;
}

/*
 * JSON and CBOR documents are copies of the body's text, and so is what a service has read from one
 * of these (decode.c): a large text need not stay.
 */
static void drop_large_text(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    const struct api_shape *in = p->route.op->in;
    bool is_payload = in && in->payload >= 0;
    if (p->held.decoded && !is_payload && p->route.protocol != PROTOCOL_QUERY &&
        p->route.protocol != PROTOCOL_REST_XML) {
        aws_held_drop_bytes(&p->held);
        buf_deinit(&p->unpacked);
        rq->payload.bytes = S("");
    }
}

/* The signature's last part, and which operation it is. */
static int end_body(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    if (aws_body_end(&p->body, &rq->payload))
        return aws_fail_fault(rq, &p->body.fault);
    if (!streams(rq) && take_body(rq))
        return AWS_FAILED;
    return p->route.op ? 0 : route_form(rq);
}

static int run_free(struct rq *rq) {
    if (!streams(rq)) {
        if (prepare(rq))
            return AWS_FAILED;
        drop_large_text(rq);
    }
    return aws_run_free(rq, rq->op->run);
}

static int run_whole(struct rq *rq) {
    int r = run_free(rq);
    return r == STORE_E_CONDITION ? aws_run_in_turn(rq) : r;
}

/* A large upload's end is a sync of what it wrote. */
static bool takes_long(const struct rq *rq) {
    enum { LARGE = 1 << 20 };
    const struct net_req *net = rq->net;
    return rq->op->flags & OP_LONG ||
           (streams(rq) && (!net->has_length || net->content_length >= LARGE));
}

static void on_end(void *ctx, struct net_req *req) {
    struct rq *rq = req->app;
    (void)ctx;
    if (net_replied(req))
        return;
    if (end_body(rq))
        finish(rq, AWS_FAILED);
    else if (takes_long(rq))
        put_aside(rq, rq->cloud->workers, run_whole);
    else
        finish(rq, run_free(rq));
}

static void on_done(void *ctx, struct net_req *req) {
    (void)ctx;
    req->app = aws_rq_free(req->app);
}

struct net_app aws_cloud_app(struct aws_cloud *cloud) {
    return (struct net_app){.ctx = cloud,
                            .begin = on_begin,
                            .body = on_body,
                            .end = on_end,
                            .done = on_done,
                            .refuse = aws_refuse};
}
