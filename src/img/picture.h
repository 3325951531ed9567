#pragma once
/*
 * img/picture: from an opened file to the picture that derivatives are made of: rows are reduced while they are decoded,
 * then turned upright, then coloured. One thread.
 */
#include "img/color.h"
#include "img/reduce.h"
#include "img/source.h"

struct img_picture_spec {
    struct img_source *source;
    const struct img_color *color; /* what img_color_choose said of the source's head */
    unsigned orientation;          /* of the file, 1 to 8 */
    uint32_t width, height;        /* wished, upright; at most the file's, turned */
};
/* Bytes that img_picture_decode takes at most, the cheapest way there is. */
uint64_t img_picture_need(const struct img_picture_spec *spec);
/*
 * The picture as it is stored, in the size wished, with the decoder's space. memory: bytes that may be taken, at
 * least img_picture_need. 0, or IMG_E_REJECTED with reason: nothing of it can be decoded.
 */
int img_picture_decode(const struct img_picture_spec *spec, uint64_t memory, struct img_planes *ret,
                       struct img_outcome *ret_outcome, char reason[IMG_REASON_MAX]);
/*
 * Makes of it what is encoded: upright, in the colours that were chosen; grey, IMG_YCC with chroma of half the samples
 * each way, or IMG_RGB with alpha. Alpha that hides nothing goes.
 */
void img_picture_finish(const struct img_picture_spec *spec, struct img_planes *picture);
