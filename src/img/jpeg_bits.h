#pragma once
/*
 * img/jpeg_bits: the entropy-coded bytes of a Huffman scan (ITU-T T.81, annex F), faster than libjpeg-turbo reads them:
 * a code and the bits behind it come from one look into a table where both are short. The reader never runs past the
 * scan: behind its end, or at a marker, there are zeros, and it is told afterwards that they were used.
 *
 * A marker that no JPEG has (0x01 to 0xBF) is a flipped bit, and is read as data. Of a scan with restart markers the next
 * interval is found again as libjpeg's jpeg_resync_to_restart does it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    IMG_HUFF_FAST = 11, /* bits of a code and its value that one look covers */
    IMG_HUFF_PART = 0x80,
    IMG_HUFF_SKIP = 12,   /* bits of codes that one look skips */
    IMG_HUFF_EOB = 64,    /* no more coefficients */
    IMG_HUFF_NONE = 0xFF, /* as EOB: no code begins so */
    IMG_BITS_ENOUGH = 32, /* for a symbol */
    IMG_BLOCK = 64,       /* coefficients */
};

/*
 * Looked up by the next IMG_HUFF_FAST bits. Low to high: six bits of length, of the code and of its value where both fit
 * (else IMG_HUFF_PART is set, and the length is the code's); from bit 8 how many coefficients on; from bit 16 the value, or
 * with IMG_HUFF_PART its size. IMG_HUFF_PART alone: the code is longer.
 */
struct img_huff {
    int32_t fast[1 << IMG_HUFF_FAST];
    uint32_t limit[18]; /* codes of n bits, at the top of 16, are below */
    int32_t first[17];  /* index of the first code of n bits, less the code */
    uint8_t symbol[256];
    bool is_dc;
};
/* AC coefficients that nobody wants: by the next bits, as many symbols as begin in them. */
struct img_huff_skip {
    uint16_t of[1 << IMG_HUFF_SKIP];
};
/*
 * counts: of codes of 1 to 16 bits (counts[0] is not looked at); symbols: 256 of them. False: no tree has such counts.
 * A DC table's symbols are sizes alone.
 */
bool img_huff_build(struct img_huff *t, const uint8_t counts[17], const uint8_t symbols[256],
                    bool is_dc);
void img_huff_build_skip(struct img_huff_skip *s, const struct img_huff *ac);

struct img_bits {
    const uint8_t *p, *end;
    uint64_t acc; /* the next bits, from the top */
    int n;        /* how many of them there are, zeros behind the end with them */
    int zeros;    /* how many of all bits so far were those */
    bool stopped; /* p is at a marker or the end */
    bool damaged; /* a marker that is none was passed, or a code that is none */
};

/* A scan: bits, and the restarts between them. Set up by img_jpeg_scan_begin. */
struct img_jpeg_scan {
    struct img_bits bits;
    unsigned interval, to_go; /* MCUs between restarts; 0: none */
    unsigned next;            /* number of the next restart marker */
    bool dry;                 /* nothing to be had until the next restart */
    bool over;                /* no restart will come */
    bool is_cut;              /* the end of the bytes is no marker */
    bool missing, damaged;    /* found so far */
    uint32_t last_dc[4];      /* the sum of a hostile file's differences goes round */
};
void img_jpeg_scan_begin(struct img_jpeg_scan *s, const uint8_t *p, const uint8_t *end,
                         unsigned interval, bool is_cut);
/* Behind every MCU: whether its bits were there. rows_left: rows of MCUs below this one. */
void img_jpeg_scan_check(struct img_jpeg_scan *s, uint32_t rows_left);
void img_jpeg_scan_restart(struct img_jpeg_scan *s);
/* Before every MCU; false: there are no bits for it. */
static inline bool img_jpeg_scan_next(struct img_jpeg_scan *s) {
    if (s->interval > 0) {
        if (s->to_go == 0)
            img_jpeg_scan_restart(s);
        s->to_go--;
    }
    return !s->dry;
}

/* ---- The hot part ---- */

/* At least 57 bits, zeros behind the end. */
void img_bits_fill_slowly(struct img_bits *b);
/* With IMG_HUFF_PART, whatever the length of the code, or of none: IMG_HUFF_NONE coefficients on. */
int32_t img_huff_long(const struct img_huff *t, uint64_t acc);

static inline uint64_t img_bits_load(const uint8_t *p) {
    uint64_t v;
    __builtin_memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* T.81, F.2.2.1: the size's bits are a value, the lower half of them negative; without a branch. */
static inline int img_bits_value(uint64_t acc, unsigned size) {
    int v = (int)(acc >> 1 >> (63 - size)), negative = (int)~((int64_t)acc >> 63);
    return v - (((1 << size) - 1) & negative);
}

/* The state in registers, for the time of a block. */
struct img_bits_now {
    const uint8_t *p;
    uint64_t acc;
    int n;
};

static inline __attribute__((always_inline)) void img_bits_fill(struct img_bits_now *now,
                                                                struct img_bits *b) {
    if (__builtin_expect(b->end - now->p >= 8, 1)) {
        uint64_t v = img_bits_load(now->p);
        if (__builtin_expect(!((~v - 0x0101010101010101u) & v & 0x8080808080808080u), 1)) {
            /* no byte of them is 0xFF; what is put behind the n bits comes again with the next load */
            now->acc |= v >> now->n;
            now->p += (63 - now->n) >> 3;
            now->n |= 56;
            return;
        }
    }
    b->p = now->p;
    b->acc = now->acc;
    b->n = now->n;
    img_bits_fill_slowly(b);
    now->p = b->p;
    now->acc = b->acc;
    now->n = b->n;
}

/* Takes the next symbol, whose bits are there: its entry of fast[], with the value in any case. */
static inline __attribute__((always_inline)) int32_t img_huff_next(struct img_bits_now *now,
                                                                   const struct img_huff *t) {
    int32_t e = t->fast[now->acc >> (64 - IMG_HUFF_FAST)];
    int len = e & 63;
    if (__builtin_expect(e & IMG_HUFF_PART, 0)) {
        if (len == 0)
            e = img_huff_long(t, now->acc);
        len = e & 63;
        unsigned size = (unsigned)(e >> 16);
        int value = img_bits_value(now->acc << len, size);
        len += (int)size;
        e = (int32_t)((uint32_t)value << 16 | (e & 0xFF00));
    }
    now->acc <<= len;
    now->n -= len;
    return e;
}
