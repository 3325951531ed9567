/*
 * net/request: one request, driven by libmicrohttpd's callback.
 *
 * libmicrohttpd calls the same function when the head is complete, for each piece of the body, when
 * the request is complete, and again after a resume; `step` says which of these it is. An answer is
 * kept in request.response until libmicrohttpd takes it: it refuses one in the middle of a body,
 * and one that is queued at the head costs the connection, so both are put off where that is cheap.
 */
#include "base/log.h"
#include "net/gate.h"
#include "net/net_priv.h"

#include <gnutls/gnutls.h>
#include <poll.h>
#include <string.h>

static struct net_request *request_of(const struct net_req *req) {
    return LIST_ENTRY((const char *)req, struct net_request, req);
}

struct net_conn *net_conn_of(struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* ---- The connection ---- */

void net_mark(struct net_req *req) { atomic_fetch_add(&request_of(req)->conn->origin->marks, 1); }

str net_tls_version(const struct net_req *req) {
    const union MHD_ConnectionInfo *info =
        req->tls ? MHD_get_connection_info(request_of(req)->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)
                 : NULL;
    if (!info || !info->tls_session)
        return STR_NONE;
    switch (gnutls_protocol_get_version(info->tls_session)) {
    case GNUTLS_TLS1_0: return S("1.0");
    case GNUTLS_TLS1_1: return S("1.1");
    case GNUTLS_TLS1_2: return S("1.2");
    case GNUTLS_TLS1_3: return S("1.3");
    default: return STR_NONE;
    }
}

/* ---- Making and freeing ---- */

struct net_request *net_request_new(struct net_conn *conn, struct MHD_Connection *mhd, str target) {
    struct arena arena = {0}; /* it lies in its own */
    struct net_request *r = arena_new(&arena, struct net_request);
    r->req.arena = arena;
    r->conn = conn;
    r->mhd = mhd;
    r->app = conn->origin->app;
    r->target = arena_str(&r->req.arena, target);
    return r;
}

/*
 * The request line has come: the only moment at which the target is as the client sent it. What
 * stands behind '?' is cut off from libmicrohttpd's copy: it would parse each argument into the
 * connection's memory, for nobody, and (0.9.75) hang where that is not enough.
 */
void *net_on_uri(void *cls, const char *uri, struct MHD_Connection *mhd) {
    (void)cls;
    struct net_conn *conn = net_conn_of(mhd);
    if (!conn)
        return NULL;
    struct net_request *r = net_request_new(conn, mhd, str_c(uri ? uri : ""));
    char *query = uri ? strchr(uri, '?') : NULL;
    if (query && query[1])
        query[1] = '\0';
    if (net_phase_of(&conn->member) != PHASE_HEAD)
        net_beat(&conn->member, PHASE_HEAD);
    LOCK_SCOPE(&conn->lock);
    conn->request = r;
    return r;
}

void net_request_begun(struct net_request *r) {
    r->begun = true;
    r->conn->origin->net->under_way++;
}

void net_request_over(struct net_request *r) {
    struct net *net = r->conn->origin->net;
    if (r->begun)
        r->app->done(r->app->ctx, &r->req);
    if (r->response)
        MHD_destroy_response(r->response);
    bool begun = r->begun;
    struct arena arena = r->req.arena;
    arena_deinit(&arena);
    if (begun && --net->under_way == 0)
        net_wake_quiet(net);
}

static void count_unparked(struct net *net, const struct net_request *r) {
    net->parked_of_port -= !r->held && !r->conn->origin->local;
    if (--net->parked == 0)
        net_wake_quiet(net);
}

void net_on_completed(void *cls, struct MHD_Connection *mhd, void **request,
                      enum MHD_RequestTerminationCode code) {
    (void)mhd;
    (void)code;
    struct net *net = cls;
    struct net_request *r = *request;
    if (!r)
        return;
    *request = NULL;
    net_beat(&r->conn->member, PHASE_IDLE);
    r->conn->for_head = false;
    pthread_mutex_lock(&r->conn->lock);
    r->conn->request = NULL;
    pthread_mutex_unlock(&r->conn->lock);

    /* The client went away between net_resume and the callback that it is for. */
    if (r->parked)
        count_unparked(net, r);
    net_request_over(r);
}

/* ---- The head ---- */

struct head_walk {
    struct net_field *fields;
    size_t n, most;
};

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   size_t key_len, const char *value, size_t value_len) {
    (void)kind;
    struct head_walk *w = cls;
    if (w->n == w->most)
        return MHD_NO;
    w->fields[w->n++] =
        (struct net_field){str_n(key, key_len), str_n(value ? value : "", value_len)};
    return MHD_YES;
}

