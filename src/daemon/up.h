#pragma once
/* daemon/up: the one verb of calotype-daemon, as which `calotype up` goes on. */
#include "prog/verb.h"

extern const struct prog_verb daemon_verb_up;
