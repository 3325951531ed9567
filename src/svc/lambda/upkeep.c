/*
 * What time brings to environments: the deadlines of functions, of their starts and of idle ones,
 * the memory limit where it is sampled, what idle ones hold, lines of a long invocation, and the end
 * of environments whose function was changed or deleted. Called by the watch thread alone.
 */
#include "base/clock.h"
#include "svc/lambda/lambda_priv.h"

enum { LINES_MOST = 256 * 1024, LINES_AGE_MS = 1000, SLEEP_MOST_MS = 60000 };
/* An environment that has been idle for so long gives back what the kernel can take. */
enum { RECLAIM_MS = 2000, AGAIN_MS = 1000 };

/* ---- Deadlines and limits ---- */
/* Lines of a long invocation go to the log before its end. */
static struct lambda_inv *take_old_lines_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    if (env->lines.n == 0 || (lambda_lines_cost(&env->lines) < LINES_MOST &&
                              clock_world_ms() - env->lines.first_ms < LINES_AGE_MS))
        return NULL;
    struct lambda_inv *inv = lambda_inv_new(env->fn, STR_NONE);
    inv->logs_only = true;
    lambda_env_take_lines_locked(env, inv);
    return inv;
}

struct due {
    struct lambda_inv *finished, *again, *lines;
    struct lambda_env *reclaim; /* with a reference */
    struct lambda_env *ended;   /* its program, or itself; nobody but this thread reaps it */
};

/*
 * One at rest is weighed when it has come to a stand, and again when the kernel has taken back what
 * it could. One that is stopped by signals is looked at for its whole life: a program can have
 * itself continued, by a timer, say.
 */
static struct lambda_env *weigh_locked(struct lambda_env *env, int64_t now_ns) {
    struct lambda_svc *svc = env->svc;
    LOCK_HELD(&svc->lock);
    bool firm = env->state == ENV_HALTED || !env->sandbox || sandbox_is_firm(env->sandbox);
    int64_t idle_ns = now_ns - (env->deadline_ns - svc->idle_ns);
    if (!firm && sandbox_check_memory(env->sandbox)) {
        lambda_env_kill_locked(env);
        return NULL;
    }
    if (idle_ns >= RECLAIM_MS * INT64_C(1000000) && !env->reclaimed && env->sandbox) {
        env->reclaimed = true;
        lambda_env_ref_locked(env);
        return env;
    }
    if (!firm)
        (void)sandbox_freeze(env->sandbox);
    lambda_env_look_locked(env);
    int64_t wait_ms = env->reclaimed ? AGAIN_MS : RECLAIM_MS;
    env->weigh_ns = env->reclaimed && firm ? INT64_MAX : now_ns + wait_ms * 1000000;
    return NULL;
}

static void reclaim(struct lambda_env *env) {
    struct lambda_svc *svc = env->svc;
    sandbox_reclaim(env->sandbox);
    LOCK_SCOPE(&svc->lock);
    lambda_env_unref_locked(env);
}

/*
 * Its time is over. One at rest was idle too long; one that runs is halted. One whose init has not
 * killed everybody in time ends, and an event that it has goes elsewhere.
 */
static struct due expire_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    struct due due = {0};
    if (lambda_env_rests(env) || env->state == ENV_HALTING) {
        due.again = env->inv ? lambda_env_release_locked(env) : NULL;
        lambda_env_kill_locked(env);
    } else {
        due.finished = lambda_env_timed_out_locked(env);
        lambda_env_halt_locked(env);
    }
    return due;
}

/* What this environment needs done now: mostly nothing. */
static struct due check_env_locked(struct lambda_env *env, int64_t now_ns, bool memory) {
    LOCK_HELD(&env->svc->lock);
    struct due due = {0};
    if (!env->watched || env->state == ENV_DYING)
        return due;
    if (env->sandbox && sandbox_has_news(env->sandbox)) {
        due.ended = env;
        return due;
    }
    if (lambda_env_rests(env) && env->weigh_ns <= now_ns) {
        due.reclaim = weigh_locked(env, now_ns);
        if (due.reclaim || env->state == ENV_DYING)
            return due;
    }
    if (memory && !lambda_env_rests(env) && sandbox_check_memory(env->sandbox)) {
        lambda_env_untimed_locked(env);
        return due;
    }
    if (env->deadline_ns <= now_ns)
        return expire_locked(env);
    due.lines = take_old_lines_locked(env);
    return due;
}

static bool is_outdated(const struct lambda_env *env, const struct lambda_fn *newest) {
    return lambda_env_rests(env) && (!newest || newest->generation != env->fn->generation);
}

