#pragma once
/*
 * img/jpeg: libjpeg-turbo behind a border: a fault of the file comes back as a reason, never as
 * exit().
 */
#include "img/decoded.h"

/*
 * 0 or IMG_E_REJECTED with ret->reason. Baseline and progressive, grey, YCbCr, RGB, CMYK, YCCK.
 * A file cut inside its scans is decoded as far as it goes and marked truncated.
 */
int img_jpeg_decode(str file, const struct img_limits *limits, struct img_decoded *ret);
/* Appends a baseline JPEG of a grey or RGB raster, with the profile when icc is not empty. */
void img_jpeg_encode(const struct img_raster *raster, unsigned quality, str icc, struct buf *out);
