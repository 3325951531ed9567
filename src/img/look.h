#pragma once
/*
 * img/look: what the picture looks like, in a few bytes.
 * The perceptual hash is the sign pattern of the 8 × 8 lowest DCT coefficients of a 32 × 32 grey
 * reduction (pictures that look alike differ in few bits). The placeholder is a BlurHash of 4 × 3
 * components, after the algorithm published at blurha.sh.
 */
#include "img/raster.h"

/* Of an upright raster of 1, 3 or 4 channels. */
uint64_t img_phash(const struct img_raster *raster);
enum { IMG_BLURHASH_LEN = 28 }; /* 1 + 1 + 4 + 2 × (4 × 3 − 1) */
/* The text and a NUL. */
void img_blurhash(const struct img_raster *raster, char out[IMG_BLURHASH_LEN + 1]);
