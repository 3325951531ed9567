/* img/png_unfilter: plain C, and the choice. Up has no other loops: compilers make vectors of it. */
#include "img/png_unfilter_priv.h"

#include <stdlib.h>

static const struct img_png_loops *chosen;
static const struct img_png_loops plain = {.name = "c"};

static inline uint8_t paeth(int left, int above, int corner) {
    int to_left = abs(above - corner), to_above = abs(left - corner);
    int to_corner = abs(left + above - 2 * corner);
    if (to_left <= to_above && to_left <= to_corner)
        return (uint8_t)left;
    return (uint8_t)(to_above <= to_corner ? above : corner);
}

static void up(const uint8_t *from, const uint8_t *above, uint8_t *to, size_t n) {
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(from[i] + above[i]);
}

static void sub(unsigned bpp, const uint8_t *from, uint8_t *to, size_t n) {
    memcpy(to, from, n < bpp ? n : bpp);
    for (size_t i = bpp; i < n; i++)
        to[i] = (uint8_t)(from[i] + to[i - bpp]);
}

static void average(unsigned bpp, const uint8_t *from, const uint8_t *above, uint8_t *to,
                    size_t n) {
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(from[i] + ((i < bpp ? 0 : to[i - bpp]) + above[i]) / 2);
}

static void paeth_row(unsigned bpp, const uint8_t *from, const uint8_t *above, uint8_t *to,
                      size_t n) {
    for (size_t i = 0; i < n && i < bpp; i++)
        to[i] = (uint8_t)(from[i] + above[i]);
    for (size_t i = bpp; i < n; i++)
        to[i] = (uint8_t)(from[i] + paeth(to[i - bpp], above[i], above[i - bpp]));
}

static void choose(void) {
    for (size_t i = 0; i < img_png_n_loops && !chosen; i++)
        if (img_png_loops[i].can())
            chosen = &img_png_loops[i];
    if (!chosen)
        chosen = &plain;
}

bool img_png_unfilter_use(const char *name) {
    chosen = NULL;
    if (strcmp(name, plain.name) == 0)
        chosen = &plain;
    for (size_t i = 0; i < img_png_n_loops; i++)
        if (strcmp(name, img_png_loops[i].name) == 0 && img_png_loops[i].can())
            chosen = &img_png_loops[i];
    return chosen != NULL;
}

void img_png_unfilter(enum img_png_filter filter, unsigned bpp, const uint8_t *from,
                      const uint8_t *above, uint8_t *to, size_t n) {
    if (!chosen)
        choose();
    img_png_unfilter_fn *fast = filter == IMG_PNG_SUB       ? chosen->sub[bpp]
                                : filter == IMG_PNG_AVERAGE ? chosen->average[bpp]
                                : filter == IMG_PNG_PAETH   ? chosen->paeth[bpp]
                                                            : NULL;
    if (fast) {
        fast(from, above, to, n);
        return;
    }
    switch (filter) {
    case IMG_PNG_SUB: sub(bpp, from, to, n); break;
    case IMG_PNG_UP: up(from, above, to, n); break;
    case IMG_PNG_AVERAGE: average(bpp, from, above, to, n); break;
    case IMG_PNG_PAETH: paeth_row(bpp, from, above, to, n); break;
    default: memcpy(to, from, n);
    }
}
