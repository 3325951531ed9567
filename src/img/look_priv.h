#pragma once
/* img/look, inside: the small picture that hash and placeholder are made of. */
#include "img/look.h"

enum { LOOK_SIDE = 32 };
/*
 * Means of sRGB samples (0 to 255) over width x height equal parts of the picture, whatever its
 * shape.
 */
struct look_small {
    unsigned width, height; /* at most LOOK_SIDE */
    double rgb[3][LOOK_SIDE][LOOK_SIDE];
};
/* Of a picture that was across samples wide and down high. */
void img_look_placeholder(const struct look_small *small, uint32_t across, uint32_t down,
                          char out[IMG_BLURHASH_LEN + 1]);
