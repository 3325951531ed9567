/*
 * The spawner's life, as the daemon sees it: its start with the nursery that makes it, what it can
 * do, its death, and the one that takes its place.
 */
#include "base/clock.h"
#include "base/lock.h"
#include "sandbox/host_priv.h"
#include "sandbox/spawner_priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    AFTER_MS = 2000, /* another spawner is there within milliseconds */
    PING_MS = 20000,
    REAP_MS = 5000,
};

struct sandbox_spawner {
    pid_t nursery_pid;    /* -1: it was reaped */
    int nursery;          /* our end of its socket */
    pthread_mutex_t lock; /* of what follows */
    bool settled;         /* status is known and does not change any more */
    struct sandbox_status status;
    struct sandbox_nest *nest; /* the current one; NULL: there is none any more */
    pthread_cond_t changed;    /* nest has; waits in monotonic time */

    bool watched; /* a thread replaces it */

    atomic_bool alone; /* the nursery is gone; set by the thread */

    /* Set by sandbox_spawner_watch and _unwatch alone. */
    pthread_t watcher;
    int stop_fd;
    sandbox_news_fn *news;
    void *ctx;
};

/* ---- Nests ---- */
struct sandbox_nest *sandbox_nest_ref(struct sandbox_nest *nest) {
    atomic_fetch_add(&nest->refs, 1);
    return nest;
}

struct sandbox_nest *sandbox_nest_free(struct sandbox_nest *nest) {
    if (!nest || atomic_fetch_sub(&nest->refs, 1) > 1)
        return NULL;
    fd_closep(&nest->control);
    free(nest);
    return NULL;
}

struct sandbox_nest *sandbox_spawner_nest(struct sandbox_spawner *spawner) {
    (void)sandbox_spawner_status(spawner);
    LOCK_SCOPE(&spawner->lock);
    return spawner->nest ? sandbox_nest_ref(spawner->nest) : NULL;
}

struct sandbox_nest *sandbox_spawner_after(struct sandbox_spawner *spawner,
                                           const struct sandbox_nest *nest) {
    int64_t until = clock_mono_ms() + AFTER_MS;
    struct timespec at = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};
    LOCK_SCOPE(&spawner->lock);
    while (spawner->watched && spawner->nest == nest &&
           pthread_cond_timedwait(&spawner->changed, &spawner->lock, &at) == 0)
        ;
    return spawner->nest && spawner->nest != nest ? sandbox_nest_ref(spawner->nest) : NULL;
}

void sandbox_spawner_hangs(struct sandbox_spawner *spawner, const struct sandbox_nest *nest) {
    struct sandbox_msg msg = {.kind = SANDBOX_MSG_KILL, .a = nest->pid};
    (void)sandbox_send_msg(spawner->nursery, &msg, NULL, 0);
}

/* ---- What they say ---- */
static bool is_readable(int fd, int ms) {
    struct pollfd on = {.fd = fd, .events = POLLIN};
    int n;
    do
        n = poll(&on, 1, ms);
    while (n < 0 && errno == EINTR);
    return n > 0;
}

/* The spawner's end of its control socket is. */
static bool is_closed(const struct sandbox_nest *nest) {
    struct pollfd on = {.fd = nest ? nest->control : -1};
    return !nest || poll(&on, 1, 0) != 0;
}

/* One message within the time that a start may take. False: none. */
static bool hear(int fd, void *p, size_t size, int *ret_fd) {
    int fds[SANDBOX_MAX_FDS];
    size_t n_fds = 0;
    if (!is_readable(fd, SANDBOX_ANSWER_MS) ||
        sandbox_recv(fd, p, size, fds, &n_fds) != (ssize_t)size)
        return false;
    if (ret_fd)
        *ret_fd = n_fds ? fds[0] : -1;
    return true;
}

static struct sandbox_nest *nest_new(const struct sandbox_msg *born, int control) {
    struct sandbox_nest *nest = mem_new(struct sandbox_nest);
    atomic_store(&nest->refs, 1);
    nest->pid = born->a;
    nest->control = control;
    return nest;
}

