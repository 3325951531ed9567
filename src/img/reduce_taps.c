/* img/reduce_taps: where each output sample of one direction reads, and with which weights. */
#include "img/reduce_priv.h"

#include <math.h>
#include <string.h>

enum {
    LOBES = 3,
    ONE = 1 << WEIGHT_BITS,
    PER_LOBE = 1024,
    KERNEL_END = LOBES * PER_LOBE,
    /* What weights at the two ends may be together to be left out: 1/17 of a sample's step between black and white. */
    NEGLIGIBLE = 4,
};

/* The kernel at PER_LOBE places a lobe: sines take as long as a pass over a small picture. */
static double kernel[KERNEL_END + 2];

static void fill_kernel(void) {
    if (kernel[0] == 1)
        return;
    for (size_t i = 1; i < KERNEL_END; i++) {
        double x = M_PI * (double)i / PER_LOBE;
        kernel[i] = LOBES * sin(x) * sin(x / LOBES) / (x * x);
    }
    for (size_t i = PER_LOBE; i < KERNEL_END; i += PER_LOBE)
        kernel[i] = 0; /* exactly, so that what is not scaled stays as it is */
    kernel[0] = 1;
}

static double lanczos(double x) {
    double at = fabs(x) * PER_LOBE;
    if (at >= KERNEL_END)
        return 0;
    size_t i = (size_t)at;
    double part = at - (double)i;
    return kernel[i] + (kernel[i + 1] - kernel[i]) * part;
}

/* One direction of one picture, in samples of the input. */
struct line {
    uint32_t extent, box, lines;
    double begin, scale, stretch;
};

static struct line line_of(uint32_t extent, double begin, double length, uint32_t out,
                           uint32_t leaves) {
    double scale = length / out, stretch = scale > 1 ? scale : 1;
    uint32_t box = stretch < 2 * leaves ? 1 : (uint32_t)(stretch / leaves);
    return (struct line){extent, box, (extent + box - 1) / box, begin, scale, stretch};
}

/* Where the center of an output lies; never beside the input, for there all weights could be of one small lobe. */
static double center_of(const struct line *l, uint32_t at) {
    double center = l->begin + (at + 0.5) * l->scale;
    return center < 0 ? 0 : center > l->extent ? l->extent : center;
}

static uint32_t clamp_line(const struct line *l, double at) {
    return at < 0 ? 0 : at > l->lines - 1 ? l->lines - 1 : (uint32_t)at;
}
/* The lines whose centers lie under the kernel. */
static uint32_t first_of(const struct line *l, double center) {
    return clamp_line(l, ceil((center - LOBES * l->stretch) / l->box - 0.5));
}
static uint32_t last_of(const struct line *l, double center) {
    return clamp_line(l, floor((center + LOBES * l->stretch) / l->box - 0.5));
}

struct img_taps img_taps_measure(uint32_t extent, double begin, double length, uint32_t out,
                                 uint32_t leaves) {
    struct line l = line_of(extent, begin, length, out, leaves);
    uint32_t n = (uint32_t)ceil(2 * LOBES * l.stretch / l.box) + 1;
    return (struct img_taps){.out = out,
                             .n = n < l.lines ? n : l.lines,
                             .box = l.box,
                             .begin = first_of(&l, center_of(&l, 0)),
                             .end = last_of(&l, center_of(&l, out - 1)) + 1};
}

static int rounded(double v) { return (int)(v + (v < 0 ? -0.5 : 0.5)); }

/* Rounds so that the sum is ONE: the largest weight takes what is left. */
static void round_weights(const double *weights, double sum, uint32_t n, int16_t *out) {
    int total = 0;
    uint32_t largest = 0;
    double one = ONE / sum;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (int16_t)rounded(weights[i] * one);
        total += out[i];
        if (out[i] > out[largest])
            largest = i;
    }
    out[largest] = (int16_t)(out[largest] + ONE - total);
}

/* Leaves out what is negligible at both ends: every tap is work, and a line that must be held. */
static void shorten(const double *weights, double sum, uint32_t *first, uint32_t *n) {
    double left = sum * NEGLIGIBLE / ONE;
    for (;;) {
        double low = fabs(weights[*first]), high = fabs(weights[*first + *n - 1]);
        double least = low < high ? low : high;
        if (*n == 1 || least > left)
            return;
        left -= least;
        *n -= 1;
        *first += low < high ? 1 : 0;
    }
}

/* The last box may be smaller: its center is its own, and it weighs less. */
static void fill(struct img_taps *t, const struct line *l, uint32_t at) {
    double weights[TAPS_ACROSS] = {0}, sum = 0, center = center_of(l, at);
    uint32_t first = first_of(l, center), n = last_of(l, center) - first + 1, skip = 0;
    for (uint32_t i = 0; i < n; i++) {
        double begin = (double)(first + i) * l->box;
        double size = begin + l->box > l->extent ? l->extent - begin : l->box;
        weights[i] = size * lanczos((begin + size / 2 - center) / l->stretch);
        sum += weights[i];
    }
    shorten(weights, sum, &skip, &n);
    sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += weights[skip + i];
    round_weights(weights + skip, sum, n, t->weights + (size_t)at * t->n);
    t->first[at] = first + skip;
}

/* The same without the columns of zeros behind; and what is used at all. */
static void trim(struct img_taps *t) {
    uint32_t n = 1;
    t->begin = UINT32_MAX;
    t->end = 0;
    for (uint32_t at = 0; at < t->out; at++) {
        uint32_t used = t->n;
        while (used > 1 && t->weights[(size_t)at * t->n + used - 1] == 0)
            used--;
        n = used > n ? used : n;
        t->begin = t->first[at] < t->begin ? t->first[at] : t->begin;
        t->end = t->first[at] + used > t->end ? t->first[at] + used : t->end;
    }
    for (uint32_t at = 1; at < t->out; at++)
        memmove(t->weights + (size_t)at * n, t->weights + (size_t)at * t->n,
                n * sizeof *t->weights);
    t->n = n;
}

void img_taps_init(struct img_taps *t, uint32_t extent, double begin, double length, uint32_t out,
                   uint32_t leaves) {
    struct line l = line_of(extent, begin, length, out, leaves);
    fill_kernel();
    *t = img_taps_measure(extent, begin, length, out, leaves);
    t->first = mem_alloc(out * sizeof *t->first);
    t->weights = mem_zalloc((size_t)out * t->n * sizeof *t->weights);
    for (uint32_t at = 0; at < out; at++)
        fill(t, &l, at);
    trim(t);
}

void img_taps_deinit(struct img_taps *t) {
    free(t->first);
    free(t->weights);
}
