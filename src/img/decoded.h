#pragma once
/*
 * img/decoded: what a codec hands back, whatever the format. reason is for people and stands in the
 * item's Reason: it says what is wrong with the file, not with the decoder.
 */
#include "base/buf.h"
#include "base/outcomes.h"
#include "img/raster.h"
#include "img/source.h"

/* Bytes: the most that one marker segment of JPEG holds. */
enum { IMG_MARKER_MAX = 0xFFFF };

/* Zeroed it is empty. The caller owns all of it: img_decoded_deinit. */
struct img_decoded {
    struct img_raster raster; /* perhaps already reduced (JPEG's DCT scaling) */
    uint32_t width, height;   /* as stored, before reduction and orientation */
    unsigned bit_depth;
    const char *color_space;
    bool truncated; /* the data end before the picture does */
    bool damaged;   /* decoded, but the decoder had to guess */
    bool from_cmyk;
    struct buf exif;             /* TIFF bytes of the Exif block, perhaps empty */
    struct buf icc;              /* colour profile to keep, perhaps empty */
    char reason[IMG_REASON_MAX]; /* why not, when the codec returned IMG_E_REJECTED */
};
static inline void img_decoded_deinit(struct img_decoded *d) {
    img_raster_deinit(&d->raster);
    buf_deinit(&d->exif);
    buf_deinit(&d->icc);
}

/* What a decoder keeps to, before it allocates. */
struct img_limits {
    uint64_t max_pixels;
    uint32_t least_edge; /* the longer side may be reduced while decoding, but not below this */
};
