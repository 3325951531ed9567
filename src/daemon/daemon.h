#pragma once
/*
 * daemon/daemon: the cloud of one data folder, wired together: store, hub, services, network.
 *
 * daemon_start opens all of it, in an order in which everything that can be refused is refused
 * before anything is listened to; daemon_stop takes it down in the opposite one.
 */
#include "base/json.h"
#include "daemon/settings.h"

struct sandbox_spawner;

struct daemon_options {
    const struct daemon_settings *settings; /* borrowed; data is set */
    struct sandbox_spawner *spawner;        /* borrowed; started before */
    /* Says why functions cannot be run, if so; once, before the first start is told of. May be NULL. */
    void (*tell_refused)(const struct daemon_settings *settings, struct sandbox_spawner *spawner);
};
struct daemon;
/*
 * Opens the data folder, starts every service and listens. Blocks until requests are served. 0, or
 * -errno or an outcome of the part that refused, with words; nothing runs then. Called by the main
 * thread.
 */
int daemon_start(struct daemon **ret_daemon, const struct daemon_options *options, struct err *err);
/*
 * Waits for requests under way as long as the settings say, then closes everything. Frees, and
 * returns NULL; by the thread that started it.
 */
struct daemon *daemon_stop(struct daemon *daemon);

/* "https://127.0.0.1:4566" Lives as long as the daemon. */
const char *daemon_endpoint(const struct daemon *daemon);
/* What /health says; full: for the admin socket. New reference. */
json_t *daemon_health(struct daemon *daemon, bool full);
/*
 * What functions run on (svc/lambda/lambda.h, lambda_machine), with the daemon's "ProcessId" and
 * "UserId". New reference; any thread; waits for interpreters that are asked.
 */
json_t *daemon_runtimes(struct daemon *daemon);
/*
 * After the end was asked for: 0, or why the daemon asked for it itself, in words: what it needs has
 * died and could not be started again.
 */
int daemon_failure(struct daemon *daemon, struct err *err);
/*
 * Whether requests are answered and changes are committed, and how the daemon is, in a line: a
 * daemon_probe_fn (daemon/watchdog.h), of a struct daemon.
 */
int daemon_works(void *daemon, struct buf *ret_words, struct err *err);
/*
 * DATA/calotype.yaml once more, and what can change in a running daemon changes (daemon/reload.c).
 * ret (NULL allowed) says what did, and what waits for a restart: {"changed": […], "waiting": […]},
 * a new reference. 0, or -errno with words: nothing has changed then. Any thread; the log tells it too.
 */
int daemon_reload(struct daemon *daemon, json_t **ret, struct err *err);
/* How long the end waits for requests under way, as the settings say by now. Any thread. */
unsigned daemon_patience_s(struct daemon *daemon);
/* True under --test-clock: world time may be moved. */
bool daemon_test_clock(const struct daemon *daemon);
/*
 * Persists the offset, then moves world time. offset_ms: world time minus real time. Any thread; 0
 * or -errno with words, and time has not moved then.
 */
int daemon_set_offset(struct daemon *daemon, int64_t offset_ms, struct err *err);
