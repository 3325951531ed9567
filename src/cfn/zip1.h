#pragma once
/* cfn/zip1: a zip archive of one stored file, for a function's inline code (Code.ZipFile). */
#include "base/buf.h"

/* Appends the archive: stored, not compressed, with a fixed date, so the same text has one hash. */
void cfn_zip_one(struct buf *out, str name, str content);
