#pragma once
/*
 * img/look: what the picture looks like, in a few bytes. Of an upright picture of any size and
 * space, so that it does not hang on the derivatives that are wished; the cost grows with the
 * pixels that are given, about a nanosecond for each.
 */
#include "img/planes.h"

enum { IMG_BLURHASH_LEN = 28 }; /* 1 + 1 + 4 + 2 * (4 * 3 - 1) */
struct img_look {
    /* The sign pattern of the low DCT coefficients of a 32 x 32 grey reduction: at most 6 of 64 bits
     * differ after resizing to a quarter at quality 50. */
    uint64_t phash;
    char placeholder[IMG_BLURHASH_LEN + 1]; /* a BlurHash of 4 x 3, after blurha.sh */
    /*
     * sRGB: the mean of the most frequent colours, what is transparent left out; white where all
     * is.
     */
    uint8_t dominant[3];
};
/* Samples are taken for sRGB; what is transparent is seen on white. */
void img_look(const struct img_planes *p, struct img_look *ret);