static int take_hello(struct sandbox_nest *nest, struct sandbox_status *status, struct err *err) {
    struct sandbox_msg hello;
    if (!hear(nest->control, &hello, sizeof hello, NULL) ||
        !hear(nest->control, &nest->groups, sizeof nest->groups, NULL))
        return err_set(err, -EPIPE, "the process that makes sandboxes did not start");
    status->level = (enum sandbox_level)hello.a;
    status->memory = (enum sandbox_memory)hello.b;
    status->freezer = hello.v;
    if (status->level != SANDBOX_FULL)
        memcpy(status->why, hello.text, sizeof status->why - 1);
    return 0;
}

static int take_first_locked(struct sandbox_spawner *spawner, struct err *err) {
    LOCK_HELD(&spawner->lock);
    struct sandbox_msg born;
    int control = -1;
    if (!hear(spawner->nursery, &born, sizeof born, &control) || born.kind != SANDBOX_MSG_BORN)
        return err_set(err, -EPIPE, "the process that makes sandboxes did not start");
    spawner->nest = nest_new(&born, control);
    return take_hello(spawner->nest, &spawner->status, err);
}

/* A whole sandbox whose program does not exist: it works when nothing but that is the matter. */
static int try_level(struct sandbox_nest *nest, struct sandbox_refused *reterr_refused,
                     struct err *err) {
    static const char *const argv[] = {"/var/task/.calotype-trial", NULL};
    static const char *const env[] = {NULL};
    const struct sandbox_spec spec = {.code = "/proc/self/task",
                                      .argv = argv,
                                      .env = env,
                                      .memory_bytes = 16 << 20,
                                      .tmp_bytes = 1 << 20,
                                      .ports = {80}};
    CLEANUP(sandbox) struct sandbox *sb = NULL;
    int fault = sandbox_start_in(nest, &spec, &sb, reterr_refused, err);
    if (fault)
        return fault;
    struct sandbox_end end;
    if (sandbox_wait(sb, SANDBOX_ANSWER_MS, &end) || end.exec_errno != ENOENT)
        return err_set(err, -ENOTSUP, "a trial program did not run (exit %d, errno %d)", end.code,
                       end.exec_errno);
    return 0;
}

/* refused without a step: it is no denial, and err (or what the spawner said) has the words. */
static void say_none(struct sandbox_status *status, const struct sandbox_refused *refused,
                     const struct err *err) {
    status->level = SANDBOX_NONE;
    if (*refused->step) {
        sandbox_denial_explain(refused, status);
        return;
    }
    if (*err->text)
        snprintf(status->why, sizeof status->why, "%.250s", err->text);
    snprintf(status->help, sizeof status->help, "start the daemon again, and see its log");
}

static void find_level_locked(struct sandbox_spawner *spawner) {
    LOCK_HELD(&spawner->lock);
    struct sandbox_status *status = &spawner->status;
    struct sandbox_refused refused = {0};
    struct err err = {0};
    if (take_first_locked(spawner, &err) || status->level == SANDBOX_NONE ||
        try_level(spawner->nest, &refused, &err)) {
        say_none(status, &refused, &err);
    } else if (status->level == SANDBOX_USERNS) {
        snprintf(status->why, sizeof status->why, "full needs root%s",
                 status->memory == SANDBOX_MEMORY_SAMPLED ? "; no memory cgroup may be made here"
                                                          : "");
    } else if (status->level == SANDBOX_FULL && status->memory == SANDBOX_MEMORY_SAMPLED) {
        snprintf(status->why, sizeof status->why, "no memory cgroup may be made here");
    }
}

/* The first who wants to know waits for the spawner's trial; until then it ran beside the daemon's
 * own start. */
static void settle(struct sandbox_spawner *spawner) {
    LOCK_SCOPE(&spawner->lock);
    if (!spawner->settled)
        find_level_locked(spawner);
    spawner->settled = true;
}

/* ---- Its death, and the next ---- */
/* It must keep the limits that were promised. */
static bool is_as_good(const struct sandbox_status *now, const struct sandbox_status *before) {
    return now->level == before->level && now->memory == before->memory &&
           now->freezer == before->freezer;
}

#define WHO "the process that makes sandboxes"

