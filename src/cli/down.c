/*
 * calotype down: ends the daemon that holds a data folder, and waits until it is gone.
 *
 * The process is the one that listens on DATA/admin.sock, as the kernel tells; a handle on it
 * (pidfd) is taken while the connection shows that it lives, so no other process can be hit.
 */
#include "prog/data.h"
#include "prog/say.h"
#include "cli/verb.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <unistd.h>

struct down {
    const char *data;
    unsigned seconds;
};

static int end_daemon(const char *data, unsigned seconds, struct err *err) {
    CLEANUP_FD int fd = -1, pidfd = -1;
    pid_t pid = 0;
    int r = prog_admin_connect(data, &fd, &pid, err);
    if (r < 0)
        return r;
    if (pid <= 0)
        return err_set(err, -ESRCH, "the daemon on %s runs in another container: stop it there",
                       data);
    pidfd = pidfd_open(pid, 0);
    if (pidfd < 0 || pidfd_send_signal(pidfd, SIGTERM, NULL, 0) != 0)
        return errno == ESRCH ? 0
                              : err_sys(err, -errno, "cannot signal the daemon (process %d)", pid);
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    do
        r = poll(&ended, 1, (int)seconds * 1000);
    while (r < 0 && errno == EINTR);
    if (r == 0)
        return err_set(err, -ETIMEDOUT, "the daemon (process %d) has not ended after %u seconds",
                       pid, seconds);
    return r < 0 ? err_sys(err, -errno, "cannot wait for the daemon (process %d)", pid) : 0;
}

static int run(void *ctx, char **, int, struct err *err) {
    const struct down *d = ctx;
    return end_daemon(prog_data_dir(d->data), d->seconds, err);
}

static const struct prog_flag flags[] = {
    PROG_DATA(struct down, data),
    PROG_NUMBER(struct down, seconds, "timeout", "SECONDS", 1, 86400,
                "how long to wait for the end (60)"),
};

const struct prog_verb cli_verb_down = {
    .name = "down",
    .summary = "end the daemon of a data folder",
    .arguments = "[--data DIR]",
    .about = "Ends the daemon that runs on a data folder, and waits for its end.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .size = sizeof(struct down),
    .defaults = &(const struct down){.seconds = 60},
    .run = run,
};
