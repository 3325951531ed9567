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
    const struct cfn_answer answer = {req->path, req->query, body};
    int status = cfn_answer(front->cfn, &answer);
    if (status == 503)
        net_mark(req); /* the store takes nothing: no fault of the function that answers */
    net_reply_bytes(req, status, S(""));
}

static void get_code(void *ctx, struct net_req *req, str) {
    const struct daemon_front *front = ctx;
    lambda_link_answer(front->lambda, req);
}

/* One page without anything to load, so that its policy can forbid everything. */
static const char page[] =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Calotype</title>\n"
    "<link rel=\"icon\" href=\"data:,\">\n"
    "<style>body{font:16px/1.5 sans-serif;max-width:42em;margin:3em auto;padding:0 1em}"
    "pre{background:#eee;color:#222;padding:1em;overflow:auto}</style>\n"
    "<h1>Calotype</h1>\n"
    "<p>This is a cloud on one machine. At this address it speaks AWS&rsquo;s APIs, to clients that "
    "sign their requests; a browser does not, so there is nothing more to see here.</p>\n"
    "<p>On the machine that runs it, type:</p>\n"
    "<pre>calotype status                  how it is\n"
    "calotype put PHOTO.jpg           store a photograph\n"
    "calotype ls                      what is there, and what became of it\n"
    "eval \"$(calotype env)\"           for AWS&rsquo;s own clients, and then\n"
    "aws s3 ls                        or: calotype with aws s3 ls</pre>\n"
    "<p><a href=\"/health\">/health</a> needs no signature.</p>\n</html>\n";

static void get_page(void *, struct net_req *req, str) {
    net_reply_header(req, S("Content-Type"), S("text/html; charset=utf-8"));
    net_reply_header(req, S("Content-Security-Policy"),
                     S("default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
                       "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"));
    net_reply_header(req, S("X-Content-Type-Options"), S("nosniff"));
    net_reply_header(req, S("Cache-Control"), S("no-store"));
    net_reply_header(req, S("Vary"), S("Accept, Authorization"));
    if (str_is(req->method, "HEAD"))
        net_reply_head(req, 200, sizeof page - 1);
    else
        net_reply_bytes(req, 200, str_c(page));
}

static const struct daemon_door rows[] = {
    {"/", "GET", get_page},           {"/", "HEAD", get_page},
    {"/health", "GET", get_health},   {"/health", "HEAD", get_health},
    {CFN_ANSWERS, "PUT", put_answer}, {LAMBDA_LINKS, "GET", get_code},
    {LAMBDA_LINKS, "HEAD", get_code},
};

static bool is_below_own_name(str path) {
    str rest = str_skip(path, strlen("/_calotype"));
    return str_starts(path, S("/_calotype")) && (rest.len == 0 || rest.p[0] == '/');
}

static bool must_be_door(const struct net_req *req) { return is_below_own_name(req->path); }

/* A client of AWS's asks for XML, JSON or anything. */
static bool is_browser(const struct net_req *req) {
    return (str_is(req->method, "GET") || str_is(req->method, "HEAD")) &&
           str_find(net_header(req, "Accept"), S("text/html")) >= 0;
}

/* An answer's signature is in its query; no other door has one. */
static bool may_have_query(str path) { return str_starts(path, S(CFN_ANSWERS)); }

/* The cheap questions first: every request of the port is asked them. */
static bool may_be_door(const struct net_req *req) {
    return (str_is(req->path, "/health") || is_below_own_name(req->path) ||
            (str_is(req->path, "/") && is_browser(req))) &&
           (!req->query.p || may_have_query(req->path)) && !net_header(req, "Authorization").p &&
           !aws_host_bucket(net_header(req, "Host")).p;
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