/* What libmicrohttpd has found, with the blanks that it has left. The caller trims. */
static struct head_walk take_headers(struct net_request *r) {
    int n = r->mhd ? MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, NULL, NULL) : 0;
    struct head_walk w = {.most = n > 0 ? (size_t)n : 0};
    w.fields = arena_alloc(&r->req.arena, w.most * sizeof *w.fields);
    if (n > 0)
        MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, take_header, &w);
    return w;
}

static void keep_headers(struct net_request *r, const struct head_walk *w) {
    for (size_t i = 0; i < w->n; i++)
        w->fields[i].value = str_trim(w->fields[i].value);
    r->req.headers = w->fields;
    r->req.n_headers = w->n;
}

str net_header(const struct net_req *req, const char *name) {
    str wanted = str_c(name);
    for (size_t i = 0; i < req->n_headers; i++)
        if (str_eq_nocase(req->headers[i].name, wanted))
            return req->headers[i].value;
    return STR_NONE;
}

static enum MHD_Result gate_one(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_len,
                                const char *value, size_t value_len) {
    (void)kind;
    gate_header(cls, str_n(key, key_len), str_n(value, value ? value_len : 0));
    return MHD_YES;
}

void net_gate_headers(struct MHD_Connection *mhd, struct gate *g) {
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, gate_one, g);
}

/*
 * What libmicrohttpd has taken of the connection's memory for the head: its bytes, a record for each
 * header and for each part of the first Cookie header, which it copies as well.
 */
static size_t cost_of_head(struct net_request *r, size_t head_len, unsigned headers) {
    enum { RECORD_BYTES = 64 };
    size_t cookie = net_header(&r->req, "Cookie").len;
    unsigned crumbs =
        cookie ? (unsigned)MHD_get_connection_values_n(r->mhd, MHD_COOKIE_KIND, NULL, NULL) : 0;
    return head_len + cookie + ((size_t)headers + crumbs) * RECORD_BYTES;
}

static bool pass_gate(struct net_request *r, struct gate *g, const char *method,
                      const char *version) {
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    size_t head_len = size ? size->header_size : 0;
    gate_start(g, str_c(method), r->target, str_c(version), str_n(method, head_len));
    if (head_len == 0) /* there would be no walk */
        gate_refuse(g, 400, "this is not the head of an HTTP request");
    struct head_walk w = take_headers(r);
    for (size_t i = 0; i < w.n; i++)
        gate_header(g, w.fields[i].name, w.fields[i].value);
    keep_headers(r, &w);
    r->cost = cost_of_head(r, head_len, g->headers);
    if (gate_finish(g) == 0 && r->cost > NET_POOL_BYTES - NET_ANSWER_BYTES)
        gate_refuse(g, 431, "the request's head is too long");
    return g->status == 0;
}

/*
 * libmicrohttpd 1.0 sends no 100 where no body comes; 0.9 does. botocore takes the answer that came in
 * its place for the answer to whatever the same connection asks next with an Expect, and then waits
 * for the rest of it (awsrequest.py: response_class): so the connection ends with the answer.
 */
static bool closes_instead_of_continue(const struct net_req *req) {
    return !req->has_body && net_header(req, "Expect").p != NULL &&
           strncmp(MHD_get_version(), "0.", 2) != 0;
}

void net_request_fill(struct net_request *r, const char *method) {
    struct net_req *req = &r->req;
    if (!req->headers) { /* no gate has looked at them */
        struct head_walk w = take_headers(r);
        keep_headers(r, &w);
    }
    req->method = str_c(method);
    req->target = r->target;
    str_cut(r->target, '?', &req->path, &req->query);
    req->tls = r->conn->tls;
    req->local = r->conn->origin->local;
    req->peer_ip = str_c(r->conn->peer_ip);
    req->origin_ctx = r->conn->origin->ctx;

    str length = net_header(req, "Content-Length");
    req->has_length = str_to_u64(length, &req->content_length);
    bool chunked = net_header(req, "Transfer-Encoding").p != NULL;
    req->has_body = chunked || (req->has_length && req->content_length > 0);
    /* As libmicrohttpd, which sends the 100: HTTP/1.0 has none, and without a body it is moot. */
    req->expects_continue = req->has_body && net_header(req, "Expect").p != NULL;
    if (closes_instead_of_continue(req))
        r->close = true;
}

