/* img/look: the picture reduced to 32 x 32, its perceptual hash, its dominant colour. */
#include "img/look_priv.h"

#include <math.h>
#include <string.h>

enum {
    SIDE = LOOK_SIDE,
    LOW = 8,           /* coefficients of the DCT each way */
    LEVELS = 8,        /* of a channel in the histogram */
    SAMPLES = 1 << 12, /* that the histogram is made of, about */
};

/* ---- Reduction ---- */

/*
 * A plane of n samples becomes `parts` means (at most SIDE). In units of 1 / parts of a sample, a
 * sample is `parts` wide and a part is n wide, so that what they have in common is a whole number.
 */
static uint32_t common(uint64_t part, unsigned parts, uint64_t at, uint32_t n) {
    uint64_t from = part * n, to = from + n, begin = at * parts, end = begin + parts;
    from = from > begin ? from : begin;
    to = to < end ? to : end;
    return from < to ? (uint32_t)(to - from) : 0;
}

/* What is transparent, on white. alpha may be NULL. */
static const uint8_t *seen(const uint8_t *row, const uint8_t *alpha, uint8_t *space, uint32_t n) {
    if (!alpha)
        return row;
    for (uint32_t x = 0; x < n; x++)
        space[x] = (uint8_t)((row[x] * alpha[x] + 255 * (255 - alpha[x]) + 127) / 255);
    return space;
}

static void across(const uint32_t *sums, uint32_t width, double weight, unsigned parts,
                   double ret[SIDE]) {
    for (unsigned part = 0; part < parts; part++) {
        uint64_t sum = 0, x = (uint64_t)part * width / parts;
        for (uint32_t w; x < width && (w = common(part, parts, x, width)) > 0; x++)
            sum += (uint64_t)sums[x] * w;
        ret[part] = (double)sum / weight;
    }
}

/* Rows that are wholly within a part are added up in sixteen bits, as many as these hold. */
struct sums {
    uint32_t *all; /* width of them */
    uint16_t *whole;
    unsigned rows;  /* in whole */
    unsigned parts; /* what a whole row weighs */
};

static void flush(struct sums *s, uint32_t width) {
    for (uint32_t x = 0; x < width; x++)
        s->all[x] += (uint32_t)s->whole[x] * s->parts;
    memset(s->whole, 0, width * sizeof *s->whole);
    s->rows = 0;
}

static void add(struct sums *s, const uint8_t *restrict row, uint32_t weight, uint32_t width) {
    uint16_t *restrict whole = s->whole;
    if (weight < s->parts) {
        for (uint32_t x = 0; x < width; x++)
            s->all[x] += row[x] * weight;
        return;
    }
    for (uint32_t x = 0; x < width; x++)
        whole[x] = (uint16_t)(whole[x] + row[x]);
    if (++s->rows == UINT16_MAX / UINT8_MAX)
        flush(s, width);
}

/* Into columns x rows means. alpha: NULL, or a plane of the same size. */
static void reduce(const struct img_plane *from, const struct img_plane *alpha, unsigned columns,
                   unsigned rows, double ret[SIDE][SIDE]) {
    uint32_t width = from->width, height = from->height;
    CLEANUP_MEM uint32_t *all = mem_alloc(width * sizeof *all);
    CLEANUP_MEM uint16_t *whole = mem_zalloc(width * sizeof *whole);
    CLEANUP_MEM uint8_t *space = mem_alloc(width);
    struct sums sums = {all, whole, 0, rows};
    for (unsigned part = 0; part < rows; part++) {
        memset(all, 0, width * sizeof *all);
        uint64_t y = (uint64_t)part * height / rows;
        for (uint32_t w; y < height && (w = common(part, rows, y, height)) > 0; y++)
            add(&sums,
                seen(from->px + from->stride * y, alpha ? alpha->px + alpha->stride * y : NULL,
                     space, width),
                w, width);
        flush(&sums, width);
        across(all, width, (double)width * height, columns, ret[part]);
    }
}

static double clipped(double v) { return v < 0 ? 0 : v > 255 ? 255 : v; }

/* Samples of one place (0 to 255) as red, green and blue. */
static void rgb_of(enum img_space space, const double v[3], double ret[3]) {
    double cb = v[1] - 128, cr = v[2] - 128;
    if (space == IMG_YCC) {
        ret[0] = clipped(v[0] + 1.402 * cr);
        ret[1] = clipped(v[0] - 0.344136286 * cb - 0.714136286 * cr);
        ret[2] = clipped(v[0] + 1.772 * cb);
        return;
    }
    for (int c = 0; c < 3; c++)
        ret[c] = v[space == IMG_GRAY ? 0 : c];
}

