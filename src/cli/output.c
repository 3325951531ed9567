/*
 * cli/output: writes a file beside the one that was named and renames it in the end, so that a
 * reader, or a disk that is full in the middle, finds the old file or the new one.
 */
#include "cli/output.h"

#include "base/file.h"
#include "base/io.h"
#include "base/rand.h"
#include "prog/say.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

const char *cli_kind_of_file(unsigned mode) {
    static const struct {
        unsigned format;
        const char *words;
    } kinds[] = {{S_IFDIR, "a folder"}, {S_IFIFO, "a pipe"},         {S_IFSOCK, "a socket"},
                 {S_IFCHR, "a device"}, {S_IFBLK, "a block device"}, {S_IFLNK, "a link to nothing"},
                 {S_IFREG, "a file"}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if ((mode & S_IFMT) == kinds[i].format)
            return kinds[i].words;
    return "of an unknown kind";
}

/*
 * What is at path: out->path is where to write; *ret how the file is to be, whose owner it keeps
 * where that is allowed.
 */
static int look(struct cli_output *out, const char *path, struct stat *ret, struct err *err) {
    struct stat st;
    bool is_there = stat(path, &st) == 0;
    if (!is_there && errno != ENOENT)
        return err_sys(err, -errno, "cannot write %s", path);
    if (!is_there && lstat(path, &st) == 0)
        return err_set(err, -ENOENT, "%s is %s: nothing is written there", path,
                       cli_kind_of_file(st.st_mode));
    if (!is_there) {
        unsigned mask = umask(0);
        umask(mask);
        *ret = (struct stat){.st_mode = 0666 & ~mask, .st_uid = geteuid(), .st_gid = getegid()};
        out->path = mem_strdup(path);
        return 0;
    }
    if (!S_ISREG(st.st_mode))
        return err_set(err, -EINVAL, "%s is %s and no file: nothing is written there", path,
                       cli_kind_of_file(st.st_mode));
    if (!out->replace)
        return err_set(err, -EEXIST, "%s is there already (--force writes over it)", path);
    if (access(path, W_OK) != 0)
        return err_sys(err, -errno, "cannot write %s", path);
    *ret = st;
    ret->st_mode &= 0777; /* what makes a program another user is not for new content */
    out->path = realpath(path, NULL);
    return out->path ? 0 : err_sys(err, -errno, "cannot write %s", path);
}

/* ---- The file beside it ---- */

/* Its name has a length of its own: the one that was named may be as long as a name can be. */
static void name_partial(struct cli_output *out) {
    CLEANUP_DEINIT(buf) struct buf partial = {0};
    const char *slash = strrchr(out->path, '/');
    char suffix[17];
    rand_hex(suffix, 8);
    buf_str(&partial, str_slice(str_c(out->path), 0, slash ? (size_t)(slash - out->path) + 1 : 0));
    buf_printf(&partial, ".calotype-partial-%s", suffix);
    out->partial = buf_take(&partial);
}

/* What a signal that ends the program removes first. One is written at a time. */
static const char *volatile partial_now;

static void remove_and_end(int signal_number) {
    if (partial_now)
        unlink(partial_now);
    raise(signal_number); /* SA_RESETHAND: as if nobody had handled it, once we return */
}

/* Ctrl-C, a terminal that is gone, a kill. Who ignores one of them (nohup) goes on to. */
static void end_with_signals(void) {
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    const struct sigaction ours = {.sa_handler = remove_and_end, .sa_flags = (int)SA_RESETHAND};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct sigaction old;
        if (sigaction(ends[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(ends[i], &ours, NULL);
    }
}

static int begin_stdout(struct cli_output *out, struct err *err) {
    if (isatty(STDOUT_FILENO))
        return err_set(err, -EINVAL,
                       "stdout is a terminal, which cannot show this: send it to a file or a pipe");
    out->to_stdout = true;
    return 0;
}

int cli_output_begin(struct cli_output *out, const char *path, bool replace, struct err *err) {
    *out = (struct cli_output){.fd = -1, .replace = replace};
    if (strcmp(path, "-") == 0)
        return begin_stdout(out, err);
    struct stat want = {0};
    int r = look(out, path, &want, err);
    if (r)
        return r;
    name_partial(out);
    end_with_signals();
    partial_now = out->partial;
    out->fd = open(out->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out->fd < 0) {
        r = err_sys(err, -errno, "cannot write %s", path);
        partial_now = NULL;
        free(STEAL(out->partial));
        return r;
    }
    if (want.st_uid != geteuid() || want.st_gid != getegid())
        (void)!fchown(out->fd, want.st_uid, want.st_gid);
    return fchmod(out->fd, want.st_mode) < 0 ? err_sys(err, -errno, "cannot write %s", path) : 0;
}

int cli_output_write(struct cli_output *out, str bytes, struct err *err) {
    if (out->to_stdout) {
        prog_write(bytes);
        return 0; /* prog_end tells what went wrong */
    }
    int r = io_write_full(out->fd, bytes.p, bytes.len);
    return r ? err_sys(err, r, "cannot write %s", out->path) : 0;
}

int cli_output_end(struct cli_output *out, struct err *err) {
    if (out->to_stdout) {
        prog_flush();
        return 0;
    }
    if (fsync(out->fd) != 0)
        return err_sys(err, -errno, "cannot write %s", out->path);
    unsigned how = out->replace ? 0 : RENAME_NOREPLACE;
    int r = renameat2(AT_FDCWD, out->partial, AT_FDCWD, out->path, how);
    if (r != 0 && errno == EINVAL) /* a file system that knows no such flag */
        r = rename(out->partial, out->path);
    if (r != 0)
        return err_sys(err, -errno, "cannot write %s", out->path);
    partial_now = NULL;
    free(STEAL(out->partial));
    return file_sync_parent(out->path, err);
}

void cli_output_deinit(struct cli_output *out) {
    if (out->partial) {
        close(out->fd);
        unlink(out->partial);
        partial_now = NULL;
    } else if (out->path && out->fd >= 0) {
        close(out->fd);
    }
    free(out->partial);
    free(out->path);
    *out = (struct cli_output){0};
}
