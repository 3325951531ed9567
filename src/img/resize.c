/* img/resize: reduces pictures with fixed-point weights, and turns them upright. */
#include "img/resize.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LOBES = 3, ONE = 1 << 14 };

/* For each output position: the first input sample and its weights, which add up to ONE. */
struct taps {
    uint32_t n; /* weights a position */
    uint32_t *first;
    int16_t *weights;
};

static double lanczos(double x) {
    if (x == 0)
        return 1;
    if (fabs(x) >= LOBES)
        return 0;
    double px = M_PI * x;
    return LOBES * sin(px) * sin(px / LOBES) / (px * px);
}

/* Weights of one position, rounded so that a flat area stays exactly flat. */
static void fill_taps(struct taps *t, uint32_t at, double center, double stretch, uint32_t from) {
    double weights[512], sum = 0; /* 2 * LOBES * max_step + 1 at most */
    double begin = ceil(center - LOBES * stretch);
    int64_t first = (int64_t)begin;
    if (first + (int64_t)t->n > (int64_t)from)
        first = (int64_t)from - (int64_t)t->n;
    if (first < 0)
        first = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        weights[i] = lanczos(((double)first + i - center) / stretch);
        sum += weights[i];
    }
    int total = 0;
    uint32_t largest = 0;
    int16_t *out = t->weights + (size_t)at * t->n;
    for (uint32_t i = 0; i < t->n; i++) {
        out[i] = (int16_t)lrint(weights[i] / sum * ONE);
        total += out[i];
        if (out[i] > out[largest])
            largest = i;
    }
    out[largest] = (int16_t)(out[largest] + ONE - total);
    t->first[at] = (uint32_t)first;
}

/* Weights lose precision when thousands share ONE: larger reductions are done in steps. */
static const uint32_t max_step = 64;

static struct taps make_taps(uint32_t from, uint32_t to) {
    double scale = (double)from / to;
    double stretch = scale > 1 ? scale : 1;
    uint32_t n = (uint32_t)ceil(2 * LOBES * stretch) + 1;
    if (n > from)
        n = from;
    struct taps t = {n, mem_alloc(to * sizeof *t.first),
                     mem_alloc((size_t)to * n * sizeof *t.weights)};
    for (uint32_t i = 0; i < to; i++)
        fill_taps(&t, i, (i + 0.5) * scale - 0.5, stretch, from);
    return t;
}

static void free_taps(struct taps *t) {
    free(t->first);
    free(t->weights);
}

