#pragma once
/*
 * cli/tool: a program of the machine's that does a part of a verb's work: apt-get, npm. Its output is
 * progress, on a terminal; of a failure one line is kept, for the verb's own line on stderr.
 */
#include "base/buf.h"
#include "base/err.h"

struct cli_tool {
    const char *const *argv; /* NULL-terminated; the first is looked for in PATH */
    const char *folder;      /* where it works; NULL: here */
    /* killed with us; what must not be cut off (apt-get: dpkg under it) goes on instead */
    bool dies_with_us;
};

/*
 * Runs it to its end, with no input. What it makes others may read, whatever the umask. 0; -ENOENT:
 * there is no such program; -ECHILD: it failed. Both with words: the command, and what it said is wrong.
 */
int cli_tool_run(const struct cli_tool *tool, struct err *err);
/* Is it in PATH? A name with a slash is a path. */
bool cli_tool_is_here(const char *name);
/*
 * What a program prints to stdout: appended; its stderr is ours. One that prints more than 1 MiB and
 * is stopped by that has failed. Else as above.
 */
int cli_tool_read(const struct cli_tool *tool, struct buf *out, struct err *err);
