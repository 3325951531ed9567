#pragma once
/*
 * svc/lambda/pool: environments and invocations.
 *
 * An environment (struct lambda_env) is one sandbox with a runtime in it; it serves one invocation
 * at a time. A pool is a function's environments. An invocation (struct lambda_inv) is one event on
 * its way through one of them. One lock, svc.lock, guards all of it; nothing under it waits for a
 * disk or a sandbox to start.
 *
 *   env:  STARTING → (first /next) → IDLE ⇄ BUSY → SETTLING → (next /next) → IDLE …   any → DYING
 *
 * STARTING, BUSY  have an invocation.  SETTLING: answered, but not yet back at /next; may be given
 * the next invocation already.  IDLE: parked in /next and frozen.  DYING: killed; the watch thread
 * buries it when the sandbox has ended.
 *
 * Who works here: request threads (Invoke, runtime API), the queue's thread, the watch thread
 * (outputs, deadlines, ends), the completer (commits what an invocation left behind).
 */
#include "base/list.h"
#include "base/map.h"
#include "base/outcomes.h"
#include "hub/hub.h"
#include "net/net.h"
#include "sandbox/sandbox.h"
#include "svc/lambda/fn.h"

enum lambda_env_state { ENV_STARTING, ENV_IDLE, ENV_BUSY, ENV_SETTLING, ENV_DYING };

struct lambda_line {
    struct list node;
    int64_t time_ms; /* world */
    struct buf text;
};

struct lambda_output { /* one pipe of a sandbox */
    struct lambda_env *env;
    int fd;             /* -1: closed */
    struct buf partial; /* bytes behind the last newline */
};

struct lambda_env {
    struct list node; /* in its pool: most recently used first */
    unsigned refs;    /* the pool, the watch thread, each open origin, whoever starts it */
    struct lambda_svc *svc;
    struct lambda_pool *pool;
    struct lambda_fn *fn;
    enum lambda_env_state state;
    struct sandbox *sandbox;
    struct net_origin *origins[3];
    struct lambda_inv *inv;
    struct net_req *parked;    /* waits in /next */
    bool ready;                /* has called /next */
    bool may_log;              /* its role may write the log */
    bool watched;              /* known to the watch thread */
    int64_t start_ns, init_ns; /* when it was started; how long until /next */
    bool init_reported;
    int64_t settled_ns;     /* when it last finished an invocation */
    int64_t deadline_ns;    /* monotonic; INT64_MAX: none */
    int64_t keys_expire_ms; /* real */
    struct lambda_output out[2];
    struct list lines; /* not yet given to the log */
    size_t lines_bytes;
    char stream[64];
};

/* What became of an invocation. */
struct lambda_outcome {
    const struct aws_error *fault; /* the service's, not the function's: NULL otherwise */
    char fault_text[256];
    bool function_error;
    bool throttled;     /* fault is a limit's */
    bool interrupted;   /* by our own end: leaves no trace, its row stays as it was */
    struct buf payload; /* response or error document */
};
void lambda_outcome_deinit(struct lambda_outcome *outcome);

struct lambda_inv {
    struct list node; /* completer's list */
    struct lambda_fn *fn;
    char id[37];
    struct buf payload, client_context;
    struct lambda_env *env;
    bool logs_only; /* not an invocation: lines of a long one, on their way to the log */
    bool delivered;
    bool init_again; /* its environment's init took too long once */
    int64_t delivered_ns, finished_ns;
    int64_t concurrent; /* how many ran with it */
    struct lambda_outcome outcome;
    struct buf tail; /* last 4 KiB of its log */

    /* What the log gets. */
    struct list lines;
    size_t lines_bytes;
    struct buf log_group;
    char stream[64];
    bool may_log;

    /* Called once the outcome is there, without the lock; may take outcome.payload. */
    void (*answer)(struct lambda_inv *inv, void *ctx);
    void *ctx;

    /* Asynchronous ones: their row in the queue. */
    bool async;
    uint64_t row_id;
    int64_t attempts, born_ms; /* failures so far; world time of acceptance */
};
/* takes a reference of fn */
struct lambda_inv *lambda_inv_new(struct lambda_fn *fn, str payload);
struct lambda_inv *lambda_inv_free(struct lambda_inv *inv);
DEFINE_FREEP(lambda_inv)

struct lambda_waiting { /* an asynchronous invocation that found no room */
    struct list node;
    uint64_t id;
    int64_t expires_ms;
    bool counted; /* as a throttle */
};

struct lambda_pool {
    struct list envs;
    unsigned n_envs, running;
    struct list waiting; /* of struct lambda_waiting, oldest first */
};

enum {
    LAMBDA_E_LIMIT = OUTCOMES_LAMBDA_POOL, /* a configured limit of concurrency */
    LAMBDA_E_ROOM, /* this machine has no memory left for another environment */
};
/*
 * Hands the invocation to an environment, starting one when needed (a few milliseconds). 0: it is
 * under way and no longer the caller's; its answer may have been called already. Otherwise the
 * caller keeps it.
 */
int lambda_dispatch(struct lambda_svc *svc, struct lambda_inv *inv);
/* The pool of a function, made when there is none. Under the lock. */
struct lambda_pool *lambda_pool_of(struct lambda_svc *svc, str arn);

/* ---- Under the lock ---- */
/*
 * Takes env's invocation away, with the log lines so far. detach: as finished, which writes END and
 * REPORT; release: to be tried again. The caller answers or dispatches it after unlocking.
 */
struct lambda_inv *lambda_detach(struct lambda_env *env);
struct lambda_inv *lambda_release(struct lambda_env *env);
/* Moves env's lines to inv, to be committed with it. */
void lambda_take_lines(struct lambda_env *env, struct lambda_inv *inv);
void lambda_env_park(struct lambda_env *env, struct net_req *req);
/* Ready for the parked /next: the event's id, deadline and bytes are its invocation's. */
void lambda_deliver(struct lambda_env *env);
void lambda_env_kill(struct lambda_env *env);
void lambda_env_unref(struct lambda_env *env);
/* Nothing of it is left: forgets it. By the watch thread. */
void lambda_env_bury(struct lambda_env *env);

/* ---- Without the lock ---- */
/* Calls inv->answer and gives it to the completer. */
void lambda_finish(struct lambda_svc *svc, struct lambda_inv *inv);
/* Sets the function error {"errorType": type, "errorMessage": "RequestId: … Error: …"}. */
void lambda_fail_run(struct lambda_inv *inv, const char *type, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void lambda_fail_service(struct lambda_inv *inv, const struct aws_error *error, const char *text);

/* env.c: makes the sandbox and its sockets. 0, or inv's outcome is set. */
int lambda_env_start(struct lambda_env *env, struct lambda_inv *inv);

/* log.c; under the lock. */
void lambda_log_line(struct lambda_env *env, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Takes what the program wrote; false: the pipe is closed. */
bool lambda_log_drain(struct lambda_output *out);
/* Ends a partial line. */
void lambda_log_flush(struct lambda_env *env);

/* runtime.c: the runtime API's application, for the sandbox's socket. */
struct net_app lambda_runtime_app(struct lambda_svc *svc);
