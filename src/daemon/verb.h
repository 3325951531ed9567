#pragma once
/*
 * daemon/verb: the verbs of calotype-daemon, one file a verb; the table of them is in
 * calotype_daemon.c. `calotype NAME` becomes `calotype-daemon NAME` (src/cli/daemon.c).
 */
#include "prog/verb.h"

extern const struct prog_verb daemon_verb_up, daemon_verb_rotate;
