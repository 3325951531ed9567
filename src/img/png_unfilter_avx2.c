/*
 * img/png_unfilter: four rows side by side in one vector of AVX2, each two pixels behind the one above it: what a row needs
 * of the one above was done a step earlier than it is needed, and nothing waits for the lanes to be crossed. Pixels of fewer
 * than four bytes leave lanes unused; what these store is overwritten by the next pixel.
 */
#include "img/png_unfilter_priv.h"

#if defined(__x86_64__)
#include <immintrin.h>

enum { ROWS = IMG_PNG_GROUP };
static const size_t behind = 2; /* pixels */

/* What a filter adds, as masks of the rows' lanes. */
struct masks {
    __m256i sub, up, average, paeth;
};

static inline int32_t word(const uint8_t *p) {
    int32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Pixels of four rows, as 16-bit lanes. */
__attribute__((target("avx2"), always_inline)) static inline __m256i four(const uint8_t *a,
                                                                          const uint8_t *b,
                                                                          const uint8_t *c,
                                                                          const uint8_t *d) {
    __m128i upper = _mm_insert_epi32(_mm_cvtsi32_si128(word(a)), word(b), 1);
    __m128i lower = _mm_insert_epi32(_mm_cvtsi32_si128(word(c)), word(d), 1);
    return _mm256_cvtepu8_epi16(_mm_unpacklo_epi64(upper, lower));
}

__attribute__((target("avx2"))) static __m256i lanes(const uint8_t filters[ROWS],
                                                     enum img_png_filter f) {
    return _mm256_setr_epi64x(-(filters[0] == f), -(filters[1] == f), -(filters[2] == f),
                              -(filters[3] == f));
}

__attribute__((target("avx2"), always_inline)) static inline __m256i predict(__m256i left,
                                                                             __m256i over,
                                                                             __m256i corner) {
    __m256i by_left = _mm256_sub_epi16(over, corner), by_above = _mm256_sub_epi16(left, corner);
    __m256i by_corner = _mm256_abs_epi16(_mm256_add_epi16(by_left, by_above));
    by_left = _mm256_abs_epi16(by_left);
    by_above = _mm256_abs_epi16(by_above);
    __m256i least = _mm256_min_epi16(by_corner, _mm256_min_epi16(by_left, by_above));
    __m256i nearest = _mm256_blendv_epi8(corner, over, _mm256_cmpeq_epi16(least, by_above));
    return _mm256_blendv_epi8(nearest, left, _mm256_cmpeq_epi16(least, by_left));
}

__attribute__((target("avx2"), always_inline)) static inline __m256i predict_any(
    const struct masks *m, __m256i left, __m256i over, __m256i corner) {
    __m256i half = _mm256_srli_epi16(_mm256_add_epi16(left, over), 1);
    __m256i other = _mm256_or_si256(
        _mm256_and_si256(half, m->average),
        _mm256_or_si256(_mm256_and_si256(left, m->sub), _mm256_and_si256(over, m->up)));
    return _mm256_or_si256(_mm256_and_si256(predict(left, over, corner), m->paeth), other);
}

__attribute__((target("avx2"), always_inline)) static inline void store_four(
    uint8_t *const out[ROWS], size_t i, size_t bpp, __m256i v) {
    v = _mm256_packus_epi16(v, v);
    __m128i upper = _mm256_castsi256_si128(v), lower = _mm256_extracti128_si256(v, 1);
    int32_t px[ROWS] = {_mm_cvtsi128_si32(upper), _mm_extract_epi32(upper, 1),
                        _mm_cvtsi128_si32(lower), _mm_extract_epi32(lower, 1)};
    for (size_t k = 0; k < ROWS; k++)
        memcpy(out[k] + i + (ROWS - 1 - k) * behind * bpp, &px[k], sizeof px[k]);
}

/*
 * i is where the last row is; the others are ahead of it. What the rows do before the last one begins and after the first
 * one ends is done by plain C, the rows above first.
 */
__attribute__((target("avx2"), always_inline)) static inline void rows_of(
    size_t bpp, bool all_paeth, const uint8_t *const raw[ROWS], const uint8_t filters[ROWS],
    const uint8_t *above, uint8_t *const out[ROWS], size_t n) {
    static const uint8_t nothing[4];
    const struct masks m = {lanes(filters, IMG_PNG_SUB), lanes(filters, IMG_PNG_UP),
                            lanes(filters, IMG_PNG_AVERAGE), lanes(filters, IMG_PNG_PAETH)};
    const __m256i bytes = _mm256_set1_epi16(0xFF);
    __m256i left = four(out[0] + 5 * bpp, out[1] + 3 * bpp, out[2] + bpp, nothing);
    __m256i corner = four(above + 5 * bpp, out[0] + 3 * bpp, out[1] + bpp, nothing);
    __m256i done = four(nothing, out[0] + 4 * bpp, out[1] + 2 * bpp, out[2]);
    size_t end = n - behind * (ROWS - 1) * bpp;
    for (size_t i = 0; i < end; i += bpp) {
        __m256i first =
            _mm256_castsi128_si256(_mm_cvtepu8_epi16(_mm_cvtsi32_si128(word(above + i + 6 * bpp))));
        __m256i over = _mm256_blend_epi32(done, first, 3);
        done = _mm256_permute4x64_epi64(left, _MM_SHUFFLE(2, 1, 0, 0));
        __m256i px =
            four(raw[0] + i + 6 * bpp, raw[1] + i + 4 * bpp, raw[2] + i + 2 * bpp, raw[3] + i);
        __m256i guess =
            all_paeth ? predict(left, over, corner) : predict_any(&m, left, over, corner);
        left = _mm256_and_si256(_mm256_add_epi16(guess, px), bytes);
        corner = over;
        store_four(out, i, bpp, left);
    }
}

__attribute__((target("avx2"), always_inline)) static inline void group(
    size_t bpp, const uint8_t *from, const uint8_t *above, uint8_t *to, size_t stride, size_t n) {
    const uint8_t *raw[ROWS];
    uint8_t *out[ROWS], filters[ROWS];
    bool all_paeth = true;
    for (size_t k = 0; k < ROWS; k++) {
        filters[k] = from[k * (n + 1)];
        all_paeth &= filters[k] == IMG_PNG_PAETH;
        raw[k] = from + k * (n + 1) + 1;
        out[k] = to + k * stride;
        img_png_unfilter_part(filters[k], (unsigned)bpp, raw[k], k ? out[k - 1] : above, out[k], 0,
                              (ROWS - 1 - k) * behind * bpp);
    }
    if (all_paeth)
        rows_of(bpp, true, raw, filters, above, out, n);
    else
        rows_of(bpp, false, raw, filters, above, out, n);
    for (size_t k = 1; k < ROWS; k++)
        img_png_unfilter_part(filters[k], (unsigned)bpp, raw[k], out[k - 1], out[k],
                              n - k * behind * bpp, n);
}

#define GROUP(bpp)                                                                                 \
    __attribute__((target("avx2"))) void img_png_group##bpp##_avx2(                                \
        const uint8_t *from, const uint8_t *above, uint8_t *to, size_t stride, size_t n) {         \
        group(bpp, from, above, to, stride, n);                                                    \
    }
GROUP(1)
GROUP(2)
GROUP(3)
GROUP(4)
#endif
