/* The daemon's side of sandboxes: starting them, and their handles. The spawner's life: keep.c. */
#include "base/clock.h"
#include "sandbox/host_priv.h"
#include "sandbox/usage_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    HALT_MS = 1000, /* of one over its memory, which the kernel bounds meanwhile */
    SIZED_MS = 100, /* between two looks at processes for the peak */
};

struct sandbox {
    struct sandbox_nest *nest; /* that made it */
    int channel;
    int pidfd;
    pid_t init;
    char group[SANDBOX_CGROUP_NAME];
    uint64_t memory_bytes, peak;
    int64_t sized_ms; /* when its processes were looked at for the peak; 0 never */
    uint16_t ports[SANDBOX_MAX_PORTS];
    int listeners[SANDBOX_MAX_PORTS];
    int outputs[SANDBOX_OUTPUTS];
    int tmp; /* its /tmp, to ask how full it is */
    bool ready, refused, frozen, stop_answered;
    bool over_memory; /* killed by sandbox_check_memory */
    int64_t over_ms;  /* … since when, monotonic */
    bool has_status, over;
    bool unheard;       /* has_status, and nobody was told by sandbox_ended */
    bool stays;         /* spec.stays */
    uint64_t life;      /* how often the program was started anew */
    uint64_t oom_kills; /* by the kernel, in lives before */
    int fault;          /* of a refused start */
    char step[256];
    struct sandbox_end end;
};

const char *sandbox_level_name(enum sandbox_level level) {
    static const char *const names[] = {"none", "userns", "full"};
    return names[level];
}

void sandbox_limits(const struct sandbox_status *status, struct sandbox_limit ret[SANDBOX_LIMITS]) {
    bool counted = status->memory == SANDBOX_MEMORY_CGROUP;
    const struct sandbox_limit limits[SANDBOX_LIMITS] = {
        {"memory", counted ? "cgroup" : "sampling"},
        {"tmp", "tmpfs"},
        {"processes", "rlimit"},
        {"descriptors", "rlimit"},
        {"network", "namespace"},
        {"freezing", status->freezer ? "cgroup" : "signals"},
        {"cpu", "none"},
    };
    for (size_t i = 0; i < SANDBOX_LIMITS; i++)
        ret[i] = (struct sandbox_limit){limits[i].what,
                                        status->level == SANDBOX_NONE ? "none" : limits[i].by};
}

/* ---- Messages of one sandbox ---- */
static void take_descriptors(struct sandbox *sb, const int *fds, size_t n) {
    if (n > 0)
        sb->tmp = fds[0];
    for (size_t i = 1; i < n; i++) {
        if (i <= SANDBOX_MAX_PORTS && sb->ports[i - 1])
            sb->listeners[i - 1] = fds[i];
        else
            close(fds[i]);
    }
}

static void take_status(struct sandbox *sb, int status, int exec_errno) {
    sb->has_status = true;
    sb->end.signaled = WIFSIGNALED(status);
    sb->end.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    sb->end.exec_errno = exec_errno;
}

static bool was_killed(const struct sandbox *sb) {
    return sb->end.signaled && sb->end.code == SIGKILL;
}

/* The program has ended and the sandbox stays, so what the spawner tells in its END is asked here. */
static void take_halt(struct sandbox *sb, const struct sandbox_msg *msg) {
    if (msg->v != sb->life)
        return; /* of one that was killed for the next */
    take_status(sb, msg->a, msg->b);
    if (!sb->stays)
        return;
    sb->unheard = true;
    uint64_t kills = sandbox_cgroup_oom_kills(&sb->nest->groups, sb->group);
    sb->end.oom = sb->over_memory || (kills > sb->oom_kills && was_killed(sb));
    sb->oom_kills = kills;
    sb->end.memory_peak = sandbox_memory_peak(sb);
    sb->end.stays = true;
}

static void take_end(struct sandbox *sb, const struct sandbox_msg *msg) {
    sb->over = true;
    fd_closep(&sb->tmp); /* else its files would stay */
    sb->end.stays = false;
    if (sb->has_status && sb->stays)
        return;
    if (!sb->has_status)
        take_status(sb, msg->a, 0); /* the init was killed, and the program with it */
    sb->end.oom = sb->over_memory || ((uint64_t)msg->b > sb->oom_kills && was_killed(sb));
    sb->end.memory_peak = msg->v > sb->peak ? msg->v : sb->peak;
}

