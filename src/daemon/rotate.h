#pragma once
/*
 * daemon/rotate: the things of a data folder that can be made anew, one row each; the table of them
 * and their names are in rotate.c.
 */
#include "daemon/offline.h"

struct daemon_rotation {
    const char *about; /* half a line, for --help */
    /*
     * What is going to be done, said before the question. -errno or an outcome, with words: it
     * cannot be done. The text is the caller's (free).
     */
    int (*plan)(const struct daemon_offline *offline, char **ret_plan, struct err *err);
    /* Does it, and says on stdout what was done. The lock on DATA is held (offline->lock_fd). */
    int (*run)(struct daemon_offline *offline, struct err *err);
};

extern const struct daemon_rotation daemon_rotation_ca, daemon_rotation_master;
