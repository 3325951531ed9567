#pragma once
/*
 * daemon/offline: work on a data folder while its daemon is down: the lock that says so, and the
 * question before it is done.
 */
#include "prog/flag.h"

/* What such a verb is told, and what it holds. */
struct daemon_offline {
    const char *data; /* daemon_offline_begin sets it to DATA */
    bool yes;         /* said on the command line */
    int lock_fd; /* the lock on DATA, -1 before daemon_offline_begin; options.lock_fd of store_open */
};

enum { OFFLINE_FLAGS = 2 };
extern const struct prog_flag daemon_offline_flags[OFFLINE_FLAGS]; /* --data, --yes */
extern const struct daemon_offline daemon_offline_defaults;

/*
 * Finds DATA and takes its lock. -ENOENT: there is no such folder, and none is made; STORE_E_BUSY: a
 * daemon runs on it; words say what to do. daemon_offline_deinit lets go.
 */
int daemon_offline_begin(struct daemon_offline *offline, struct err *err);
void daemon_offline_deinit(struct daemon_offline *offline);
