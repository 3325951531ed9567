/*
 * pid 1 of a sandbox. It holds no privilege and obeys the same filter as the program; it reaps,
 * answers DNS, stops and continues the others when told, and when the program ends it says how and
 * ends too, upon which the kernel kills what is left in the pid namespace. It also ends when the
 * daemon's side of the channel closes.
 *
 * DNS is answered here and not in the daemon: the parser of untrusted bytes then runs inside the
 * jail that they come from, and no socket and no thread of the daemon is spent on it.
 */
#include "sandbox/jail_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Behind what the init has: where the program's process tells of a failed exec. */
enum { TRACE = 8 };

static void reset_signals(void) {
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL); /* fails for KILL, STOP and two of libc's own */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int run_program(struct sandbox_jail *jail) {
    const struct sandbox_spec *spec = &jail->wire->spec;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(jail->outputs[0], 1) < 0 ||
        dup2(jail->outputs[1], 2) < 0 || setsid() < 0 || chdir("/var/task"))
        return errno;
    if (spec->records && dup2(jail->outputs[2], SANDBOX_RECORDS_FD) < 0)
        return errno;
    if (spec->limit_address_space) {
        rlim_t most = spec->memory_bytes;
        if (setrlimit(RLIMIT_AS, &(struct rlimit){most, most}))
            return errno;
    }
    reset_signals();
    umask(022);
    execve(spec->argv[0], (char *const *)(uintptr_t)spec->argv,
           (char *const *)(uintptr_t)spec->env);
    return errno;
}

/* The program's pid, or -errno. Its outputs are then its alone, so that they end when it ends. */
static pid_t start_program(struct sandbox_jail *jail, int *ret_trace) {
    int trace[2];
    if (pipe2(trace, O_CLOEXEC | O_NONBLOCK))
        return -errno;
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0) {
        if (trace[1] != TRACE)
            dup3(trace[1], TRACE, O_CLOEXEC);
        close_range(TRACE + 1, ~0U, 0);
        int32_t fault = run_program(jail);
        (void)!write(TRACE, &fault, sizeof fault);
        _exit(127);
    }
    close(trace[1]);
    for (size_t i = 0; i < SANDBOX_OUTPUTS; i++)
        fd_closep(&jail->outputs[i]);
    *ret_trace = trace[0];
    return pid;
}

static void tell_end(int channel, int status, int trace) {
    struct sandbox_msg msg = {.kind = SANDBOX_MSG_STATUS, .a = status};
    int32_t fault = 0;
    if (read(trace, &fault, sizeof fault) == (ssize_t)sizeof fault)
        msg.b = fault;
    sandbox_send_msg(channel, &msg, NULL, 0);
    _exit(0);
}

static void reap(int channel, pid_t program, int trace) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        if (pid == program)
            tell_end(channel, status, trace);
}

static void obey(int channel) {
    struct sandbox_msg msg;
    int fds[SANDBOX_MAX_FDS];
    size_t n_fds;
    ssize_t got = sandbox_recv(channel, &msg, sizeof msg, fds, &n_fds);
    if (got != (ssize_t)sizeof msg)
        _exit(0); /* the daemon has closed its end */
    /* -1 is everybody but the caller: the program, and what it started. */
    kill(-1, msg.kind == SANDBOX_MSG_STOP ? SIGSTOP : SIGCONT);
    msg.kind = SANDBOX_MSG_STOPPED;
    sandbox_send_msg(channel, &msg, NULL, 0);
}

static void answer_dns(int sock) {
    uint8_t query[512], answer[576];
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    ssize_t got = recvfrom(sock, query, sizeof query, 0, (struct sockaddr *)&from, &len);
    if (got <= 0)
        return;
    size_t n = sandbox_dns_answer(query, (size_t)got, answer, sizeof answer);
    if (n)
        sendto(sock, answer, n, MSG_NOSIGNAL, (struct sockaddr *)&from, len);
}

static void drain(int fd) {
    struct signalfd_siginfo info[4];
    (void)!read(fd, info, sizeof info);
}

void sandbox_init_main(struct sandbox_jail *jail) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK), trace = -1;

    struct sandbox_msg ready = {.kind = SANDBOX_MSG_READY};
    int handed[SANDBOX_MAX_PORTS + 1] = {jail->tmp};
    memcpy(handed + 1, jail->listeners, jail->n_listeners * sizeof *handed);
    sandbox_send_msg(jail->channel, &ready, handed, jail->n_listeners + 1);
    for (size_t i = 0; i < jail->n_listeners + 1; i++)
        close(handed[i]);
    pid_t program = signals < 0 ? -errno : start_program(jail, &trace);
    if (program < 0)
        _exit(1);

    struct pollfd on[] = {{.fd = jail->channel, .events = POLLIN},
                          {.fd = signals, .events = POLLIN},
                          {.fd = jail->dns, .events = POLLIN}};
    for (;;) {
        if (poll(on, 3, -1) < 0)
            continue;
        if (on[1].revents) {
            drain(signals);
            reap(jail->channel, program, trace);
        }
        if (on[0].revents)
            obey(jail->channel);
        if (on[2].revents)
            answer_dns(jail->dns);
    }
}
