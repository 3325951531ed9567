/*
 * fn/worker: starts the image worker, feeds it through a pipe while reading its answer, and takes
 * any way it ends.
 */
#include "fn/worker.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* All derivatives of one image together. */
static const size_t max_answer = (size_t)IMGJOB_MAX_DERIVATIVES * IMGJOB_MAX_DERIVATIVE;

struct child {
    pid_t pid;
    int to, from; /* its stdin and stdout */
};

static int start(const struct fn_worker *w, struct child *ret, struct err *err) {
    CLEANUP_FD int in_read = -1, in_write = -1, out_read = -1, out_write = -1;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_sys(err, -errno, "make a pipe");
    in_read = ends[0];
    in_write = ends[1];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_sys(err, -errno, "make a pipe");
    out_read = ends[0];
    out_write = ends[1];

    char memory[24], cpu[24];
    snprintf(memory, sizeof memory, "%llu", (unsigned long long)w->memory_bytes);
    snprintf(cpu, sizeof cpu, "%u", w->cpu_seconds);
    char *const argv[] = {(char *)w->path, "--memory", memory, "--cpu", cpu, NULL};
    char *const environment[] = {NULL}; /* no keys of the role in there */
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in_read, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out_write, STDOUT_FILENO);
    pid_t pid;
    int r = posix_spawn(&pid, w->path, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (r != 0)
        return err_sys(err, -r, "start %s", w->path);
    fcntl(in_write, F_SETFL, O_NONBLOCK);
    fcntl(out_read, F_SETFL, O_NONBLOCK);
    *ret = (struct child){pid, in_write, out_read};
    in_write = out_read = -1;
    return 0;
}

struct feed {
    str parts[2]; /* the request's head, the image */
    size_t part;
};

/* Writes what fits. False: nothing is left, or the worker reads no more. */
static bool feed_some(int fd, struct feed *f) {
    while (f->part < ARRAY_LEN(f->parts)) {
        str *left = &f->parts[f->part];
        if (left->len == 0) {
            f->part++;
            continue;
        }
        ssize_t n = write(fd, left->p, left->len);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (n < 0)
            return false; /* it died; its exit status says more */
        *left = str_skip(*left, (size_t)n);
    }
    return false;
}

enum { READ_AT_ONCE = 256 << 10 };

/* Reads what is there. False: the end, or more than any answer. */
static bool drain_some(int fd, struct buf *out) {
    char *at = buf_reserve(out, READ_AT_ONCE);
    ssize_t n = read(fd, at, READ_AT_ONCE);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    out->len += (size_t)n;
    return n > 0 && out->len <= max_answer;
}

/* Both directions at once: the worker may answer before it has read all. False: time is up. */
static bool converse(struct child *child, struct feed *feed, struct buf *out, unsigned timeout_ms) {
    int64_t end = clock_mono_ms() + timeout_ms;
    for (;;) {
        int64_t left = end - clock_mono_ms();
        if (left <= 0)
            return false;
        struct pollfd fds[2] = {{child->from, POLLIN, 0}, {child->to, POLLOUT, 0}};
        if (poll(fds, child->to >= 0 ? 2 : 1, (int)left) < 0 && errno != EINTR)
            return false;
        if (child->to >= 0 && fds[1].revents && !feed_some(child->to, feed)) {
            close(child->to);
            child->to = -1;
        }
        if (fds[0].revents && !drain_some(child->from, out))
            return true;
    }
}

static int end_of(struct child *child, bool in_time, struct err *err) {
    if (!in_time)
        kill(child->pid, SIGKILL);
    if (child->to >= 0)
        close(child->to);
    close(child->from);
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!in_time)
        return err_set(err, FN_WORKER_E_DIED, "The picture took too long to decode");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        return err_set(err, FN_WORKER_E_DIED, "The picture took too much processor time");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
        return err_set(err, FN_WORKER_E_DIED, "The picture needs more memory than the limit");
    if (WIFSIGNALED(status))
        return err_set(err, FN_WORKER_E_DIED, "The image worker was stopped by signal %d",
                       WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return err_set(err, FN_WORKER_E_DIED, "The image worker ended with code %d",
                       WEXITSTATUS(status));
    return 0;
}

/* The head is sound and exactly the announced bytes follow it. */
static bool read_reply(const struct buf *out, struct imgjob_reply *reply, size_t *ret_bodies) {
    ptrdiff_t head = imgjob_get_reply(buf_view(out), reply);
    if (head <= 0)
        return false;
    size_t left = out->len - (size_t)head;
    for (size_t i = 0; i < reply->n; i++) {
        if (reply->derivatives[i].size > left)
            return false;
        left -= reply->derivatives[i].size;
    }
    *ret_bodies = (size_t)head;
    return left == 0;
}

int fn_worker_run(const struct fn_worker *worker, const struct imgjob_request *request, str image,
                  struct buf *ret_out, struct imgjob_reply *ret_reply, size_t *ret_bodies,
                  struct err *err) {
    CLEANUP_DEINIT(buf) struct buf head = {0};
    struct child child = {-1, -1, -1};
    imgjob_put_request(&head, request);
    int r = start(worker, &child, err);
    if (r != 0)
        return r;
    struct feed feed = {.parts = {buf_view(&head), image}};
    bool in_time = converse(&child, &feed, ret_out, worker->timeout_ms);
    r = end_of(&child, in_time, err);
    if (r == 0 && !read_reply(ret_out, ret_reply, ret_bodies))
        r = err_set(err, FN_WORKER_E_DIED, "The image worker's answer is not sound");
    return r;
}
