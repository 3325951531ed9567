/*
 * pid 1 of a sandbox. It holds no privilege and obeys the same filter as the program; it reaps,
 * answers DNS, stops and continues the others when told, and when the program ends it says how. Then
 * it ends too, upon which the kernel kills what is left in the pid namespace; or, in a sandbox that
 * stays, it kills what is left itself and waits until the program is to be started anew. It also
 * ends when the daemon's side of the channel closes.
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
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
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

/* A pipe's flags are of all who hold it: a life that made it not wait did so for itself alone. */
static void reset_outputs(const struct sandbox_jail *jail) {
    for (size_t i = 0; i < SANDBOX_OUTPUTS; i++)
        if (jail->outputs[i] >= 0)
            fcntl(jail->outputs[i], F_SETFL, 0);
}

static int run_program(struct sandbox_jail *jail) {
    const struct sandbox_spec *spec = &jail->wire->spec;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    reset_outputs(jail);
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

union semun { /* semctl(2): the caller defines it */
    struct semid_ds *one;
    struct seminfo *info;
};

/* The program, as the init sees it. */
struct program {
    pid_t pid; /* 0: it has ended */
    int trace; /* tells of a failed exec; -1: none */
    uint64_t life;
};

/*
 * Ends the init where there is nothing to start it with. Where both end together the outputs are
 * then the program's alone, so that they end when it ends.
 */
static void start_program(struct sandbox_jail *jail, struct program *program) {
    int trace[2];
    if (pipe2(trace, O_CLOEXEC | O_NONBLOCK))
        _exit(1);
    program->pid = fork();
    if (program->pid < 0)
        _exit(1);
    if (program->pid == 0) {
        if (trace[1] != TRACE)
            dup3(trace[1], TRACE, O_CLOEXEC);
        close_range(TRACE + 1, ~0U, 0);
        int32_t fault = run_program(jail);
        (void)!write(TRACE, &fault, sizeof fault);
        _exit(127);
    }
    close(trace[1]);
    for (size_t i = 0; !jail->wire->spec.stays && i < SANDBOX_OUTPUTS; i++)
        fd_closep(&jail->outputs[i]);
    program->trace = trace[0];
}

static void tell_end(struct sandbox_jail *jail, struct program *program, int status) {
    struct sandbox_msg msg = {.kind = SANDBOX_MSG_STATUS, .a = status, .v = program->life};
    int32_t fault = 0;
    if (read(program->trace, &fault, sizeof fault) == (ssize_t)sizeof fault)
        msg.b = fault;
    fd_closep(&program->trace);
    program->pid = 0;
    sandbox_send_msg(jail->channel, &msg, NULL, 0);
}

/*
 * System V memory, queues and semaphores outlive their processes, and would count as the next
 * program's memory. Identifiers are found by index, as ipcs finds them; where no cgroup counts memory
 * there are none, and the calls are refused.
 */
static void remove_ipc(void) {
    struct shm_info shm_all;
    struct shmid_ds shm;
    struct msginfo msg_all;
    struct msqid_ds msg;
    struct seminfo sem_all;
    struct semid_ds sem;
    for (int i = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&shm_all); i >= 0; i--)
        shmctl(shmctl(i, SHM_STAT_ANY, &shm), IPC_RMID, NULL);
    for (int i = msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&msg_all); i >= 0; i--)
        msgctl(msgctl(i, MSG_STAT_ANY, &msg), IPC_RMID, NULL);
    for (int i = semctl(0, 0, SEM_INFO, (union semun){.info = &sem_all}); i >= 0; i--)
        semctl(semctl(i, 0, SEM_STAT_ANY, (union semun){.one = &sem}), 0, IPC_RMID);
}

/*
 * Kills everybody but the init (that is -1) and reaps them, the program's *ret_status among them. A
 * fork that is under way sees the signal before its child exists, so one round gets them all; another
 * is asked for all the same. What they leave behind is theirs no more: orphans are the init's.
 */
