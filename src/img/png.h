#pragma once
/* img/png: libpng behind a border. Every colour type and depth, interlaced too, comes out 8-bit. */
#include "img/decoded.h"

/* 0 or IMG_E_REJECTED with ret->reason. A file cut inside its data is decoded as far as it goes. */
int img_png_decode(str file, const struct img_limits *limits, struct img_decoded *ret);
/* Appends a PNG of a raster of 3 or 4 channels, with the profile when icc is not empty. */
void img_png_encode(const struct img_raster *raster, str icc, struct buf *out);
