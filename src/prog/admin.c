/*
 * prog/admin: the socket by which a daemon is found and asked: where it lies, and one exchange on it.
 * The functions are declared in prog/data.h.
 */
#include "base/io.h"
#include "prog/data.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 16, NAME_BYTES = 64 };
static const char in_data[] = "admin.sock";

/* By way of the folder's descriptor: a socket's path may not be longer than 107 bytes, DATA may. */
static void set_address(struct sockaddr_un *ret, int dir, const char *name) {
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(ret->sun_path, sizeof ret->sun_path, "/proc/self/fd/%d/%s", dir, name);
}

/* Of the socket elsewhere: a copy of DATA has the link too, and is another folder. */
static int name_elsewhere(char ret[NAME_BYTES], int data_dir) {
    struct stat st;
    if (fstat(data_dir, &st) < 0)
        return -errno;
    snprintf(ret, NAME_BYTES, "admin-%jx-%jx.sock", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return 0;
}

static int open_folder(const char *path, struct err *err) {
    int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return dir < 0 ? err_sys(err, -errno, "open %s", path) : dir;
}

static int listen_in(int dir, const char *folder, const char *name, int *ret_fd, struct err *err) {
    struct sockaddr_un at;
    set_address(&at, dir, name);
    unlinkat(dir, name, 0);
    CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0177);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
    int why = errno;
    umask(mask);
    if (!bound || listen(fd, LISTEN_BACKLOG) != 0)
        return err_sys(err, bound ? -errno : -why, "cannot listen on %s/%s", folder, name);
    *ret_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return *ret_fd < 0 ? err_sys(err, -errno, "cannot listen on %s/%s", folder, name) : 0;
}

/* Whoever may write there could put a socket of his own in the place of ours. */
static int check_elsewhere(int dir, const char *folder, struct err *err) {
    struct stat st;
    if (fstat(dir, &st) < 0)
        return err_sys(err, -errno, "look at %s", folder);
    if (st.st_uid != geteuid() || st.st_mode & 022)
        return err_set(err, -EPERM, "%s is not a folder of user %u alone (owner %u, mode %04o)",
                       folder, geteuid(), st.st_uid, st.st_mode & 0777);
    return 0;
}

static int listen_elsewhere(int data_dir, const char *folder, int *ret_fd, struct err *err) {
    char name[NAME_BYTES];
    CLEANUP_DEINIT(buf) struct buf target = {0};
    CLEANUP_FD int dir = open_folder(folder, err), fd = -1;
    int r = dir < 0 ? dir : check_elsewhere(dir, folder, err);
    r = r < 0 ? r : name_elsewhere(name, data_dir);
    r = r < 0 ? r : listen_in(dir, folder, name, &fd, err);
    if (r < 0)
        return r;
    buf_printf(&target, "%s/%s", folder, name);
    unlinkat(data_dir, in_data, 0);
    if (symlinkat(buf_cstr(&target), data_dir, in_data) < 0)
        return err_sys(err, -errno, "cannot make the link admin.sock to %s", buf_cstr(&target));
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int prog_admin_listen(const char *data, const char *runtime, int *ret_fd, struct err *err) {
    CLEANUP_FD int dir = open_folder(data, err);
    if (dir < 0)
        return dir;
    return runtime ? listen_elsewhere(dir, runtime, ret_fd, err)
                   : listen_in(dir, data, in_data, ret_fd, err);
}

/* What the link points at, where there is a link, and it is one that was made for this folder. */
static int read_link(int dir, char ret[PATH_MAX]) {
    char name[NAME_BYTES];
    ssize_t n = readlinkat(dir, in_data, ret, PATH_MAX - 1);
    int r = n < 0 ? -errno : name_elsewhere(name, dir);
    if (r < 0)
        return r;
    ret[n] = '\0';
    const char *slash = strrchr(ret, '/');
    return slash && strcmp(slash + 1, name) == 0 ? 0 : -ENOENT;
}

void prog_admin_remove(const char *data) {
    char target[PATH_MAX];
    CLEANUP_FD int dir = open_folder(data, NULL);
    if (dir < 0)
        return;
    if (read_link(dir, target) == 0)
        unlink(target);
    unlinkat(dir, in_data, 0);
}

enum { MOST_SILENT_S = 30, MOST_ANSWER = 1 << 20 };
static const struct timeval silence = {.tv_sec = MOST_SILENT_S};

static int connect_to(const char *data, int *ret_fd) {
    char target[PATH_MAX];
    struct sockaddr_un to;
    CLEANUP_FD int dir = open_folder(data, NULL), fd = -1;
    int r = dir < 0 ? dir : read_link(dir, target);
    if (r < 0 && r != -EINVAL) /* EINVAL: it is no link */
        return r;
    set_address(&to, dir, in_data);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* Of a daemon that was stopped (SIGSTOP, a debugger) the queue fills, and a connect waits. */
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        return -errno;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

/* For a user who has no cloud of his own, on a machine that has one. */
static const char *hint_installed(const char *data) {
    bool is_default = strcmp(data, "./var") == 0 && geteuid() != 0;
    return is_default && access("/var/lib/calotype", F_OK) == 0
               ? "; the installed one is root's: sudo calotype"
               : "";
}

int prog_admin_connect(const char *data, int *ret_fd, pid_t *ret_pid, struct err *err) {
    int r = connect_to(data, ret_fd);
    if (r == -ENOENT || r == -ECONNREFUSED)
        return err_set(err, r, "no daemon is running on %s (start one: calotype up --data %s%s)",
                       data, data, hint_installed(data));
    if (r == -EAGAIN)
        return err_set(err, -ETIMEDOUT, "the daemon on %s has taken no connection for %d s", data,
                       MOST_SILENT_S);
    if (r < 0)
        return err_sys(err, r, "cannot reach the daemon on %s", data);
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    getsockopt(*ret_fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
    if (ret_pid)
        *ret_pid = peer.pid;
    return 0;
}

static int read_all(int fd, struct buf *out) {
    for (;;) {
        ssize_t n = read(fd, buf_reserve(out, 4096), 4096);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return 0;
        out->len += (size_t)n;
        if (out->len > MOST_ANSWER)
            return -EFBIG;
    }
}

int prog_admin_ask(const char *data, const char *method, const char *path, str body,
                   int *ret_status, json_t **ret_doc, struct err *err) {
    CLEANUP_FD int fd = -1;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    pid_t pid = 0;
    int r = prog_admin_connect(data, &fd, &pid, err);
    if (r < 0)
        return r;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    /* HTTP/1.0: one answer, then the end. */
    buf_printf(&text, "%s %s HTTP/1.0\r\nContent-Length: %zu\r\n\r\n", method, path, body.len);
    buf_str(&text, body);
    r = io_write_full(fd, text.p, text.len);
    buf_clear(&text);
    r = r < 0 ? r : read_all(fd, &text);
    if (r == -EAGAIN)
        return err_set(err, -ETIMEDOUT, "the daemon on %s (process %d) has not answered for %d s",
                       data, (int)pid, MOST_SILENT_S);
    if (r < 0)
        return err_sys(err, r, "cannot talk to the daemon on %s", data);
    uint64_t status;
    ptrdiff_t head = str_find(buf_view(&text), S("\r\n\r\n"));
    if (head < 0 || !str_to_u64(str_slice(buf_view(&text), 9, 12), &status))
        return err_set(err, -EPROTO, "the daemon on %s gave no answer", data);
    *ret_status = (int)status;
    *ret_doc = json_parse(str_skip(buf_view(&text), (size_t)head + 4), err);
    return *ret_doc ? 0 : -EPROTO;
}
