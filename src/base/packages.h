#pragma once
/*
 * base/packages: where the packages lie that a language's AWS image has: boto3 for Python, the
 * clients of @aws-sdk for Node. `calotype runtime install` brings them, the daemon shows them to
 * functions: both ask here, so that they agree. Any thread; the environment is read each time.
 *
 * Node's are below a folder of ours, the first of these that has them:
 *   $CALOTYPE_RUNTIMES              where it is set, and then no other
 *   $XDG_DATA_HOME/calotype/runtimes   (~/.local/share), of a user who is not root
 *   /usr/local/lib/calotype/runtimes   where root installs them
 *   /usr/lib/calotype/runtimes         of a package
 * Python's are Debian's, in /usr/lib/python3/dist-packages, or $CALOTYPE_RUNTIMES/python where there
 * is such a folder (an empty one: as on a machine without them).
 */
#include "base/buf.h"

/* One language, static. */
struct packages {
    const char *language; /* "python", "nodejs": the beginning of its runtimes' names */
    const char *word;     /* "python", "node": as people call it, and `runtime install` */
    const char *probe;    /* what is there when they are: a name in their folder */
};

/* The row of a language, by either name; NULL: there is none. */
const struct packages *packages_of(str language);
/* The i-th row; NULL: there are no more. */
const struct packages *packages_at(size_t i);
/*
 * Appends the folder that has the packages themselves, as a sandbox binds it: …/nodejs/node_modules,
 * /usr/lib/python3/dist-packages. False, and nothing is appended: they are not on this machine.
 */
bool packages_find(const struct packages *of, struct buf *ret_folder);
/*
 * A number of the packages that are found: another one after they were brought, removed or replaced
 * by others; 0: they are not on this machine. A few system calls.
 */
uint64_t packages_mark(const struct packages *of);
/*
 * Appends the folder of the language in which this user installs: /usr/local/lib/calotype/runtimes/
 * nodejs. False: there is none, for HOME is not set, or packages of that language are apt's.
 */
bool packages_place(const struct packages *of, struct buf *ret_folder);
/* Appends the version of the packages in that folder, "1.26.27". False: it is not told there. */
bool packages_version(const struct packages *of, const char *folder, struct buf *ret_version);
