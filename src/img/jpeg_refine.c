/* img/jpeg_refine: AC refinement of progressive JPEGs by masks of the coefficients that are not zero. */
#include <stdio.h>
/* jpeglib.h needs stdio.h's FILE and size_t before it. */
#include <jpeglib.h>
/* jpegint.h needs jpeglib.h */
#include <jpegint.h>

#include "img/jpeg_refine.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static struct img_jpeg_refine *refine_of(j_decompress_ptr c) {
    return (struct img_jpeg_refine *)c->progress;
}

/* ---- Which coefficients are not zero, in zigzag order ---- */

static void make_masks(struct img_jpeg_refine *f) {
    for (unsigned k = 0; k < DCTSIZE2; k++) {
        unsigned at = (unsigned)jpeg_natural_order[k];
        for (unsigned v = 0; v < 256; v++)
            if (v >> at % 8 & 1)
                f->masks[at / 8][v] |= 1ull << k;
    }
    f->has_masks = true;
}

static uint64_t natural_mask(const JCOEF *block) {
#ifdef __SSE2__
    const __m128i zero = _mm_setzero_si128();
    uint64_t zeros = 0;
    for (size_t i = 0; i < DCTSIZE; i += 2) {
        __m128i a = _mm_loadu_si128((const __m128i *)&block[i * DCTSIZE]);
        __m128i b = _mm_loadu_si128((const __m128i *)&block[(i + 1) * DCTSIZE]);
        __m128i both = _mm_packs_epi16(_mm_cmpeq_epi16(a, zero), _mm_cmpeq_epi16(b, zero));
        zeros |= (uint64_t)(unsigned)_mm_movemask_epi8(both) << (i * DCTSIZE);
    }
    return ~zeros;
#else
    uint64_t mask = 0;
    for (int i = 0; i < DCTSIZE2; i++)
        mask |= (uint64_t)(block[i] != 0) << i;
    return mask;
#endif
}

static uint64_t zigzag_mask(const struct img_jpeg_refine *f, const JCOEF *block) {
    uint64_t natural = natural_mask(block), mask = 0;
    for (unsigned i = 0; natural != 0; i++, natural >>= 8)
        mask |= f->masks[i][natural & 255];
    return mask;
}

/* ---- One block ---- */

struct pass {
    struct img_bits_now now;
    struct img_bits *bits;
    JCOEF *block;
    int plus; /* 1 at the scan's bit */
};

static inline unsigned take_bits(struct pass *p, int n) {
    if (p->now.n < IMG_BITS_ENOUGH)
        img_bits_fill(&p->now, p->bits);
    unsigned v = n > 0 ? (unsigned)(p->now.acc >> (64 - n)) : 0;
    p->now.acc <<= n;
    p->now.n -= n;
    return v;
}

static inline void correct(struct pass *p, unsigned k) {
    JCOEF *at = &p->block[jpeg_natural_order[k]];
    int bit = (int)take_bits(p, 1), sign = *at < 0 ? -1 : 1;
    /* by arithmetic: the bit is anybody's guess, a branch on it too */
    *at = (JCOEF)(*at + (p->plus & -(bit & ((*at & p->plus) == 0))) * sign);
}

/* From k on: over `run` zeros, correcting what is not zero between them; the place of the zero behind, or last + 1. */
static inline unsigned step_over(struct pass *p, uint64_t mask, unsigned k, unsigned last,
                                 unsigned run) {
    while (k <= last) {
        uint64_t rest = mask >> k;
        unsigned zeros = rest ? (unsigned)__builtin_ctzll(rest) : DCTSIZE2;
        if (run < zeros)
            return k + run <= last ? k + run : last + 1;
        run -= zeros;
        k += zeros;
        if (k <= last)
            correct(p, k);
        k++;
    }
    return last + 1;
}

/* The next code's symbol; 0 (the end of a run of one block) where there is no such code, as libjpeg takes it. */
static inline unsigned take_symbol(struct pass *p, const struct img_jpeg_refine *f) {
    if (p->now.n < IMG_BITS_ENOUGH)
        img_bits_fill(&p->now, p->bits);
    uint16_t known = f->symbols[p->now.acc >> (64 - IMG_REFINE_FAST)];
    if (known != 0) {
        p->now.acc <<= known >> 8;
        p->now.n -= known >> 8;
        return known & 255;
    }
    const struct img_huff *t = &f->table;
    uint32_t code = (uint32_t)(p->now.acc >> 48);
    unsigned len = IMG_REFINE_FAST + 1;
    while (code >= t->limit[len])
        len++;
    p->now.acc <<= len;
    p->now.n -= (int)len;
    if (len <= 16)
        return t->symbol[t->first[len] + (int32_t)(code >> (16 - len))];
    p->bits->damaged = true;
    return 0;
}

