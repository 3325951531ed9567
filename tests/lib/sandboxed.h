#pragma once
/*
 * Whether sandboxes of a level must work on this machine, found without the code under test: where
 * they must, a test that finds none fails, and does not skip.
 */
#include "sandbox/sandbox.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SANDBOXED_SKIP = 77 }; /* meson's exit code for it */

/* By one thread, as the user who will run the spawner: full wants root, userns anybody else. */
static inline bool sandbox_must_work(enum sandbox_level level) {
    if ((level == SANDBOX_FULL) != (geteuid() == 0))
        return false;
    pid_t pid = fork();
    if (pid == 0)
        _exit(unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
                      CLONE_NEWCGROUP | (level == SANDBOX_USERNS ? CLONE_NEWUSER : 0))
                  ? 1
                  : 0);
    int status = 1;
    waitpid(pid, &status, 0);
    return status == 0;
}

/* The exit code of a test whose spawner has not the level that it wants. */
static inline int sandbox_missing(enum sandbox_level level, const struct sandbox_status *status) {
    if (!sandbox_must_work(level))
        return SANDBOXED_SKIP;
    print_error("level %s must work here; there is %s: %s\n", sandbox_level_name(level),
                sandbox_level_name(status->level), status->why);
    return 1;
}
