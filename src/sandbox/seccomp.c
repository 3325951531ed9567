/*
 * An allow-list. What is not on it does not exist (ENOSYS), so that programs and newer C libraries
 * fall back as on an old kernel; what is on the refused list answers EPERM, because programs ask
 * for it by mistake and people should see why. Namespaces, mounts, tracing, keys, bpf, io_uring,
 * userfaultfd and every socket family but unix and IP stay outside.
 *
 * Some calls make memory that belongs to no process. Where a cgroup counts it they are allowed;
 * where nothing does, they are outside as well.
 *
 * seccomp(2) and prctl(2) are allowed, and landlock where memory is counted: a function may lock
 * itself or its helpers further (the image worker does), never less, for filters only add up.
 */
#include "sandbox/seccomp_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const allowed[] = {
    /* files */
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "preadv",
    "pwritev",
    "preadv2",
    "pwritev2",
    "open",
    "openat",
    "openat2",
    "creat",
    "close",
    "close_range",
    "lseek",
    "stat",
    "fstat",
    "lstat",
    "newfstatat",
    "statx",
    "statfs",
    "fstatfs",
    "access",
    "faccessat",
    "faccessat2",
    "dup",
    "dup2",
    "dup3",
    "flock",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "truncate",
    "ftruncate",
    "fallocate",
    "fadvise64",
    "readahead",
    "getdents",
    "getdents64",
    "getcwd",
    "chdir",
    "fchdir",
    "rename",
    "renameat",
    "renameat2",
    "mkdir",
    "mkdirat",
    "rmdir",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "symlink",
    "symlinkat",
    "readlink",
    "readlinkat",
    "chmod",
    "fchmod",
    "fchmodat",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "umask",
    "mknod",
    "mknodat",
    "utime",
    "utimes",
    "futimesat",
    "utimensat",
    "getxattr",
    "lgetxattr",
    "fgetxattr",
    "listxattr",
    "llistxattr",
    "flistxattr",
    "sendfile",
    "splice",
    "tee",
    "copy_file_range",
    "sync",
    "pipe",
    "pipe2",
    "inotify_init",
    "inotify_init1",
    "inotify_add_watch",
    "inotify_rm_watch",
    /* waiting */
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "eventfd",
    "eventfd2",
    "signalfd",
    "signalfd4",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_gettime",
    "io_setup",
    "io_destroy",
    "io_submit",
    "io_getevents",
    "io_cancel",
    "nanosleep",
    "clock_nanosleep",
    "pause",
    /* memory */
    "brk",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "mincore",
    "msync",
    "mlock",
    "mlock2",
    "munlock",
    "mlockall",
    "munlockall",
    "membarrier",
    "pkey_alloc",
    "pkey_free",
    "pkey_mprotect",
    "get_mempolicy",
    "mq_open",
    "mq_unlink",
    "mq_timedsend",
    "mq_timedreceive",
    "mq_notify",
    "mq_getsetattr",
    /* processes and threads; clone only without namespaces (below) */
    "fork",
    "vfork",
    "execve",
    "execveat",
    "exit",
    "exit_group",
    "wait4",
    "waitid",
    "kill",
    "tkill",
    "tgkill",
    "pidfd_open",
    "pidfd_send_signal",
    "getpid",
    "getppid",
    "gettid",
    "getpgid",
    "getpgrp",
    "setpgid",
    "getsid",
    "setsid",
    "set_tid_address",
    "set_robust_list",
    "get_robust_list",
    "futex",
    "futex_waitv",
    "rseq",
    "arch_prctl",
    "prctl",
    "seccomp",
    "sched_yield",
    "sched_getaffinity",
    "sched_setaffinity",
    "sched_getparam",
    "sched_setparam",
    "sched_getscheduler",
    "sched_setscheduler",
    "sched_get_priority_max",
    "sched_get_priority_min",
    "sched_rr_get_interval",
    "sched_getattr",
    "sched_setattr",
    "getpriority",
    "setpriority",
    "ioprio_get",
    "ioprio_set",
    "getcpu",
    "getrlimit",
    "setrlimit",
    "prlimit64",
    "getrusage",
    "times",
    "sysinfo",
    "uname",
    "capget",
    "capset",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getresuid",
    "getresgid",
    "getgroups",
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setgroups",
    "setfsuid",
    "setfsgid",
    "restart_syscall",
    /* signals and time */
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigpending",
    "rt_sigtimedwait",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "rt_sigsuspend",
    "rt_sigreturn",
    "sigaltstack",
    "alarm",
    "getitimer",
    "setitimer",
    "timer_create",
    "timer_settime",
    "timer_gettime",
    "timer_getoverrun",
    "timer_delete",
    "time",
    "gettimeofday",
    "clock_gettime",
    "clock_getres",
    "getrandom",
    /* sockets; socket and socketpair only of the families below */
    "bind",
    "listen",
    "accept",
    "accept4",
    "connect",
    "getsockname",
    "getpeername",
    "setsockopt",
    "getsockopt",
    "sendto",
    "recvfrom",
    "sendmsg",
    "recvmsg",
    "sendmmsg",
    "recvmmsg",
    "shutdown",
};

