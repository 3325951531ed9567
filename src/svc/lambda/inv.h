#pragma once
/*
 * svc/lambda/inv: an invocation: one event on its way through an environment, and what became of
 * it.
 *
 * An invocation has one owner at a time, and whoever owns it alone may change it: the request or
 * the queue that made it, until lambda_dispatch returns 0; then its environment (env->inv), under
 * svc->lock; then whoever detached it; in the end the completer, which frees it. lambda_finish is
 * the step from the third to the last.
 */
#include "aws/rq.h"
#include "base/list.h"
#include "svc/lambda/fn.h"
#include "svc/lambda/lines.h"

struct lambda_svc;
struct lambda_env;

/* What became of an invocation. Zeroed: success without a payload. */
struct lambda_outcome {
    const struct aws_error *fault; /* the service's, not the function's: NULL otherwise */
    char fault_text[512]; /* of a fault, or why the run failed: our words, never the function's */
    bool function_error;
    bool throttled;   /* fault is a limit's */
    bool interrupted; /* by our own end: leaves no trace, its row stays as it was */
    /* the store took no changes, which its calls met: where it failed, that is no fault of its */
    bool refused;
    bool lost;           /* its sandbox ended by our fault: it is run again at once */
    const char *status;  /* of a run that failed, as REPORT has it: "error", "timeout"; or NULL */
    char error_type[64]; /* with "error": "Runtime.ExitError" */
    struct buf payload;  /* response or error document */
};
/* Frees the payload. */
void lambda_outcome_deinit(struct lambda_outcome *outcome);
/* As zeroed: what was noted of a try that is not the last. */
void lambda_outcome_clear(struct lambda_outcome *outcome);

struct lambda_inv {
    struct list node; /* completer's list */
    struct lambda_fn *fn;
    char id[37];
    struct buf payload, client_context;
    struct lambda_env *env; /* that has it, or NULL */
    bool logs_only;         /* not an invocation: lines of a long one, on their way to the log */
    bool delivered;         /* the runtime has read the event */
    bool init_again;        /* its environment's init has failed once */
    int64_t delivered_ns, finished_ns; /* monotonic */
    int64_t concurrent;                /* how many of the account ran when it was assigned */
    struct lambda_outcome outcome;
    struct buf tail; /* the end of its log, LAMBDA_TAIL bytes or more */

    /* What the log gets. */
    struct lambda_lines lines;
    struct buf log_group;
    char stream[LAMBDA_STREAM_MOST];
    bool may_log; /* its role may write the log */

    /*
     * Called once when the outcome is there, by any thread and without svc->lock; may take
     * outcome.payload and tail. NULL: nobody waits.
     */
    void (*answer)(struct lambda_inv *inv, void *ctx);
    void *ctx;

    /* Asynchronous ones: their row in the queue. */
    bool async;
    bool returned; /* it was no attempt: its row stays, and the queue has it again */
    uint64_t row_id;
    int64_t attempts, born_ms; /* failures so far; world time of acceptance */
};
/*
 * A new invocation with an id of its own; takes a reference of fn and copies payload. An empty
 * payload becomes {}. The caller owns it.
 */
struct lambda_inv *lambda_inv_new(struct lambda_fn *fn, str payload);
struct lambda_inv *lambda_inv_free(struct lambda_inv *inv);
DEFINE_FREEP(lambda_inv)

/*
 * Sets the function error {"errorType": type, "errorMessage": "RequestId: … Error: …"}; replaces a
 * payload that was there.
 */
void lambda_fail_run(struct lambda_inv *inv, const char *type, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Sets the service's own fault; a text that is too long is cut. */
void lambda_fail_service(struct lambda_inv *inv, const struct aws_error *error, const char *text);

/*
 * Calls inv->answer and gives the invocation to the completer, which frees it. Without svc->lock:
 * the answer may take locks of its own.
 */
void lambda_finish(struct lambda_svc *svc, struct lambda_inv *inv);