static void take_message(struct sandbox *sb, const struct sandbox_msg *msg, const int *fds,
                         size_t n_fds) {
    switch (msg->kind) {
    case SANDBOX_MSG_CREATED:
        sb->init = msg->a;
        memcpy(sb->group, msg->text, sizeof sb->group - 1);
        sb->pidfd = n_fds == 1 ? fds[0] : -1;
        break;
    case SANDBOX_MSG_READY:
        sb->ready = true;
        take_descriptors(sb, fds, n_fds);
        break;
    case SANDBOX_MSG_FAILED:
        sb->refused = true;
        sb->fault = msg->a;
        memcpy(sb->step, msg->text, sizeof sb->step - 1);
        break;
    case SANDBOX_MSG_STOPPED: sb->stop_answered = true; break;
    case SANDBOX_MSG_STATUS: take_halt(sb, msg); break;
    case SANDBOX_MSG_END: take_end(sb, msg); break;
    default: break;
    }
}

/* Takes one message when there is one within ms. False: time is up, or the channel is closed. */
static bool next_message(struct sandbox *sb, int ms) {
    struct pollfd on = {.fd = sb->channel, .events = POLLIN};
    int n;
    do
        n = poll(&on, 1, ms);
    while (n < 0 && errno == EINTR && ms < 0);
    if (n <= 0 || sb->over)
        return false;
    struct sandbox_msg msg;
    int fds[SANDBOX_MAX_FDS];
    size_t n_fds;
    if (sandbox_recv(sb->channel, &msg, sizeof msg, fds, &n_fds) == (ssize_t)sizeof msg) {
        take_message(sb, &msg, fds, n_fds);
        return true;
    }
    sb->over = sb->end.lost = true;
    sb->end.stays = false;
    return false;
}

/* ---- Starting one ---- */
/* The first n of stdout, stderr and records. */
static int open_outputs(struct sandbox *sb, size_t n, int write_ends[SANDBOX_OUTPUTS]) {
    for (size_t i = 0; i < n; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC))
            return -errno;
        sb->outputs[i] = ends[0];
        write_ends[i] = ends[1];
        if (fcntl(ends[0], F_SETFL, O_NONBLOCK))
            return -errno;
    }
    return 0;
}

