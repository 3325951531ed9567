/*
 * cli/clients: finds clients on PATH and asks for their versions. One table has what was learned of
 * each: from which version on it needs nothing, and what it does before.
 */
#include "cli/clients.h"

#include "base/arena.h"
#include "base/ascii.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_PROBES = 16, MOST_OUTPUT = 4096, PATIENCE_MS = 10000 };

/* A version, and what is wrong before it; before {0, 0}: with each of that major number. */
struct limit {
    unsigned major, minor;
    const char *wrong; /* "NAME VERSION WRONG: type `calotype with NAME …`" */
};

#define NO_ENDPOINT "does not read AWS_ENDPOINT_URL"

static const struct client {
    const char *program;
    const char *const arguments[3];
    const char *before; /* what stands before the version in its output */
    const char *called; /* in the note, where it is not the program itself */
    bool shapes;        /* the environment depends on it */
    /*
     * The first row whose major number is that of the client, or above it, and whose version is
     * above the client's counts.
     */
    struct limit limits[3];
} table[] = {
    {"aws",
     {"--version", NULL},
     "aws-cli/",
     NULL,
     false,
     {{1, 29, NO_ENDPOINT},
      {1, 1000000, "sends SQS's calls to Amazon's host"}, /* its table of host names wins */
      {2, 13, NO_ENDPOINT}}},
    {"python3",
     {"-c", "from importlib.metadata import version as v; print('boto3/' + v('boto3'))", NULL},
     "boto3/",
     "boto3",
     false,
     {{1, 28, NO_ENDPOINT}}},
    {"rclone", {"version", NULL}, "rclone v", NULL, true, {{1, 61, NULL}}},
};

/* ---- Where they are ---- */

/* One program of one table row that is asked. */
struct probe {
    const struct client *client;
    char *path;
    bool first; /* it is what its bare name means */
    pid_t pid;
    int fd;
    struct buf output;
    bool late; /* it had its time, and was ended */
};

struct probes {
    struct probe p[MOST_PROBES];
    size_t n;
};

