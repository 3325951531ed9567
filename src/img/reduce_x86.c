/*
 * img/reduce_x86: the inner loops for SSE4.1 and AVX2. All multiplication is pmaddwd: two lines, or two
 * taps, at once. AVX2's instructions work on two halves of 128 bits; pairs are stored in the order
 * that this gives, and down's packing puts them straight again.
 */
#include "img/reduce_priv.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define SSE4   __attribute__((target("sse4.1")))
#define AVX2   __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline))

enum { TWO_OUTPUTS = 2 * ACROSS_TAPS }; /* weights that are multiplied together */

/* ---- SSE4.1 ---- */

static bool can_sse4(void) { return __builtin_cpu_supports("sse4.1"); }

SSE4 INLINE __m128i load(const void *p) { return _mm_loadu_si128(p); }
SSE4 INLINE void store(void *p, __m128i v) { _mm_storeu_si128(p, v); }

SSE4 static void add8_sse4(const uint8_t *row, uint32_t *sums, size_t n) {
    for (size_t i = 0; i < n; i += 4) {
        int32_t four;
        memcpy(&four, row + i, sizeof four);
        store(sums + i, _mm_add_epi32(load(sums + i), _mm_cvtepu8_epi32(_mm_cvtsi32_si128(four))));
    }
}

SSE4 static void add16_sse4(const int16_t *row, uint32_t *sums, size_t n) {
    for (size_t i = 0; i < n; i += 4)
        store(sums + i,
              _mm_add_epi32(load(sums + i),
                            _mm_cvtepu16_epi32(_mm_loadl_epi64((const void *)(row + i)))));
}

/* Pixels of channels: alpha's bytes to the places of the colours, and 255 to its own. */
#define ALPHA_OF_2 1, -1, 3, -1, 5, -1, 7, -1, 9, -1, 11, -1, 13, -1, 15, -1
#define ALPHA_OF_4 3, 3, 3, -1, 7, 7, 7, -1, 11, 11, 11, -1, 15, 15, 15, -1
static const char alphas[][16] = {[2] = {ALPHA_OF_2}, [4] = {ALPHA_OF_4}};

/* Pixels' bytes that each is to be multiplied with. */
SSE4 INLINE __m128i multipliers(__m128i pixels, unsigned channels) {
    const __m128i own = _mm_set1_epi32(channels == 2 ? (int)0xff00ff00 : (int)0xff000000);
    return _mm_or_si128(_mm_shuffle_epi8(pixels, load(alphas[channels])), own);
}

SSE4 static void multiply_sse4(const uint8_t *row, unsigned channels, int16_t *out, size_t n) {
    const __m128i factor = _mm_set1_epi16((int16_t)ALPHA_FACTOR);
    for (size_t i = 0; i < n; i += 16) {
        __m128i a = load(row + i), b = multipliers(a, channels), zero = _mm_setzero_si128();
        __m128i low = _mm_mullo_epi16(_mm_cvtepu8_epi16(a), _mm_cvtepu8_epi16(b));
        __m128i high = _mm_mullo_epi16(_mm_unpackhi_epi8(a, zero), _mm_unpackhi_epi8(b, zero));
        store(out + i, _mm_mulhi_epu16(low, factor));
        store(out + i + 8, _mm_mulhi_epu16(high, factor));
    }
}

SSE4 INLINE __m128i quotients_sse4(__m128i color, __m128i alpha) {
    __m128 by = _mm_cvtepi32_ps(_mm_max_epi32(alpha, _mm_set1_epi32(1)));
    __m128 v = _mm_div_ps(_mm_mul_ps(_mm_cvtepi32_ps(color), _mm_set1_ps(255)), by);
    v = _mm_min_ps(_mm_max_ps(v, _mm_setzero_ps()), _mm_set1_ps(255));
    __m128i rounded = _mm_cvttps_epi32(_mm_add_ps(v, _mm_set1_ps(0.5F)));
    return _mm_andnot_si128(_mm_cmplt_epi32(alpha, _mm_set1_epi32(LEAST_ALPHA)), rounded);
}

