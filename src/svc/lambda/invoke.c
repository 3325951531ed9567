/* Invoke, in its three types. */
#include "base/codec.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/runtimes.h"

#include <errno.h>

/*
 * Between an invocation and the request that waits for it. Either may go first: the client may
 * hang up, the function may run on. refs counts the two.
 */
struct waiter {
    pthread_mutex_t lock;
    int refs;
    struct rq *rq; /* NULL: gone */
    struct lambda_outcome outcome;
    struct buf tail;
};

static void waiter_unlock_unref(struct waiter *w) {
    bool last = --w->refs == 0;
    pthread_mutex_unlock(&w->lock);
    if (!last)
        return;
    lambda_outcome_deinit(&w->outcome);
    buf_deinit(&w->tail);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static void request_is_over(void *w_) {
    struct waiter *w = w_;
    pthread_mutex_lock(&w->lock);
    w->rq = NULL;
    waiter_unlock_unref(w);
}

static void answer_request(struct lambda_inv *inv, void *w_) {
    struct waiter *w = w_;
    pthread_mutex_lock(&w->lock);
    w->outcome = inv->outcome;
    inv->outcome.payload = (struct buf){0};
    w->tail = inv->tail;
    inv->tail = (struct buf){0};
    if (w->rq)
        aws_resume(w->rq);
    waiter_unlock_unref(w);
}

/* ---- Answers ---- */
static int fail_limit(struct rq *rq, bool reserved) {
    aws_fail(rq, &lambda_e_TooManyRequestsException, NULL);
    aws_fail_detail(rq, "Reason",
                    reserved ? S("ReservedFunctionConcurrentInvocationLimitExceeded")
                             : S("ConcurrentInvocationLimitExceeded"));
    return AWS_FAILED;
}

static void add_log_result(struct rq *rq, const struct buf *tail) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    str last = tail->len > LAMBDA_TAIL ? str_skip(buf_view(tail), tail->len - LAMBDA_TAIL)
                                       : buf_view(tail);
    codec_add_base64(&text, last.p, last.len);
    json_set_str(rq->out, "LogResult", buf_view(&text));
}

static int answer(void *, struct rq *rq) {
    struct waiter *w = rq->stream;
    if (w->outcome.throttled)
        return fail_limit(rq, false);
    if (w->outcome.refused && (w->outcome.fault || w->outcome.function_error))
        rq_note_refusal(rq); /* a function that invoked this one has not failed by itself either */
    if (w->outcome.fault)
        return aws_fail(rq, w->outcome.fault, "%s", w->outcome.fault_text);
    rq->out = json_pack("{s:i,s:s}", "StatusCode", 200, "ExecutedVersion", "$LATEST");
    if (w->outcome.function_error)
        json_set_str(rq->out, "FunctionError", S("Unhandled"));
    if (str_is(json_str(rq->in, "LogType"), "Tail"))
        add_log_result(rq, &w->tail);
    rq_out_header(rq, "Content-Type", S("application/json"));
    rq_out_payload(rq, &w->outcome.payload);
    return 0;
}

/* ---- Types ---- */
/*
 * An event that could not be run is not taken: whoever calls is told. "If Lambda isn't able to add
 * the event to the queue, the error message appears in the command output" (Lambda Developer Guide).
 * What services deliver waits in the queue.
 */
static int check_able(struct lambda_svc *svc, struct rq *rq, const struct lambda_fn *fn) {
    struct err err = {0};
    const struct lambda_runtime *runtime = lambda_runtime_find(json_str(fn->config, "Runtime"));
    return lambda_check_able(svc, runtime, &err)
               ? aws_fail(rq, &lambda_e_ServiceException, "%s", err.text)
               : 0;
}

