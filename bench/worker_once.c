/*
 * One picture through the image worker as a process of its own: what it cost from exec to exit, by its own clock,
 * and what it held at most.
 *
 *   worker_once WORKER PICTURE EDGE[,EDGE...] [QUALITY] [PREFIX]
 *
 * Prints `cpu US peak KIB`, `first US` (exec to the first derivative's head, by the clock), `spans PROBE DECODE RESIZE
 * ENCODE` (us) and `result STATUS REASON`; for each derivative `derivative EDGE WIDTH HEIGHT TYPE BYTES`, whose bytes
 * are kept as PREFIX-EDGE. The worker is started before the picture is read: what a process holds between fork and
 * exec counts as its own.
 */
#include "base/clock.h"
#include "base/io.h"
#include "imgjob/imgjob.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_FILE = 1 << 30, MOST_PIXELS = 256000000, PIECE = 1 << 16 };

struct once {
    pid_t pid;
    int to, from; /* its stdin, its stdout */
    struct imgjob_request request;
    uint32_t edges[IMGJOB_MAX_DERIVATIVES];
    int64_t began_ns, first_ns;
    struct buf in, out;
};

static _Noreturn void die(const char *what) {
    fprintf(stderr, "worker_once: %s\n", what);
    exit(1);
}

static void start(struct once *o, char *worker) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
        die("no pipe");
    o->began_ns = clock_mono_ns();
    o->pid = fork();
    if (o->pid < 0)
        die("cannot fork");
    if (o->pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        char *argv[] = {worker, NULL}, *env[] = {NULL};
        execve(worker, argv, env);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    fcntl(in[1], F_SETFL, O_NONBLOCK);
    o->to = in[1];
    o->from = out[0];
}

static void read_edges(struct once *o, const char *text, unsigned quality) {
    char *end;
    for (size_t n = 0; *text; text = *end ? end + 1 : end) {
        unsigned long edge = strtoul(text, &end, 10);
        if (end == text || n == IMGJOB_MAX_DERIVATIVES)
            die("edges are numbers, eight at most");
        o->edges[n] = (uint32_t)edge;
        o->request.wishes[n++] = (struct imgjob_wish){.width = (uint32_t)edge,
                                                      .height = (uint32_t)edge,
                                                      .quality = quality};
        o->request.n = n;
    }
}

/* Feeds the one end and empties the other until the worker has closed it. */
static void converse(struct once *o) {
    size_t sent = 0;
    for (;;) {
        struct pollfd polled[] = {{o->from, POLLIN, 0}, {o->to, POLLOUT, 0}};
        poll(polled, 2, -1);
        if (polled[1].revents && o->to >= 0) {
            ssize_t n = write(o->to, o->in.p + sent, o->in.len - sent);
            sent += n > 0 ? (size_t)n : 0;
            if ((n < 0 && errno != EAGAIN) || sent == o->in.len) {
                close(o->to);
                o->to = -1;
            }
        }
        if (polled[0].revents) {
            ssize_t n = read(o->from, buf_reserve(&o->out, PIECE), PIECE);
            if (n <= 0)
                return;
            o->first_ns = o->first_ns ? o->first_ns : clock_mono_ns();
            o->out.len += (size_t)n;
        }
    }
}

static void keep(const char *prefix, uint32_t edge, str bytes) {
    char path[4096];
    snprintf(path, sizeof path, "%s-%u", prefix, edge);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || io_write_full(fd, bytes.p, bytes.len) != 0)
        die(path);
    close(fd);
}

static void print_answer(struct once *o, const char *prefix) {
    str rest = buf_view(&o->out);
    struct imgjob_message m;
    for (ptrdiff_t n; (n = imgjob_get_message(rest, &m)) > 0;) {
        rest = str_skip(rest, (size_t)n);
        if (m.is_result) {
            const struct imgjob_result *r = &m.result;
            printf("spans %llu %llu %llu %llu\n", (unsigned long long)r->probe_us,
                   (unsigned long long)r->decode_us, (unsigned long long)r->resize_us,
                   (unsigned long long)r->encode_us);
            printf("result %s %.*s\n", r->status == IMGJOB_DONE ? "done" : "rejected",
                   (int)r->reason.len, r->reason.p);
            return;
        }
        uint32_t edge = m.derivative.wish < o->request.n ? o->edges[m.derivative.wish] : 0;
        printf("derivative %u %u %u %.*s %llu\n", edge, m.derivative.width, m.derivative.height,
               (int)m.derivative.content_type.len, m.derivative.content_type.p,
               (unsigned long long)m.derivative.size);
        if (prefix)
            keep(prefix, edge, str_slice(rest, 0, m.derivative.size));
        rest = str_skip(rest, m.derivative.size);
    }
    puts("result none the worker said none");
}

int main(int argc, char **argv) {
    if (argc < 4 || argc > 6)
        die("worker_once WORKER PICTURE EDGE[,EDGE...] [QUALITY] [PREFIX]");
    struct once o = {.request = {.max_pixels = MOST_PIXELS}};
    signal(SIGPIPE, SIG_IGN);
    start(&o, argv[1]);
    struct err err;
    CLEANUP_DEINIT(buf) struct buf picture = {0};
    if (io_read_file(&picture, argv[2], MOST_FILE, &err) != 0)
        die(err.text);
    read_edges(&o, argv[3], argc > 4 ? (unsigned)atoi(argv[4]) : 80);
    o.request.size = picture.len;
    imgjob_put_request(&o.in, &o.request);
    buf_str(&o.in, buf_view(&picture));
    converse(&o);
    int status;
    struct rusage used;
    if (wait4(o.pid, &status, 0, &used) != o.pid)
        die("cannot wait");
    printf("cpu %lld peak %ld\n",
           (long long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
               used.ru_utime.tv_usec + used.ru_stime.tv_usec,
           used.ru_maxrss);
    printf("first %lld\n",
           (long long)((o.first_ns ? o.first_ns : clock_mono_ns()) - o.began_ns) / 1000);
    print_answer(&o, argc > 5 ? argv[5] : NULL);
    buf_deinit(&o.in);
    buf_deinit(&o.out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
