/*
 * The nursery: a process between daemon and spawner, which makes another spawner when one has died.
 * The daemon cannot fork one itself: it has threads, keys and sockets then. The nursery is forked
 * with the first spawner's cleanliness and does nothing but wait, so whatever kills a spawner (the
 * kernel, for memory, most likely) is unlikely to kill it.
 */
#include "sandbox/spawner_priv.h"

#include "base/clock.h"
#include "sandbox/proto_priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* So many spawners may die within that time; one more, and it does not help to make another. */
enum { DEATHS_MOST = 5, DEATHS_MS = 60000, LAST_WORDS_MS = 5000 };
enum { FORK_TRIES = 50, FORK_MS = 100 };

struct nursery {
    int daemon; /* our end of the socket */
    pid_t daemon_pid, spawner;
    int64_t deaths[DEATHS_MOST]; /* when the last ones were, monotonic; 0: none */
    size_t n_deaths;
};

static void tell(struct nursery *n, enum sandbox_msg_kind kind, int status, int fd) {
    struct sandbox_msg msg = {.kind = kind, .a = n->spawner, .b = status};
    (void)sandbox_send_msg(n->daemon, &msg, &fd, fd >= 0);
}

/* status: of the one before. */
static void make_spawner(struct nursery *n, int status) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        _exit(1);
    pid_t pid = fork();
    /* Memory may be short, which is what the one before died of: some patience, below watch_once's. */
    for (int i = 0; pid < 0 && i < FORK_TRIES; i++) {
        poll(NULL, 0, FORK_MS);
        pid = fork();
    }
    if (pid == 0)
        sandbox_spawner_main(pair[1], n->daemon_pid);
    close(pair[1]);
    if (pid < 0)
        _exit(1); /* the daemon notices */
    n->spawner = pid;
    tell(n, SANDBOX_MSG_BORN, status, pair[0]);
    close(pair[0]);
}

static void spawner_died(struct nursery *n, int status) {
    int64_t now = clock_mono_ms(), *oldest = &n->deaths[n->n_deaths++ % DEATHS_MOST];
    bool hopeless = *oldest && now - *oldest < DEATHS_MS;
    *oldest = now;
    if (!hopeless) {
        make_spawner(n, status);
        return;
    }
    tell(n, SANDBOX_MSG_GONE, status, -1);
    _exit(1);
}

static void reap(struct nursery *n) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        if (pid == n->spawner)
            spawner_died(n, status);
}

/* The daemon is gone, and the spawner ends with it; one that hangs is killed. */
static void end(struct nursery *n) {
    int64_t until = clock_mono_ms() + LAST_WORDS_MS;
    pid_t ended;
    while ((ended = waitpid(n->spawner, NULL, WNOHANG)) == 0 && clock_mono_ms() < until)
        poll(NULL, 0, 1);
    if (ended == 0) /* not reaped, so its pid is still its own */
        kill(n->spawner, SIGKILL);
    _exit(0);
}

static void serve(struct nursery *n) {
    struct sandbox_msg msg;
    int fds[SANDBOX_MAX_FDS];
    size_t n_fds;
    ssize_t got = sandbox_recv(n->daemon, &msg, sizeof msg, fds, &n_fds);
    if (got == 0 || got == -ECONNRESET)
        end(n);
    if (got == (ssize_t)sizeof msg && msg.kind == SANDBOX_MSG_KILL && msg.a == n->spawner)
        kill(n->spawner, SIGKILL);
}

void sandbox_nursery_main(int daemon, pid_t daemon_pid) {
    struct nursery n = {.daemon = daemon, .daemon_pid = daemon_pid};
    sandbox_become_background(daemon, "sandbox-nursery");
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &child, NULL);
    int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    make_spawner(&n, 0);
    struct pollfd on[] = {{.fd = daemon, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    for (;;) {
        if (poll(on, 2, -1) < 0)
            continue;
        if (on[1].revents) {
            struct signalfd_siginfo info[8];
            (void)!read(signals, info, sizeof info);
        }
        reap(&n);
        if (on[0].revents)
            serve(&n);
    }
}
