#pragma once
/*
 * img/icc: reads an ICC profile of version 2 or 4, as far as matrices and curves go. Its bytes are
 * untrusted: every offset and count is checked, and the work is the same for a profile of any
 * size. Source: ICC.1:2022.
 */
#include "base/str.h"
#include "img/light.h"

/* Signatures of colour spaces: four letters, big-endian. */
enum {
    IMG_ICC_RGB = 0x52474220,
    IMG_ICC_GRAY = 0x47524159,
    IMG_ICC_CMYK = 0x434D594B,
};

struct img_icc {
    uint32_t space; /* of the picture's samples */
    str whole;      /* view: the profile without what stands behind it; empty: its end is missing */
    bool has_light, has_lut; /* curves (and a matrix for RGB); a table (A2B0), which is not read */
    bool has_cicp;           /* ICC.1:2022, 9.2.17 */
    uint8_t cicp[4];
    struct img_light light;
};

/* False: it is no profile of an image, or has nothing that describes one. */
bool img_icc_read(str bytes, struct img_icc *ret);
