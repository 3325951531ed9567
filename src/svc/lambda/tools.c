/*
 * DATA/functions/tools. A copy has its source's time of change, by which a later look sees that the
 * source is another one. A new copy takes the old one's name: who runs the old one keeps it.
 */
#include "svc/lambda/tools.h"

#include "base/io.h"
#include "base/lock.h"
#include "svc/lambda/runtimes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "tools"
#define HALF ".new" /* of a copy that is being made; no tool is called so */

struct lambda_tools {
    pthread_mutex_t lock;
    struct store *store;
    char *path;
    struct timespec seen; /* when the folder of the originals had changed, at the last look */
};

struct lambda_tools *lambda_tools_new(struct lambda_code *code, struct store *store) {
    struct lambda_tools *tools = mem_new(struct lambda_tools);
    struct buf path = {0};
    lock_init(&tools->lock);
    tools->store = store;
    buf_printf(&path, "%s/" NAME, lambda_code_root(code));
    tools->path = buf_take(&path);
    lambda_code_pin(code, NAME); /* for good: no sweep takes it */
    return tools;
}

struct lambda_tools *lambda_tools_free(struct lambda_tools *tools) {
    if (!tools)
        return NULL;
    pthread_mutex_destroy(&tools->lock);
    free(tools->path);
    free(tools);
    return NULL;
}

/* ---- One of them ---- */
static int copy_bytes(int from, int to, off_t size) {
    while (size > 0) {
        ssize_t n = sendfile(to, from, NULL, (size_t)size);
        if (n <= 0)
            return n < 0 ? -errno : -EPIPE;
        size -= n;
    }
    return 0;
}

static int copy(struct lambda_tools *tools, const char *from, const char *to,
                const struct stat *source, struct err *err) {
    char half[PATH_MAX];
    snprintf(half, sizeof half, "%s/" HALF, tools->path);
    if (!store_has_room(tools->store, (uint64_t)source->st_size))
        return err_set(err, STORE_E_FULL, "there is no room for a copy of %s", from);
    unlink(half);
    CLEANUP_FD int in = open(from, O_RDONLY | O_CLOEXEC);
    CLEANUP_FD int out = open(half, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    const struct timespec times[2] = {source->st_mtim, source->st_mtim};
    int r = in < 0 || out < 0 ? -errno : copy_bytes(in, out, source->st_size);
    if (r == 0 && (fchmod(out, 0755) || futimens(out, times) || rename(half, to)))
        r = -errno;
    if (r == 0)
        store_took_room(tools->store, (uint64_t)source->st_size);
    return r ? err_sys(err, r, "copying %s", from) : 0;
}

static bool is_copy(const struct stat *a, const struct stat *b) {
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* *is_old: there is a copy, of another version. */
static int renew(struct lambda_tools *tools, const char *name, bool *is_old, struct err *err) {
    char from[PATH_MAX], to[PATH_MAX];
    struct stat source, made;
    snprintf(from, sizeof from, LAMBDA_HOST_TOOLS "/%s", name);
    snprintf(to, sizeof to, "%s/%s", tools->path, name);
    if (stat(from, &source) || !S_ISREG(source.st_mode) || access(from, R_OK)) {
        unlink(to);
        return 0;
    }
    bool is_there = stat(to, &made) == 0;
    if (is_there && is_copy(&source, &made))
        return 0;
    int r = copy(tools, from, to, &source, err);
    /* A disk that is full when the machine is upgraded stops no function that ran: an older one does. */
    *is_old = r == STORE_E_FULL && is_there;
    return *is_old ? 0 : r;
}

/* ---- All of them ---- */
/* *is_old: some are of another version than the machine's. */
static int look(struct lambda_tools *tools, bool *is_old, struct err *err) {
    int r = io_mkdirs(tools->path, 0700, err);
    if (r == 0 && chmod(tools->path, 0755)) /* whatever the umask is */
        r = err_sys(err, -errno, "%s", tools->path);
    for (const char *const *name = lambda_host_tools; r == 0 && *name; name++) {
        bool this_is = false;
        r = renew(tools, *name, &this_is, err);
        *is_old = *is_old || this_is;
    }
    return r;
}

int lambda_tools_get(struct lambda_tools *tools, const char **ret_path, struct err *err) {
    struct stat host, made;
    LOCK_SCOPE(&tools->lock);
    *ret_path = tools->path;
    if (stat(LAMBDA_HOST_TOOLS, &host))
        return err_sys(err, -errno, LAMBDA_HOST_TOOLS);
    if (host.st_mtim.tv_sec == tools->seen.tv_sec && host.st_mtim.tv_nsec == tools->seen.tv_nsec &&
        stat(tools->path, &made) == 0)
        return 0;
    bool is_old = false;
    int r = look(tools, &is_old, err);
    if (r == 0 && !is_old)
        tools->seen = host.st_mtim;
    return r;
}