static bool is_program(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* The same file by another folder's name (/bin and /usr/bin). */
static bool is_known(const struct probes *all, const char *real) {
    for (size_t i = 0; i < all->n; i++) {
        CLEANUP_MEM char *other = realpath(all->p[i].path, NULL);
        if (other && strcmp(other, real) == 0)
            return true;
    }
    return false;
}

/* Calls take for each program of that name on PATH, until it says no. */
static void each_on_path(const char *name, bool (*take)(void *ctx, const char *path), void *ctx) {
    str rest = str_c(getenv("PATH")), folder;
    while (rest.len) {
        CLEANUP_DEINIT(buf) struct buf path = {0};
        str_cut(rest, ':', &folder, &rest);
        if (folder.len == 0 || folder.p[0] != '/')
            continue; /* a relative folder is whoever's the current one is */
        buf_printf(&path, STR_FMT "/%s", STR_ARG(folder), name);
        if (is_program(buf_cstr(&path)) && !take(ctx, buf_cstr(&path)))
            return;
    }
}

struct adding {
    struct probes *all;
    const struct client *client;
    bool first;
};

static bool add_probe(void *ctx, const char *path) {
    struct adding *a = ctx;
    CLEANUP_MEM char *real = realpath(path, NULL);
    if (real && !is_known(a->all, real)) {
        a->all->p[a->all->n++] = (struct probe){.client = a->client,
                                                .path = mem_strdup(path),
                                                .first = a->first,
                                                .fd = -1};
        a->first = false;
    }
    return a->all->n < MOST_PROBES;
}

static bool say_found(void *ctx, const char *) {
    *(bool *)ctx = true;
    return false;
}

/* ---- Asking ---- */

static void start(struct probe *p) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    p->pid = fork();
    if (p->pid == 0) {
        int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
        dup2(nothing, 0);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        const char *const *a = p->client->arguments;
        execl(p->path, p->path, a[0], a[0] ? a[1] : NULL, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    p->fd = ends[0];
    if (p->pid > 0)
        return;
    close(p->fd);
    p->fd = -1;
}

/* "aws-cli/1.45.11 Python/3.11": the text of the version, absent where there is none. */
static str version_of(const struct probe *p) {
    str text = buf_view(&p->output);
    ptrdiff_t at = str_find(text, str_c(p->client->before));
    if (at < 0)
        return STR_NONE;
    text = str_skip(text, (size_t)at + strlen(p->client->before));
    size_t n = 0;
    while (n < text.len && (ascii_is_digit(text.p[n]) || text.p[n] == '.'))
        n++;
    return str_slice(text, 0, n);
}

/* Its version, and something behind it: the rest does not matter. */
static bool said_enough(const struct probe *p) {
    str version = version_of(p);
    return version.len && version.p + version.len < p->output.p + p->output.len;
}

/* False: it said all it has to say. */
static bool read_some(struct probe *p) {
    char bytes[512];
    ssize_t n = read(p->fd, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR)
        return true;
    if (n > 0)
        buf_add(&p->output, bytes, (size_t)n);
    return n > 0 && p->output.len < MOST_OUTPUT && !said_enough(p);
}

static void read_until(struct probe *p, int64_t end_ms) {
    for (;;) {
        int64_t left = end_ms - clock_mono_ms();
        struct pollfd ready = {.fd = p->fd, .events = POLLIN};
        int r = poll(&ready, 1, left > 0 ? (int)left : 0);
        if (r < 0 && errno == EINTR)
            continue;
        p->late = r == 0;
        if (r <= 0 || !read_some(p))
            return;
    }
}

static void finish(struct probe *p, int64_t end_ms) {
    if (p->fd < 0)
        return;
    read_until(p, end_ms);
    close(p->fd);
    kill(p->pid, SIGKILL); /* it has said enough, or had its time */
    while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* ---- Judging ---- */

static unsigned number(str *text) {
    unsigned n = 0;
    while (text->len && ascii_is_digit(text->p[0]) && n < 100000) {
        n = n * 10 + (unsigned)(text->p[0] - '0');
        *text = str_skip(*text, 1);
    }
    return n;
}

/* NULL: nothing is wrong with that version. */
static const struct limit *limit_of(const struct client *c, str version) {
    unsigned major = number(&version);
    version = str_skip(version, 1);
    unsigned minor = number(&version);
    for (size_t i = 0; i < ARRAY_LEN(c->limits); i++)
        if (major < c->limits[i].major ||
            (major == c->limits[i].major && minor < c->limits[i].minor))
            return &c->limits[i];
    return NULL;
}

static void judge(struct cli_clients *ret, const struct probe *p) {
    str version = version_of(p);
    const char *type = p->first ? p->client->program : p->path;
    const struct limit *limit = version.len ? limit_of(p->client, version) : NULL;
    if (!version.len && p->late) {
        ret->old_rclone |= p->client->shapes; /* a file does for every rclone */
        buf_printf(&ret->notes,
                   "%s did not tell its version within %d seconds: `calotype with %s …` serves it "
                   "in any case\n",
                   type, PATIENCE_MS / 1000, type);
    }
    ret->old_rclone |= limit && !limit->wrong;
    if (!limit || !limit->wrong)
        return;
    if (p->client->called)
        buf_printf(&ret->notes, "%s " STR_FMT " of %s", p->client->called, STR_ARG(version), type);
    else
        buf_printf(&ret->notes, "%s " STR_FMT, type, STR_ARG(version));
    buf_printf(&ret->notes, " %s: type `calotype with %s …`\n", limit->wrong, type);
}

void cli_clients_find(struct cli_clients *ret, bool all) {
    struct probes probes = {0};
    *ret = (struct cli_clients){0};
    each_on_path("node", say_found, &ret->node);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct adding adding = {&probes, &table[i], true};
        if ((all || table[i].shapes) && probes.n < MOST_PROBES)
            each_on_path(table[i].program, add_probe, &adding);
    }
    int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
    for (size_t i = 0; i < probes.n; i++)
        start(&probes.p[i]);
    for (size_t i = 0; i < probes.n; i++) {
        finish(&probes.p[i], end_ms);
        judge(ret, &probes.p[i]);
        free(probes.p[i].path);
        buf_deinit(&probes.p[i].output);
    }
}

void cli_clients_deinit(struct cli_clients *clients) { buf_deinit(&clients->notes); }
