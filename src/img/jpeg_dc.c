/*
 * img/jpeg_dc: the entropy-coded part of a sequential JPEG (ITU-T T.81, F.2.2), without the values of all coefficients
 * but the first of each block. The bytes of a scan are copied without their stuffing, so that 64 bits are loaded at once;
 * one look-up steps over as many codes and values as its index holds. jpegint.h's struct of an entropy decoder belongs
 * to the library's packaged interface.
 */
#include "img/jpeg_dc.h"

#include "base/own.h"

#include <endian.h>
#include <jerror.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
/* jpegint.h needs jpeglib.h */
#include <jpegint.h>

enum {
    LOOK = 11,      /* bits of an index */
    CODE_MOST = 16, /* bits of a code */
    SYMBOL_MOST = 32, /* bits of a code and its value, and of steps: 17 + 15, at most */
    BUFFER = 32 << 10,
    /* Bytes that one MCU may take: ten blocks of 64 coefficients of 16 + 11 bits; and loads of eight. */
    MCU_MOST = D_MAX_BLOCKS_IN_MCU * DCTSIZE2 * 27 / 8 + 16,
    END_OF_BLOCK = 128, /* a step that ends every block, and that no damage makes */
};

/* A table of codes, as F.2.2.3 walks it. */
struct codes {
    int32_t end[CODE_MOST + 2];    /* the first code that is none of this length, from the left of CODE_MOST bits */
    int32_t offset[CODE_MOST + 1]; /* a code's place in symbol, less the code */
    const uint8_t *symbol;
};

/* Steps over coefficients, codes and values: of the first code, and of as many as the index holds. */
struct step {
    uint8_t bits, by;         /* 0 bits: the code has more than LOOK */
    uint8_t all_bits, all_by; /* by how many coefficients, those before an end of block */
    bool ends;                /* all: an end of block comes last */
};

struct scan {
    struct jpeg_entropy_decoder pub;
    const uint8_t *at; /* of bytes: the next to load */
    uint64_t bits;     /* from the left */
    unsigned n;        /* that are valid */
    size_t end;        /* bytes without stuffing */
    bool hit;          /* a marker stands behind them, and unread_marker says which; zeros follow */
    unsigned left;     /* MCUs until a restart marker */
    int dc[MAX_COMPS_IN_SCAN];
    struct codes dc_codes[NUM_HUFF_TBLS], ac_codes[NUM_HUFF_TBLS];
    struct step *steps[NUM_HUFF_TBLS]; /* of the tables that the scan uses */
    uint8_t bytes[BUFFER + MCU_MOST];
};

static struct scan *scan_of(j_decompress_ptr cinfo) { return (struct scan *)cinfo->entropy; }

static void warn(j_decompress_ptr cinfo, int code) {
    cinfo->err->msg_code = code;
    cinfo->err->emit_message((j_common_ptr)cinfo, -1);
}

/* ---- Tables ---- */

static unsigned step_of(unsigned symbol) {
    unsigned run = symbol >> 4, size = symbol & 15;
    return size || run == 15 ? run + 1 : END_OF_BLOCK;
}

/* The library has looked whether the table makes sense (jpeg_make_d_derived_tbl). */
static void make_codes(struct codes *c, const JHUFF_TBL *table) {
    unsigned code = 0, at = 0;
    c->symbol = table->huffval;
    for (unsigned length = 1; length <= CODE_MOST; length++) {
        c->offset[length] = (int32_t)at - (int32_t)code;
        at += table->bits[length];
        code += table->bits[length];
        c->end[length] = (int32_t)(code << (CODE_MOST - length));
        code <<= 1;
    }
    c->end[CODE_MOST + 1] = INT32_MAX;
}

/* The code at the front of `bits`, from the left; symbol 0 of CODE_MOST + 1 bits where it is none. */
static unsigned code_at(const struct codes *c, uint64_t bits, unsigned *ret_length) {
    int32_t front = (int32_t)(bits >> (64 - CODE_MOST));
    unsigned length = 1;
    while (front >= c->end[length])
        length++;
    *ret_length = length;
    return length > CODE_MOST ? 0 : c->symbol[((front >> (CODE_MOST - length)) + c->offset[length]) & 255];
}

