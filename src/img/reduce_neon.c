/*
 * img/reduce_neon: the inner loops for aarch64, all of which has NEON. A line's samples are multiplied with one
 * weight each, so a pair keeps its two lines apart: eight samples of the one, then eight of the other.
 */
#include "img/reduce_priv.h"

#if defined(__aarch64__)
#include <arm_neon.h>

enum { STEP = 8 };

static bool always(void) { return true; }

static void add8(const uint8_t *row, uint32_t *sums, size_t n) {
    for (size_t i = 0; i < n; i += STEP) {
        uint16x8_t v = vmovl_u8(vld1_u8(row + i));
        vst1q_u32(sums + i, vaddw_u16(vld1q_u32(sums + i), vget_low_u16(v)));
        vst1q_u32(sums + i + 4, vaddw_high_u16(vld1q_u32(sums + i + 4), v));
    }
}

static void add16(const int16_t *row, uint32_t *sums, size_t n) {
    for (size_t i = 0; i < n; i += STEP) {
        uint16x8_t v = vreinterpretq_u16_s16(vld1q_s16(row + i));
        vst1q_u32(sums + i, vaddw_u16(vld1q_u32(sums + i), vget_low_u16(v)));
        vst1q_u32(sums + i + 4, vaddw_high_u16(vld1q_u32(sums + i + 4), v));
    }
}

static inline int16x8_t weighed(uint8x8_t channel, uint8x8_t alpha) {
    uint16x8_t v = vmull_u8(channel, alpha);
    uint32x4_t low = vmull_n_u16(vget_low_u16(v), ALPHA_FACTOR);
    uint32x4_t high = vmull_high_n_u16(v, ALPHA_FACTOR);
    return vreinterpretq_s16_u16(vshrn_high_n_u32(vshrn_n_u32(low, 16), high, 16));
}

static void multiply2(const uint8_t *row, int16_t *out, size_t n) {
    for (size_t i = 0; i < n; i += 2 * STEP) {
        uint8x8x2_t in = vld2_u8(row + i);
        int16x8x2_t v = {{weighed(in.val[0], in.val[1]), weighed(in.val[1], vdup_n_u8(255))}};
        vst2q_s16(out + i, v);
    }
}

static void multiply4(const uint8_t *row, int16_t *out, size_t n) {
    for (size_t i = 0; i < n; i += 4 * STEP) {
        uint8x8x4_t in = vld4_u8(row + i);
        uint8x8_t alpha = in.val[3];
        int16x8x4_t v = {{weighed(in.val[0], alpha), weighed(in.val[1], alpha),
                          weighed(in.val[2], alpha), weighed(alpha, vdup_n_u8(255))}};
        vst4q_s16(out + i, v);
    }
}

static void multiply(const uint8_t *row, unsigned channels, int16_t *out, size_t n) {
    (channels == 2 ? multiply2 : multiply4)(row, out, n);
}

static inline uint16x4_t quotients(int16x4_t color, int16x4_t alpha) {
    int32x4_t a = vmovl_s16(alpha);
    float32x4_t by = vcvtq_f32_s32(vmaxq_s32(a, vdupq_n_s32(1)));
    float32x4_t v = vdivq_f32(vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(color)), 255), by);
    v = vminq_f32(vmaxq_f32(v, vdupq_n_f32(0)), vdupq_n_f32(255));
    uint32x4_t rounded = vcvtq_u32_f32(vaddq_f32(v, vdupq_n_f32(0.5F)));
    return vmovn_u32(vandq_u32(rounded, vcgeq_s32(a, vdupq_n_s32(LEAST_ALPHA))));
}

static void divide(const int16_t *color, const int16_t *alpha, uint8_t *out, size_t n) {
    for (size_t i = 0; i < n; i += STEP) {
        int16x8_t c = vld1q_s16(color + i), a = vld1q_s16(alpha + i);
        uint16x4_t low = quotients(vget_low_s16(c), vget_low_s16(a));
        uint16x4_t high = quotients(vget_high_s16(c), vget_high_s16(a));
        vst1_u8(out + i, vmovn_u16(vcombine_u16(low, high)));
    }
}

static void pair8(const uint8_t *even, const uint8_t *odd, int16_t *pair, size_t n) {
    for (size_t i = 0; i < n; i += STEP, pair += 2 * STEP) {
        uint16x8_t a = vshll_n_u8(vld1_u8(even + i), LINE_BITS);
        uint16x8_t b = vshll_n_u8(vld1_u8(odd + i), LINE_BITS);
        vst1q_s16(pair, vreinterpretq_s16_u16(a));
        vst1q_s16(pair + STEP, vreinterpretq_s16_u16(b));
    }
}