static void make_small(const struct img_planes *p, unsigned width, unsigned height,
                       struct look_small *ret) {
    unsigned colours = p->space == IMG_GRAY ? 1 : 3;
    const struct img_plane *alpha = p->alpha ? &p->plane[colours] : NULL;
    ret->width = width;
    ret->height = height;
    for (unsigned c = 0; c < colours; c++)
        reduce(&p->plane[c], alpha, width, height, ret->rgb[c]);
    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < width; x++) {
            double v[3] = {0}, rgb[3];
            for (unsigned c = 0; c < colours; c++)
                v[c] = ret->rgb[c][y][x];
            rgb_of(p->space, v, rgb);
            for (int c = 0; c < 3; c++)
                ret->rgb[c][y][x] = rgb[c];
        }
}

/* ---- Perceptual hash ---- */

/* The 8 x 8 corner of the two-dimensional DCT-II. */
static void low_dct(const double grey[SIDE][SIDE], double ret[LOW][LOW]) {
    double basis[LOW][SIDE];
    for (int u = 0; u < LOW; u++)
        for (int x = 0; x < SIDE; x++)
            basis[u][x] = cos(M_PI * u * (2 * x + 1) / (2.0 * SIDE));
    for (int v = 0; v < LOW; v++) {
        double column[SIDE] = {0};
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                column[x] += grey[y][x] * basis[v][y];
        for (int u = 0; u < LOW; u++) {
            ret[v][u] = 0;
            for (int x = 0; x < SIDE; x++)
                ret[v][u] += column[x] * basis[u][x];
        }
    }
}

/*
 * Bits say which coefficients are above their mean. (Their median would tell pictures further apart,
 * but three times as many bits change where one is made small.) The first, which only says how
 * bright the picture is, has no part in it. What is flat has no pattern: a difference that is the
 * rounding's (of sums up to 255 * 32 * 32) is none.
 */
static uint64_t hash_of(const struct look_small *small) {
    double grey[SIDE][SIDE], low[LOW][LOW], mean = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            grey[y][x] = 0.299 * small->rgb[0][y][x] + 0.587 * small->rgb[1][y][x] +
                         0.114 * small->rgb[2][y][x];
    low_dct(grey, low);
    for (int i = 1; i < LOW * LOW; i++)
        mean += low[i / LOW][i % LOW] / (LOW * LOW - 1);
    uint64_t hash = 0;
    for (int i = 0; i < LOW * LOW; i++)
        hash = hash << 1 | (low[i / LOW][i % LOW] > mean + 0.01);
    return hash;
}

/* ---- Dominant colour ---- */

struct bin {
    uint32_t count;
    double sum[3];
};

static void count(struct bin *bins, const double rgb[3]) {
    unsigned at = 0;
    for (int c = 0; c < 3; c++)
        at = at * LEVELS + (unsigned)rgb[c] / (256 / LEVELS);
    bins[at].count++;
    for (int c = 0; c < 3; c++)
        bins[at].sum[c] += rgb[c];
}

/* Every step-th sample of every step-th row. */
static void fill_bins(const struct img_planes *p, struct bin *bins) {
    unsigned colours = p->space == IMG_GRAY ? 1 : 3;
    uint32_t step = (uint32_t)fmax(1, ceil(sqrt((double)p->width * p->height / SAMPLES)));
    for (uint32_t y = 0; y < p->height; y += step)
        for (uint32_t x = 0; x < p->width; x += step) {
            double v[3] = {0}, rgb[3];
            for (unsigned c = 0; c < colours; c++) {
                const struct img_plane *of = &p->plane[c];
                uint64_t row = (uint64_t)y * of->height / p->height;
                uint64_t column = (uint64_t)x * of->width / p->width;
                v[c] = of->px[of->stride * row + column];
            }
            const struct img_plane *alpha = &p->plane[colours];
            if (p->alpha && alpha->px[alpha->stride * y + x] < 128)
                continue;
            rgb_of(p->space, v, rgb);
            count(bins, rgb);
        }
}

static void dominant_of(const struct img_planes *p, uint8_t ret[3]) {
    struct bin bins[LEVELS * LEVELS * LEVELS] = {{0}};
    fill_bins(p, bins);
    const struct bin *fullest = bins;
    for (const struct bin *b = bins; b < bins + ARRAY_LEN(bins); b++)
        fullest = b->count > fullest->count ? b : fullest;
    for (int c = 0; c < 3; c++)
        ret[c] = fullest->count ? (uint8_t)lrint(fullest->sum[c] / fullest->count) : 255;
}

/*
 * The placeholder's definition is by samples: of a picture that is small already they are taken as
 * they are.
 */
void img_look(const struct img_planes *p, struct img_look *ret) {
    struct look_small small;
    make_small(p, SIDE, SIDE, &small);
    ret->phash = hash_of(&small);
    if (p->width < SIDE || p->height < SIDE)
        make_small(p, p->width < SIDE ? p->width : SIDE, p->height < SIDE ? p->height : SIDE,
                   &small);
    img_look_placeholder(&small, p->width, p->height, ret->placeholder);
    dominant_of(p, ret->dominant);
}
