/* Calls from inside: the same steps without a wire. */
#include "aws/aws_priv.h"

#include <errno.h>

static const struct api_service *find_api(const char *name) {
    for (size_t i = 0; api_services[i]; i++)
        if (str_is(api_services[i]->name, name))
            return api_services[i];
    return NULL;
}

/* Null members are absent and unknown ones are left out, as on the wire. */
static int take_input(struct rq *rq, json_t *in) {
    struct err err;
    rq->in = in ? json_deep_copy(in) : json_object();
    if (!rq->priv->route.op->in) {
        json_object_clear(rq->in);
        return 0;
    }
    if (wire_document_check(rq->priv->route.op->in, rq->in, &err))
        return aws_fail_common(rq, COMMON_MALFORMED, "%s", err.text);
    return 0;
}

static int feed_stream(struct rq *rq, str body) {
    if (aws_open(rq, body.len))
        return AWS_FAILED;
    int r = body.len ? rq->priv->sink(rq->priv->sink_stream, rq, body.p, body.len) : 0;
    return r == 0 || r == AWS_FAILED ? r : aws_fault(rq, r, rq->op->name);
}

static void wait_resumed(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    pthread_mutex_lock(&p->wait_lock);
    while (p->wait != WAIT_RESUMED)
        pthread_cond_wait(&p->wait_cond, &p->wait_lock);
    p->wait = WAIT_NONE;
    pthread_mutex_unlock(&p->wait_lock);
}

static int run(struct rq *rq, const struct aws_call *call) {
    struct rq_priv *p = rq->priv;
    if (aws_find_row(rq))
        return AWS_FAILED;
    rq->payload.bytes = call->body;
    rq->payload.size = call->body.len;
    if (take_input(rq, call->in) || aws_validate(rq) || aws_authorize_row(rq))
        return AWS_FAILED;
    if (rq->op->open && feed_stream(rq, call->body))
        return AWS_FAILED;
    int r = aws_run(rq, rq->op->run);
    while (r == AWS_SUSPENDED) {
        wait_resumed(rq);
        r = aws_run(rq, p->then);
    }
    return r;
}

/* The whole stream into memory: for code archives, templates, small documents. */
static int read_stream(struct rq *rq, struct buf *out) {
    struct rq_priv *p = rq->priv;
    uint64_t at = 0;
    while (p->has_stream && at < p->stream_size) {
        size_t want = p->stream_size - at < 65536 ? (size_t)(p->stream_size - at) : 65536;
        ssize_t n = p->stream_read(p->stream_ctx, at, buf_reserve(out, want), want);
        if (n <= 0)
            return aws_fault(rq, n < 0 ? (int)n : -EIO, "reading an answer's body");
        out->len += (size_t)n;
        at += (uint64_t)n;
    }
    return 0;
}

static void take_answer(struct rq *rq, struct aws_call *call, int r) {
    struct rq_priv *p = rq->priv;
    if (r == 0)
        r = aws_take_json(rq);
    if (r == 0)
        r = read_stream(rq, &call->out_body);
    if (r) {
        call->status = p->error->status;
        call->refused = p->refused;
        buf_c(&call->error_code, p->error->code);
        buf_str(&call->error_message, p->message);
        return;
    }
    call->status = p->status ? p->status : p->route.op->status;
    call->out = rq->out ? json_incref(rq->out) : NULL;
    if (p->has_payload) {
        buf_deinit(&call->out_body);
        call->out_body = p->payload;
        p->payload = (struct buf){0};
    }
}

static int fail_early(struct aws_call *call, const char *code, const char *what) {
    call->status = 400;
    buf_c(&call->error_code, code);
    buf_printf(&call->error_message, "%s: %s:%s", what, call->service, call->op);
    return AWS_FAILED;
}

int aws_call(struct aws_call *call) {
    const struct api_service *api = find_api(call->service);
    const struct api_op *op = api ? api_op_find(api, str_c(call->op)) : NULL;
    call->out = NULL;
    call->refused = false;
    if (!op)
        return fail_early(call, "InvalidAction", "no such operation");
    struct rq *rq = aws_rq_new(call->cloud);
    rq->priv->route =
        (struct route){.api = api, .op = op, .protocol = PROTOCOL_JSON, .target = op->name};
    rq->behalf = call->behalf;
    rq->caller = call->caller ? aws_identity_ref(call->caller) : NULL;
    if (call->account.len)
        rq->account = arena_str(&rq->arena, call->account);
    if (call->region.len)
        rq->region = arena_str(&rq->arena, call->region);
    int r = run(rq, call);
    take_answer(rq, call, r);
    r = rq->priv->error ? AWS_FAILED : 0;
    aws_rq_free(rq);
    return r;
}

void aws_call_deinit(struct aws_call *call) {
    json_decref(STEAL(call->out));
    buf_deinit(&call->out_body);
    buf_deinit(&call->error_code);
    buf_deinit(&call->error_message);
}