SSE4 static void divide_sse4(const int16_t *color, const int16_t *alpha, uint8_t *out, size_t n) {
    for (size_t i = 0; i < n; i += 8) {
        __m128i c = load(color + i), a = load(alpha + i);
        __m128i low = quotients_sse4(_mm_cvtepi16_epi32(c), _mm_cvtepi16_epi32(a));
        __m128i high = quotients_sse4(_mm_cvtepi16_epi32(_mm_srli_si128(c, 8)),
                                      _mm_cvtepi16_epi32(_mm_srli_si128(a, 8)));
        __m128i v = _mm_packs_epi32(low, high);
        _mm_storel_epi64((void *)(out + i), _mm_packus_epi16(v, v));
    }
}

SSE4 static void pair8_sse4(const uint8_t *even, const uint8_t *odd, int16_t *pair, size_t n) {
    for (size_t i = 0; i < n; i += 8, pair += 16) {
        __m128i a = _mm_cvtepu8_epi16(_mm_loadl_epi64((const void *)(even + i)));
        __m128i b = _mm_cvtepu8_epi16(_mm_loadl_epi64((const void *)(odd + i)));
        a = _mm_slli_epi16(a, LINE_BITS);
        b = _mm_slli_epi16(b, LINE_BITS);
        store(pair, _mm_unpacklo_epi16(a, b));
        store(pair + 8, _mm_unpackhi_epi16(a, b));
    }
}

SSE4 static void pair16_sse4(const int16_t *even, const int16_t *odd, int16_t *pair, size_t n) {
    for (size_t i = 0; i < n; i += 8, pair += 16) {
        __m128i a = load(even + i), b = load(odd + i);
        store(pair, _mm_unpacklo_epi16(a, b));
        store(pair + 8, _mm_unpackhi_epi16(a, b));
    }
}

SSE4 static void down_sse4(const int16_t *const *pairs, const int32_t *weights, size_t n_pairs,
                           int16_t *out, size_t n) {
    enum { SUMS = 8, STEP = 4 * SUMS };
    for (size_t at = 0; at < n; at += STEP) {
        __m128i sums[SUMS];
        for (size_t i = 0; i < SUMS; i++)
            sums[i] = _mm_set1_epi32(1 << (DOWN_SHIFT - 1));
        for (size_t k = 0; k < n_pairs; k++) {
            const int16_t *in = pairs[k] + 2 * at;
            __m128i weight = _mm_set1_epi32(weights[k]);
            for (size_t i = 0; i < SUMS; i++)
                sums[i] = _mm_add_epi32(sums[i], _mm_madd_epi16(load(in + 8 * i), weight));
        }
        for (size_t i = 0; i < SUMS; i += 2)
            store(out + at + 4 * i, _mm_packs_epi32(_mm_srai_epi32(sums[i], DOWN_SHIFT),
                                                    _mm_srai_epi32(sums[i + 1], DOWN_SHIFT)));
    }
}

/*
 * Eight pixels of three channels lie in three vectors, and what belongs to one channel in places that do not
 * clash: two blends bring it together, a shuffle puts it in order.
 */
enum { PLACES_258 = 0x24, PLACES_036 = 0x49, PLACES_147 = 0x92 };
#define ELEMENT(i) (char)(2 * (i)), (char)(2 * (i) + 1)
#define ORDER(a, b, c, d, e, f, g, h)                                                              \
    ELEMENT(a), ELEMENT(b), ELEMENT(c), ELEMENT(d), ELEMENT(e), ELEMENT(f), ELEMENT(g), ELEMENT(h)
#define ORDER_OF_3_0 ORDER(0, 3, 6, 1, 4, 7, 2, 5)
#define ORDER_OF_3_1 ORDER(1, 4, 7, 2, 5, 0, 3, 6)
#define ORDER_OF_3_2 ORDER(2, 5, 0, 3, 6, 1, 4, 7)
#define ORDER_OF_2   ORDER(0, 2, 4, 6, 1, 3, 5, 7)
#define ORDER_OF_4   ORDER(0, 4, 1, 5, 2, 6, 3, 7)

