#pragma once
/*
 * prog/daemon: the cloud of one data folder, wired together: store, hub, services, network.
 *
 * prog_daemon_start opens all of it, in an order in which everything that can be refused is refused
 * before anything is listened to; prog_daemon_stop takes it down in the opposite one.
 */
#include "base/json.h"
#include "prog/settings.h"

struct sandbox_spawner;

struct prog_daemon_options {
    const struct prog_settings *settings;
    const char *data;
    bool test_clock;                 /* world time may be moved */
    struct sandbox_spawner *spawner; /* borrowed; started before */
};
struct prog_daemon;
int prog_daemon_start(struct prog_daemon **ret_daemon, const struct prog_daemon_options *options,
                      struct err *err);
struct prog_daemon *prog_daemon_stop(struct prog_daemon *daemon);

/* "https://127.0.0.1:4566" */
const char *prog_daemon_endpoint(const struct prog_daemon *daemon);
/* What /health says; full: for the admin socket. New reference. */
json_t *prog_daemon_health(struct prog_daemon *daemon, bool full);
bool prog_daemon_test_clock(const struct prog_daemon *daemon);
/* Persists the offset, then moves world time. */
int prog_daemon_set_offset(struct prog_daemon *daemon, int64_t offset_ms, struct err *err);
