/*
 * The file system of a sandbox: a small tmpfs, made read-only when it is filled, with the code, a
 * /tmp, four devices, /proc and a handful of texts. What comes from the host is opened as a mount
 * of its own before the new root covers anything, so that no path of the host is walked afterwards.
 */
#include "sandbox/jail_priv.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's <sys/mount.h> and <linux/mount.h> cannot be included together; these come from the
 * former. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
          const void *data);
int umount2(const char *target, int flags);
enum { MOUNT_REC = 16384, MOUNT_PRIVATE = 1 << 18, UMOUNT_DETACH = 2 };

/* Where the root is attached before it becomes "/". Any folder does; this one always exists. */
#define ATTACH_AT "/proc"

static const char *const device_names[] = {"/dev/null", "/dev/random", "/dev/urandom", "/dev/zero"};

/*
 * A shared mapping of /dev/zero is memory without a file that stays when the process has let go of
 * it. Where no cgroup counts memory the device is left out.
 */
static size_t count_devices(const struct sandbox_jail *jail) {
    return sandbox_jail_is_counted(jail) ? ARRAY_LEN(device_names) : ARRAY_LEN(device_names) - 1;
}

static int open_tree_ro(const char *path, uint64_t attributes) {
    int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path,
                          OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (fd < 0)
        return -errno;
    struct mount_attr attr = {.attr_set = attributes};
    if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr)) {
        int fault = -errno;
        close(fd);
        return fault;
    }
    return fd;
}

/* A new file system as a detached mount. options: name, value, …, NULL; a NULL value is a flag. */
static int new_fs(const char *type, const char *const *options, uint64_t attributes) {
    CLEANUP_FD int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
    if (fs < 0)
        return -errno;
    for (size_t i = 0; options[i]; i += 2) {
        if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, options[i], options[i + 1], 0))
            return -errno;
    }
    if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
        return -errno;
    int fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, (unsigned)attributes);
    return fd < 0 ? -errno : fd;
}

