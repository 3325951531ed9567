#pragma once
/*
 * svc/lambda/env: an environment: one sandbox with a runtime in it, which serves one invocation at a
 * time.
 *
 *   STARTING → BUSY     the runtime called /next and got the event that it was started for
 *   STARTING → IDLE     the same without an event: its invocation failed meanwhile
 *   BUSY → SETTLING     it answered, and is on its way back to /next
 *   SETTLING → IDLE     it is back: its /next is parked, and the sandbox is frozen
 *   SETTLING → BUSY     it was given the next event before it was back
 *   IDLE → BUSY         it was given an event: thawed, its /next answered
 *   STARTING, BUSY, SETTLING → HALTING
 *                       its program is killed, and the sandbox stays: out of time, init/error
 *   BUSY → HALTING      the same with an event that it has not read: that waits
 *   HALTING → HALTING   it was given an event meanwhile
 *   any → HALTED        the program has ended, by itself or killed: nothing runs
 *   HALTED, HALTING, BUSY → STARTING
 *                       it has an event that is unread, so its program is started anew, in the same
 *                       sandbox
 *   STARTING → STARTING the same, where the first start's program ended: its second try
 *   any → DYING         killed, or the sandbox ended; reaped when the sandbox has ended
 *
 * env_state.c is the one file that changes a state, an invocation's place, a parked request, a
 * count or a reference, and the table in it is the one list of steps; a step that is not in the
 * table ends a build with assertions. docs/internals/lambda-pool.md has the whole picture.
 *
 * Fields are guarded by svc->lock, but for those that say otherwise. Functions whose name ends in
 * _locked are called with svc->lock held and none of them waits; the others without it.
 */
#include "base/map.h"
#include "net/net.h"
#include "sandbox/sandbox.h"
#include "svc/lambda/inv.h"
#include "svc/lambda/pieces.h"

struct lambda_interpreter;
struct lambda_pool;
struct lambda_runtime;

enum lambda_env_state {
    ENV_STARTING,
    ENV_IDLE,
    ENV_BUSY,
    ENV_SETTLING,
    ENV_HALTING,
    ENV_HALTED,
    ENV_DYING,
    ENV_STATES
};
/* "STARTING", … for messages. */
const char *lambda_env_state_name(enum lambda_env_state state);
/* True where the table has that step. */
bool lambda_env_may_become(enum lambda_env_state from, enum lambda_env_state to);

enum { LAMBDA_ENV_PORTS = 3 }; /* the runtime API, the cloud plain, the cloud by TLS */

struct lambda_output { /* one pipe of a sandbox */
    struct lambda_env *env;
    int fd;             /* -1: closed */
    bool paused;        /* not polled: the log is behind, or it was read enough for now */
    struct buf partial; /* bytes behind the last piece */
    struct lambda_pieces pieces;
};

struct lambda_env {
    struct list node; /* in its pool: most recently used first */
    unsigned refs;    /* the pool, each open origin, whoever starts it */
    enum lambda_env_state state;
    struct lambda_inv *inv; /* STARTING, BUSY; HALTING: the program is started anew for it */
    struct net_req *parked; /* waits in /next */
    unsigned life;          /* how often the program was started anew */
    bool in_invoke;         /* its start is part of an invocation, and of its time */
    bool ready;             /* has called /next, in this life */
    const struct net_req *answering; /* whose body is kept as the answer; NULL: nobody's */
    bool watched;                    /* known to the watch thread */
    bool init_reported;              /* a REPORT line has told of the init */
    int64_t start_ns;                /* monotonic: when its sandbox was asked for, or its program */
    int64_t init_ns;                 /* how long from start_ns until /next */
    int64_t settled_ns;              /* monotonic: when it last finished an invocation */
    int64_t deadline_ns;             /* monotonic; INT64_MAX: none */
    uint64_t charged;                /* bytes of the service's budget that it takes */
    int64_t weigh_ns;        /* monotonic; at rest: when it is weighed; INT64_MAX: not again */
    bool reclaimed;          /* since it came to rest, the kernel took back what it could */
    struct sandbox *sandbox; /* NULL before it is made */
    struct net_origin *origins[LAMBDA_ENV_PORTS];
    unsigned marks; /* of its origins, when it got its invocation */
    /* stdout, stderr, and records, which interpreted runtimes have */
    struct lambda_output out[SANDBOX_OUTPUTS];
    struct lambda_lines lines; /* not yet given to the log */
    int64_t floor_ms;          /* world time of the last line that Lambda wrote itself */
    struct lambda_rate rate;   /* of what the program writes */

    /* The same from the beginning to the end: no lock. */
    struct lambda_svc *svc;
    struct lambda_pool *pool;
    struct lambda_fn *fn;
    const struct lambda_runtime *runtime; /* NULL: a row of a later build names one */

