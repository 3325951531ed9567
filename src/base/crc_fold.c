/*
 * base/crc_fold: a text's blocks are folded into one that has the same remainder ("Fast CRC
 * Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009).
 *
 * All is reflected: of 64 bits the lowest stands for x^63, so a block's first half stands for
 * higher powers than its second. A product of two such halves comes out one place too low, that is,
 * times x; the constants have one power less for it.
 */
#include "base/crc_fold.h"

/* x^power modulo the polynomial, as 64 reflected bits. */
static uint64_t power_of_x(uint64_t poly, unsigned bits, unsigned power) {
    uint64_t r = (uint64_t)1 << (bits - 1);
    for (unsigned i = 0; i < power; i++)
        r = r >> 1 ^ (r & 1 ? poly : 0);
    return r << (64 - bits);
}

void crc_fold_init(struct crc_fold *fold, uint64_t poly, unsigned bits) {
    enum { BLOCK_BITS = 8 * CRC_FOLD_BLOCK, STEP_BITS = 8 * CRC_FOLD_STEP };
    fold->step[0] = power_of_x(poly, bits, STEP_BITS + 64 - 1);
    fold->step[1] = power_of_x(poly, bits, STEP_BITS - 1);
    fold->block[0] = power_of_x(poly, bits, BLOCK_BITS + 64 - 1);
    fold->block[1] = power_of_x(poly, bits, BLOCK_BITS - 1);
}

#if defined(__x86_64__)
#include <immintrin.h>

bool crc_fold_can(void) { return __builtin_cpu_supports("pclmul"); }

/* What block stands for, moved behind by the constants' way, and added to next. */
__attribute__((target("pclmul"))) static inline __m128i fold_over(__m128i block, __m128i by,
                                                                  __m128i next) {
    __m128i first = _mm_clmulepi64_si128(block, by, 0x00);
    __m128i second = _mm_clmulepi64_si128(block, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(first, second), next);
}

static inline __m128i load(const unsigned char *p) { return _mm_loadu_si128((const void *)p); }

__attribute__((target("pclmul"))) size_t crc_fold_run(const struct crc_fold *fold, uint64_t state,
                                                      const void *p, size_t n,
                                                      unsigned char out[CRC_FOLD_BLOCK]) {
    const unsigned char *at = p, *end = at + n;
    __m128i by = load((const void *)fold->step), lane[4];
    for (int i = 0; i < 4; i++, at += CRC_FOLD_BLOCK)
        lane[i] = load(at);
    lane[0] = _mm_xor_si128(lane[0], _mm_set_epi64x(0, (int64_t)state));
    for (; end - at >= CRC_FOLD_STEP; at += CRC_FOLD_STEP)
        for (int i = 0; i < 4; i++)
            lane[i] = fold_over(lane[i], by, load(at + (ptrdiff_t)i * CRC_FOLD_BLOCK));

    by = load((const void *)fold->block);
    __m128i all = lane[0];
    for (int i = 1; i < 4; i++)
        all = fold_over(all, by, lane[i]);
    for (; end - at >= CRC_FOLD_BLOCK; at += CRC_FOLD_BLOCK)
        all = fold_over(all, by, load(at));
    _mm_storeu_si128((void *)out, all);
    return (size_t)(at - (const unsigned char *)p);
}
#else
bool crc_fold_can(void) { return false; }

size_t crc_fold_run(const struct crc_fold *, uint64_t, const void *, size_t, unsigned char *) {
    return 0;
}
#endif
