/* Which environment serves an invocation; when another one may be started. */
#include "svc/lambda/pool.h"

#include "base/clock.h"
#include "svc/lambda/interpreters.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/launch.h"

#include <poll.h>

enum { SETTLE_MS = 20, KEYS_MARGIN_MS = 60000, RESTED_MS = 1000 };
/* How long a caller waits for room that is about to come, and how many may: each holds a thread. */
enum { PATIENCE_MS = 500, PATIENT_STEP_MS = 2, PATIENT_MOST = 8 };

/* ---- Pools ---- */
struct lambda_pool *lambda_pool_of_locked(struct lambda_svc *svc, str arn) {
    LOCK_HELD(&svc->lock);
    struct lambda_pool *pool = map_get(&svc->pools, arn);
    if (pool)
        return pool;
    pool = mem_new(struct lambda_pool);
    list_init(&pool->envs);
    list_init(&pool->waiting);
    map_put(&svc->pools, arn, pool);
    return pool;
}

struct lambda_env *lambda_walk_locked(struct lambda_svc *svc, struct lambda_walk *walk) {
    LOCK_HELD(&svc->lock);
    str arn;
    void *value;
    while (!walk->pool || walk->next == &walk->pool->envs) {
        if (!map_next(&svc->pools, &walk->at, &arn, &value))
            return NULL;
        walk->pool = value;
        walk->next = walk->pool->envs.next;
    }
    struct lambda_env *env = LIST_ENTRY(walk->next, struct lambda_env, node);
    walk->next = walk->next->next;
    return env;
}

static bool at_limit_locked(struct lambda_svc *svc, const struct lambda_fn *fn,
                            const struct lambda_pool *pool) {
    LOCK_HELD(&svc->lock);
    if (fn->reserved >= 0 && (int64_t)pool->running >= fn->reserved)
        return true;
    return lambda_running_locked(svc, fn->name.account) >= LAMBDA_ACCOUNT_CONCURRENCY;
}

/* ---- An environment that is there ---- */
/*
 * A sandbox shows the interpreter and the packages that the machine had when it was made. A program
 * that is started anew gets those of today, in another sandbox. One that runs goes on with its
 * interpreter, but makes way for other packages: its next import would look for them. That is asked
 * of those that rested for a while, for it costs system calls.
 */
static bool is_of_today(const struct lambda_env *env) {
    bool runs = env->state == ENV_IDLE || env->state == ENV_SETTLING;
    bool busy = clock_mono_ns() - env->settled_ns < RESTED_MS * INT64_C(1000000);
    if (!env->interpreter || (runs && busy))
        return true;
    return (runs || lambda_interpreter_is_same(env->interpreter)) &&
           lambda_launch_packages(env->runtime) == env->packages;
}

static bool is_usable(const struct lambda_env *env, const struct lambda_fn *fn) {
    return env->fn->generation == fn->generation &&
           env->keys_expire_ms > clock_real_ms() + fn->timeout_ms + KEYS_MARGIN_MS &&
           is_of_today(env);
}

/*
 * How soon it can serve an event: an idle one; else one that has just answered and is on its way back
 * to /next; else one whose program is gone, or is on its way there. 0: it has an event, or is lost.
 */
static int fitness_of(const struct lambda_env *env) {
    static const int fitness[ENV_STATES] =
        {[ENV_IDLE] = 4, [ENV_SETTLING] = 3, [ENV_HALTED] = 2, [ENV_HALTING] = 1};
    int64_t recent = clock_mono_ns() - SETTLE_MS * 1000000LL;
    if (env->inv || (env->state == ENV_SETTLING && env->settled_ns <= recent))
        return 0;
    return fitness[env->state];
}

