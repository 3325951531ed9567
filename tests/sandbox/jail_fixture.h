#pragma once
/*
 * Programs in sandboxes, for one level: TEST full | userns. As root, "userns" becomes an ordinary
 * user first. A machine that cannot have the level skips (77). What runs inside is jailed.c, whose
 * path is in the environment (JAILED); /var/task has it as jailed and, with the bit set, as setuid.
 */
#include "cm.h"

#include "base/clock.h"
#include "base/io.h"
#include "lib/sandboxed.h"
#include "sandbox/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIB = 1 << 20, ORDINARY_UID = 12345, PATIENCE_MS = 20000 };

static struct sandbox_spawner *spawner;
static char code[] = "/tmp/calotype-escape-XXXXXX";

/* ---- Running one ---- */
static inline struct sandbox_spec jail_spec(const char *const *argv) {
    static const char *const env[] = {"GREETING=hello there", "EMPTY=", NULL};
    return (struct sandbox_spec){
        .code = code,
        .argv = argv,
        .env = env,
        .memory_bytes = 64 * MIB,
        .tmp_bytes = 8 * MIB,
        .ports = {9001},
        .files = {{"/etc/ssl/certs/ca-certificates.crt", S("local CA\n")}},
    };
}

static inline struct sandbox *start(const struct sandbox_spec *spec) {
    struct sandbox *sb = NULL;
    struct err err = {0};
    if (sandbox_start(spawner, spec, &sb, &err))
        fail_msg("%s", err.text);
    return sb;
}

static inline struct sandbox *run(const char *const *argv, unsigned max_processes) {
    struct sandbox_spec spec = jail_spec(argv);
    spec.max_processes = max_processes;
    return start(&spec);
}

/* Everything the program wrote, until it closed that descriptor. */
static inline void read_output(struct sandbox *sb, int fd, struct buf *out) {
    CLEANUP_FD int from = sandbox_take_output(sb, fd);
    for (;;) {
        struct pollfd on = {.fd = from, .events = POLLIN};
        CHECK_INT(poll(&on, 1, PATIENCE_MS), 1);
        ssize_t got = read(from, buf_reserve(out, 4096), 4096);
        if (got <= 0)
            break;
        out->len += (size_t)got;
    }
    buf_char(out, '\0');
}

static inline struct sandbox_end wait_end(struct sandbox *sb) {
    struct sandbox_end end = {0};
    CHECK_INT(sandbox_wait(sb, PATIENCE_MS, &end), 0);
    return end;
}

static inline bool gets_silent(int fd, int ms) {
    struct pollfd on = {.fd = fd, .events = POLLIN};
    return poll(&on, 1, ms) == 0;
}

static inline void wait_for_byte(int fd) {
    char c;
    CHECK(!gets_silent(fd, PATIENCE_MS));
    CHECK(read(fd, &c, 1) == 1);
}

/* Processes with that word in their command line, in any sandbox. */
static inline size_t count_marked(const char *mark) {
    size_t n = 0;
    DIR *dir = opendir("/proc");
    for (struct dirent *e; (e = readdir(dir));) {
        char path[300];
        snprintf(path, sizeof path, "/proc/%.200s/cmdline", e->d_name);
        CLEANUP_DEINIT(buf) struct buf text = {0};
        if (e->d_name[0] >= '0' && e->d_name[0] <= '9' &&
            io_read_file(&text, path, 1 << 16, NULL) == 0)
            n += str_find(buf_view(&text), str_c(mark)) >= 0;
    }
    closedir(dir);
    return n;
}

/* ---- Set-up ---- */
/* What runs inside, read while we may: the checkout may be closed to the ordinary user. */
static struct buf program;

static inline int put_program(const char *name, mode_t mode) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", code, name);
    CLEANUP_FD int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0700);
    if (fd < 0 || io_write_full(fd, program.p, program.len))
        return -1;
    return fchmod(fd, mode);
}

static inline int setup(void **state) {
    (void)state;
    if (!mkdtemp(code) || chmod(code, 0755))
        return -1;
    return put_program("jailed", 0755) || put_program("setuid", 04755);
}

static inline int teardown(void **state) {
    (void)state;
    char path[128];
    static const char *const names[] = {"jailed", "setuid"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", code, names[i]);
        unlink(path);
    }
    return rmdir(code);
}

static inline int become_ordinary(void) {
    if (geteuid() != 0)
        return 0;
    if (setgroups(0, NULL) || setresgid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID) ||
        setresuid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID))
        return -errno;
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* The whole of main. */
static inline int jail_main(int argc, char **argv, const struct CMUnitTest *tests, size_t n) {
    enum sandbox_level want =
        argc > 1 && strcmp(argv[1], "full") == 0 ? SANDBOX_FULL : SANDBOX_USERNS;
    const char *path = getenv("JAILED");
    if (!path || io_read_file(&program, path, 64 * MIB, NULL))
        return 1;
    if (want == SANDBOX_USERNS && become_ordinary())
        return 1;
    struct sandbox_options options = {0};
    struct err err = {0};
    if (sandbox_spawner_start(&spawner, &options, &err)) {
        print_error("%s\n", err.text);
        return 1;
    }
    const struct sandbox_status *status = sandbox_spawner_status(spawner);
    print_message("level %s, memory by %s, freezer by %s%s%s\n", sandbox_level_name(status->level),
                  status->memory == SANDBOX_MEMORY_CGROUP ? "cgroup" : "sampling",
                  status->freezer ? "cgroup" : "signals", status->why[0] ? ": " : "", status->why);
    if (status->level != want) {
        int missing = sandbox_missing(want, status);
        sandbox_spawner_free(spawner);
        return missing;
    }
    int failed = _cmocka_run_group_tests("tests", tests, n, setup, teardown);
    sandbox_spawner_free(spawner);
    buf_deinit(&program);
    return failed;
}
