#pragma once
/*
 * img/reduce_priv: what the reducer, its weights and its inner loops share. Numbers are fixed-point: lines
 * of samples have LINE_BITS behind the point, weights WEIGHT_BITS (those of one position add up to one
 * exactly, so that what is flat stays so), and what lies between the two passes MIDDLE_BITS, so that
 * what overshoots is not cut off between them. A sum of products fits in 31 bits.
 */
#include "img/reduce.h"

enum {
    LINE_BITS = 7,
    WEIGHT_BITS = 14,
    MIDDLE_BITS = 6,
    DOWN_SHIFT = LINE_BITS + WEIGHT_BITS - MIDDLE_BITS,
    ACROSS8_SHIFT = MIDDLE_BITS + WEIGHT_BITS,
    ACROSS_BLOCK = 8,     /* outputs that are made together */
    ACROSS_TAPS = 8,      /* weights come in so many */
    LINE_BLOCK = 64,      /* samples that the other loops take at once: buffers end on one */
    ALPHA_FACTOR = 32897, /* 2^16 * 128 / 255: an alpha of 255 changes nothing */
    LEAST_ALPHA = 1 << (MIDDLE_BITS - 1), /* that is not rounded to zero */
    /*
     * The factor that boxes leave to Lanczos, at least, and the taps that this needs at most. Down, a tap is a line
     * in memory and a pass over it; across, thousands of taps could not share one with 14 bits.
     */
    LEAVES_DOWN = 8,
    LEAVES_ACROSS = 32,
    TAPS_DOWN = 6 * 2 * LEAVES_DOWN + 2,
    TAPS_ACROSS = 6 * 2 * LEAVES_ACROSS + 2,
};

/* ---- Weights ---- */

/*
 * One direction. Samples of the input, or averages of `box` of them, are its lines; each output has n of
 * them from first[] on (counted from the first sample of the input).
 */
struct img_taps {
    uint32_t out, n;
    uint32_t box;
    uint32_t begin, end; /* the lines that have a weight in some output */
    uint32_t *first;
    int16_t *weights; /* out * n */
};
/* extent: samples of the input; the window's begin and length are in these. leaves: LEAVES_DOWN or LEAVES_ACROSS. */
void img_taps_init(struct img_taps *t, uint32_t extent, double begin, double length, uint32_t out,
                   uint32_t leaves);
void img_taps_deinit(struct img_taps *t);
/* As img_taps_init would set it, without the weights; n, begin and end at most. */
struct img_taps img_taps_measure(uint32_t extent, double begin, double length, uint32_t out,
                                 uint32_t leaves);

/* ---- Inner loops ---- */

/* Weights in the order in which vectors take them: of a block of 8 outputs, of 8 taps of each, output i beside i + 4. */
struct img_across {
    size_t blocks, groups; /* a group is ACROSS_TAPS taps */
    uint32_t *first;       /* blocks * ACROSS_BLOCK */
    int16_t *weights;      /* [blocks][groups][4][2][ACROSS_TAPS] */
};

/* n is in samples; up to the next LINE_BLOCK is read and written. All sets of loops give the same output. */
struct img_loops {
    const char *name;
    bool (*can)(void);
    /* Adds a row to the sums of its box. */
    void (*add8)(const uint8_t *row, uint32_t *sums, size_t n);
    void (*add16)(const int16_t *row, uint32_t *sums, size_t n);
    /* A row whose last channel is alpha (channels: 2 or 4) to LINE_BITS, its colours multiplied by alpha. */
    void (*multiply)(const uint8_t *row, unsigned channels, int16_t *out, size_t n);
    /* The other way, from MIDDLE_BITS; what is transparent becomes zero. */
    void (*divide)(const int16_t *color, const int16_t *alpha, uint8_t *out, size_t n);
    /* Two lines beside each other, so that one multiplication takes both. The order within LINE_BLOCK is the set's own. */
    void (*pair8)(const uint8_t *even, const uint8_t *odd, int16_t *pair, size_t n);
    void (*pair16)(const int16_t *even, const int16_t *odd, int16_t *pair, size_t n);
    /* weights[i]: of pairs[i], the even line's in the low half. */
    void (*down)(const int16_t *const *pairs, const int32_t *weights, size_t n_pairs, int16_t *out,
                 size_t n);
    /* Interleaved channels (2 to 4) to one line each; n of each. */
    void (*apart)(const int16_t *in, unsigned channels, int16_t *const out[4], size_t n);
    /* blocks * ACROSS_BLOCK outputs: rounded to samples, or with MIDDLE_BITS still. */
    void (*across8)(const int16_t *in, const struct img_across *a, uint8_t *out);
    void (*across16)(const int16_t *in, const struct img_across *a, int16_t *out);
};
extern const struct img_loops img_loops_avx2, img_loops_sse4, img_loops_neon;
/* The best that this machine has, or what img_reduce_use chose. */
const struct img_loops *img_loops_get(void);
