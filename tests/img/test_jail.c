/* img/jail: what the worker can do once it has shut itself in, call by call, in a child each. */
#include "cm.h"

#include "base/own.h"
#include "img/jail.h"
#include "imgjob/ends.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A raw call: the sanitizer's runtime makes none of its own then. */
#define CALL(...) syscall(__VA_ARGS__)

enum { DONE = 7 };

static void reads(void) { CALL(SYS_read, -1, NULL, 0); }
static void writes(void) { CALL(SYS_write, -1, NULL, 0); }
static void maps(void) {
    long at = CALL(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CALL(SYS_mprotect, at, 4096, PROT_READ | PROT_WRITE);
    CALL(SYS_madvise, at, 4096, MADV_DONTNEED);
    at = CALL(SYS_mremap, at, 4096, 8192, MREMAP_MAYMOVE);
    CALL(SYS_munmap, at, 8192);
}
static void grows(void) { CALL(SYS_brk, 0); }
static void ends_alone(void) { CALL(SYS_exit, DONE); }

static void maps_code(void) {
    CALL(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static void makes_code(void) { CALL(SYS_mprotect, 0, 4096, PROT_EXEC); }
static void opens(void) { CALL(SYS_openat, AT_FDCWD, "/", O_RDONLY, 0); }
static void looks(void) { CALL(SYS_getpid); }
static void opens_by_path(void) { CALL(SYS_openat2, AT_FDCWD, "/", NULL, 0); }
static void calls_home(void) { CALL(SYS_socket, 2, 1, 0); }
static void starts(void) { CALL(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
static void starts_newly(void) { CALL(SYS_clone3, NULL, 0); }
static void traces(void) { CALL(SYS_ptrace, 0, 0, 0, 0); }
static void moves_out(void) { CALL(SYS_unshare, 0x10000000); }
static void mounts(void) { CALL(SYS_mount, "a", "/", "tmpfs", 0, NULL); }
static void more_time(void) { CALL(SYS_prlimit64, 0, 0, NULL, NULL); }
static void other_handlers(void) { CALL(SYS_rt_sigaction, SIGSYS, NULL, NULL, 8); }
static void quieter(void) { CALL(SYS_rt_sigprocmask, 0, NULL, NULL, 8); }
static void becomes(void) { CALL(SYS_execve, "/bin/true", NULL, NULL); }
static void closes(void) { CALL(SYS_close, 0); }
static void signals(void) { CALL(SYS_kill, 0, 0); }
#if defined(__x86_64__)
/* exit(DONE) of the 32-bit table, whose number is write's in the other. */
static void other_table(void) { __asm__ volatile("int $0x80" : : "a"(1), "b"(DONE) : "memory"); }
#endif

/* The wait status of a child that shuts itself in and does one thing. */
static int child(const struct img_jail *jail, void (*act)(void)) {
    int status = -1;
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        if (img_jail_enter(jail, NULL))
            _exit(99);
        act();
        CALL(SYS_exit_group, DONE);
    }
    CHECK_INT(waitpid(pid, &status, 0), pid);
    return status;
}

static void system_calls(void **state) {
    (void)state;
    static const struct img_jail jail = {.seccomp = true};
    static const struct {
        const char *name;
        void (*act)(void);
        bool allowed;
    } cases[] = {
        {"reads", reads, true},
        {"writes", writes, true},
        {"maps", maps, true},
        {"grows", grows, true},
        {"ends alone", ends_alone, true},
        {"maps code", maps_code, false},
        {"makes code", makes_code, false},
        {"opens", opens, false},
        {"looks", looks, false},
        {"opens by path", opens_by_path, false},
        {"calls home", calls_home, false},
        {"starts", starts, false},
        {"starts newly", starts_newly, false},
        {"traces", traces, false},
        {"moves out", moves_out, false},
        {"mounts", mounts, false},
        {"more time", more_time, false},
        {"other handlers", other_handlers, false},
        {"quieter", quieter, false},
        {"becomes", becomes, false},
        {"closes", closes, false},
        {"signals", signals, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int status = child(&jail, cases[i].act);
        if (cases[i].allowed)
            CHECK_CASE(WIFEXITED(status) && WEXITSTATUS(status) == DONE, cases[i].name);
        else
            CHECK_CASE(WIFEXITED(status) && WEXITSTATUS(status) == IMGJOB_END_CALL, cases[i].name);
    }
}

/* Numbers of another architecture's table mean other calls: none of them is let through. */
static void calls_of_another_table(void **state) {
    (void)state;
#if defined(__x86_64__)
    static const struct img_jail open = {0}, shut = {.seccomp = true};
    int status = child(&open, other_table);
    if (WIFSIGNALED(status)) /* a kernel without the 32-bit table */
        skip();
    CHECK_INT(WEXITSTATUS(status), DONE);
    status = child(&shut, other_table);
    CHECK_INT(WEXITSTATUS(status), IMGJOB_END_CALL);
#else
    skip();
#endif
}

static bool limited_to(int resource, rlim_t soft, rlim_t hard) {
    struct rlimit r;
    return getrlimit((__rlimit_resource_t)resource, &r) == 0 && r.rlim_cur == soft &&
           r.rlim_max == hard;
}
static void check_limits(void) {
    if (!limited_to(RLIMIT_CORE, 0, 0) || !limited_to(RLIMIT_NOFILE, 3, 3) ||
        !limited_to(RLIMIT_CPU, 11, 12) || fcntl(200, F_GETFD) != -1 || fcntl(3, F_GETFD) != -1 ||
        fcntl(2, F_GETFD) == -1)
        _exit(1);
}
static void check_memory(void) {
    if (!limited_to(RLIMIT_AS, (rlim_t)1 << 46, (rlim_t)1 << 46))
        _exit(1);
}

static void limits(void **state) {
    (void)state;
    static const struct img_jail plain = {.cpu_seconds = 11}, memory = {.memory_bytes = 1ull << 46};
    int inherited = dup2(0, 200), next = dup2(0, 3);
    CHECK(inherited == 200 && next == 3);
    CHECK_INT(WEXITSTATUS(child(&plain, check_limits)), DONE);
    CHECK_INT(WEXITSTATUS(child(&memory, check_memory)), DONE);
    close(inherited);
    close(next);
}

/* ---- Ends ---- */
static void burns(void) {
    for (volatile unsigned i = 0;; i++)
        ;
}
static void wants_more(void) { mem_exhausted(); }
static void hears_nothing(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGXCPU, SIG_IGN);
    signal(SIGSYS, SIG_IGN);
}

/*
 * Also where whoever started the worker had blocked and ignored every signal. ASan makes a call of its own before a
 * function that does not return: out of memory is tried without the filter.
 */
static void each_end_has_its_code(void **state) {
    (void)state;
    static const struct {
        struct img_jail jail;
        void (*act)(void);
        int code;
    } ends[] = {{{.seccomp = false}, wants_more, IMGJOB_END_MEMORY},
                {{.seccomp = true, .cpu_seconds = 1}, burns, IMGJOB_END_TIME},
                {{.seccomp = true}, opens, IMGJOB_END_CALL}};
    sigset_t before;
    sigprocmask(SIG_SETMASK, NULL, &before);
    hears_nothing();
    int status[ARRAY_LEN(ends)];
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        status[i] = child(&ends[i].jail, ends[i].act);
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGXCPU, SIG_DFL);
    signal(SIGSYS, SIG_DFL);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        CHECK_INT(status[i], ends[i].code << 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(system_calls), cmocka_unit_test(calls_of_another_table),
        cmocka_unit_test(limits), cmocka_unit_test(each_end_has_its_code)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
