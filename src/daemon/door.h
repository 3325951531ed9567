#pragma once
/*
 * daemon/door: requests that the daemon answers itself, as a table: a path, a method, and what to
 * do once the body is there. The public port has one table (front.c), the admin socket another
 * (admin.c). Answers are JSON documents; what goes wrong says {"error": "…"}.
 */
#include "aws/bodies.h"
#include "base/json.h"
#include "net/net.h"

struct daemon;
struct cfn_svc;

struct daemon_door {
    /* "/health"; one that ends in '/', but for "/" itself, takes every path that begins so */
    const char *path;
    const char *method; /* "GET" */
    /* Answers. body: all of it, at most the table's most_body. ctx: the table's. */
    void (*run)(void *ctx, struct net_req *req, str body);
};

/* A table with what it is given to work on. Must outlive the net_app made of it. */
struct daemon_doors {
    const struct daemon_door *rows;
    size_t n;
    void *ctx;
    size_t most_body;
    /* The budget that bodies are on; may be NULL where most_body is below AWS_BODY_FREE. */
    struct aws_bodies *bodies;
    /*
     * NULL: every request is for a door. Otherwise those that are not for one go to inner: whether
     * a request may be for a door at all, and whether it must be (so that no row is 404).
     */
    bool (*may)(const struct net_req *req);
    bool (*must)(const struct net_req *req);
    struct net_app inner;
};

/*
 * Callbacks for net; they refer to *doors. A body that is larger than most_body is 413; a path
 * without a row, 404; a method that the path has not, 405.
 */
struct net_app daemon_doors_app(struct daemon_doors *doors);

/* ---- Answering ---- */
/* Steals doc. HEAD gets the headers alone. */
void daemon_reply_json(struct net_req *req, int status, json_t *doc);
/* {"error": TEXT} */
void daemon_reply_error(struct net_req *req, int status, const char *text);
