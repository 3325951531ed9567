/*
 * base/log_sink: writes lines to what may be full, slow, moved away or gone, and never waits for it
 * more than once.
 *
 * A pipe or terminal that we were given is shared with whoever else has it, so it must not become
 * non-blocking under them: we open it once more by way of /proc, which gives a description of our
 * own. Where that is not allowed, poll says whether there is room, which for a pipe means at least
 * PIPE_BUF bytes: a line is never longer. A regular file is written through the descriptor itself,
 * whose offset others may share.
 *
 * The file's size and identity are asked for before each line: whoever cuts it, moves it or writes
 * into it need not tell us.
 */
#include "base/log_sink.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- What the descriptor is ---- */

static void forget(struct log_sink *sink) {
    if (sink->known && sink->out != sink->fd)
        close(sink->out);
    sink->known = false;
}

void log_sink_deinit(struct log_sink *sink) {
    forget(sink);
    free(sink->path);
    sink->path = NULL;
}

static void look(struct log_sink *sink, const struct stat *st) {
    forget(sink);
    sink->known = true;
    sink->dev = st->st_dev;
    sink->ino = st->st_ino;
    sink->is_socket = S_ISSOCK(st->st_mode);
    sink->out = sink->fd;
    if (S_ISFIFO(st->st_mode) || S_ISCHR(st->st_mode)) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", sink->fd);
        int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        sink->out = own < 0 ? sink->fd : own;
    }
}

/* ---- The file ---- */

static int open_file(const struct log_sink *sink, struct err *err) {
    int fd = open(sink->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return fd < 0 ? err_sys(err, -errno, "open %s", sink->path) : fd;
}

int log_sink_reopen(struct log_sink *sink, struct err *err) {
    int fresh = open_file(sink, err);
    if (fresh < 0)
        return fresh;
    int r = dup2(fresh, sink->fd) < 0 ? err_sys(err, -errno, "open %s", sink->path) : 0;
    close(fresh);
    return r;
}

int log_sink_to_file(struct log_sink *sink, const char *path, int64_t most_bytes, unsigned kept,
                     struct err *err) {
    struct log_sink file = {.path = mem_strdup(path)};
    file.fd = sink->fd;
    int r = log_sink_reopen(&file, err);
    if (r < 0) {
        free(file.path);
        return r;
    }
    free(sink->path);
    sink->path = file.path;
    sink->most_bytes = most_bytes;
    sink->kept = kept;
    return 0;
}

/* PATH to PATH.1 to PATH.2 …; the last one is overwritten. */
static void put_aside(const struct log_sink *sink) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    for (unsigned i = sink->kept; i > 0; i--) {
        buf_clear(&from);
        buf_clear(&to);
        buf_printf(&to, "%s.%u", sink->path, i);
        if (i > 1)
            buf_printf(&from, "%s.%u", sink->path, i - 1);
        else
            buf_c(&from, sink->path);
        (void)rename(buf_cstr(&from), buf_cstr(&to));
    }
}

/* 0, or -errno: it is full, and cannot be put aside. */
static int make_room(struct log_sink *sink, const struct stat *st, size_t n) {
    if (!sink->path || sink->most_bytes == 0 || st->st_size + (int64_t)n <= sink->most_bytes)
        return 0;
    struct stat there;
    /* One that somebody else has put in our file's place is not ours to put aside. */
    if (stat(sink->path, &there) == 0 && there.st_ino == st->st_ino && there.st_dev == st->st_dev)
        put_aside(sink);
    int r = log_sink_reopen(sink, NULL);
    return r < 0 && st->st_size + (int64_t)n > 2 * sink->most_bytes ? r : 0;
}

/* ---- Lines ---- */

/* Whether out takes something, after at most so long: 0, -EAGAIN or another -errno. */
static int wait_for_room(const struct log_sink *sink, int patience_ms) {
    struct pollfd p = {.fd = sink->out, .events = POLLOUT};
    int n;
    do
        n = poll(&p, 1, patience_ms);
    while (n < 0 && errno == EINTR);
    return n > 0 ? 0 : n == 0 ? -EAGAIN : -errno;
}

static ssize_t put(const struct log_sink *sink, str bytes) {
    ssize_t n = sink->is_socket ? send(sink->out, bytes.p, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL)
                                : write(sink->out, bytes.p, bytes.len);
    return n < 0 ? -errno : n;
}

/* *patience_ms is used up by the first wait. */
static int put_all(struct log_sink *sink, str bytes, int *patience_ms) {
    while (bytes.len) {
        int r = wait_for_room(sink, 0);
        ssize_t n = r < 0 ? r : put(sink, bytes);
        if (n == -EAGAIN && *patience_ms) {
            n = wait_for_room(sink, *patience_ms);
            *patience_ms = 0;
        }
        if (n < 0 && n != -EINTR)
            return (int)n;
        bytes = n < 0 ? bytes : str_skip(bytes, (size_t)n);
        sink->broken |= n > 0;
    }
    sink->broken = false;
    return 0;
}

int log_sink_write(struct log_sink *sink, str line, int patience_ms) {
    struct stat st;
    if (fstat(sink->fd, &st) < 0)
        return -errno;
    int r = make_room(sink, &st, line.len);
    if (r == 0 && fstat(sink->fd, &st) == 0 &&
        (!sink->known || st.st_dev != sink->dev || st.st_ino != sink->ino))
        look(sink, &st);
    int patience = sink->stuck ? 0 : patience_ms;
    if (r == 0 && sink->broken)
        r = put_all(sink, S("\n"), &patience);
    r = r ? r : put_all(sink, line, &patience);
    sink->stuck = r == -EAGAIN;
    return r;
}
