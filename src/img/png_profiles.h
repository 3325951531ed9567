#pragma once
/*
 * img/png_profiles: what of a PNG is packed and is no pixels: a colour profile, XMP, and profiles in ImageMagick's text
 * chunks. Each is inflated up to a bound and no further.
 */
#include "img/png_walk.h"

enum {
    IMG_PNG_TEXT_MAX = 512 << 10, /* of a text that is inflated */
};

/* What was unpacked; owned. Zeroed it is empty. */
struct img_png_profiles {
    struct buf xmp;
    struct buf raw[IMG_PNG_RAW_PROFILES];
};
void img_png_profiles_deinit(struct img_png_profiles *p);
/* Fills icc, xmp, exif and warnings of head; its views are into the file or into *p. */
void img_png_profiles_read(struct img_png_profiles *p, const struct img_png_walk *walk,
                           struct img_head *head);
