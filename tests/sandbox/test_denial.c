/*
 * What denies sandboxes is named, and what helps: each denial is made, in a process of its own, and
 * a spawner is asked what it finds. What only root can make is left out where there is none.
 */
#include "cm.h"

#include "base/io.h"
#include "contained.h"
#include "lib/sandboxed.h"
#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ORDINARY = 65534, ORDINARY_HERE = 1000 };

static char folder[] = "/tmp/calotype-denial-XXXXXX";
static bool has_users; /* an ordinary user may make namespaces here */
static bool has_root;  /* we are root, who may */

/* ---- Ways to deny ---- */

static int write_text(const char *path, const char *text) {
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    return fd < 0 ? -errno : io_write_full(fd, text, strlen(text));
}

static int in_own_mounts(void) {
    return unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ? -errno : 0;
}

/* A file of /proc/sys/kernel that this kernel need not have. */
static int with_setting(const char *name, const char *value) {
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/kernel/%s", name);
    int r = in_own_mounts();
    if (r || mount("none", "/proc/sys/kernel", "tmpfs", 0, "mode=755"))
        return r ? r : -errno;
    return write_text(path, value);
}
static int debian_setting(void) { return with_setting("unprivileged_userns_clone", "0\n"); }
static int ubuntu_setting(void) {
    return with_setting("apparmor_restrict_unprivileged_userns", "1\n");
}

static int without_proc(void) {
    int r = in_own_mounts();
    return r ? r : umount2("/proc", MNT_DETACH) ? -errno : 0;
}

/* As engines mask it: an ordinary user may mount no /proc then, and functions see an empty one. */
static int masked_proc(void) {
    int r = in_own_mounts();
    if (r || mount("none", "/proc/sys", "tmpfs", MS_RDONLY, "mode=755"))
        return r ? r : -errno;
    return mount("/dev/null", "/proc/kallsyms", NULL, MS_BIND, NULL) ? -errno : 0;
}

/* The parent stays outside, as whoever starts a chroot does. */
static int enter_chroot(void) {
    int r = in_own_mounts(), status = 1;
    pid_t pid = r ? -1 : fork();
    if (pid > 0)
        _exit(waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1);
    if (r || mount("/", folder, NULL, MS_BIND | MS_REC, NULL) || chroot(folder) || chdir("/"))
        return r ? r : -errno;
    return 0;
}

static int without(uint32_t which) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct caps[2];
    if (syscall(SYS_capget, &header, caps))
        return -errno;
    caps[0].effective &= ~which;
    caps[0].permitted &= ~which;
    return syscall(SYS_capset, &header, caps) ? -errno : 0;
}
static int without_admin(void) { return without(1U << CAP_SYS_ADMIN); }
/* As docker run --user 0 --cap-add SYS_ADMIN. */
static int without_network(void) { return without(1U << CAP_NET_ADMIN); }
static int without_most(void) {
    return without(1U << CAP_SYS_ADMIN | 1U << CAP_NET_ADMIN | 1U << CAP_NET_BIND_SERVICE |
                   1U << CAP_SYS_CHROOT | 1U << CAP_SETUID | 1U << CAP_SETGID | 1U << CAP_SETPCAP);
}

/* A user namespace with one user, who is id in it: whose settings may be changed. */
static int in_user_namespace(unsigned id, const char *setting) {
    char map[32];
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(CLONE_NEWUSER))
        return -errno;
    snprintf(map, sizeof map, "%u %u 1", id, uid);
    int r = write_text("/proc/self/setgroups", "deny");
    r = r ? r : write_text("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "%u %u 1", id, gid);
    r = r ? r : write_text("/proc/self/gid_map", map);
    return r || !setting ? r : write_text(setting, "0");
}
static int no_more_users(void) {
    return in_user_namespace(ORDINARY_HERE, "/proc/sys/user/max_user_namespaces");
}
static int no_more_networks(void) {
    return in_user_namespace(ORDINARY_HERE, "/proc/sys/user/max_net_namespaces");
}
static int root_of_one(void) { return in_user_namespace(0, NULL); }

/* ---- The cases ---- */

#define NO_NAMESPACES                                                                              \
    {"clone3", EPERM}, {"clone", EPERM}, { "unshare", EPERM }