/* ---- Answers ---- */

static enum MHD_Result queue(struct net_request *r) {
    net_beat(&r->conn->member, PHASE_SEND);
    if (r->close || r->conn->origin->net->stopping)
        MHD_add_response_header(r->response, "Connection", "close");
    return net_queue(r->mhd, r->status, r->response);
}

/* The client's turn, where there is a body. */
static enum MHD_Result wait_for_rest(struct net_request *r, enum net_step step) {
    r->step = r->req.has_body ? step : STEP_END;
    if (r->req.has_body)
        net_beat(&r->conn->member, PHASE_BODY);
    return MHD_YES;
}

/*
 * begin (or what it suspended for) has answered. Without a body the answer waits for the final
 * call, because libmicrohttpd closes the connection after one that is queued now.
 */
static enum MHD_Result answered_early(struct net_request *r) {
    const struct net_req *req = &r->req;
    if (!req->has_body) {
        r->step = STEP_END;
        return MHD_YES;
    }
    if (!req->expects_continue && req->has_length && req->content_length <= NET_DRAIN_EARLY) {
        return wait_for_rest(r, STEP_DRAIN);
    }
    r->conn->linger = true;
    return queue(r);
}

static enum MHD_Result nobody_answered(struct net_request *r) {
    log_error("net", "no answer was given to %.*s %.*s", STR_ARG(r->req.method),
              STR_ARG(r->req.path));
    net_reply_bytes(&r->req, 500, S(""));
    return queue(r);
}

/* A callback has returned: what now? */
static enum MHD_Result go_on(struct net_request *r) {
    if (r->parked)
        return MHD_YES;
    if (r->response)
        return r->step == STEP_HEAD ? answered_early(r) : queue(r);
    if (r->step == STEP_END)
        return nobody_answered(r);
    return wait_for_rest(r, STEP_BODY);
}

/* ---- Steps ---- */

static bool is_chunked(const struct net_request *r) {
    return r->req.has_body && !r->req.has_length;
}

/*
 * Chunks, and trailers above all, may end elsewhere for 0.9.75 than for whoever stands in front (a
 * bare line feed, a line that begins with a colon or a zero byte): what follows must not be a
 * request. A client that has sent one already still gets the answer.
 */
static void close_after_chunks(struct net_request *r) {
    const struct net_origin *origin = r->conn->origin;
    if (!origin->net->strict && !origin->local && is_chunked(r))
        r->close = r->conn->linger = true;
}

static enum MHD_Result at_head(struct net *net, struct net_request *r, const char *method,
                               const char *version) {
    struct gate g;
    net_beat(&r->conn->member, PHASE_BUSY);
    bool passed = pass_gate(r, &g, method, version);
    if (net->stopping)
        return MHD_NO;
    net_request_fill(r, method);
    if (!passed) {
        net_refuse(r, &(struct net_refusal){g.status, g.reason});
        return MHD_NO;
    }
    close_after_chunks(r);
    net_request_begun(r);
    r->app->begin(r->app->ctx, &r->req);
    return go_on(r);
}

static enum MHD_Result at_piece(struct net_request *r, const char *data, size_t *data_len) {
    size_t n = *data_len;
    *data_len = 0;
    r->step_bytes += n;
    if (r->step_bytes >= NET_BODY_STEP) {
        r->step_bytes = 0;
        net_beat(&r->conn->member, PHASE_BODY);
    }
    if (r->step == STEP_DRAIN) {
        r->drained += n;
        return r->drained <= NET_DRAIN_LATE ? MHD_YES : MHD_NO;
    }
    r->app->body(r->app->ctx, &r->req, data, n);
    if (r->response)
        r->step = STEP_DRAIN;
    return MHD_YES;
}

