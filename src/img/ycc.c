/*
 * img/color: between JFIF's YCbCr and RGB. Sixteen-bit arithmetic, within 1 of exact. It is
 * written so that compilers make vectors of it: of sixteen-bit numbers that come from memory, a
 * rounded upper half of a product is one instruction.
 */
#include "img/color_priv.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum { CHUNK = 512, Q = 32768 };
#define K(x) ((int)((x)*Q + 0.5))

INLINE int16_t times(int16_t v, int k) { return (int16_t)((((v * k) >> 14) + 1) >> 1); }
INLINE uint8_t clip(int16_t v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }

/* ---- To RGB: in 64ths; at most CHUNK samples ---- */

INLINE void widen(const uint8_t *restrict from, int offset, int16_t *restrict to, size_t n) {
    for (size_t i = 0; i < n; i++)
        to[i] = (int16_t)(from[i] * 64 + offset);
}

INLINE void rgb_chunk(uint8_t *restrict a, uint8_t *restrict b, uint8_t *restrict c, size_t n) {
    int16_t y[CHUNK], cb[CHUNK], cr[CHUNK];
    widen(a, 32, y, n);
    widen(b, -8192, cb, n);
    widen(c, -8192, cr, n);
    for (size_t i = 0; i < n; i++) {
        a[i] = clip((int16_t)(y[i] + cr[i] + times(cr[i], K(0.402))) >> 6);
        b[i] = clip((int16_t)(y[i] - times(cb[i], K(0.344136286)) - times(cr[i], K(0.714136286))) >>
                    6);
        c[i] = clip((int16_t)(y[i] + cb[i] + times(cb[i], K(0.772))) >> 6);
    }
}

/* ---- To YCbCr: in 128ths; chroma of sums of four ---- */

INLINE void luma_chunk(const uint8_t *const px[3], uint8_t *restrict y, size_t n) {
    int16_t rgb[3][CHUNK];
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < n; i++)
            rgb[c][i] = (int16_t)(px[c][i] * 128);
    for (size_t i = 0; i < n; i++)
        y[i] = (uint8_t)((uint16_t)(times(rgb[0][i], K(0.299)) + times(rgb[1][i], K(0.587)) +
                                    times(rgb[2][i], K(0.114)) + 64) >>
                         7);
}

/* From two rows; n samples of chroma, two of the rows' each. */
INLINE void chroma_chunk(const uint8_t *const upper[3], const uint8_t *const lower[3],
                         uint8_t *restrict cb, uint8_t *restrict cr, size_t n) {
    int16_t rgb[3][CHUNK];
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < n; i++)
            rgb[c][i] = (int16_t)((upper[c][2 * i] + upper[c][2 * i + 1] + lower[c][2 * i] +
                                   lower[c][2 * i + 1]) *
                                  32);
    for (size_t i = 0; i < n; i++) {
        int16_t r = rgb[0][i], g = rgb[1][i], b = rgb[2][i];
        int16_t blue =
            (int16_t)(times(b, K(0.5)) - times(r, K(0.168735892)) - times(g, K(0.331264108)) + 64);
        int16_t red =
            (int16_t)(times(r, K(0.5)) - times(g, K(0.418687589)) - times(b, K(0.081312411)) + 64);
        cb[i] = clip((int16_t)((blue >> 7) + 128));
        cr[i] = clip((int16_t)((red >> 7) + 128));
    }
}

/* ---- The loops, once for each kind of processor ---- */

