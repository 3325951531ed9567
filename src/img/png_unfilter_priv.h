#pragma once
/* img/png_unfilter: the loops that a kind of processor has. */
#include "img/png_unfilter.h"

typedef void img_png_unfilter_fn(const uint8_t *from, const uint8_t *above, uint8_t *to, size_t n);

/* Of bytes per pixel: 1, 2, 3, 4, 6, 8. NULL: plain C does it. */
struct img_png_loops {
    const char *name;
    bool (*can)(void);
    img_png_unfilter_fn *sub[9], *average[9], *paeth[9];
};
/* The best first; the number of them. */
extern const struct img_png_loops img_png_loops[];
extern const size_t img_png_n_loops;
