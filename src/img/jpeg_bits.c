/* img/jpeg_bits: Huffman tables made ready, markers within a scan, and restarts. */
#include "img/jpeg_bits.h"

#include <string.h>

enum { MARKER_LEAST = 0xC0, RST0 = 0xD0, RESTARTS = 8 };

/* ---- Tables ---- */

/* Without the value, whose bits follow. */
static int32_t part_of(unsigned symbol, unsigned len, bool is_dc) {
    unsigned size = is_dc ? symbol : symbol & 15;
    unsigned skip = is_dc ? 1 : size > 0 || symbol == 0xF0 ? (symbol >> 4) + 1 : IMG_HUFF_EOB;
    return (int32_t)(size << 16 | skip << 8 | IMG_HUFF_PART | len);
}

/* What the fast table says of a code of len bits, when `bits` come first. */
static int32_t fast_of(unsigned symbol, unsigned len, uint32_t bits, bool is_dc) {
    int32_t e = part_of(symbol, len, is_dc);
    unsigned size = (unsigned)e >> 16;
    if (len + size > IMG_HUFF_FAST)
        return e;
    int value = img_bits_value((uint64_t)bits << 1 << (63 - IMG_HUFF_FAST + len), size);
    return (int32_t)((uint32_t)value << 16 | (e & 0xFF00) | (len + size));
}

bool img_huff_build(struct img_huff *t, const uint8_t counts[17], const uint8_t symbols[256],
                    bool is_dc) {
    uint32_t code = 0;
    unsigned at = 0;
    for (size_t i = 0; i < 1 << IMG_HUFF_FAST; i++)
        t->fast[i] = IMG_HUFF_PART;
    memcpy(t->symbol, symbols, sizeof t->symbol);
    t->is_dc = is_dc;
    for (unsigned len = 1; len <= 16; len++) {
        t->first[len] = (int32_t)at - (int32_t)code;
        for (unsigned i = 0; i < counts[len]; i++, code++, at++) {
            if (at == sizeof t->symbol || code >= 1u << len || (is_dc && symbols[at] > 15))
                return false;
            uint32_t from = code << (16 - len) >> (16 - IMG_HUFF_FAST),
                     n = len <= IMG_HUFF_FAST ? 1u << (IMG_HUFF_FAST - len) : 0;
            for (uint32_t j = 0; j < n; j++)
                t->fast[from + j] = fast_of(symbols[at], len, from + j, is_dc);
        }
        t->limit[len] = code << (16 - len);
        code <<= 1;
    }
    t->limit[17] = UINT32_MAX;
    return true;
}

int32_t img_huff_long(const struct img_huff *t, uint64_t acc) {
    uint32_t code = (uint32_t)(acc >> 48);
    unsigned len = 1;
    while (code >= t->limit[len])
        len++;
    if (len > 16)
        return (int32_t)(IMG_HUFF_NONE << 8 | IMG_HUFF_PART | len);
    return part_of(t->symbol[t->first[len] + (int32_t)(code >> (16 - len))], len, t->is_dc);
}

/* Low to high: six bits of length, then how many coefficients on; the top bit: then the block ends. */
void img_huff_build_skip(struct img_huff_skip *s, const struct img_huff *ac) {
    for (uint32_t i = 0; i < 1 << IMG_HUFF_SKIP; i++) {
        unsigned len = 0, on = 0, end = 0;
        while (len < IMG_HUFF_SKIP && !end) {
            int32_t e = img_huff_long(ac, (uint64_t)i << (64 - IMG_HUFF_SKIP) << len);
            unsigned code = e & 63, skip = e >> 8 & 0xFF;
            if (len + code > IMG_HUFF_SKIP || skip == IMG_HUFF_NONE || on + skip >= 2 * IMG_BLOCK)
                break;
            len += code + (unsigned)(e >> 16);
            end = skip == IMG_HUFF_EOB;
            on += end ? 0 : skip;
        }
        s->of[i] = (uint16_t)(len | on << 6 | end << 15);
    }
}

/* ---- Bytes ---- */

static bool is_one_bit(uint8_t v) { return (v & (v - 1)) == 0; }

