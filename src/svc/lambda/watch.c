/*
 * The watch thread: reads what functions write, keeps deadlines and memory limits, buries what has
 * ended. It alone frees environments that it was told of, so an event's environment is always there
 * when the event is handled (but see forget).
 */
#include "base/clock.h"
#include "base/log.h"
#include "svc/lambda/lambda_priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { BACKLOG_MOST = 32 * 1024 * 1024, BACKLOG_WAIT_MS = 5 };
enum { EVENTS = 64, MEMORY_TICK_MS = 50, LINES_MOST = 256 * 1024, LINES_AGE_MS = 1000 };
/* The low bits of an event's pointer: what it is of. */
enum { OF_OUT = 1, OF_ERR = 2, OF_END = 3, KIND_MASK = 3 };

/* ---- Registering ---- */
static void watch_fd(struct lambda_env *env, int fd, unsigned kind) {
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = (uintptr_t)env | kind};
    if (fd >= 0 && epoll_ctl(env->svc->epoll_fd, EPOLL_CTL_ADD, fd, &e))
        log_error("lambda", "cannot watch a sandbox: %s", strerror(errno));
}

void lambda_watch_env(struct lambda_env *env) {
    env->watched = true;
    watch_fd(env, env->out[0].fd, OF_OUT);
    watch_fd(env, env->out[1].fd, OF_ERR);
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

/* ---- Ends ---- */
static void describe_end(struct lambda_env *env, const struct sandbox_end *end) {
    struct lambda_inv *inv = env->inv;
    if (end->exec_errno)
        lambda_fail_run(inv, "Runtime.InvalidEntrypoint", "fork/exec /var/task/bootstrap: %s",
                        strerror(end->exec_errno));
    else if (end->lost || (end->signaled && end->code == SIGKILL))
        lambda_fail_run(inv, "Runtime.ExitError", "Runtime exited with error: signal: killed");
    else if (end->signaled)
        lambda_fail_run(inv, "Runtime.ExitError", "Runtime exited with error: signal: %s",
                        strsignal(end->code));
    else if (end->code == 0)
        lambda_fail_run(inv, "Runtime.ExitError", "Runtime exited without providing a reason");
    else
        lambda_fail_run(inv, "Runtime.ExitError", "Runtime exited with error: exit status %d",
                        end->code);
}

/* Its invocation, failed, or NULL. Under the lock. */
static struct lambda_inv *last_words(struct lambda_env *env, const struct sandbox_end *end) {
    if (!env->inv)
        return NULL;
    if (env->svc->stopping) {
        lambda_fail_service(env->inv, &lambda_e_ServiceException, "The service is shutting down.");
        env->inv->outcome.interrupted = true;
        return lambda_release(env);
    }
    describe_end(env, end);
    str text = buf_view(&env->inv->outcome.payload);
    CLEANUP_JSON json_t *error = json_parse(text, NULL);
    lambda_log_line(env, STR_FMT "\n" STR_FMT "\n", STR_ARG(json_str(error, "errorMessage")),
                    STR_ARG(json_str(error, "errorType")));
    return lambda_detach(env);
}

/* Events of the same batch that follow must not find it. */
static void forget(const struct lambda_env *env, struct epoll_event *events, int n) {
    for (int i = 0; i < n; i++)
        if ((events[i].data.u64 & ~(uint64_t)KIND_MASK) == (uintptr_t)env)
            events[i].data.u64 = 0;
}

static void see_end(struct lambda_env *env, struct epoll_event *rest, int n_rest) {
    struct lambda_svc *svc = env->svc;
    struct sandbox_end end;
    struct lambda_inv *inv = NULL;
    pthread_mutex_lock(&svc->lock);
    if (sandbox_ended(env->sandbox, &end)) {
        inv = last_words(env, &end);
        unwatch_fd(svc, env->out[0].fd);
        unwatch_fd(svc, env->out[1].fd);
        unwatch_fd(svc, sandbox_end_fd(env->sandbox));
        env->state = ENV_DYING;
        forget(env, rest, n_rest);
        lambda_env_bury(env);
    }
    pthread_mutex_unlock(&svc->lock);
    if (inv)
        lambda_finish(svc, inv);
}

/*
 * Who writes faster than the log can be committed waits with a full pipe; nothing piles up here.
 * The short sleep holds this thread too, which is fair: it is the store that is slow.
 */
static bool is_behind(struct lambda_svc *svc) {
    pthread_mutex_lock(&svc->lock);
    bool behind = svc->backlog > BACKLOG_MOST;
    pthread_mutex_unlock(&svc->lock);
    return behind && poll(NULL, 0, BACKLOG_WAIT_MS) == 0;
}

static void see_output(struct lambda_env *env, struct lambda_output *out) {
    if (is_behind(env->svc))
        return;
    LOCK_SCOPE(&env->svc->lock);
    if (out->fd >= 0 && !lambda_log_drain(out)) {
        unwatch_fd(env->svc, out->fd);
        fd_closep(&out->fd);
    }
}

/* ---- Deadlines and limits ---- */
static struct lambda_inv *time_out(struct lambda_env *env, bool *ret_again) {
    struct lambda_inv *inv = env->inv;
    double seconds = (double)env->fn->timeout_ms / 1000;
    if (env->state == ENV_STARTING && !inv->init_again) {
        lambda_log_line(env, "INIT_REPORT Init Duration: %d.00 ms\tPhase: init\tStatus: timeout\n",
                        LAMBDA_INIT_S * 1000);
        inv->init_again = *ret_again = true;
        return lambda_release(env);
    }
    lambda_fail_run(inv, "Sandbox.Timedout", "Task timed out after %.2f seconds", seconds);
    char when[CLOCK_ISO_MAX];
    lambda_log_line(env, "%s %s Task timed out after %.2f seconds\n\n",
                    clock_iso8601_ms(when, clock_world_ms()), inv->id, seconds);
    return lambda_detach(env);
}

/* Lines of a long invocation go to the log before its end. */
static struct lambda_inv *take_old_lines(struct lambda_env *env) {
    if (list_empty(&env->lines) || !env->inv)
        return NULL;
    const struct lambda_line *first = LIST_ENTRY(env->lines.next, struct lambda_line, node);
    if (env->lines_bytes < LINES_MOST && clock_world_ms() - first->time_ms < LINES_AGE_MS)
        return NULL;
    struct lambda_inv *inv = lambda_inv_new(env->fn, STR_NONE);
    inv->logs_only = true;
    lambda_take_lines(env, inv);
    return inv;
}

struct due {
    struct lambda_inv *finished, *again, *lines;
};

/* One environment that needs something done now, or none. Under the lock. */
static struct due check_env(struct lambda_env *env, int64_t now_ns, bool memory) {
    struct due due = {0};
    if (!env->watched || env->state == ENV_DYING)
        return due;
    if (memory && env->state != ENV_IDLE && sandbox_check_memory(env->sandbox)) {
        env->deadline_ns = INT64_MAX; /* killed: its end says the rest */
        return due;
    }
    if (env->deadline_ns <= now_ns) {
        bool again = false;
        struct lambda_inv *inv = env->inv ? time_out(env, &again) : NULL;
        *(again ? &due.again : &due.finished) = inv;
        lambda_env_kill(env);
        return due;
    }
    due.lines = take_old_lines(env);
    return due;
}

static bool is_outdated(const struct lambda_env *env, const struct lambda_fn *newest) {
    return env->state == ENV_IDLE && (!newest || newest->generation != env->fn->generation);
}

/* Idle environments of functions that were changed or deleted. Under the lock; reads a row per pool
 * with one. */
static void retire_outdated(struct lambda_svc *svc) {
    size_t at = 0;
    str arn;
    void *value;
    svc->rows_changed = false;
    while (map_next(&svc->pools, &at, &arn, &value)) {
        struct lambda_pool *pool = value;
        if (list_empty(&pool->envs))
            continue;
        CLEANUP(lambda_fn) struct lambda_fn *newest = NULL;
        const struct lambda_env *first = LIST_ENTRY(pool->envs.next, struct lambda_env, node);
        int r = lambda_fn_load(&(struct rows){.store = svc->store}, &first->fn->name, &newest);
        if (r && r != STORE_E_ABSENT)
            continue;
        LIST_EACH (node, &pool->envs) {
            struct lambda_env *env = LIST_ENTRY(node, struct lambda_env, node);
            if (is_outdated(env, newest))
                lambda_env_kill(env);
        }
    }
    lambda_queue_kick(svc); /* limits may have changed */
}

static void run_again(struct lambda_svc *svc, struct lambda_inv *inv) {
    if (lambda_dispatch(svc, inv) == 0)
        return;
    lambda_fail_service(inv, &lambda_e_TooManyRequestsException,
                        lambda_e_TooManyRequestsException.text);
    inv->outcome.throttled = true;
    lambda_finish(svc, inv);
}

static bool handle(struct lambda_svc *svc, const struct due *due) {
    if (due->finished)
        lambda_finish(svc, due->finished);
    if (due->again)
        run_again(svc, due->again);
    if (due->lines)
        lambda_complete_add(svc, due->lines);
    return due->finished || due->again || due->lines;
}

/* Everything that time brings. Returns how long to sleep. */
static int look_around(struct lambda_svc *svc, bool memory) {
    for (;;) {
        int64_t now = clock_mono_ns(), next = INT64_MAX;
        bool active = false;
        struct due due = {0};
        pthread_mutex_lock(&svc->lock);
        if (svc->rows_changed)
            retire_outdated(svc);
        size_t at = 0;
        str arn;
        void *value;
        while (!due.finished && !due.again && !due.lines &&
               map_next(&svc->pools, &at, &arn, &value)) {
            LIST_EACH (node, &((struct lambda_pool *)value)->envs) {
                struct lambda_env *env = LIST_ENTRY(node, struct lambda_env, node);
                due = check_env(env, now, memory);
                if (due.finished || due.again || due.lines)
                    break;
                active |= env->watched && env->state != ENV_IDLE && env->state != ENV_DYING;
                if (env->watched && env->deadline_ns < next)
                    next = env->deadline_ns;
            }
        }
        pthread_mutex_unlock(&svc->lock);
        if (handle(svc, &due))
            continue;
        int64_t ms = next == INT64_MAX ? -1 : (next - now) / 1000000 + 1;
        return active && (ms < 0 || ms > MEMORY_TICK_MS) ? MEMORY_TICK_MS
               : ms > 60000                              ? 60000
                                                         : (int)ms;
    }
}

/* ---- The thread ---- */
static void handle_event(struct lambda_svc *svc, uint64_t data, struct epoll_event *rest,
                         int n_rest) {
    struct lambda_env *env = (struct lambda_env *)(uintptr_t)(data & ~(uint64_t)KIND_MASK);
    if (!env) {
        uint64_t n;
        (void)!read(svc->wake_fd, &n, sizeof n);
    } else if ((data & KIND_MASK) == OF_END) {
        see_end(env, rest, n_rest);
    } else {
        see_output(env, &env->out[(data & KIND_MASK) == OF_OUT ? 0 : 1]);
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
        bool memory = clock_mono_ms() - looked_ms >= MEMORY_TICK_MS;
        if (memory)
            looked_ms = clock_mono_ms();
        int ms = look_around(svc, memory);
        struct epoll_event events[EVENTS];
        int n = epoll_wait(svc->epoll_fd, events, EVENTS, ms);
        for (int i = 0; i < n; i++)
            handle_event(svc, events[i].data.u64, events + i + 1, n - i - 1);
    }
    return NULL;
}

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
