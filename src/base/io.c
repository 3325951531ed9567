/* base/io: reads and writes that go on until everything was moved. */
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int io_write_full(int fd, const void *p, size_t n) {
    const char *at = p;
    while (n > 0) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        at += put;
        n -= (size_t)put;
    }
    return 0;
}

int io_read_full(int fd, void *p, size_t n) {
    char *at = p;
    while (n > 0) {
        ssize_t got = read(fd, at, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return -EPIPE;
        at += got;
        n -= (size_t)got;
    }
    return 0;
}

int io_read_all(struct buf *out, int fd, const char *name, size_t most, struct err *err) {
    for (;;) {
        char *at = buf_reserve(out, 65536);
        ssize_t got = read(fd, at, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(err, -errno, "read %s", name);
        if (got == 0)
            break;
        out->len += (size_t)got;
        if (out->len > most)
            return err_set(err, -EFBIG, "%s is larger than %zu bytes", name, most);
    }
    *buf_reserve(out, 0) = '\0';
    return 0;
}

int io_read_file(struct buf *out, const char *path, size_t most, struct err *err) {
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, -errno, "open %s", path);
    return io_read_all(out, fd, path, most, err);
}

int io_mkdirs(const char *path, unsigned mode, struct err *err) {
    CLEANUP_MEM char *copy = mem_strdup(path);
    for (char *at = copy + 1; at[-1]; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(copy, mode) < 0 && errno != EEXIST)
            return err_sys(err, -errno, "create folder %s", copy);
        *at = kept;
    }
    return 0;
}

void io_remove_tree(int at, const char *name) {
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        fd_closep(&fd);
        unlinkat(at, name, 0);
        return;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, e->d_name, 0))
            io_remove_tree(fd, e->d_name);
    }
    closedir(dir);
    unlinkat(at, name, AT_REMOVEDIR);
}
