/*
 * All changes of an environment's state, and of what must agree with it: the invocation that it
 * has, the request that is parked, its references, and the counts of its pool, its account and the
 * service. No other file assigns these. Everything here is under svc->lock and waits for nothing
 * but the freezing and thawing of a sandbox (tens of microseconds).
 */
#include "base/clock.h"
#include "svc/lambda/interpreters.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/layer.h"
#include "svc/lambda/runtimes.h"

#include <assert.h>

/* ---- The steps that there are ---- */
static const char *const names[ENV_STATES] = {"STARTING", "IDLE",   "BUSY", "SETTLING",
                                              "HALTING",  "HALTED", "DYING"};

/* clang-format off */
static const bool steps[ENV_STATES][ENV_STATES] = {
    /* to:             STARTING IDLE   BUSY   SETTLING HALTING HALTED DYING */
    [ENV_STARTING] = { true,    true,  true,  false,   true,   true,  true }, /* its second try */
    [ENV_IDLE]     = { false,   true,  true,  false,   false,  true,  true }, /* a second /next */
    [ENV_BUSY]     = { true,    false, true,  true,    true,   true,  true }, /* given, then read */
    [ENV_SETTLING] = { false,   true,  true,  false,   true,   true,  true },
    [ENV_HALTING]  = { true,    false, false, false,   true,   true,  true }, /* given an event */
    [ENV_HALTED]   = { true,    false, false, false,   false,  false, true },
    [ENV_DYING]    = { false,   false, false, false,   false,  false, true }, /* killed, reaped */
};
/* clang-format on */

const char *lambda_env_state_name(enum lambda_env_state state) { return names[state]; }

bool lambda_env_may_become(enum lambda_env_state from, enum lambda_env_state to) {
    return steps[from][to];
}

static void become(struct lambda_env *env, enum lambda_env_state to) {
    LOCK_HELD(&env->svc->lock);
    assert(lambda_env_may_become(env->state, to));
    assert(to != ENV_BUSY || env->inv);
    assert(to != ENV_IDLE || (env->parked && !env->inv));
    assert(to != ENV_SETTLING || !env->inv);
    assert(to != ENV_STARTING || (env->inv && !env->inv->delivered));
    assert(to != ENV_HALTED || (!env->inv && !env->parked));
    env->state = to;
}

/* Nothing is to be done where it fails: then the sandbox is ending. */
static void set_frozen(struct lambda_env *env, bool frozen) {
    if (!env->sandbox)
        return;
    (void)(frozen ? sandbox_freeze : sandbox_thaw)(env->sandbox);
    if (sandbox_has_news(env->sandbox))
        lambda_watch_wake(env->svc);
}

/* ---- Counts ---- */
static struct lambda_count *count_of(struct lambda_svc *svc, str account) {
    struct lambda_count *count = map_get(&svc->running, account);
    if (!count) {
        count = mem_new(struct lambda_count);
        map_put(&svc->running, account, count);
    }
    return count;
}

unsigned lambda_running_locked(struct lambda_svc *svc, str account) {
    LOCK_HELD(&svc->lock);
    return count_of(svc, account)->n;
}

static void push_front(struct list *head, struct list *node) { list_append(head->next, node); }

static void charge(struct lambda_env *env, uint64_t bytes) {
    env->svc->memory_used += bytes;
    env->svc->memory_used -= env->charged;
    env->charged = bytes;
}

static void enter_pool(struct lambda_env *env) {
    struct lambda_svc *svc = env->svc;
    push_front(&env->pool->envs, &env->node);
    env->pool->n_envs++;
    svc->n_envs++;
    svc->starting++;
    charge(env, lambda_env_most(env));
}

static void leave_pool(struct lambda_env *env) {
    struct lambda_svc *svc = env->svc;
    list_remove(&env->node);
    env->pool->n_envs--;
    svc->n_envs--;
    charge(env, 0);
}