SSE4 static void apart2_sse4(const int16_t *in, int16_t *const out[4], size_t n) {
    const __m128i order = _mm_setr_epi8(ORDER_OF_2);
    for (size_t i = 0; i < n; i += 8, in += 16) {
        __m128i a = _mm_shuffle_epi8(load(in), order), b = _mm_shuffle_epi8(load(in + 8), order);
        store(out[0] + i, _mm_unpacklo_epi64(a, b));
        store(out[1] + i, _mm_unpackhi_epi64(a, b));
    }
}

SSE4 static void apart3_sse4(const int16_t *in, int16_t *const out[4], size_t n) {
    for (size_t i = 0; i < n; i += 8, in += 24) {
        __m128i a = load(in), b = load(in + 8), c = load(in + 16);
        __m128i first = _mm_blend_epi16(_mm_blend_epi16(a, b, PLACES_147), c, PLACES_258);
        __m128i second = _mm_blend_epi16(_mm_blend_epi16(a, b, PLACES_258), c, PLACES_036);
        __m128i third = _mm_blend_epi16(_mm_blend_epi16(a, b, PLACES_036), c, PLACES_147);
        store(out[0] + i, _mm_shuffle_epi8(first, _mm_setr_epi8(ORDER_OF_3_0)));
        store(out[1] + i, _mm_shuffle_epi8(second, _mm_setr_epi8(ORDER_OF_3_1)));
        store(out[2] + i, _mm_shuffle_epi8(third, _mm_setr_epi8(ORDER_OF_3_2)));
    }
}

/* Two pixels a vector: their samples beside each other are 32 bits, and four by four of these are transposed. */
SSE4 static void apart4_sse4(const int16_t *in, int16_t *const out[4], size_t n) {
    const __m128i order = _mm_setr_epi8(ORDER_OF_4);
    for (size_t i = 0; i < n; i += 8, in += 32) {
        __m128i a = _mm_shuffle_epi8(load(in), order);
        __m128i b = _mm_shuffle_epi8(load(in + 8), order);
        __m128i c = _mm_shuffle_epi8(load(in + 16), order);
        __m128i d = _mm_shuffle_epi8(load(in + 24), order);
        __m128i ab = _mm_unpacklo_epi32(a, b), cd = _mm_unpacklo_epi32(c, d);
        store(out[0] + i, _mm_unpacklo_epi64(ab, cd));
        store(out[1] + i, _mm_unpackhi_epi64(ab, cd));
        ab = _mm_unpackhi_epi32(a, b);
        cd = _mm_unpackhi_epi32(c, d);
        store(out[2] + i, _mm_unpacklo_epi64(ab, cd));
        store(out[3] + i, _mm_unpackhi_epi64(ab, cd));
    }
}

static void apart_sse4(const int16_t *in, unsigned channels, int16_t *const out[4], size_t n) {
    static void (*const of[])(const int16_t *, int16_t *const[4],
                              size_t) = {apart2_sse4, apart3_sse4, apart4_sse4};
    of[channels - 2](in, out, n);
}

/* The sums of outputs 0 to 3 and 4 to 7 of a block. */
SSE4 INLINE void across_sse4(const int16_t *in, const struct img_across *a, size_t block,
                             __m128i ret[2]) {
    const int16_t *w = a->weights + block * a->groups * ACROSS_BLOCK * ACROSS_TAPS;
    const uint32_t *first = a->first + block * ACROSS_BLOCK;
    __m128i sums[ACROSS_BLOCK];
    for (size_t i = 0; i < ACROSS_BLOCK; i++)
        sums[i] = _mm_setzero_si128();
    for (size_t g = 0; g < a->groups; g++, in += ACROSS_TAPS)
        for (size_t i = 0; i < 4; i++, w += TWO_OUTPUTS) {
            sums[i] = _mm_add_epi32(sums[i], _mm_madd_epi16(load(in + first[i]), load(w)));
            sums[i + 4] = _mm_add_epi32(
                sums[i + 4], _mm_madd_epi16(load(in + first[i + 4]), load(w + ACROSS_TAPS)));
        }
    for (size_t i = 0; i < 2; i++) {
        const __m128i *s = sums + 4 * i;
        ret[i] = _mm_hadd_epi32(_mm_hadd_epi32(s[0], s[1]), _mm_hadd_epi32(s[2], s[3]));
    }
}

