/*
 * img/jpeg_huffman: the entropy-coded part of a sequential JPEG (ITU-T T.81, F.2.2). The bytes of a scan are copied
 * without their stuffing, so that 64 bits are loaded at once; one look-up tells the run, the length and, for most codes,
 * the value of a coefficient. Where only the first coefficients are wanted, one look-up skips several others.
 * jpegint.h's struct of an entropy decoder belongs to the library's packaged interface.
 */
#include "img/jpeg_huffman.h"

#include "base/own.h"

#include <endian.h>
#include <jerror.h>
#include <stdint.h>
#include <string.h>
/* jpegint.h needs jpeglib.h */
#include <jpegint.h>

enum {
    LOOK = 10,      /* bits of an index for values */
    SKIP_LOOK = 11, /* for skipping */
    CODE_MOST = 16, /* bits of a code */
    BUFFER = 32 << 10,
    /* Bytes that one MCU may take: ten blocks of 64 coefficients of 16 + 11 bits; and loads of eight. */
    MCU_MOST = D_MAX_BLOCKS_IN_MCU * DCTSIZE2 * 27 / 8 + 16,
    END_OF_BLOCK = 64, /* a step that ends every block */
};

/* A code's entry, at each index that begins with it. */
struct codes {
    /*
     * value << 16 | symbol << 8 | bits: a value that is not 0 is the coefficient's, and bits are those of code and value;
     * else bits are the code's, 0 where it has more than LOOK.
     */
    uint32_t entry[1 << LOOK];
    int32_t
        end[CODE_MOST +
            2]; /* the first code that is none of this length, from the left of CODE_MOST bits */
    int32_t offset[CODE_MOST + 1]; /* a code's place in symbol, less the code */
    const uint8_t *symbol;
};

/* Steps over coefficients, codes and values: of the first code, and of as many as the index holds. */
struct step {
    uint8_t bits, by;         /* 0 bits: the code has more than SKIP_LOOK */
    uint8_t all_bits, all_by; /* by how many coefficients, those before an end of block */
    bool ends;                /* all: an end of block comes last */
};

struct huffman {
    struct jpeg_entropy_decoder pub;
    const uint8_t *at; /* of bytes: the next to load */
    uint64_t bits;     /* from the left */
    unsigned n;        /* that are valid */
    size_t end;        /* bytes without stuffing */
    bool hit;          /* a marker stands behind them, and unread_marker says which; zeros follow */
    unsigned left;     /* MCUs until a restart marker */
    int dc[MAX_COMPS_IN_SCAN];
    struct codes *dc_codes[NUM_HUFF_TBLS], *ac_codes[NUM_HUFF_TBLS];
    struct step *steps[NUM_HUFF_TBLS]; /* only where values are skipped */
    uint8_t bytes[BUFFER + MCU_MOST];
};

static struct huffman *huffman_of(j_decompress_ptr cinfo) {
    return (struct huffman *)cinfo->entropy;
}

static void warn(j_decompress_ptr cinfo, int code) {
    cinfo->err->msg_code = code;
    cinfo->err->emit_message((j_common_ptr)cinfo, -1);
}

/* ---- Tables ---- */

static int extend(unsigned value, unsigned bits) { /* T.81, F.2.2.1 */
    return value < 1u << (bits - 1) ? (int)value - (1 << bits) + 1 : (int)value;
}

static uint32_t entry_of(unsigned index, unsigned length, unsigned symbol, bool ac) {
    unsigned size = symbol & 15, total = length + size;
    if (!ac || size == 0 || total > LOOK)
        return symbol << 8 | length;
    unsigned value = (index >> (LOOK - total)) & ((1u << size) - 1);
    return (uint32_t)extend(value, size) << 16 | symbol << 8 | total;
}

/* The library has looked whether the table makes sense (jpeg_make_d_derived_tbl). */
static void make_codes(struct codes *c, const JHUFF_TBL *table, bool ac) {
    unsigned code = 0, at = 0;
    memset(c->entry, 0, sizeof c->entry);
    c->symbol = table->huffval;
    for (unsigned length = 1; length <= CODE_MOST; length++) {
        c->offset[length] = (int32_t)at - (int32_t)code;
        for (unsigned i = 0; i < table->bits[length]; i++, at++, code++)
            for (unsigned rest = 0; length <= LOOK && rest < 1u << (LOOK - length); rest++) {
                unsigned index = code << (LOOK - length) | rest;
                c->entry[index] = entry_of(index, length, table->huffval[at], ac);
            }
        c->end[length] = (int32_t)(code << (CODE_MOST - length));
        code <<= 1;
    }
    c->end[CODE_MOST + 1] = INT32_MAX;
}

/* The code at the front of `bits`, from the left; symbol 0 of CODE_MOST + 1 bits where it is none. */
static unsigned long_code(const struct codes *c, uint64_t bits, unsigned from,
                          unsigned *ret_length) {
    int32_t front = (int32_t)(bits >> (64 - CODE_MOST));
    unsigned length = from;
    while (front >= c->end[length])
        length++;
    *ret_length = length;
    return length > CODE_MOST
               ? 0
               : c->symbol[((front >> (CODE_MOST - length)) + c->offset[length]) & 255];
}

static unsigned step_of(unsigned symbol) {
    unsigned run = symbol >> 4, size = symbol & 15;
    return size || run == 15 ? run + 1 : END_OF_BLOCK;
}

static void make_steps(struct step *steps, const struct codes *c) {
    for (unsigned index = 0; index < 1u << SKIP_LOOK; index++) {
        struct step s = {0};
        for (unsigned used = 0; used < SKIP_LOOK;) {
            unsigned length,
                symbol = long_code(c, (uint64_t)index << (64 - SKIP_LOOK + used), 1, &length);
            if (used + length > SKIP_LOOK)
                break; /* bits of it are not in the index */
            unsigned by = step_of(symbol), bits = length + (symbol & 15);
            if (used == 0)
                s = (struct step){.bits = (uint8_t)bits, .by = (uint8_t)by};
            used += bits;
            s.all_bits = (uint8_t)used;
            s.ends = by == END_OF_BLOCK;
            if (s.ends || s.all_by + by >= DCTSIZE2)
                break;
            s.all_by = (uint8_t)(s.all_by + by);
        }
        steps[index] = s;
    }
}
