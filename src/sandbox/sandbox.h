#pragma once
/*
 * sandbox: the process boundary. One sandbox runs one untrusted program, which sees no host.
 *
 * A spawner process is forked at the very start of the daemon, while it is small, has one thread
 * and holds no locks, sockets or keys. It creates every sandbox and dies with the daemon: when its
 * control socket closes (the daemon ended or was killed) it kills all of them and removes their
 * cgroups; nothing else of a sandbox outlives its processes, for all mounts are in namespaces.
 *
 * A sandbox: own net, mount, pid, ipc, uts and cgroup namespaces (and a user namespace at level
 * userns); a read-only root of its own with the code at /var/task, a /tmp of bounded size, four
 * devices, /proc of its own processes; no capabilities, no_new_privs, a seccomp allow-list; an own
 * uid (full); a small init as pid 1 that reaps, answers DNS and cannot be inspected. The only way
 * out are the listening sockets that it opens inside its own network namespace and hands to the
 * daemon (docs/internals/sandbox.md has the whole picture and what each level lacks).
 *
 * A sandbox handle belongs to whoever started it; different handles may be used by different
 * threads at once, sandbox_kill of a live handle by any thread. Nothing here logs.
 */
#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

/* From the weakest. Nothing lies between none and userns: decision 4 says why. */
enum sandbox_level {
    SANDBOX_NONE,   /* nothing works here: functions are refused */
    SANDBOX_USERNS, /* all namespaces, made by an ordinary user */
    SANDBOX_FULL,   /* all namespaces, made by root; an own uid per sandbox */
};
/* "full", "userns", "none" */
const char *sandbox_level_name(enum sandbox_level level);

/* How the memory limit is kept. */
enum sandbox_memory { SANDBOX_MEMORY_CGROUP, SANDBOX_MEMORY_SAMPLED };

struct sandbox_options {
    bool strict; /* refuse to start with less than SANDBOX_FULL and a memory cgroup */
};

struct sandbox_status {
    enum sandbox_level level; /* in force */
    enum sandbox_memory memory;
    bool freezer;   /* by cgroup; otherwise by SIGSTOP from the init */
    char why[256];  /* why not full, or what is lacking; empty when nothing is */
    char help[256]; /* at level none: what whoever runs the daemon can do about it */
};

/* What keeps a limit: the words for people and for health documents. */
struct sandbox_limit {
    const char
        *what;      /* "memory", "tmp", "processes", "descriptors", "network", "freezing", "cpu" */
    const char *by; /* "cgroup", "sampling", "tmpfs", "rlimit", "namespace", "signals", "none" */
};
enum { SANDBOX_LIMITS = 7 };
/* All of them, in that order. At level none nothing runs, so each is "none". Any thread. */
void sandbox_limits(const struct sandbox_status *status, struct sandbox_limit ret[SANDBOX_LIMITS]);

/*
 * 0 where programs below that folder run; -EACCES with words (what is wrong, what helps) where it is
 * mounted noexec. One that is not there yet is judged by what is there above it. Asks the kernel each
 * time, for a mount can change. Any thread.
 */
int sandbox_check_code(const char *folder, struct err *err);

/* ---- The spawner ---- */
struct sandbox_spawner;
/*
 * Forks the spawner, which sweeps what a killed daemon left behind. The caller has one thread.
 * Returns at once (with strict: when the level is known). 0 or -errno; with strict -ENOTSUP, and
 * err says what is lacking. Where no level works this still succeeds and sandbox_start fails with
 * the reason.
 */
int sandbox_spawner_start(struct sandbox_spawner **ret_spawner,
                          const struct sandbox_options *options, struct err *err);
/* The level is found by trying it, once: the first caller waits for that (10 ms). Any thread. */
const struct sandbox_status *sandbox_spawner_status(struct sandbox_spawner *spawner);
/*
 * 0 where there is a level; -ENOTSUP with words (what denies it, what helps) where there is none.
 * Waits as that does. Any thread.
 */
int sandbox_check_level(struct sandbox_spawner *spawner, struct err *err);
/*
 * What became of a spawner that died, for the log: another has taken its place, or over: none will,
 * and every sandbox_start fails from now on. Its sandboxes have ended with it (sandbox_end.lost).
 */
struct sandbox_news {
    bool over;
    char text[256]; /* a sentence */
};
typedef void sandbox_news_fn(void *ctx, const struct sandbox_news *news);
/*
 * Has a thread watch the spawner, and calls news in it when it died. Without that a spawner that
 * died is not replaced. Called once, when there may be threads; 0 or -errno. unwatch ends the
 * thread: news is not called any more, and nothing is replaced. Nothing where nobody watches.
 */