/* An empty folder that nothing can be put into. */
static int new_empty(void) {
    static const char *const options[] = {"size", "4k", "nr_inodes", "1", "mode", "555", NULL};
    return new_fs("tmpfs", options, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

/*
 * Nothing we mount may show up outside. In a plain chroot "/" is no mount (EINVAL); there it is
 * enough that the mount we attach to is private, for all else hangs below our own root.
 */
static int keep_mounts_private(void) {
    if (mount("none", "/", NULL, MOUNT_REC | MOUNT_PRIVATE, NULL) == 0)
        return 0;
    if (errno != EINVAL)
        return -errno;
    return mount("none", ATTACH_AT, NULL, MOUNT_PRIVATE, NULL) ? -errno : 0;
}

int sandbox_jail_open_sources(struct sandbox_jail *jail) {
    const struct sandbox_spec *spec = &jail->wire->spec;
    int fault = keep_mounts_private();
    if (fault)
        return fault;
    uint64_t guarded = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    jail->code = open_tree_ro(spec->code, guarded);
    if (jail->code < 0)
        return jail->code;
    for (size_t i = 0; i < SANDBOX_MAX_BINDS && spec->binds[i].host; i++) {
        jail->binds[i] =
            spec->binds[i].host[0] ? open_tree_ro(spec->binds[i].host, guarded) : new_empty();
        if (jail->binds[i] < 0)
            return jail->binds[i];
    }
    for (size_t i = 0; i < count_devices(jail); i++) {
        jail->devices[i] = open_tree_ro(device_names[i],
                                        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
        if (jail->devices[i] < 0)
            return jail->devices[i];
    }
    return 0;
}

static int attach(int fd, int at, const char *path) {
    return syscall(SYS_move_mount, fd, "", at, path, MOVE_MOUNT_F_EMPTY_PATH) ? -errno : 0;
}

int sandbox_jail_mount_root(struct sandbox_jail *jail) {
    static const char *const options[] = {"size", "2m", "nr_inodes", "256", "mode", "755", NULL};
    jail->root = new_fs("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    if (jail->root < 0)
        return jail->root;
    int fault = attach(jail->root, AT_FDCWD, ATTACH_AT);
    if (!fault && fchdir(jail->root))
        fault = -errno;
    return fault;
}

/* inside is absolute; the current folder is the new root. Makes its parents. */
static int make_parents(const char *inside) {
    char path[PATH_MAX];
    size_t n = strlen(inside);
    if (n < 2 || inside[0] != '/' || n >= sizeof path)
        return -EINVAL;
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): n counts the NUL behind */
    memcpy(path, inside + 1, n);
    char *slash = strrchr(path, '/');
    if (!slash)
        return 0;
    *slash = '\0';
    return io_mkdirs(path, 0755, NULL);
}

static int make_file(const char *inside, str content) {
    int fault = make_parents(inside);
    if (fault)
        return fault;
    CLEANUP_FD int fd =
        open(inside + 1, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return -errno;
    return io_write_full(fd, content.p, content.len);
}

static int make_link(const struct sandbox_link *link) {
    int fault = make_parents(link->inside);
    if (!fault && symlink(link->target, link->inside + 1))
        fault = -errno;
    return fault;
}

/* Mounts fd at inside, which becomes a folder or a file as the source is. */
static int mount_at(int fd, const char *inside) {
    struct stat st;
    if (fstat(fd, &st))
        return -errno;
    int fault = S_ISDIR(st.st_mode) ? make_parents(inside) : make_file(inside, STR_NONE);
    if (!fault && S_ISDIR(st.st_mode) && mkdir(inside + 1, 0755) && errno != EEXIST)
        fault = -errno;
    return fault ? fault : attach(fd, AT_FDCWD, inside + 1);
}

static int mount_new(const char *type, const char *const *options, uint64_t attributes,
                     const char *inside) {
    CLEANUP_FD int fd = new_fs(type, options, attributes);
    return fd < 0 ? fd : mount_at(fd, inside);
}

static int mount_tmp(struct sandbox_jail *jail) {
    char size[24];
    snprintf(size, sizeof size, "%llu", (unsigned long long)jail->wire->spec.tmp_bytes);
    const char *const options[] = {"size", size, "nr_inodes", "65536", "mode", "1777", NULL};
    jail->tmp = new_fs("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    return jail->tmp < 0 ? jail->tmp : mount_at(jail->tmp, "/tmp");
}

/*
 * Processes of others are invisible (hidepid), and so is what /proc tells of the machine
 * (subset=pid). Where the host's own /proc is partly covered the kernel lets a user namespace mount
 * none (EPERM): then the folder stays empty, which shows less, not more.
 */
static int mount_proc(const struct sandbox_jail *jail) {
    static const char *const processes[] = {"hidepid", "invisible", "subset", "pid", NULL};
    int fault = mount_new("proc", processes,
                          MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, "/proc");
    if (fault == -EPERM && jail->level == SANDBOX_USERNS)
        return mkdir("proc", 0555) && errno != EEXIST ? -errno : 0;
    return fault;
}

static int make_texts(const struct sandbox_spec *spec) {
    static const struct sandbox_file texts[] = {
        {"/etc/resolv.conf", S_INIT("nameserver 127.0.0.1\noptions timeout:1 attempts:2\n")},
        {"/etc/hosts", S_INIT("127.0.0.1 localhost sandbox\n")},
        {"/etc/nsswitch.conf", S_INIT("hosts: files dns\n")},
    };
    int fault = 0;
    for (size_t i = 0; !fault && i < ARRAY_LEN(texts); i++)
        fault = make_file(texts[i].inside, texts[i].content);
    for (size_t i = 0; !fault && i < SANDBOX_MAX_FILES && spec->files[i].inside; i++)
        fault = make_file(spec->files[i].inside, spec->files[i].content);
    for (size_t i = 0; !fault && i < SANDBOX_MAX_LINKS && spec->links[i].inside; i++)
        fault = make_link(&spec->links[i]);
    return fault;
}

static int make_links(void) {
    static const char *const links[][2] = {{"/proc/self/fd", "dev/fd"},
                                           {"/proc/self/fd/0", "dev/stdin"},
                                           {"/proc/self/fd/1", "dev/stdout"},
                                           {"/proc/self/fd/2", "dev/stderr"}};
    for (size_t i = 0; i < ARRAY_LEN(links); i++)
        if (symlink(links[i][0], links[i][1]))
            return -errno;
    return 0;
}

int sandbox_jail_fill_root(struct sandbox_jail *jail) {
    const struct sandbox_spec *spec = &jail->wire->spec;
    umask(0);
    int fault = mkdir("opt", 0755) ? -errno : 0; /* there with layers or without, as on AWS */
    if (!fault)
        fault = mount_at(jail->code, "/var/task");
    for (size_t i = 0; !fault && i < SANDBOX_MAX_BINDS && spec->binds[i].host; i++)
        fault = mount_at(jail->binds[i], spec->binds[i].inside);
    for (size_t i = 0; !fault && i < count_devices(jail); i++)
        fault = mount_at(jail->devices[i], device_names[i]);
    if (!fault)
        fault = mount_tmp(jail);
    if (!fault)
        fault = mount_proc(jail);
    if (!fault)
        fault = make_texts(spec);
    if (!fault)
        fault = make_links();
    umask(022);
    if (fault)
        return fault;
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
    long r = syscall(SYS_mount_setattr, jail->root, "", AT_EMPTY_PATH, &attr, sizeof attr);
    return r ? -errno : 0;
}

static void close_sources(struct sandbox_jail *jail) {
    close(jail->root);
    close(jail->code);
    for (size_t i = 0; i < SANDBOX_MAX_BINDS && jail->wire->spec.binds[i].host; i++)
        close(jail->binds[i]);
    for (size_t i = 0; i < count_devices(jail); i++)
        close(jail->devices[i]);
}

/*
 * pivot_root needs the old root to be a mount of its own; in a chroot or an initramfs it answers
 * EINVAL. Docker's profile answers EPERM, to a container with CAP_SYS_ADMIN as well. There the new
 * root is entered by chroot where it is attached, which a process without capabilities and without a
 * descriptor from outside cannot undo: the old root stays mounted in this namespace, and the root
 * becomes a copy that is in none (sandbox_jail_leave_mount_table). (Moving it over "/" first would
 * add nothing, and from a chroot on a shared mount it would show on the host.)
 */
int sandbox_jail_enter_root(struct sandbox_jail *jail) {
    if (fchdir(jail->root))
        return -errno;
    close_sources(jail);
    if (syscall(SYS_pivot_root, ".", ".") == 0)
        return umount2(".", UMOUNT_DETACH) || chdir("/") ? -errno : 0;
    if (errno != EINVAL && errno != EPERM)
        return -errno;
    return chroot(".") || chdir("/") ? -errno : 0;
}

/*
 * /proc/self/mountinfo tells where on the host each mount comes from, but only of mounts in the
 * process's namespace that it can reach from its root. So the root becomes a copy of the whole tree
 * that is in no namespace: the list is empty then, and no mount call could work on anything. The
 * descriptor, which the init keeps for its life, is what holds the copy together.
 */
int sandbox_jail_leave_mount_table(struct sandbox_jail *) {
    int copy = (int)syscall(SYS_open_tree, AT_FDCWD, "/",
                            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (copy < 0)
        return -errno;
    return fchdir(copy) || chroot(".") || chdir("/") ? -errno : 0;
}