struct loops {
    void (*rgb)(uint8_t *a, uint8_t *b, uint8_t *c, size_t n);
    void (*luma)(const uint8_t *const px[3], uint8_t *y, size_t n);
    void (*chroma)(const uint8_t *const upper[3], const uint8_t *const lower[3], uint8_t *cb,
                   uint8_t *cr, size_t n);
};
#define LOOPS(name, attributes)                                                                    \
    attributes static void rgb_##name(uint8_t *a, uint8_t *b, uint8_t *c, size_t n) {              \
        rgb_chunk(a, b, c, n);                                                                     \
    }                                                                                              \
    attributes static void luma_##name(const uint8_t *const px[3], uint8_t *y, size_t n) {         \
        luma_chunk(px, y, n);                                                                      \
    }                                                                                              \
    attributes static void chroma_##name(const uint8_t *const upper[3],                            \
                                         const uint8_t *const lower[3], uint8_t *cb, uint8_t *cr,  \
                                         size_t n) {                                               \
        chroma_chunk(upper, lower, cb, cr, n);                                                     \
    }                                                                                              \
    static const struct loops loops_##name = {rgb_##name, luma_##name, chroma_##name};
LOOPS(plain, )
#if defined __x86_64__
LOOPS(avx2, __attribute__((target("avx2"))))
#else
#define loops_avx2 loops_plain
#endif
bool img_color_plain;

static bool has_avx2(void) {
#if defined __x86_64__
    return __builtin_cpu_supports("avx2");
#else
    return false;
#endif
}

void img_color_use_vectors(bool yes) { img_color_plain = !yes; }

static const struct loops *best(void) {
    return !img_color_plain && has_avx2() ? &loops_avx2 : &loops_plain;
}

static uint8_t *row_of(const struct img_planes *p, unsigned plane, uint32_t y) {
    return p->plane[plane].px + p->plane[plane].stride * y;
}
static size_t part(size_t at, size_t of) { return of - at < CHUNK ? of - at : CHUNK; }

void img_ycc_to_rgb(struct img_planes *p) {
    const struct loops *loops = best();
    for (uint32_t y = 0; y < p->height; y++)
        for (size_t x = 0; x < p->width; x += CHUNK)
            loops->rgb(row_of(p, 0, y) + x, row_of(p, 1, y) + x, row_of(p, 2, y) + x,
                       part(x, p->width));
    p->space = IMG_RGB;
}

/* Where the width is odd the last column stands for two. */
static void chroma_row(const struct loops *loops, const uint8_t *const upper[3],
                       const uint8_t *const lower[3], uint32_t width, uint8_t *cb, uint8_t *cr) {
    size_t pairs = width / 2;
    for (size_t x = 0; x < pairs; x += CHUNK) {
        const uint8_t *const from[3] = {upper[0] + 2 * x, upper[1] + 2 * x, upper[2] + 2 * x};
        const uint8_t *const below[3] = {lower[0] + 2 * x, lower[1] + 2 * x, lower[2] + 2 * x};
        loops->chroma(from, below, cb + x, cr + x, part(x, pairs));
    }
    if (width % 2) {
        uint8_t ends[2][3][2];
        const uint8_t *from[3], *below[3];
        for (int c = 0; c < 3; c++) {
            from[c] = memset(ends[0][c], upper[c][width - 1], 2);
            below[c] = memset(ends[1][c], lower[c][width - 1], 2);
        }
        loops->chroma(from, below, cb + pairs, cr + pairs, 1);
    }
}

void img_rgb_to_ycc(const struct img_planes *from, struct img_planes *ret) {
    const struct loops *loops = best();
    img_planes_init(ret, IMG_YCC, false, from->width, from->height, 2, 2);
    for (uint32_t y = 0; y < from->height; y++) {
        uint32_t above = y - y % 2;
        const uint8_t *upper[3], *lower[3];
        for (unsigned c = 0; c < 3; c++) {
            upper[c] = row_of(from, c, above);
            lower[c] = row_of(from, c, y);
        }
        for (size_t x = 0; x < from->width; x += CHUNK) {
            const uint8_t *const at[3] = {lower[0] + x, lower[1] + x, lower[2] + x};
            loops->luma(at, row_of(ret, 0, y) + x, part(x, from->width));
        }
        if (y % 2 || y + 1 == from->height)
            chroma_row(loops, upper, lower, from->width, row_of(ret, 1, y / 2),
                       row_of(ret, 2, y / 2));
    }
}
