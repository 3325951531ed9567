/*
 * The runtime API, on port 9001 of every sandbox (AWS: "Using the Lambda runtime API for custom
 * runtimes"). The listener says which environment speaks, so nothing in a request is trusted but
 * its bytes.
 *
 *   GET  /2018-06-01/runtime/invocation/next           parks until there is an event
 *   POST /2018-06-01/runtime/invocation/ID/response    POST …/ID/error    POST …/init/error
 */
#include "aws/bodies.h"
#include "aws/call.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "svc/lambda/lambda_priv.h"

#include <stdio.h>

#define PREFIX "/2018-06-01/runtime/"
enum { BODY_MOST = 64 * 1024 * 1024 }; /* beyond that the connection is cut */

enum kind { KIND_UNKNOWN, KIND_NEXT, KIND_RESPONSE, KIND_ERROR, KIND_INIT_ERROR };

struct call {
    struct lambda_env *env;
    enum kind kind;
    str id;               /* of the invocation, as named in the path */
    unsigned life;        /* of the program, when the request began */
    struct aws_held held; /* the body on its way, up to LAMBDA_RESPONSE_MOST */
    struct buf body;      /* … once all of it is there */
    uint64_t seen;        /* bytes of the body, those not kept included */
};

/* ---- Routing ---- */
static void route(const struct net_req *req, struct call *call) {
    static const struct {
        const char *method, *path;
        enum kind kind;
    } fixed[] = {
        {"GET", PREFIX "invocation/next", KIND_NEXT},
        {"POST", PREFIX "init/error", KIND_INIT_ERROR},
    };
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        if (str_is(req->method, fixed[i].method) && str_is(req->path, fixed[i].path))
            call->kind = fixed[i].kind;
    str rest, what;
    if (call->kind || !str_is(req->method, "POST") ||
        !str_starts(req->path, S(PREFIX "invocation/")))
        return;
    rest = str_skip(req->path, sizeof PREFIX "invocation/" - 1);
    if (!str_cut(rest, '/', &call->id, &what))
        return;
    call->kind = str_is(what, "response") ? KIND_RESPONSE
                 : str_is(what, "error")  ? KIND_ERROR
                                          : KIND_UNKNOWN;
}

/* ---- Answers ---- */
static void reply(struct net_req *req, int status, const char *type, const char *message) {
    CLEANUP_DEINIT(buf) struct buf body = {0};
    net_reply_header(req, S("Content-Type"), S("application/json"));
    if (type)
        buf_printf(&body, "{\"errorMessage\":\"%s\",\"errorType\":\"%s\"}", message, type);
    else
        buf_c(&body, "{\"status\":\"OK\"}\n");
    net_reply_bytes(req, status, buf_view(&body));
}

static void reply_accepted(struct net_req *req) { reply(req, 202, NULL, NULL); }

static void reply_wrong_state(struct net_req *req) {
    reply(req, 403, "InvalidStateTransition", "State transition is not allowed");
}

/* ---- next ---- */
static void put_number(struct net_req *req, str name, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    net_reply_header(req, name, str_c(text));
}

/*
 * As Lambda has it of what is not traced. X-Ray's SDK logs an error where one of the three parts is
 * missing ("Tracing header", X-Ray Developer Guide).
 */
static void put_trace(struct net_req *req, const char *id) {
    char trace[96];
    snprintf(trace, sizeof trace, "Root=1-%08llx-%.8s%.4s%.4s%.8s;Parent=%.4s%.12s;Sampled=0",
             (unsigned long long)(clock_real_ms() / 1000), id, id + 9, id + 14, id + 24, id + 19,
             id + 24);
    net_reply_header(req, S("Lambda-Runtime-Trace-Id"), str_c(trace));
}

/* env->inv becomes delivered, and the answer is on its way. */
static void reply_event_locked(struct net_req *req, struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    struct lambda_inv *inv = env->inv;
    lambda_env_deliver_locked(env);
    net_reply_header(req, S("Lambda-Runtime-Aws-Request-Id"), str_c(inv->id));
    net_reply_header(req, S("Lambda-Runtime-Invoked-Function-Arn"), buf_view(&env->fn->arn));
    int64_t left_ns = env->deadline_ns - clock_mono_ns();
    put_number(req, S("Lambda-Runtime-Deadline-Ms"), clock_real_ms() + left_ns / 1000000);
    put_trace(req, inv->id);
    if (inv->client_context.len)
        net_reply_header(req, S("Lambda-Runtime-Client-Context"), buf_view(&inv->client_context));
    net_reply_header(req, S("Content-Type"), S("application/json"));
    net_reply_bytes(req, 200, buf_view(&inv->payload));
}

/*
 * A parked /next was woken: for an event, or because the environment is over. Where the runtime has
 * closed that connection, the event waits for its next /next.
 */