static void clear(const struct program *program, int *ret_status) {
    int status;
    do {
        for (pid_t pid; (pid = waitpid(-1, &status, 0)) > 0 || errno == EINTR;)
            if (pid > 0 && pid == program->pid)
                *ret_status = status;
    } while (kill(-1, SIGKILL) == 0);
    remove_ipc();
}

static void end_program(struct sandbox_jail *jail, struct program *program, int status) {
    if (!jail->wire->spec.stays) {
        tell_end(jail, program, status);
        _exit(0);
    }
    program->pid = 0; /* reaped: the number may be another's */
    kill(-1, SIGKILL);
    clear(program, &status);
    tell_end(jail, program, status);
}

static void reap(struct sandbox_jail *jail, struct program *program) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        if (pid == program->pid)
            end_program(jail, program, status);
}

/* ---- What the daemon asks for ---- */
/* -1 is everybody but the caller: the program, and what it started. */
static void stop_or_continue(struct sandbox_jail *jail, struct program *,
                             const struct sandbox_msg *msg) {
    kill(-1, msg->kind == SANDBOX_MSG_STOP ? SIGSTOP : SIGCONT);
    sandbox_send_msg(jail->channel, &(struct sandbox_msg){.kind = SANDBOX_MSG_STOPPED}, NULL, 0);
}

static void halt(struct sandbox_jail *jail, struct program *program, const struct sandbox_msg *) {
    int status = 0;
    if (program->pid == 0)
        return;
    kill(-1, SIGKILL);
    clear(program, &status);
    tell_end(jail, program, status);
}

static void restart(struct sandbox_jail *jail, struct program *program,
                    const struct sandbox_msg *msg) {
    halt(jail, program, msg);
    program->life = msg->v;
    start_program(jail, program);
}

static void obey(struct sandbox_jail *jail, struct program *program) {
    static const struct {
        enum sandbox_msg_kind kind;
        void (*obey)(struct sandbox_jail *, struct program *, const struct sandbox_msg *);
    } orders[] = {
        {SANDBOX_MSG_STOP, stop_or_continue},
        {SANDBOX_MSG_CONT, stop_or_continue},
        {SANDBOX_MSG_HALT, halt},
        {SANDBOX_MSG_RESTART, restart},
    };
    struct sandbox_msg msg;
    int fds[SANDBOX_MAX_FDS];
    size_t n_fds;
    ssize_t got = sandbox_recv(jail->channel, &msg, sizeof msg, fds, &n_fds);
    if (got != (ssize_t)sizeof msg)
        _exit(0); /* the daemon has closed its end */
    for (size_t i = 0; i < ARRAY_LEN(orders); i++)
        if (orders[i].kind == msg.kind)
            orders[i].obey(jail, program, &msg);
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
    int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);

    struct sandbox_msg ready = {.kind = SANDBOX_MSG_READY};
    int handed[SANDBOX_MAX_PORTS + 1] = {jail->tmp};
    memcpy(handed + 1, jail->listeners, jail->n_listeners * sizeof *handed);
    sandbox_send_msg(jail->channel, &ready, handed, jail->n_listeners + 1);
    for (size_t i = 0; i < jail->n_listeners + 1; i++)
        close(handed[i]);
    struct program program = {.trace = -1};
    if (signals < 0)
        _exit(1);
    start_program(jail, &program);

    struct pollfd on[] = {{.fd = jail->channel, .events = POLLIN},
                          {.fd = signals, .events = POLLIN},
                          {.fd = jail->dns, .events = POLLIN}};
    for (;;) {
        if (poll(on, 3, -1) < 0)
            continue;
        if (on[1].revents) {
            drain(signals);
            reap(jail, &program);
        }
        if (on[0].revents)
            obey(jail, &program);
        if (on[2].revents)
            answer_dns(jail->dns);
    }
}
