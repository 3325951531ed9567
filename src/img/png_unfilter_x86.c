/*
 * img/png_unfilter: pixels of 3, 4, 6 and 8 bytes, one at a time in a vector, for each needs the one before it. Loads and
 * stores are of 4 or 8 bytes whatever the pixel has; the next pixel writes over what is too much.
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

static bool always(void) { return true; }
static bool has_sse41(void) { return __builtin_cpu_supports("sse4.1"); }

#define OF_SIZES(name)                                                                             \
    { [3] = name##_3, [4] = name##_4, [6] = name##_6, [8] = name##_8 }
const struct img_png_loops img_png_loops[] = {
    {"sse4.1", has_sse41, OF_SIZES(sub), OF_SIZES(average), OF_SIZES(paeth_sse41)},
    {"sse2", always, OF_SIZES(sub), OF_SIZES(average), OF_SIZES(paeth_sse2)},
};
const size_t img_png_n_loops = sizeof img_png_loops / sizeof *img_png_loops;
#elif !defined(__aarch64__)
const struct img_png_loops img_png_loops[1];
const size_t img_png_n_loops = 0;
#endif
