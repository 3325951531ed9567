/*
 * calotype-daemon, which `calotype up` becomes: runs the cloud of one data folder until a signal
 * ends it (daemon/signals); a second one does so at once.
 *
 * The order matters: the spawner of sandboxes is forked while the process is small and has one
 * thread, before the lock and any socket, so that its children inherit nothing. Signals are blocked
 * in every thread and waited for in the first.
 */
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/signals.h"
#include "daemon/modes.h"
#include "daemon/next.h"
#include "daemon/notify.h"
#include "daemon/pages.h"
#include "daemon/watchdog.h"
#include "prog/data.h"
#include "prog/say.h"
#include "daemon/verb.h"
#include "prog/verb.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARENAS = 8 };
/* What a detached daemon's lines to its parent begin with; an endpoint has none. */
enum { WARNING = '?', FAILURE = '!' };

/* ---- The process ---- */

static void prepare_process(void) {
    umask(0077); /* of RocksDB's files; DATA itself is closed too */
    /* 130 threads would each get an arena of their own, and each keeps what it once needed. */
    mallopt(M_ARENA_MAX, ARENAS);
    /* Fast bins are gathered in at each larger allocation, which costs more than they save. */
    mallopt(M_MXFAST, 0);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max < 65536 ? files.rlim_max : 65536;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/*
 * The daemon and its spawner are the last of ours to be killed when the machine is out of memory,
 * where we may say so and nobody else has: functions say that they are the first (sandbox/jail).
 */
static void go_last(void) {
    CLEANUP_FD int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    char now[2] = "";
    if (fd >= 0 && read(fd, now, sizeof now) == 2 && memcmp(now, "0\n", 2) == 0)
        (void)!write(fd, "-500", 4);
}

/* ---- Telling that it is ready ---- */

static int tell_ready(struct daemon_settings *s, const char *endpoint, struct err *err) {
    if (s->ready_fd == DAEMON_NO_FD)
        return 0;
    CLEANUP_DEINIT(buf) struct buf line = {0};
    buf_printf(&line, "%s\n", endpoint);
    int r = io_write_full((int)s->ready_fd, line.p, line.len);
    if (r < 0)
        return err_sys(err, r, "cannot write the endpoint to descriptor %u", s->ready_fd);
    close((int)s->ready_fd);
    s->ready_fd = DAEMON_NO_FD;
    return 0;
}

/* The spawner, and whether its level is enough. Where any is, it tries them while the store opens. */
static int start_spawner(const struct daemon_settings *s, struct sandbox_spawner **ret_spawner,
                         struct err *err) {
    static const enum sandbox_level least[] = {[ISOLATION_ANY] = SANDBOX_NONE,
                                               [ISOLATION_USERNS] = SANDBOX_USERNS,
                                               [ISOLATION_FULL] = SANDBOX_FULL};
    struct sandbox_options options = {.strict = s->strict};
    go_last();
    int r = sandbox_spawner_start(ret_spawner, &options, err);
    if (r || s->isolation == ISOLATION_ANY)
        return r;
    const struct sandbox_status *status = sandbox_spawner_status(*ret_spawner);
    if (status->level < least[s->isolation])
        return err_set(
            err, -ENOTSUP,
            "functions would run at isolation level %s, less than --isolation asks for: %s%s%s",
            sandbox_level_name(status->level), status->why, *status->help ? "; " : "",
            status->help);
    return 0;
}

/* Why functions cannot be run, and what helps; false: they can. */
static bool is_refused(const struct daemon_settings *s, struct sandbox_spawner *spawner,
                       struct err *ret) {
    return sandbox_check_level(spawner, ret) != 0 || sandbox_check_code(s->data, ret) != 0;
}

static void log_isolation(struct sandbox_spawner *spawner) {
    const struct sandbox_status *status = sandbox_spawner_status(spawner);
    struct sandbox_limit limits[SANDBOX_LIMITS];
    CLEANUP_DEINIT(buf) struct buf kept = {0};
    sandbox_limits(status, limits);
    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        buf_printf(&kept, "%s%s by %s", i ? ", " : "", limits[i].what, limits[i].by);
    if (status->why[0])
        log_warn("daemon", "isolation of functions is %s: %s", sandbox_level_name(status->level),
                 status->why);
    else
        log_info("daemon", "isolation of functions is %s", sandbox_level_name(status->level));
    if (status->level != SANDBOX_NONE)
        log_info("daemon", "limits of functions: %s", buf_cstr(&kept));
}

/* Before all that goes well. Who detached it sees no log: it goes up the pipe too. */
static void tell_refused(const struct daemon_settings *s, struct sandbox_spawner *spawner) {
    struct err refused = {0};
    if (!is_refused(s, spawner, &refused))
        return;
    log_warn("daemon", "%s", refused.text);
    if (s->detach)
        dprintf((int)s->ready_fd, "%c%s\n", WARNING, refused.text);
}

static void reload(void *daemon) { daemon_reload(daemon, NULL, NULL); /* the log tells it all */ }

static int serve(struct daemon_settings *s, struct sandbox_spawner *spawner, struct daemon *daemon,
                 int64_t began_ms, struct err *err) {
    int r = tell_ready(s, daemon_endpoint(daemon), err);
    if (r)
        return r;
    log_isolation(spawner);
    log_info("daemon", "calotype %s is ready at %s after %lld ms, data in %s", CALOTYPE_VERSION,
             daemon_endpoint(daemon), (long long)(clock_mono_ms() - began_ms), s->data);
    daemon_watchdog_ready(daemon_works, daemon);
    daemon_pages_give_back();
    daemon_signals_wait(reload, daemon);
    return daemon_failure(daemon, err);
}

static int run_daemon(struct daemon_settings *s, struct sandbox_spawner *spawner, struct err *err) {
    int64_t began_ms = clock_mono_ms();
    prepare_process();
    daemon_signals_begin();
    daemon_notify_status("starting", "");

    struct daemon *daemon = NULL;
    struct daemon_options options = {.settings = s,
                                     .spawner = spawner,
                                     .tell_refused = tell_refused};
    int r = daemon_watchdog_begin(err);
    r = r ? r : daemon_start(&daemon, &options, err);
    r = r ? r : serve(s, spawner, daemon, began_ms, err);
    if (daemon) {
        daemon_watchdog_ending(daemon_patience_s(daemon));
        daemon_notify_status("ending", ""); /* behind what the last probe said */
    }
    daemon_stop(daemon);
    daemon_watchdog_end();
    log_tell_held(true);
    if (r == 0)
        log_info("daemon", "ended");
    return r;
}

static int run_cloud(struct daemon_settings *s, struct err *err) {
    CLEANUP(sandbox_spawner) struct sandbox_spawner *spawner = NULL;
    int r = start_spawner(s, &spawner, err);
    r = r ? r : run_daemon(s, spawner, err);
    if (r)
        daemon_notify_status(err->text, "");
    return r;
}

/* What a further start would not change, unlike a taken port: a supervisor need not try again. */
static int exit_code(int r) {
    const int no_right[] = {-ENOTSUP, -EPERM, -EACCES};
    for (size_t i = 0; i < ARRAY_LEN(no_right); i++)
        if (r == no_right[i])
            return PROG_NO_RIGHT;
    return r ? PROG_FAILED : PROG_OK;
}

/* ---- Detaching ---- */

/*
 * In the child: a session of its own, its log in DATA/calotype.log; what goes wrong goes up the
 * pipe.
 */
static int run_detached(struct daemon_settings *s, int pipe_fd) {
    struct err err = {0};
    s->ready_fd = (unsigned)pipe_fd;
    CLEANUP_MEM char *log_path = prog_data_path(s->data, "calotype.log");
    int r = io_mkdirs(s->data, 0700, &err);
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (r == 0 && null_fd < 0)
        r = err_sys(&err, -errno, "open /dev/null");
    /* Before the log is opened in a folder that others may have been at. */
    r = r < 0 ? r : daemon_modes_check(s->data, NULL, &err);
    r = r < 0 ? r : log_to_file(log_path, (int64_t)s->log_mib << 20, &err);
    bool logs = r == 0;
    if (r == 0) {
        setsid();
        signal(SIGHUP, SIG_IGN); /* logrotate's may come before daemon_signals_begin takes it */
        dup2(null_fd, STDIN_FILENO);
        dup2(null_fd, STDOUT_FILENO);
        close(null_fd);
        r = run_cloud(s, &err);
    }
    if (r == 0)
        return PROG_OK;
    daemon_add_next(r, s->data, &err);
    if (logs)
        log_error("daemon", "%s", err.text);
    if (s->ready_fd == DAEMON_NO_FD) /* it was told that we were ready, and is gone */
        return PROG_FAILED;
    dprintf(pipe_fd, "%c%s\n", FAILURE, err.text);
    return exit_code(r);
}

static size_t read_all(int fd, char *text, size_t most) {
    size_t n = 0;
    for (ssize_t got; n < most; n += (size_t)got) {
        got = read(fd, text + n, most - n);
        if (got < 0 && errno == EINTR)
            got = 0;
        else if (got <= 0)
            break;
    }
    return n;
}

/* In the parent: warnings come, and then the endpoint or the reason why there is none. */
static int await_child(const struct daemon_settings *s, int pipe_fd) {
    char text[2048];
    str rest = str_n(text, read_all(pipe_fd, text, sizeof text)), line = STR_NONE;
    while (rest.len) {
        str_cut(rest, '\n', &line, &rest);
        if (line.len && line.p[0] == WARNING)
            prog_error(STR_FMT, STR_ARG(str_skip(line, 1)));
    }
    if (line.len == 0 || line.p[0] == WARNING || line.p[0] == FAILURE) {
        line = line.len && line.p[0] == FAILURE ? str_skip(line, 1) : STR_NONE;
        line = line.len ? line : S("the daemon died before it was ready");
        prog_error(STR_FMT, STR_ARG(line));
        return PROG_FAILED;
    }
    if (s->ready_fd != DAEMON_NO_FD)
        dprintf((int)s->ready_fd, STR_FMT "\n", STR_ARG(line));
    if (prog_has_output())
        prog_print(STR_FMT "\n", STR_ARG(line));
    return PROG_OK;
}

static int detach(struct daemon_settings *s) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        prog_error("cannot make a pipe: %s", strerror(errno));
        return PROG_FAILED;
    }
    pid_t pid = fork();
    if (pid < 0) {
        prog_error("cannot start a process: %s", strerror(errno));
        return PROG_FAILED;
    }
    if (pid == 0) {
        close(ends[0]);
        if (s->ready_fd != DAEMON_NO_FD)
            close((int)s->ready_fd);
        return run_detached(s, ends[1]);
    }
    close(ends[1]);
    int code = await_child(s, ends[0]);
    close(ends[0]);
    int status;
    if (code != PROG_OK && waitpid(pid, &status, 0) == pid && WIFEXITED(status))
        code = WEXITSTATUS(status);
    return code;
}

