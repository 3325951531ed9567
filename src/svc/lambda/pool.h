#pragma once
/*
 * svc/lambda/pool: which environment serves an invocation.
 *
 * A pool is a function's environments. Pools are made when first asked for and live as long as the
 * service, so a pointer to one stays good without the lock; what is in them is under svc->lock.
 */
#include "base/outcomes.h"
#include "svc/lambda/env.h"

struct lambda_waiting { /* an asynchronous invocation that found no room */
    struct list node;
    uint64_t id;
    int64_t expires_ms; /* world time */
    bool counted;       /* as a throttle */
};

struct lambda_pool {
    struct list envs;                   /* of struct lambda_env, most recently used first */
    unsigned n_envs;                    /* in envs */
    unsigned running;                   /* invocations that they have */
    unsigned async_running;             /* of these the asynchronous ones */
    struct list waiting;                /* of struct lambda_waiting, oldest first */
    struct lambda_metrics_rate metrics; /* in its log lines; the completer's alone */
    size_t backlog;                     /* cost of its log lines that are not committed yet */
    /*
     * The store took no changes of its last attempt, or it cannot run here (unable): its queued
     * events wait until then (monotonic), and go one by one until one succeeds. held_ms: how long
     * the wait was; 0: it is not held.
     */
    int64_t held_until_ms, held_ms;
    bool unable;       /* as the last look at one of its events found; queue.c's */
    int64_t unable_ms; /* world time of the last look that found so, or that it can again */
};

enum {
    LAMBDA_E_LIMIT = OUTCOMES_LAMBDA_POOL, /* a configured limit of concurrency */
    LAMBDA_E_ROOM, /* this machine has no memory left for another environment, or it stops */
};
/*
 * Hands the invocation to an environment, starting one when needed (a few milliseconds). 0: the
 * invocation is under way and not the caller's; its answer may have been called already.
 * LAMBDA_E_LIMIT, LAMBDA_E_ROOM: the caller keeps it. Without the lock; any thread but an event
 * loop's.
 */
int lambda_dispatch(struct lambda_svc *svc, struct lambda_inv *inv);
/*
 * The same for a caller who waits: where there is no room but an environment is about to stand still
 * or to be gone, it is tried again for half a second. By a request's thread.
 */
int lambda_dispatch_soon(struct lambda_svc *svc, struct lambda_inv *inv);
/*
 * Idle environments of any function end, but keep, until need more bytes are within the budget;
 * the heaviest and longest idle first. False: those that run have all of it; or, where the caller is
 * patient, one is about to stand still, which may give the room without an end. keep: NULL, or the
 * one that needs it.
 */
bool lambda_make_room_locked(struct lambda_svc *svc, uint64_t need, const struct lambda_env *keep,
                             bool patient);
/* Charges an environment at rest what it holds, once it stands still. Nothing on others. */
void lambda_env_look_locked(struct lambda_env *env);
/* The pool of a function, made when there is none. */
struct lambda_pool *lambda_pool_of_locked(struct lambda_svc *svc, str arn);

/*
 * A walk over the environments of all pools, which begins with {0}. lambda_walk_locked gives the
 * next one, NULL behind the last. The environment that was given last may leave its pool meanwhile;
 * another may not.
 */
struct lambda_walk {
    size_t at;
    struct lambda_pool *pool;
    struct list *next;
};
struct lambda_env *lambda_walk_locked(struct lambda_svc *svc, struct lambda_walk *walk);
