/*
 * img/huffman: a table doubles with every bit of the length, so that each code is written once and the rest is copied;
 * a code longer than the main table's bits goes on in a subtable as large as the longest code of its beginning needs.
 */
#include "img/huffman.h"

enum { SYMBOLS_MOST = 288, LENGTHS = HUFFMAN_CODE_MOST + 1 };

#define LITERAL(v)     ((uint32_t)(v) << HUFFMAN_VALUE_SHIFT | 1 << HUFFMAN_LITERALS_SHIFT)
#define BASE(v, extra) ((uint32_t)(v) << HUFFMAN_VALUE_SHIFT | (extra))
/* What a code of so many bits adds to its entry. */
#define BITS(n) ((uint32_t)(n) << HUFFMAN_CODE_SHIFT | (n))

/* RFC 1951, 3.2.5: what symbols stand for, without their code's bits. */
static const uint32_t lengths[] = {
    BASE(3, 0),   BASE(4, 0),  BASE(5, 0),   BASE(6, 0),   BASE(7, 0),   BASE(8, 0),   BASE(9, 0),
    BASE(10, 0),  BASE(11, 1), BASE(13, 1),  BASE(15, 1),  BASE(17, 1),  BASE(19, 2),  BASE(23, 2),
    BASE(27, 2),  BASE(31, 2), BASE(35, 3),  BASE(43, 3),  BASE(51, 3),  BASE(59, 3),  BASE(67, 4),
    BASE(83, 4),  BASE(99, 4), BASE(115, 4), BASE(131, 5), BASE(163, 5), BASE(195, 5), BASE(227, 5),
    BASE(258, 0), HUFFMAN_BAD, HUFFMAN_BAD,
};
static const uint32_t distances[] = {
    BASE(1, 0),     BASE(2, 0),     BASE(3, 0),      BASE(4, 0),      BASE(5, 1),
    BASE(7, 1),     BASE(9, 2),     BASE(13, 2),     BASE(17, 3),     BASE(25, 3),
    BASE(33, 4),    BASE(49, 4),    BASE(65, 5),     BASE(97, 5),     BASE(129, 6),
    BASE(193, 6),   BASE(257, 7),   BASE(385, 7),    BASE(513, 8),    BASE(769, 8),
    BASE(1025, 9),  BASE(1537, 9),  BASE(2049, 10),  BASE(3073, 10),  BASE(4097, 11),
    BASE(6145, 11), BASE(8193, 12), BASE(12289, 12), BASE(16385, 13), BASE(24577, 13),
    HUFFMAN_BAD,    HUFFMAN_BAD,
};

/* What a kind of code is made for. */
struct kind {
    unsigned main_bits;
    bool none_is_sound, one_is_sound;
    uint32_t (*entry)(unsigned symbol);
};

static uint32_t litlen_entry(unsigned symbol) {
    return symbol < 256 ? LITERAL(symbol) : symbol == 256 ? HUFFMAN_END : lengths[symbol - 257];
}
static uint32_t distance_entry(unsigned symbol) { return distances[symbol]; }
static uint32_t precode_entry(unsigned symbol) { return BASE(symbol, 0); }

static const struct kind litlen_kind = {HUFFMAN_LITLEN_BITS, false, true, litlen_entry};
static const struct kind distance_kind = {HUFFMAN_DISTANCE_BITS, true, true, distance_entry};
static const struct kind precode_kind = {HUFFMAN_PRECODE_BITS, false, false, precode_entry};

/* The next code of `bits` bits, all of them in reverse; the last one stays. */
static inline uint32_t next_code(uint32_t code, unsigned bits) {
    uint32_t zeros = code ^ ((1u << bits) - 1);
    if (zeros == 0)
        return code;
    uint32_t highest = 1u << (31 - (unsigned)__builtin_clz(zeros));
    return (code & (highest - 1)) | highest;
}

/* As in zlib: no code is a prefix of another, and none is left over. */
static bool is_sound(const struct kind *kind, const uint16_t count[LENGTHS], bool *ret_whole) {
    int left = 1;
    unsigned used = 0;
    for (unsigned bits = 1; bits < LENGTHS; bits++) {
        left = left * 2 - count[bits];
        used += count[bits];
        if (left < 0)
            return false;
    }
    *ret_whole = left == 0;
    return left == 0 || (used == 0 && kind->none_is_sound) ||
           (used == 1 && count[1] == 1 && kind->one_is_sound);
}

