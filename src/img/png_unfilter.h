#pragma once
/*
 * img/png_unfilter: takes PNG's filters from a row (PNG specification, 9). The inner loops are chosen at run time (AVX2,
 * SSE4.1, SSE2, NEON, plain C); all give the same bytes.
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
 * Rows as they were inflated: a filter (one that there is) and n bytes each, one behind the other at from. Pixels have bpp
 * bytes: 1, 2, 3, 4, 6, 8. They are put stride bytes apart at to (n + IMG_PNG_ROW_PAD at least); above is the row above the
 * first, as it came from here, zeros for the first of all. Nothing overlaps anything.
 */
void img_png_unfilter(unsigned bpp, const uint8_t *from, uint32_t rows, const uint8_t *above,
                      uint8_t *to, size_t stride, size_t n);

/* For tests: the inner loops by name ("c", "sse2", "sse4.1", "avx2", "neon"); false: this machine does not have them. */
bool img_png_unfilter_use(const char *name);