static void make_steps(struct step *steps, const struct codes *c) {
    for (unsigned index = 0; index < 1u << LOOK; index++) {
        struct step s = {0};
        for (unsigned used = 0; used < LOOK;) {
            unsigned length, symbol = code_at(c, (uint64_t)index << (64 - LOOK + used), &length);
            if (used + length > LOOK)
                break; /* bits of it are not in the index */
            unsigned by = step_of(symbol), bits = length + (symbol & 15);
            if (used == 0)
                s = (struct step){.bits = (uint8_t)bits, .by = (uint8_t)by};
            else if (by != END_OF_BLOCK && s.all_by + by >= DCTSIZE2)
                break;
            used += bits;
            s.all_bits = (uint8_t)used;
            s.ends = by == END_OF_BLOCK;
            if (s.ends)
                break;
            s.all_by = (uint8_t)(s.all_by + by);
        }
        steps[index] = s;
    }
}

/* ---- Bytes ---- */

static bool next_byte(j_decompress_ptr cinfo, int *ret) {
    struct jpeg_source_mgr *src = cinfo->src;
    if (src->bytes_in_buffer == 0 && !src->fill_input_buffer(cinfo))
        return false;
    src->bytes_in_buffer--;
    *ret = *src->next_input_byte++;
    return true;
}

/* What follows 0xFF: a zero stands for it; further ones fill; anything else is a marker. */
static void take_escape(j_decompress_ptr cinfo, struct scan *h) {
    int c = 0xFF;
    while (c == 0xFF)
        if (!next_byte(cinfo, &c))
            c = JPEG_EOI;
    if (c == 0) {
        h->bytes[h->end++] = 0xFF;
    } else {
        cinfo->unread_marker = c;
        h->hit = true;
        memset(h->bytes + h->end, 0, MCU_MOST);
    }
}

/* Bytes for more MCUs, until the buffer is full or a marker comes. */
static void load(j_decompress_ptr cinfo, struct scan *h) {
    struct jpeg_source_mgr *src = cinfo->src;
    size_t left = h->end - (size_t)(h->at - h->bytes);
    memmove(h->bytes, h->at, left);
    h->at = h->bytes;
    h->end = left;
    while (!h->hit && h->end < BUFFER) {
        if (src->bytes_in_buffer == 0)
            src->fill_input_buffer(cinfo);
        size_t n = src->bytes_in_buffer, room = BUFFER - h->end;
        n = n < room ? n : room;
        const uint8_t *from = src->next_input_byte, *escape = memchr(from, 0xFF, n);
        n = escape ? (size_t)(escape - from) : n;
        memcpy(h->bytes + h->end, from, n);
        h->end += n;
        n += escape ? 1 : 0;
        src->next_input_byte += n;
        src->bytes_in_buffer -= n;
        if (escape)
            take_escape(cinfo, h);
    }
}

/* Whether more bits were used than there are: zeros from behind the marker. */
static bool is_over(const struct scan *h) {
    return (size_t)(h->at - h->bytes) * 8 - h->n > h->end * 8;
}

static void begin_segment(j_decompress_ptr cinfo, struct scan *h) {
    h->at = h->bytes;
    h->end = h->n = 0;
    h->bits = 0;
    h->hit = false;
    h->left = cinfo->restart_interval;
    memset(h->dc, 0, sizeof h->dc);
}

static void restart(j_decompress_ptr cinfo, struct scan *h) {
    cinfo->marker->read_restart_marker(cinfo); /* looks for it where it is not at hand, and resyncs */
    begin_segment(cinfo, h);
    if (cinfo->unread_marker == 0)
        h->pub.insufficient_data = FALSE;
}

/* ---- Blocks ---- */

/* What a block's loop works on: in registers, and put back after it. */
struct reader {
    const uint8_t *at;
    uint64_t bits;
    unsigned n;
};

/* At least 56 bits. Bytes behind the end are zeros of MCU_MOST. */
static inline void refill(struct reader *r) {
    uint64_t word;
    memcpy(&word, r->at, sizeof word);
    r->bits |= be64toh(word) >> r->n;
    r->at += (63 - r->n) >> 3;
    r->n |= 56;
}
static inline void drop(struct reader *r, unsigned n) {
    r->bits <<= n;
    r->n -= n;
}
static unsigned take_symbol(j_decompress_ptr cinfo, struct reader *r, const struct codes *c) {
    unsigned length, symbol = code_at(c, r->bits, &length);
    if (length > CODE_MOST)
        warn(cinfo, JWRN_HUFF_BAD_CODE);
    drop(r, length);
    return symbol;
}

