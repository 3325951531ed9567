#pragma once
/*
 * img/planes: a picture as planes of eight-bit samples: what decoders' rows are reduced into, and what is
 * turned, coloured, looked at and encoded. One thread has a picture at a time.
 */
#include "base/own.h"

#include <stdbool.h>
#include <stdint.h>

/* What the samples mean. */
enum img_space {
    IMG_GRAY,
    IMG_YCC, /* JFIF's: full range, ITU-R BT.601 */
    IMG_RGB,
};

/* Bytes that may be read and written behind the last sample of a plane, so that vectors need no tails. */
enum { IMG_PLANE_PAD = 64 };

struct img_plane {
    uint8_t *px; /* owned by the picture */
    uint32_t width, height;
    size_t stride; /* from one row to the next, in bytes; at least width */
};

/* Zeroed it is empty. */
struct img_planes {
    enum img_space space;
    bool alpha; /* the last plane is alpha; colours are not multiplied by it */
    unsigned n; /* planes: 1 (grey) or 3, and one more with alpha */
    uint32_t width,
        height; /* of the picture; planes 1 and 2 of IMG_YCC may be smaller, the others are not */
    struct img_plane plane[4];
};

/*
 * Zeroed planes. sub_x, sub_y (1 or 2): how many samples of the picture one of chroma stands for; chroma planes
 * have ceil(width / sub_x) x ceil(height / sub_y) samples. Sizes were checked against the limits before.
 */
void img_planes_init(struct img_planes *p, enum img_space space, bool alpha, uint32_t width,
                     uint32_t height, unsigned sub_x, unsigned sub_y);
/* The same without samples: what a picture would look like, for those who count. */
void img_planes_shape(struct img_planes *p, enum img_space space, bool alpha, uint32_t width,
                      uint32_t height, unsigned sub_x, unsigned sub_y);
void img_planes_deinit(struct img_planes *p);
/* Turns the picture so that orientation (2 to 8, Exif's) becomes 1; others do nothing. */
void img_planes_orient(struct img_planes *p, unsigned orientation);
/* Whether turning from that orientation puts the stored picture's last column, or its last row, first. */
void img_orientation_flips(unsigned orientation, bool *ret_x, bool *ret_y);
/* Bytes that img_planes_init would allocate. */
uint64_t img_planes_bytes(enum img_space space, bool alpha, uint32_t width, uint32_t height,
                          unsigned sub_x, unsigned sub_y);
