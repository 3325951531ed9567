/*
 * calotype up: becomes calotype-daemon, in the same process: a supervisor signals and awaits the
 * process that it started. The daemon reads the flags, --help too.
 */
#include "cli/find.h"
#include "cli/verb.h"
#include "prog/say.h"

#include <errno.h>
#include <unistd.h>

static int become_daemon(int argc, char **argv) {
    CLEANUP_MEM char *path = NULL;
    CLEANUP_MEM char **command = mem_zalloc(((size_t)argc + 2) * sizeof(char *));
    struct err err = {0};
    int r = cli_find_program("calotype-daemon", NULL, &path, &err);
    if (r == 0) {
        command[0] = path;
        memcpy(command + 1, argv, (size_t)argc * sizeof(char *));
        execv(path, command);
        err_sys(&err, -errno, "cannot run %s", path);
    }
    prog_error("%s", err.text);
    return PROG_FAILED;
}

const struct prog_verb cli_verb_up = {
    .name = "up",
    .summary = "run the cloud of a data folder",
    .take_over = become_daemon,
};
