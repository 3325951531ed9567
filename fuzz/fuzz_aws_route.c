/* Routing: "METHOD\nHOST\nTARGET\nX-Amz-Target\nscope". */
#include "aws/aws_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static struct router *router;
    if (!router)
        router = aws_router_new();
    struct arena arena = {0};
    str parts[5], rest = str_n(p, n);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        str_cut(rest, '\n', &parts[i], &rest);
    struct sign_header headers[] = {{S("Host"), parts[1]}, {S("X-Amz-Target"), parts[3]}};
    struct aws_wire wire = {.method = parts[0],
                            .headers = headers,
                            .n_headers = parts[3].len ? 2 : 1,
                            .arena = &arena};
    struct aws_auth auth = {.scope_service = parts[4].len ? parts[4] : STR_NONE};
    struct route route;
    str_cut(parts[2], '?', &wire.path, &wire.query);
    if (wire.path.len && wire.path.p[0] == '/')
        aws_route_request(router, &wire, &auth, &arena, &route);
    arena_deinit(&arena);
    return 0;
}