static int invoke_event(struct lambda_svc *svc, struct rq *rq, const struct lambda_fn *fn) {
    str payload = rq->payload.bytes;
    if (payload.len > LAMBDA_ASYNC_PAYLOAD)
        return aws_fail(
            rq, &lambda_e_RequestTooLargeException,
            "%zu byte payload is too large for the Event invocation type (limit %d bytes)",
            payload.len, LAMBDA_ASYNC_PAYLOAD);
    if (check_able(svc, rq, fn))
        return AWS_FAILED;
    lambda_queue_add(svc, rq_batch(rq), fn, rq->id, payload.len ? payload : S("{}"));
    rq->out = json_pack("{s:i}", "StatusCode", 202);
    rq_out_status(rq, 202);
    return 0;
}

static void count_throttle(struct lambda_svc *svc, struct rq *rq, const struct lambda_fn *fn) {
    lambda_count_metric(svc, rq_batch(rq), fn, "Throttles", 1, "Count");
    (void)rq_commit(rq);
}

static int take_client_context(struct rq *rq, struct lambda_inv *inv) {
    str context = json_str(rq->in, "ClientContext");
    struct buf *out = &inv->client_context;
    if (context.len == 0)
        return 0;
    if (codec_unbase64(out, context) && out->len && !memchr(out->p, '\n', out->len) &&
        !memchr(out->p, '\r', out->len))
        return 0;
    return aws_fail(rq, &lambda_e_InvalidRequestContentException,
                    "Client context must be a valid Base64-encoded JSON object.");
}

static struct waiter *waiter_new(struct rq *rq) {
    struct waiter *w = mem_new(struct waiter);
    pthread_mutex_init(&w->lock, NULL);
    w->rq = rq;
    w->refs = 2;
    rq_on_done(rq, request_is_over, w);
    return w;
}

static int invoke_now(struct lambda_svc *svc, struct rq *rq, struct lambda_fn *fn) {
    CLEANUP(lambda_inv) struct lambda_inv *inv = lambda_inv_new(fn, rq->payload.bytes);
    if (take_client_context(rq, inv))
        return AWS_FAILED;
    struct waiter *w = waiter_new(rq);
    memcpy(inv->id, rq->id, sizeof inv->id);
    inv->answer = answer_request;
    inv->ctx = w;
    rq->stream = w;
    int r = lambda_dispatch_soon(svc, inv);
    if (r) {
        w->refs--; /* no invocation will ever drop its own */
        count_throttle(svc, rq, fn);
        return fail_limit(rq, r == LAMBDA_E_LIMIT && fn->reserved >= 0);
    }
    (void)STEAL(inv);
    return aws_suspend(rq, answer);
}

static int check_payload(struct rq *rq) {
    str payload = rq->payload.bytes;
    struct err err = {0};
    if (payload.len > LAMBDA_SYNC_PAYLOAD)
        return aws_fail(rq, &lambda_e_RequestTooLargeException,
                        "Request must be smaller than %d bytes for the InvokeFunction operation",
                        LAMBDA_SYNC_PAYLOAD);
    if (payload.len == 0)
        return 0;
    CLEANUP_JSON json_t *doc = json_parse(payload, &err);
    if (!doc)
        return aws_fail(
            rq, &lambda_e_InvalidRequestContentException,
            "Could not parse request body into json: Could not parse payload into json: %s",
            err.text);
    return 0;
}

int lambda_op_Invoke(struct lambda_svc *svc, struct rq *rq) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = NULL;
    str type = json_str(rq->in, "InvocationType");
    bool event = str_is(type, "Event");
    static const char *const unsupported[] = {"TenantId", "DurableExecutionName"};
    for (size_t i = 0; i < ARRAY_LEN(unsupported); i++)
        if (json_has(rq->in, unsupported[i]))
            return lambda_fail_unsupported(rq, unsupported[i]);
    /*
     * A queued event is promised to the function, so the function must be there when the promise
     * is made. What runs at once runs as the function was found: nothing of it waits for a commit.
     */
    if (lambda_rq_fn(rq, event, &fn) || check_payload(rq))
        return AWS_FAILED;
    if (str_is(type, "DryRun")) {
        rq->out = json_pack("{s:i}", "StatusCode", 204);
        rq_out_status(rq, 204);
        return 0;
    }
    return event ? invoke_event(svc, rq, fn) : invoke_now(svc, rq, fn);
}
