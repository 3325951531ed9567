#pragma once
/* img/jpeg_priv: what the files of the JPEG decoder share. */
#include "img/jpeg_walk.h"

/* What application segments say, while a file is walked. */
struct img_jpeg_apps {
    str file;
    bool saw_adobe;
    unsigned adobe_transform; /* 0: none, 1: YCC, 2: YCCK */
    bool saw_jfif;
    unsigned icc_count; /* pieces, as the first one said */
    size_t icc_bytes;   /* of the pieces kept */
    str icc[256];       /* by their number, from 1 */
};
/* One segment: its marker's second byte, and what stands behind its length. */
void img_jpeg_app(struct img_jpeg_apps *apps, struct img_jpeg_walk *w, unsigned marker, str data);
/* After the last one: the profile is put together. */
void img_jpeg_apps_end(const struct img_jpeg_apps *apps, struct img_jpeg_walk *w);

/* Puts the sentence into reason; IMG_E_REJECTED. */
int img_jpeg_reject(char reason[IMG_REASON_MAX], const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- Decoding ---- */

/* How a component is decoded: DCT blocks become size x size samples (1, 2, 4 or 8). */
struct img_jpeg_plan {
    unsigned size[IMG_JPEG_COMPONENTS];
    bool only_dc;           /* every size is 1 */
    uint32_t width, height; /* of the rows of CMYK: the picture, reduced */
};
struct img_jpeg_source {
    struct img_source base;
    struct img_jpeg_walk walk;
};
void img_jpeg_plan(const struct img_jpeg_walk *w, unsigned reduction, struct img_jpeg_plan *ret);
/* The samples of component i that hold some of the picture. */
void img_jpeg_samples(const struct img_jpeg_walk *w, const struct img_jpeg_plan *plan, unsigned i,
                      struct img_component *ret);
/* As struct img_decoder has it. */
int img_jpeg_decode_rows(struct img_source *source, unsigned reduction, uint64_t memory,
                         img_row_fn *row, void *ctx, struct img_outcome *ret,
                         char reason[IMG_REASON_MAX]);
