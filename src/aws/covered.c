/*
 * aws/covered: no parameter of the query decides what a request does unless its signature says so
 * without doubt: SigV4 signs all, but not the order of two of the same name; S3's SigV2 signs those
 * that S3 had when it was made.
 */
#include "aws/aws_priv.h"

/* Is the operation found by it, or has it a member that is read from it? */
static bool is_read(const struct route *route, str key) {
    const struct api_op *op = route->op;
    if (route->protocol == PROTOCOL_QUERY)
        return true;
    if (!op || (route->protocol != PROTOCOL_REST_XML && route->protocol != PROTOCOL_REST_JSON))
        return false;
    for (size_t i = 0; i < op->n_query; i++)
        if (str_eq(op->query[i].key, key))
            return true;
    const struct api_member *m = op->in ? api_member_by_wire(op->in, key) : NULL;
    return m && m->location == API_IN_QUERY;
}

static bool is_list(const struct route *route, str key) {
    const struct api_member *m =
        route->op && route->op->in ? api_member_by_wire(route->op->in, key) : NULL;
    return m && m->location == API_IN_QUERY && m->shape->type == API_LIST;
}

static bool came_before(const struct route *route, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (str_eq(route->params[k].key, route->params[i].key))
            return true;
    return false;
}

enum aws_cover aws_covered(const struct route *route, enum aws_auth_kind kind, str *reterr_name) {
    for (size_t i = 0; i < route->n_params; i++) {
        str key = *reterr_name = route->params[i].key;
        if (!is_read(route, key))
            continue;
        if (kind == AWS_AUTH_V2_QUERY && !sign_v2_signs(key) && !sign_v2_lists(key))
            return AWS_COVER_UNSIGNED;
        if (came_before(route, i) && !is_list(route, key))
            return AWS_COVER_TWICE;
    }
    return AWS_COVERED;
}

int aws_check_covered(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    str name;
    switch (aws_covered(&p->route, p->auth.kind, &name)) {
    case AWS_COVERED: return 0;
    case AWS_COVER_TWICE:
        return aws_fail_common(rq, COMMON_VALIDATION,
                               "The parameter " STR_FMT " must not be given twice.", STR_ARG(name));
    case AWS_COVER_UNSIGNED: break;
    }
    return aws_fail_common(rq, COMMON_ACCESS_DENIED,
                           "The parameter " STR_FMT
                           " decides what this request does, and version 2 "
                           "of the signature does not sign it. Please use AWS4-HMAC-SHA256.",
                           STR_ARG(name));
}