static void tell(struct sandbox_spawner *spawner, bool over, const char *text) {
    struct sandbox_news news = {.over = over};
    snprintf(news.text, sizeof news.text, "%s", text);
    spawner->news(spawner->ctx, &news);
}

static void tell_death(struct sandbox_spawner *spawner, bool over, int status, const char *then) {
    char text[256];
    bool killed = WIFSIGNALED(status);
    snprintf(text, sizeof text, WHO " %s %d: %s", killed ? "was killed by signal" : "ended with",
             killed ? WTERMSIG(status) : WEXITSTATUS(status), then);
    tell(spawner, over, text);
}

static void set_nest(struct sandbox_spawner *spawner, struct sandbox_nest *nest) {
    lock_take(&spawner->lock);
    struct sandbox_nest *before = spawner->nest;
    spawner->nest = nest;
    pthread_cond_broadcast(&spawner->changed);
    lock_drop(&spawner->lock);
    sandbox_nest_free(before);
}

/* One that dies, or hangs, before it has said what it can do: the nursery makes the next one. */
static bool replace(struct sandbox_spawner *spawner, const struct sandbox_msg *born, int control) {
    CLEANUP(sandbox_nest) struct sandbox_nest *nest = nest_new(born, control);
    struct sandbox_status status = {0};
    if (take_hello(nest, &status, NULL)) {
        sandbox_spawner_hangs(spawner, nest);
        return true;
    }
    bool well = is_as_good(&status, &spawner->status);
    set_nest(spawner, well ? STEAL(nest) : NULL);
    tell_death(spawner, !well, born->b,
               well
                   ? "another one was started; what ran in its sandboxes has ended, and events are "
                     "run again"
                   : "another one does not keep the same limits");
    return well;
}

/* The nursery has something to say. False: there will be no other spawner. */
static bool next_spawner(struct sandbox_spawner *spawner, const struct sandbox_msg *msg,
                         int control) {
    if (msg->kind == SANDBOX_MSG_BORN)
        return replace(spawner, msg, control);
    set_nest(spawner, NULL);
    tell_death(spawner, true, msg->b, "it dies too often");
    return false;
}

/*
 * A spawner that hangs makes nothing and reaps nothing, which nobody notices who does not start
 * anything: so it is asked now and then.
 */
static void ping(struct sandbox_spawner *spawner) {
    struct sandbox_msg msg = {.kind = SANDBOX_MSG_PING};
    struct sandbox_nest *nest = spawner->nest;
    if (nest && sandbox_send_msg(nest->control, &msg, NULL, 0) == 0 &&
        !hear(nest->control, &msg, sizeof msg, NULL))
        sandbox_spawner_hangs(spawner, nest);
}

/*
 * Process 1, which a container's daemon is, gets every orphan for a child: of a dead spawner's inits, of
 * what was executed in the container from outside. Each stays a zombie until it is waited for. The daemon
 * itself has no child but the nursery.
 */
