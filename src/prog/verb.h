#pragma once
/*
 * prog/verb: the verbs of the command line. One file a verb; the table of them is in calotype.c.
 * A verb gets what follows its name and returns the exit code.
 */
enum {
    PROG_OK = 0,
    PROG_PARTIAL = 1,  /* some of what was asked for failed; the output says what */
    PROG_USAGE = 2,    /* the command line was wrong */
    PROG_FINDINGS = 3, /* audit: there are findings */
    PROG_FAILED = 255,
};

int prog_verb_up(int argc, char **argv);
int prog_verb_down(int argc, char **argv);
int prog_verb_env(int argc, char **argv);
int prog_verb_with(int argc, char **argv);
int prog_verb_package(int argc, char **argv);
int prog_verb_deploy(int argc, char **argv);
int prog_verb_put(int argc, char **argv);
int prog_verb_ls(int argc, char **argv);
int prog_verb_show(int argc, char **argv);
int prog_verb_query(int argc, char **argv);
