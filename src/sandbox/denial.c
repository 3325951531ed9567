/*
 * sandbox/denial: a table of what denies sandboxes, from the most particular to the least: how it is
 * recognised, what it is called and what helps. The first row that fits speaks.
 *
 * Sources: user_namespaces(7), namespaces(7), seccomp(2); Debian's kernel.unprivileged_userns_clone;
 * "Restricted unprivileged user namespaces" of Ubuntu 23.10; Docker's and podman's default profiles
 * (clone3, whose flags a filter cannot read, is answered with ENOSYS, so that glibc uses clone).
 */
#include "sandbox/denial_priv.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANY_ORDINARY_USER = 65534, SMALL_FILE = 4096 };

/* What failed, and how this machine is; a row's recogniser may add to cause. */
struct denial {
    const char *step;
    int error; /* errno, positive */
    bool is_root;
    bool filtered; /* a seccomp filter is in force */
    char cause[192];
};

/* ---- How the machine is ---- */

static bool read_small(const char *path, struct buf *out) {
    return io_read_file(out, path, SMALL_FILE, NULL) == 0;
}

static str first_line(const struct buf *text) {
    str line, rest;
    str_cut(buf_view(text), '\n', &line, &rest);
    return line;
}

/* True where the file is there and holds that number. */
static bool holds(const char *path, const char *number) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    return read_small(path, &text) && str_is(first_line(&text), number);
}

static bool is_filtered(void) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    return read_small("/proc/self/status", &text) &&
           str_find(buf_view(&text), S("\nSeccomp:\t2")) >= 0;
}

/* Not all uids of the kernel are mapped. */
static bool is_in_user_namespace(void) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    unsigned inside, outside, n;
    return read_small("/proc/self/uid_map", &text) &&
           (sscanf(buf_cstr(&text), "%u %u %u", &inside, &outside, &n) != 3 || n != UINT32_MAX);
}

/* What root uses on the way into a sandbox (jail.c): all are of the first 32. */
static const struct {
    unsigned cap;
    const char *name;
} needed[] = {{CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
              {CAP_NET_ADMIN, "CAP_NET_ADMIN"},
              {CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE"},
              {CAP_SYS_CHROOT, "CAP_SYS_CHROOT"},
              {CAP_SETUID, "CAP_SETUID"},
              {CAP_SETGID, "CAP_SETGID"},
              {CAP_SETPCAP, "CAP_SETPCAP"}};

/* The capabilities of the first 32 that this process has. */
static uint32_t capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct caps[2] = {{0}};
    return syscall(SYS_capget, &header, caps) == 0 ? caps[0].effective : UINT32_MAX;
}

/* Would an ordinary user get the namespaces? A child tries it. */
static bool may_as_ordinary(void) {
    const gid_t gid = ANY_ORDINARY_USER;
    const uid_t uid = ANY_ORDINARY_USER;
    pid_t pid = fork();
    int status = 1;
    if (pid == 0) {
        (void)!setgroups(0, NULL);
        if (setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
            _exit(1);
        _exit(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID) ? 1 : 0);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && status == 0;
}

/* The id of the mount at "/" in that table of mounts, or -1; the table is left in text. */
static long root_mount(const char *path, struct buf *text) {
    if (io_read_file(text, path, 1 << 20, NULL))
        return -1;
    for (str rest = buf_view(text), line; rest.len;) {
        long id;
        char at[8];
        str_cut(rest, '\n', &line, &rest);
        CLEANUP_DEINIT(buf) struct buf one = {0};
        buf_str(&one, line);
        if (sscanf(buf_cstr(&one), "%ld %*d %*s %*s %7s", &id, at) == 2 && strcmp(at, "/") == 0)
            return id;
    }
    return -1;
}

/* That process has our root, which is the mount root, somewhere below its own. */
static bool has_it_below(pid_t pid, long root) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    char path[48], line[32];
    snprintf(path, sizeof path, "/proc/%d/mountinfo", pid);
    snprintf(line, sizeof line, "\n%ld ", root);
    long of_it = root_mount(path, &text);
    return of_it >= 0 && of_it != root && str_find(buf_view(&text), str_c(line)) >= 0;
}

static pid_t parent_of(pid_t pid) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    char path[48];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    if (!read_small(path, &text))
        return 0;
    const char *at = strstr(buf_cstr(&text), "\nPPid:");
    return at && sscanf(at, "\nPPid: %d", &parent) == 1 ? parent : 0;
}

/*
 * A root that is no mount is a chroot; so is one that a process from which we descend has elsewhere.
 * One of another mount namespace has mounts with other ids.
 */
