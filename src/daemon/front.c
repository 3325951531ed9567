/* daemon/front: the doors of the public port, by path. */
#include "daemon/front.h"

#include "aws/call.h"
#include "cfn/cfn.h"
#include "daemon/daemon.h"
#include "svc/lambda/lambda.h"

enum { MOST_BODY = 64 * 1024 };

static void get_health(void *ctx, struct net_req *req, str) {
    const struct daemon_front *front = ctx;
    json_t *doc = daemon_health(front->daemon, false);
    daemon_reply_json(req, str_is(json_str(doc, "status"), "ok") ? 200 : 503, doc);
}

static void put_answer(void *ctx, struct net_req *req, str body) {
    const struct daemon_front *front = ctx;
    int status = cfn_answer(front->cfn, req->path, body);
    if (status == 503)
        net_mark(req); /* the store takes nothing: no fault of the function that answers */
    net_reply_bytes(req, status, S(""));
}

static void get_code(void *ctx, struct net_req *req, str) {
    const struct daemon_front *front = ctx;
    lambda_link_answer(front->lambda, req);
}

static const struct daemon_door rows[] = {
    {"/health", "GET", get_health},   {"/health", "HEAD", get_health},
    {CFN_ANSWERS, "PUT", put_answer}, {LAMBDA_LINKS, "GET", get_code},
    {LAMBDA_LINKS, "HEAD", get_code},
};

static bool is_below_own_name(str path) {
    str rest = str_skip(path, strlen("/_calotype"));
    return str_starts(path, S("/_calotype")) && (rest.len == 0 || rest.p[0] == '/');
}

static bool must_be_door(const struct net_req *req) { return is_below_own_name(req->path); }

/* The cheap questions first: every request of the port is asked them. */
static bool may_be_door(const struct net_req *req) {
    return (str_is(req->path, "/health") || is_below_own_name(req->path)) && !req->query.p &&
           !net_header(req, "Authorization").p && !aws_host_bucket(net_header(req, "Host")).p;
}

void daemon_front_doors(struct daemon_doors *ret, struct daemon_front *front,
                        const struct net_app *inner) {
    *ret = (struct daemon_doors){.rows = rows,
                                 .n = ARRAY_LEN(rows),
                                 .ctx = front,
                                 .most_body = MOST_BODY,
                                 .may = may_be_door,
                                 .must = must_be_door,
                                 .inner = *inner};
}