static const struct denial_case {
    const char *name;
    bool as_root; /* root runs the spawner; otherwise an ordinary user does */
    int (*deny)(void);
    struct contained_denial calls[4];
    const char *why, *help; /* NULL: it works all the same */
} cases[] = {
    {"the host's name", false, NULL, {{"sethostname", EPERM}}, NULL, NULL},
    {"pivot_root", false, NULL, {{"pivot_root", EPERM}}, NULL, NULL},
    {"pivot_root for root", true, NULL, {{"pivot_root", EPERM}}, NULL, NULL},
    {"a masked /proc", false, masked_proc, {{NULL, 0}}, NULL, NULL},
    {"clone3 alone", false, NULL, {{"clone3", ENOSYS}}, NULL, NULL},
    {"clone3 and clone",
     false,
     NULL,
     {{"clone3", ENOSYS}, {"clone", EPERM}},
     "making its namespaces: Operation not permitted: a seccomp profile answers clone3 with ENOSYS",
     "without that profile"},
    {"namespaces",
     false,
     NULL,
     {NO_NAMESPACES},
     "making its namespaces: Operation not permitted: a seccomp profile denies namespaces",
     "without that profile"},
    {"mounts",
     false,
     NULL,
     {{"open_tree", EPERM}},
     "opening the code and devices: Operation not permitted: a seccomp profile denies it",
     "without that profile"},
    {"mounts of a security module",
     false,
     NULL,
     {{"mount", EACCES}},
     "opening the code and devices: Permission denied: a security module (AppArmor, SELinux)",
     "without that profile"},
    {"a call that is not known",
     false,
     NULL,
     {{"mount_setattr", ENOSYS}},
     "opening the code and devices: Function not implemented: a seccomp profile denies it",
     "without that profile"},
    {"max_user_namespaces",
     false,
     no_more_users,
     {{NULL, 0}},
     "making its namespaces: No space left on device: user.max_user_namespaces is 0",
     "as root: sysctl -w"},
    {"max_net_namespaces",
     false,
     no_more_networks,
     {{NULL, 0}},
     "making its namespaces: No space left on device: user.max_net_namespaces is 0",
     "as root: sysctl -w"},
    {"Debian's setting",
     false,
     debian_setting,
     {NO_NAMESPACES},
     "making its namespaces: Operation not permitted: kernel.unprivileged_userns_clone is 0",
     "sysctl -w kernel.unprivileged_userns_clone=1"},
    {"Ubuntu's setting",
     false,
     ubuntu_setting,
     {{"mount", EACCES}},
     "Permission denied: kernel.apparmor_restrict_unprivileged_userns is 1",
     "load the AppArmor profile"},
    {"a chroot",
     false,
     enter_chroot,
     {{NULL, 0}},
     "making its namespaces: Operation not permitted: in a chroot the kernel makes no user "
     "namespaces",
     "run it as root"},
    {"no /proc", false, without_proc, {{NULL, 0}}, ": /proc is not mounted", "mount -t proc"},
    {"no /proc for root",
     true,
     without_proc,
     {{NULL, 0}},
     ": /proc is not mounted",
     "mount -t proc"},
    {"a weak root",
     true,
     without_admin,
     {{NULL, 0}},
     "making its namespaces: Operation not permitted: root lacks CAP_SYS_ADMIN",
     "--user 1000:1000"},
    {"a weak root among weak users",
     true,
     without_admin,
     {NO_NAMESPACES},
     "making its namespaces: Operation not permitted: root lacks CAP_SYS_ADMIN",
     "--cap-add SYS_ADMIN"},
    {"a root that may not raise a network",
     true,
     without_network,
     {{"keyctl", EPERM}},
     "raising the loopback network: Operation not permitted: root lacks CAP_NET_ADMIN",
     "--cap-add NET_ADMIN"},
    {"a root without any",
     true,
     without_most,
     {NO_NAMESPACES},
     "root lacks CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT, CAP_SETUID, "
     "CAP_SETGID, CAP_SETPCAP",
     "--cap-add SYS_ADMIN"},
    {"root of a user namespace",
     true,
     root_of_one,
     {{NULL, 0}},
     "the uids of sandboxes are not mapped in this user namespace",
     "--user 1000:1000"},
};

