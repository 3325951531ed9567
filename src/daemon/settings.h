#pragma once
/*
 * daemon/settings: what the daemon can be told. Each row is a flag of `calotype up` and, under the
 * same name, a key of DATA/calotype.yaml; the flag wins. The file is one mapping of names to
 * scalars.
 */
#include "base/buf.h"
#include "prog/flag.h"

/* In the order of daemon_isolation_names. */
enum daemon_isolation { ISOLATION_ANY, ISOLATION_USERNS, ISOLATION_FULL };

struct daemon_settings {
    const char *listen;   /* IP address */
    unsigned port;        /* 0: pick one */
    unsigned log;         /* enum log_format */
    unsigned log_level;   /* enum log_level */
    bool strict;          /* refuse less than the best isolation */
    unsigned isolation;   /* enum daemon_isolation: the least that is accepted */
    unsigned reserve_mib; /* free disk space kept */
    unsigned threads;     /* of each HTTP pool */
    unsigned idle_s;      /* idle connections */
    unsigned stop_s;      /* patience with requests under way at the end */
    struct buf file;      /* owns the texts that come from the file */
};

enum { DAEMON_SETTINGS_ROWS = 10 };
void daemon_settings_init(struct daemon_settings *s);
void daemon_settings_deinit(struct daemon_settings *s);
/* Fills rows[DAEMON_SETTINGS_ROWS], pointing into s. */
void daemon_settings_rows(struct daemon_settings *s, struct prog_flag rows[DAEMON_SETTINGS_ROWS]);
/* Reads DATA/calotype.yaml; a missing file is fine. -EINVAL: err says FILE:LINE:COLUMN and why. */
int daemon_settings_load(struct daemon_settings *s, const char *data, struct err *err);
