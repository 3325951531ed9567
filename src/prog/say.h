#pragma once
/*
 * prog/say: what the command line tells people. Data goes to stdout, everything else to stderr;
 * progress appears only where stderr is a terminal; colours only there, and not under NO_COLOR.
 */
#include "base/own.h"
#include "base/str.h"

/* "calotype: TEXT" on stderr, one line. */
void prog_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* A further line behind an error or a result, on stderr. */
void prog_hint(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* A line that replaces the one before; nothing off a terminal. */
void prog_progress(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Wipes it. prog_error and prog_hint do so themselves. */
void prog_progress_end(void);
bool prog_on_terminal(void); /* stderr */

enum prog_colour { COLOUR_PLAIN, COLOUR_GOOD, COLOUR_BAD, COLOUR_DIM };
/*
 * Escape sequence that begins the colour on that stream (1 stdout, 2 stderr), "" where it has none;
 * PLAIN ends one.
 */
const char *prog_colour(int fd, enum prog_colour colour);

/*
 * First in main: descriptors 0 to 2 that the caller closed are opened on /dev/null. Otherwise the
 * next file, a socket or the store, would get their numbers, and what is printed or logged.
 */
void prog_begin(void);
/*
 * Last in main: writes out what stdout holds. Returns code, or PROG_FAILED after a line that says
 * why the output could not be written (a full disk).
 */
int prog_end(int code);
