#pragma once
/*
 * prog/flag: a verb's flags as a table, read from the command line (and, for the daemon's settings,
 * from a file). --name VALUE, --name=VALUE, --name for switches, "--" ends them; flags and other
 * arguments may be mixed.
 */
#include "base/err.h"
#include "base/str.h"

enum prog_flag_kind {
    FLAG_SWITCH, /* bool */
    FLAG_TEXT,   /* const char *, into argv */
    FLAG_NUMBER, /* unsigned, least to most */
    FLAG_CHOICE, /* unsigned, the index in choices */
    FLAG_LIST,   /* struct prog_texts: may be given several times */
};

struct prog_texts {
    const char **p;
    size_t n;
};

struct prog_flag {
    const char *name; /* "reserve-mib" */
    enum prog_flag_kind kind;
    void *into;
    const char *value; /* what the value is, for the help: "N", "DIR"; NULL for switches */
    const char *help;
    unsigned least, most;
    const char *const *choices; /* NULL-terminated */
};

struct prog_flags {
    const char *verb;
    const char *arguments; /* "[--data DIR] FILE..." */
    const char *about;     /* one or more lines */
    const struct prog_flag *rows;
    size_t n_rows;
    bool stop_at_first; /* the first argument that is no flag ends them: `with` */
    int least, most;    /* number of other arguments; most < 0: any */
};

/* Sets one flag from text. 0 or -EINVAL with words. */
int prog_flag_set(const struct prog_flag *flag, const char *text, struct err *err);
const struct prog_flag *prog_flag_find(const struct prog_flags *flags, str name);
/*
 * Reads argv. True: go on, with the other arguments in *ret_rest (caller frees; NULL-terminated).
 * False: return *ret_code (help was printed, or what is wrong).
 */
bool prog_flags_read(const struct prog_flags *flags, int argc, char **argv, char ***ret_rest,
                     int *ret_n, int *ret_code);
/*
 * A whole verb: reads its flags, then runs it with the other arguments. Returns the exit code: what
 * run returns; where that is negative, err's words are printed and it is PROG_FAILED.
 */
typedef int prog_run_fn(void *ctx, char **rest, int n, struct err *err);
int prog_flags_run(const struct prog_flags *flags, int argc, char **argv, prog_run_fn *run,
                   void *ctx);

/* The row of the data folder, as every verb has it; into: where the const char * goes. */
#define PROG_DATA_ROW(into)                                                                        \
    { "data", FLAG_TEXT, into, "DIR", "data folder ($CALOTYPE_DATA, ./var)", 0, 0, NULL }
