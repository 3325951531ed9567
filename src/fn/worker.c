/*
 * fn/worker: starts the image worker, feeds its stdin while its stdout is read, and puts any way it
 * ends into words. Both pipes are non-blocking: whoever waits waits for both, so the worker may
 * answer before it has read all, or read nothing more.
 */
#include "fn/worker.h"

#include "base/clock.h"
#include "fn/answer.h"
#include "imgjob/ends.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    PIPE_BYTES = 1 << 20, /* what a user may have; fewer turns between the two processes */
    GRACE_MS = 1000,      /* from the end of the answer to the end of the process */
    MOST_NAP_NS = 5000000,
};

struct fn_worker {
    pid_t pid;    /* 0: reaped */
    int to, from; /* its stdin and stdout; -1: closed */
    struct fn_answer answer;
    struct fn_worker_limits limits;
    int64_t waited_ms; /* for it, of the patience */
    int outcome;       /* 0 while all is well; else it is of no use any more, and why says why */
    const char *why;
    bool is_over; /* its stdout has ended */
};

/* ---- Starting ---- */

static int spawn(struct fn_worker *w, int in_read, int out_write, struct err *err) {
    char memory[24], cpu[24];
    snprintf(memory, sizeof memory, "%llu", (unsigned long long)w->limits.memory_bytes);
    snprintf(cpu, sizeof cpu, "%u", w->limits.cpu_seconds);
    char *const argv[] = {(char *)w->limits.path, "--memory", memory, "--cpu", cpu, NULL};
    char *const environment[] = {NULL}; /* no keys of the role in there */
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in_read, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out_write, STDOUT_FILENO);
    int r = posix_spawn(&w->pid, w->limits.path, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (r != 0)
        w->pid = 0;
    return r == 0 ? 0 : err_sys(err, -r, "start %s", w->limits.path);
}

static int start(struct fn_worker *w, struct err *err) {
    CLEANUP_FD int in_read = -1, out_write = -1;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_sys(err, -errno, "make a pipe");
    in_read = ends[0];
    w->to = ends[1];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_sys(err, -errno, "make a pipe");
    w->from = ends[0];
    out_write = ends[1];
    fcntl(w->to, F_SETPIPE_SZ, PIPE_BYTES); /* at best: a limit of the user's may be reached */
    fcntl(w->from, F_SETPIPE_SZ, PIPE_BYTES);
    fcntl(w->to, F_SETFL, O_NONBLOCK);
    fcntl(w->from, F_SETFL, O_NONBLOCK);
    return spawn(w, in_read, out_write, err);
}

int fn_worker_start(struct fn_worker **ret, const struct fn_worker_limits *limits,
                    const struct imgjob_request *request, const struct fn_taker *taker,
                    struct err *err) {
    CLEANUP(fn_worker) struct fn_worker *w = mem_new(struct fn_worker);
    CLEANUP_DEINIT(buf) struct buf head = {0};
    *w = (struct fn_worker){.to = -1,
                            .from = -1,
                            .limits = *limits,
                            .answer = {.wishes = request->n, .taker = *taker}};
    int r = start(w, err);
    if (r != 0)
        return r;
    imgjob_put_request(&head, request);
    fn_worker_feed(w, head.p, head.len);
    w->limits.path = NULL;
    *ret = STEAL(w);
    return 0;
}

/* ---- Feeding and reading ---- */

