#pragma once
/*
 * prog/say: what the programs print. One thread at a time. Data goes to stdout, everything else to stderr;
 * progress appears only where stderr is a terminal; colours only there, and not under NO_COLOR.
 */
#include "base/own.h"
#include "base/str.h"

/* ---- stdout ---- */
/*
 * All that a program prints as its data goes through these two, which keep why a write failed: a
 * full disk, a closed descriptor. prog_end says so. What is printed is held until the next
 * prog_flush, or until it is much.
 */
void prog_print(const char *fmt, ...) PRINTF_LIKE(1, 2);
void prog_write(str text);
/* A line that holds a name: on a terminal without what would steer it, else as it is. */
void prog_print_line(const char *fmt, ...) PRINTF_LIKE(1, 2);
/*
 * Writes out what is held. False: this write or an earlier one failed, so nothing that is printed
 * will be read; who prints for long ends then.
 */
bool prog_flush(void);
/* False: the caller closed stdout before we began, and so asked for no output. */
bool prog_has_output(void);

/* ---- stderr ---- */
/* "calotype: TEXT" on stderr, one line; a control character in it is shown as '?'. */
void prog_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Further lines behind an error or a result, on stderr; control characters as in prog_error. */
void prog_hint(const char *fmt, ...) PRINTF_LIKE(1, 2);
enum prog_colour { COLOUR_PLAIN, COLOUR_GOOD, COLOUR_BAD, COLOUR_DIM };
void prog_hint_in(enum prog_colour colour, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A line that replaces the one before, cut to the terminal; nothing off one. */
void prog_progress(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Wipes it. prog_error and prog_hint do so themselves. */
void prog_progress_end(void);
bool prog_on_terminal(void); /* stderr */
/* Columns of the terminal on that stream (1 stdout, 2 stderr); 0: it is no terminal. */
unsigned prog_columns(int fd);
/*
 * Escape sequence that begins the colour on that stream (1 stdout, 2 stderr), "" where it has none;
 * PLAIN ends one.
 */
const char *prog_colour(int fd, enum prog_colour colour);

/*
 * First in main: descriptors 0 to 2 that the caller closed are opened on /dev/null. Otherwise the
 * next file, a socket or the store, would get their numbers, and what is printed or logged. stdout
 * is opened so that writing to it fails: what is printed there would be lost.
 */
void prog_begin(void);
/*
 * Last in main: writes out what is held. Returns code, or PROG_FAILED after a line that says why
 * the output could not be written.
 */
int prog_end(int code);