static void reap_orphans(struct sandbox_spawner *spawner) {
    for (pid_t pid; getpid() == 1 && (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
        if (pid == spawner->nursery_pid)
            spawner->nursery_pid = -1;
}

enum { STOP, NURSERY, CONTROL, WATCHED };

/*
 * Waits until a spawner died, or the nursery. False: the thread ends. The nursery tells of a death
 * at once; one that does not hangs, or is dead as well. Without a nursery the spawner works on.
 */
static bool watch_once(struct sandbox_spawner *spawner) {
    struct pollfd on[WATCHED] = {
        [STOP] = {.fd = spawner->stop_fd, .events = POLLIN},
        [NURSERY] = {.fd = spawner->alone ? -1 : spawner->nursery, .events = POLLIN},
        [CONTROL] = {.fd = spawner->nest ? spawner->nest->control : -1}};
    struct sandbox_msg msg = {0};
    int control = -1;
    int n = poll(on, WATCHED, getpid() == 1 ? REAP_MS : PING_MS);
    reap_orphans(spawner);
    if (n == 0)
        ping(spawner);
    if (n <= 0)
        return true;
    if (on[STOP].revents)
        return false;
    if (!spawner->alone && hear(spawner->nursery, &msg, sizeof msg, &control))
        return next_spawner(spawner, &msg, control);
    atomic_store(&spawner->alone, true);
    if (!is_closed(spawner->nest)) {
        tell(spawner, false,
             "the process that starts " WHO " again is gone: when that one dies, the daemon ends");
        return true;
    }
    tell(spawner, true, WHO " is gone, and so is the one that starts it again");
    return false;
}

static void *watch_main(void *spawner_) {
    struct sandbox_spawner *spawner = spawner_;
    pthread_setname_np(pthread_self(), "sandbox-watch");
    (void)sandbox_spawner_status(spawner); /* until then the first who asks listens */
    while (watch_once(spawner))
        ;
    return NULL;
}

int sandbox_spawner_watch(struct sandbox_spawner *spawner, sandbox_news_fn *news, void *ctx,
                          struct err *err) {
    spawner->news = news;
    spawner->ctx = ctx;
    spawner->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (spawner->stop_fd < 0)
        return err_sys(err, -errno, "watching the process that makes sandboxes");
    lock_take(&spawner->lock);
    int r = pthread_create(&spawner->watcher, NULL, watch_main, spawner);
    spawner->watched = r == 0;
    lock_drop(&spawner->lock);
    return r ? err_sys(err, -r, "watching the process that makes sandboxes") : 0;
}

bool sandbox_spawner_is_alone(const struct sandbox_spawner *spawner) {
    return atomic_load(&spawner->alone);
}

void sandbox_spawner_unwatch(struct sandbox_spawner *spawner) {
    uint64_t one = 1;
    lock_take(&spawner->lock);
    bool watched = spawner->watched;
    spawner->watched = false;
    pthread_cond_broadcast(&spawner->changed);
    lock_drop(&spawner->lock);
    if (!watched)
        return;
    (void)!write(spawner->stop_fd, &one, sizeof one);
    pthread_join(spawner->watcher, NULL);
}

/* ---- Start and end ---- */
int sandbox_spawner_start(struct sandbox_spawner **ret_spawner,
                          const struct sandbox_options *options, struct err *err) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return err_sys(err, -errno, "making the sandboxes' control socket");
    pid_t daemon = getpid(), pid = fork();
    if (pid < 0) {
        int fault = -errno;
        close(pair[0]);
        close(pair[1]);
        return err_sys(err, fault, "starting the process that makes sandboxes");
    }
    if (pid == 0) {
        close(pair[0]);
        sandbox_nursery_main(pair[1], daemon);
    }
    close(pair[1]);
    CLEANUP(sandbox_spawner) struct sandbox_spawner *spawner = mem_new(struct sandbox_spawner);
    spawner->nursery_pid = pid;
    spawner->nursery = pair[0];
    spawner->stop_fd = -1;
    lock_init(&spawner->lock);
    lock_cond_init(&spawner->changed);
    const struct sandbox_status *status = options->strict ? sandbox_spawner_status(spawner) : NULL;
    if (status && (status->level != SANDBOX_FULL || status->memory != SANDBOX_MEMORY_CGROUP))
        return err_set(err, -ENOTSUP, "--strict: functions would run at level %s: %s%s%s",
                       sandbox_level_name(status->level), status->why, *status->help ? "; " : "",
                       status->help);
    *ret_spawner = STEAL(spawner);
    return 0;
}

const struct sandbox_status *sandbox_spawner_status(struct sandbox_spawner *spawner) {
    settle(spawner);
    return &spawner->status;
}

struct sandbox_spawner *sandbox_spawner_free(struct sandbox_spawner *spawner) {
    if (!spawner)
        return NULL;
    sandbox_spawner_unwatch(spawner);
    /*
     * Where nobody asked what it can do, the first spawner's control socket is still under way: the
     * nursery's end closing drops it, and the spawner ends.
     */
    sandbox_nest_free(spawner->nest);
    close(spawner->nursery);
    fd_closep(&spawner->stop_fd);
    while (spawner->nursery_pid > 0 && waitpid(spawner->nursery_pid, NULL, 0) < 0 && errno == EINTR)
        ;
    pthread_cond_destroy(&spawner->changed);
    pthread_mutex_destroy(&spawner->lock);
    free(spawner);
    return NULL;
}