SSE4 INLINE __m128i shifted_sse4(const __m128i sums[2], int shift) {
    const __m128i half = _mm_set1_epi32(1 << (shift - 1));
    return _mm_packs_epi32(_mm_srai_epi32(_mm_add_epi32(sums[0], half), shift),
                           _mm_srai_epi32(_mm_add_epi32(sums[1], half), shift));
}

SSE4 static void across8_sse4(const int16_t *in, const struct img_across *a, uint8_t *out) {
    for (size_t block = 0; block < a->blocks; block++, out += ACROSS_BLOCK) {
        __m128i sums[2];
        across_sse4(in, a, block, sums);
        __m128i v = shifted_sse4(sums, ACROSS8_SHIFT);
        _mm_storel_epi64((void *)out, _mm_packus_epi16(v, v));
    }
}

SSE4 static void across16_sse4(const int16_t *in, const struct img_across *a, int16_t *out) {
    for (size_t block = 0; block < a->blocks; block++, out += ACROSS_BLOCK) {
        __m128i sums[2];
        across_sse4(in, a, block, sums);
        store(out, shifted_sse4(sums, WEIGHT_BITS));
    }
}

const struct img_loops img_loops_sse4 = {"sse4.1",      can_sse4,    add8_sse4,    add16_sse4,
                                         multiply_sse4, divide_sse4, pair8_sse4,   pair16_sse4,
                                         down_sse4,     apart_sse4,  across8_sse4, across16_sse4};

/* ---- AVX2 ---- */

static bool can_avx2(void) { return __builtin_cpu_supports("avx2"); }

AVX2 INLINE __m256i load32(const void *p) { return _mm256_loadu_si256(p); }
AVX2 INLINE void store32(void *p, __m256i v) { _mm256_storeu_si256(p, v); }
AVX2 INLINE __m256i load_halves(const int16_t *low, const int16_t *high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const void *)low)),
                                   _mm_loadu_si128((const void *)high), 1);
}

AVX2 static void add8_avx2(const uint8_t *row, uint32_t *sums, size_t n) {
    for (size_t i = 0; i < n; i += 8)
        store32(sums + i,
                _mm256_add_epi32(load32(sums + i),
                                 _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(row + i)))));
}

AVX2 static void add16_avx2(const int16_t *row, uint32_t *sums, size_t n) {
    for (size_t i = 0; i < n; i += 8)
        store32(sums + i,
                _mm256_add_epi32(load32(sums + i),
                                 _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)(row + i)))));
}

AVX2 static void multiply_avx2(const uint8_t *row, unsigned channels, int16_t *out, size_t n) {
    const __m256i factor = _mm256_set1_epi16((int16_t)ALPHA_FACTOR);
    for (size_t i = 0; i < n; i += 16) {
        __m128i a = _mm_loadu_si128((const void *)(row + i)), b = multipliers(a, channels);
        __m256i v = _mm256_mullo_epi16(_mm256_cvtepu8_epi16(a), _mm256_cvtepu8_epi16(b));
        store32(out + i, _mm256_mulhi_epu16(v, factor));
    }
}

AVX2 static void divide_avx2(const int16_t *color, const int16_t *alpha, uint8_t *out, size_t n) {
    for (size_t i = 0; i < n; i += 8) {
        __m256i c = _mm256_cvtepi16_epi32(_mm_loadu_si128((const void *)(color + i)));
        __m256i a = _mm256_cvtepi16_epi32(_mm_loadu_si128((const void *)(alpha + i)));
        __m256 by = _mm256_cvtepi32_ps(_mm256_max_epi32(a, _mm256_set1_epi32(1)));
        __m256 v = _mm256_div_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(c), _mm256_set1_ps(255)), by);
        v = _mm256_min_ps(_mm256_max_ps(v, _mm256_setzero_ps()), _mm256_set1_ps(255));
        __m256i rounded = _mm256_cvttps_epi32(_mm256_add_ps(v, _mm256_set1_ps(0.5F)));
        rounded =
            _mm256_andnot_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(LEAST_ALPHA), a), rounded);
        __m128i words =
            _mm_packs_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1));
        _mm_storel_epi64((void *)(out + i), _mm_packus_epi16(words, words));
    }
}

