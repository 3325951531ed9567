#pragma once
/*
 * prog/settings: what the daemon can be told. Each row is a flag of `calotype up` and, under the
 * same name, a key of DATA/calotype.yaml; the flag wins. The file is one mapping of names to
 * scalars.
 */
#include "base/buf.h"
#include "prog/flag.h"

/* In the order of prog_isolation_names. */
enum prog_isolation { ISOLATION_ANY, ISOLATION_USERNS, ISOLATION_FULL };

struct prog_settings {
    const char *listen;   /* IP address */
    unsigned port;        /* 0: pick one */
    unsigned log;         /* enum log_format */
    unsigned log_level;   /* enum log_level */
    bool strict;          /* refuse less than the best isolation */
    unsigned isolation;   /* enum prog_isolation: the least that is accepted */
    unsigned reserve_mib; /* free disk space kept */
    unsigned threads;     /* of each HTTP pool */
    unsigned idle_s;      /* idle connections */
    unsigned stop_s;      /* patience with requests under way at the end */
    struct buf file;      /* owns the texts that come from the file */
};

enum { PROG_SETTINGS_ROWS = 10 };
void prog_settings_init(struct prog_settings *s);
void prog_settings_deinit(struct prog_settings *s);
/* Fills rows[PROG_SETTINGS_ROWS], pointing into s. */
void prog_settings_rows(struct prog_settings *s, struct prog_flag rows[PROG_SETTINGS_ROWS]);
/* Reads DATA/calotype.yaml; a missing file is fine. -EINVAL: err says FILE:LINE:COLUMN and why. */
int prog_settings_load(struct prog_settings *s, const char *data, struct err *err);
