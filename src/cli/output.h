#pragma once
/*
 * cli/output: the file that a verb writes, as its user named it: whole or not at all. "-" is
 * stdout. What is there and is no regular file (a device, a folder, a pipe) is refused, since a
 * file would take its place; a link is followed.
 *
 *   CLEANUP_DEINIT(cli_output) struct cli_output out = {0};
 *   int r = cli_output_begin(&out, path, true, err);
 *   r = r ? r : cli_output_write(&out, bytes, err);
 *   r = r ? r : cli_output_end(&out, err);
 */
#include "base/buf.h"
#include "base/err.h"

/* Zeroed it is empty. */
struct cli_output {
    char *path;    /* links resolved */
    char *partial; /* the file beside it that is written to; NULL: none is open */
    int fd;
    bool to_stdout, replace;
};

/*
 * Looks at path, and opens a file beside it. replace: a file of that name may be there, and gets
 * the new content in the end; its mode and owner stay. 0, or -errno with words; -EEXIST: it is there.
 */
int cli_output_begin(struct cli_output *out, const char *path, bool replace, struct err *err);
int cli_output_write(struct cli_output *out, str bytes, struct err *err);
/* Syncs it and gives it its name. stdout is flushed. */
int cli_output_end(struct cli_output *out, struct err *err);
/* In words: "a folder", "a pipe", "a device". mode is a stat's. */
const char *cli_kind_of_file(unsigned mode);
/* Removes what did not come to its end. */
void cli_output_deinit(struct cli_output *out);
