#pragma once
/*
 * img/png_unfilter: takes PNG's filters from a row (PNG specification, 9). The inner loops are chosen at run time (SSE4.1,
 * SSE2, NEON, plain C); all give the same bytes.
 */
#include "base/str.h"

enum img_png_filter {
    IMG_PNG_NONE,
    IMG_PNG_SUB,
    IMG_PNG_UP,
    IMG_PNG_AVERAGE,
    IMG_PNG_PAETH,
    IMG_PNG_FILTERS,
};

/* Bytes behind a row that may be read, and behind `to` that may be written. */
enum { IMG_PNG_ROW_PAD = 64 };

/*
 * n bytes of a row whose pixels have bpp bytes (1, 2, 3, 4, 6, 8): from is as it was inflated, above is the row above as
 * img_png_unfilter made it (zeros for the first). None of the three overlaps another.
 */
void img_png_unfilter(enum img_png_filter filter, unsigned bpp, const uint8_t *from,
                      const uint8_t *above, uint8_t *to, size_t n);

/* For tests: the inner loops by name ("c", "sse2", "sse4.1", "neon"); false: this machine does not have them. */
bool img_png_unfilter_use(const char *name);
