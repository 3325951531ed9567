#pragma once
/* sandbox/spawner: the process that creates sandboxes and cleans up behind them. */
#include "sandbox/sandbox.h"

/*
 * The life of the spawner process, after the fork. control: our end of the control socket. Says
 * HELLO, serves until the daemon's end closes, kills what runs, removes its cgroups, ends.
 */
void sandbox_spawner_main(int control) __attribute__((noreturn));
