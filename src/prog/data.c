/* prog/data: finds the data folder, its admin socket and its credentials. */
#include "prog/data.h"

#include "base/io.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

const char *prog_data_dir(const char *flag) {
    const char *env = getenv("CALOTYPE_DATA");
    return flag && *flag ? flag : env && *env ? env : "./var";
}

char *prog_data_path(const char *data, const char *name) {
    struct buf path = {0};
    buf_printf(&path, "%s/%s", data, name);
    return buf_take(&path);
}

/* ---- The admin socket ---- */

/* By way of the folder's descriptor: a socket's path may not be longer than 107 bytes, DATA may. */
static int admin_address(const char *data, int *ret_dir, struct sockaddr_un *ret, struct err *err) {
    int dir = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_sys(err, -errno, "open %s", data);
    memset(ret, 0, sizeof *ret);
    ret->sun_family = AF_UNIX;
    snprintf(ret->sun_path, sizeof ret->sun_path, "/proc/self/fd/%d/admin.sock", dir);
    *ret_dir = dir;
    return 0;
}

int prog_admin_listen(const char *data, int *ret_fd, struct err *err) {
    CLEANUP_FD int dir = -1, fd = -1;
    struct sockaddr_un at;
    int r = admin_address(data, &dir, &at, err);
    if (r < 0)
        return r;
    unlinkat(dir, "admin.sock", 0);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0177);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
    int why = errno;
    umask(mask);
    if (!bound || listen(fd, 16) != 0)
        return err_sys(err, bound ? -errno : -why, "cannot listen on %s/admin.sock", data);
    *ret_fd = dup(fd);
    return *ret_fd < 0 ? err_sys(err, -errno, "cannot listen on %s/admin.sock", data) : 0;
}

void prog_admin_remove(const char *data) {
    CLEANUP_MEM char *path = prog_data_path(data, "admin.sock");
    unlink(path);
}

int prog_admin_connect(const char *data, int *ret_fd, pid_t *ret_pid, struct err *err) {
    CLEANUP_FD int dir = -1;
    struct sockaddr_un to;
    int r = admin_address(data, &dir, &to, err);
    int fd = r < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (r == 0 && (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0))
        r = -errno;
    if (r < 0) {
        if (fd >= 0)
            close(fd);
        if (r == -ENOENT || r == -ECONNREFUSED)
            return err_set(err, r, "no daemon is running on %s (start one: calotype up --data %s)",
                           data, data);
        return err_sys(err, r, "cannot reach the daemon on %s", data);
    }
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
    if (ret_pid)
        *ret_pid = peer.pid;
    *ret_fd = fd;
    return 0;
}

enum { MOST_SILENT_S = 30, MOST_ANSWER = 1 << 20, MOST_FILE = 1 << 16 };

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
    /* A daemon that was stopped (SIGSTOP, a debugger) takes connections, and answers none. */
    const struct timeval silent = {.tv_sec = MOST_SILENT_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silent, sizeof silent);
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

/* ---- Credentials ---- */

static bool take(str line, const char *name, char *into, size_t room) {
    str key, value;
    if (!str_cut(line, '=', &key, &value) || !str_is(str_trim(key), name))
        return false;
    value = str_trim(value);
    if (value.len >= room)
        return false;
    memcpy(into, value.p, value.len);
    into[value.len] = '\0';
    return true;
}

/* The section [default] of the form that AWS's own tools read. */
static int parse_credentials(str text, struct prog_credentials *ret) {
    str line;
    bool here = false;
    *ret = (struct prog_credentials){.region = "us-east-1"};
    while (text.len) {
        str_cut(text, '\n', &line, &text);
        line = str_trim(line);
        if (str_starts(line, S("[")))
            here = str_eq(line, S("[default]"));
        else if (here &&
                 !take(line, "aws_access_key_id", ret->access_key, sizeof ret->access_key) &&
                 !take(line, "aws_secret_access_key", ret->secret_key, sizeof ret->secret_key))
            take(line, "region", ret->region, sizeof ret->region);
    }
    return ret->access_key[0] && ret->secret_key[0] ? 0 : -EINVAL;
}

int prog_credentials_read(const char *data, struct prog_credentials *ret, struct err *err) {
    CLEANUP_MEM char *path = prog_data_path(data, "credentials");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    int r = io_read_file(&text, path, MOST_FILE, err);
    if (r < 0)
        return r;
    if (parse_credentials(buf_view(&text), ret) < 0)
        return err_set(err, -EINVAL, "%s holds no key pair in a section [default]", path);
    return 0;
}

void prog_credentials_add(struct buf *out, const struct prog_credentials *key) {
    buf_printf(out, "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\nregion = %s\n",
               key->access_key, key->secret_key, key->region);
}

int prog_credentials_write(const char *data, const struct prog_credentials *key, struct err *err) {
    CLEANUP_MEM char *path = prog_data_path(data, "credentials");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, "# The root key of this cloud. Whoever has it may do everything in it.\n");
    prog_credentials_add(&text, key);
    int r = file_write_durable(path, buf_view(&text), 0600, err);
    explicit_bzero(text.p, text.len);
    return r;
}
