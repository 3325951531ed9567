#pragma once
/*
 * cli/zip: writing a small ZIP archive (APPNOTE.TXT 6.3.10: local headers, central directory, end
 * record; no ZIP64, no encryption). Deterministic: the same entries give the same bytes.
 *
 *   struct cli_zip zip = {0};
 *   cli_zip_add(&zip, "bootstrap", 0755, bytes, &err);
 *   cli_zip_end(&zip);                 // zip.out is the archive
 */
#include "base/buf.h"
#include "base/err.h"

struct cli_zip {
    struct buf out;     /* the archive */
    struct buf central; /* what stands behind the entries */
    unsigned n;
};
/*
 * A file, deflated. mode: its permissions. -EFBIG: bytes, or the archive with it, would pass the
 * 2 GiB that this writer gives a field.
 */
int cli_zip_add(struct cli_zip *zip, const char *name, unsigned mode, str bytes, struct err *err);
void cli_zip_end(struct cli_zip *zip);
void cli_zip_deinit(struct cli_zip *zip);
