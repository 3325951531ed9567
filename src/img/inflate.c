/*
 * img/inflate: DEFLATE in a window that moves. What makes it fast was learnt from libdeflate (github.com/ebiggers):
 * one 64-bit word of bits refilled without branches, tables whose entries hold the extra bits' number and the base,
 * several literals a refill, copies by words past the end. Near the end of the input or of the window the same
 * symbols are decoded with every bit counted.
 */
#include "img/inflate.h"

#include "img/huffman.h"

#include <libdeflate.h>

enum {
    HISTORY = 32768, /* how far back a match may reach */
    MATCH_MAX = 258,
    STRETCH = 128 << 10, /* decoded at a time, at least */
    SLACK = 320,         /* a match, and the words that copies write past it */
    INPUT = 64 << 10,
    INPUT_PAD = 16,     /* loads of words may pass the end */
    HEADER_MOST = 1024, /* of a dynamic block: 14 + 19 * 3 + 320 * 14 bits are less */
    FAST_INPUT = 32,    /* that one round of the fast loop may use */
    UNJOINED = 2048,    /* bytes that a block gives before its table is worth being joined */
    LITLENS = 288,
    DISTANCES = 32,
    PRECODES = 19,
};

enum stage { AT_ZLIB_HEADER, AT_BLOCK, IN_STORED, IN_CODES, AT_CHECKSUM, AT_END };

struct img_inflate {
    img_inflate_piece_fn *next;
    void *ctx;
    str piece; /* what of it is not in `in` yet */
    bool no_more;

    uint64_t bits; /* the lowest comes first; above `n` there may be bits of the bytes at in + at */
    unsigned n;
    size_t at, in_end;

    enum stage stage;
    enum img_inflate_end how;
    bool last;        /* block */
    bool odd_header;  /* not zlib's */
    uint32_t stored;  /* bytes left of a stored block */
    bool fixed_ready; /* the tables are those of RFC 1951, 3.2.6 */
    bool begun;       /* some of the block's codes were read by the fast loop */
    bool joined;      /* the table's literals, or there is nothing to join */

    uint8_t *out;
    size_t cap, taken, end; /* out[taken, end) was decoded and not taken */
    size_t summed;          /* out[0, summed) is in adler */
    uint32_t adler;

    uint32_t litlen[HUFFMAN_LITLEN_SIZE], distance[HUFFMAN_DISTANCE_SIZE];
    uint8_t in[INPUT + INPUT_PAD];
};

/* ---- Input ---- */

/* Until `in` is full or there is no more. What is in the word of bits stays before `at`: a stored block goes back to it. */
static void fill(struct img_inflate *z) {
    size_t kept = z->n / 8, left = z->in_end - z->at + kept;
    memmove(z->in, z->in + z->at - kept, left);
    z->at = kept;
    z->in_end = left;
    while (z->in_end < INPUT && !z->no_more) {
        if (z->piece.len == 0 && !z->next(z->ctx, &z->piece)) {
            z->no_more = true;
            break;
        }
        size_t room = INPUT - z->in_end, n = z->piece.len < room ? z->piece.len : room;
        if (n)
            memcpy(z->in + z->in_end, z->piece.p, n);
        z->piece = str_skip(z->piece, n);
        z->in_end += n;
    }
    memset(z->in + z->in_end, 0, INPUT_PAD);
}

static void want_input(struct img_inflate *z, size_t least) {
    if (z->in_end - z->at < least && !z->no_more)
        fill(z);
}

/* Bytes while they fit, each counted. */
static void refill_counted(struct img_inflate *z) {
    while (z->n <= 56 && z->at < z->in_end) {
        z->bits |= (uint64_t)z->in[z->at++] << z->n;
        z->n += 8;
    }
}

static void consume(struct img_inflate *z, unsigned n) {
    z->bits >>= n;
    z->n -= n;
}

static void finish(struct img_inflate *z, enum img_inflate_end how) {
    z->stage = AT_END;
    z->how = how;
}

