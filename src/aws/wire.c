/* aws/auth: a connection's request as a struct aws_wire. */
#include "aws/meant.h"
#include "net/net.h"

struct aws_wire aws_wire_of(struct net_req *req) {
    struct sign_header *headers = arena_alloc(&req->arena, (req->n_headers + 1) * sizeof *headers);
    for (size_t i = 0; i < req->n_headers; i++)
        headers[i] = (struct sign_header){req->headers[i].name, req->headers[i].value};
    struct aws_wire wire = {.method = req->method,
                            .path = req->path,
                            .query = req->query,
                            .headers = headers,
                            .n_headers = req->n_headers,
                            .arena = &req->arena};
    aws_wire_join(&wire, headers);
    return wire;
}
