#pragma once
/* cfn/zip1: a zip archive of one stored file, for a function's inline code (Code.ZipFile). */
#include "base/buf.h"

void cfn_zip_one(struct buf *out, str name, str content);
