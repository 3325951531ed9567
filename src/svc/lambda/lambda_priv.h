#pragma once
/*
 * svc/lambda: the service's state, and what its files share.
 *
 * struct lambda_svc is ordered by who may touch what: first what never changes, then what the main
 * thread alone writes, then all that svc->lock guards. A function whose name ends in _locked is
 * called with that lock held (base/lock.h); every other one of this header without it, unless its
 * comment says that both will do.
 */
#include "aws/row.h"
#include "base/lock.h"
#include "hub/due.h"
#include "svc/kit/tags.h"
#include "svc/lambda/errors.h"
#include "svc/lambda/lambda.h"
#include "svc/lambda/pool.h"

#include <pthread.h>

enum {
    LAMBDA_ACCOUNT_CONCURRENCY = 1000,            /* invocations at once, "Lambda quotas" */
    LAMBDA_UNRESERVED_LEAST = 100,                /* of these may not be reserved */
    LAMBDA_SYNC_PAYLOAD = 6 * 1024 * 1024,        /* bytes of an event, RequestResponse */
    LAMBDA_ASYNC_PAYLOAD = 1024 * 1024,           /* bytes of an event, Event */
    LAMBDA_RESPONSE_MOST = 6 * 1024 * 1024 + 100, /* bytes of an answer */
    LAMBDA_TAIL = 4096,                           /* bytes of LogResult */
    LAMBDA_INIT_S = 10,                           /* until the first /next */
};

/*
 * Log lines that are not committed, by what they cost (lambda_lines_cost): beyond MOST of all, or
 * SHARE of one function, outputs are not read, so who writes waits. The end of an invocation takes
 * what is in the pipe all the same: beyond FULL that is dropped.
 */
enum {
    LAMBDA_BACKLOG_MOST = 16 << 20,
    LAMBDA_BACKLOG_SHARE = LAMBDA_BACKLOG_MOST / 4,
    LAMBDA_BACKLOG_FULL = 2 * LAMBDA_BACKLOG_MOST,
};

/* The value of svc->running, by account. */
struct lambda_count {
    unsigned n;
};

/*
 * The service. Made by lambda_open, freed by lambda_close; between lambda_start and lambda_stop its
 * two threads run, the watcher and the completer.
 */
struct lambda_svc {
    /* Set by lambda_open and the same until lambda_close: any thread, no lock. */
    struct store *store;
    struct hub *hub;
    struct aws_cloud *cloud;
    struct sandbox_spawner *spawner;
    /* The cloud's CA as PEM: what runs in a sandbox trusts it. */
    struct buf ca_cert;
    struct lambda_code *code;                 /* DATA/functions: unpacked code (code.h) */
    struct hub_due *code_timer;               /* its sweep */
    struct lambda_interpreters *interpreters; /* of this machine (interpreters.h) */
    struct lambda_tools *tools;               /* what functions call (tools.h) */
    /*
     * async_at_once: how many asynchronous invocations run at once, idle_ns: how long an environment
     * without events lives.
     */
    unsigned async_at_once;
    int64_t idle_ns;
    struct hub_due *queue; /* asynchronous invocations; queue.c */

    /* Set by lambda_start and lambda_stop, which the daemon's main thread calls; watch.c's. */
    int epoll_fd, wake_fd;
    pthread_t watcher, completer;
    bool has_watcher;

    /* ---- Everything below is under lock ---- */
    pthread_mutex_t lock;
    struct net *net; /* NULL before lambda_start; then it stays */
    bool stopping;   /* no environment is started any more */

    /* Environments: env_state.c and pool.c. */
    pthread_cond_t gone;   /* an environment was reaped, or a start is over */
    struct map pools;      /* ARN → struct lambda_pool */
    struct map running;    /* account → struct lambda_count of its invocations */
    uint64_t memory_bytes; /* the most for them together */
    uint64_t memory_used;  /* bytes that the environments may take or, idle, hold: their charges */
    unsigned n_envs, starting, async_running;
    size_t n_waiting;  /* events in the lines of all pools */
    unsigned patient;  /* threads that wait for room */
    bool rows_changed; /* environments may be of an older generation */
    int64_t resume_ms; /* monotonic: outputs that pause are looked at again; 0: none do */
    int64_t looks_ns;  /* monotonic: by then upkeep is called again; INT64_MAX: when it is woken */