static void woken(void *env_, struct net_req *req) {
    struct lambda_env *env = env_;
    LOCK_SCOPE(&env->svc->lock);
    if (env->state == ENV_BUSY && env->inv && !env->inv->delivered && !net_client_is_gone(req))
        reply_event_locked(req, env);
    else
        reply_wrong_state(req);
}

/* Its program runs, as far as we know. */
static bool is_alive(const struct lambda_env *env) {
    return env->state != ENV_HALTING && env->state != ENV_HALTED && env->state != ENV_DYING;
}

static void next(struct net_req *req, struct lambda_env *env) {
    LOCK_SCOPE(&env->svc->lock);
    bool gone = net_client_is_gone(req);
    if (is_alive(env) && !gone)
        lambda_env_ready_locked(env);
    if (env->parked && net_client_is_gone(env->parked))
        lambda_env_drop_parked_locked(env);
    if (!is_alive(env) || gone || env->parked || (env->inv && env->inv->delivered)) {
        reply_wrong_state(req);
    } else if (env->inv) {
        reply_event_locked(req, env);
    } else {
        net_suspend(req, woken, env);
        lambda_env_park_locked(env, req);
    }
}

/* ---- response and error ---- */
/* The types a runtime may report; anything else is named Unknown (API reference). */
static str error_type(const struct net_req *req, const char *unknown) {
    str type = net_header(req, "Lambda-Runtime-Function-Error-Type");
    str head, tail;
    bool known = str_cut(type, '.', &head, &tail) &&
                 (str_is(head, "Runtime") || str_is(head, "Function")) && tail.len &&
                 ascii_is_upper(tail.p[0]);
    for (size_t i = 0; known && i < tail.len; i++)
        known = ascii_is_alpha(tail.p[i]);
    return known ? type : str_c(unknown);
}

static void take_response(struct call *call, struct lambda_inv *inv) {
    if (call->seen > LAMBDA_RESPONSE_MOST) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        buf_printf(&text, "{\"errorType\":\"Function.ResponseSizeTooLarge\",\"errorMessage\":"
                          "\"Response payload size exceeded "
                          "maximum allowed payload size (6291556 bytes).\"}");
        inv->outcome.payload = text;
        text = (struct buf){0};
        inv->outcome.function_error = true;
        return;
    }
    inv->outcome.payload = call->body;
    call->body = (struct buf){0};
}

static void take_error(const struct net_req *req, struct call *call, struct lambda_inv *inv,
                       const char *unknown) {
    inv->outcome.function_error = true;
    CLEANUP_JSON json_t *body = json_parse(buf_view(&call->body), NULL);
    if (json_is_object(body)) {
        inv->outcome.payload = call->body;
        call->body = (struct buf){0};
        return;
    }
    str type = error_type(req, unknown);
    buf_c(&inv->outcome.payload, "{\"errorType\":");
    json_add_quoted(&inv->outcome.payload, type);
    buf_c(&inv->outcome.payload, "}");
}

/*
 * The request is of a program that was ended since: it began before that, or all of it came through
 * a connection that the dead had left in the backlog.
 */
static bool is_stale_locked(const struct net_req *req, const struct call *call) {
    LOCK_HELD(&call->env->svc->lock);
    return call->life != call->env->life || (call->life && net_client_is_gone(req));
}

/* Whether this call may end what the environment has: the named invocation, or its start. */
static bool is_due_locked(const struct net_req *req, const struct call *call) {
    const struct lambda_env *env = call->env;
    LOCK_HELD(&env->svc->lock);
    if (is_stale_locked(req, call))
        return false;
    if (call->kind == KIND_INIT_ERROR)
        return !env->ready && env->state == ENV_STARTING;
    return env->inv && env->inv->delivered && env->state == ENV_BUSY &&
           str_is(call->id, env->inv->id);
}

/*
 * An environment has one answer at a time to give, so what it sends for anything else is refused
 * before its body is read, and nothing of that is kept: a sandbox has hundreds of connections.
 */
static void claim(struct net_req *req, struct call *call) {
    LOCK_SCOPE(&call->env->svc->lock);
    call->life = call->env->life;
    if (is_due_locked(req, call))
        lambda_env_begin_answer_locked(call->env, req);
    else
        reply_wrong_state(req);
}

/* Whether what req sends is still the answer: a later request may have come in its place. */
static bool is_answer(const struct net_req *req, const struct call *call) {
    LOCK_SCOPE(&call->env->svc->lock);
    return call->env->answering == req;
}

