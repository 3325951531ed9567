#pragma once
/*
 * daemon/verb: the verbs of calotype-daemon, one file a verb; the list of them is verbs.def.
 * `calotype NAME` becomes `calotype-daemon NAME` (src/cli/daemon.c).
 */
#include "prog/verb.h"

#define VERB(name) extern const struct prog_verb daemon_verb_##name;
#include "daemon/verbs.def"
#undef VERB
