#pragma once
/*
 * cli/named: the photograph that a user names: by its key, or by the name of a file that `put`
 * uploaded (the key without uploads/). And the pictures that there are of it.
 */
#include "cli/cloud.h"

/* Zeroed it is empty. */
struct cli_named {
    struct buf key;
    json_t *item; /* the row; NULL: none yet, or not looked for */
};
/*
 * Of the key that `name` is, then of uploads/NAME: looks for a row, then for an object. So what a
 * key names is never another photograph, whose row has come sooner. 0 with the key; -ENOENT: there is neither, which err says.
 * Strongly consistent.
 */
int cli_named_find(struct cli_named *photo, struct cli_cloud *cloud, const char *name,
                   struct err *err);
void cli_named_deinit(struct cli_named *photo);

/* One picture of a photograph: the original, or a derivative by its name ("800"). Views. */
struct cli_picture {
    str bucket, key;
    const char *size; /* NULL: the original */
};
/*
 * size NULL: the original. -ENOENT: there is none of that name; err says which there are, or why
 * there are none.
 */
int cli_named_picture(struct cli_picture *ret, const struct cli_named *photo,
                      const struct cli_cloud *cloud, const char *size, struct err *err);
/* "harbour.jpg", or "harbour-800.jpg": a file's name for it. Appends. */
void cli_picture_add_name(struct buf *out, const struct cli_named *photo,
                          const struct cli_picture *picture);
/* Fetches it into a file: output as `cli_output_begin` takes it. 0 or -errno with words. */
int cli_picture_fetch(const struct cli_picture *picture, struct cli_cloud *cloud,
                      const char *output, bool replace, struct err *err);