/* n bits (at most 32); false: the input ends first. */
static bool get_bits(struct img_inflate *z, unsigned n, uint32_t *ret) {
    if (z->n < n)
        refill_counted(z);
    if (z->n < n) {
        finish(z, IMG_INFLATE_CUT);
        return false;
    }
    *ret = (uint32_t)(z->bits & ((UINT64_C(1) << n) - 1));
    consume(z, n);
    return true;
}

/* ---- Blocks ---- */

static void fixed_tables(struct img_inflate *z) {
    uint8_t lens[LITLENS + DISTANCES];
    memset(lens, 8, 144);
    memset(lens + 144, 9, 256 - 144);
    memset(lens + 256, 7, 280 - 256);
    memset(lens + 280, 8, LITLENS - 280);
    memset(lens + LITLENS, 5, DISTANCES);
    img_huffman_litlen(z->litlen, lens, LITLENS);
    img_huffman_distance(z->distance, lens + LITLENS, DISTANCES);
    z->fixed_ready = z->joined = true;
}

/* The lengths of a dynamic block's codes, which are themselves coded (RFC 1951, 3.2.7). */
static bool code_lengths(struct img_inflate *z, const uint32_t *table, uint8_t *lens, unsigned n) {
    unsigned i = 0;
    while (i < n) {
        refill_counted(z);
        uint32_t e = table[z->bits & ((1u << HUFFMAN_PRECODE_BITS) - 1)], more = 0;
        unsigned symbol = huffman_value(e), used = huffman_code_bits(e);
        if (e & HUFFMAN_BAD) {
            finish(z, z->n < HUFFMAN_PRECODE_BITS ? IMG_INFLATE_CUT : IMG_INFLATE_BAD);
            return false;
        }
        if (used > z->n) {
            finish(z, IMG_INFLATE_CUT);
            return false;
        }
        consume(z, used);
        if (symbol < 16) {
            lens[i++] = (uint8_t)symbol;
            continue;
        }
        static const uint8_t extra[] = {2, 3, 7}, least[] = {3, 3, 11};
        if (!get_bits(z, extra[symbol - 16], &more))
            return false;
        unsigned times = least[symbol - 16] + more;
        if (times > n - i || (symbol == 16 && i == 0)) {
            finish(z, IMG_INFLATE_BAD);
            return false;
        }
        memset(lens + i, symbol == 16 ? lens[i - 1] : 0, times);
        i += times;
    }
    return true;
}

static void dynamic_tables(struct img_inflate *z) {
    static const uint8_t order[PRECODES] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                            11, 4,  12, 3, 13, 2, 14, 1, 15};
    uint8_t pre[PRECODES] = {0}, lens[LITLENS + DISTANCES] = {0};
    uint32_t table[1 << HUFFMAN_PRECODE_BITS], n_litlen, n_distance, n_pre, len;
    if (!get_bits(z, 5, &n_litlen) || !get_bits(z, 5, &n_distance) || !get_bits(z, 4, &n_pre))
        return;
    n_litlen += 257;
    n_distance += 1;
    for (unsigned i = 0; i < n_pre + 4; i++) {
        if (!get_bits(z, 3, &len))
            return;
        pre[order[i]] = (uint8_t)len;
    }
    z->fixed_ready = z->begun = z->joined = false;
    if (n_litlen > 286 || n_distance > 30 || !img_huffman_precode(table, pre, PRECODES)) {
        finish(z, IMG_INFLATE_BAD);
        return;
    }
    if (!code_lengths(z, table, lens, n_litlen + n_distance))
        return;
    bool sound = lens[256] && img_huffman_litlen(z->litlen, lens, n_litlen) &&
                 img_huffman_distance(z->distance, lens + n_litlen, n_distance);
    if (!sound)
        finish(z, IMG_INFLATE_BAD);
    else
        z->stage = IN_CODES;
}

static void stored_block(struct img_inflate *z) {
    uint32_t len, not_len;
    consume(z, z->n % 8);
    if (!get_bits(z, 16, &len) || !get_bits(z, 16, &not_len))
        return;
    if (len != (not_len ^ 0xFFFF)) {
        finish(z, IMG_INFLATE_BAD);
        return;
    }
    /* Whole bytes go back from the word of bits: they are copied from `in`. */
    z->at -= z->n / 8;
    z->n = 0;
    z->bits = 0;
    z->stored = len;
    z->stage = IN_STORED;
}

