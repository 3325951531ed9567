#pragma once
/*
 * cli/row: rows for people, on stdout: columns of fixed width, measured as a terminal shows them. A
 * row is written when it is complete, so long work shows its results as they come.
 *
 * On a terminal no row is wider than it: cells are cut to their column, with an ellipsis, and the
 * last one goes on in further lines. Elsewhere (a pipe, a file) nothing is cut.
 */
#include "base/buf.h"
#include "prog/say.h"

struct cli_column {
    const char *title;
    unsigned width; /* 0: the last one, as long as it is */
    bool right, hidden;
};

/* The header line, dim on a terminal, to stdout. */
void cli_row_head(const struct cli_column *columns, size_t n);
/* One row; colours may be NULL, otherwise one a cell. Control characters are shown as '?'. */
void cli_row(const struct cli_column *columns, size_t n, const str *cells,
             const enum prog_colour *colours);
/* "512 B", "1.2 MB" (powers of 1000); returns out. */
char *cli_size(char out[16], uint64_t bytes);
