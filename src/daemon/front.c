#include "daemon/front.h"

#include "base/clock.h"
#include "cfn/cfn.h"
#include "daemon/daemon.h"

enum { MOST_BODY = 4096, MOST_ANSWER = 64 * 1024 };

static void reply_json(struct net_req *req, int status, json_t *doc) {
    struct buf text = {0};
    json_write(&text, doc);
    buf_char(&text, '\n');
    json_decref(doc);
    net_reply_header(req, S("Content-Type"), S("application/json"));
    if (str_is(req->method, "HEAD"))
        net_reply_head(req, status, text.len);
    else
        net_reply_buf(req, status, &text);
    buf_deinit(&text);
}

static void reply_error(struct net_req *req, int status, const char *text) {
    json_t *doc = json_object();
    json_set_str(doc, "error", str_c(text));
    reply_json(req, status, doc);
}

/* ---- The public port ---- */

/* Marks a request as answered here; the inner application never sees it. */
static char ours;

static bool is_public_health(const struct net_req *req) {
    return str_is(req->path, "/health") &&
           (str_is(req->method, "GET") || str_is(req->method, "HEAD")) && !req->query.p &&
           !net_header(req, "Authorization").p;
}

static bool is_answer(const struct net_req *req) {
    return str_is(req->method, "PUT") && cfn_wants_answer(req->path);
}

static void answer_begin(struct net_req *req) {
    req->app = arena_new(&req->arena, struct buf);
    if (req->content_length > MOST_ANSWER)
        reply_error(req, 413, "the answer is too large");
}

static void answer_body(struct net_req *req, const void *p, size_t n) {
    struct buf *body = req->app;
    if (body->len + n <= MOST_ANSWER + 1) /* cfn refuses what is cut here */
        buf_add(body, p, n);
}

static void answer_end(struct daemon_front *front, struct net_req *req) {
    const struct buf *body = req->app;
    net_reply_bytes(req, cfn_answer(front->cfn, req->path, buf_view(body)), S(""));
}

static void front_begin(void *ctx, struct net_req *req) {
    struct daemon_front *front = ctx;
    if (is_answer(req)) {
        answer_begin(req);
        return;
    }
    if (!is_public_health(req)) {
        front->inner.begin(front->inner.ctx, req);
        return;
    }
    req->app = &ours;
    json_t *doc = daemon_health(front->daemon, false);
    reply_json(req, str_is(json_str(doc, "status"), "ok") ? 200 : 503, doc);
}

static void front_body(void *ctx, struct net_req *req, const void *p, size_t n) {
    struct daemon_front *front = ctx;
    if (is_answer(req))
        answer_body(req, p, n);
    else if (req->app != &ours)
        front->inner.body(front->inner.ctx, req, p, n);
}

static void front_end(void *ctx, struct net_req *req) {
    struct daemon_front *front = ctx;
    if (is_answer(req))
        answer_end(front, req);
    else if (req->app != &ours)
        front->inner.end(front->inner.ctx, req);
}

static void front_done(void *ctx, struct net_req *req) {
    struct daemon_front *front = ctx;
    if (is_answer(req))
        buf_deinit(req->app);
    else if (req->app != &ours)
        front->inner.done(front->inner.ctx, req);
}

struct net_app daemon_front_app(struct daemon_front *front) {
    return (struct net_app){front, front_begin, front_body, front_end, front_done};
}

/* ---- The admin socket ---- */

static void admin_begin(void *, struct net_req *req) {
    req->app = arena_new(&req->arena, struct buf);
    if (req->content_length > MOST_BODY || (req->has_body && !req->has_length))
        reply_error(req, 413, "the body is too large");
}

static void admin_body(void *, struct net_req *req, const void *p, size_t n) {
    buf_add(req->app, p, n);
}

static void admin_done(void *, struct net_req *req) { buf_deinit(req->app); }

static json_t *clock_doc(void) {
    char when[CLOCK_ISO_MAX];
    json_t *doc = json_object();
    json_set_str(doc, "world_time", str_c(clock_iso8601_ms(when, clock_world_ms())));
    json_set_int(doc, "offset_ms", clock_offset_ms());
    return doc;
}

static void get_health(struct daemon *daemon, struct net_req *req) {
    json_t *doc = daemon_health(daemon, true);
    reply_json(req, str_is(json_str(doc, "status"), "ok") ? 200 : 503, doc);
}

static void get_clock(struct daemon *, struct net_req *req) { reply_json(req, 200, clock_doc()); }

static void post_clock(struct daemon *daemon, struct net_req *req) {
    struct err err = {0};
    const struct buf *body = req->app;
    CLEANUP_JSON json_t *in = json_parse(buf_view(body), &err);
    bool by = in && json_is_integer(json_object_get(in, "advance_ms"));
    bool to = in && json_is_integer(json_object_get(in, "offset_ms"));
    if (!daemon_test_clock(daemon)) {
        reply_error(req, 403, "the clock moves only under `calotype up --test-clock`");
    } else if (by == to) {
        reply_error(req, 400, "expected {\"advance_ms\": N} or {\"offset_ms\": N}");
    } else {
        int64_t offset =
            by ? clock_offset_ms() + json_int(in, "advance_ms", 0) : json_int(in, "offset_ms", 0);
        if (daemon_set_offset(daemon, offset, &err) != 0)
            reply_error(req, 503, err.text);
        else
            reply_json(req, 200, clock_doc());
    }
}

static const struct {
    const char *method, *path;
    void (*run)(struct daemon *daemon, struct net_req *req);
} admin_paths[] = {
    {"GET", "/health", get_health},
    {"GET", "/clock", get_clock},
    {"POST", "/clock", post_clock},
};

static void admin_end(void *ctx, struct net_req *req) {
    for (size_t i = 0; i < ARRAY_LEN(admin_paths); i++)
        if (str_is(req->method, admin_paths[i].method) && str_is(req->path, admin_paths[i].path)) {
            admin_paths[i].run(ctx, req);
            return;
        }
    reply_error(req, 404, "there is only GET /health, GET /clock and POST /clock");
}

struct net_app daemon_admin_app(struct daemon *daemon) {
    return (struct net_app){daemon, admin_begin, admin_body, admin_end, admin_done};
}