static void block_header(struct img_inflate *z) {
    uint32_t last, kind;
    if (z->last) {
        z->stage = AT_CHECKSUM;
        return;
    }
    want_input(z, HEADER_MOST);
    if (!get_bits(z, 1, &last) || !get_bits(z, 2, &kind))
        return;
    z->last = last;
    if (kind == 0) {
        stored_block(z);
    } else if (kind == 1) {
        if (!z->fixed_ready)
            fixed_tables(z);
        z->stage = IN_CODES;
    } else if (kind == 2) {
        dynamic_tables(z);
    } else {
        finish(z, IMG_INFLATE_BAD);
    }
}

static void stored_bytes(struct img_inflate *z) {
    want_input(z, 1);
    size_t room = z->cap - z->end, n = z->in_end - z->at;
    n = n < room ? n : room;
    n = n < z->stored ? n : z->stored;
    memcpy(z->out + z->end, z->in + z->at, n);
    z->at += n;
    z->end += n;
    z->stored -= (uint32_t)n;
    if (z->stored == 0)
        z->stage = AT_BLOCK;
    else if (z->at == z->in_end && z->no_more)
        finish(z, IMG_INFLATE_CUT);
}

/* Its two bytes say nothing that is needed: a stream that is wrong there alone is read. */
static void zlib_header(struct img_inflate *z) {
    uint32_t method, flags;
    want_input(z, HEADER_MOST);
    if (!get_bits(z, 8, &method) || !get_bits(z, 8, &flags))
        return;
    z->odd_header = (method & 15) != 8 || (method << 8 | flags) % 31 != 0 || (flags & 32) != 0;
    z->stage = AT_BLOCK;
}

static void checksum(struct img_inflate *z) {
    uint32_t sum = 0, byte;
    consume(z, z->n % 8);
    want_input(z, 8);
    for (int i = 0; i < 4; i++) {
        if (!get_bits(z, 8, &byte)) {
            finish(z, IMG_INFLATE_SUM);
            return;
        }
        sum = sum << 8 | byte;
    }
    z->adler = libdeflate_adler32(z->adler, z->out + z->summed, z->end - z->summed);
    z->summed = z->end;
    finish(z, sum == z->adler && !z->odd_header ? IMG_INFLATE_WHOLE : IMG_INFLATE_SUM);
}

/* ---- Symbols ---- */

static inline uint64_t load64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* len bytes from distance bytes before; writes up to 32 more. */
static inline void copy_match(uint8_t *to, size_t distance, size_t len) {
    const uint8_t *from = to - distance, *end = to + len;
    if (distance >= 16) {
        do {
            memcpy(to, from, 16);
            to += 16;
            from += 16;
        } while (to < end);
        return;
    }
    if (distance < 8) {
        /* The same bytes come again at any multiple of the distance: one of 8 or more lets words be copied. */
        static const uint8_t multiple[] = {8, 8, 8, 9, 8, 10, 12, 14};
        unsigned lag = multiple[distance];
        for (unsigned i = 0; i < lag; i++)
            to[i] = from[i];
        from = to;
        to += lag;
    }
    while (to < end) {
        memcpy(to, from, 8);
        to += 8;
        from += 8;
    }
}

static inline uint32_t extra_bits(uint64_t bits, uint32_t e) {
    return (uint32_t)((bits & ((UINT64_C(1) << (e & HUFFMAN_ALL_BITS)) - 1)) >>
                      huffman_code_bits(e));
}

/* The end of the block, or a code that stands for nothing. */
static void after_special(struct img_inflate *z, uint32_t e) {
    if (e & HUFFMAN_END)
        z->stage = AT_BLOCK;
    else
        finish(z, IMG_INFLATE_BAD);
}

/*
 * The fast loop: while there is input for a round and room for a match. Every round begins with 56 bits at least:
 * three literals (33 bits) and a length (20) need no more, a distance (28) has a refill of its own.
 */
