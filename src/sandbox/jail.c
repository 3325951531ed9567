/*
 * The way from a cloned child to a jail, as a table of steps. The order is what makes it safe: what
 * needs a privilege or a path of the host comes before that is given up, and the filter comes last.
 */
#include "sandbox/jail_priv.h"

#include "base/io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DNS_PORT = 53, BACKLOG = 128, UNCOUNTED_PROCESSES = 256 };

/* Nothing of the spawner's but what the jail was given stays open: 0-2 /dev/null, 3 channel, from
 * 4 on the outputs. */
static int keep_own_descriptors(struct sandbox_jail *jail) {
    enum { FIRST = 3, HIGH = 64 };
    int *own[1 + SANDBOX_OUTPUTS] = {&jail->channel};
    size_t n = jail->wire->spec.records ? ARRAY_LEN(own) : ARRAY_LEN(own) - 1;
    for (size_t i = 0; i < SANDBOX_OUTPUTS; i++)
        own[1 + i] = &jail->outputs[i];
    for (size_t i = 0; i < n; i++)
        if ((*own[i] = fcntl(*own[i], F_DUPFD_CLOEXEC, HIGH)) < 0)
            return -errno;
    for (size_t i = 0; i < n; i++) {
        if (dup3(*own[i], FIRST + (int)i, O_CLOEXEC) < 0)
            return -errno;
        *own[i] = FIRST + (int)i;
    }
    return close_range(FIRST + (unsigned)n, ~0U, 0) ? -errno : 0;
}

static int write_map(const char *path, const char *text) {
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    return io_write_full(fd, text, strlen(text));
}

static int map_user(struct sandbox_jail *jail) {
    if (jail->level != SANDBOX_USERNS)
        return 0;
    /* A daemon that changed its user without an exec could not open these files of its own. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    char line[64];
    int fault = write_map("/proc/self/setgroups", "deny");
    if (fault)
        return fault;
    snprintf(line, sizeof line, "%u %u 1", jail->uid, jail->outer_uid);
    fault = write_map("/proc/self/uid_map", line);
    if (fault)
        return fault;
    snprintf(line, sizeof line, "%u %u 1", jail->uid, jail->outer_gid);
    return write_map("/proc/self/gid_map", line);
}

/*
 * When the whole machine is out of memory the kernel ends a function before the spawner or the
 * daemon: a function is run again. Where that cannot be said, the kernel chooses.
 */
static int go_first(struct sandbox_jail *jail) {
    (void)jail;
    (void)write_map("/proc/self/oom_score_adj", "800");
    return 0;
}

static int join_cgroups(struct sandbox_jail *jail) {
    int fault = sandbox_cgroup_join(jail->groups, jail->group);
    if (fault)
        return fault;
    /* From here on its own folder is the root of what it can name. */
    return unshare(CLONE_NEWCGROUP) ? -errno : 0;
}

static int raise_network(struct sandbox_jail *jail) {
    (void)jail;
    CLEANUP_FD int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sock < 0)
        return -errno;
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    return ioctl(sock, SIOCSIFFLAGS, &lo) ? -errno : 0;
}

/*
 * The host's name is no wall, and podman's default profile refuses to set one without CAP_SYS_ADMIN
 * over the container. Where it may not be set the function reads the container's.
 */
static int name_host(struct sandbox_jail *jail) {
    (void)jail;
    (void)!sethostname("sandbox", 7);
    return 0;
}

static int bind_local(int type, uint16_t port) {
    int sock = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (sock < 0)
        return -errno;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(sock, (struct sockaddr *)&at, sizeof at) ||
        (type == SOCK_STREAM && listen(sock, BACKLOG))) {
        int fault = -errno;
        close(sock);
        return fault;
    }
    return sock;
}

static int open_ports(struct sandbox_jail *jail) {
    const uint16_t *ports = jail->wire->spec.ports;
    for (; jail->n_listeners < SANDBOX_MAX_PORTS && ports[jail->n_listeners]; jail->n_listeners++) {
        int sock = bind_local(SOCK_STREAM, ports[jail->n_listeners]);
        if (sock < 0)
            return sock;
        jail->listeners[jail->n_listeners] = sock;
    }
    jail->dns = bind_local(SOCK_DGRAM | SOCK_NONBLOCK, DNS_PORT);
    return jail->dns < 0 ? jail->dns : 0;
}