int sandbox_spawner_watch(struct sandbox_spawner *spawner, sandbox_news_fn *news, void *ctx,
                          struct err *err);
void sandbox_spawner_unwatch(struct sandbox_spawner *spawner);
/* It works, but nothing would replace it: what does that was killed. Any thread. */
bool sandbox_spawner_is_alone(const struct sandbox_spawner *spawner);
/* Kills every sandbox, waits for the spawner. All handles were freed before. */
struct sandbox_spawner *sandbox_spawner_free(struct sandbox_spawner *spawner);
DEFINE_FREEP(sandbox_spawner)

/* ---- One sandbox ---- */
enum {
    SANDBOX_MAX_PORTS = 4,
    SANDBOX_MAX_BINDS = 64,
    SANDBOX_OUTPUTS = 3, /* stdout, stderr, records */
    SANDBOX_MAX_FILES = 8,
    SANDBOX_MAX_LINKS = 4,
    SANDBOX_MAX_SPEC = 96 * 1024, /* bytes of all texts of a spec together; -E2BIG beyond */
};

struct sandbox_bind {
    /* a folder or file of the host; "": an empty folder, over what lies there inside so far */
    const char *host;
    const char *inside; /* absolute; read-only, nosuid, nodev */
};
struct sandbox_file {
    const char *inside; /* absolute, below the read-only root */
    str content;
};

/* A symbolic link, of absolute paths inside; what it leads to need not be there. */
struct sandbox_link {
    const char *inside, *target;
};

/* Everything is borrowed until sandbox_start returns. */
struct sandbox_spec {
    const char *code;        /* host folder that becomes /var/task, read-only */
    const char *const *argv; /* NULL-terminated; argv[0] is an absolute path inside */
    const char *const *env;  /* NULL-terminated NAME=VALUE; nothing is inherited */
    uint64_t memory_bytes;   /* of its processes */
    uint64_t tmp_bytes;      /* size of /tmp, not counted as memory */
    unsigned max_processes;  /* threads included; 0: 1024; 256 at most where memory is sampled */
    unsigned max_files;      /* open descriptors per process; 0: 1024 */
    /* TCP on 127.0.0.1 inside, opened before the program runs; 0 ends */
    uint16_t ports[SANDBOX_MAX_PORTS];
    /* host NULL ends: interpreters and what they load */
    struct sandbox_bind binds[SANDBOX_MAX_BINDS];
    struct sandbox_file files[SANDBOX_MAX_FILES]; /* inside NULL ends: the CA bundle */
    struct sandbox_link links[SANDBOX_MAX_LINKS]; /* inside NULL ends */
    /* where memory is only sampled: RLIMIT_AS too (static programs; Node does not run under it) */
    bool limit_address_space;
    /* the program has a third pipe, SANDBOX_RECORDS_FD, whose bytes are the caller's to read */
    bool records;
    /*
     * The sandbox outlives its program: /tmp, the sockets and the outputs stay, and sandbox_restart
     * starts the program anew. Otherwise both end together.
     */
    bool stays;
};
/* Where the program finds that pipe: an interpreter writes whole records of its log to it. */
enum { SANDBOX_RECORDS_FD = 3 };

/*
 * Bytes that the kernel may give to a sandbox with these limits: the init, the root and what the
 * kernel keeps for its processes count as its memory too.
 */
enum { SANDBOX_OVERHEAD = 8 * 1024 * 1024 };
static inline uint64_t sandbox_most_bytes(uint64_t memory_bytes, uint64_t tmp_bytes) {
    return memory_bytes + tmp_bytes + SANDBOX_OVERHEAD;
}

struct sandbox;
/*
 * Starts a program: returns when its sockets listen and just before it runs, about 2 ms.
 * Connections made before the daemon accepts wait in the backlog. 0, or -errno with the step that
 * failed in err; -ENOTSUP when no level works here.
 */
int sandbox_start(struct sandbox_spawner *spawner, const struct sandbox_spec *spec,
                  struct sandbox **ret_sandbox, struct err *err);
/* Kills it when it still runs. Does not wait: the spawner cleans up behind it. */
struct sandbox *sandbox_free(struct sandbox *sandbox);
DEFINE_FREEP(sandbox)

/*
 * The listening socket for that port, which the caller now owns; -1 when there is none or it was
 * taken.
 */
