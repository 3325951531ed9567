#pragma once
/* sandbox/spawner: the process that creates sandboxes and cleans up behind them. */
#include "sandbox/sandbox.h"

#include <sys/types.h>

/*
 * The life of the spawner process, after the fork. control: our end of the control socket. Says
 * HELLO, serves until the daemon's end closes, kills what runs, removes its cgroups, ends.
 */
void sandbox_spawner_main(int control, pid_t daemon) __attribute__((noreturn));
/*
 * nursery.c: the life of the process that makes spawners, the first and, where one has died, the
 * next. daemon: our end of its socket; daemon_pid: the daemon's pid. Ends after the daemon, and
 * where spawners die too often.
 */
void sandbox_nursery_main(int daemon, pid_t daemon_pid) __attribute__((noreturn));
/* What both do first: no signals, no files but keep, no environment, a name of at most 15 bytes. */
void sandbox_become_background(int keep, const char *name);
