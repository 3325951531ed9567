/*
 * Finding the door that a request is for, and giving it the body. Which door it is follows from the
 * request's head alone, so each callback finds the same one, and requests for no door cost a
 * comparison.
 */
#include "daemon/door.h"

void daemon_reply_json(struct net_req *req, int status, json_t *doc) {
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

void daemon_reply_error(struct net_req *req, int status, const char *text) {
    json_t *doc = json_object();
    json_set_str(doc, "error", str_c(text));
    daemon_reply_json(req, status, doc);
}

/* ---- Which door ---- */

static bool is_at(const struct daemon_door *door, str path) {
    str at = str_c(door->path);
    return at.len > 1 && str_ends(at, S("/")) ? str_starts(path, at) : str_eq(path, at);
}

static void no_door(void *, struct net_req *req, str) {
    daemon_reply_error(req, 404, "there is nothing at this path");
}

/* The path is a door's, the method is not. */
static void wrong_method(void *ctx, struct net_req *req, str) {
    const struct daemon_doors *doors = ctx;
    CLEANUP_DEINIT(buf) struct buf allow = {0};
    for (size_t i = 0; i < doors->n; i++)
        if (is_at(&doors->rows[i], req->path))
            buf_printf(&allow, "%s%s", allow.len ? ", " : "", doors->rows[i].method);
    net_reply_header(req, S("Allow"), buf_view(&allow));
    daemon_reply_error(req, 405, "this path does not take the method");
}

/* NULL: it is inner's. */
static const struct daemon_door *find_door(const struct daemon_doors *doors,
                                           const struct net_req *req) {
    static const struct daemon_door none = {.run = no_door}, other = {.run = wrong_method};
    bool known = false;
    if (doors->may && !doors->may(req))
        return NULL;
    for (size_t i = 0; i < doors->n; i++) {
        bool at = is_at(&doors->rows[i], req->path);
        if (at && str_is(req->method, doors->rows[i].method))
            return &doors->rows[i];
        known |= at;
    }
    if (doors->must && !doors->must(req))
        return NULL;
    return known ? &other : &none;
}

/* ---- The callbacks ---- */

static void refuse_body(struct net_req *req) {
    daemon_reply_error(req, 503, "there is no room for the body at the moment");
}

/* Where the request's body goes. */
static void hold(const struct daemon_doors *doors, struct net_req *req) {
    struct aws_held *held = arena_new(&req->arena, struct aws_held);
    aws_held_init(held, doors->bodies, AWS_SHARE_UNPROVEN);
    req->app = held;
}

static void begin(void *ctx, struct net_req *req) {
    struct daemon_doors *doors = ctx;
    if (!find_door(doors, req)) {
        doors->inner.begin(doors->inner.ctx, req);
        return;
    }
    hold(doors, req);
    if (req->has_length && req->content_length > doors->most_body)
        daemon_reply_error(req, 413, "the body is too large");
}

static void body(void *ctx, struct net_req *req, const void *p, size_t n) {
    struct daemon_doors *doors = ctx;
    if (!find_door(doors, req)) {
        doors->inner.body(doors->inner.ctx, req, p, n);
        return;
    }
    if (net_replied(req))
        return;
    struct aws_held *held = req->app;
    uint64_t have = aws_held_size(held);
    if (have + n > doors->most_body)
        daemon_reply_error(req, 413, "the body is too large");
    else if (aws_held_add(held, p, n))
        refuse_body(req);
}

static void end(void *ctx, struct net_req *req) {
    struct daemon_doors *doors = ctx;
    const struct daemon_door *door = find_door(doors, req);
    if (!door) {
        doors->inner.end(doors->inner.ctx, req);
        return;
    }
    str all;
    if (net_replied(req))
        return;
    if (aws_held_take(req->app, &all))
        refuse_body(req);
    else
        door->run(door->path ? doors->ctx : doors, req, all);
}

static void done(void *ctx, struct net_req *req) {
    struct daemon_doors *doors = ctx;
    if (find_door(doors, req))
        aws_held_deinit(req->app);
    else
        doors->inner.done(doors->inner.ctx, req);
}

static void refuse(void *ctx, struct net_req *req, const struct net_refusal *why) {
    struct daemon_doors *doors = ctx;
    if (!find_door(doors, req) && doors->inner.refuse) {
        doors->inner.refuse(doors->inner.ctx, req, why);
        return;
    }
    if (!req->app)
        hold(doors, req); /* done releases it */
    daemon_reply_error(req, why->status, why->words);
}

struct net_app daemon_doors_app(struct daemon_doors *doors) {
    return (struct net_app){doors, begin, body, end, done, refuse};
}
