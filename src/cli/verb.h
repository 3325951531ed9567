#pragma once
/* cli/verb: the verbs of the command line, one file a verb; the table of them is in calotype.c. */
#include "prog/verb.h"

/* What becomes calotype-daemon. */
extern const struct prog_verb cli_verb_up, cli_verb_repair, cli_verb_rotate;
/* Clients of the daemon of a data folder. */
extern const struct prog_verb cli_verb_down, cli_verb_reload, cli_verb_env, cli_verb_with,
    cli_verb_status, cli_verb_scrub;
/* The stack. */
extern const struct prog_verb cli_verb_deploy, cli_verb_package;
/* Photographs. */
extern const struct prog_verb cli_verb_put, cli_verb_ls, cli_verb_show, cli_verb_query,
    cli_verb_get, cli_verb_open, cli_verb_rm, cli_verb_tail;
