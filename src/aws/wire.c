/* aws/auth: a connection's request as a struct aws_wire. */
#include "aws/meant.h"
#include "net/net.h"

struct collect {
    struct sign_header *headers;
    size_t n;
};

static void count_header(void *ctx, str name, str value) {
    (void)name;
    (void)value;
    ((struct collect *)ctx)->n++;
}

static void take_header(void *ctx, str name, str value) {
    struct collect *all = ctx;
    all->headers[all->n++] = (struct sign_header){name, str_trim(value)};
}

struct aws_wire aws_wire_of(struct net_req *req) {
    struct collect all = {0};
    net_each_header(req, count_header, &all);
    all.headers = arena_alloc(&req->arena, (all.n + 1) * sizeof *all.headers);
    all.n = 0;
    net_each_header(req, take_header, &all);
    struct aws_wire wire = {.method = req->method,
                            .path = req->path,
                            .query = req->query,
                            .headers = all.headers,
                            .n_headers = all.n,
                            .arena = &req->arena};
    aws_wire_join(&wire, all.headers);
    return wire;
}
