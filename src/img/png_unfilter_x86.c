/*
 * img/png_unfilter: pixels of 3, 4, 6 and 8 bytes, one at a time in a vector, for each needs the one before it. Loads and
 * stores are of 4 or 8 bytes whatever the pixel has; the next pixel writes over what is too much.
 *
 * What one pixel waits for is most of the time; so four rows go side by side, each one pixel behind the one above it: two
 * rows in a vector, two vectors that do not wait for each other.
 */
#include "img/png_unfilter_priv.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* A pixel as bytes in the low half of a vector; wide: 8 bytes, else 4. */
static inline __m128i load(const uint8_t *p, bool wide) {
    if (wide)
        return _mm_loadl_epi64((const void *)p);
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm_cvtsi32_si128(v);
}
static inline void store(uint8_t *p, __m128i v, bool wide) {
    if (wide) {
        _mm_storel_epi64((void *)p, v);
        return;
    }
    int32_t low = _mm_cvtsi128_si32(v);
    memcpy(p, &low, sizeof low);
}

__attribute__((always_inline)) static inline void sub(unsigned bpp, const uint8_t *from,
                                                      uint8_t *to, size_t n) {
    __m128i left = _mm_setzero_si128();
    for (size_t i = 0; i < n; i += bpp) {
        left = _mm_add_epi8(left, load(from + i, bpp > 4));
        store(to + i, left, bpp > 4);
    }
}

/* (left + above) / 2 rounded down: pavgb rounds up, which is one too much where the two differ in their last bit. */
__attribute__((always_inline)) static inline void average(unsigned bpp, const uint8_t *from,
                                                          const uint8_t *above, uint8_t *to,
                                                          size_t n) {
    const __m128i one = _mm_set1_epi8(1);
    __m128i left = _mm_setzero_si128();
    for (size_t i = 0; i < n; i += bpp) {
        __m128i over = load(above + i, bpp > 4);
        __m128i odd = _mm_and_si128(_mm_xor_si128(left, over), one);
        __m128i half = _mm_sub_epi8(_mm_avg_epu8(left, over), odd);
        left = _mm_add_epi8(half, load(from + i, bpp > 4));
        store(to + i, left, bpp > 4);
    }
}

/* Sums need nine bits: 16-bit lanes. `abs16` and `pick` are what the kinds of processor do differently. */
#define PAETH_LOOP(bpp, abs16, pick)                                                               \
    const __m128i zero = _mm_setzero_si128(), bytes = _mm_set1_epi16(0xFF);                        \
    __m128i left = zero, corner = zero;                                                            \
    for (size_t i = 0; i < n; i += (bpp)) {                                                        \
        __m128i over = _mm_unpacklo_epi8(load(above + i, (bpp) > 4), zero);                        \
        __m128i raw = _mm_unpacklo_epi8(load(from + i, (bpp) > 4), zero);                          \
        __m128i by_left = _mm_sub_epi16(over, corner), by_above = _mm_sub_epi16(left, corner);     \
        __m128i by_corner = abs16(_mm_add_epi16(by_left, by_above));                               \
        by_left = abs16(by_left);                                                                  \
        by_above = abs16(by_above);                                                                \
        __m128i least = _mm_min_epi16(by_corner, _mm_min_epi16(by_left, by_above));                \
        __m128i nearest = pick(_mm_cmpeq_epi16(least, by_above), over, corner);                    \
        nearest = pick(_mm_cmpeq_epi16(least, by_left), left, nearest);                            \
        corner = over;                                                                             \
        left = _mm_and_si128(_mm_add_epi16(nearest, raw), bytes);                                  \
        store(to + i, _mm_packus_epi16(left, left), (bpp) > 4);                                    \
    }

static inline __m128i abs_by_max(__m128i v) {
    return _mm_max_epi16(v, _mm_sub_epi16(_mm_setzero_si128(), v));
}
static inline __m128i pick_by_masks(__m128i mask, __m128i yes, __m128i no) {
    return _mm_or_si128(_mm_and_si128(mask, yes), _mm_andnot_si128(mask, no));
}
#define PICK_BY_BLEND(mask, yes, no) _mm_blendv_epi8(no, yes, mask)

