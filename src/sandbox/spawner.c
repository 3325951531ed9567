/*
 * The spawner process: clones a child for each sandbox that the daemon asks for, tells how it
 * ended, and kills them all when the daemon is gone. One thread, one poll loop.
 */
#include "sandbox/spawner_priv.h"

#include "base/list.h"
#include "sandbox/jail_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MOST_SANDBOXES = 4096,
    /* Uids of sandboxes: no passwd file has them. Each spawner takes another block of 4096. */
    FIRST_UID = 0x60000000,
    USERNS_UID = 993, /* what a function sees of itself at level userns, as on AWS */
    SWEEP_MS = 5,
};

struct cell { /* one sandbox, alive or with cgroups that still wait to be removed */
    struct list node;
    pid_t pid; /* 0: its processes are gone */
    int channel;
    unsigned slot;
    char group[SANDBOX_CGROUP_NAME];
};

struct spawner {
    int control;
    enum sandbox_level level;
    uid_t user,
        /* asked before any child is in a namespace, where both would read differently */
        first_uid;
    gid_t user_group;
    struct sandbox_cgroups groups;
    struct sock_fprog filter;
    struct list cells;
    uint64_t counter;
    bool slots[MOST_SANDBOXES]; /* uids in use */
    char request[SANDBOX_MAX_SPEC];
    struct sandbox_wire wire;
};

/* ---- Creating ---- */
static void refuse(int channel, int fault, const char *step) {
    struct sandbox_msg msg = {.kind = SANDBOX_MSG_FAILED, .a = fault};
    snprintf(msg.text, sizeof msg.text, "%s", step);
    sandbox_send_msg(channel, &msg, NULL, 0);
}

static int take_slot(struct spawner *s) {
    for (int i = 0; i < MOST_SANDBOXES; i++) {
        if (s->slots[i])
            continue;
        s->slots[i] = true;
        return i;
    }
    return -EAGAIN;
}

/*
 * Like fork, into new namespaces. A filter cannot read clone3's flags, so those that allow some
 * namespaces and not others (systemd's RestrictNamespaces=, engines' profiles) answer it with
 * ENOSYS, and mean clone.
 */
static pid_t clone_into_namespaces(enum sandbox_level level, int *ret_pidfd) {
    struct clone_args args = {
        .flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
                 CLONE_PIDFD | (level == SANDBOX_USERNS ? CLONE_NEWUSER : 0U),
        .pidfd = (uintptr_t)ret_pidfd,
        .exit_signal = SIGCHLD,
    };
    long pid = syscall(SYS_clone3, &args, sizeof args);
    /* The pidfd comes in the third argument; the order of the last two is the architecture's. */
    if (pid < 0 && errno == ENOSYS)
        pid = syscall(SYS_clone, args.flags | SIGCHLD, NULL, ret_pidfd, NULL, NULL);
    return pid < 0 ? -errno : (pid_t)pid;
}

static void become_jail(struct spawner *s, const struct cell *cell,
                        const int fds[SANDBOX_OUTPUTS + 1]) {
    struct sandbox_jail jail = {
        .wire = &s->wire,
        .groups = &s->groups,
        .group = cell->group,
        .filter = &s->filter,
        .level = s->level,
        .outer_uid = s->user,
        .outer_gid = s->user_group,
        .uid = s->level == SANDBOX_USERNS ? USERNS_UID : s->first_uid + cell->slot,
        .channel = fds[0],
        .outputs = {fds[1], fds[2], fds[3]},
    };
    sandbox_jail_main(&jail);
}

static int launch(struct spawner *s, struct cell *cell, const int fds[SANDBOX_OUTPUTS + 1],
                  const char **ret_step) {
    uint64_t limit = sandbox_most_bytes(s->wire.spec.memory_bytes, s->wire.spec.tmp_bytes);
    *ret_step = "making its cgroups";
    int fault = sandbox_cgroup_make(&s->groups, cell->group, limit);
    if (fault)
        return fault;
    int pidfd = -1;
    *ret_step = "making its namespaces";
    cell->pid = clone_into_namespaces(s->level, &pidfd);
    if (cell->pid < 0)
        return cell->pid;
    if (cell->pid == 0)
        become_jail(s, cell, fds);
    struct sandbox_msg msg = {.kind = SANDBOX_MSG_CREATED, .a = cell->pid};
    snprintf(msg.text, sizeof msg.text, "%s", cell->group);
    fault = sandbox_send_msg(cell->channel, &msg, &pidfd, 1);
    close(pidfd);
    if (fault) /* the daemon gave up on it; END comes by SIGCHLD */
        kill(cell->pid, SIGKILL);
    return 0;
}

static void create(struct spawner *s, size_t n, const int fds[SANDBOX_OUTPUTS + 1]) {
    const char *step = "reading the request";
    int fault = sandbox_wire_decode(&s->wire, str_n(s->request, n));
    int slot = fault ? 0 : take_slot(s);
    if (fault || slot < 0) {
        refuse(fds[0], fault ? fault : slot, fault ? step : "finding a free place");
        close(fds[0]);
        return;
    }
    struct cell *cell = mem_new(struct cell);
    cell->channel = fds[0];
    cell->slot = (unsigned)slot;
    snprintf(cell->group, sizeof cell->group, "s%llu", (unsigned long long)++s->counter);
    list_append(&s->cells, &cell->node);
    fault = launch(s, cell, fds, &step);
    if (!fault)
        return;
    refuse(cell->channel, fault, step);
    close(cell->channel);
    cell->channel = -1;
    cell->pid = 0;
}

