#pragma once
/*
 * cli/verb: the verbs of the command line. One file a verb; the table of them is in calotype.c.
 * A verb gets what follows its name and returns the exit code.
 */
#include "prog/verb.h"

int cli_verb_up(int argc, char **argv);
int cli_verb_down(int argc, char **argv);
int cli_verb_env(int argc, char **argv);
int cli_verb_with(int argc, char **argv);
int cli_verb_package(int argc, char **argv);
int cli_verb_deploy(int argc, char **argv);
int cli_verb_put(int argc, char **argv);
int cli_verb_ls(int argc, char **argv);
int cli_verb_show(int argc, char **argv);
int cli_verb_query(int argc, char **argv);