#define LOOPS(bpp)                                                                                 \
    static void sub_##bpp(const uint8_t *from, const uint8_t *, uint8_t *to, size_t n) {           \
        sub(bpp, from, to, n);                                                                     \
    }                                                                                              \
    static void average_##bpp(const uint8_t *from, const uint8_t *above, uint8_t *to, size_t n) {  \
        average(bpp, from, above, to, n);                                                          \
    }                                                                                              \
    static void paeth_sse2_##bpp(const uint8_t *from, const uint8_t *above, uint8_t *to,           \
                                 size_t n) {                                                       \
        PAETH_LOOP(bpp, abs_by_max, pick_by_masks)                                                 \
    }                                                                                              \
    __attribute__((target("sse4.1"))) static void paeth_sse41_##bpp(                               \
        const uint8_t *from, const uint8_t *above, uint8_t *to, size_t n) {                        \
        PAETH_LOOP(bpp, _mm_abs_epi16, PICK_BY_BLEND)                                              \
    }
LOOPS(3)
LOOPS(4)
LOOPS(6)
LOOPS(8)

/* What a filter adds, as masks of the lanes of two rows. */
struct masks {
    __m128i sub, up, average, paeth;
};

static __m128i lanes(bool low, bool high) { return _mm_set_epi64x(high ? -1 : 0, low ? -1 : 0); }
static struct masks masks_of(enum img_png_filter low, enum img_png_filter high) {
    return (struct masks){lanes(low == IMG_PNG_SUB, high == IMG_PNG_SUB),
                          lanes(low == IMG_PNG_UP, high == IMG_PNG_UP),
                          lanes(low == IMG_PNG_AVERAGE, high == IMG_PNG_AVERAGE),
                          lanes(low == IMG_PNG_PAETH, high == IMG_PNG_PAETH)};
}

/* Pixels of two rows, as 16-bit lanes. */
static inline __m128i two(const uint8_t *low, const uint8_t *high) {
    return _mm_unpacklo_epi8(_mm_unpacklo_epi32(load(low, false), load(high, false)),
                             _mm_setzero_si128());
}

/* The next pixel of two rows, whatever their filters. */
__attribute__((target("sse4.1"), always_inline)) static inline __m128i next_two(
    const struct masks *m, __m128i raw, __m128i left, __m128i over, __m128i corner) {
    __m128i other = _mm_and_si128(_mm_srli_epi16(_mm_add_epi16(left, over), 1), m->average);
    other = _mm_or_si128(other, _mm_and_si128(left, m->sub));
    other = _mm_or_si128(other, _mm_and_si128(over, m->up));
    __m128i by_left = _mm_sub_epi16(over, corner), by_above = _mm_sub_epi16(left, corner);
    __m128i by_corner = _mm_abs_epi16(_mm_add_epi16(by_left, by_above));
    by_left = _mm_abs_epi16(by_left);
    by_above = _mm_abs_epi16(by_above);
    __m128i least = _mm_min_epi16(by_corner, _mm_min_epi16(by_left, by_above));
    __m128i nearest = _mm_blendv_epi8(corner, over, _mm_cmpeq_epi16(least, by_above));
    nearest = _mm_blendv_epi8(nearest, left, _mm_cmpeq_epi16(least, by_left));
    __m128i sum = _mm_add_epi16(_mm_and_si128(nearest, m->paeth), _mm_add_epi16(other, raw));
    return _mm_and_si128(sum, _mm_set1_epi16(0xFF));
}

__attribute__((target("sse4.1"), always_inline)) static inline void store_two(uint8_t *low,
                                                                              uint8_t *high,
                                                                              __m128i v) {
    v = _mm_packus_epi16(v, v);
    int32_t a = _mm_cvtsi128_si32(v), b = _mm_extract_epi32(v, 1);
    memcpy(low, &a, sizeof a);
    memcpy(high, &b, sizeof b);
}

