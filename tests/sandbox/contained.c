/*
 * Runs a program as a container's default would: with the capabilities and the system calls that
 * Docker leaves to one (its default.json, without CAP_SYS_ADMIN). Only what that profile takes away
 * of what a sandbox needs is taken away here; the rest makes no difference to it.
 *
 *   contained PROGRAM ARGUMENT…
 */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Docker's list of default capabilities. */
static const int kept[] = {CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,           CAP_FOWNER,
                           CAP_MKNOD,   CAP_NET_RAW,      CAP_SETGID,           CAP_SETUID,
                           CAP_SETFCAP, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
                           CAP_KILL,    CAP_AUDIT_WRITE};

/* Of these the profile answers EPERM to whoever lacks CAP_SYS_ADMIN, or to everybody. */
static const char *const denied[] = {
    "unshare",     "setns",           "mount",       "umount2",     "pivot_root",
    "open_tree",   "fsopen",          "fsmount",     "fsconfig",    "fspick",
    "move_mount",  "mount_setattr",   "keyctl",      "add_key",     "bpf",
    "request_key", "perf_event_open", "userfaultfd", "sethostname", "io_uring_setup"};

enum {
    NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                 CLONE_NEWPID | CLONE_NEWNET,
};

static int drop_capabilities(void) {
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        int keep = 0;
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
            keep |= kept[i] == cap;
        if (!keep && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && geteuid() == 0)
            return -errno;
    }
    return 0;
}

static int load_filter(void) {
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    int r = ctx ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < sizeof denied / sizeof *denied; i++) {
        int nr = seccomp_syscall_resolve_name(denied[i]);
        r = nr < 0 ? 0 : seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), nr, 0);
    }
    /* clone with any namespace; clone3 has its flags in memory, so the profile says ENOSYS. */
    for (unsigned bit = 1; r == 0 && bit; bit <<= 1)
        if (NAMESPACES & bit)
            r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                 SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit));
    if (r == 0)
        r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (r == 0)
        r = seccomp_load(ctx);
    seccomp_release(ctx);
    return r;
}

int main(int argc, char **argv) {
    if (argc < 2)
        return 2;
    int r = drop_capabilities();
    if (r == 0)
        r = load_filter();
    if (r) {
        fprintf(stderr, "contained: %d\n", r);
        return 125;
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 126;
}