    /* What the completer has to do: complete.c. */
    pthread_cond_t finished_some;
    struct list finished; /* invocations whose traces are to be committed */
    size_t n_finished;    /* of them */
    size_t backlog;       /* cost of all log lines that are not committed yet */
    bool has_completer, completer_stops;
};

/*
 * env_state.c: invocations of the account that environments have. Reserved concurrency is not in
 * it: that is counted per pool.
 */
unsigned lambda_running_locked(struct lambda_svc *svc, str account);

/*
 * watch.c: the thread is started and ended by the main thread. Blocks in stop until every
 * environment is reaped. 0 or -errno with words.
 */
int lambda_watch_start(struct lambda_svc *svc, struct err *err);
void lambda_watch_stop(struct lambda_svc *svc);
/* Makes the watch thread check all deadlines again. Any thread, with the lock or without. */
void lambda_watch_wake(struct lambda_svc *svc);
/* The same where it would not check them by that time (monotonic) of itself. */
void lambda_watch_by_locked(struct lambda_svc *svc, int64_t at_ns);
/*
 * The watch thread polls env's outputs, deadline and end from here on. Once per environment, when
 * its sandbox is there.
 */
void lambda_watch_env_locked(struct lambda_env *env);
/* Takes the end of env's program, or of its sandbox, where there is one to take. The watch thread. */
void lambda_watch_ended(struct lambda_env *env);

/*
 * upkeep.c: all that time brings. memory: sample it too, as is due every LAMBDA_MEMORY_TICK_MS.
 * Returns after how many ms to call again at the latest; -1: none. By the watch thread.
 */
enum { LAMBDA_MEMORY_TICK_MS = 50 };
int lambda_upkeep(struct lambda_svc *svc, bool memory);
/* One that was released before its program read it: another environment gets it. Takes inv. */
void lambda_run_again(struct lambda_svc *svc, struct lambda_inv *inv);

/* runtime_api.c: the runtime API's application, for the sandbox's socket. svc must outlive it. */
struct net_app lambda_runtime_app(struct lambda_svc *svc);

/*
 * complete.c: the thread is started and ended by the main thread. stop commits what waits first. 0
 * or -errno with words.
 */
int lambda_complete_start(struct lambda_svc *svc, struct err *err);
void lambda_complete_stop(struct lambda_svc *svc);
/*
 * Takes inv: it is freed when its traces are committed. Takes the lock itself. One that was
 * interrupted by our own end, or comes before the thread runs, is freed without a trace.
 */
void lambda_complete_add(struct lambda_svc *svc, struct lambda_inv *inv);
/*
 * Adds one observation of AWS/Lambda's metric name for fn to batch; unit: "Count", "Milliseconds".
 */
void lambda_count_metric(struct lambda_svc *svc, struct store_batch *batch,
                         const struct lambda_fn *fn, const char *name, double value,
                         const char *unit);
/* The same of a function by its name, which need not be there any more: one more. */
void lambda_count_one(struct lambda_svc *svc, struct store_batch *batch,
                      const struct lambda_name *of, const char *name);

/* service.c: drops a pin of svc->code; the sweep looks where it was the last. */
void lambda_code_release(struct lambda_svc *svc, const char *dir);

/* queue.c */
/* Adds the kind of due rows "invoke" to the hub. Once, before hub_start. */
void lambda_queue_open(struct lambda_svc *svc);
/* Adds an invocation's row to batch; id: its request id, 36 characters. */
void lambda_queue_add(struct lambda_svc *svc, struct store_batch *batch, const struct lambda_fn *fn,
                      const char *id, str payload);
/* The row after another failure, due again at due_ms of world time. */
void lambda_queue_again(struct lambda_svc *svc, struct store_batch *batch,
                        const struct lambda_inv *inv, int64_t due_ms);