/* How many of its calls so far were refused because the store takes no changes. */
static unsigned marks_of(const struct lambda_env *env) {
    unsigned n = 0;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    for (size_t i = 0; i < ARRAY_LEN(env->origins); i++)
        n += env->origins[i] ? net_marks(env->origins[i]) : 0;
    return n;
}

/* inv is env's; every attempt counts anew. */
static void take_inv(struct lambda_env *env, struct lambda_inv *inv) {
    struct lambda_svc *svc = env->svc;
    assert(!env->inv && !inv->env);
    env->inv = inv;
    inv->env = env;
    env->marks = marks_of(env);
    inv->delivered = false;
    /* until it is: what never gets there is timed from here */
    inv->delivered_ns = clock_mono_ns();
    env->pool->running++;
    env->pool->async_running += inv->async;
    inv->concurrent = ++count_of(svc, inv->fn->name.account)->n;
    svc->async_running += inv->async;
}

/* ---- Making, ending, reaping ---- */
struct lambda_env *lambda_env_new_locked(struct lambda_svc *svc, struct lambda_pool *pool,
                                         struct lambda_inv *inv) {
    LOCK_HELD(&svc->lock);
    struct lambda_env *env = mem_new(struct lambda_env);
    env->svc = svc;
    env->pool = pool;
    env->fn = lambda_fn_ref(inv->fn);
    env->runtime = lambda_runtime_find(json_str(env->fn->config, "Runtime"));
    env->refs = 2; /* the pool's, and the starter's */
    env->state = ENV_STARTING;
    env->start_ns = clock_mono_ns();
    env->in_invoke = inv->init_again;
    /* Lambda's own ten seconds; the second try has the function's time, as on AWS. */
    int64_t init_ms = env->in_invoke ? env->fn->timeout_ms : LAMBDA_INIT_S * INT64_C(1000);
    env->deadline_ns = env->start_ns + init_ms * 1000000;
    for (int i = 0; i < SANDBOX_OUTPUTS; i++)
        env->out[i] = (struct lambda_output){.env = env,
                                             .fd = -1,
                                             .pieces.framed = i + 1 == SANDBOX_RECORDS_FD};
    enter_pool(env);
    take_inv(env, inv);
    return env;
}

void lambda_env_ref_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    env->refs++;
}

void lambda_env_unref_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    assert(env->refs > 0);
    if (--env->refs > 0)
        return;
    lambda_log_committed_locked(env->svc, env->fn, &env->lines);
    lambda_lines_deinit(&env->lines);
    for (int i = 0; i < SANDBOX_OUTPUTS; i++) {
        fd_closep(&env->out[i].fd);
        buf_deinit(&env->out[i].partial);
    }
    sandbox_free(env->sandbox);
    if (env->has_code)
        lambda_code_release(env->svc, json_str(env->fn->doc, "CodeDir").p);
    if (env->has_layers)
        lambda_code_release(env->svc, lambda_layers_dir(env->fn->doc).p);
    lambda_interpreter_free(env->interpreter);
    lambda_fn_free(env->fn);
    free(env);
}

void lambda_env_boxed_locked(struct lambda_env *env, struct sandbox *sandbox) {
    LOCK_HELD(&env->svc->lock);
    env->sandbox = sandbox;
    for (int i = 0; i < SANDBOX_OUTPUTS; i++)
        env->out[i].fd = sandbox_take_output(sandbox, i + 1);
}

void lambda_env_listens_locked(struct lambda_env *env, size_t i, struct net_origin *origin) {
    LOCK_HELD(&env->svc->lock);
    env->origins[i] = origin;
}

struct lambda_inv *lambda_env_started_locked(struct lambda_env *env, bool well) {
    struct lambda_svc *svc = env->svc;
    struct lambda_inv *inv = NULL;
    LOCK_HELD(&svc->lock);
    svc->starting--;
    if (!well || svc->stopping)
        lambda_env_kill_locked(env);
    if (!well) {
        inv = env->inv ? lambda_env_detach_locked(env) : NULL;
        lambda_env_reap_locked(env);
    }
    pthread_cond_broadcast(&svc->gone);
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): reaping dropped the pool's reference, not this one
    lambda_env_unref_locked(env);
    return inv;
}