/* The most recently used of the fittest. No more are looked into than that takes. */
static struct lambda_env *find_env_locked(struct lambda_svc *svc, struct lambda_pool *pool,
                                          const struct lambda_fn *fn) {
    LOCK_HELD(&svc->lock);
    struct lambda_env *best = NULL;
    int best_fitness = 0;
    LIST_EACH (node, &pool->envs) {
        struct lambda_env *env = LIST_ENTRY(node, struct lambda_env, node);
        int fitness = fitness_of(env);
        if (fitness <= best_fitness)
            continue;
        if (is_usable(env, fn)) {
            best = env;
            best_fitness = fitness;
        } else if (lambda_env_rests(env)) {
            lambda_env_kill_locked(env);
        }
    }
    return best;
}

/* ---- Room for another ---- */
/* Bytes times how long they have been idle: what is large goes before what is merely old. */
static double weight_of(const struct lambda_env *env, int64_t now_ns) {
    int64_t idle_ns = now_ns - (env->deadline_ns - env->svc->idle_ns);
    return (double)env->charged * (double)(idle_ns > 0 ? idle_ns : 1);
}

/* What the environments take, by what becomes of it. */
struct survey {
    uint64_t leaving;            /* of those that die: free within milliseconds, as good as gone */
    uint64_t idle;               /* of those that may be ended */
    unsigned running;            /* how many may not */
    struct lambda_env *heaviest; /* of the idle ones, or NULL */
};

static struct survey survey_locked(struct lambda_svc *svc, const struct lambda_env *keep) {
    LOCK_HELD(&svc->lock);
    struct survey all = {0};
    int64_t now_ns = clock_mono_ns();
    struct lambda_walk walk = {0};
    for (struct lambda_env *env; (env = lambda_walk_locked(svc, &walk));) {
        if (env->state == ENV_DYING)
            all.leaving += env->charged;
        else if (!lambda_env_rests(env))
            all.running++;
        else if (env != keep) {
            all.idle += env->charged;
            if (!all.heaviest || weight_of(env, now_ns) > weight_of(all.heaviest, now_ns))
                all.heaviest = env;
        }
    }
    return all;
}

void lambda_env_look_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    bool still = env->state == ENV_HALTED ||
                 (env->state == ENV_IDLE && env->sandbox && sandbox_is_still(env->sandbox));
    if (still && env->sandbox)
        lambda_env_weigh_locked(env, sandbox_held(env->sandbox));
}

/* Those that became idle a moment ago and were not weighed yet. */
static void weigh_fresh_locked(struct lambda_svc *svc) {
    LOCK_HELD(&svc->lock);
    struct lambda_walk walk = {0};
    for (struct lambda_env *env; (env = lambda_walk_locked(svc, &walk));)
        if (env->charged == lambda_env_most(env))
            lambda_env_look_locked(env);
}

/*
 * One that has just answered, is halted, or was not weighed yet is charged whole for a few
 * milliseconds.
 */
static bool comes_to_rest(const struct lambda_env *env) {
    return env->state == ENV_SETTLING || (env->state == ENV_HALTING && !env->inv) ||
           (lambda_env_rests(env) && env->charged == lambda_env_most(env));
}

static bool one_comes_to_rest_locked(struct lambda_svc *svc) {
    LOCK_HELD(&svc->lock);
    struct lambda_walk walk = {0};
    for (struct lambda_env *env; (env = lambda_walk_locked(svc, &walk));)
        if (comes_to_rest(env))
            return true;
    return false;
}

bool lambda_make_room_locked(struct lambda_svc *svc, uint64_t need, const struct lambda_env *keep,
                             bool patient) {
    LOCK_HELD(&svc->lock);
    if (svc->memory_used + need <= svc->memory_bytes)
        return true;
    weigh_fresh_locked(svc);
    struct survey all = survey_locked(svc, keep);
    bool fits = svc->memory_used - all.leaving - all.idle + need <= svc->memory_bytes;
    /* Nobody ends for nothing. A function that is larger than the budget may run alone. */
    if (!fits && all.running)
        return false;
    bool enough = svc->memory_used - all.leaving + need <= svc->memory_bytes;
    if (!enough && patient && one_comes_to_rest_locked(svc))
        return false;
    while (all.heaviest && svc->memory_used - all.leaving + need > svc->memory_bytes) {
        lambda_env_kill_locked(all.heaviest);
        all = survey_locked(svc, keep);
    }
    return fits || svc->n_envs == (keep ? 1 : 0);
}