/* Deletes the invocation's row with the commit of batch: its outcome is in the same batch. */
void lambda_queue_remove(struct lambda_svc *svc, struct store_batch *batch, uint64_t id);
/*
 * The attempt failed by our fault, so it was none: the row stays as it is. Where the store takes no
 * changes the function's events wait (lambda_queue_hold_locked); where its sandbox was lost it is run
 * again at once. Once for each such attempt.
 */
void lambda_queue_return(struct lambda_svc *svc, const struct lambda_inv *inv);
/* The function's events wait, until there is room or for a while, which doubles. */
void lambda_queue_hold_locked(struct lambda_svc *svc, struct lambda_pool *pool);
/* One of the function's attempts met no refusal. */
void lambda_queue_unhold_locked(struct lambda_svc *svc, struct lambda_pool *pool);
/* Room may have come. Any thread, with the lock or without. */
void lambda_queue_kick(struct lambda_svc *svc);

/* after.c: what an asynchronous invocation's outcome causes, in batch. */
enum { LAMBDA_RETRY_MOST_MS = 300000 }; /* no wait between two attempts is longer */
/* How long an event waits after a fault of ours: doubles with its age, 1 s, 2 s, 4 s, … */
int64_t lambda_retry_wait(int64_t born_ms, int64_t now_ms);
/*
 * World time from which an event's age is counted against its function's limit: its birth, or since
 * when we have been able to work (hub_able_since_ms) and that function could run. fn: NULL where it
 * cannot be read. Takes the lock.
 */
int64_t lambda_counts_from(struct lambda_svc *svc, const struct lambda_fn *fn, int64_t born_ms);
/* An asynchronous one that failed by our fault, which does not count: see lambda_queue_return. */
bool lambda_was_no_attempt(struct lambda_svc *svc, const struct lambda_inv *inv);
/*
 * Either another attempt (lambda_queue_again), or the end of the row, with the records for its
 * destinations and dead letters. inv stays the caller's.
 */
void lambda_after(struct lambda_svc *svc, struct store_batch *batch, struct lambda_inv *inv);
/* One that was never run again: too old. */
void lambda_after_expired(struct lambda_svc *svc, struct store_batch *batch,
                          struct lambda_inv *inv);

/*
 * tell.c: a line of the daemon's log: the function, the request, why it failed (nothing that the
 * function said), and what comes next: another attempt after so long, or none, and where it goes.
 * ran: false for one that was never run. An inv of a caller who waits has no next attempt.
 */
void lambda_tell_failed(const struct lambda_inv *inv, int64_t wait_ms);
void lambda_tell_given_up(const struct lambda_inv *inv, bool ran);

/*
 * able.c: 0 where functions of that runtime can be run on this machine (NULL: any may be meant, so
 * 0), or -errno with words: what denies it and what helps. A few system calls, without blocking once
 * the level is known.
 */
int lambda_check_able(struct lambda_svc *svc, const struct lambda_runtime *runtime,
                      struct err *err);

/* port.c: the hub's ports. Before hub_start. */
void lambda_ports_plug(struct lambda_svc *svc);

/* permission.c */
/* The resource policy in a function's row, or a layer version's; nothing when it has none. */
void lambda_policy_text(const json_t *doc, struct buf *out);

/*
 * hooks.c: of the service row, as aws/op.h describes them; svc is the struct lambda_svc. 0,
 * AWS_FAILED or -errno.
 */
int lambda_hook_resource(void *svc, struct rq *rq, struct buf *ret_arn);
int lambda_hook_policy(void *svc, struct rq *rq, str arn, const struct policy **ret_policy,
                       str *ret_account);
int lambda_hook_context(void *svc, struct rq *rq, const struct aws_question *question,
                        struct policy_context *context);
int lambda_hook_tags(void *svc, struct rq *rq, str arn, json_t **ret_tags);
/* The named function of a request: 0 or AWS_FAILED. member: "FunctionName" or "Resource". */
int lambda_rq_name(struct rq *rq, const char *member, struct lambda_name *ret);