void lambda_env_kill_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    if (env->state == ENV_DYING)
        return;
    become(env, ENV_DYING);
    env->deadline_ns = INT64_MAX;
    if (env->sandbox)
        sandbox_kill(env->sandbox);
}

void lambda_env_reap_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    struct lambda_svc *svc = env->svc;
    assert(!env->inv);
    become(env, ENV_DYING);
    leave_pool(env);
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    for (size_t i = 0; i < ARRAY_LEN(env->origins); i++) {
        if (env->origins[i])
            net_origin_close(STEAL(env->origins[i]));
    }
    pthread_cond_broadcast(&svc->gone);
    lambda_queue_kick(svc); /* its memory is free */
    lambda_env_unref_locked(env);
}

void lambda_env_watched_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    env->watched = true;
}

void lambda_env_untimed_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    env->deadline_ns = INT64_MAX;
}

/* ---- Another life in the same sandbox ---- */
/* From now on the function's own time runs. */
static void start_timer(struct lambda_env *env, int64_t now_ns) {
    env->deadline_ns = now_ns + env->fn->timeout_ms * 1000000;
}

/* One that stands still, or is about to: it is weighed soon, and ends when it was idle too long. */
static void come_to_rest(struct lambda_env *env) {
    int64_t now_ns = clock_mono_ns();
    env->deadline_ns = now_ns + env->svc->idle_ns;
    env->weigh_ns = now_ns + LAMBDA_MEMORY_TICK_MS * INT64_C(1000000);
    env->reclaimed = false;
    lambda_queue_kick(env->svc);
}

/* The program is started anew for the invocation that env has, whose time that is. */
static void start_anew(struct lambda_env *env) {
    become(env, ENV_STARTING);
    env->life++;
    env->ready = false;
    env->in_invoke = true;
    env->start_ns = env->inv->delivered_ns = clock_mono_ns();
    lambda_log_init_start_locked(env);
    start_timer(env, env->start_ns);
    charge(env, lambda_env_most(env));
    if (env->sandbox && sandbox_restart(env->sandbox))
        lambda_env_kill_locked(env);
    lambda_watch_wake(env->svc);
}

void lambda_env_halt_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    if (env->state == ENV_DYING)
        return;
    become(env, ENV_HALTING);
    env->deadline_ns = clock_mono_ns() + LAMBDA_HALT_MS * INT64_C(1000000);
    if (env->sandbox && sandbox_halt(env->sandbox))
        lambda_env_kill_locked(env);
}

void lambda_env_halted_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    lambda_log_restart_locked(env);
    env->answering = NULL;
    if (env->parked)
        net_resume(STEAL(env->parked));
    if (env->inv) {
        start_anew(env);
        return;
    }
    become(env, ENV_HALTED);
    come_to_rest(env);
}

/* ---- The way of an invocation ---- */
void lambda_env_assign_locked(struct lambda_env *env, struct lambda_inv *inv) {
    LOCK_HELD(&env->svc->lock);
    take_inv(env, inv);
    list_remove(&env->node);
    push_front(&env->pool->envs, &env->node);
    if (env->state == ENV_HALTED) {
        start_anew(env);
        return;
    }
    if (env->state == ENV_HALTING) {
        become(env, ENV_HALTING); /* its end starts it anew */
        return;
    }
    become(env, ENV_BUSY);
    charge(env, lambda_env_most(env));
    start_timer(env, clock_mono_ns());
    if (env->parked) {
        set_frozen(env, false);
        net_resume(STEAL(env->parked));
    }
}

void lambda_env_ready_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    if (env->ready)
        return;
    env->ready = true;
    env->init_ns = clock_mono_ns() - env->start_ns;
    lambda_log_init_done_locked(env);
}