/* Ends the invocation that the environment has, when it is the named one. NULL: it is not. */
static struct lambda_inv *finish(struct net_req *req, struct call *call) {
    struct lambda_env *env = call->env;
    LOCK_SCOPE(&env->svc->lock);
    struct lambda_inv *inv = env->inv;
    if (!lambda_env_end_answer_locked(env, req) || !is_due_locked(req, call))
        return NULL;
    if (call->kind == KIND_RESPONSE)
        take_response(call, inv);
    else
        take_error(req, call, inv, "Function.Unknown");
    return lambda_env_settle_locked(env);
}

static void finish_invocation(struct net_req *req, struct call *call) {
    struct lambda_inv *inv = finish(req, call);
    if (!inv)
        reply_wrong_state(req);
    else if (call->seen > LAMBDA_RESPONSE_MOST)
        reply(req, 413, "RequestEntityTooLarge",
              "Exceeded maximum allowed payload size (6291556 bytes).");
    else
        reply_accepted(req);
    if (inv)
        lambda_finish(call->env->svc, inv);
}

/* The function could not be set up: it is tried once more, or its invocation ends so. */
static void fail_init(struct net_req *req, struct call *call) {
    static const char unknown[] = "Runtime.Unknown";
    struct lambda_env *env = call->env;
    struct lambda_inv *inv = NULL;
    char type[64];
    snprintf(type, sizeof type, STR_FMT, STR_ARG(error_type(req, unknown)));
    lock_take(&env->svc->lock);
    bool allowed = lambda_env_end_answer_locked(env, req) && is_due_locked(req, call);
    if (allowed) {
        inv = lambda_env_init_failed_locked(env, type);
        lambda_env_halt_locked(env);
    }
    lock_drop(&env->svc->lock);
    if (allowed)
        reply_accepted(req);
    else
        reply_wrong_state(req);
    if (!inv)
        return;
    take_error(req, call, inv, unknown);
    lambda_finish(env->svc, inv);
}

/* ---- The application ---- */
static void begin(void *, struct net_req *req) {
    struct call *call = mem_new(struct call);
    call->env = req->origin_ctx;
    req->app = call;
    aws_held_init(&call->held, aws_cloud_bodies(call->env->svc->cloud), AWS_SHARE_SANDBOX);
    route(req, call);
    if (call->kind == KIND_UNKNOWN)
        reply(req, 404, "InvalidRequest", "There is no such call in the runtime API");
    else if (call->kind != KIND_NEXT)
        claim(req, call);
}

static void refuse_body(struct net_req *req) {
    net_mark(req); /* our doing, and not the function's */
    reply(req, 503, "ServiceUnavailable", "There is no room for the body at the moment.");
}

static void body(void *, struct net_req *req, const void *p, size_t n) {
    struct call *call = req->app;
    call->seen += n;
    if (call->seen > BODY_MOST && !net_replied(req)) {
        reply(req, 413, "RequestEntityTooLarge",
              "Exceeded maximum allowed payload size (6291556 bytes).");
        net_close_after(req);
    } else if (call->seen <= LAMBDA_RESPONSE_MOST && call->kind != KIND_NEXT && !net_replied(req)) {
        if (!is_answer(req, call))
            aws_held_deinit(&call->held);
        else if (aws_held_add(&call->held, p, n))
            refuse_body(req);
    }
}

/* False: it was answered for. */
static bool take_body(struct net_req *req, struct call *call) {
    if (call->kind == KIND_NEXT)
        return true;
    if (call->seen > LAMBDA_RESPONSE_MOST || !is_answer(req, call)) {
        aws_held_deinit(&call->held); /* whose state is wrong is told so, or that it is too large */
        return true;
    }
    if (aws_held_move(&call->held, &call->body) == 0)
        return true;
    refuse_body(req);
    return false;
}

static void end(void *, struct net_req *req) {
    struct call *call = req->app;
    if (net_replied(req) || !take_body(req, call))
        return;
    switch (call->kind) {
    case KIND_NEXT: next(req, call->env); break;
    case KIND_RESPONSE:
    case KIND_ERROR: finish_invocation(req, call); break;
    case KIND_INIT_ERROR: fail_init(req, call); break;
    case KIND_UNKNOWN: break;
    }
}

/* Always last, also for a /next whose sandbox went away while it was parked. */
static void done(void *svc_, struct net_req *req) {
    struct lambda_svc *svc = svc_;
    struct call *call = req->app;
    if (!call)
        return;
    lock_take(&svc->lock);
    lambda_env_unpark_locked(call->env, req);
    (void)lambda_env_end_answer_locked(call->env, req);
    lock_drop(&svc->lock);
    aws_held_deinit(&call->held);
    buf_deinit(&call->body);
    free(call);
}

struct net_app lambda_runtime_app(struct lambda_svc *svc) {
    return (struct net_app){.ctx = svc, .begin = begin, .body = body, .end = end, .done = done};
}