static bool is_in_chroot(void) {
    CLEANUP_DEINIT(buf) struct buf own = {0};
    long root = root_mount("/proc/self/mountinfo", &own);
    if (root < 0)
        return own.len > 0;
    for (pid_t pid = getppid(); pid > 0; pid = parent_of(pid))
        if (has_it_below(pid, root))
            return true;
    return false;
}

/* ---- Recognisers ---- */

static bool is_namespaces(const struct denial *d) {
    return strcmp(d->step, "making its namespaces") == 0;
}
static bool is_denied(const struct denial *d) { return d->error == EPERM || d->error == EACCES; }

static bool no_proc(struct denial *d) {
    (void)d;
    return access("/proc/self/status", F_OK) != 0;
}
static bool no_devices(struct denial *d) {
    return d->error == ENOENT && strcmp(d->step, "opening the code and devices") == 0;
}
static bool too_many(struct denial *d) { return d->error == EAGAIN; }

static bool none_allowed(struct denial *d) {
    static const char *const kinds[] = {"user", "net", "mnt", "pid", "ipc", "uts", "cgroup"};
    char path[64];
    for (size_t i = 0; i < ARRAY_LEN(kinds) && is_namespaces(d); i++) {
        snprintf(path, sizeof path, "/proc/sys/user/max_%s_namespaces", kinds[i]);
        bool matters = strcmp(kinds[i], "user") != 0 || !d->is_root;
        if (!matters || !holds(path, "0"))
            continue;
        snprintf(d->cause, sizeof d->cause, "user.max_%s_namespaces is 0", kinds[i]);
        return true;
    }
    return false;
}
static bool all_used(struct denial *d) { return d->error == ENOSPC && is_namespaces(d); }

static bool no_user_namespaces(struct denial *d) {
    return is_namespaces(d) && !d->is_root && access("/proc/self/ns/user", F_OK) != 0;
}
static bool debian_setting(struct denial *d) {
    return is_denied(d) && !d->is_root && holds("/proc/sys/kernel/unprivileged_userns_clone", "0");
}
/* The namespace may be made, and what is done in it is refused: so it counts at every step. */
static bool ubuntu_setting(struct denial *d) {
    return is_denied(d) && !d->is_root &&
           holds("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1");
}

/* It has the namespaces, and is refused what is done in them. */
static bool weak_root(struct denial *d) {
    uint32_t has = capabilities();
    size_t n = 0;
    if (!d->is_root || !is_denied(d))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (!(has & (1U << needed[i].cap)))
            n += (size_t)snprintf(d->cause + n, sizeof d->cause - n, "%s%s",
                                  n ? ", " : "root lacks ", needed[i].name);
    return n > 0;
}
static bool root_without_admin(struct denial *d) {
    return is_namespaces(d) && weak_root(d) && !(capabilities() & (1U << CAP_SYS_ADMIN));
}
static bool weak_root_beside_users(struct denial *d) {
    return root_without_admin(d) && may_as_ordinary();
}
static bool unmapped(struct denial *d) {
    return d->is_root && strcmp(d->step, "dropping privileges") == 0 && is_in_user_namespace();
}
static bool chrooted(struct denial *d) {
    return !d->is_root && is_denied(d) && is_namespaces(d) && is_in_chroot();
}

/* No kernel that lacks it has what else a sandbox needs. */
static bool clone3_filtered(struct denial *d) {
    return is_namespaces(d) && d->filtered && syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS;
}
static bool namespaces_filtered(struct denial *d) {
    return is_namespaces(d) && d->filtered && is_denied(d);
}
static bool step_filtered(struct denial *d) {
    return d->filtered && (d->error == EPERM || d->error == ENOSYS);
}
/* A filter says EPERM, a security module EACCES. */
static bool module_denies(struct denial *d) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (d->error != EACCES)
        return false;
    str profile = read_small("/proc/self/attr/current", &text) ? first_line(&text) : STR_NONE;
    if (str_is(profile, "unconfined"))
        profile = STR_NONE;
    snprintf(d->cause, sizeof d->cause, "a security module (AppArmor, SELinux) denies it%s%.*s",
             profile.len ? "; our profile is " : "", (int)profile.len,
             profile.len ? profile.p : "");
    return true;
}
static bool old_kernel(struct denial *d) { return d->error == ENOSYS; }
static bool anything(struct denial *d) {
    (void)d;
    return true;
}

/* ---- The table ---- */

#define SYSCTL(name_value)                                                                         \
    "as root: sysctl -w " name_value " (a file in /etc/sysctl.d keeps it), or run it as root"

