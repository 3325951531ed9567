/*
 * img/png_unfilter: as png_unfilter_x86.c and png_unfilter_avx2.c; every aarch64 processor has NEON. Four rows of four bytes
 * are one vector, for the predictor needs no ninth bit: the distance to the corner is the sum of the other two, at most 255,
 * where the corner lies outside of left and above, else their difference.
 */
#include "img/png_unfilter_priv.h"

#if defined(__aarch64__)
#include <arm_neon.h>

/* A pixel in eight lanes; wide: 8 bytes, else 4. */
static inline uint8x8_t load(const uint8_t *p, bool wide) {
    if (wide)
        return vld1_u8(p);
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return vreinterpret_u8_u32(vdup_n_u32(v));
}
static inline void store(uint8_t *p, uint8x8_t v, bool wide) {
    if (wide) {
        vst1_u8(p, v);
        return;
    }
    uint32_t low = vget_lane_u32(vreinterpret_u32_u8(v), 0);
    memcpy(p, &low, sizeof low);
}

static inline void sub(unsigned bpp, const uint8_t *from, uint8_t *to, size_t n) {
    uint8x8_t left = vdup_n_u8(0);
    for (size_t i = 0; i < n; i += bpp) {
        left = vadd_u8(left, load(from + i, bpp > 4));
        store(to + i, left, bpp > 4);
    }
}

static inline void average(unsigned bpp, const uint8_t *from, const uint8_t *above, uint8_t *to,
                           size_t n) {
    uint8x8_t left = vdup_n_u8(0);
    for (size_t i = 0; i < n; i += bpp) {
        left = vadd_u8(vhadd_u8(left, load(above + i, bpp > 4)), load(from + i, bpp > 4));
        store(to + i, left, bpp > 4);
    }
}

static inline void paeth(unsigned bpp, const uint8_t *from, const uint8_t *above, uint8_t *to,
                         size_t n) {
    uint8x8_t left = vdup_n_u8(0), corner = left;
    for (size_t i = 0; i < n; i += bpp) {
        uint8x8_t over = load(above + i, bpp > 4);
        uint16x8_t by_left = vabdl_u8(over, corner), by_above = vabdl_u8(left, corner);
        uint16x8_t by_corner = vabdq_u16(vaddl_u8(left, over), vshll_n_u8(corner, 1));
        uint8x8_t above_wins = vmovn_u16(vcleq_u16(by_above, by_corner));
        uint8x8_t left_wins =
            vmovn_u16(vandq_u16(vcleq_u16(by_left, by_above), vcleq_u16(by_left, by_corner)));
        uint8x8_t nearest = vbsl_u8(left_wins, left, vbsl_u8(above_wins, over, corner));
        corner = over;
        left = vadd_u8(nearest, load(from + i, bpp > 4));
        store(to + i, left, bpp > 4);
    }
}

#define LOOPS(bpp)                                                                                 \
    static void sub_##bpp(const uint8_t *from, const uint8_t *, uint8_t *to, size_t n) {           \
        sub(bpp, from, to, n);                                                                     \
    }                                                                                              \
    static void average_##bpp(const uint8_t *from, const uint8_t *above, uint8_t *to, size_t n) {  \
        average(bpp, from, above, to, n);                                                          \
    }                                                                                              \
    static void paeth_##bpp(const uint8_t *from, const uint8_t *above, uint8_t *to, size_t n) {    \
        paeth(bpp, from, above, to, n);                                                            \
    }
LOOPS(3)
LOOPS(4)
LOOPS(6)
LOOPS(8)

enum { ROWS = IMG_PNG_GROUP };
static const size_t behind = 2; /* pixels that a row is behind the one above it */

static inline uint8x16_t four(const uint8_t *a, const uint8_t *b, const uint8_t *c,
                              const uint8_t *d) {
    const uint8_t *from[ROWS] = {a, b, c, d};
    uint32_t px[ROWS];
    for (size_t k = 0; k < ROWS; k++)
        memcpy(&px[k], from[k], sizeof px[k]);
    return vreinterpretq_u8_u32(vld1q_u32(px));
}

static uint8x16_t lanes(const uint8_t filters[ROWS], enum img_png_filter f) {
    uint32_t masks[ROWS];
    for (size_t k = 0; k < ROWS; k++)
        masks[k] = filters[k] == f ? UINT32_MAX : 0;
    return vreinterpretq_u8_u32(vld1q_u32(masks));
}

