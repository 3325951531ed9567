/*
 * The verbs that calotype-daemon does: the command line becomes it, in the same process, because a
 * supervisor signals and awaits the process that it started. The daemon's program reads the flags,
 * --help too, and has a row for each of these names (src/daemon/calotype_daemon.c).
 */
#include "cli/find.h"
#include "cli/verb.h"
#include "prog/say.h"

#include <errno.h>
#include <unistd.h>

/* calotype-daemon NAME ARGUMENTS… */
static int become_daemon(const struct prog_verb *verb, int argc, char **argv) {
    CLEANUP_MEM char *path = NULL;
    CLEANUP_MEM char *name = mem_strdup(verb->name);
    CLEANUP_MEM char **command = mem_zalloc(((size_t)argc + 3) * sizeof(char *));
    struct err err = {0};
    int r = cli_find("calotype-daemon", NULL, &path, &err);
    if (r == 0) {
        command[0] = path;
        command[1] = name;
        memcpy(command + 2, argv, (size_t)argc * sizeof(char *));
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

const struct prog_verb cli_verb_repair = {
    .name = "repair",
    .summary = "say what is wrong with a data folder, and mend it",
    .take_over = become_daemon,
};

const struct prog_verb cli_verb_rotate = {
    .name = "rotate",
    .summary = "make a key of a data folder anew",
    .take_over = become_daemon,
};
