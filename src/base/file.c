/* base/file: writes small files so that a power cut leaves the old content or the new one. */
#include "base/file.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int file_sync_dir(const char *path, struct err *err) {
    CLEANUP_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return err_sys(err, -errno, "sync folder %s", path);
    return 0;
}

/* The folder that holds path. */
static char *parent_of(const char *path) {
    ptrdiff_t slash = str_rchr(str_c(path), '/');
    struct buf dir = {0};
    if (slash < 0)
        buf_c(&dir, ".");
    else
        buf_str(&dir, str_n(path, slash ? (size_t)slash : 1));
    return buf_take(&dir);
}

int file_sync_parent(const char *path, struct err *err) {
    CLEANUP_MEM char *dir = parent_of(path);
    return file_sync_dir(dir, err);
}

static int write_synced(const char *path, str content, unsigned mode, struct err *err) {
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return err_sys(err, -errno, "make %s", path);
    int r = fchmod(fd, mode) < 0 ? -errno : io_write_full(fd, content.p, content.len);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    return r < 0 ? err_sys(err, r, "write %s", path) : 0;
}

int file_write_durable(const char *path, str content, unsigned mode, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf tmp = {0};
    char suffix[17];
    rand_hex(suffix, 8);
    buf_printf(&tmp, "%s.tmp-%s", path, suffix);

    int r = write_synced(buf_cstr(&tmp), content, mode, err);
    if (r == 0 && rename(buf_cstr(&tmp), path) < 0)
        r = err_sys(err, -errno, "rename to %s", path);
    if (r < 0) {
        unlink(buf_cstr(&tmp));
        return r;
    }
    return file_sync_parent(path, err);
}

int file_make_dir(const char *path, struct err *err) {
    if (mkdir(path, 0700) == 0)
        return file_sync_parent(path, err);
    struct stat st;
    if (errno == EEXIST && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
        return err_set(err, -ENOTDIR, "%s is not a folder", path);
    return errno == EEXIST ? 0 : err_sys(err, -errno, "make folder %s", path);
}
