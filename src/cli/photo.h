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

/* Columns fitted to the longest file name. with_ms: show `ms`. The header goes out at once. */
struct cli_photo_table {
    struct cli_column columns[8];
    bool with_ms;
};
/* longest_name: in characters; the column has 12 to 40 of them, and longer names are cut. */
void cli_photo_begin(struct cli_photo_table *table, size_t longest_name, bool with_ms);
/* Prints one line to stdout. Its status is coloured on a terminal. */
void cli_photo_row(const struct cli_photo_table *table, const struct cli_photo *photo);
/* "Nikon D70", from Make and Model, without saying the make twice. */
void cli_camera(const json_t *item, struct buf *out);
