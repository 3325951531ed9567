#pragma once
/*
 * base/zip: writing a small ZIP archive (APPNOTE.TXT 6.3.10: local headers, central directory, end
 * record; no ZIP64, no encryption). Deterministic: the same entries give the same bytes.
 *
 *   struct zip zip = {0};
 *   zip_add(&zip, "bootstrap", 0755, bytes, &err);
 *   zip_end(&zip);                 // zip.out is the archive
 */
#include "base/buf.h"
#include "base/err.h"

struct zip {
    struct buf out;     /* the archive */
    struct buf central; /* what stands behind the entries */
    unsigned n;
};
/*
 * A file, deflated. mode: its permissions. -EFBIG: bytes, or the archive with it, would pass the
 * 2 GiB that this writer gives a field, or it would be the 65,536th file.
 */
int zip_add(struct zip *zip, const char *name, unsigned mode, str bytes, struct err *err);
void zip_end(struct zip *zip);
void zip_deinit(struct zip *zip);
