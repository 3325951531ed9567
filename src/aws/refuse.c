/* What net refuses before a request is one (net_app.refuse), as the service's clients know it. */
#include "aws/aws_priv.h"

/* By HTTP's status. AWS has no 417, 431 and 505; what is not here is a malformed request. */
static const struct {
    int status;
    enum aws_common kind;
} kinds[] = {
    {413, COMMON_TOO_LARGE},
    {431, COMMON_HEAD_TOO_LARGE},
    {501, COMMON_NOT_IMPLEMENTED},
};

static enum aws_common kind_of(int status) {
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].status == status)
            return kinds[i].kind;
    return COMMON_BAD_HEAD;
}

void aws_refuse(void *ctx, struct net_req *req, const struct net_refusal *why) {
    struct rq *rq = req->app;
    if (!rq) {
        rq = req->app = aws_rq_new(ctx);
        rq->net = req;
        struct rq_priv *p = rq->priv;
        p->wire = aws_wire_of(req);
        aws_auth_read(&p->auth, &p->wire, 0);
        p->has_auth = true;
        /* Sets the service even where it fails. */
        (void)aws_route_request(rq->cloud->router, &p->wire, &p->auth, &rq->arena, &p->route);
    }
    struct aws_error *error = arena_new(&rq->arena, struct aws_error);
    *error = *aws_common_error(rq, kind_of(why->status));
    if (kind_of(why->status) == COMMON_BAD_HEAD)
        error->status = why->status;
    aws_fail(rq, error, "%s", why->words);
    aws_reply(rq, true);
}
