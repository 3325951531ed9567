#pragma once
/* prog/verb: how a program ends. */
enum {
    PROG_OK = 0,
    PROG_PARTIAL = 1,  /* some of what was asked for failed; the output says what */
    PROG_USAGE = 2,    /* the command line was wrong */
    PROG_FINDINGS = 3, /* audit: there are findings */
    PROG_FAILED = 255,
};