static int send_request(struct sandbox *sb, const struct sandbox_spec *spec, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf request = {0};
    if (sandbox_wire_encode(&request, spec))
        return err_set(err, -E2BIG,
                       "a sandbox's arguments, environment and files are over %d bytes",
                       SANDBOX_MAX_SPEC);
    int pair[2], ends[SANDBOX_OUTPUTS] = {-1, -1, -1};
    size_t n = spec->records ? SANDBOX_OUTPUTS : 2;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return err_sys(err, -errno, "making a sandbox's channel");
    sb->channel = pair[0];
    int fault = open_outputs(sb, n, ends);
    if (!fault) {
        int fds[] = {pair[1], ends[0], ends[1], ends[2]};
        fault = sandbox_send(sb->nest->control, request.p, request.len, fds, n + 1);
    }
    close(pair[1]);
    for (size_t i = 0; i < n; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    if (fault == -ECONNRESET)
        fault = -EPIPE; /* it died with requests unread */
    return fault ? err_sys(err, fault, "asking for a sandbox") : 0;
}

static struct sandbox *sandbox_new(struct sandbox_nest *nest, const struct sandbox_spec *spec) {
    struct sandbox *sb = mem_new(struct sandbox);
    sb->nest = sandbox_nest_ref(nest);
    sb->channel = sb->pidfd = sb->tmp = -1;
    for (size_t i = 0; i < SANDBOX_OUTPUTS; i++)
        sb->outputs[i] = -1;
    sb->memory_bytes = spec->memory_bytes;
    sb->stays = spec->stays;
    for (size_t i = 0; i < SANDBOX_MAX_PORTS; i++) {
        sb->listeners[i] = -1;
        sb->ports[i] = spec->ports[i];
    }
    return sb;
}

static int await_ready(struct sandbox *sb, struct err *err) {
    int64_t until = clock_mono_ms() + SANDBOX_ANSWER_MS;
    while (!sb->refused && !(sb->ready && sb->init)) {
        int64_t left = until - clock_mono_ms();
        if (left > 0 && next_message(sb, (int)left))
            continue;
        if (sb->over)
            return sb->end.lost ? err_set(err, -EPIPE, "the process that makes sandboxes is gone")
                                : err_set(err, -EIO, "the sandbox ended while it was made");
        return err_set(err, sb->init ? -EIO : -ETIMEDOUT, "no sandbox within %d s",
                       SANDBOX_ANSWER_MS / 1000);
    }
    return sb->refused ? err_sys(err, sb->fault, "making a sandbox: %s", sb->step) : 0;
}

int sandbox_start_in(struct sandbox_nest *nest, const struct sandbox_spec *spec,
                     struct sandbox **ret_sandbox, struct sandbox_refused *reterr_refused,
                     struct err *err) {
    CLEANUP(sandbox) struct sandbox *sb = sandbox_new(nest, spec);
    int fault = send_request(sb, spec, err);
    fault = fault ? fault : await_ready(sb, err);
    if (fault == 0) {
        *ret_sandbox = STEAL(sb);
    } else if (sb->refused && reterr_refused) {
        snprintf(reterr_refused->step, sizeof reterr_refused->step, "%.63s", sb->step);
        reterr_refused->fault = sb->fault;
    }
    return fault;
}

int sandbox_start(struct sandbox_spawner *spawner, const struct sandbox_spec *spec,
                  struct sandbox **ret_sandbox, struct err *err) {
    int fault = sandbox_check_level(spawner, err);
    if (fault)
        return fault;
    CLEANUP(sandbox_nest) struct sandbox_nest *nest = sandbox_spawner_nest(spawner);
    if (!nest)
        return err_set(err, -EPIPE, "the process that makes sandboxes is gone");
    fault = sandbox_start_in(nest, spec, ret_sandbox, NULL, err);
    if (fault == -ETIMEDOUT)
        sandbox_spawner_hangs(spawner, nest);
    if (fault != -ETIMEDOUT && fault != -EPIPE)
        return fault;
    CLEANUP(sandbox_nest) struct sandbox_nest *next = sandbox_spawner_after(spawner, nest);
    return next ? sandbox_start_in(next, spec, ret_sandbox, NULL, err) : fault;
}

struct sandbox *sandbox_free(struct sandbox *sb) {
    if (!sb)
        return NULL;
    if (!sb->over)
        sandbox_kill(sb);
    for (size_t i = 0; i < SANDBOX_MAX_PORTS; i++)
        fd_closep(&sb->listeners[i]);
    for (size_t i = 0; i < SANDBOX_OUTPUTS; i++)
        fd_closep(&sb->outputs[i]);
    fd_closep(&sb->pidfd);
    fd_closep(&sb->tmp);
    fd_closep(&sb->channel);
    sandbox_nest_free(sb->nest);
    free(sb);
    return NULL;
}

/* ---- Using one ---- */
int sandbox_take_listener(struct sandbox *sb, uint16_t port) {
    for (size_t i = 0; i < SANDBOX_MAX_PORTS; i++) {
        if (sb->ports[i] != port || sb->listeners[i] < 0)
            continue;
        int fd = sb->listeners[i];
        sb->listeners[i] = -1;
        return fd;
    }
    return -1;
}

int sandbox_take_output(struct sandbox *sb, int fd) {
    int *end = &sb->outputs[fd - 1];
    int taken = *end;
    *end = -1;
    return taken;
}

int sandbox_end_fd(const struct sandbox *sb) { return sb->channel; }

bool sandbox_ended(struct sandbox *sb, struct sandbox_end *ret_end) {
    while (!sb->over && next_message(sb, 0))
        ;
    bool ended = sb->over || (sb->stays && sb->has_status);
    if (ended)
        *ret_end = sb->end;
    sb->unheard = false;
    return ended;
}

bool sandbox_has_news(const struct sandbox *sb) { return sb->unheard; }

int sandbox_wait(struct sandbox *sb, int ms, struct sandbox_end *ret_end) {
    int64_t until = clock_mono_ms() + ms;
    while (!sandbox_ended(sb, ret_end)) {
        int64_t left = ms < 0 ? -1 : until - clock_mono_ms();
        if (ms >= 0 && left <= 0)
            return -ETIMEDOUT;
        next_message(sb, (int)left);
    }
    return 0;
}

void sandbox_kill(struct sandbox *sb) {
    if (sb->pidfd >= 0)
        (void)pidfd_send_signal(sb->pidfd, SIGKILL, NULL, 0);
}

/* Without a freezer the init stops all the others; it answers when the signals are sent. */
static int ask_init(struct sandbox *sb, enum sandbox_msg_kind kind) {
    struct sandbox_msg msg = {.kind = kind};
    sb->stop_answered = false;
    int fault = sandbox_send_msg(sb->channel, &msg, NULL, 0);
    int64_t until = clock_mono_ms() + SANDBOX_ANSWER_MS;
    while (!fault && !sb->stop_answered) {
        int64_t left = until - clock_mono_ms();
        if (left <= 0)
            fault = -ETIMEDOUT;
        else if (!next_message(sb, (int)left) && sb->over)
            fault = -ESRCH;
    }
    return fault;
}

bool sandbox_is_firm(const struct sandbox *sb) { return sb->nest->groups.freezer[0] != '\0'; }

static int set_frozen(struct sandbox *sb, bool frozen) {
    /* What signals stop may have been continued meanwhile. */
    if (sb->frozen == frozen && (!frozen || sandbox_is_firm(sb)))
        return 0;
    if (sb->over)
        return -ESRCH;
    const struct sandbox_cgroups *groups = &sb->nest->groups;
    int fault = groups->freezer[0] ? sandbox_cgroup_freeze(groups, sb->group, frozen)
                                   : ask_init(sb, frozen ? SANDBOX_MSG_STOP : SANDBOX_MSG_CONT);
    if (!fault)
        sb->frozen = frozen;
    return fault;
}

int sandbox_freeze(struct sandbox *sb) { return set_frozen(sb, true); }
int sandbox_thaw(struct sandbox *sb) { return set_frozen(sb, false); }

/*
 * The init kills and reaps. The message goes before the thaw, for a frozen init does not read and
 * what it is to kill should not run on; processes that signals have stopped die of SIGKILL.
 */
static int tell_init(struct sandbox *sb, enum sandbox_msg_kind kind) {
    struct sandbox_msg msg = {.kind = kind, .v = sb->life};
    if (sb->over || !sb->stays)
        return -ESRCH;
    int fault = sandbox_send_msg(sb->channel, &msg, NULL, 0);
    if (!fault && sb->frozen && sandbox_is_firm(sb))
        fault = sandbox_thaw(sb);
    if (!fault)
        sb->frozen = false;
    return fault;
}

int sandbox_halt(struct sandbox *sb) { return tell_init(sb, SANDBOX_MSG_HALT); }

int sandbox_restart(struct sandbox *sb) {
    sb->life++;
    sb->has_status = sb->unheard = sb->over_memory = false;
    sb->end = (struct sandbox_end){.lost = sb->end.lost};
    return tell_init(sb, SANDBOX_MSG_RESTART);
}

bool sandbox_is_still(struct sandbox *sb) {
    return sb->frozen &&
           (!sandbox_is_firm(sb) || sandbox_cgroup_is_frozen(&sb->nest->groups, sb->group));
}

/* Its init's pid means that process only as long as that was not reaped. */
static bool is_alive(const struct sandbox *sb) {
    struct pollfd on = {.fd = sb->pidfd, .events = POLLIN};
    return poll(&on, 1, 0) == 0;
}

static struct sandbox_meter meter_of(const struct sandbox *sb) {
    return (struct sandbox_meter){.groups = &sb->nest->groups,
                                  .group = sb->group,
                                  .init = sb->init,
                                  .tmp = sb->tmp};
}

static void raise_peak(struct sandbox *sb, uint64_t bytes) {
    if (bytes > sb->peak && is_alive(sb))
        sb->peak = bytes;
}

static void look(struct sandbox *sb, struct sandbox_usage *ret) {
    const struct sandbox_meter meter = meter_of(sb);
    *ret = (struct sandbox_usage){0};
    if (sb->over || !is_alive(sb))
        return;
    sandbox_usage_look(&meter, ret);
    raise_peak(sb, ret->peak);
}

/* Short invocations are many, and what a program has mapped changes little between them. */
uint64_t sandbox_memory_peak(struct sandbox *sb) {
    const struct sandbox_meter meter = meter_of(sb);
    if (sb->over || !is_alive(sb))
        return sb->peak;
    int64_t now_ms = clock_mono_ms();
    bool processes = !sb->sized_ms || now_ms - sb->sized_ms >= SIZED_MS;
    if (processes)
        sb->sized_ms = now_ms;
    raise_peak(sb, sandbox_usage_peak(&meter, processes));
    return sb->peak;
}

uint64_t sandbox_held(struct sandbox *sb) {
    struct sandbox_usage usage;
    look(sb, &usage);
    return usage.held;
}

void sandbox_reclaim(struct sandbox *sb) { sandbox_cgroup_reclaim(&sb->nest->groups, sb->group); }

bool sandbox_check_memory(struct sandbox *sb) {
    struct sandbox_usage usage;
    look(sb, &usage);
    if (usage.own <= sb->memory_bytes || !is_alive(sb))
        return false;
    /* Where a cgroup bounds it too the init has time to do it. */
    int64_t now_ms = clock_mono_ms(), patience_ms = sb->nest->groups.memory[0] ? HALT_MS : 0;
    if (!sb->over_memory)
        sb->over_ms = now_ms;
    if (sb->over_memory ? now_ms - sb->over_ms >= patience_ms : sandbox_halt(sb) != 0)
        sandbox_kill(sb);
    sb->over_memory = true;
    return true;
}
