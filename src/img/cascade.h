#pragma once
/*
 * img/cascade: the derivatives of a finished picture, the largest first, each reduced from the smallest whole one that
 * is large enough; and what the picture looks like. One thread.
 */
#include "img/encode.h"
#include "img/fit.h"
#include "img/look.h"

/* Fits of all wishes, in the order in which they are made: by descending size. */
struct img_cascade {
    size_t n;
    struct img_cascade_step {
        uint32_t wish;
        struct img_fit fit;
        unsigned quality;
    } steps[IMGJOB_MAX_DERIVATIVES];
    uint32_t width,
        height; /* of the picture that all of them can be made of; what it looks like, too */
};
/* width, height: of the upright original. */
struct img_cascade img_cascade_of(uint32_t width, uint32_t height,
                                  const struct imgjob_request *request);
/* Bytes that img_cascade_run takes at most, the picture counted, and what is done to it before. */
uint64_t img_cascade_bytes(const struct img_cascade *cascade, enum img_space space, bool alpha);

/* Takes an encoded derivative. False: no more of them. */
typedef bool img_derivative_fn(void *ctx, const struct imgjob_derivative *derivative, str body);
struct img_cascade_job {
    uint32_t width, height;      /* of the upright original */
    const struct img_tags *tags; /* of every derivative */
    img_derivative_fn *take;
    void *ctx;
};
struct img_cascade_times {
    uint64_t resize_us, encode_us; /* added to */
};
/*
 * picture: finished (img/picture), of the cascade's size; a smaller one stands there afterwards. False: the taker
 * wanted no more.
 */
bool img_cascade_run(const struct img_cascade *cascade, const struct img_cascade_job *job,
                     struct img_planes *picture, struct img_look *ret_look,
                     struct img_cascade_times *times);
