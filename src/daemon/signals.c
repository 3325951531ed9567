/*
 * daemon/signals: blocks what the daemon takes in every thread, and takes it in the first one.
 *
 * A blocked signal is queued even where it is ignored, so one that shall stay ignored is left out
 * of the set.
 */
#include "daemon/signals.h"

#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

enum { LOG_LOOK_S = 5 };

static sigset_t taken;  /* by the first thread */
static sigset_t ending; /* those of them that end the daemon */

static bool is_ignored(int which) {
    struct sigaction was;
    return sigaction(which, NULL, &was) == 0 && was.sa_handler == SIG_IGN;
}

static void take(int which, bool ends) {
    sigaddset(&taken, which);
    if (ends)
        sigaddset(&ending, which);
}

/* Async-signal-safe. 128 + N is what a shell says of a program that the signal N ended. */
static void end_at_once(int which) { _exit(128 + which); }

void daemon_signals_first(void) {
    const int ends[] = {SIGTERM, SIGINT};
    const struct sigaction at_once = {.sa_handler = end_at_once};
    for (size_t i = 0; getpid() == 1 && i < ARRAY_LEN(ends); i++)
        if (!is_ignored(ends[i]))
            sigaction(ends[i], &at_once, NULL);
}

void daemon_signals_begin(void) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* ulimit -f: a write that fails is told from, a killed process not */
    sigemptyset(&taken);
    sigemptyset(&ending);
    take(SIGTERM, true);
    if (!is_ignored(SIGINT))
        take(SIGINT, true);
    if (log_has_file())
        take(SIGHUP, false);
    else if (!is_ignored(SIGHUP))
        take(SIGHUP, isatty(STDERR_FILENO));
    pthread_sigmask(SIG_BLOCK, &taken, NULL);
}

static void reopen_log(void) {
    struct err err = {0};
    if (!log_has_file())
        return;
    if (log_reopen(&err) < 0)
        log_error("daemon", "SIGHUP: the log goes on in the old file: %s", err.text);
    else
        log_info("daemon", "SIGHUP: the log's file was opened anew");
}

static const char *reason(int which) {
    return which == SIGINT   ? "interrupted"
           : which == SIGHUP ? "the terminal is gone"
                             : "told to stop";
}

void daemon_signals_wait(void (*reload)(void *ctx), void *ctx) {
    const struct timespec a_while = {.tv_sec = LOG_LOOK_S};
    for (;;) {
        int got = sigtimedwait(&taken, NULL, &a_while);
        if (got > 0 && sigismember(&ending, got)) {
            log_info("daemon", "%s: ending (once more: at once)", reason(got));
            break;
        }
        if (got > 0) {
            reopen_log();
            reload(ctx);
        }
        log_tell_held(false);
    }
    pthread_sigmask(SIG_UNBLOCK, &ending, NULL);
}