/*
 * In step t row k does pixel t - k. What the rows do before the last one begins and after the first one ends is done by
 * plain C, the rows above first.
 */
__attribute__((target("sse4.1"), always_inline)) static inline void group(
    size_t bpp, const uint8_t *from, const uint8_t *above, uint8_t *to, size_t stride, size_t n) {
    enum { ROWS = IMG_PNG_GROUP };
    const uint8_t *raw[ROWS];
    uint8_t *out[ROWS], filter[ROWS];
    static const uint8_t nothing[4];
    for (size_t k = 0; k < ROWS; k++) {
        filter[k] = from[k * (n + 1)];
        raw[k] = from + k * (n + 1) + 1;
        out[k] = to + k * stride;
        img_png_unfilter_part(filter[k], (unsigned)bpp, raw[k], k ? out[k - 1] : above, out[k], 0,
                              (ROWS - 1 - k) * bpp);
    }
    const struct masks upper = masks_of(filter[0], filter[1]),
                       lower = masks_of(filter[2], filter[3]);
    __m128i left0 = two(out[0] + 2 * bpp, out[1] + bpp), left1 = two(out[2], nothing);
    __m128i corner0 = two(above + 2 * bpp, out[0] + bpp), corner1 = two(out[1], nothing);
    size_t end = n - 3 * bpp;
    for (size_t i = 0; i < end; i += bpp) {
        __m128i over0 =
            _mm_unpacklo_epi64(_mm_cvtepu8_epi16(load(above + i + 3 * bpp, false)), left0);
        __m128i over1 = _mm_alignr_epi8(left1, left0, 8);
        left0 = next_two(&upper, two(raw[0] + i + 3 * bpp, raw[1] + i + 2 * bpp), left0, over0,
                         corner0);
        left1 = next_two(&lower, two(raw[2] + i + bpp, raw[3] + i), left1, over1, corner1);
        corner0 = over0;
        corner1 = over1;
        store_two(out[0] + i + 3 * bpp, out[1] + i + 2 * bpp, left0);
        store_two(out[2] + i + bpp, out[3] + i, left1);
    }
    for (size_t k = 1; k < ROWS; k++)
        img_png_unfilter_part(filter[k], (unsigned)bpp, raw[k], out[k - 1], out[k], n - k * bpp, n);
}

#define GROUP(bpp)                                                                                 \
    __attribute__((target("sse4.1"))) static void group_##bpp(                                     \
        const uint8_t *from, const uint8_t *above, uint8_t *to, size_t stride, size_t n) {         \
        group(bpp, from, above, to, stride, n);                                                    \
    }
GROUP(1)
GROUP(2)
GROUP(3)
GROUP(4)

static bool always(void) { return true; }
static bool has_avx2(void) { return __builtin_cpu_supports("avx2"); }
static bool has_sse41(void) { return __builtin_cpu_supports("sse4.1"); }

#define OF_SIZES(name)                                                                             \
    { [3] = name##_3, [4] = name##_4, [6] = name##_6, [8] = name##_8 }
const struct img_png_loops img_png_loops[] = {
    {"avx2",
     has_avx2,
     OF_SIZES(sub),
     OF_SIZES(average),
     OF_SIZES(paeth_sse41),
     {NULL, img_png_group1_avx2, img_png_group2_avx2, img_png_group3_avx2, img_png_group4_avx2}},
    {"sse4.1",
     has_sse41,
     OF_SIZES(sub),
     OF_SIZES(average),
     OF_SIZES(paeth_sse41),
     {NULL, group_1, group_2, group_3, group_4}},
    {"sse2", always, OF_SIZES(sub), OF_SIZES(average), OF_SIZES(paeth_sse2), {0}},
};
const size_t img_png_n_loops = sizeof img_png_loops / sizeof *img_png_loops;
#elif !defined(__aarch64__)
const struct img_png_loops img_png_loops[1];
const size_t img_png_n_loops = 0;
#endif