/* Of one pool; reads the function's row where the pool has environments. */
static void retire_pool_locked(struct lambda_svc *svc, const struct lambda_pool *pool) {
    LOCK_HELD(&svc->lock);
    if (list_empty(&pool->envs))
        return;
    CLEANUP(lambda_fn) struct lambda_fn *newest = NULL;
    const struct lambda_env *first = LIST_ENTRY(pool->envs.next, struct lambda_env, node);
    int r = lambda_fn_load(&(struct rows){.store = svc->store}, &first->fn->name, &newest);
    if (r && r != STORE_E_ABSENT)
        return;
    LIST_EACH (node, &pool->envs) {
        struct lambda_env *env = LIST_ENTRY(node, struct lambda_env, node);
        if (is_outdated(env, newest))
            lambda_env_kill_locked(env);
    }
}

/* Ends idle environments of functions that were changed or deleted. */
static void retire_outdated_locked(struct lambda_svc *svc) {
    LOCK_HELD(&svc->lock);
    size_t at = 0;
    str arn;
    void *pool;
    svc->rows_changed = false;
    while (map_next(&svc->pools, &at, &arn, &pool))
        retire_pool_locked(svc, pool);
    lambda_queue_kick(svc); /* limits may have changed */
}

void lambda_run_again(struct lambda_svc *svc, struct lambda_inv *inv) {
    LOCK_NOT_HELD(&svc->lock);
    if (lambda_dispatch(svc, inv) == 0)
        return;
    lambda_fail_service(inv, &lambda_e_TooManyRequestsException,
                        lambda_e_TooManyRequestsException.text);
    inv->outcome.throttled = true;
    lambda_finish(svc, inv);
}

static void handle(struct lambda_svc *svc, const struct due *due) {
    if (due->finished)
        lambda_finish(svc, due->finished);
    if (due->again)
        lambda_run_again(svc, due->again);
    if (due->lines)
        lambda_complete_add(svc, due->lines);
    if (due->reclaim)
        reclaim(due->reclaim);
    if (due->ended)
        lambda_watch_ended(due->ended);
}

static bool is_due(const struct due *due) {
    return due->finished || due->again || due->lines || due->reclaim || due->ended;
}

/* When the thread has to look again, for what it has seen of the environments. */
struct next {
    int64_t deadline_ns; /* INT64_MAX: none */
    bool active;         /* some run, so their memory is sampled */
};

/* The first environment that needs something; *ret_next is for those before it. */
static struct due find_due_locked(struct lambda_svc *svc, int64_t now_ns, bool memory,
                                  struct next *ret_next) {
    LOCK_HELD(&svc->lock);
    *ret_next = (struct next){.deadline_ns = INT64_MAX};
    struct lambda_walk walk = {0};
    for (struct lambda_env *env; (env = lambda_walk_locked(svc, &walk));) {
        struct due due = check_env_locked(env, now_ns, memory);
        if (is_due(&due))
            return due;
        if (!env->watched)
            continue;
        ret_next->active |= !lambda_env_rests(env) && env->state != ENV_DYING;
        if (env->deadline_ns < ret_next->deadline_ns)
            ret_next->deadline_ns = env->deadline_ns;
        if (lambda_env_rests(env) && env->weigh_ns < ret_next->deadline_ns)
            ret_next->deadline_ns = env->weigh_ns;
    }
    return (struct due){0};
}

static int sleep_ms(const struct next *next, int64_t now_ns) {
    int64_t ms = next->deadline_ns == INT64_MAX ? -1 : (next->deadline_ns - now_ns) / 1000000 + 1;
    if (next->active && (ms < 0 || ms > LAMBDA_MEMORY_TICK_MS))
        return LAMBDA_MEMORY_TICK_MS;
    return ms > SLEEP_MOST_MS ? SLEEP_MOST_MS : (int)ms;
}

int lambda_upkeep(struct lambda_svc *svc, bool memory) {
    for (;;) {
        int64_t now_ns = clock_mono_ns();
        struct next next;
        lock_take(&svc->lock);
        if (svc->rows_changed)
            retire_outdated_locked(svc);
        struct due due = find_due_locked(svc, now_ns, memory, &next);
        int ms = sleep_ms(&next, now_ns);
        if (!is_due(&due))
            svc->looks_ns = ms < 0 ? INT64_MAX : now_ns + ms * INT64_C(1000000);
        lock_drop(&svc->lock);
        if (!is_due(&due))
            return ms;
        handle(svc, &due);
    }
}
