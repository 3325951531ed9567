/*
 * What the daemon's log says of invocations that fail. The function's own words (its error, its
 * lines) are not in it: they may be anything. They are in the function's log group.
 */
#include "base/log.h"
#include "svc/lambda/lambda_priv.h"

/* "request ID failed (attempt 2 of 3): WHY". */
static void add_failure(struct buf *out, const struct lambda_inv *inv) {
    const struct lambda_outcome *o = &inv->outcome;
    const char *why = *o->fault_text ? o->fault_text : "it answered with an error";
    buf_printf(out, "request %s ", inv->id);
    if (o->fault)
        buf_c(out, "was not run");
    else if (inv->async)
        buf_printf(out, "failed (attempt %lld of %lld)", (long long)inv->attempts,
                   (long long)lambda_fn_max_retries(inv->fn) + 1);
    else
        buf_c(out, "failed");
    buf_printf(out, ": %s", why);
}

void lambda_tell_failed(const struct lambda_inv *inv, int64_t wait_ms) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    add_failure(&text, inv);
    /* Two kinds of line: callers who make a function fail hide no event that does. */
    if (inv->async)
        log_warn("lambda", "function " STR_FMT ": %s; it is tried again in %lld s",
                 STR_ARG(buf_view(&inv->fn->arn)), buf_cstr(&text),
                 (long long)(wait_ms + 999) / 1000);
    else
        log_warn("lambda", "function " STR_FMT ": %s; its caller was told",
                 STR_ARG(buf_view(&inv->fn->arn)), buf_cstr(&text));
}

void lambda_tell_given_up(const struct lambda_inv *inv, bool ran) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    str dead = lambda_fn_dead_letter(inv->fn);
    str other = lambda_fn_destination(inv->fn, "OnFailure");
    if (ran)
        add_failure(&text, inv);
    else
        buf_printf(&text, "request %s could not be run in time", inv->id);
    buf_c(&text, "; it is given up");
    if (!dead.len && !other.len)
        buf_c(&text,
              " and lost: the function has no dead-letter queue and no OnFailure destination");
    if (dead.len)
        buf_printf(&text, ", and goes to the dead letters in " STR_FMT, STR_ARG(dead));
    if (other.len)
        buf_printf(&text, ", and is told to its destination " STR_FMT, STR_ARG(other));
    log_error("lambda", "function " STR_FMT ": %s", STR_ARG(buf_view(&inv->fn->arn)),
              buf_cstr(&text));
}