/* At 0xFF: true when it is data, p behind it; else b has stopped. */
static bool pass_ff(struct img_bits *b) {
    const uint8_t *q = b->p + 1;
    while (q < b->end && *q == 0xFF)
        q++;
    if (q == b->end || *q >= MARKER_LEAST) {
        b->p = q == b->end ? q : q - 1;
        b->stopped = true;
        return false;
    }
    /* a flip in the zero behind 0xFF, or one that made the 0xFF */
    b->damaged = b->damaged || *q != 0;
    b->p = is_one_bit(*q) ? q + 1 : q;
    return true;
}

void img_bits_fill_slowly(struct img_bits *b) {
    while (b->n <= 56) {
        b->stopped = b->stopped || b->p == b->end;
        uint64_t byte = 0;
        if (b->stopped)
            b->zeros += 8;
        else if ((byte = *b->p) != 0xFF)
            b->p++;
        else if (!pass_ff(b))
            continue;
        b->acc |= byte << (56 - b->n);
        b->n += 8;
    }
}

/* ---- Scans ---- */

void img_jpeg_scan_begin(struct img_jpeg_scan *s, const uint8_t *p, const uint8_t *end,
                         unsigned interval, bool is_cut) {
    *s = (struct img_jpeg_scan){.bits = {.p = p, .end = end},
                                .interval = interval,
                                .to_go = interval,
                                .is_cut = is_cut};
}

/* The marker that the bits stopped at; 0 at the end of the bytes. */
static unsigned marker_at(const struct img_bits *b) { return b->p == b->end ? 0 : b->p[1]; }

void img_jpeg_scan_check(struct img_jpeg_scan *s, uint32_t rows_left) {
    struct img_bits *b = &s->bits;
    s->damaged = s->damaged || b->damaged;
    if (b->zeros <= b->n)
        return; /* not one of the zeros was used */
    s->dry = true;
    unsigned marker = marker_at(b);
    bool is_restart = s->interval > 0 && marker >= RST0 && marker < RST0 + RESTARTS;
    if (!is_restart && (rows_left > 0 || (marker == 0 && s->is_cut)))
        s->missing = true;
    else
        s->damaged = true;
}

/* To the next marker. */
static void find_marker(struct img_bits *b) {
    while (!b->stopped) {
        const uint8_t *ff = b->p < b->end ? memchr(b->p, 0xFF, (size_t)(b->end - b->p)) : NULL;
        b->p = ff ? ff : b->end;
        if (!ff || !pass_ff(b))
            b->stopped = true;
    }
}

/* jpeg_resync_to_restart's rules: true: decoding goes on here. */
static bool is_here(struct img_jpeg_scan *s) {
    struct img_bits *b = &s->bits;
    for (;;) {
        find_marker(b);
        unsigned marker = marker_at(b), number = (marker - RST0 - s->next) % RESTARTS;
        if (marker < RST0 || marker >= RST0 + RESTARTS)
            return false; /* the scan's end */
        s->damaged = s->damaged || number != 0;
        if (number == 1 || number == 2)
            return false; /* of an interval to come: this one is lost */
        b->p += 2;
        b->stopped = false;
        if (number != RESTARTS - 1 && number != RESTARTS - 2)
            return true; /* this one, or one from too far away */
    }
}

void img_jpeg_scan_restart(struct img_jpeg_scan *s) {
    struct img_bits *b = &s->bits;
    const uint8_t *before = b->p;
    bool left = b->n - b->zeros >= 8; /* whole bytes that nobody read */
    find_marker(b);
    s->damaged = s->damaged || left || b->p != before;
    b->acc = 0;
    b->n = b->zeros = 0;
    if (is_here(s)) {
        s->dry = false;
    } else { /* as libjpeg: what comes next finds no bits, once */
        s->damaged = s->damaged || !s->dry;
        s->over = marker_at(b) < RST0 || marker_at(b) >= RST0 + RESTARTS;
    }
    s->next = (s->next + 1) % RESTARTS;
    s->to_go = s->interval;
    memset(s->last_dc, 0, sizeof s->last_dc);
}