/*
 * Whether the head is what it was. Where the first line of a trailer comes in pieces and begins with
 * a blank, 0.9.75 takes it for the continuation of the head's last header, and writes over that.
 */
static bool head_has_stayed(struct net_request *r, const char *method, const char *version) {
    struct gate g;
    return !is_chunked(r) || pass_gate(r, &g, method, version);
}

static enum MHD_Result at_end(struct net_request *r, const char *method, const char *version) {
    r->step = STEP_END;
    if (r->response)
        return queue(r);
    net_beat(&r->conn->member, PHASE_BUSY);
    if (!head_has_stayed(r, method, version)) {
        net_refuse(r, &(struct net_refusal){400, "the body's trailer is not well-formed"});
        return MHD_NO;
    }
    r->app->end(r->app->ctx, &r->req);
    return go_on(r);
}

static enum MHD_Result resumed(struct net *net, struct net_request *r) {
    r->parked = false;
    count_unparked(net, r);
    if (r->conn->cut || net->cutting)
        return MHD_NO;
    void (*then)(void *ctx, struct net_req *req) = r->then;
    void *ctx = r->then_ctx;
    r->then = NULL;
    then(ctx, &r->req);
    return go_on(r);
}

enum MHD_Result net_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
                               const char *method, const char *version, const char *data,
                               size_t *data_len, void **request) {
    (void)url;
    (void)mhd;
    struct net *net = cls;
    struct net_request *r = *request;
    if (!r)
        return MHD_NO;
    if (r->parked)
        return resumed(net, r);
    if (r->conn->cut || net->cutting)
        return MHD_NO;
    if (*data_len)
        return at_piece(r, data, data_len);
    return r->begun ? at_end(r, method, version) : at_head(net, r, method, version);
}

/* ---- Parking ---- */

/*
 * Only the thread that moves `park` away from PARK_PARKED or PARK_HELD resumes: the connection cannot go away
 * before that. libmicrohttpd handles the resume in the connection's own thread, so also never
 * before the callback that suspended has returned.
 */
static void unpark(struct net_request *r) {
    int parked = PARK_PARKED;
    if (atomic_compare_exchange_strong(&r->park, &parked, PARK_RUNNING))
        MHD_resume_connection(r->mhd);
}

/* False: net_resume came first, and the request goes on. */
static bool park(struct net_request *r, int as) {
    struct net *net = r->conn->origin->net;
    r->parked = true;
    r->held = as == PARK_HELD;
    net->parked++;
    net->parked_of_port += !r->held && !r->conn->origin->local;
    MHD_suspend_connection(r->mhd);

    int running = PARK_RUNNING;
    if (atomic_compare_exchange_strong(&r->park, &running, as))
        return true;
    r->park = PARK_RUNNING;
    MHD_resume_connection(r->mhd);
    return false;
}

void net_suspend(struct net_req *req, void (*then)(void *ctx, struct net_req *req), void *ctx) {
    struct net_request *r = request_of(req);
    r->then = then;
    r->then_ctx = ctx;
    /* Whoever cuts sets the flag first and looks for parked requests then; so one of us sees it. */
    if (park(r, PARK_PARKED) && (r->conn->cut || r->conn->origin->net->cutting))
        unpark(r);
}

void net_hold(struct net_req *req, void (*then)(void *ctx, struct net_req *req), void *ctx) {
    struct net_request *r = request_of(req);
    r->then = then;
    r->then_ctx = ctx;
    park(r, PARK_HELD);
}

void net_resume(struct net_req *req) {
    struct net_request *r = request_of(req);
    int running = PARK_RUNNING, held = PARK_HELD;
    if (atomic_compare_exchange_strong(&r->park, &running, PARK_WOKEN))
        return;
    if (atomic_compare_exchange_strong(&r->park, &held, PARK_RUNNING))
        MHD_resume_connection(r->mhd);
    else
        unpark(r);
}

bool net_client_is_gone(const struct net_req *req) {
    const struct net_request *r = LIST_ENTRY((const char *)req, struct net_request, req);
    struct pollfd look = {.fd = r->conn->fd, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0;
}

void net_request_cut(struct net_conn *conn) {
    LOCK_SCOPE(&conn->lock);
    if (conn->request)
        unpark(conn->request);
}
