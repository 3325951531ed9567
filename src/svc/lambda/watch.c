/*
 * The watch thread: reads what functions write, notices their ends and reaps them, and calls
 * upkeep.c for all that time brings. It alone reaps environments that it was told of, so an event's
 * environment is always there when the event is handled (but see forget).
 */
#include "base/clock.h"
#include "base/log.h"
#include "svc/lambda/lambda_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EVENTS = 64, PAUSE_MS = 5 };
/* The low bits of an event's pointer: what it is of. */
enum { OF_END = SANDBOX_OUTPUTS, KIND_MASK = 3 }; /* below OF_END: of that output */

/* ---- Registering ---- */
static void watch_fd(struct lambda_env *env, int fd, unsigned kind) {
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = (uintptr_t)env | kind};
    if (fd >= 0 && epoll_ctl(env->svc->epoll_fd, EPOLL_CTL_ADD, fd, &e))
        log_error("lambda", "cannot watch a sandbox: %s", strerror(errno));
}

void lambda_watch_env_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    lambda_env_watched_locked(env);
    for (unsigned i = 0; i < SANDBOX_OUTPUTS; i++)
        watch_fd(env, env->out[i].fd, i);
    watch_fd(env, sandbox_end_fd(env->sandbox), OF_END);
    lambda_watch_wake(env->svc);
}