/* ---- Ending ---- */
static void tell_end(struct spawner *s, struct cell *cell, int status) {
    struct sandbox_msg msg = {
        .kind = SANDBOX_MSG_END,
        .a = status,
        .b = (int32_t)sandbox_cgroup_oom_kills(&s->groups, cell->group),
        .v = sandbox_cgroup_peak(&s->groups, cell->group),
    };
    sandbox_send_msg(cell->channel, &msg, NULL, 0);
    close(cell->channel);
    cell->channel = -1;
}

static void reap(struct spawner *s) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        LIST_EACH (node, &s->cells) {
            struct cell *cell = LIST_ENTRY(node, struct cell, node);
            if (cell->pid != pid)
                continue;
            cell->pid = 0;
            tell_end(s, cell, status);
            break;
        }
    }
}

/*
 * Releases the cells of sandboxes that have ended and whose cgroups are gone. True: some wait for
 * their last tasks to leave.
 */
static bool clean(struct spawner *s) {
    bool waiting = false;
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): a freed cell has left the list
    LIST_EACH (node, &s->cells) {
        struct cell *cell = LIST_ENTRY(node, struct cell, node);
        if (cell->pid != 0)
            continue;
        if (!sandbox_cgroup_remove(&s->groups, cell->group)) {
            waiting = true;
            continue;
        }
        s->slots[cell->slot] = false;
        list_remove(&cell->node);
        free(cell);
    }
    return waiting;
}

static void end_all(struct spawner *s) {
    LIST_EACH (node, &s->cells) {
        struct cell *cell = LIST_ENTRY(node, struct cell, node);
        if (cell->pid > 0)
            kill(cell->pid, SIGKILL);
    }
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
    LIST_EACH (node, &s->cells)
        LIST_ENTRY(node, struct cell, node)->pid = 0;
    for (int i = 0; clean(s) && i < 200; i++)
        poll(NULL, 0, SWEEP_MS);
    sandbox_cgroups_close(&s->groups);
    _exit(0);
}

/* ---- Serving ---- */
static void serve_control(struct spawner *s) {
    int fds[SANDBOX_MAX_FDS];
    size_t n_fds;
    ssize_t got = sandbox_recv(s->control, s->request, sizeof s->request, fds, &n_fds);
    if (got == 0 || got == -ECONNRESET)
        end_all(s);
    bool is_ping = got == (ssize_t)sizeof(struct sandbox_msg) && n_fds == 0;
    size_t kept = 0; /* of the first: the channel is the cell's now */
    if (got > 0 && (n_fds == SANDBOX_OUTPUTS || n_fds == SANDBOX_OUTPUTS + 1)) {
        if (n_fds == SANDBOX_OUTPUTS)
            fds[SANDBOX_OUTPUTS] = -1; /* no records */
        create(s, (size_t)got, fds);
        kept = 1;
    }
    if (is_ping)
        sandbox_send(s->control, s->request, (size_t)got, NULL, 0); /* the same back */
    for (size_t i = kept; i < n_fds; i++)
        close(fds[i]);
}

static void scrub_environment(void) {
    /* Every sandbox's init is a copy of this memory; it has no need of what the daemon was told. */
    extern char **environ;
    for (char **e = environ; e && *e; e++)
        explicit_bzero(*e, strlen(*e));
    environ = NULL;
}

void sandbox_become_background(int keep, const char *name) {
    static const int ignored[] = {SIGINT,  SIGTERM, SIGQUIT, SIGHUP,
                                  SIGPIPE, SIGUSR1, SIGUSR2, SIGTSTP};
    for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
        signal(ignored[i], SIG_IGN); /* the daemon's end is the only end */
    prctl(PR_SET_NAME, name, 0, 0, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; null >= 0 && fd < 3; fd++)
        dup2(null, fd);
    for (int fd = 3; fd < keep; fd++)
        close(fd);
    close_range((unsigned)keep + 1, ~0U, 0);
    scrub_environment();
}

static void say_hello(struct spawner *s, pid_t daemon) {
    struct sandbox_msg hello = {.kind = SANDBOX_MSG_HELLO};
    struct err err = {0};
    sandbox_cgroups_open(&s->groups, daemon);
    int fault = sandbox_filter_build(&s->filter, s->groups.memory[0] != '\0', &err);
    s->level = fault ? SANDBOX_NONE : s->user == 0 ? SANDBOX_FULL : SANDBOX_USERNS;
    hello.a = s->level;
    hello.b = s->groups.memory[0] ? SANDBOX_MEMORY_CGROUP : SANDBOX_MEMORY_SAMPLED;
    hello.v = s->groups.freezer[0] != '\0';
    snprintf(hello.text, sizeof hello.text, "%.*s", (int)sizeof hello.text - 1, err.text);
    sandbox_send_msg(s->control, &hello, NULL, 0);
    /* The daemon freezes and reads statistics itself, so it gets the places too. */
    sandbox_send(s->control, &s->groups, sizeof s->groups, NULL, 0);
}

void sandbox_spawner_main(int control, pid_t daemon) {
    sandbox_become_background(control, "sandbox-spawner");
    struct spawner *s = mem_new(struct spawner);
    s->control = control;
    list_init(&s->cells);
    s->user = geteuid();
    s->user_group = getegid();
    s->first_uid = FIRST_UID + (uid_t)(getpid() % MOST_SANDBOXES) * MOST_SANDBOXES;

    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &child, NULL);
    int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    say_hello(s, daemon);

    struct pollfd on[] = {{.fd = control, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    for (bool waiting = false;;) {
        if (poll(on, 2, waiting ? SWEEP_MS : -1) < 0)
            continue;
        if (on[1].revents) {
            struct signalfd_siginfo info[8];
            (void)!read(signals, info, sizeof info);
        }
        reap(s);
        waiting = clean(s);
        if (on[0].revents)
            serve_control(s);
    }
}