static int become_ordinary(void) {
    if (setgroups(0, NULL) || setresgid(ORDINARY, ORDINARY, ORDINARY) ||
        setresuid(ORDINARY, ORDINARY, ORDINARY))
        return -errno;
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* What an ordinary user has the rights for is made by him; of the rest, root makes it first. */
static int deny(const struct denial_case *c) {
    bool by_user = c->deny == no_more_users || c->deny == no_more_networks;
    int r = 0;
    if (c->deny && !by_user)
        r = c->deny();
    if (r == 0 && !c->as_root && geteuid() == 0)
        r = become_ordinary();
    if (r == 0 && by_user)
        r = c->deny();
    return r ? r : c->calls[0].call ? contained_deny(c->calls) : 0;
}

/* In a child: it stays denied. */
static void ask(const struct denial_case *c, struct sandbox_status *shared) {
    struct sandbox_spawner *spawner = NULL;
    const struct sandbox_options options = {0};
    struct err err = {0};
    int r = deny(c);
    if (r) {
        snprintf(shared->why, sizeof shared->why, "it cannot be denied here: %s", strerror(-r));
        _exit(1);
    }
    if (sandbox_spawner_start(&spawner, &options, &err)) {
        snprintf(shared->why, sizeof shared->why, "%.200s", err.text);
        _exit(1);
    }
    *shared = *sandbox_spawner_status(spawner);
    sandbox_spawner_free(spawner);
    _exit(0);
}

static void check_case(const struct denial_case *c, struct sandbox_status *shared) {
    int status = 1;
    memset(shared, 0, sizeof *shared);
    pid_t pid = fork();
    if (pid == 0)
        ask(c, shared);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    print_message("%s: %s; %s\n", c->name, shared->why, shared->help);
    CHECK_CASE(WIFEXITED(status) && WEXITSTATUS(status) == 0, c->name);
    if (!c->why) {
        CHECK_INT(shared->level, c->as_root ? SANDBOX_FULL : SANDBOX_USERNS);
        return;
    }
    CHECK_INT(shared->level, SANDBOX_NONE);
    CHECK_HAS(shared->why, c->why);
    CHECK_HAS(shared->help, c->help);
}

static bool can_be_made(const struct denial_case *c) {
    bool needs_root =
        c->as_root || (c->deny && c->deny != no_more_users && c->deny != no_more_networks);
    bool goes_far = c->as_root && (!c->why || c->deny == without_network);
    return (geteuid() == 0 || !needs_root) && (c->as_root || has_users) && (!goes_far || has_root);
}

static void test_each_denial_is_named(void **state) {
    (void)state;
    struct sandbox_status *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    size_t made = 0;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (!can_be_made(&cases[i]))
            continue;
        check_case(&cases[i], shared);
        made++;
    }
    munmap(shared, sizeof *shared);
    if (made == 0)
        skip();
}

static void test_noexec_folders(void **state) {
    (void)state;
    struct err err = {0};
    CHECK_INT(sandbox_check_code(folder, &err), 0);
    if (geteuid() != 0 || in_own_mounts())
        skip();
    if (mount("none", folder, "tmpfs", MS_NOEXEC, NULL))
        skip();
    char below[64];
    snprintf(below, sizeof below, "%s/not/there", folder);
    CHECK_INT(sandbox_check_code(folder, &err), -EACCES);
    CHECK_HAS(err.text, "is mounted noexec");
    CHECK_HAS(err.text, "remount,exec");
    CHECK_INT(sandbox_check_code(below, &err), -EACCES);
    CHECK_INT(mount("none", folder, NULL, MS_REMOUNT, NULL), 0);
    CHECK_INT(sandbox_check_code(below, &err), 0);
    CHECK_INT(umount2(folder, MNT_DETACH), 0);
}

/* Found without the code under test, by a child that stays as it is. */
static bool ordinary_users_may(void) {
    int status = 1;
    pid_t pid = fork();
    if (pid == 0)
        _exit((geteuid() == 0 && become_ordinary()) || !sandbox_must_work(SANDBOX_USERNS));
    return waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_denial_is_named),
        cmocka_unit_test(test_noexec_folders),
    };
    if (!mkdtemp(folder) || chmod(folder, 0755))
        return 1;
    has_users = ordinary_users_may();
    has_root = sandbox_must_work(SANDBOX_FULL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