static void pair16(const int16_t *even, const int16_t *odd, int16_t *pair, size_t n) {
    for (size_t i = 0; i < n; i += STEP, pair += 2 * STEP) {
        vst1q_s16(pair, vld1q_s16(even + i));
        vst1q_s16(pair + STEP, vld1q_s16(odd + i));
    }
}

static void down(const int16_t *const *pairs, const int32_t *weights, size_t n_pairs, int16_t *out,
                 size_t n) {
    enum { VECTORS = 4 };
    for (size_t at = 0; at < n; at += VECTORS * STEP) {
        int32x4_t low[VECTORS], high[VECTORS];
        for (size_t i = 0; i < VECTORS; i++)
            low[i] = high[i] = vdupq_n_s32(1 << (DOWN_SHIFT - 1));
        for (size_t k = 0; k < n_pairs; k++) {
            const int16_t *in = pairs[k] + 2 * at;
            int16_t even = (int16_t)weights[k], odd = (int16_t)(weights[k] >> 16);
            for (size_t i = 0; i < VECTORS; i++, in += 2 * STEP) {
                int16x8_t a = vld1q_s16(in), b = vld1q_s16(in + STEP);
                low[i] = vmlal_n_s16(low[i], vget_low_s16(a), even);
                high[i] = vmlal_high_n_s16(high[i], a, even);
                low[i] = vmlal_n_s16(low[i], vget_low_s16(b), odd);
                high[i] = vmlal_high_n_s16(high[i], b, odd);
            }
        }
        for (size_t i = 0; i < VECTORS; i++)
            vst1q_s16(out + at + STEP * i,
                      vqshrn_high_n_s32(vqshrn_n_s32(low[i], DOWN_SHIFT), high[i], DOWN_SHIFT));
    }
}

static void apart(const int16_t *in, unsigned channels, int16_t *const out[4], size_t n) {
    for (size_t i = 0; i < n; i += STEP, in += channels * STEP) {
        int16x8x4_t v = {{{0}}};
        if (channels == 4) {
            v = vld4q_s16(in);
        } else if (channels == 3) {
            int16x8x3_t three = vld3q_s16(in);
            v = (int16x8x4_t){{three.val[0], three.val[1], three.val[2]}};
        } else {
            int16x8x2_t two = vld2q_s16(in);
            v = (int16x8x4_t){{two.val[0], two.val[1]}};
        }
        for (unsigned c = 0; c < channels; c++)
            vst1q_s16(out[c] + i, v.val[c]);
    }
}

/* The sums of outputs 0 to 3 and 4 to 7 of a block. */
static inline int32x4x2_t across(const int16_t *in, const struct img_across *a, size_t block) {
    const int16_t *w = a->weights + block * a->groups * ACROSS_BLOCK * ACROSS_TAPS;
    const uint32_t *first = a->first + block * ACROSS_BLOCK;
    int32x4_t s[ACROSS_BLOCK];
    for (size_t i = 0; i < ACROSS_BLOCK; i++)
        s[i] = vdupq_n_s32(0);
    for (size_t g = 0; g < a->groups; g++, in += ACROSS_TAPS)
        for (size_t i = 0; i < ACROSS_BLOCK; i++, w += ACROSS_TAPS) {
            size_t output = i / 2 + i % 2 * 4;
            int16x8_t v = vld1q_s16(in + first[output]), weight = vld1q_s16(w);
            s[output] = vmlal_s16(s[output], vget_low_s16(v), vget_low_s16(weight));
            s[output] = vmlal_high_s16(s[output], v, weight);
        }
    return (int32x4x2_t){{vpaddq_s32(vpaddq_s32(s[0], s[1]), vpaddq_s32(s[2], s[3])),
                          vpaddq_s32(vpaddq_s32(s[4], s[5]), vpaddq_s32(s[6], s[7]))}};
}

static inline int16x8_t shifted(int32x4x2_t sums, int shift) {
    int32x4_t half = vdupq_n_s32(1 << (shift - 1)), by = vdupq_n_s32(-shift);
    return vcombine_s16(vqmovn_s32(vshlq_s32(vaddq_s32(sums.val[0], half), by)),
                        vqmovn_s32(vshlq_s32(vaddq_s32(sums.val[1], half), by)));
}

static void across8(const int16_t *in, const struct img_across *a, uint8_t *out) {
    for (size_t block = 0; block < a->blocks; block++, out += ACROSS_BLOCK)
        vst1_u8(out, vqmovun_s16(shifted(across(in, a, block), ACROSS8_SHIFT)));
}

static void across16(const int16_t *in, const struct img_across *a, int16_t *out) {
    for (size_t block = 0; block < a->blocks; block++, out += ACROSS_BLOCK)
        vst1q_s16(out, shifted(across(in, a, block), WEIGHT_BITS));
}

const struct img_loops img_loops_neon = {"neon", always, add8, add16, multiply, divide,
                                         pair8,  pair16, down, apart, across8,  across16};
#endif