    /* Written by whoever starts it, before anybody else looks. */
    bool has_code;                          /* a pin of its function's folder */
    bool has_layers;                        /* … and of that of its layers */
    bool may_log;                           /* its role may write the log */
    struct lambda_interpreter *interpreter; /* what its sandbox shows of the machine, or NULL … */
    uint64_t packages;                      /* … and which packages (packages_mark) */
    int64_t keys_expire_ms;                 /* real time */
    char stream[LAMBDA_STREAM_MOST];
};

/*
 * Bytes that the kernel may give it. They are charged as long as it can take them; an IDLE one that
 * is frozen is charged what it holds.
 */
static inline uint64_t lambda_env_most(const struct lambda_env *env) {
    return sandbox_most_bytes(lambda_fn_memory(env->fn), lambda_fn_tmp(env->fn));
}

/* Nothing of it runs, or may: it waits for an event, and may be ended at any time. */
static inline bool lambda_env_rests(const struct lambda_env *env) {
    return env->state == ENV_IDLE || env->state == ENV_HALTED;
}

/*
 * It was given an event as one that runs, and the program has not come to read it: what becomes of
 * the program is of the event before, so this one is not failed by it.
 */
static inline bool lambda_env_is_unread(const struct lambda_env *env) {
    return env->state == ENV_BUSY && env->inv && !env->inv->delivered;
}

/* ---- env_state.c: making, ending, reaping ---- */
/*
 * A new environment in STARTING, in pool and in all counts, with inv for its first event. The
 * caller gets a reference and must call lambda_env_started_locked.
 */
struct lambda_env *lambda_env_new_locked(struct lambda_svc *svc, struct lambda_pool *pool,
                                         struct lambda_inv *inv);
void lambda_env_ref_locked(struct lambda_env *env);
/* Frees it with the last reference. */
void lambda_env_unref_locked(struct lambda_env *env);
/* The sandbox is there; the environment owns it and its outputs. */
void lambda_env_boxed_locked(struct lambda_env *env, struct sandbox *sandbox);
/*
 * origin is port i's listener, NULL where it could not be opened; it holds a reference of its own.
 */
void lambda_env_listens_locked(struct lambda_env *env, size_t i, struct net_origin *origin);
/*
 * The start is over, well or not. A failed one is killed and reaped; its invocation, with a REPORT
 * where there was a sandbox, is returned for the caller to finish (NULL: it had none any more).
 * Drops the starter's reference.
 */
struct lambda_inv *lambda_env_started_locked(struct lambda_env *env, bool well);
/*
 * HALTING: the program is killed with all that it started, and the sandbox stays. Its invocation was
 * detached; or it has one whose start is tried again. An init that does not do it in time ends it.
 */
enum { LAMBDA_HALT_MS = 2000 };
void lambda_env_halt_locked(struct lambda_env *env);
/*
 * Of its program nothing is left. HALTED; or STARTING, where it has an invocation, for which the
 * program is started anew.
 */
void lambda_env_halted_locked(struct lambda_env *env);
/* DYING, and the sandbox is killed. Nothing where it is DYING already. */
void lambda_env_kill_locked(struct lambda_env *env);
/*
 * Nothing of it runs: takes it out of its pool and of all counts, closes its sockets and drops the
 * pool's reference. Its invocation was released before.
 */
void lambda_env_reap_locked(struct lambda_env *env);

/* ---- env_state.c: the way of an invocation ---- */
/* Gives inv to an environment that is IDLE, SETTLING, HALTED or HALTING, and wakes or starts it. */
void lambda_env_assign_locked(struct lambda_env *env, struct lambda_inv *inv);
/* The runtime has called /next for the first time. Nothing on later calls. */
void lambda_env_ready_locked(struct lambda_env *env);
/*
 * The runtime takes its event: BUSY; START is logged, the function's time runs from now, or, where
 * the start was part of the invocation, since that.
 */
void lambda_env_deliver_locked(struct lambda_env *env);
/* req waits for an event: IDLE, frozen. */
void lambda_env_park_locked(struct lambda_env *env, struct net_req *req);
/* The runtime has closed the connection of the parked /next: another one may be parked. */
void lambda_env_drop_parked_locked(struct lambda_env *env);
/*
 * req is over; nothing where another request is parked. An IDLE environment is thawed, so that its
 * runtime can call /next again; where there is no memory for that, it ends.
 */
void lambda_env_unpark_locked(struct lambda_env *env, const struct net_req *req);
/* Of one at rest, frozen or HALTED: it is charged held bytes, and a little that it may still take. */
void lambda_env_weigh_locked(struct lambda_env *env, uint64_t held);
/*
 * The body of an answer, which may be megabytes, is kept of one request at a time: of the one that
 * came last, for a runtime whose connection broke tries again on another one.
 */