/* ---- Dispatch ---- */
/* The environment is made here; when that fails the invocation ends with the reason. */
static void start_env(struct lambda_svc *svc, struct lambda_env *env, struct lambda_inv *inv) {
    LOCK_NOT_HELD(&svc->lock);
    bool well = lambda_env_start(env, inv) == 0;
    lock_take(&svc->lock);
    if (well)
        lambda_watch_env_locked(env);
    struct lambda_inv *failed = lambda_env_started_locked(env, well);
    lock_drop(&svc->lock);
    if (failed)
        lambda_finish(svc, failed);
}

/*
 * Gives inv to an environment. *ret_fresh: to a new one, which the caller starts; NULL otherwise.
 * 0, LAMBDA_E_LIMIT or LAMBDA_E_ROOM.
 */
static int place_locked(struct lambda_svc *svc, struct lambda_inv *inv, bool patient,
                        struct lambda_env **ret_fresh) {
    LOCK_HELD(&svc->lock);
    struct lambda_pool *pool = lambda_pool_of_locked(svc, buf_view(&inv->fn->arn));
    *ret_fresh = NULL;
    if (svc->stopping || !svc->net)
        return LAMBDA_E_ROOM;
    if (at_limit_locked(svc, inv->fn, pool))
        return LAMBDA_E_LIMIT;
    struct lambda_env *env = inv->init_again ? NULL : find_env_locked(svc, pool, inv->fn);
    if (env) {
        if (!lambda_make_room_locked(svc, lambda_env_most(env) - env->charged, env, patient))
            return LAMBDA_E_ROOM;
        lambda_env_assign_locked(env, inv);
        return 0;
    }
    uint64_t most = sandbox_most_bytes(lambda_fn_memory(inv->fn), lambda_fn_tmp(inv->fn));
    if (!lambda_make_room_locked(svc, most, NULL, patient))
        return LAMBDA_E_ROOM;
    *ret_fresh = lambda_env_new_locked(svc, pool, inv);
    return 0;
}

static int dispatch(struct lambda_svc *svc, struct lambda_inv *inv, bool patient) {
    struct lambda_env *fresh;
    lock_take(&svc->lock);
    int r = place_locked(svc, inv, patient, &fresh);
    lock_drop(&svc->lock);
    if (r == 0 && fresh)
        start_env(svc, fresh, inv);
    return r;
}

int lambda_dispatch(struct lambda_svc *svc, struct lambda_inv *inv) {
    return dispatch(svc, inv, false);
}

/* What dies is charged until it is reaped. */
static bool room_may_come_locked(struct lambda_svc *svc) {
    LOCK_HELD(&svc->lock);
    struct lambda_walk walk = {0};
    for (struct lambda_env *env; (env = lambda_walk_locked(svc, &walk));)
        if (comes_to_rest(env) || env->state == ENV_DYING)
            return true;
    return false;
}

/* False: nothing will come soon, or too many threads wait already. */
static bool wait_for_room(struct lambda_svc *svc) {
    LOCK_NOT_HELD(&svc->lock);
    lock_take(&svc->lock);
    bool waits = svc->patient < PATIENT_MOST && !svc->stopping && room_may_come_locked(svc);
    svc->patient += waits;
    lock_drop(&svc->lock);
    if (!waits)
        return false;
    poll(NULL, 0, PATIENT_STEP_MS);
    LOCK_SCOPE(&svc->lock);
    svc->patient--;
    return true;
}

int lambda_dispatch_soon(struct lambda_svc *svc, struct lambda_inv *inv) {
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    int r = dispatch(svc, inv, true);
    while (r == LAMBDA_E_ROOM && clock_mono_ms() < until && wait_for_room(svc))
        r = dispatch(svc, inv, true);
    return r == LAMBDA_E_ROOM ? dispatch(svc, inv, false) : r;
}
