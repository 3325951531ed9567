#pragma once
/*
 * img/huffman: tables that decode DEFLATE's canonical codes (RFC 1951, 3.2.2). For img/inflate alone.
 *
 * An entry says all that is to be known of a code: how many bits of input it uses, extra bits among them; how many of these
 * are the code's; the value, which is a literal, the least length or distance, or where in the table the subtable begins
 * (whose number of bits then stands for the code's). Where two literals fit into the bits that are looked up at once
 * img_huffman_join puts both into the entry: huffman_code_bits are the first one's.
 */
#include "base/str.h"

enum {
    HUFFMAN_LITLEN_BITS = 11, /* looked up at once; longer codes go on in a subtable */
    HUFFMAN_DISTANCE_BITS = 8,
    HUFFMAN_PRECODE_BITS = 7,
    HUFFMAN_CODE_MOST = 15,
    /* More than any complete code needs: 2342 and 402 (zlib's examples/enough.c). */
    HUFFMAN_LITLEN_SIZE = 2400,
    HUFFMAN_DISTANCE_SIZE = 448,

    /* The bits of an entry. Above them is the value. */
    HUFFMAN_ALL_BITS = 0x3F,
    HUFFMAN_LITERALS_SHIFT = 6, /* two bits: 1 or 2 literals, 0: none */
    HUFFMAN_CODE_SHIFT = 8,     /* five */
    HUFFMAN_SUBTABLE = 1 << 13,
    HUFFMAN_END = 1 << 14, /* of the block */
    HUFFMAN_BAD = 1 << 15, /* stands for nothing */
    HUFFMAN_VALUE_SHIFT = 16,

    HUFFMAN_LITERAL = 3 << HUFFMAN_LITERALS_SHIFT,
    HUFFMAN_SPECIAL = HUFFMAN_SUBTABLE | HUFFMAN_END | HUFFMAN_BAD,
};

static inline unsigned huffman_code_bits(uint32_t e) { return e >> HUFFMAN_CODE_SHIFT & 31; }
static inline unsigned huffman_value(uint32_t e) { return e >> HUFFMAN_VALUE_SHIFT; }
static inline unsigned huffman_literals(uint32_t e) { return e >> HUFFMAN_LITERALS_SHIFT & 3; }
static inline unsigned huffman_extra(uint32_t e) {
    return (e & HUFFMAN_ALL_BITS) - huffman_code_bits(e);
}

/*
 * From the lengths of n codes, 0 for those that are not used. False: no sound code. As in zlib a code is sound when
 * it is complete, when it is one code of one bit, and for distances when there is none.
 */
bool img_huffman_litlen(uint32_t *table, const uint8_t *lens, unsigned n);
bool img_huffman_distance(uint32_t *table, const uint8_t *lens, unsigned n);
bool img_huffman_precode(uint32_t *table, const uint8_t *lens, unsigned n);
/* Of img_huffman_litlen's table: two literals in one entry where they fit. Costs four times as much as the table; once. */
void img_huffman_join(uint32_t *table);
