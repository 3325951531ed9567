#pragma once
/*
 * prog/verb: a verb as a row: its name, its flags, what --help says, and what it does. How a
 * command line is read and how the program ends is written once, in prog_verb_run.
 *
 * --name VALUE, --name=VALUE, --name for switches; "--" ends the flags; flags and other arguments
 * may be mixed.
 */
#include "prog/flag.h"

/* Exit codes. */
enum {
    PROG_OK = 0,
    PROG_PARTIAL = 1,  /* some of what was asked for failed; the output says what */
    PROG_USAGE = 2,    /* the command line was wrong */
    PROG_FINDINGS = 3, /* repair, audit, deploy: there are findings */
    PROG_NO_RIGHT = 4, /* up: this machine, container or user may not do what was asked for */
    PROG_FAILED = 255,
};
/* PROG_OK, PROG_PARTIAL or, where all of n failed, PROG_FAILED. */
static inline int prog_code(size_t failed, size_t n) {
    return failed == 0 ? PROG_OK : failed == n ? PROG_FAILED : PROG_PARTIAL;
}

/* What follows the verb's name on the command line, borrowed from main. */
struct prog_line {
    int argc;
    char **argv;
};

struct prog_verb {
    const char *name;      /* "put" */
    const char *summary;   /* half a line, for the list of verbs */
    const char *arguments; /* "[--data DIR] FILE..." */
    const char *about;     /* one or more lines, for --help */
    const struct prog_flag *flags;
    size_t n_flags;
    bool stop_at_first; /* the first argument that is no flag ends them: `with` */
    int least, most;    /* number of other arguments; most < 0: any */
    /* What those are, a word of `arguments`: "NAME"; where most is not 0 (tools/pages/verbs.c). */
    const char *operand;
    const char *const *choices; /* NULL, or the ones that there are, ended by NULL */

    /* The struct that the flags set: its size, and what is in it first (NULL: zeroes). */
    size_t size;
    const void *defaults;
    /*
     * NULL, or: puts in what a file says. Called between two readings of the flags: the first says
     * which file, the second makes the command line win (a FLAG_LIST would be there twice). 0 or
     * -errno with words.
     */
    int (*read_file)(void *ctx, struct err *err);
    /*
     * rest[0] to rest[n - 1]: the other arguments; NULL-terminated. Returns an exit code, or -errno
     * with words: they are printed, and the exit code is PROG_FAILED. A room's outcome (X_E_…) is
     * neither.
     */
    int (*run)(void *ctx, char **rest, int n, struct err *err);
    void (*deinit)(void *ctx); /* NULL: nothing in the struct is owned */
    /* Where in the struct the command line is kept (struct prog_line), in bytes; 0: nowhere. */
    size_t line_at;
    /* Instead of all that: a verb that reads its arguments itself. Returns the exit code. */
    int (*take_over)(const struct prog_verb *verb, int argc, char **argv);
};

/* argv: what follows the verb's name. Returns the exit code. */
int prog_verb_run(const struct prog_verb *verb, int argc, char **argv);
/*
 * The flags of a line into *into once more, for who reads a file again that the line wins over. 0 or
 * -EINVAL with words.
 */
int prog_verb_flags(const struct prog_flag *flags, size_t n, const struct prog_line *line,
                    void *into, struct err *err);
