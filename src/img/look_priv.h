#pragma once
/* img/look, inside: the small picture that hash and placeholder are made of. */
#include "img/look.h"

enum { LOOK_SIDE = 32 };
/* Means of sRGB samples (0 to 255) over equal parts of the picture, whatever its shape. */
struct look_small {
    double rgb[3][LOOK_SIDE][LOOK_SIDE];
};
void look_placeholder(const struct look_small *small, char out[IMG_BLURHASH_LEN + 1]);
