/*
 * img/reduce_loops: the inner loops in plain C, which say what the vectors' must give, and the choice
 * among them.
 */
#include "img/reduce_priv.h"

#include <string.h>

static bool always(void) { return true; }

static void add8(const uint8_t *row, uint32_t *sums, size_t n) {
    for (size_t i = 0; i < n; i++)
        sums[i] += row[i];
}

static void add16(const int16_t *row, uint32_t *sums, size_t n) {
    for (size_t i = 0; i < n; i++)
        sums[i] += (uint32_t)row[i];
}

static void multiply(const uint8_t *row, unsigned channels, int16_t *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t channel = i % channels;
        unsigned alpha = channel == channels - 1 ? 255 : row[i - channel + channels - 1];
        out[i] = (int16_t)((row[i] * alpha * ALPHA_FACTOR) >> 16);
    }
}

/* Floats hold the products exactly, so there is one rounding, and vectors do the same. */
static void divide(const int16_t *color, const int16_t *alpha, uint8_t *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float by = alpha[i] > 0 ? alpha[i] : 1, v = (float)color[i] * 255 / by;
        int rounded = (int)(v < 0 ? 0.5F : v > 255 ? 255.5F : v + 0.5F);
        out[i] = (uint8_t)(alpha[i] < LEAST_ALPHA ? 0 : rounded);
    }
}

static void pair8(const uint8_t *even, const uint8_t *odd, int16_t *pair, size_t n) {
    for (size_t i = 0; i < n; i++) {
        pair[2 * i] = (int16_t)(even[i] << LINE_BITS);
        pair[2 * i + 1] = (int16_t)(odd[i] << LINE_BITS);
    }
}

static void pair16(const int16_t *even, const int16_t *odd, int16_t *pair, size_t n) {
    for (size_t i = 0; i < n; i++) {
        pair[2 * i] = even[i];
        pair[2 * i + 1] = odd[i];
    }
}

static int16_t to_16(int32_t v) {
    return (int16_t)(v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : v);
}

static void down(const int16_t *const *pairs, const int32_t *weights, size_t n_pairs, int16_t *out,
                 size_t n) {
    for (size_t at = 0; at < n; at += LINE_BLOCK) {
        int32_t sums[LINE_BLOCK];
        for (size_t i = 0; i < LINE_BLOCK; i++)
            sums[i] = 1 << (DOWN_SHIFT - 1);
        for (size_t k = 0; k < n_pairs; k++) {
            const int16_t *in = pairs[k] + 2 * at;
            int16_t even = (int16_t)weights[k], odd = (int16_t)(weights[k] >> 16);
            for (size_t i = 0; i < LINE_BLOCK; i++)
                sums[i] += in[2 * i] * even + in[2 * i + 1] * odd;
        }
        for (size_t i = 0; i < LINE_BLOCK; i++)
            out[at + i] = to_16(sums[i] >> DOWN_SHIFT);
    }
}

static inline __attribute__((always_inline)) void apart_of(const int16_t *in, unsigned channels,
                                                           int16_t *const out[4], size_t n) {
    for (unsigned c = 0; c < channels; c++)
        for (size_t i = 0; i < n; i++)
            out[c][i] = in[i * channels + c];
}

static void apart(const int16_t *in, unsigned channels, int16_t *const out[4], size_t n) {
    if (channels == 2)
        apart_of(in, 2, out, n);
    else if (channels == 3)
        apart_of(in, 3, out, n);
    else
        apart_of(in, 4, out, n);
}

/* The sums of a block of outputs. */
static void across_sums(const int16_t *in, const struct img_across *a, size_t block,
                        int32_t sums[ACROSS_BLOCK]) {
    const int16_t *weights = a->weights + block * a->groups * ACROSS_BLOCK * ACROSS_TAPS;
    const uint32_t *first = a->first + block * ACROSS_BLOCK;
    for (size_t i = 0; i < ACROSS_BLOCK; i++)
        sums[i] = 0;
    for (size_t g = 0; g < a->groups; g++)
        for (size_t i = 0; i < ACROSS_BLOCK; i++) {
            const int16_t *w = weights + ((g * 4 + i % 4) * 2 + i / 4) * ACROSS_TAPS;
            const int16_t *at = in + first[i] + g * ACROSS_TAPS;
            for (size_t k = 0; k < ACROSS_TAPS; k++)
                sums[i] += at[k] * w[k];
        }
}

static void across8(const int16_t *in, const struct img_across *a, uint8_t *out) {
    int32_t sums[ACROSS_BLOCK];
    for (size_t block = 0; block < a->blocks; block++) {
        across_sums(in, a, block, sums);
        for (size_t i = 0; i < ACROSS_BLOCK; i++) {
            int32_t v = (sums[i] + (1 << (ACROSS8_SHIFT - 1))) >> ACROSS8_SHIFT;
            out[block * ACROSS_BLOCK + i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
    }
}

static void across16(const int16_t *in, const struct img_across *a, int16_t *out) {
    int32_t sums[ACROSS_BLOCK];
    for (size_t block = 0; block < a->blocks; block++) {
        across_sums(in, a, block, sums);
        for (size_t i = 0; i < ACROSS_BLOCK; i++)
            out[block * ACROSS_BLOCK + i] =
                to_16((sums[i] + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS);
    }
}

/* ---- The choice ---- */

static const struct img_loops in_c = {"c",   always, add8, add16, multiply, divide,
                                      pair8, pair16, down, apart, across8,  across16};
/* The best first. */
static const struct img_loops *const sets[] = {
#if defined(__x86_64__)
    &img_loops_avx2, &img_loops_sse4,
#elif defined(__aarch64__)
    &img_loops_neon,
#endif
    &in_c};

static const struct img_loops *chosen;

const struct img_loops *img_loops_get(void) {
    for (size_t i = 0; i < ARRAY_LEN(sets) && !chosen; i++)
        if (sets[i]->can())
            chosen = sets[i];
    return chosen; /* plain C at least */
}

bool img_reduce_use(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(sets); i++)
        if (strcmp(sets[i]->name, name) == 0 && sets[i]->can()) {
            chosen = sets[i];
            return true;
        }
    return false;
}