void lambda_env_deliver_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    bool under_way = env->state == ENV_STARTING && env->in_invoke;
    become(env, ENV_BUSY);
    env->inv->delivered = true;
    if (!under_way) {
        env->inv->delivered_ns = clock_mono_ns();
        start_timer(env, env->inv->delivered_ns);
    }
    lambda_log_start_locked(env);
    /* Now it runs: its memory is sampled. Where others ran just now, that is under way. */
    lambda_watch_by_locked(env->svc, clock_mono_ns() + LAMBDA_MEMORY_TICK_MS * INT64_C(1000000));
}

void lambda_env_park_locked(struct lambda_env *env, struct net_req *req) {
    LOCK_HELD(&env->svc->lock);
    env->parked = req;
    become(env, ENV_IDLE);
    come_to_rest(env);
    set_frozen(env, true);
}

void lambda_env_weigh_locked(struct lambda_env *env, uint64_t held) {
    LOCK_HELD(&env->svc->lock);
    assert(lambda_env_rests(env));
    uint64_t most = lambda_env_most(env), before = env->charged;
    charge(env, held + SANDBOX_OVERHEAD < most ? held + SANDBOX_OVERHEAD : most);
    if (env->charged < before)
        lambda_queue_kick(env->svc);
}

void lambda_env_drop_parked_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    net_resume(STEAL(env->parked));
}

void lambda_env_unpark_locked(struct lambda_env *env, const struct net_req *req) {
    LOCK_HELD(&env->svc->lock);
    if (env->parked != req)
        return;
    env->parked = NULL;
    if (env->state != ENV_IDLE)
        return;
    if (!lambda_make_room_locked(env->svc, lambda_env_most(env) - env->charged, env, false)) {
        lambda_env_kill_locked(env);
        return;
    }
    charge(env, lambda_env_most(env));
    env->weigh_ns = INT64_MAX;
    set_frozen(env, false);
}

void lambda_env_begin_answer_locked(struct lambda_env *env, const struct net_req *req) {
    LOCK_HELD(&env->svc->lock);
    env->answering = req;
}

bool lambda_env_end_answer_locked(struct lambda_env *env, const struct net_req *req) {
    LOCK_HELD(&env->svc->lock);
    if (env->answering != req)
        return false;
    env->answering = NULL;
    return true;
}

void lambda_env_take_lines_locked(struct lambda_env *env, struct lambda_inv *inv) {
    LOCK_HELD(&env->svc->lock);
    lambda_lines_move(&inv->lines, &env->lines);
    buf_clear(&inv->log_group);
    buf_str(&inv->log_group, buf_view(&env->fn->log_group));
    memcpy(inv->stream, env->stream, sizeof inv->stream);
    inv->may_log = env->may_log;
}

struct lambda_inv *lambda_env_release_locked(struct lambda_env *env) {
    struct lambda_svc *svc = env->svc;
    struct lambda_inv *inv = STEAL(env->inv);
    LOCK_HELD(&svc->lock);
    inv->finished_ns = clock_mono_ns();
    inv->env = NULL;
    inv->outcome.refused = marks_of(env) != env->marks;
    env->settled_ns = inv->finished_ns;
    lambda_env_take_lines_locked(env, inv);
    env->pool->running--;
    env->pool->async_running -= inv->async;
    /* Here, before the line is looked at: the completer may be a commit later. */
    inv->returned = lambda_was_no_attempt(svc, inv);
    if (inv->returned && !inv->outcome.lost)
        lambda_queue_hold_locked(svc, env->pool);
    else if (!inv->returned && inv->async && inv->delivered && !inv->outcome.refused)
        lambda_queue_unhold_locked(svc, env->pool);
    count_of(svc, inv->fn->name.account)->n--;
    svc->async_running -= inv->async;
    lambda_queue_kick(svc);
    return inv;
}

struct lambda_inv *lambda_env_detach_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    if (env->sandbox)
        lambda_log_report_locked(env);
    return lambda_env_release_locked(env);
}

struct lambda_inv *lambda_env_settle_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    struct lambda_inv *inv = lambda_env_detach_locked(env);
    become(env, ENV_SETTLING);
    start_timer(env, clock_mono_ns());
    return inv;
}
