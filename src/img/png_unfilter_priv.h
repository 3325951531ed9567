#pragma once
/* img/png_unfilter: the loops that a kind of processor has. */
#include "img/png_unfilter.h"

enum { IMG_PNG_GROUP = 4 };

/* One row. */
typedef void img_png_row_fn(const uint8_t *from, const uint8_t *above, uint8_t *to, size_t n);
/* IMG_PNG_GROUP rows of any filters, which stand before them; from and to as those of img_png_unfilter. */
typedef void img_png_group_fn(const uint8_t *from, const uint8_t *above, uint8_t *to, size_t stride,
                              size_t n);

/* Of bytes per pixel: 1, 2, 3, 4, 6, 8. NULL: plain C does it. */
struct img_png_loops {
    const char *name;
    bool (*can)(void);
    img_png_row_fn *sub[9], *average[9], *paeth[9];
    img_png_group_fn *group[9];
};
/* The best first; the number of them. */
extern const struct img_png_loops img_png_loops[];
extern const size_t img_png_n_loops;

/* Plain C: bytes [at, end) of a row; those before are done. */
void img_png_unfilter_part(enum img_png_filter filter, unsigned bpp, const uint8_t *from,
                           const uint8_t *above, uint8_t *to, size_t at, size_t end);

#if defined(__x86_64__)
img_png_group_fn img_png_group1_avx2, img_png_group2_avx2, img_png_group3_avx2, img_png_group4_avx2;
#endif