static void unwatch_fd(struct lambda_svc *svc, int fd) {
    if (fd >= 0)
        epoll_ctl(svc->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

void lambda_watch_wake(struct lambda_svc *svc) {
    uint64_t one = 1;
    (void)!write(svc->wake_fd, &one, sizeof one);
}

void lambda_watch_by_locked(struct lambda_svc *svc, int64_t at_ns) {
    LOCK_HELD(&svc->lock);
    if (at_ns >= svc->looks_ns)
        return;
    svc->looks_ns = at_ns;
    lambda_watch_wake(svc);
}

/* ---- Ends ---- */
/*
 * Of a sandbox that has ended: its invocation, failed, or NULL. *ret_again: its program has not read
 * it, and neither was it started for it as part of the invocation, so it goes elsewhere.
 */
static struct lambda_inv *last_words_locked(struct lambda_env *env, const struct sandbox_end *end,
                                            bool *ret_again) {
    LOCK_HELD(&env->svc->lock);
    if (!env->inv)
        return NULL;
    if (env->svc->stopping) {
        lambda_fail_service(env->inv, &lambda_e_ServiceException, "The service is shutting down.");
        env->inv->outcome.interrupted = true;
        return lambda_env_release_locked(env);
    }
    *ret_again = !env->inv->delivered && (end->lost || env->state != ENV_STARTING);
    if (*ret_again)
        return lambda_env_release_locked(env);
    if (end->lost) {
        lambda_fail_service(env->inv, &lambda_e_ServiceException,
                            "The sandbox of the function was lost.");
        env->inv->outcome.lost = true;
        return lambda_env_release_locked(env);
    }
    struct lambda_inv *failed = lambda_env_exited_locked(env, end);
    *ret_again = !failed;
    return failed ? failed : lambda_env_release_locked(env);
}

/*
 * The program has ended, and the sandbox stays: its invocation, failed, or NULL. Of one that we halt,
 * or that is given up, nothing is told.
 */
static struct lambda_inv *program_ended_locked(struct lambda_env *env,
                                               const struct sandbox_end *end) {
    LOCK_HELD(&env->svc->lock);
    struct lambda_inv *failed = NULL;
    if (env->state == ENV_DYING || env->state == ENV_HALTED || env->svc->stopping)
        return NULL;
    if (env->state != ENV_HALTING)
        failed = lambda_env_exited_locked(env, end);
    lambda_env_halted_locked(env);
    return failed;
}

/* Events of the same batch that follow must not find it. */
static void forget(const struct lambda_env *env, struct epoll_event *events, int n) {
    for (int i = 0; i < n; i++)
        if ((events[i].data.u64 & ~(uint64_t)KIND_MASK) == (uintptr_t)env)
            events[i].data.u64 = 0;
}

static void handle_end(struct lambda_env *env, struct epoll_event *rest, int n_rest) {
    struct lambda_svc *svc = env->svc;
    struct sandbox_end end;
    struct lambda_inv *inv = NULL;
    bool again = false;
    lock_take(&svc->lock);
    bool ended = sandbox_ended(env->sandbox, &end);
    if (ended && end.stays) {
        inv = program_ended_locked(env, &end);
    } else if (ended) {
        inv = last_words_locked(env, &end, &again);
        for (int i = 0; i < SANDBOX_OUTPUTS; i++)
            unwatch_fd(svc, env->out[i].fd);
        unwatch_fd(svc, sandbox_end_fd(env->sandbox));
        forget(env, rest, n_rest);
        lambda_env_reap_locked(env);
    }
    lock_drop(&svc->lock);
    if (again)
        lambda_run_again(svc, inv);
    else if (inv)
        lambda_finish(svc, inv);
}

/*
 * Who writes faster than the log can be committed waits with a full pipe; nothing piles up here. Who
 * writes more than he may (rate.dry) is read at a pace that costs this thread nothing: 256 KiB in 5
 * ms at most.
 */
static void pause_locked(struct lambda_output *out) {
    struct lambda_svc *svc = out->env->svc;
    LOCK_HELD(&svc->lock);
    unwatch_fd(svc, out->fd);
    out->paused = true;
    if (!svc->resume_ms)
        svc->resume_ms = clock_mono_ms() + PAUSE_MS;
}

static void handle_output(struct lambda_env *env, struct lambda_output *out) {
    LOCK_SCOPE(&env->svc->lock);
    if (out->fd < 0 || out->paused)
        return;
    bool behind = lambda_log_behind_locked(env->pool, env->svc);
    if (!behind && !lambda_log_drain_locked(out)) {
        unwatch_fd(env->svc, out->fd);
        fd_closep(&out->fd);
    } else if (behind || env->rate.dry) {
        pause_locked(out);
    }
}

static void resume_output_locked(struct lambda_env *env, unsigned i, int64_t now_ms) {
    struct lambda_output *out = &env->out[i];
    LOCK_HELD(&env->svc->lock);
    if (!out->paused || out->fd < 0)
        return;
    if (lambda_log_behind_locked(env->pool, env->svc)) {
        env->svc->resume_ms = now_ms + PAUSE_MS;
        return;
    }
    out->paused = false;
    watch_fd(env, out->fd, i);
}

/* Those that paused are read again. Returns after how many ms to call again; -1: nobody waits. */
static int resume_outputs(struct lambda_svc *svc) {
    LOCK_SCOPE(&svc->lock);
    int64_t now_ms = clock_mono_ms();
    if (svc->resume_ms && svc->resume_ms <= now_ms) {
        struct lambda_walk walk = {0};
        svc->resume_ms = 0;
        for (struct lambda_env *env; (env = lambda_walk_locked(svc, &walk));)
            for (unsigned i = 0; i < SANDBOX_OUTPUTS; i++)
                resume_output_locked(env, i, now_ms);
    }
    return svc->resume_ms ? (int)(svc->resume_ms - now_ms) : -1;
}

/* ---- The thread ---- */
static void handle_event(struct lambda_svc *svc, uint64_t data, struct epoll_event *rest,
                         int n_rest) {
    struct lambda_env *env = (struct lambda_env *)(uintptr_t)(data & ~(uint64_t)KIND_MASK);
    if (!env) {
        uint64_t n;
        (void)!read(svc->wake_fd, &n, sizeof n);
    } else if ((data & KIND_MASK) == OF_END) {
        handle_end(env, rest, n_rest);
    } else {
        handle_output(env, &env->out[data & KIND_MASK]);
    }
}

static bool is_over(struct lambda_svc *svc) {
    LOCK_SCOPE(&svc->lock);
    return svc->stopping && svc->n_envs == 0;
}

static void *watch_main(void *svc_) {
    struct lambda_svc *svc = svc_;
    pthread_setname_np(pthread_self(), "lambda-watch");
    int64_t looked_ms = 0;
    while (!is_over(svc)) {
        bool memory = clock_mono_ms() - looked_ms >= LAMBDA_MEMORY_TICK_MS;
        if (memory)
            looked_ms = clock_mono_ms();
        int resume_ms = resume_outputs(svc), ms = lambda_upkeep(svc, memory);
        if (resume_ms >= 0 && (ms < 0 || ms > resume_ms))
            ms = resume_ms;
        struct epoll_event events[EVENTS];
        int n = epoll_wait(svc->epoll_fd, events, EVENTS, ms);
        for (int i = 0; i < n; i++)
            handle_event(svc, events[i].data.u64, events + i + 1, n - i - 1);
    }
    return NULL;
}

void lambda_watch_ended(struct lambda_env *env) { handle_end(env, NULL, 0); }

int lambda_watch_start(struct lambda_svc *svc, struct err *err) {
    svc->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    svc->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event e = {.events = EPOLLIN};
    if (svc->epoll_fd < 0 || svc->wake_fd < 0 ||
        epoll_ctl(svc->epoll_fd, EPOLL_CTL_ADD, svc->wake_fd, &e))
        return err_sys(err, -errno, "watching sandboxes");
    int r = pthread_create(&svc->watcher, NULL, watch_main, svc);
    if (r)
        return err_sys(err, -r, "starting the thread that watches sandboxes");
    svc->has_watcher = true;
    return 0;
}

void lambda_watch_stop(struct lambda_svc *svc) {
    if (svc->has_watcher) {
        lambda_watch_wake(svc);
        pthread_join(svc->watcher, NULL);
    }
    svc->has_watcher = false;
    fd_closep(&svc->epoll_fd);
    fd_closep(&svc->wake_fd);
}