int sandbox_take_listener(struct sandbox *sandbox, uint16_t port);
/*
 * Read ends of the program's stdout (1), stderr (2) and records (SANDBOX_RECORDS_FD), non-blocking,
 * the caller's; -1 when taken, or not asked for.
 */
int sandbox_take_output(struct sandbox *sandbox, int fd);

struct sandbox_end {
    bool lost;     /* the spawner died: nothing is known */
    bool signaled; /* by `code`; otherwise exited with `code` */
    int code;
    bool oom;             /* killed because of its memory */
    int exec_errno;       /* > 0: the program could not be executed */
    uint64_t memory_peak; /* bytes, 0 unknown */
    bool stays;           /* the sandbox is still there (spec.stays): sandbox_restart works */
};
/* Readable (poll, epoll) when sandbox_ended has something to take. Borrowed. */
int sandbox_end_fd(const struct sandbox *sandbox);
/*
 * True once the program ended (all its processes are dead, and reaped); then *ret_end is set. Never
 * blocks. With spec.stays it is so until sandbox_restart; the sandbox's own end may come later.
 */
bool sandbox_ended(struct sandbox *sandbox, struct sandbox_end *ret_end);
/*
 * True where sandbox_ended has something to take of which sandbox_end_fd tells nothing, for it came
 * while sandbox_start, sandbox_freeze or sandbox_thaw waited for an answer: ask after each of them.
 */
bool sandbox_has_news(const struct sandbox *sandbox);
/* Waits at most ms (< 0: for ever). 0 or -ETIMEDOUT. */
int sandbox_wait(struct sandbox *sandbox, int ms, struct sandbox_end *ret_end);

/* SIGKILL to every process, frozen ones too. */
void sandbox_kill(struct sandbox *sandbox);
/*
 * Of one that stays: kills every process but the init, frozen ones too, and reaps them. Does not
 * wait: sandbox_ended says when none is left. 0 or -errno: there is no init to do it any more.
 */
int sandbox_halt(struct sandbox *sandbox);
/*
 * Of one that stays: whatever runs is killed and reaped as by sandbox_halt, then the program starts
 * anew, with the same arguments, environment, outputs and sockets, and /tmp as it was left. Does not
 * wait: what the new one does, and the error of its exec, are heard of by sandbox_ended; the end of
 * the one before is not. 0 or -errno: the sandbox has ended. What that one wrote is still in the
 * pipes, and its connections in the listeners' backlogs.
 */
int sandbox_restart(struct sandbox *sandbox);
/* Stops and continues every process (tens of microseconds). Idempotent. 0 or -errno. */
int sandbox_freeze(struct sandbox *sandbox);
int sandbox_thaw(struct sandbox *sandbox);

/*
 * Highest use so far, in bytes: for the REPORT line. 0 unknown. With a cgroup it is what that says,
 * and no less than the largest process has had in memory, which is looked at every tenth of a second.
 */
uint64_t sandbox_memory_peak(struct sandbox *sandbox);
/*
 * True once a freeze has taken effect on all of it: a call that was under way runs to its end first.
 * Where signals stop it nobody knows, and it is taken for still.
 */
bool sandbox_is_still(struct sandbox *sandbox);
/* False: signals stop it, and a program can have itself continued, by a timer that it has set. */
bool sandbox_is_firm(const struct sandbox *sandbox);
/* Bytes that it holds now, /tmp and what the kernel keeps for it too. 0 once it has ended. */
uint64_t sandbox_held(struct sandbox *sandbox);
/*
 * Of one that is frozen: takes away what the kernel can, files in the cache and with swap memory,
 * where a cgroup counts. Milliseconds.
 */
void sandbox_reclaim(struct sandbox *sandbox);
/*
 * True when its processes (without /tmp) are over memory_bytes now; it is then killed (one that
 * stays is halted, and killed where it still is at the next call, or after a second where a cgroup
 * bounds it meanwhile), and ends with oom. The kernel alone only bounds memory and /tmp together,
 * for files in /tmp are memory to it: call this every few tens of milliseconds while the program
 * runs.
 */
bool sandbox_check_memory(struct sandbox *sandbox);

/* ---- DNS ---- */
/*
 * The answer to one DNS query datagram: amazonaws.com, amazonaws.com.cn, api.aws, localhost and names
 * below them are 127.0.0.1, an AAAA query for them has no answer, other names do not exist; what is
 * not one plain query is FORMERR or NOTIMP. 0: no answer is due. The init answers with it on
 * 127.0.0.1:53.
 */
size_t sandbox_dns_answer(const uint8_t *query, size_t n, uint8_t *out, size_t cap);
