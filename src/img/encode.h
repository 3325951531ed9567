#pragma once
/* img/encode: derivatives: a JPEG of what is opaque, a PNG of what is not. */
#include "base/buf.h"
#include "img/planes.h"

/* What travels beside the pixels; each may be empty. */
struct img_tags {
    str icc;
    str exif; /* a TIFF structure */
};
/*
 * Appends a baseline 4:2:0 JPEG of a grey picture or of an IMG_YCC one whose chroma has half the samples each way.
 * quality: 1 to 100.
 */
void img_encode_jpeg(const struct img_planes *planes, unsigned quality, const struct img_tags *tags,
                     struct buf *out);
/* Appends a PNG of a grey or IMG_RGB picture, with or without alpha. */
void img_encode_png(const struct img_planes *planes, const struct img_tags *tags, struct buf *out);
