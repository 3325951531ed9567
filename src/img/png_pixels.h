#pragma once
/*
 * img/png_pixels: what a PNG's samples mean: of every colour type and depth they become eight bits, grey stays grey, and a
 * palette becomes RGB. Exactly what libpng makes with png_set_expand and png_set_scale_16.
 */
#include "img/png_walk.h"

struct img_png_pixels {
    unsigned channels; /* that come out */
    bool alpha;
    bool as_it_is; /* the samples are what comes out */
    unsigned depth;
    unsigned bits;         /* of a pixel, in the file */
    unsigned bytes;        /* of a pixel, for filters: 1 at least */
    unsigned from;         /* channels in the file */
    bool keyed;            /* one colour is transparent */
    uint16_t key[3];       /* that one */
    uint8_t table[256][4]; /* grey and palette up to 8 bits */
};

void img_png_pixels_init(struct img_png_pixels *px, const struct img_png_walk *walk);
/* Bytes of a row of `width` pixels in the file, without its filter. */
uint64_t img_png_row_bytes(const struct img_png_pixels *px, uint32_t width);
/* Not where as_it_is. IMG_PLANE_PAD bytes behind `to` may be written. */
void img_png_pixels_expand(const struct img_png_pixels *px, const uint8_t *from, uint8_t *to,
                           uint32_t width);
