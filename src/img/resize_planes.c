/* img/resize_planes: planes into planes of another size, each plane by a reducer. */
#include "img/reduce.h"

#include <string.h>

/* How many samples of the picture one of that plane stands for. */
static unsigned sub(uint32_t picture, uint32_t plane) { return plane < picture ? 2 : 1; }

struct img_window img_component_window(const struct img_window *window, uint32_t width,
                                       uint32_t height, double across, double down,
                                       const struct img_planes *to, unsigned plane,
                                       unsigned orientation) {
    const struct img_plane *p = &to->plane[plane];
    bool flip_x, flip_y;
    img_orientation_flips(orientation, &flip_x, &flip_y);
    /* What the plane's samples cover: one more than the picture has where an odd side was halved. */
    double w = (double)p->width * sub(to->width, p->width) / to->width;
    double h = (double)p->height * sub(to->height, p->height) / to->height;
    double x = window->x - (flip_x ? (w - 1) * window->width : 0);
    double y = window->y - (flip_y ? (h - 1) * window->height : 0);
    return (struct img_window){x * across / width, y * down / height,
                               w * window->width * across / width,
                               h * window->height * down / height};
}

static void resize_plane(const struct img_plane *from, const struct img_window *window,
                         struct img_plane *to) {
    struct img_reduce_spec spec = {from->width, from->height, 1, false, *window, {to}};
    CLEANUP(img_reduce) struct img_reduce *r = img_reduce_new(&spec);
    for (uint32_t y = 0; y < from->height; y++)
        img_reduce_row(r, from->px + y * from->stride);
}

/* With a constant number of channels this becomes vectors. */
static inline __attribute__((always_inline)) void together_of(const struct img_planes *p,
                                                              uint32_t y, unsigned channels,
                                                              uint8_t *row) {
    const uint8_t *in[4] = {0};
    for (unsigned c = 0; c < channels; c++)
        in[c] = p->plane[c].px + y * p->plane[c].stride;
    for (size_t x = 0; x < p->width; x++)
        for (unsigned c = 0; c < channels; c++)
            row[x * channels + c] = in[c][x];
}

static void together(const struct img_planes *p, uint32_t y, uint8_t *row) {
    if (p->n == 2)
        together_of(p, y, 2, row);
    else
        together_of(p, y, 4, row);
}

/* Colours are weighted by alpha, so the planes go through one reducer. */
static void resize_with_alpha(const struct img_planes *from, const struct img_window *window,
                              struct img_planes *to) {
    struct img_reduce_spec spec = {from->width, from->height, from->n, true, *window, {NULL}};
    for (unsigned c = 0; c < from->n; c++)
        spec.out[c] = &to->plane[c];
    CLEANUP(img_reduce) struct img_reduce *r = img_reduce_new(&spec);
    CLEANUP_MEM uint8_t *row = mem_zalloc((size_t)from->width * from->n + IMG_PLANE_PAD);
    for (uint32_t y = 0; y < from->height; y++) {
        together(from, y, row);
        img_reduce_row(r, row);
    }
}

void img_resize_planes(const struct img_planes *from, const struct img_window *window,
                       struct img_planes *to) {
    if (from->alpha) {
        resize_with_alpha(from, window, to);
        return;
    }
    for (unsigned i = 0; i < from->n; i++) {
        const struct img_plane *p = &from->plane[i];
        struct img_window w = img_component_window(
            window, from->width, from->height, (double)from->width / sub(from->width, p->width),
            (double)from->height / sub(from->height, p->height), to, i, 1);
        resize_plane(p, &w, &to->plane[i]);
    }
}