AVX2 static void pair8_avx2(const uint8_t *even, const uint8_t *odd, int16_t *pair, size_t n) {
    for (size_t i = 0; i < n; i += 16, pair += 32) {
        __m256i a = _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)(even + i)));
        __m256i b = _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)(odd + i)));
        a = _mm256_slli_epi16(a, LINE_BITS);
        b = _mm256_slli_epi16(b, LINE_BITS);
        store32(pair, _mm256_unpacklo_epi16(a, b));
        store32(pair + 16, _mm256_unpackhi_epi16(a, b));
    }
}

AVX2 static void pair16_avx2(const int16_t *even, const int16_t *odd, int16_t *pair, size_t n) {
    for (size_t i = 0; i < n; i += 16, pair += 32) {
        __m256i a = load32(even + i), b = load32(odd + i);
        store32(pair, _mm256_unpacklo_epi16(a, b));
        store32(pair + 16, _mm256_unpackhi_epi16(a, b));
    }
}

AVX2 static void down_avx2(const int16_t *const *pairs, const int32_t *weights, size_t n_pairs,
                           int16_t *out, size_t n) {
    enum { SUMS = 8, STEP = 8 * SUMS };
    for (size_t at = 0; at < n; at += STEP) {
        __m256i sums[SUMS];
        for (size_t i = 0; i < SUMS; i++)
            sums[i] = _mm256_set1_epi32(1 << (DOWN_SHIFT - 1));
        for (size_t k = 0; k < n_pairs; k++) {
            const int16_t *in = pairs[k] + 2 * at;
            __m256i weight = _mm256_set1_epi32(weights[k]);
            for (size_t i = 0; i < SUMS; i++)
                sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(load32(in + 16 * i), weight));
        }
        for (size_t i = 0; i < SUMS; i += 2)
            store32(out + at + 8 * i,
                    _mm256_packs_epi32(_mm256_srai_epi32(sums[i], DOWN_SHIFT),
                                       _mm256_srai_epi32(sums[i + 1], DOWN_SHIFT)));
    }
}

/* Twice the same in the two halves: the high ones begin eight pixels later. */
AVX2 static void apart2_avx2(const int16_t *in, int16_t *const out[4], size_t n) {
    const __m256i order = _mm256_setr_epi8(ORDER_OF_2, ORDER_OF_2);
    for (size_t i = 0; i < n; i += 16, in += 32) {
        __m256i a = _mm256_shuffle_epi8(load_halves(in, in + 16), order);
        __m256i b = _mm256_shuffle_epi8(load_halves(in + 8, in + 24), order);
        store32(out[0] + i, _mm256_unpacklo_epi64(a, b));
        store32(out[1] + i, _mm256_unpackhi_epi64(a, b));
    }
}

AVX2 static void apart3_avx2(const int16_t *in, int16_t *const out[4], size_t n) {
    for (size_t i = 0; i < n; i += 16, in += 48) {
        __m256i a = load_halves(in, in + 24), b = load_halves(in + 8, in + 32);
        __m256i c = load_halves(in + 16, in + 40);
        __m256i first = _mm256_blend_epi16(_mm256_blend_epi16(a, b, PLACES_147), c, PLACES_258);
        __m256i second = _mm256_blend_epi16(_mm256_blend_epi16(a, b, PLACES_258), c, PLACES_036);
        __m256i third = _mm256_blend_epi16(_mm256_blend_epi16(a, b, PLACES_036), c, PLACES_147);
        store32(out[0] + i,
                _mm256_shuffle_epi8(first, _mm256_setr_epi8(ORDER_OF_3_0, ORDER_OF_3_0)));
        store32(out[1] + i,
                _mm256_shuffle_epi8(second, _mm256_setr_epi8(ORDER_OF_3_1, ORDER_OF_3_1)));
        store32(out[2] + i,
                _mm256_shuffle_epi8(third, _mm256_setr_epi8(ORDER_OF_3_2, ORDER_OF_3_2)));
    }
}