#define CONTAINER_USER "start it as an ordinary user (of a container: --user 1000:1000)"
#define NO_PROFILE     "run it without that profile (of a container: --security-opt "

static const struct row {
    bool (*is)(struct denial *d);
    const char *cause; /* NULL: the recogniser has written it, or nobody knows */
    const char *help;
} rows[] = {
    {no_proc, "/proc is not mounted", "mount -t proc proc /proc, before it is started"},
    {no_devices, "/dev/null, /dev/random or /dev/urandom is not there",
     "make them, or mount the host's: mount --rbind /dev DIR/dev"},
    {none_allowed, NULL, "as root: sysctl -w that setting to a thousand or more"},
    {all_used, "the user.max_*_namespaces are used up, or namespaces are nested too deep",
     "as root: raise them with sysctl -w"},
    {too_many, "the user has as many processes as he may", "raise the limit (ulimit -u)"},
    {no_user_namespaces, "this kernel has no user namespaces", "run it as root"},
    {debian_setting, "kernel.unprivileged_userns_clone is 0",
     SYSCTL("kernel.unprivileged_userns_clone=1")},
    {ubuntu_setting,
     "kernel.apparmor_restrict_unprivileged_userns is 1, and AppArmor has no profile for us",
     "load the AppArmor profile that the package has, or "
     "as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run it as root"},
    {unmapped, "the uids of sandboxes are not mapped in this user namespace", CONTAINER_USER},
    {weak_root_beside_users, "root lacks CAP_SYS_ADMIN, as in a container by default",
     CONTAINER_USER ", who may make namespaces here"},
    {weak_root, NULL,
     "give it those (of a container: --cap-add SYS_ADMIN --cap-add NET_ADMIN, and where AppArmor is "
     "in force --security-opt apparmor=unconfined)"},
    {chrooted, "in a chroot the kernel makes no user namespaces for an ordinary user",
     "run it as root, or make the root with pivot_root (systemd-nspawn, a container)"},
    {clone3_filtered,
     "a seccomp profile answers clone3 with ENOSYS, as container engines do by default",
     NO_PROFILE "seccomp=unconfined)"},
    {namespaces_filtered, "a seccomp profile denies namespaces", NO_PROFILE "seccomp=unconfined)"},
    {module_denies, NULL, NO_PROFILE "apparmor=unconfined; with SELinux label=disable)"},
    {step_filtered, "a seccomp profile denies it", NO_PROFILE "seccomp=unconfined)"},
    {old_kernel, "this kernel lacks a system call that Linux has had since 5.12",
     "run it on a newer kernel"},
    {anything, NULL, "docs/internals/sandbox.md says what a sandbox needs"},
};

void sandbox_denial_explain(const struct sandbox_refused *refused, struct sandbox_status *status) {
    struct denial d = {.step = refused->step,
                       .error = -refused->fault,
                       .is_root = geteuid() == 0,
                       .filtered = is_filtered()};
    const struct row *row = rows;
    while (!row->is(&d))
        row++;
    const char *cause = row->cause ? row->cause : d.cause;
    snprintf(status->why, sizeof status->why, "%s: %s%s%s", d.step, strerror(d.error),
             *cause ? ": " : "", cause);
    snprintf(status->help, sizeof status->help, "%s", row->help);
}

int sandbox_check_level(struct sandbox_spawner *spawner, struct err *err) {
    const struct sandbox_status *status = sandbox_spawner_status(spawner);
    return status->level == SANDBOX_NONE
               ? err_set(err, -ENOTSUP, "functions are refused: %s; %s", status->why, status->help)
               : 0;
}

/* ---- Folders whose programs do not run ---- */

/* Of the folder, or of the nearest one above it that is there. */
static bool is_noexec(const char *folder) {
    CLEANUP_MEM char *path = mem_strdup(folder);
    struct statvfs fs;
    while (statvfs(path, &fs)) {
        char *slash = strrchr(path, '/');
        if (errno != ENOENT || !slash || slash == path)
            return statvfs(folder[0] == '/' ? "/" : ".", &fs) == 0 && (fs.f_flag & ST_NOEXEC);
        *slash = '\0';
    }
    return (fs.f_flag & ST_NOEXEC) != 0;
}

int sandbox_check_code(const char *folder, struct err *err) {
    if (!is_noexec(folder))
        return 0;
    return err_set(
        err, -EACCES,
        "functions that bring a program are refused: %s is mounted noexec; as root: mount "
        "-o remount,exec on its mount point, or choose another folder with --data",
        folder);
}
