#pragma once
/*
 * prog/flag: flags as rows of a table: what each is called, which member of a struct it sets, and
 * what --help says. The rows are constant; the struct is made anew for each command line. The
 * daemon's settings are read from a file by the same rows.
 *
 *   static const struct prog_flag flags[] = {
 *       PROG_TEXT(struct put, prefix, "prefix", "TEXT", "what stands before the name"),
 *       PROG_NUMBER(struct put, parallel, "parallel", "N", 1, 64, "uploads at a time (8)"),
 *   };
 */
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/* What a flag takes, and the type of the member that it sets. */
enum prog_flag_kind {
    FLAG_SWITCH, /* bool */
    FLAG_TEXT,   /* const char *, into argv */
    FLAG_NUMBER, /* unsigned, least to most */
    FLAG_CHOICE, /* unsigned, the index in choices */
    FLAG_LIST,   /* struct prog_texts: may be given several times */
};

/* The texts are argv's; the array belongs to whoever owns the struct. Zeroed it is empty. */
struct prog_texts {
    const char **p;
    size_t n;
};

/* One flag. least and most mean something for numbers, choices for choices. */
struct prog_flag {
    const char *name; /* "reserve-mib" */
    enum prog_flag_kind kind;
    size_t at;         /* of the member, in bytes */
    const char *value; /* what the value is, for the help: "N", "DIR"; NULL for switches */
    const char *help;
    unsigned least, most;
    const char *const *choices; /* NULL-terminated */
    /* NULL: any text will do. 0, or -EINVAL with words that say what is wrong. */
    int (*check)(const char *text, struct err *err);
};

/* Where a member stands; does not compile where the member has another type. */
#define PROG_AT(T, member, type) (offsetof(T, member) + _Generic(&((T *)0)->member, type * : 0u))

/* One row each. The shape of a value (DIR, N) comes before its bounds, the help comes last. */
#define PROG_SWITCH(T, member, name, help)                                                         \
    { (name), FLAG_SWITCH, PROG_AT(T, member, bool), NULL, (help), 0, 0, NULL, NULL }
#define PROG_TEXT(T, member, name, value, help)                                                    \
    { (name), FLAG_TEXT, PROG_AT(T, member, const char *), (value), (help), 0, 0, NULL, NULL }
/* A text, and each text of a list, that `check` takes. */
#define PROG_CHECKED(T, member, name, value, check, help)                                          \
    { (name), FLAG_TEXT, PROG_AT(T, member, const char *), (value), (help), 0, 0, NULL, (check) }
#define PROG_NUMBER(T, member, name, value, least, most, help)                                     \
    {                                                                                              \
        (name), FLAG_NUMBER, PROG_AT(T, member, unsigned), (value), (help), (least), (most), NULL, \
            NULL                                                                                   \
    }
#define PROG_CHOICE(T, member, name, value, choices, help)                                         \
    { (name), FLAG_CHOICE, PROG_AT(T, member, unsigned), (value), (help), 0, 0, (choices), NULL }
#define PROG_LIST(T, member, name, value, check, help)                                             \
    {                                                                                              \
        (name), FLAG_LIST, PROG_AT(T, member, struct prog_texts), (value), (help), 0, 0, NULL,     \
            (check)                                                                                \
    }
/* The path of a file or a folder: an empty one is a variable that was not set. */
#define PROG_PATH(T, member, name, value, help)                                                    \
    PROG_CHECKED(T, member, name, value, prog_check_given, help)
/* The row of the data folder, which every verb has in its member data. */
#define PROG_DATA(T, member)                                                                       \
    PROG_PATH(T, member, "data", "DIR", "data folder ($CALOTYPE_DATA; ./var, or the installed one)")

/* Refuses the empty text. */
int prog_check_given(const char *text, struct err *err);
/* NULL: there is none of that name. */
const struct prog_flag *prog_flag_find(const struct prog_flag *rows, size_t n, str name);
/* Sets the flag's member of *into. text must live as long as *into. 0 or -EINVAL with words. */
int prog_flag_set(const struct prog_flag *flag, void *into, const char *text, struct err *err);