static void close_end(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int give_up(struct fn_worker *w, int outcome, const char *why) {
    w->outcome = outcome;
    w->why = why;
    return outcome;
}

/* All that is there of the answer. */
static int drain(struct fn_worker *w) {
    int r;
    while ((r = fn_answer_read(&w->answer, w->from)) > 0)
        ;
    w->is_over = r == 0;
    return r == 0 || r == -EAGAIN
               ? 0
               : give_up(w, FN_WORKER_E_DIED, "The image worker's answer is not sound");
}

/* How long it may be waited for now; 0: not at all, and it is given up. */
static int patience_of(struct fn_worker *w) {
    int64_t patience = w->limits.patience_ms - w->waited_ms;
    int64_t left = w->limits.until_ms ? w->limits.until_ms - clock_mono_ms() : INT64_MAX;
    if (left <= 0)
        give_up(w, FN_WORKER_E_LATE, "the time was over before the picture was decoded");
    else if (patience <= 0)
        give_up(w, FN_WORKER_E_DIED, "The picture took too long to decode");
    return w->outcome ? 0 : (int)(left < patience ? left : patience);
}

/* Waits until one of the pipes moves, and reads. 0 or an outcome. */
static int wait_for_it(struct fn_worker *w) {
    struct pollfd fds[2] = {{w->from, POLLIN, 0}, {w->to, POLLOUT, 0}};
    int ms = patience_of(w);
    if (ms == 0)
        return w->outcome;
    int64_t start = clock_mono_ms();
    int n = poll(fds, w->to >= 0 ? 2 : 1, ms);
    w->waited_ms += clock_mono_ms() - start;
    return n > 0 && fds[0].revents ? drain(w) : 0;
}

int fn_worker_feed(struct fn_worker *w, const void *p, size_t n) {
    const char *at = p;
    while (n > 0 && w->to >= 0 && !w->outcome && !w->is_over) {
        ssize_t written = write(w->to, at, n);
        if (written > 0) {
            at += written;
            n -= (size_t)written;
        } else if (written < 0 && errno == EPIPE) {
            close_end(&w->to); /* it has ended, or wants no more: its end says why */
        } else if (written < 0 && errno != EINTR) {
            wait_for_it(w);
        }
    }
    return w->outcome;
}

/* ---- Ending ---- */

static bool is_reaped(struct fn_worker *w, int options, int *status, struct rusage *usage) {
    pid_t pid;
    do
        pid = wait4(w->pid, status, options, usage);
    while (pid < 0 && errno == EINTR);
    return pid != 0;
}

/*
 * Whoever has closed its stdout is on its way out, and may take a moment; one that stays is killed.
 * Others are killed at once.
 */
static int reap(struct fn_worker *w, struct rusage *usage) {
    int status = 0;
    bool gone = false;
    int64_t end_ms = clock_mono_ms() + (w->is_over ? GRACE_MS : 0);
    struct timespec nap = {.tv_nsec = 20000};
    while (!(gone = is_reaped(w, WNOHANG, &status, usage)) && clock_mono_ms() < end_ms) {
        nanosleep(&nap, NULL);
        nap.tv_nsec = nap.tv_nsec < MOST_NAP_NS ? 2 * nap.tv_nsec : MOST_NAP_NS;
    }
    if (!gone) {
        kill(w->pid, SIGKILL);
        is_reaped(w, 0, &status, usage);
    }
    w->pid = 0;
    return status;
}

static int over_memory(const struct fn_worker *w, struct err *err) {
    return err_set(
        err, FN_WORKER_E_MEMORY,
        "The picture needs more than the %llu MB that it may have of the function's memory",
        (unsigned long long)w->limits.memory_bytes >> 20);
}

static int over_time(const struct fn_worker *w, struct err *err) {
    return err_set(err, FN_WORKER_E_DIED, "The picture takes more than %u s of processor time",
                   w->limits.cpu_seconds);
}

static int wrong_call(const struct fn_worker *, struct err *err) {
    return err_set(err, FN_WORKER_E_DIED,
                   "The image worker was stopped at a system call that it may not make");
}

/* Not the picture's faults: the installation's. */
static int bad_request(const struct fn_worker *, struct err *err) {
    return err_set(err, -EIO, "the image worker could not read its request");
}
static int bad_usage(const struct fn_worker *, struct err *err) {
    return err_set(err, -EIO, "the image worker does not know its options");
}
static int no_jail(const struct fn_worker *, struct err *err) {
    return err_set(err, -EIO, "the image worker could not shut its jail");
}

static int word_exit(const struct fn_worker *w, int code, struct err *err) {
    static int (*const words[])(const struct fn_worker *w, struct err *err) = {
        [IMGJOB_END_REQUEST] = bad_request, [IMGJOB_END_USAGE] = bad_usage,
        [IMGJOB_END_JAIL] = no_jail,        [IMGJOB_END_MEMORY] = over_memory,
        [IMGJOB_END_TIME] = over_time,      [IMGJOB_END_CALL] = wrong_call,
    };
    if ((size_t)code < ARRAY_LEN(words) && words[code])
        return words[code](w, err);
    return err_set(err, FN_WORKER_E_DIED, "The image worker ended with code %d", code);
}

static int word_signal(const struct fn_worker *w, int number, double cpu_ms, struct err *err) {
    if (number == SIGXCPU || (number == SIGKILL && cpu_ms >= w->limits.cpu_seconds * 1000.0))
        return over_time(w, err);
    if (number == SIGKILL) /* as the machine does where memory is short */
        return over_memory(w, err);
    if (number == SIGSYS)
        return wrong_call(w, err);
    return err_set(err, FN_WORKER_E_DIED, "The image worker crashed on the picture (signal %d)",
                   number);
}

static double milliseconds(struct timeval t) {
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

int fn_worker_end(struct fn_worker *w, struct imgjob_result *ret_result, struct buf *ret_text,
                  struct fn_worker_usage *ret_usage, struct err *err) {
    struct rusage usage = {0};
    close_end(&w->to);
    while (!w->outcome && !w->is_over)
        wait_for_it(w);
    int status = reap(w, &usage);
    *ret_usage =
        (struct fn_worker_usage){milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime),
                                 (uint64_t)usage.ru_maxrss << 10};
    if (w->outcome)
        return err_set(err, w->outcome, "%s", w->why);
    if (WIFSIGNALED(status))
        return word_signal(w, WTERMSIG(status), ret_usage->cpu_ms, err);
    if (WEXITSTATUS(status) != 0)
        return word_exit(w, WEXITSTATUS(status), err);
    if (!fn_answer_is_whole(&w->answer))
        return err_set(err, FN_WORKER_E_DIED, "The image worker's answer is not sound");
    *ret_result = w->answer.result;
    *ret_text = w->answer.front;
    w->answer.front = (struct buf){0};
    return 0;
}

struct fn_worker *fn_worker_free(struct fn_worker *w) {
    if (!w)
        return NULL;
    struct rusage usage;
    if (w->pid)
        reap(w, &usage);
    close_end(&w->to);
    close_end(&w->from);
    fn_answer_deinit(&w->answer);
    free(w);
    return NULL;
}
