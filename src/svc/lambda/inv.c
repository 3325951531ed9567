/* The life of an invocation, and the two ways in which one fails. */
#include "svc/lambda/inv.h"

#include "base/rand.h"
#include "svc/lambda/lambda_priv.h"

void lambda_outcome_deinit(struct lambda_outcome *outcome) { buf_deinit(&outcome->payload); }

void lambda_outcome_clear(struct lambda_outcome *outcome) {
    lambda_outcome_deinit(outcome);
    *outcome = (struct lambda_outcome){0};
}

struct lambda_inv *lambda_inv_new(struct lambda_fn *fn, str payload) {
    struct lambda_inv *inv = mem_new(struct lambda_inv);
    inv->fn = lambda_fn_ref(fn);
    rand_uuid(inv->id);
    /* A function without an event gets an empty one. */
    buf_str(&inv->payload, payload.len ? payload : S("{}"));
    list_init(&inv->node);
    return inv;
}

struct lambda_inv *lambda_inv_free(struct lambda_inv *inv) {
    if (!inv)
        return NULL;
    lambda_lines_deinit(&inv->lines);
    lambda_fn_free(inv->fn);
    buf_deinit(&inv->payload);
    buf_deinit(&inv->client_context);
    buf_deinit(&inv->tail);
    buf_deinit(&inv->log_group);
    lambda_outcome_deinit(&inv->outcome);
    free(inv);
    return NULL;
}

/* ---- Failures ---- */
static void set_text(struct lambda_inv *inv, str text) {
    str s = str_slice(text, 0, sizeof inv->outcome.fault_text - 1);
    memcpy(inv->outcome.fault_text, s.p, s.len);
    inv->outcome.fault_text[s.len] = '\0';
}

void lambda_fail_run(struct lambda_inv *inv, const char *type, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    buf_printf(&text, "RequestId: %s Error: ", inv->id);
    size_t own = text.len;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    set_text(inv, str_skip(buf_view(&text), own));
    struct buf *out = &inv->outcome.payload;
    buf_clear(out);
    buf_c(out, "{\"errorType\":");
    json_add_quoted(out, str_c(type));
    buf_c(out, ",\"errorMessage\":");
    json_add_quoted(out, buf_view(&text));
    buf_char(out, '}');
    inv->outcome.function_error = true;
}

void lambda_fail_service(struct lambda_inv *inv, const struct aws_error *error, const char *text) {
    inv->outcome.fault = error;
    CLEANUP_DEINIT(buf) struct buf copy = {0};
    buf_c(&copy, text); /* it may be the outcome's own */
    set_text(inv, buf_view(&copy));
}

void lambda_finish(struct lambda_svc *svc, struct lambda_inv *inv) {
    LOCK_NOT_HELD(&svc->lock);
    if (inv->answer)
        inv->answer(inv, inv->ctx);
    lambda_complete_add(svc, inv);
}
