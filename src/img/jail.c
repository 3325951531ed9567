/*
 * img/jail: the limits and the seccomp filter that the worker puts on itself, and the handlers that give each way of
 * running into them an exit code of its own.
 */
#include "img/jail.h"

#include "base/own.h"
#include "imgjob/ends.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "the worker's system call filter knows x86_64 and aarch64"
#endif

/*
 * The call does not happen, and a handler that the filter leaves nothing but exit_group ends the worker. Where something
 * keeps the handler from running, the kernel kills.
 */
#define DENY SECCOMP_RET_TRAP

#define LOAD(field)    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))
/* When the loaded word is `number`, the next instruction decides; else it is skipped. */
#define WHEN(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1)
#define ALLOW(call)  WHEN(__NR_##call), ANSWER(SECCOMP_RET_ALLOW)
/* mmap and mprotect: allowed unless the third argument asks for execution. */
#define ALLOW_WITHOUT_EXEC(call)                                                                   \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##call, 0, 4), LOAD(args[2]),                         \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1), ANSWER(DENY),                       \
        ANSWER(SECCOMP_RET_ALLOW)

/* Small enough to be read: libseccomp would add 0.6 ms to every image. */
static const struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
    ANSWER(DENY),
    LOAD(nr),
    ALLOW(read),
    ALLOW(write),
    ALLOW(brk),
    ALLOW(munmap),
    ALLOW(mremap),
    ALLOW(madvise),
    ALLOW(clock_gettime),
    ALLOW(exit),
    ALLOW(exit_group),
    ALLOW_WITHOUT_EXEC(mmap),
    ALLOW_WITHOUT_EXEC(mprotect),
    ANSWER(DENY),
};

/* ---- How it ends ---- */
/* By the bare call: a sanitizer's _exit makes others. */
static void end(enum imgjob_end code) { syscall(SYS_exit_group, code); }
static void out_of_memory(void) { end(IMGJOB_END_MEMORY); }
static void out_of_time(int) { end(IMGJOB_END_TIME); }
static void denied(int) { end(IMGJOB_END_CALL); }

/* On a stack of their own: the other one may be what ran out. Whoever started us may have blocked or ignored them. */
static int catch_ends(struct err *err) {
    static _Alignas(16) char stack[16 << 10];
    static const struct {
        int signal;
        void (*handler)(int);
    } ends[] = {{SIGXCPU, out_of_time}, {SIGSYS, denied}, {SIGPIPE, SIG_IGN}};
    mem_on_exhausted(out_of_memory);
    stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    sigset_t open;
    sigemptyset(&open);
    if (sigaltstack(&other, NULL) < 0 || sigprocmask(SIG_SETMASK, &open, NULL) < 0)
        return err_sys(err, -errno, "prepare for signals");
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct sigaction act = {.sa_handler = ends[i].handler, .sa_flags = SA_ONSTACK};
        if (sigaction(ends[i].signal, &act, NULL) < 0)
            return err_sys(err, -errno, "take signal %d", ends[i].signal);
    }
    return 0;
}

/* ---- Walls ---- */
static int limit(int resource, uint64_t soft, uint64_t hard, struct err *err) {
    struct rlimit r = {soft, hard};
    return setrlimit((__rlimit_resource_t)resource, &r) < 0
               ? err_sys(err, -errno, "set limit %d", resource)
               : 0;
}

/* close_range is of Linux 5.9, and a filter from outside may not know it. */
static void close_inherited(void) {
    struct rlimit most = {0};
    if (syscall(SYS_close_range, 3, ~0u, 0) == 0 || getrlimit(RLIMIT_NOFILE, &most) < 0)
        return;
    enum { ENOUGH = 1 << 16 };
    int n = most.rlim_max < ENOUGH ? (int)most.rlim_max : ENOUGH;
    for (int fd = 3; fd < n; fd++)
        close(fd);
}

static int shut(struct err *err) {
    struct sock_fprog program = {ARRAY_LEN(filter), (struct sock_filter *)filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return err_sys(err, -errno, "give up new privileges");
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        return err_sys(err, -errno, "install the system call filter");
    return 0;
}

int img_jail_enter(const struct img_jail *jail, struct err *err) {
    close_inherited();
    int r = catch_ends(err);
    if (r == 0)
        r = limit(RLIMIT_CORE, 0, 0, err);
    if (r == 0)
        r = limit(RLIMIT_NOFILE, 3, 3, err);
    if (r == 0 && jail->memory_bytes)
        r = limit(RLIMIT_AS, jail->memory_bytes, jail->memory_bytes, err);
    /* At the soft limit it ends with its code; the hard one is the kernel's. */
    if (r == 0 && jail->cpu_seconds)
        r = limit(RLIMIT_CPU, jail->cpu_seconds, jail->cpu_seconds + 1, err);
    return r == 0 && jail->seccomp ? shut(err) : r;
}
