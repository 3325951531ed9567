#pragma once
/* cli/verb: the verbs of the command line, one file a verb; the list of them is verbs.def. */
#include "prog/verb.h"

#define VERB(name) extern const struct prog_verb cli_verb_##name;
#include "cli/verbs.def"
#undef VERB
