#pragma once
/*
 * daemon/settings: what the daemon can be told: the flags of `calotype up`. Those of how it runs
 * are also, under the same names, keys of DATA/calotype.yaml; the flag wins. The file is one
 * mapping of names to scalars.
 */
#include "base/buf.h"
#include "prog/verb.h"

/* In the order of the names in settings.c. */
enum daemon_isolation { ISOLATION_ANY, ISOLATION_USERNS, ISOLATION_FULL };

enum { DAEMON_NO_FD = 1 << 20 };

/* What the daemon runs by. Texts are argv's, the file's or static ones. */
struct daemon_settings {
    const char *listen;     /* IP address */
    unsigned port;          /* 0: pick one */
    unsigned log;           /* enum log_format */
    unsigned log_level;     /* enum log_level */
    unsigned log_mib;       /* of a log file, before it is put aside; 0: it grows */
    bool strict;            /* refuse less than the best isolation */
    unsigned isolation;     /* enum daemon_isolation: the least that is accepted */
    unsigned reserve_mib;   /* free disk space kept */
    unsigned functions_mib; /* memory of all functions together; 0: lambda's default */
    const char *python;     /* interpreters of functions, "": those that are found */
    const char *node;
    unsigned threads; /* of each HTTP pool */
    unsigned idle_s;  /* idle connections */
    unsigned head_s;  /* for a request's head */
    unsigned body_s;  /* for each KiB of a request's body */
    unsigned stop_s;  /* patience with requests under way at the end */
    struct buf file;  /* owns the texts that come from the file */
    /* From the command line alone: */
    const char *data;  /* NULL: prog_data_dir says where */
    bool detach;       /* return when ready */
    unsigned ready_fd; /* gets the endpoint when ready; DAEMON_NO_FD: none */
    bool test_clock;   /* world time may be moved */
    struct prog_line line;
};

/* The flags. The first DAEMON_FILE_FLAGS of them may stand in the file. */
enum { DAEMON_FILE_FLAGS = 16, DAEMON_FLAGS = 20 };
extern const struct prog_flag daemon_flags[DAEMON_FLAGS];
extern const struct daemon_settings daemon_settings_defaults;
/* Frees the file's texts; those of the settings that came from there are stale. */
void daemon_settings_deinit(struct daemon_settings *s);
/*
 * What a start of the same line would run by now: DATA/calotype.yaml, read again, and the line's
 * flags. data is the absolute or relative path that now has. 0, or as daemon_settings_load, and *ret
 * is not to be used; the caller deinits it either way.
 */
int daemon_settings_again(struct daemon_settings *ret, const struct daemon_settings *now,
                          struct err *err);
/* Reads DATA/calotype.yaml; a missing file is fine. -EINVAL: err says FILE:LINE:COLUMN and why. */
int daemon_settings_load(struct daemon_settings *s, const char *data, struct err *err);