/* change.c: the function's row as a handler reads it, to answer from or to change. */
struct lambda_change {
    struct lambda_name name;
    struct row row;
    json_t *doc; /* the row, parsed */
};
/* 0 or AWS_FAILED */
int lambda_change_open(struct rq *rq, const char *member, struct lambda_change *ret);
/* Releases row and doc; a change that was not put is lost. */
void lambda_change_deinit(struct lambda_change *change);
/* Writes doc back with the request's batch, under the condition that the row is as it was read. */
void lambda_change_put(struct rq *rq, const struct lambda_change *change);
/* An operation on the function that its request names in member: fn(rq, change). */
#define LAMBDA_OP(name, fn, member)                                                                \
    int lambda_op_##name(struct lambda_svc *, struct rq *rq) {                                     \
        return lambda_on_function(rq, member, fn);                                                 \
    }
int lambda_on_function(struct rq *rq, const char *member,
                       int (*fn)(struct rq *rq, struct lambda_change *c));
/*
 * The function to be run. lasting: it must still be so when the request commits. 0 or AWS_FAILED.
 * The caller frees the reference.
 */
int lambda_rq_fn(struct rq *rq, bool lasting, struct lambda_fn **ret_fn);
/* The rows changed: when the batch commits, environments of older generations go. */
void lambda_rq_changed(struct rq *rq);

/* manage.c */
/* Of an account's zips in a region, "Lambda quotas": 75 GB. */
#define LAMBDA_CODE_STORAGE (UINT64_C(75) << 30)
/*
 * May the named function, or (name absent) a new version of a layer, have a package of so many bytes,
 * beside all others of the account? 0 or AWS_FAILED.
 */
int lambda_check_code_storage(struct rq *rq, str name, uint64_t size);
extern const struct kit_tags lambda_tags;

/* settings.c: settings that do nothing here are refused by name and value. 0 or AWS_FAILED. */
int lambda_check_settings(struct rq *rq);

/* link.c: the package of a function, or of a version of a layer. */
struct lambda_linked {
    str account, region, name;
    int64_t version; /* of the layer of that name; 0: a function */
    str sha256;      /* CodeSha256 */
};
/* An address of it. 0 or AWS_FAILED. */
int lambda_link_make(struct rq *rq, const struct lambda_linked *linked, str *ret_url);

enum lambda_link {
    LAMBDA_LINK_GIVEN,
    LAMBDA_LINK_REFUSED, /* not made here, or changed */
    LAMBDA_LINK_EXPIRED,
    LAMBDA_LINK_GONE,   /* the function or the version, or its code has been replaced */
    LAMBDA_LINK_BROKEN, /* what is stored cannot be read; the log says why */
};
/* The package that a link leads to. The reader is the caller's, whatever the outcome; may be NULL. */
struct lambda_link_bytes {
    struct blob_reader *reader;
    uint64_t size;
};
/* path: behind LAMBDA_LINKS. now_ms: real time. */
enum lambda_link lambda_link_follow(struct lambda_svc *svc, str path, int64_t now_ms,
                                    struct lambda_link_bytes *ret);

/* config.c */
/*
 * Checks and applies the members of in to config. fresh: CreateFunction, defaults apply. 0 or
 * AWS_FAILED.
 */
int lambda_config_apply(struct lambda_svc *svc, struct rq *rq, json_t *config, bool fresh);
/* The same for Architectures alone, which the code has: after Runtime. 0 or AWS_FAILED. */
int lambda_config_apply_architecture(struct rq *rq, json_t *config);
/*
 * The configuration as it is answered, a new reference: with a StateReason where this machine runs
 * the function by another version than its Runtime says, or cannot, for want of an interpreter.
 */
json_t *lambda_config_shown(struct lambda_svc *svc, json_t *config);
/* Appends that world time as Lambda writes it: 2026-11-22T04:56:59.123+0000. */
void lambda_add_time(struct buf *out, int64_t now_ms);
/* Sets LastModified to that world time, and RevisionId anew: after every change of a row. */
void lambda_config_touch(json_t *config, int64_t now_ms); /* LastModified, RevisionId */

#define KIT_OPS    "svc/lambda/ops.def"
#define KIT_PREFIX lambda
#include "svc/kit/op_handlers.h"