static void refine_block(struct img_jpeg_refine *f, JCOEF *block, unsigned from, unsigned last,
                         int low) {
    struct pass p = {{f->scan.bits.p, f->scan.bits.acc, f->scan.bits.n},
                     &f->scan.bits,
                     block,
                     1 << low};
    uint64_t mask = zigzag_mask(f, block);
    unsigned k = from;
    while (f->end_run == 0 && k <= last) {
        unsigned symbol = take_symbol(&p, f), run = symbol >> 4, size = symbol & 15;
        int value = 0;
        if (size > 0) {
            f->scan.bits.damaged = f->scan.bits.damaged || size != 1;
            value = take_bits(&p, 1) ? p.plus : -p.plus;
        } else if (run < 15) {
            f->end_run = (1u << run) + take_bits(&p, (int)run);
            break;
        }
        k = step_over(&p, mask, k, last, run);
        if (value != 0)
            block[jpeg_natural_order[k]] = (JCOEF)value; /* the order has 16 places more */
        k++;
    }
    if (f->end_run > 0) {
        step_over(&p, mask, k, last, DCTSIZE2);
        f->end_run--;
    }
    f->scan.bits.p = p.now.p;
    f->scan.bits.acc = p.now.acc;
    f->scan.bits.n = p.now.n;
}

/* ---- In the library's place ---- */

static boolean refine_mcu(j_decompress_ptr c, JBLOCKROW *blocks) {
    struct img_jpeg_refine *f = refine_of(c);
    struct img_jpeg_scan *scan = &f->scan;
    if (scan->interval > 0 && scan->to_go == 0)
        f->end_run = 0;
    if (img_jpeg_scan_next(scan)) {
        refine_block(f, blocks[0][0], (unsigned)c->Ss, (unsigned)c->Se, c->Al);
        if (scan->bits.zeros > 0 || scan->bits.damaged)
            img_jpeg_scan_check(scan, 0);
    }
    c->entropy->insufficient_data = scan->dry; /* rows that the library smooths */
    f->missing = f->missing || scan->missing;
    f->damaged = f->damaged || scan->damaged;
    /* where the library looks for the next marker; the reader never goes past one */
    c->src->next_input_byte = scan->bits.p;
    c->src->bytes_in_buffer = (size_t)(scan->bits.end - scan->bits.p);
    return TRUE;
}

static void make_symbols(struct img_jpeg_refine *f, const JHUFF_TBL *t) {
    memset(f->symbols, 0, sizeof f->symbols);
    unsigned at = 0, to = 0;
    for (unsigned len = 1; len <= IMG_REFINE_FAST; len++) {
        for (unsigned i = 0; i < t->bits[len]; i++)
            for (unsigned j = 0; j < 1u << (IMG_REFINE_FAST - len); j++)
                f->symbols[to++] = (uint16_t)(len << 8 | t->huffval[at + i]);
        at += t->bits[len];
    }
}

static void start_pass(j_decompress_ptr c) {
    struct img_jpeg_refine *f = refine_of(c);
    f->start_pass(c); /* checks the scan's parameters and tables */
    if (c->Ss == 0 || c->Ah == 0)
        return;
    const JHUFF_TBL *t = c->ac_huff_tbl_ptrs[c->cur_comp_info[0]->ac_tbl_no];
    img_huff_build(&f->table, t->bits, t->huffval, false);
    make_symbols(f, t);
    if (!f->has_masks)
        make_masks(f);
    f->end_run = 0;
    const JOCTET *from = c->src->next_input_byte;
    img_jpeg_scan_begin(&f->scan, from, from + c->src->bytes_in_buffer, c->restart_interval,
                        f->is_cut);
    c->entropy->decode_mcu = refine_mcu;
}

static void on_progress(j_common_ptr cinfo) {
    j_decompress_ptr c = (j_decompress_ptr)cinfo;
    struct img_jpeg_refine *f = refine_of(c);
    if (f->start_pass || !c->progressive_mode || c->arith_code || !c->entropy)
        return;
    f->start_pass = c->entropy->start_pass;
    c->entropy->start_pass = start_pass;
}

void img_jpeg_refine_plug(struct img_jpeg_refine *f, j_decompress_ptr cinfo) {
    bool is_cut = f->is_cut;
    memset(f, 0, sizeof *f);
    f->is_cut = is_cut;
    f->progress.progress_monitor = on_progress;
    cinfo->progress = &f->progress;
}