/* ---- The verb ---- */

/* A folder that is closed to us, or another's file in it: the start says whose it is (daemon/modes). */
static bool is_anothers(const char *data) {
    CLEANUP_MEM char *path = prog_data_path(data, "calotype.yaml");
    struct stat st;
    return access(data, X_OK) != 0 || (stat(path, &st) == 0 && st.st_uid != geteuid());
}

static int read_file(void *ctx, struct err *err) {
    struct daemon_settings *s = ctx;
    const char *data = prog_data_dir(s->data);
    int r = daemon_settings_load(s, data, err);
    if (r == -EACCES && is_anothers(data))
        return 0;
    if (r)
        daemon_add_next(r, data, err);
    return r;
}

static int run(void *ctx, char **, int, struct err *err) {
    struct daemon_settings *s = ctx;
    daemon_signals_first();
    if (s->detach && getpid() == 1)
        return err_set(err, -EINVAL,
                       "--detach: this is process 1 of a container, which ends when it returns; "
                       "start it without, and let the engine detach (docker run --detach)");
    s->data = prog_data_dir(s->data);
    if (s->ready_fd != DAEMON_NO_FD && fcntl((int)s->ready_fd, F_GETFD) < 0)
        return err_sys(err, -errno, "ready-fd %u", s->ready_fd);
    log_setup((enum log_format)s->log, (enum log_level)s->log_level);
    if (s->detach)
        return detach(s);
    daemon_notify_begin(); /* not of a detached one: that is not the service */
    int r = run_cloud(s, err);
    if (r)
        prog_error("%s", err->text);
    return exit_code(r);
}

static void deinit(void *ctx) { daemon_settings_deinit(ctx); }

const struct prog_verb daemon_verb_up = {
    .name = "up",
    .arguments = "[--data DIR] [--port N] [--detach] [FLAG...]",
    .about = "Runs the cloud of one data folder in the foreground, until SIGTERM or Ctrl-C.\n"
             "Everything but --data, --detach, --ready-fd and --test-clock may also stand in\n"
             "DIR/calotype.yaml, as \"name: value\".",
    .flags = daemon_flags,
    .n_flags = DAEMON_FLAGS,
    .size = sizeof(struct daemon_settings),
    .line_at = offsetof(struct daemon_settings, line),
    .defaults = &daemon_settings_defaults,
    .read_file = read_file,
    .run = run,
    .deinit = deinit,
};
