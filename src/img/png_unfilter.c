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

void img_png_unfilter_part(enum img_png_filter filter, unsigned bpp, const uint8_t *from,
                           const uint8_t *above, uint8_t *to, size_t at, size_t end) {
    for (size_t i = at; i < end; i++) {
        uint8_t left = i < bpp ? 0 : to[i - bpp], corner = i < bpp ? 0 : above[i - bpp], over = 0;
        switch (filter) {
        case IMG_PNG_SUB: over = left; break;
        case IMG_PNG_UP: over = above[i]; break;
        case IMG_PNG_AVERAGE: over = (uint8_t)((left + above[i]) / 2); break;
        case IMG_PNG_PAETH: over = paeth(left, above[i], corner); break;
        default: break;
        }
        to[i] = (uint8_t)(from[i] + over);
    }
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

static void one_row(enum img_png_filter filter, unsigned bpp, const uint8_t *from,
                    const uint8_t *above, uint8_t *to, size_t n) {
    img_png_row_fn *fast = filter == IMG_PNG_SUB       ? chosen->sub[bpp]
                           : filter == IMG_PNG_AVERAGE ? chosen->average[bpp]
                           : filter == IMG_PNG_PAETH   ? chosen->paeth[bpp]
                           : filter == IMG_PNG_UP      ? up
                                                       : NULL;
    if (fast)
        fast(from, above, to, n);
    else if (filter == IMG_PNG_NONE)
        memcpy(to, from, n);
    else
        img_png_unfilter_part(filter, bpp, from, above, to, 0, n);
}

/* A group is worth while where its rows would otherwise wait for one pixel after the other. */
static bool is_group(const uint8_t *from, size_t n) {
    unsigned slow = 0;
    for (size_t i = 0; i < IMG_PNG_GROUP; i++)
        slow += from[i * (n + 1)] >= IMG_PNG_AVERAGE;
    return slow >= IMG_PNG_GROUP / 2;
}

void img_png_unfilter(unsigned bpp, const uint8_t *from, uint32_t rows, const uint8_t *above,
                      uint8_t *to, size_t stride, size_t n) {
    if (!chosen)
        choose();
    while (rows) {
        bool group = rows >= IMG_PNG_GROUP && chosen->group[bpp] &&
                     n / bpp > (size_t)2 * IMG_PNG_GROUP && is_group(from, n);
        uint32_t done = group ? IMG_PNG_GROUP : 1;
        if (group)
            chosen->group[bpp](from, above, to, stride, n);
        else
            one_row(from[0], bpp, from + 1, above, to, n);
        rows -= done;
        from += done * (n + 1);
        to += done * stride;
        above = to - stride;
    }
}
