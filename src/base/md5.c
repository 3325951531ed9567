/*
 * base/md5: RFC 1321, a block at a time, in three widths: a number for every processor; one text in
 * a vector, where the processor's vectors have rotation and three-way logic, which makes each step
 * shorter; and a text a lane.
 */
#include "base/md5.h"

#include <string.h>

/* floor(2^32 * abs(sin(i + 1))) */
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
static const int turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static inline uint32_t word_at(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* ---- The steps of a block, for numbers and vectors alike ---- */
/* Which word of the block step i takes. */
#define WORD_OF(i)                                                                                 \
    ((i) < 16 ? (i) : (i) < 32 ? (5 * (i) + 1) % 16 : (i) < 48 ? (3 * (i) + 5) % 16 : 7 * (i) % 16)
#define MIX(i, b, c, d)                                                                            \
    ((i) < 16   ? (((c) ^ (d)) & (b)) ^ (d)                                                        \
     : (i) < 32 ? ((b) & (d)) | ((c) & ~(d))                                                       \
     : (i) < 48 ? (b) ^ (c) ^ (d)                                                                  \
                : (c) ^ ((b) | ~(d)))
/*
 * Unrolled, so that all that hangs on i is a constant. The sum that does not wait for the step
 * before is pinned (to a register of kind `in`), lest the compiler begins with the one that does.
 */
#define STEPS(type, in, state, word)                                                               \
    do {                                                                                           \
        type a = (state)[0], b = (state)[1], c = (state)[2], d = (state)[3];                       \
        _Pragma("GCC unroll 64") for (int i = 0; i < 64; i++) {                                    \
            type early = a + sines[i] + (word)[WORD_OF(i)];                                        \
            __asm__("" : "+" in(early));                                                           \
            type sum = early + (MIX(i, b, c, d));                                                  \
            int turn = turns[i / 16][i % 4];                                                       \
            a = d;                                                                                 \
            d = c;                                                                                 \
            c = b;                                                                                 \
            b += sum << turn | sum >> (32 - turn);                                                 \
        }                                                                                          \
        (state)[0] += a;                                                                           \
        (state)[1] += b;                                                                           \
        (state)[2] += c;                                                                           \
        (state)[3] += d;                                                                           \
    } while (0)

static void blocks_plain(uint32_t state[4], const unsigned char *p, size_t n) {
    for (; n > 0; n--, p += MD5_BLOCK) {
        uint32_t word[16];
        for (size_t w = 0; w < 16; w++)
            word[w] = word_at(p + 4 * w);
        STEPS(uint32_t, "r", state, word);
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

typedef uint32_t four __attribute__((vector_size(16)));
typedef uint32_t eight __attribute__((vector_size(32)));

__attribute__((target("avx512f,avx512vl"))) static void blocks_vector(uint32_t state[4],
                                                                      const unsigned char *p,
                                                                      size_t n) {
    four s[4], word[16];
    for (int i = 0; i < 4; i++)
        s[i] = (four){state[i], state[i], state[i], state[i]};
    for (; n > 0; n--, p += MD5_BLOCK) {
        for (size_t w = 0; w < 16; w++) {
            uint32_t x = word_at(p + 4 * w);
            word[w] = (four){x, x, x, x};
        }
        STEPS(four, "x", s, word);
    }
    for (int i = 0; i < 4; i++)
        state[i] = s[i][0];
}

/*
 * Half a block of each lane to words of all lanes: eight by eight, turned over its diagonal. AVX2's
 * own names, for compilers differ in what they call a shuffle.
 */
__attribute__((target("avx2"), always_inline)) static inline void turn_over(
    eight out[8], const unsigned char *const lane[MD5_LANES], size_t at) {
    __m256i row[8], pair[8], quad[8];
    for (int i = 0; i < 8; i++)
        row[i] = _mm256_loadu_si256((const void *)(lane[i] + at));
    for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm256_unpacklo_epi32(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_epi32(row[i], row[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int k = 0; k < 2; k++) {
            __m256i x = pair[i + k], y = pair[i + k + 2];
            quad[i + 2 * k] = _mm256_unpacklo_epi64(x, y);
            quad[i + 2 * k + 1] = _mm256_unpackhi_epi64(x, y);
        }
    for (int i = 0; i < 4; i++) {
        out[i] = (eight)_mm256_permute2x128_si256(quad[i], quad[i + 4], 0x20);
        out[i + 4] = (eight)_mm256_permute2x128_si256(quad[i], quad[i + 4], 0x31);
    }
}

/* n blocks of each lane, whose pointers are moved on. */
__attribute__((target("avx2"), always_inline)) static inline void lanes(
    eight s[4], const unsigned char *lane[MD5_LANES], size_t n) {
    for (; n > 0; n--) {
        eight word[16];
        turn_over(word, lane, 0);
        turn_over(word + 8, lane, MD5_BLOCK / 2);
        STEPS(eight, "x", s, word);
        for (int i = 0; i < MD5_LANES; i++)
            lane[i] += MD5_BLOCK;
    }
}

__attribute__((target("avx2"))) static void lanes_avx2(eight s[4], const unsigned char *lane[],
                                                       size_t n) {
    lanes(s, lane, n);
}

__attribute__((target("avx512f,avx512vl"))) static void lanes_avx512(eight s[4],
                                                                     const unsigned char *lane[],
                                                                     size_t n) {
    lanes(s, lane, n);
}

static enum md5_vectors most = MD5_AVX512;

void md5_limit(enum md5_vectors vectors) { most = vectors; }

static bool has_avx512(void) {
    return most >= MD5_AVX512 && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512vl");
}

static void blocks(uint32_t state[4], const unsigned char *p, size_t n) {
    (has_avx512() ? blocks_vector : blocks_plain)(state, p, n);
}

unsigned md5_width(void) {
    return most >= MD5_AVX2 && __builtin_cpu_supports("avx2") ? MD5_LANES : 1;
}

/* n blocks of each piece, whose text stands at a block's beginning. Unused lanes repeat the first. */
static void blocks_of_all(struct md5_piece *pieces, unsigned n_pieces, size_t n) {
    eight s[4];
    const unsigned char *lane[MD5_LANES];
    for (unsigned i = 0; i < MD5_LANES; i++) {
        const struct md5_piece *piece = &pieces[i < n_pieces ? i : 0];
        lane[i] = piece->p;
        for (int k = 0; k < 4; k++)
            s[k][i] = piece->md5->state[k];
    }
    (has_avx512() ? lanes_avx512 : lanes_avx2)(s, lane, n);
    for (unsigned i = 0; i < n_pieces; i++) {
        struct md5_piece *piece = &pieces[i];
        for (int k = 0; k < 4; k++)
            piece->md5->state[k] = s[k][i];
        piece->md5->n += n * MD5_BLOCK;
        piece->p = (const char *)piece->p + n * MD5_BLOCK;
        piece->n -= n * MD5_BLOCK;
    }
}
#else
static void blocks(uint32_t state[4], const unsigned char *p, size_t n) {
    blocks_plain(state, p, n);
}

void md5_limit(enum md5_vectors) {}

unsigned md5_width(void) { return 1; }

static void blocks_of_all(struct md5_piece *, unsigned, size_t) {}
#endif

/* ---- Texts ---- */
void md5_init(struct md5 *md5) {
    *md5 = (struct md5){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};
}

/* Fills the block that was begun. Answers how many bytes went there. */
static size_t fill_tail(struct md5 *md5, const void *p, size_t n) {
    size_t begun = md5->n % MD5_BLOCK;
    size_t take = begun == 0 ? 0 : n < MD5_BLOCK - begun ? n : MD5_BLOCK - begun;
    if (take == 0)
        return 0;
    memcpy(md5->tail + begun, p, take);
    md5->n += take;
    if (md5->n % MD5_BLOCK == 0)
        blocks(md5->state, md5->tail, 1);
    return take;
}

void md5_add(struct md5 *md5, const void *p, size_t n) {
    if (n == 0)
        return;
    size_t taken = fill_tail(md5, p, n);
    const unsigned char *at = (const unsigned char *)p + taken;
    n -= taken;
    blocks(md5->state, at, n / MD5_BLOCK);
    md5->n += n;
    if (n % MD5_BLOCK)
        memcpy(md5->tail, at + n / MD5_BLOCK * MD5_BLOCK, n % MD5_BLOCK);
}

void md5_finish(struct md5 *md5, unsigned char out[MD5_LEN]) {
    static const unsigned char padding[MD5_BLOCK] = {0x80};
    unsigned char length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)(md5->n << 3 >> (8 * i));
    size_t begun = md5->n % MD5_BLOCK;
    md5_add(md5, padding, begun < 56 ? 56 - begun : MD5_BLOCK + 56 - begun);
    md5_add(md5, length, sizeof length);
    for (int i = 0; i < MD5_LEN; i++)
        out[i] = (unsigned char)(md5->state[i / 4] >> (8 * (i % 4)));
}

void md5_of(str text, unsigned char out[MD5_LEN]) {
    struct md5 md5;
    md5_init(&md5);
    md5_add(&md5, text.p, text.len);
    md5_finish(&md5, out);
}

/* ---- Several at once ---- */
/* The pieces that have a whole block, to the front. Answers how many; *ret_least: of the shortest. */
static unsigned gather(struct md5_piece *pieces, unsigned n, size_t *ret_least) {
    unsigned long_ones = 0;
    size_t least = SIZE_MAX;
    for (unsigned i = 0; i < n; i++) {
        struct md5_piece piece = pieces[i];
        if (piece.n < MD5_BLOCK)
            continue;
        pieces[i] = pieces[long_ones];
        pieces[long_ones++] = piece;
        least = piece.n / MD5_BLOCK < least ? piece.n / MD5_BLOCK : least;
    }
    *ret_least = least;
    return long_ones;
}

static void add_lanes(struct md5_piece *pieces, unsigned n) {
    size_t least;
    for (unsigned i = 0; i < n; i++) {
        size_t taken = fill_tail(pieces[i].md5, pieces[i].p, pieces[i].n);
        pieces[i].p = (const char *)pieces[i].p + taken;
        pieces[i].n -= taken;
    }
    for (unsigned together; (together = gather(pieces, n, &least)) > 1;)
        blocks_of_all(pieces, together, least);
    for (unsigned i = 0; i < n; i++)
        md5_add(pieces[i].md5, pieces[i].p, pieces[i].n);
}

void md5_add_all(struct md5_piece *pieces, unsigned n_pieces) {
    unsigned width = md5_width();
    for (unsigned at = 0; at < n_pieces; at += width) {
        unsigned n = n_pieces - at < width ? n_pieces - at : width;
        if (n == 1)
            md5_add(pieces[at].md5, pieces[at].p, pieces[at].n);
        else
            add_lanes(pieces + at, n);
    }
}
