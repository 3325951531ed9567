#pragma once
/* prog/text: UTF-8 text as a terminal shows it: measured and cut in columns, not in bytes. */
#include "base/buf.h"

/* Columns of the text. A broken byte and a control character count as one. */
size_t prog_width(str text);
/*
 * Appends the text, or where it is wider than `columns` (at least 1) its beginning and an ellipsis.
 * What would steer a terminal is shown as '?', a tab as a space.
 */
void prog_add_cut(struct buf *out, str text, size_t columns);
/* Appends the whole text, with '?' for what would steer a terminal; a line break is that too. */
void prog_add_shown(struct buf *out, str text);
