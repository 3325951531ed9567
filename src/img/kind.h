#pragma once
/*
 * img/kind: what a file is, by its content and never by its name. What we know but do not decode is called by its right
 * name, so that the reason helps. Sources: the formats' own specifications, named in the table.
 */
#include "img/source.h"

struct img_kind {
    const char *name;                  /* of the row: "jpeg", "heic", "cr2" */
    const char *article;               /* "a JPEG picture", "an HEIC picture": for reasons */
    const struct img_decoder *decoder; /* NULL: known, not decoded */
};
/* NULL: nothing that we know; *ret_text then says whether it is text. */
const struct img_kind *img_kind_of(str file, bool *ret_text);
