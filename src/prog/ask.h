#pragma once
/* prog/ask: asks before something is done that cannot be undone. */
#include <stdbool.h>

/*
 * Writes the plan (lines without the last line break) to stderr. True: go on, because yes was said
 * on the command line, or at the terminal. False: it was not, and a line says so; the caller has
 * done nothing yet and ends with PROG_USAGE.
 */
bool prog_ask(bool yes, const char *plan);
