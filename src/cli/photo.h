#pragma once
/* cli/photo: one photograph as a row for people: what put, ls and query print. */
#include "base/json.h"
#include "cli/row.h"

/* What is known of a photograph. Everything is borrowed for the call. */
struct cli_photo {
    str file;           /* name to show */
    const json_t *item; /* the table's row in DynamoDB's JSON, or NULL */
    str problem;        /* without an item: what went wrong */
    int64_t ms;         /* from the answered upload to the row; < 0: not shown */
};

/* The columns of a table, and whether it has begun: an empty one has no header. */
struct cli_photo_table {
    struct cli_column columns[8];
    bool with_ms, begun;
};
/*
 * longest_name: in columns. with_ms: show `ms`. The columns are fitted to the terminal: a name has
 * 12 to 40 there, and no more than a third of it; what has no room then is left out, the
 * derivatives first.
 */
void cli_photo_begin(struct cli_photo_table *table, size_t longest_name, bool with_ms);
/* The same for a terminal of so many columns; 0: none. */
void cli_photo_fit(struct cli_photo_table *table, size_t longest_name, bool with_ms,
                   unsigned columns);
/* Prints one row to stdout, the first behind the header. Its status is coloured on a terminal. */
void cli_photo_row(struct cli_photo_table *table, const struct cli_photo *photo);
/* "Nikon D70", from Make and Model, without saying the make twice. */
void cli_camera(const json_t *item, struct buf *out);
