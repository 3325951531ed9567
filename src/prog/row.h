#pragma once
/*
 * prog/row: rows for people: columns of fixed width, measured and cut in characters, not bytes.
 * A row is written when it is complete, so long work shows its results as they come.
 */
#include "base/buf.h"
#include "prog/say.h"

struct prog_column {
    const char *title;
    unsigned width; /* 0: the last one, as long as it is */
    bool right;
};

/* Characters of UTF-8 text (a broken byte counts as one). */
size_t prog_width(str text);
/* The header line, dim on a terminal, to stdout. */
void prog_row_head(const struct prog_column *columns, size_t n);
/* One row; colours may be NULL, otherwise one a cell. Control characters are shown as '?'. */
void prog_row(const struct prog_column *columns, size_t n, const str *cells,
              const enum prog_colour *colours);
/* "512 B", "1.2 MB" (powers of 1000); returns out. */
char *prog_size(char out[16], uint64_t bytes);