static uint8_t clamp(int v) {
    v = (v + ONE / 2) >> 14;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* Rows first: whole rows add up, which the compiler turns into vectors, and fewer are left. */
static void resize_rows(const struct img_raster *from, const struct taps *t,
                        struct img_raster *to) {
    size_t row = img_row_bytes(from);
    int *sums = mem_alloc(row * sizeof *sums);
    for (uint32_t y = 0; y < to->height; y++) {
        memset(sums, 0, row * sizeof *sums);
        const int16_t *weights = t->weights + (size_t)y * t->n;
        for (uint32_t k = 0; k < t->n; k++) {
            const uint8_t *in = from->px + (t->first[y] + k) * row;
            int weight = weights[k];
            for (size_t i = 0; i < row; i++)
                sums[i] += in[i] * weight;
        }
        uint8_t *out = to->px + y * row;
        for (size_t i = 0; i < row; i++)
            out[i] = clamp(sums[i]);
    }
    free(sums);
}

/* Inlined with a constant number of channels: the loop over them disappears. */
static inline __attribute__((always_inline)) void columns_of(const struct img_raster *from,
                                                             const struct taps *t,
                                                             struct img_raster *to,
                                                             unsigned channels) {
    for (uint32_t y = 0; y < to->height; y++) {
        const uint8_t *in = from->px + y * img_row_bytes(from);
        uint8_t *out = to->px + y * img_row_bytes(to);
        for (uint32_t x = 0; x < to->width; x++, out += channels) {
            const int16_t *weights = t->weights + (size_t)x * t->n;
            const uint8_t *at = in + (size_t)t->first[x] * channels;
            int sums[4] = {0};
            for (uint32_t k = 0; k < t->n; k++, at += channels)
                for (unsigned c = 0; c < channels; c++)
                    sums[c] += at[c] * weights[k];
            for (unsigned c = 0; c < channels; c++)
                out[c] = clamp(sums[c]);
        }
    }
}

static void resize_columns(const struct img_raster *from, const struct taps *t,
                           struct img_raster *to) {
    if (from->channels == 1)
        columns_of(from, t, to, 1);
    else if (from->channels == 3)
        columns_of(from, t, to, 3);
    else
        columns_of(from, t, to, 4);
}

static void multiply_alpha(struct img_raster *r) {
    uint8_t *p = r->px;
    for (size_t n = (size_t)r->width * r->height; n > 0; n--, p += 4)
        for (int c = 0; c < 3; c++)
            p[c] = (uint8_t)((p[c] * p[3] + 127) / 255);
}

static void divide_alpha(struct img_raster *r) {
    uint8_t *p = r->px;
    for (size_t n = (size_t)r->width * r->height; n > 0; n--, p += 4)
        for (int c = 0; c < 3 && p[3]; c++) {
            int v = (p[c] * 255 + p[3] / 2) / p[3];
            p[c] = (uint8_t)(v > 255 ? 255 : v);
        }
}

static void resize_once(const struct img_raster *from, uint32_t width, uint32_t height,
                        struct img_raster *ret) {
    struct taps rows = make_taps(from->height, height), columns = make_taps(from->width, width);
    struct img_raster middle;
    img_raster_init(&middle, from->width, height, from->channels);
    resize_rows(from, &rows, &middle);
    img_raster_init(ret, width, height, from->channels);
    resize_columns(&middle, &columns, ret);
    img_raster_deinit(&middle);
    free_taps(&rows);
    free_taps(&columns);
}

static uint32_t step(uint32_t from, uint32_t to) {
    return from / max_step > to ? from / max_step : to;
}

static void copy_raster(const struct img_raster *from, struct img_raster *ret) {
    img_raster_init(ret, from->width, from->height, from->channels);
    memcpy(ret->px, from->px, img_row_bytes(from) * from->height);
}

void img_resize(const struct img_raster *from, uint32_t width, uint32_t height,
                struct img_raster *ret) {
    struct img_raster at = *from;
    bool owned = from->channels == 4 || (from->width == width && from->height == height);
    if (owned)
        copy_raster(from, &at);
    if (at.channels == 4)
        multiply_alpha(&at);
    while (at.width != width || at.height != height) {
        struct img_raster next;
        resize_once(&at, step(at.width, width), step(at.height, height), &next);
        if (owned)
            img_raster_deinit(&at);
        at = next;
        owned = true;
    }
    if (at.channels == 4)
        divide_alpha(&at);
    *ret = at;
}

static uint32_t scaled(uint32_t side, uint32_t edge, uint32_t longer) {
    uint32_t v = (uint32_t)(((uint64_t)side * edge + longer / 2) / longer);
    return v ? v : 1;
}

void img_fit(uint32_t width, uint32_t height, uint32_t edge, uint32_t *ret_width,
             uint32_t *ret_height) {
    uint32_t longer = width > height ? width : height;
    if (edge > longer)
        edge = longer;
    *ret_width = scaled(width, edge, longer);
    *ret_height = scaled(height, edge, longer);
}

/* How an output position (x, y) of the turned picture reads the stored one. */
void img_orient(struct img_raster *raster, unsigned orientation) {
    if (orientation < 2 || orientation > 8)
        return;
    static const struct {
        bool swap, flip_x, flip_y;
    } turns[] = {[2] = {false, true, false}, [3] = {false, true, true}, [4] = {false, false, true},
                 [5] = {true, false, false}, [6] = {true, false, true}, [7] = {true, true, true},
                 [8] = {true, true, false}};
    bool swap = turns[orientation].swap;
    struct img_raster to;
    img_raster_init(&to, swap ? raster->height : raster->width,
                    swap ? raster->width : raster->height, raster->channels);
    uint8_t *out = to.px;
    for (uint32_t y = 0; y < to.height; y++)
        for (uint32_t x = 0; x < to.width; x++, out += to.channels) {
            uint32_t sx = swap ? y : x, sy = swap ? x : y;
            if (turns[orientation].flip_x)
                sx = raster->width - 1 - sx;
            if (turns[orientation].flip_y)
                sy = raster->height - 1 - sy;
            memcpy(out, raster->px + ((size_t)sy * raster->width + sx) * to.channels, to.channels);
        }
    img_raster_deinit(raster);
    *raster = to;
}