/*
 * Each of these can hold gigabytes that no /proc/PID/status shows: files without a name, System V's
 * segments, sets and queues, pages of any size that a pipe keeps from being released, rules of
 * rulesets. POSIX queues are not here: RLIMIT_MSGQUEUE bounds them.
 */
static const char *const counted_only[] = {
    "memfd_create",
    "shmget",
    "shmat",
    "shmdt",
    "shmctl",
    "semget",
    "semop",
    "semctl",
    "semtimedop",
    "msgget",
    "msgsnd",
    "msgrcv",
    "msgctl",
    "vmsplice",
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
    "fcntl",
    "mmap",
};

static const char *const refused[] = {
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsmount",
    "fsconfig",
    "fspick",
    "mount_setattr",
    "unshare",
    "setns",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "pidfd_getfd",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "keyctl",
    "add_key",
    "request_key",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "swapon",
    "swapoff",
    "acct",
    "quotactl",
    "quotactl_fd",
    "syslog",
    "settimeofday",
    "clock_settime",
    "adjtimex",
    "clock_adjtime",
    "sethostname",
    "setdomainname",
    "iopl",
    "ioperm",
    "name_to_handle_at",
    "open_by_handle_at",
    "fanotify_init",
    "personality",
    "vhangup",
    "modify_ldt",
    "setxattr",
    "lsetxattr",
    "fsetxattr",
    "removexattr",
};

/* Requests on pipes, files and sockets; nothing of devices or interfaces. */
static const unsigned long ioctls[] = {FIONREAD, FIONBIO, FIOCLEX,    FIONCLEX,
                                       FIOASYNC, TCGETS,  TIOCGWINSZ, TIOCGPGRP};
static const int families[] = {AF_UNIX, AF_INET, AF_INET6};

enum {
    NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                 CLONE_NEWPID | CLONE_NEWNET,
};

/* A name that this architecture or libseccomp does not know needs no rule: it stays outside. */
static int add_names(scmp_filter_ctx ctx, uint32_t action, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int nr = seccomp_syscall_resolve_name(names[i]);
        int fault = nr < 0 ? 0 : seccomp_rule_add(ctx, action, nr, 0);
        if (fault)
            return fault;
    }
    return 0;
}

static int add_conditional(scmp_filter_ctx ctx) {
    int fault = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                 SCMP_A0(SCMP_CMP_MASKED_EQ, NAMESPACES, 0));
    for (size_t i = 0; !fault && i < ARRAY_LEN(families); i++) {
        fault = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                                 SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)families[i]));
    }
    if (!fault)
        fault = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
                                 SCMP_A0_32(SCMP_CMP_EQ, AF_UNIX));
    for (size_t i = 0; !fault && i < ARRAY_LEN(ioctls); i++) {
        fault = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                                 SCMP_A1_32(SCMP_CMP_EQ, (uint32_t)ioctls[i]));
    }
    return fault;
}

/*
 * Where nothing counts memory, mmap and fcntl lack one use each: memory shared without a file,
 * whose pages stay when a process has let go of them, and a pipe larger than it is made.
 */
static int add_uncounted(scmp_filter_ctx ctx) {
    static const uint64_t fine[] = {0, MAP_SHARED, MAP_ANONYMOUS};
    int fault = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                                 SCMP_A1_32(SCMP_CMP_NE, F_SETPIPE_SZ));
    for (size_t i = 0; !fault && i < ARRAY_LEN(fine); i++)
        fault = seccomp_rule_add(
            ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
            SCMP_A3(SCMP_CMP_MASKED_EQ, (uint64_t)(MAP_SHARED | MAP_ANONYMOUS), fine[i]));
    return fault;
}

/* libseccomp 2.5 only exports to a descriptor. */
static int export(scmp_filter_ctx ctx, struct sock_fprog *ret) {
    CLEANUP_FD int fd = memfd_create("filter", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    int fault = seccomp_export_bpf(ctx, fd);
    if (fault)
        return fault;
    off_t size = lseek(fd, 0, SEEK_END);
    if (size <= 0 || (size_t)size % sizeof(struct sock_filter))
        return -EIO;
    struct sock_filter *code = mem_alloc((size_t)size);
    if (pread(fd, code, (size_t)size, 0) != size) {
        free(code);
        return -EIO;
    }
    *ret = (struct sock_fprog){(unsigned short)((size_t)size / sizeof *code), code};
    return 0;
}

int sandbox_filter_build(struct sock_fprog *ret_program, bool counted, struct err *err) {
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!ctx)
        return err_set(err, -ENOMEM, "making the system call filter");
    int fault = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (!fault)
        fault = add_names(ctx, SCMP_ACT_ALLOW, allowed, ARRAY_LEN(allowed));
    if (!fault)
        fault = add_names(ctx, SCMP_ACT_ERRNO(EPERM), refused, ARRAY_LEN(refused));
    if (!fault)
        fault = add_conditional(ctx);
    if (!fault)
        fault = counted ? add_names(ctx, SCMP_ACT_ALLOW, counted_only, ARRAY_LEN(counted_only))
                        : add_uncounted(ctx);
    if (!fault)
        fault = export(ctx, ret_program);
    seccomp_release(ctx);
    return fault ? err_sys(err, fault, "making the system call filter") : 0;
}

int sandbox_filter_load(const struct sock_fprog *program) {
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program) ? -errno : 0;
}