static void fast_symbols(struct img_inflate *z) {
    const uint8_t *in = z->in + z->at, *const in_stop = z->in + z->in_end - FAST_INPUT;
    uint8_t *out = z->out + z->end, *const window_stop = z->out + z->cap - SLACK;
    uint8_t *const out_stop =
        z->joined || window_stop - out < UNJOINED ? window_stop : out + UNJOINED;
    const uint32_t *litlen = z->litlen, *distances = z->distance;
    uint64_t bits = z->bits;
    unsigned n = z->n;
    uint32_t e;
    const uint64_t main_mask = (1u << HUFFMAN_LITLEN_BITS) - 1;

#define REFILL()                                                                                   \
    do {                                                                                           \
        bits |= load64(in) << n;                                                                   \
        in += (63 - n) >> 3;                                                                       \
        n |= 56;                                                                                   \
    } while (0)
#define PUT(e_)                                                                                    \
    do {                                                                                           \
        out[0] = (uint8_t)huffman_value(e_);                                                       \
        out[1] = (uint8_t)(huffman_value(e_) >> 8);                                                \
        out += huffman_literals(e_);                                                               \
    } while (0)
#define USE(e_)                                                                                    \
    do {                                                                                           \
        bits >>= (e_)&HUFFMAN_ALL_BITS;                                                            \
        n -= (e_)&HUFFMAN_ALL_BITS;                                                                \
    } while (0)

    REFILL();
    e = litlen[bits & main_mask];
    while (in < in_stop && out < out_stop) {
        if (e & HUFFMAN_LITERAL) {
            USE(e);
            PUT(e);
            e = litlen[bits & main_mask];
            if (e & HUFFMAN_LITERAL) {
                USE(e);
                PUT(e);
                e = litlen[bits & main_mask];
                if (e & HUFFMAN_LITERAL) {
                    USE(e);
                    PUT(e);
                    REFILL();
                    e = litlen[bits & main_mask];
                    continue;
                }
            }
        }
        if (e & HUFFMAN_SUBTABLE) {
            USE(e);
            e = litlen[huffman_value(e) + (bits & ((1u << huffman_code_bits(e)) - 1))];
            if (e & HUFFMAN_LITERAL) {
                USE(e);
                PUT(e);
                REFILL();
                e = litlen[bits & main_mask];
                continue;
            }
        }
        if (e & HUFFMAN_SPECIAL) {
            USE(e);
            after_special(z, e);
            break;
        }
        uint32_t len = huffman_value(e) + extra_bits(bits, e);
        USE(e);
        REFILL();
        uint32_t d = distances[bits & ((1u << HUFFMAN_DISTANCE_BITS) - 1)];
        if (d & HUFFMAN_SUBTABLE) {
            USE(d);
            d = distances[huffman_value(d) + (bits & ((1u << huffman_code_bits(d)) - 1))];
        }
        size_t distance = huffman_value(d) + extra_bits(bits, d);
        if ((d & HUFFMAN_SPECIAL) || distance > (size_t)(out - z->out)) {
            finish(z, IMG_INFLATE_BAD);
            break;
        }
        USE(d);
        REFILL();
        e = litlen[bits & main_mask];
        copy_match(out, distance, len);
        out += len;
    }
#undef REFILL
#undef USE
#undef PUT
    z->at = (size_t)(in - z->in);
    z->end = (size_t)(out - z->out);
    z->bits = bits;
    z->n = n;
}

/* The entry of the next code, through its subtable; 0: the input ends first. */
static uint32_t counted_code(struct img_inflate *z, const uint32_t *table, unsigned main_bits) {
    refill_counted(z);
    uint32_t e = table[z->bits & ((1u << main_bits) - 1)];
    unsigned used = huffman_code_bits(e);
    if (e & HUFFMAN_SUBTABLE) {
        e = table[huffman_value(e) + (z->bits >> main_bits & ((1u << used) - 1))];
        used = main_bits + huffman_code_bits(e);
    }
    /* Bits that are not there are zeros, and look like a code. */
    if (used > z->n || ((e & HUFFMAN_BAD) && z->at == z->in_end && z->n < HUFFMAN_CODE_MOST)) {
        finish(z, IMG_INFLATE_CUT);
        return 0;
    }
    consume(z, used);
    return e;
}