void lambda_env_begin_answer_locked(struct lambda_env *env, const struct net_req *req);
/* False where req's is not kept any more. */
bool lambda_env_end_answer_locked(struct lambda_env *env, const struct net_req *req);
/* The answer is in the invocation's outcome: detaches it; SETTLING. */
struct lambda_inv *lambda_env_settle_locked(struct lambda_env *env);
/*
 * Takes the invocation away, with the log lines so far. detach: as finished, which writes END and
 * REPORT; release: to be tried again. The caller finishes or dispatches it after unlocking.
 */
struct lambda_inv *lambda_env_detach_locked(struct lambda_env *env);
struct lambda_inv *lambda_env_release_locked(struct lambda_env *env);
/* Moves the lines so far to inv, to be committed with it. */
void lambda_env_take_lines_locked(struct lambda_env *env, struct lambda_inv *inv);
/* The watch thread knows it. */
void lambda_env_watched_locked(struct lambda_env *env);
/* Takes the deadline away: the program was killed for its memory, and its end says the rest. */
void lambda_env_untimed_locked(struct lambda_env *env);

/*
 * ---- env_fail.c: a run fails, the start of one included ----
 * What the log and the caller are told. Its invocation, detached, for the caller to finish; NULL: it
 * had none, or the environment keeps it, for its start is to be tried again or it was not read
 * (lambda_env_is_unread). The caller halts the environment.
 */
struct lambda_inv *lambda_env_timed_out_locked(struct lambda_env *env);
/* The program ended. */
struct lambda_inv *lambda_env_exited_locked(struct lambda_env *env, const struct sandbox_end *end);
/* The runtime has sent init/error, with that type; the document is the caller's to put into it. */
struct lambda_inv *lambda_env_init_failed_locked(struct lambda_env *env, const char *type);

/*
 * env_start.c: makes the sandbox and its sockets, in a few milliseconds. 0, or inv's outcome is
 * set. Without the lock.
 */
int lambda_env_start(struct lambda_env *env, struct lambda_inv *inv);

#define LAMBDA_CA_PATH "/etc/ssl/certs/ca-certificates.crt" /* inside a sandbox */
/* env_vars.c: what the program finds in its environment: NULL-terminated NAME=VALUE. */
/* The function's: more than fit into 4 KB of JSON; and Lambda's. */
enum { LAMBDA_VARIABLES_MOST = 4096 / sizeof "\"AB\":\"\"" + 64 };
struct lambda_variables {
    struct arena arena;
    const char *at[LAMBDA_VARIABLES_MOST + 1];
    size_t n;
    const json_t *own; /* the function's: they win over Lambda's */
};
/* keys: of the execution role. Any thread. */
void lambda_variables_fill(struct lambda_variables *variables, const struct lambda_env *env,
                           const struct aws_credentials *keys);
void lambda_variables_deinit(struct lambda_variables *variables);

/* ---- log.c: what the function writes ---- */
/* A line, or an event in JSON, of Lambda's own. in_tail: the caller of the invocation sees it too. */
void lambda_log_own_locked(struct lambda_env *env, str text, bool in_tail);
/*
 * True where so much of this function, or of all, waits to be committed that no more is to be read.
 */
bool lambda_log_behind_locked(const struct lambda_pool *pool, struct lambda_svc *svc);
/* Lines of fn have left memory: they are committed, or lost with their environment. */
void lambda_log_committed_locked(struct lambda_svc *svc, const struct lambda_fn *fn,
                                 const struct lambda_lines *lines);
/* Takes some of what the program wrote; false: the pipe is closed. */
bool lambda_log_drain_locked(struct lambda_output *out);
/* Ends the partial lines and records, and tells what was dropped. */
void lambda_log_flush_locked(struct lambda_env *env);
/* Takes all that the program has written so far, lines and records without an end too. */
void lambda_log_catch_up_locked(struct lambda_env *env);
/*
 * The program was ended, and another one will write to the same pipes: takes what is in them, and
 * forgets of which record it was.
 */
void lambda_log_restart_locked(struct lambda_env *env);

/* ---- system_log.c: what Lambda writes ---- */
/* A line that the format Text alone has: in JSON the events below say the same. */
void lambda_log_line_locked(struct lambda_env *env, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* INIT_START, platform.initStart; the phase is "invoke" where env->in_invoke. */
void lambda_log_init_start_locked(struct lambda_env *env);
/* platform.initRuntimeDone and initReport of a start that went well (env->init_ns); no line. */
void lambda_log_init_done_locked(struct lambda_env *env);
/*
 * INIT_REPORT, or those two events, of one that did not. status: "error", "timeout"; type: of the
 * error, or "".
 */
void lambda_log_init_failed_locked(struct lambda_env *env, double ms, const char *status,
                                   const char *type);
/* START of its invocation, platform.start. */
void lambda_log_start_locked(struct lambda_env *env);
/*
 * END and REPORT of its invocation, platform.runtimeDone and report, after all that the program
 * wrote; how it went is in the invocation's outcome.
 */
void lambda_log_report_locked(struct lambda_env *env);
/* How much of what the program wrote was dropped since this was last told. */
void lambda_log_lost_locked(struct lambda_env *env);
