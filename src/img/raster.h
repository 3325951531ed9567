#pragma once
/*
 * img/raster: decoded pixels, eight bits a channel, rows without padding.
 * channels: 1 grey, 3 RGB, 4 RGB and alpha (not premultiplied). Owned by whoever holds it.
 */
#include "base/own.h"

#include <stdint.h>

/* Zeroed it is empty. px has width × height × channels bytes. */
struct img_raster {
    uint8_t *px;
    uint32_t width, height;
    unsigned channels;
};

/* From one row to the next, in bytes. */
static inline size_t img_row_bytes(const struct img_raster *r) {
    return (size_t)r->width * r->channels;
}
/* Zeroed pixels; the caller has checked width × height against its limit. */
static inline void img_raster_init(struct img_raster *r, uint32_t width, uint32_t height,
                                   unsigned channels) {
    *r =
        (struct img_raster){mem_zalloc((size_t)width * height * channels), width, height, channels};
}
static inline void img_raster_deinit(struct img_raster *r) {
    free(r->px);
    *r = (struct img_raster){0};
}
