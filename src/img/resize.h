#pragma once
/* img/resize: Lanczos with three lobes, separable, and the eight Exif orientations. */
#include "img/raster.h"

/*
 * A new raster in *ret. RGBA is weighted by alpha, so that transparent pixels do not bleed colour.
 * width and height are at least 1.
 */
void img_resize(const struct img_raster *from, uint32_t width, uint32_t height,
                struct img_raster *ret);
/* width × height fitted into edge × edge, never enlarged, never 0. */
void img_fit(uint32_t width, uint32_t height, uint32_t edge, uint32_t *ret_width,
             uint32_t *ret_height);
/* Turns the raster so that orientation (2 to 8) becomes 1; others do nothing. */
void img_orient(struct img_raster *raster, unsigned orientation);
