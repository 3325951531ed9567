/*
 * The doors of the admin socket: the daemon's health in full, what functions run on, its
 * settings again, and the test clock.
 */
#include "base/clock.h"
#include "daemon/daemon.h"
#include "daemon/front.h"

enum { MOST_BODY = 4096 };

static void get_health(void *daemon, struct net_req *req, str) {
    json_t *doc = daemon_health(daemon, true);
    daemon_reply_json(req, str_is(json_str(doc, "status"), "ok") ? 200 : 503, doc);
}

static void get_runtimes(void *daemon, struct net_req *req, str) {
    daemon_reply_json(req, 200, daemon_runtimes(daemon));
}

static json_t *clock_doc(void) {
    char when[CLOCK_ISO_MAX];
    json_t *doc = json_object();
    json_set_str(doc, "world_time", str_c(clock_iso8601_ms(when, clock_world_ms())));
    json_set_int(doc, "offset_ms", clock_offset_ms());
    return doc;
}

static void get_clock(void *, struct net_req *req, str) {
    daemon_reply_json(req, 200, clock_doc());
}

static void post_clock(void *daemon, struct net_req *req, str body) {
    struct err err = {0};
    CLEANUP_JSON json_t *in = json_parse(body, &err);
    bool by = in && json_is_integer(json_object_get(in, "advance_ms"));
    bool to = in && json_is_integer(json_object_get(in, "offset_ms"));
    if (!daemon_test_clock(daemon)) {
        daemon_reply_error(req, 403, "the clock moves only under `calotype up --test-clock`");
    } else if (by == to) {
        daemon_reply_error(req, 400, "expected {\"advance_ms\": N} or {\"offset_ms\": N}");
    } else {
        int64_t offset =
            by ? clock_offset_ms() + json_int(in, "advance_ms", 0) : json_int(in, "offset_ms", 0);
        if (daemon_set_offset(daemon, offset, &err) != 0)
            daemon_reply_error(req, 503, err.text);
        else
            daemon_reply_json(req, 200, clock_doc());
    }
}

static void post_reload(void *daemon, struct net_req *req, str) {
    struct err err = {0};
    json_t *doc = NULL;
    if (daemon_reload(daemon, &doc, &err) != 0)
        daemon_reply_error(req, 400, err.text);
    else
        daemon_reply_json(req, 200, doc);
}

static const struct daemon_door rows[] = {
    {"/health", "GET", get_health},   {"/runtimes", "GET", get_runtimes},
    {"/clock", "GET", get_clock},     {"/clock", "POST", post_clock},
    {"/reload", "POST", post_reload},
};

void daemon_admin_doors(struct daemon_doors *ret, struct daemon *daemon) {
    *ret = (struct daemon_doors){.rows = rows,
                                 .n = ARRAY_LEN(rows),
                                 .ctx = daemon,
                                 .most_body = MOST_BODY};
}