/* How many bits the subtable of codes from `bits` on needs, when `first` is how many of those are left. */
static unsigned subtable_bits(const struct kind *kind, const uint16_t *count, unsigned bits,
                              unsigned left_of_bits) {
    unsigned sub = bits - kind->main_bits;
    uint32_t filled = left_of_bits;
    while (filled < (1u << sub)) {
        sub++;
        filled = (filled << 1) + count[kind->main_bits + sub];
    }
    return sub;
}

/* Codes longer than the main table's bits; `code` is the first, of `bits` bits. */
static void long_codes(const struct kind *kind, uint32_t *table, const uint16_t *count,
                       const uint16_t *sorted, uint32_t code, unsigned bits) {
    uint32_t main_size = 1u << kind->main_bits, at = 0, next = main_size, prefix = UINT32_MAX;
    unsigned sub = 0, left = count[bits];
    for (;;) {
        while (left == 0) {
            if (++bits == LENGTHS)
                return;
            left = count[bits];
        }
        if ((code & (main_size - 1)) != prefix) {
            prefix = code & (main_size - 1);
            sub = subtable_bits(kind, count, bits, left);
            at = next;
            next += 1u << sub;
            table[prefix] = HUFFMAN_SUBTABLE | at << HUFFMAN_VALUE_SHIFT |
                            sub << HUFFMAN_CODE_SHIFT | kind->main_bits;
        }
        uint32_t e = kind->entry(*sorted++) + BITS(bits - kind->main_bits);
        for (uint32_t i = code >> kind->main_bits; i < 1u << sub;
             i += 1u << (bits - kind->main_bits))
            table[at + i] = e;
        code = next_code(code, bits);
        left--;
    }
}

static bool build(const struct kind *kind, uint32_t *table, const uint8_t *lens, unsigned n) {
    uint16_t count[LENGTHS] = {0}, at[LENGTHS], sorted[SYMBOLS_MOST];
    bool whole;
    for (unsigned i = 0; i < n; i++)
        count[lens[i]]++;
    count[0] = 0;
    if (!is_sound(kind, count, &whole))
        return false;
    at[1] = 0;
    for (unsigned bits = 1; bits < LENGTHS - 1; bits++)
        at[bits + 1] = (uint16_t)(at[bits] + count[bits]);
    for (unsigned i = 0; i < n; i++)
        if (lens[i])
            sorted[at[lens[i]]++] = (uint16_t)i;

    /* A code of one bit or of none leaves the other entries as they are here. */
    uint32_t size = 1, code = 0;
    table[0] = HUFFMAN_BAD;
    const uint16_t *next = sorted;
    for (unsigned bits = 1; bits <= kind->main_bits; bits++) {
        memcpy(table + size, table, size * sizeof *table);
        size *= 2;
        if (!whole && bits == 1)
            table[1] = HUFFMAN_BAD;
        for (unsigned i = 0; i < count[bits]; i++) {
            table[code] = kind->entry(*next++) + BITS(bits);
            code = next_code(code, bits);
        }
    }
    unsigned longer = 0;
    for (unsigned bits = kind->main_bits + 1; bits < LENGTHS; bits++)
        longer += count[bits];
    if (longer)
        long_codes(kind, table, count, next, code, kind->main_bits + 1);
    return true;
}

/*
 * A literal whose bits leave room for another takes that one in. What follows is looked up at a lower place, so from the
 * top down every place is still as it was built when it is asked.
 */
void img_huffman_join(uint32_t *table) {
    for (uint32_t i = 1u << HUFFMAN_LITLEN_BITS; i-- > 0;) {
        uint32_t e = table[i], bits = e & HUFFMAN_ALL_BITS, then = table[i >> bits];
        uint32_t more = (then & HUFFMAN_ALL_BITS) + (1 << HUFFMAN_LITERALS_SHIFT) +
                        (huffman_value(then) << (HUFFMAN_VALUE_SHIFT + 8));
        /* No branches: nobody can guess them. */
        uint32_t literals = huffman_literals(e) == 1, then_literals = huffman_literals(then) == 1;
        uint32_t fits = bits + (then & HUFFMAN_ALL_BITS) <= HUFFMAN_LITLEN_BITS;
        table[i] = e + (more & -(literals & then_literals & fits));
    }
}

bool img_huffman_litlen(uint32_t *table, const uint8_t *lens, unsigned n) {
    return build(&litlen_kind, table, lens, n);
}
bool img_huffman_distance(uint32_t *table, const uint8_t *lens, unsigned n) {
    return build(&distance_kind, table, lens, n);
}
bool img_huffman_precode(uint32_t *table, const uint8_t *lens, unsigned n) {
    return build(&precode_kind, table, lens, n);
}