AVX2 static void apart4_avx2(const int16_t *in, int16_t *const out[4], size_t n) {
    const __m256i order = _mm256_setr_epi8(ORDER_OF_4, ORDER_OF_4);
    for (size_t i = 0; i < n; i += 16, in += 64) {
        __m256i a = _mm256_shuffle_epi8(load_halves(in, in + 32), order);
        __m256i b = _mm256_shuffle_epi8(load_halves(in + 8, in + 40), order);
        __m256i c = _mm256_shuffle_epi8(load_halves(in + 16, in + 48), order);
        __m256i d = _mm256_shuffle_epi8(load_halves(in + 24, in + 56), order);
        __m256i ab = _mm256_unpacklo_epi32(a, b), cd = _mm256_unpacklo_epi32(c, d);
        store32(out[0] + i, _mm256_unpacklo_epi64(ab, cd));
        store32(out[1] + i, _mm256_unpackhi_epi64(ab, cd));
        ab = _mm256_unpackhi_epi32(a, b);
        cd = _mm256_unpackhi_epi32(c, d);
        store32(out[2] + i, _mm256_unpacklo_epi64(ab, cd));
        store32(out[3] + i, _mm256_unpackhi_epi64(ab, cd));
    }
}

static void apart_avx2(const int16_t *in, unsigned channels, int16_t *const out[4], size_t n) {
    static void (*const of[])(const int16_t *, int16_t *const[4],
                              size_t) = {apart2_avx2, apart3_avx2, apart4_avx2};
    of[channels - 2](in, out, n);
}

/* The sums of a block: outputs i and i + 4 share a vector, so two rounds of adding neighbours put all in order. */
AVX2 INLINE __m256i across_avx2(const int16_t *in, const struct img_across *a, size_t block,
                                size_t groups) {
    const int16_t *w = a->weights + block * groups * ACROSS_BLOCK * ACROSS_TAPS;
    const uint32_t *first = a->first + block * ACROSS_BLOCK;
    __m256i sums[4];
    for (size_t i = 0; i < 4; i++)
        sums[i] = _mm256_setzero_si256();
    for (size_t g = 0; g < groups; g++, in += ACROSS_TAPS)
        for (size_t i = 0; i < 4; i++, w += TWO_OUTPUTS)
            sums[i] = _mm256_add_epi32(
                sums[i],
                _mm256_madd_epi16(load_halves(in + first[i], in + first[i + 4]), load32(w)));
    return _mm256_hadd_epi32(_mm256_hadd_epi32(sums[0], sums[1]),
                             _mm256_hadd_epi32(sums[2], sums[3]));
}

AVX2 INLINE __m128i shifted_avx2(__m256i sums, int shift) {
    sums = _mm256_srai_epi32(_mm256_add_epi32(sums, _mm256_set1_epi32(1 << (shift - 1))), shift);
    return _mm_packs_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

AVX2 INLINE void across8_groups(const int16_t *in, const struct img_across *a, uint8_t *out,
                                size_t groups) {
    for (size_t block = 0; block < a->blocks; block++, out += ACROSS_BLOCK) {
        __m128i v = shifted_avx2(across_avx2(in, a, block, groups), ACROSS8_SHIFT);
        _mm_storel_epi64((void *)out, _mm_packus_epi16(v, v));
    }
}

/* With a constant there is no loop over groups: one is a factor to 1.3 (a scaled JPEG's), two to 2.6. */
AVX2 static void across8_avx2(const int16_t *in, const struct img_across *a, uint8_t *out) {
    if (a->groups == 1)
        across8_groups(in, a, out, 1);
    else if (a->groups == 2)
        across8_groups(in, a, out, 2);
    else
        across8_groups(in, a, out, a->groups);
}

AVX2 static void across16_avx2(const int16_t *in, const struct img_across *a, int16_t *out) {
    for (size_t block = 0; block < a->blocks; block++, out += ACROSS_BLOCK)
        _mm_storeu_si128((void *)out,
                         shifted_avx2(across_avx2(in, a, block, a->groups), WEIGHT_BITS));
}

const struct img_loops img_loops_avx2 = {"avx2",        can_avx2,    add8_avx2,    add16_avx2,
                                         multiply_avx2, divide_avx2, pair8_avx2,   pair16_avx2,
                                         down_avx2,     apart_avx2,  across8_avx2, across16_avx2};
#endif