/* One symbol. */
static void counted_symbol(struct img_inflate *z) {
    uint32_t more = 0, e = counted_code(z, z->litlen, HUFFMAN_LITLEN_BITS);
    if (z->stage == AT_END)
        return;
    if (e & HUFFMAN_LITERAL) {
        z->out[z->end++] = (uint8_t)huffman_value(e);
        return;
    }
    if (e & HUFFMAN_SPECIAL) {
        after_special(z, e);
        return;
    }
    if (!get_bits(z, huffman_extra(e), &more))
        return;
    uint32_t len = huffman_value(e) + more;
    e = counted_code(z, z->distance, HUFFMAN_DISTANCE_BITS);
    if (z->stage == AT_END)
        return;
    if ((e & HUFFMAN_SPECIAL) == 0 && !get_bits(z, huffman_extra(e), &more))
        return;
    size_t distance = huffman_value(e) + more;
    if ((e & HUFFMAN_SPECIAL) || distance > z->end) {
        finish(z, IMG_INFLATE_BAD);
        return;
    }
    copy_match(z->out + z->end, distance, len);
    z->end += len;
}

/* Blocks that give next to nothing are not worth a joined table: a file may be made of nothing else. */
static void symbols(struct img_inflate *z) {
    want_input(z, HEADER_MOST);
    if (z->in_end - z->at <= FAST_INPUT) {
        counted_symbol(z);
        return;
    }
    if (z->begun && !z->joined) {
        img_huffman_join(z->litlen);
        z->joined = true;
    }
    z->begun = true;
    fast_symbols(z);
}

/* ---- The window ---- */

/* Room for a stretch: what was taken and is further back than a match may reach goes. */
static void make_room(struct img_inflate *z) {
    size_t history = z->end < HISTORY ? 0 : z->end - HISTORY;
    size_t from = z->taken < history ? z->taken : history;
    memmove(z->out, z->out + from, z->end - from);
    z->taken -= from;
    z->summed -= from;
    z->end -= from;
}

/* Until the window is full or the stream ends. */
static void run(struct img_inflate *z) {
    make_room(z);
    while (z->stage != AT_END && z->end < z->cap - SLACK) {
        switch (z->stage) {
        case AT_ZLIB_HEADER: zlib_header(z); break;
        case AT_BLOCK: block_header(z); break;
        case IN_STORED: stored_bytes(z); break;
        case IN_CODES: symbols(z); break;
        case AT_CHECKSUM: checksum(z); break;
        case AT_END: break;
        }
    }
    z->adler = libdeflate_adler32(z->adler, z->out + z->summed, z->end - z->summed);
    z->summed = z->end;
}

size_t img_inflate_take(struct img_inflate *z, size_t n, const uint8_t **ret) {
    while (z->end - z->taken < n && z->stage != AT_END)
        run(z);
    size_t left = z->end - z->taken;
    n = n < left ? n : left;
    *ret = z->out + z->taken;
    z->taken += n;
    return n;
}

enum img_inflate_end img_inflate_how(const struct img_inflate *z) { return z->how; }

static uint64_t window_bytes(uint64_t most) {
    uint64_t stretch = most * 4 < STRETCH ? STRETCH : most < STRETCH ? most * 4 : most * 2;
    return HISTORY + stretch + SLACK;
}

uint64_t img_inflate_bytes(uint64_t most) {
    return sizeof(struct img_inflate) + window_bytes(most) + SLACK;
}

struct img_inflate *img_inflate_new(size_t most, img_inflate_piece_fn *next, void *ctx) {
    struct img_inflate *z = mem_alloc(sizeof *z);
    memset(z, 0, offsetof(struct img_inflate, litlen));
    z->next = next;
    z->ctx = ctx;
    z->cap = window_bytes(most);
    /* Zeroed where a copy may read before it was written; SLACK more for those that read behind. */
    z->out = mem_zalloc(z->cap + SLACK);
    z->adler = 1;
    return z;
}

struct img_inflate *img_inflate_free(struct img_inflate *z) {
    if (z)
        free(z->out);
    free(z);
    return NULL;
}