/* T.81, F.2.2.1 */
static int take_dc(j_decompress_ptr cinfo, struct reader *r, const struct codes *c) {
    unsigned size = take_symbol(cinfo, r, c) & 15;
    int value = (int)(r->bits >> 1 >> (63 - size)), least = 1 << size >> 1;
    drop(r, size);
    return value < least ? value - (1 << size) + 1 : value;
}

static inline void skip_ac(j_decompress_ptr cinfo, struct reader *r, const struct codes *c,
                           const struct step *steps) {
    for (unsigned k = 0; k < DCTSIZE2 - 1;) {
        if (r->n < SYMBOL_MOST)
            refill(r);
        struct step s = steps[r->bits >> (64 - LOOK)];
        if (s.bits && k + s.all_by + s.ends < DCTSIZE2) {
            drop(r, s.all_bits);
            if (s.ends)
                return;
            k += s.all_by;
        } else if (s.bits) {
            drop(r, s.bits);
            k += s.by;
        } else {
            unsigned symbol = take_symbol(cinfo, r, c);
            drop(r, symbol & 15);
            k += step_of(symbol);
        }
    }
}

static void take_blocks(j_decompress_ptr cinfo, struct scan *h, JBLOCKROW *blocks) {
    struct reader r = {h->at, h->bits, h->n};
    for (int i = 0; i < cinfo->blocks_in_MCU; i++) {
        int of = cinfo->MCU_membership[i];
        const jpeg_component_info *component = cinfo->cur_comp_info[of];
        refill(&r);
        h->dc[of] += take_dc(cinfo, &r, &h->dc_codes[component->dc_tbl_no]);
        (*blocks[i])[0] = (JCOEF)h->dc[of];
        skip_ac(cinfo, &r, &h->ac_codes[component->ac_tbl_no], h->steps[component->ac_tbl_no]);
    }
    h->at = r.at;
    h->bits = r.bits;
    h->n = r.n;
}

static boolean decode_mcu(j_decompress_ptr cinfo, JBLOCKROW *blocks) {
    struct scan *h = scan_of(cinfo);
    if (cinfo->restart_interval && h->left == 0)
        restart(cinfo, h);
    h->left--; /* means nothing without an interval */
    if (h->pub.insufficient_data)
        return TRUE; /* the blocks are zeros */
    if (!h->hit && h->end - (size_t)(h->at - h->bytes) < MCU_MOST)
        load(cinfo, h);
    take_blocks(cinfo, h, blocks);
    if (h->hit && is_over(h)) {
        warn(cinfo, JWRN_HIT_MARKER);
        h->pub.insufficient_data = TRUE;
    }
    return TRUE;
}

/* ---- Taking over ---- */

static void *allocate(j_decompress_ptr cinfo, size_t n) {
    return cinfo->mem->alloc_large((j_common_ptr)cinfo, JPOOL_IMAGE, n);
}

void img_jpeg_dc_use(j_decompress_ptr cinfo) {
    if (cinfo->progressive_mode || cinfo->arith_code || cinfo->inputctl->has_multiple_scans)
        return;
    struct scan *h = allocate(cinfo, sizeof *h);
    memset(h, 0, sizeof *h);
    h->pub = *cinfo->entropy;
    h->pub.decode_mcu = decode_mcu;
    for (int i = 0; i < cinfo->comps_in_scan; i++) {
        int dc = cinfo->cur_comp_info[i]->dc_tbl_no, ac = cinfo->cur_comp_info[i]->ac_tbl_no;
        make_codes(&h->dc_codes[dc], cinfo->dc_huff_tbl_ptrs[dc]);
        if (h->steps[ac])
            continue;
        make_codes(&h->ac_codes[ac], cinfo->ac_huff_tbl_ptrs[ac]);
        h->steps[ac] = allocate(cinfo, sizeof(struct step) << LOOK);
        make_steps(h->steps[ac], &h->ac_codes[ac]);
    }
    cinfo->entropy = &h->pub;
    begin_segment(cinfo, h);
}