/*
 * Processes are counted per uid, and this uid is this sandbox's alone (level full) or counted
 * within its own user namespace, so RLIMIT_NPROC bounds a fork bomb as a pids cgroup would.
 */
static int limit_resources(struct sandbox_jail *jail) {
    const struct sandbox_spec *spec = &jail->wire->spec;
    rlim_t processes = spec->max_processes ? spec->max_processes : 1024;
    /* What the kernel keeps for a process is seen in part, so there may be fewer of them. */
    if (!sandbox_jail_is_counted(jail) && processes > UNCOUNTED_PROCESSES)
        processes = UNCOUNTED_PROCESSES;
    const struct {
        int what;
        rlim_t most;
    } limits[] = {
        {RLIMIT_CORE, 0},
        {RLIMIT_NOFILE, spec->max_files ? spec->max_files : 1024},
        {RLIMIT_NPROC, processes},
        {RLIMIT_MEMLOCK, 64UL * 1024},
        {RLIMIT_MSGQUEUE, 64UL * 1024},
        {RLIMIT_SIGPENDING, 1024},
    };
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct rlimit now;
        __rlimit_resource_t what = (__rlimit_resource_t)limits[i].what;
        if (getrlimit(what, &now))
            return -errno;
        rlim_t most = now.rlim_max < limits[i].most ? now.rlim_max : limits[i].most;
        if (setrlimit(what, &(struct rlimit){most, most}))
            return -errno;
    }
    return 0;
}

static int drop_capabilities(void) {
    for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
            return -errno;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
        return -errno;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    return syscall(SYS_capset, &header, none) ? -errno : 0;
}

static int drop_privileges(struct sandbox_jail *jail) {
    int fault = limit_resources(jail);
    if (fault)
        return fault;
    if (jail->level == SANDBOX_FULL) {
        /* The bounding set needs CAP_SETPCAP, so keep capabilities over the change of user. */
        if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(0, NULL) ||
            setresgid(jail->uid, jail->uid, jail->uid) ||
            setresuid(jail->uid, jail->uid, jail->uid))
            return -errno;
    }
    /* KEEPCAPS keeps them permitted, not effective: make them so once more, then drop everything.
     */
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct caps[2];
    if (syscall(SYS_capget, &header, caps))
        return -errno;
    for (int i = 0; i < 2; i++)
        caps[i].effective = caps[i].permitted;
    if (syscall(SYS_capset, &header, caps))
        return -errno;
    fault = drop_capabilities();
    if (fault)
        return fault;
    /* After the change of user, which resets both: the init is not to be inspected, and dies with
     * the spawner. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
        return -errno;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

static int load_filter(struct sandbox_jail *jail) { return sandbox_filter_load(jail->filter); }

/* The way in, in order; the name of the one that fails is what the daemon reports. */
static const struct step {
    const char *name;
    int (*run)(struct sandbox_jail *jail);
} steps[] = {
    {"closing inherited descriptors", keep_own_descriptors},
    {"mapping the user", map_user},
    {"going first when memory is short", go_first},
    {"joining the cgroups", join_cgroups},
    {"raising the loopback network", raise_network},
    {"naming the host", name_host},
    {"opening the ports", open_ports},
    {"opening the code and devices", sandbox_jail_open_sources},
    {"mounting the root", sandbox_jail_mount_root},
    {"filling the root", sandbox_jail_fill_root},
    {"entering the root", sandbox_jail_enter_root},
    {"leaving the mount table", sandbox_jail_leave_mount_table},
    {"dropping privileges", drop_privileges},
    {"loading the system call filter", load_filter},
};

void sandbox_jail_main(struct sandbox_jail *jail) {
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        int fault = steps[i].run(jail);
        if (!fault)
            continue;
        struct sandbox_msg msg = {.kind = SANDBOX_MSG_FAILED, .a = fault};
        snprintf(msg.text, sizeof msg.text, "%s", steps[i].name);
        sandbox_send_msg(jail->channel, &msg, NULL, 0);
        _exit(1);
    }
    sandbox_init_main(jail);
}