static inline uint8x16_t predict(uint8x16_t left, uint8x16_t over, uint8x16_t corner) {
    uint8x16_t by_left = vabdq_u8(over, corner), by_above = vabdq_u8(left, corner);
    uint8x16_t outside = vceqq_u8(vcgeq_u8(over, corner), vcgeq_u8(left, corner));
    uint8x16_t by_corner =
        vbslq_u8(outside, vqaddq_u8(by_left, by_above), vabdq_u8(by_left, by_above));
    uint8x16_t nearest = vbslq_u8(vcleq_u8(by_above, by_corner), over, corner);
    return vbslq_u8(vcleq_u8(by_left, vminq_u8(by_above, by_corner)), left, nearest);
}

__attribute__((always_inline)) static inline void group(size_t bpp, const uint8_t *from,
                                                        const uint8_t *above, uint8_t *to,
                                                        size_t stride, size_t n) {
    static const uint8_t nothing[4];
    const uint8_t *raw[ROWS];
    uint8_t *out[ROWS], filters[ROWS];
    for (size_t k = 0; k < ROWS; k++) {
        filters[k] = from[k * (n + 1)];
        raw[k] = from + k * (n + 1) + 1;
        out[k] = to + k * stride;
        img_png_unfilter_part(filters[k], (unsigned)bpp, raw[k], k ? out[k - 1] : above, out[k], 0,
                              (ROWS - 1 - k) * behind * bpp);
    }
    const uint8x16_t sub_lanes = lanes(filters, IMG_PNG_SUB), up = lanes(filters, IMG_PNG_UP);
    const uint8x16_t half = lanes(filters, IMG_PNG_AVERAGE), pick = lanes(filters, IMG_PNG_PAETH);
    uint8x16_t left = four(out[0] + 5 * bpp, out[1] + 3 * bpp, out[2] + bpp, nothing);
    uint8x16_t corner = four(above + 5 * bpp, out[0] + 3 * bpp, out[1] + bpp, nothing);
    uint8x16_t done = four(nothing, out[0] + 4 * bpp, out[1] + 2 * bpp, out[2]);
    size_t end = n - behind * (ROWS - 1) * bpp;
    for (size_t i = 0; i < end; i += bpp) {
        uint8x16_t first = four(above + i + 6 * bpp, nothing, nothing, nothing);
        uint8x16_t over = vorrq_u8(done, first);
        done = vextq_u8(vdupq_n_u8(0), left, 12);
        uint8x16_t guess = vandq_u8(predict(left, over, corner), pick);
        guess = vorrq_u8(guess, vandq_u8(vhaddq_u8(left, over), half));
        guess = vorrq_u8(guess, vorrq_u8(vandq_u8(left, sub_lanes), vandq_u8(over, up)));
        left = vaddq_u8(guess, four(raw[0] + i + 6 * bpp, raw[1] + i + 4 * bpp,
                                    raw[2] + i + 2 * bpp, raw[3] + i));
        corner = over;
        uint32_t px[ROWS];
        vst1q_u32(px, vreinterpretq_u32_u8(left));
        for (size_t k = 0; k < ROWS; k++)
            memcpy(out[k] + i + (ROWS - 1 - k) * behind * bpp, &px[k], sizeof px[k]);
    }
    for (size_t k = 1; k < ROWS; k++)
        img_png_unfilter_part(filters[k], (unsigned)bpp, raw[k], out[k - 1], out[k],
                              n - k * behind * bpp, n);
}

#define GROUP(bpp)                                                                                 \
    static void group_##bpp(const uint8_t *from, const uint8_t *above, uint8_t *to, size_t stride, \
                            size_t n) {                                                            \
        group(bpp, from, above, to, stride, n);                                                    \
    }
GROUP(1)
GROUP(2)
GROUP(3)
GROUP(4)

static bool always(void) { return true; }

#define OF_SIZES(name)                                                                             \
    { [3] = name##_3, [4] = name##_4, [6] = name##_6, [8] = name##_8 }
const struct img_png_loops img_png_loops[] = {
    {"neon",
     always,
     OF_SIZES(sub),
     OF_SIZES(average),
     OF_SIZES(paeth),
     {NULL, group_1, group_2, group_3, group_4}},
};
const size_t img_png_n_loops = 1;
#endif
