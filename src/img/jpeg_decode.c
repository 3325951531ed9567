/*
 * img/jpeg_decode: the pixels of a JPEG by libjpeg-turbo: components as they are coded, each at its own DCT size, row by
 * row. A fault of the file leaves the library by longjmp and becomes words; a fault in one scan of several costs that
 * scan. That each component has its own DCT size is set behind the library's back, as its TurboJPEG does for 4:2:0
 * (turbojpeg.c, tj3DecompressToYUVPlanes8): jpegint.h's tables belong to the library's packaged interface.
 */
#include "img/jpeg_bits.h"
#include "img/jpeg_priv.h"

#include <setjmp.h>
#include <stdio.h>
/* jpeglib.h needs stdio.h's FILE and size_t before it. */
#include <jerror.h>
#include <jpeglib.h>
/* jpegint.h needs jpeglib.h */
#include <jpegint.h>

#include "img/jpeg_refine.h"

#if JPEG_LIB_VERSION >= 70
#error "the fields of DCT sizes are those of libjpeg's interface 6.2"
#endif

enum {
    TRIES = 4, /* how often a scan may turn out to be unsound */
    STRIPE_ROWS = 4 * DCTSIZE,
};

/* On the heap: what setjmp's frame holds is unspecified after longjmp. */
struct reader {
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr input;
    jmp_buf out;
    struct img_jpeg_walk *walk;
    struct img_jpeg_plan plan;
    img_row_fn *row;
    void *ctx;
    unsigned least_size; /* the library's word for the reduction: 8 / it */
    size_t at;           /* the next piece */
    bool at_end;         /* the decoder asked for more bytes than there are */
    JDIMENSION end_row;  /* the row of MCUs at which it did */
    bool missing;        /* pixels are */
    struct img_component of[IMG_JPEG_COMPONENTS]; /* their rows */
    JDIMENSION rows_of_mcus, given;               /* all, and those that went to row() */
    unsigned warnings;
    uint8_t *stripe[IMG_JPEG_COMPONENTS]; /* a row of MCUs */
    uint8_t *rgb;
    struct img_jpeg_refine refine; /* in place of a part of it, in progressive files */
    struct huffman
        *huffman; /* in place of the library's decoder, where there is one Huffman scan */
};

struct huffman {
    struct img_jpeg_scan scan;
    struct img_huff dc[NUM_HUFF_TBLS], ac[NUM_HUFF_TBLS];
    struct img_huff_skip skip[NUM_HUFF_TBLS]; /* of ac, where only DC is wanted */
};

static struct reader *reader_of(void *cinfo) { return ((j_common_ptr)cinfo)->client_data; }

/* ---- Faults ---- */

static void on_error(j_common_ptr cinfo) {
    if (cinfo->err->msg_code == JERR_OUT_OF_MEMORY)
        mem_exhausted();
    longjmp(reader_of(cinfo)->out, 1);
}

/* Warnings that say nothing of the pixels. */
static const int harmless[] = {JWRN_ADOBE_XFORM, JWRN_NOT_SEQUENTIAL};

/*
 * The decoder ran into a marker where it wanted bits. Behind the file's last byte, or a row of MCUs or more before the
 * last, pixels are missing; else the decoder may have lost its way by a flipped bit.
 */
static void on_marker(struct reader *r) {
    struct jpeg_decompress_struct *c = &r->cinfo;
    bool early = !r->walk->several_scans && c->unread_marker == JPEG_EOI &&
                 c->input_iMCU_row + 1 < r->rows_of_mcus;
    if (r->at_end || early)
        r->missing = true;
    else
        r->warnings |= IMG_WARN_DAMAGED;
}

static void on_message(j_common_ptr cinfo, int level) {
    if (level >= 0)
        return; /* trace */
    struct reader *r = reader_of(cinfo);
    cinfo->err->num_warnings++;
    if (cinfo->err->msg_code == JWRN_HIT_MARKER) {
        on_marker(r);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
        if (cinfo->err->msg_code == harmless[i])
            return;
    r->warnings |= IMG_WARN_DAMAGED;
}

/* What people read where the library would talk to programmers. */
static const struct {
    int code;
    const char *text;
} words[] = {
    {JERR_NO_HUFF_TABLE, "The JPEG lacks a table (of codes) that its pixels are packed with"},
    {JERR_BAD_HUFF_TABLE, "A table (of codes) that the JPEG's pixels are packed with is damaged"},
    {JERR_NO_QUANT_TABLE, "The JPEG lacks a table (of steps) that its pixels are packed with"},
    {JERR_BAD_MCU_SIZE, "The JPEG's description of its colour channels makes no sense"},
    {JERR_BAD_PROGRESSION, "The JPEG's order of its parts makes no sense"},
};

static int explain(const struct reader *r, char reason[IMG_REASON_MAX]) {
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (words[i].code == r->errors.msg_code)
            return img_jpeg_reject(reason, "%s", words[i].text);
    return img_jpeg_reject(
        reason, "The JPEG is damaged before its first pixel: nothing of it can be shown");
}

/* ---- Input: the pieces, one after the other ---- */

static void on_start(j_decompress_ptr cinfo) { (void)cinfo; }

static bool is_wanted(const struct reader *r, size_t i) {
    const struct img_jpeg_walk *w = r->walk;
    const struct img_jpeg_piece *p = &w->piece[i];
    /* Of a file without an end all scans are read, for the last one tells whether pixels are missing. */
    bool idle = r->plan.only_dc && p->only_ac && w->has_end;
    return !p->drop && !idle;
}

static boolean on_fill(j_decompress_ptr cinfo) {
    static const JOCTET end[] = {0xFF, JPEG_EOI};
    struct reader *r = reader_of(cinfo);
    const struct img_jpeg_walk *w = r->walk;
    while (r->at < w->n_pieces && !is_wanted(r, r->at))
        r->at++;
    if (r->at < w->n_pieces) {
        cinfo->src->next_input_byte = w->piece[r->at].p;
        cinfo->src->bytes_in_buffer = w->piece[r->at].len;
        r->at++;
        r->refine.is_cut = r->at == w->n_pieces && !w->has_end;
        return TRUE;
    }
    if (!w->has_end && !r->at_end) {
        r->at_end = true;
        r->end_row = cinfo->input_iMCU_row;
    }
    cinfo->src->next_input_byte = end;
    cinfo->src->bytes_in_buffer = sizeof end;
    return TRUE;
}

/* Never more than to the end: each byte is skipped once. */
static void on_skip(j_decompress_ptr cinfo, long n) {
    struct jpeg_source_mgr *src = cinfo->src;
    while (n > 0 && (size_t)n > src->bytes_in_buffer) {
        n -= (long)src->bytes_in_buffer;
        on_fill(cinfo);
        if (reader_of(cinfo)->at == reader_of(cinfo)->walk->n_pieces)
            break;
    }
    size_t step = (size_t)n < src->bytes_in_buffer ? (size_t)n : src->bytes_in_buffer;
    src->next_input_byte += step;
    src->bytes_in_buffer -= step;
}

static void set_input(struct reader *r) {
    r->input = (struct jpeg_source_mgr){.init_source = on_start,
                                        .fill_input_buffer = on_fill,
                                        .skip_input_data = on_skip,
                                        .resync_to_restart = jpeg_resync_to_restart,
                                        .term_source = on_start};
    r->cinfo.src = &r->input;
}

/* ---- Rows ---- */

static size_t stride_of(const struct reader *r, unsigned i) {
    return (size_t)r->walk->of[i].blocks_x * r->plan.size[i] + IMG_PLANE_PAD;
}
static unsigned stripe_rows(const struct reader *r, unsigned i) {
    return r->walk->of[i].v * r->plan.size[i];
}

/*
 * Inks are stored inverted (255 is none), whether Adobe's marker is there or not: browsers take them so (Chromium's and
 * Firefox's JPEG decoders). Without a profile the colour is the plain product.
 */
static uint8_t product(unsigned a, unsigned b) { return (uint8_t)((a * b + 127) / 255); }

static uint8_t clamp(int v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }

/* JFIF's conversion (T.871, 7), the ink then: libjpeg's YCCK becomes CMY by inverting the RGB. */
static void ycc_to_inks(uint8_t px[3]) {
    int y = px[0] * 65536 + 32768, cb = px[1] - 128, cr = px[2] - 128;
    px[0] = clamp(255 - ((y + 91881 * cr) >> 16));
    px[1] = clamp(255 - ((y - 22554 * cb - 46802 * cr) >> 16));
    px[2] = clamp(255 - ((y + 116130 * cb) >> 16));
}

/* Line y of the picture (reduced) from the four components' rows; components with fewer samples repeat them. */
static void inks_to_rgb(struct reader *r, const uint8_t *const rows[IMG_JPEG_COMPONENTS]) {
    uint8_t *to = r->rgb;
    for (uint32_t x = 0; x < r->plan.width; x++, to += 3) {
        uint8_t ink[IMG_JPEG_COMPONENTS];
        for (unsigned i = 0; i < IMG_JPEG_COMPONENTS; i++)
            ink[i] = rows[i][(uint64_t)x * r->of[i].width / r->plan.width];
        if (r->walk->colors == IMG_JPEG_YCCK)
            ycc_to_inks(ink);
        for (unsigned c = 0; c < 3; c++)
            to[c] = product(ink[c], ink[3]);
    }
}

/* The lines whose samples the stripe holds. */
static void give_inks(struct reader *r) {
    const struct img_jpeg_walk *w = r->walk;
    unsigned lines = w->max_v * r->least_size;
    uint32_t y = r->given * lines, end = y + lines < r->plan.height ? y + lines : r->plan.height;
    for (; y < end; y++) {
        const uint8_t *rows[IMG_JPEG_COMPONENTS];
        for (unsigned i = 0; i < IMG_JPEG_COMPONENTS; i++)
            rows[i] = r->stripe[i] + y % lines * stripe_rows(r, i) / lines * stride_of(r, i);
        inks_to_rgb(r, rows);
        r->row(r->ctx, 0, r->rgb);
    }
}

static void give_planes(struct reader *r) {
    for (unsigned i = 0; i < r->walk->n; i++) {
        uint32_t high = stripe_rows(r, i), y = r->given * high;
        for (uint32_t j = 0; j < high && y + j < r->of[i].height; j++)
            r->row(r->ctx, i, r->stripe[i] + j * stride_of(r, i));
    }
}

/* One row of MCUs, which the stripes hold. */
static void give_rows(struct reader *r) {
    (r->walk->n == 4 ? give_inks : give_planes)(r);
    r->given++;
}

/* The size of the samples that each component's blocks become, in place of the library's choice. */
static void set_sizes(struct reader *r) {
    struct jpeg_decompress_struct *c = &r->cinfo;
    for (int i = 0; i < c->num_components; i++) {
        jpeg_component_info *of = &c->comp_info[i];
        of->DCT_scaled_size = (int)r->plan.size[i];
        of->MCU_sample_width = of->MCU_width * of->DCT_scaled_size;
    }
    c->idct->start_pass(c);
}

static void read_rows(struct reader *r) {
    struct jpeg_decompress_struct *c = &r->cinfo;
    JSAMPROW line[IMG_JPEG_COMPONENTS][STRIPE_ROWS];
    JSAMPARRAY lines[IMG_JPEG_COMPONENTS];
    for (unsigned i = 0; i < r->walk->n; i++) {
        for (unsigned j = 0; j < stripe_rows(r, i); j++)
            line[i][j] = r->stripe[i] + j * stride_of(r, i);
        lines[i] = line[i];
    }
    while (r->given < r->rows_of_mcus) {
        jpeg_read_raw_data(c, lines, r->walk->max_v * r->least_size);
        give_rows(r);
    }
}

/* ---- Entropy decoding of one Huffman scan ---- */

/* A run that passes the block's end, or no code: libjpeg takes the former's value for the last coefficient. */
static __attribute__((noinline, cold)) void past_end(struct img_bits *b, int32_t e, JCOEF *block) {
    b->damaged = true;
    if ((e >> 8 & 0xFF) != IMG_HUFF_NONE)
        block[DCTSIZE2 - 1] = (JCOEF)(e >> 16);
}

/* One block, whose coefficients are zero. */
static inline __attribute__((always_inline)) void read_block(struct img_bits *b,
                                                             const struct img_huff *dc,
                                                             const struct img_huff *ac,
                                                             uint32_t *last_dc, JCOEF *block) {
    struct img_bits_now now = {b->p, b->acc, b->n};
    if (now.n < IMG_BITS_ENOUGH)
        img_bits_fill(&now, b);
    int32_t e = img_huff_next(&now, dc);
    int k = 0;
    b->damaged |= (e >> 8 & 0xFF) == IMG_HUFF_NONE;
    *last_dc += (uint32_t)(e >> 16);
    block[0] = (JCOEF)*last_dc;
    while (k < DCTSIZE2 - 1) {
        if (now.n < IMG_BITS_ENOUGH)
            img_bits_fill(&now, b);
        e = img_huff_next(&now, ac);
        k += e >> 8 & 0xFF;
        if (k >= DCTSIZE2)
            break;
        block[jpeg_natural_order[k]] = (JCOEF)(e >> 16);
    }
    if (k >= DCTSIZE2 && (e >> 8 & 0xFF) != IMG_HUFF_EOB)
        past_end(b, e, block);
    b->p = now.p;
    b->acc = now.acc;
    b->n = now.n;
}

/* The same where only the DC coefficient is wanted: the others are passed several at a time. */
static inline __attribute__((always_inline)) void read_dc(struct img_bits *b,
                                                          const struct img_huff *dc,
                                                          const struct img_huff *ac,
                                                          const struct img_huff_skip *skip,
                                                          uint32_t *last_dc, JCOEF *block) {
    struct img_bits_now now = {b->p, b->acc, b->n};
    if (now.n < IMG_BITS_ENOUGH)
        img_bits_fill(&now, b);
    int32_t e = img_huff_next(&now, dc);
    b->damaged |= (e >> 8 & 0xFF) == IMG_HUFF_NONE;
    *last_dc += (uint32_t)(e >> 16);
    block[0] = (JCOEF)*last_dc;
    for (unsigned k = 0; k < DCTSIZE2 - 1;) {
        if (now.n < IMG_BITS_ENOUGH)
            img_bits_fill(&now, b);
        unsigned many = skip->of[now.acc >> (64 - IMG_HUFF_SKIP)], on = k + (many >> 6 & 127);
        if (on < DCTSIZE2 - 1 && many > 0) { /* else the last of them may be another block's */
            now.acc <<= many & 63;
            now.n -= (int)(many & 63);
            k = on | (many >> 15) * DCTSIZE2;
            continue;
        }
        e = img_huff_next(&now, ac);
        k += (unsigned)e >> 8 & 0xFF;
        b->damaged |= k >= DCTSIZE2 && (e >> 8 & 0xFF) != IMG_HUFF_EOB;
    }
    b->p = now.p;
    b->acc = now.acc;
    b->n = now.n;
}

static inline __attribute__((always_inline)) boolean read_mcu(j_decompress_ptr c, JBLOCKROW *blocks,
                                                              bool only_dc) {
    struct huffman *h = reader_of(c)->huffman;
    struct img_jpeg_scan *scan = &h->scan;
    uint32_t rows_left = reader_of(c)->rows_of_mcus - 1 - c->input_iMCU_row;
    if (!img_jpeg_scan_next(scan)) {
        scan->missing |= scan->over && rows_left > 0;
        return TRUE;
    }
    for (int i = 0; i < c->blocks_in_MCU; i++) {
        int at = c->MCU_membership[i], ac = c->cur_comp_info[at]->ac_tbl_no;
        const struct img_huff *dc = &h->dc[c->cur_comp_info[at]->dc_tbl_no];
        if (only_dc)
            read_dc(&scan->bits, dc, &h->ac[ac], &h->skip[ac], &scan->last_dc[at], blocks[i][0]);
        else
            read_block(&scan->bits, dc, &h->ac[ac], &scan->last_dc[at], blocks[i][0]);
    }
    if (scan->bits.zeros > 0 || scan->bits.damaged)
        img_jpeg_scan_check(scan, rows_left);
    return TRUE;
}

typedef boolean mcu_fn(j_decompress_ptr c, JBLOCKROW *blocks);
static boolean all_plain(j_decompress_ptr c, JBLOCKROW *blocks) {
    return read_mcu(c, blocks, false);
}
static boolean dc_plain(j_decompress_ptr c, JBLOCKROW *blocks) { return read_mcu(c, blocks, true); }
#ifdef __x86_64__
/* Shifts by a count in any register: less than half the instructions of each shift. */
#define WITH_BMI2 __attribute__((target("bmi,bmi2")))
WITH_BMI2 static boolean all_bmi2(j_decompress_ptr c, JBLOCKROW *blocks) {
    return read_mcu(c, blocks, false);
}
WITH_BMI2 static boolean dc_bmi2(j_decompress_ptr c, JBLOCKROW *blocks) {
    return read_mcu(c, blocks, true);
}
static mcu_fn *mcu_reader(bool only_dc) {
    if (__builtin_cpu_supports("bmi2"))
        return only_dc ? dc_bmi2 : all_bmi2;
    return only_dc ? dc_plain : all_plain;
}
#else
static mcu_fn *mcu_reader(bool only_dc) { return only_dc ? dc_plain : all_plain; }
#endif

/* The library has read the tables and stands at the scan's first byte. */
static void plug_huffman(struct reader *r) {
    struct jpeg_decompress_struct *c = &r->cinfo;
    struct huffman *h = r->huffman = mem_new(struct huffman);
    for (int i = 0; i < c->comps_in_scan; i++) {
        const jpeg_component_info *of = c->cur_comp_info[i];
        const JHUFF_TBL *dc = c->dc_huff_tbl_ptrs[of->dc_tbl_no],
                        *ac = c->ac_huff_tbl_ptrs[of->ac_tbl_no];
        img_huff_build(&h->dc[of->dc_tbl_no], dc->bits, dc->huffval, true);
        img_huff_build(&h->ac[of->ac_tbl_no], ac->bits, ac->huffval, false);
        if (r->plan.only_dc)
            img_huff_build_skip(&h->skip[of->ac_tbl_no], &h->ac[of->ac_tbl_no]);
    }
    const JOCTET *from = c->src->next_input_byte;
    img_jpeg_scan_begin(&h->scan, from, from + c->src->bytes_in_buffer, c->restart_interval,
                        !r->walk->has_end);
    c->entropy->decode_mcu = mcu_reader(r->plan.only_dc);
}

/* ---- The whole ---- */

/* Everything that may longjmp. */
static void decode_steps(struct reader *r) {
    struct jpeg_decompress_struct *c = &r->cinfo;
    jpeg_read_header(c, TRUE);
    c->raw_data_out = TRUE;
    c->out_color_space = c->jpeg_color_space;
    c->scale_num = r->least_size;
    c->scale_denom = DCTSIZE;
    c->dct_method = JDCT_ISLOW;
    c->do_block_smoothing = !r->plan.only_dc;
    jpeg_start_decompress(c);
    set_sizes(r);
    if (!r->walk->several_scans && !r->walk->arithmetic)
        plug_huffman(r);
    read_rows(r);
}

static struct reader *reader_new(struct img_jpeg_walk *w, unsigned reduction, img_row_fn *row,
                                 void *ctx) {
    struct reader *r = mem_new(struct reader);
    r->walk = w;
    r->row = row;
    r->ctx = ctx;
    r->least_size = DCTSIZE / reduction;
    r->rows_of_mcus = (w->height + w->max_v * DCTSIZE - 1) / (w->max_v * DCTSIZE);
    img_jpeg_plan(w, reduction, &r->plan);
    for (unsigned i = 0; i < w->n; i++) {
        img_jpeg_samples(w, &r->plan, i, &r->of[i]);
        r->stripe[i] = mem_zalloc(stride_of(r, i) * stripe_rows(r, i));
    }
    if (w->n == 4)
        r->rgb = mem_zalloc((size_t)r->plan.width * 3 + IMG_PLANE_PAD);
    return r;
}

static struct reader *reader_free(struct reader *r) {
    if (!r)
        return NULL;
    for (unsigned i = 0; i < IMG_JPEG_COMPONENTS; i++)
        free(r->stripe[i]);
    free(r->rgb);
    free(r->huffman);
    free(r);
    return NULL;
}
DEFINE_FREEP(reader)

/* 0, or the piece that the library fell over is dropped and it is worth another try; else IMG_E_REJECTED. */
static bool drop_scan(struct reader *r) {
    struct img_jpeg_walk *w = r->walk;
    if (!w->several_scans || r->given > 0 || r->at == 0)
        return false;
    struct img_jpeg_piece *p = &w->piece[r->at - 1];
    if (p->drop || !p->is_scan)
        return false;
    p->drop = true;
    w->is_whole = false;
    return true;
}

/* False: the library gave up, and errors.msg_code says why. */
static bool try_decode(struct reader *r) {
    r->at = 0;
    r->at_end = r->missing = false;
    r->cinfo.err = jpeg_std_error(&r->errors);
    r->errors.error_exit = on_error;
    r->errors.emit_message = on_message;
    r->cinfo.client_data = r;
    bool volatile whole = false;
    if (setjmp(r->out) == 0) {
        jpeg_create_decompress(&r->cinfo);
        set_input(r);
        img_jpeg_refine_plug(&r->refine, &r->cinfo);
        decode_steps(r);
        whole = true;
    }
    jpeg_destroy_decompress(&r->cinfo);
    return whole;
}

/* Scans of a cut file may each be whole and leave something out; arithmetic decoders need no bits to go on. */
static bool lacks_pixels(const struct reader *r) {
    const struct img_jpeg_walk *w = r->walk;
    bool cut_scans = w->several_scans && (w->lacks_colors || (!w->has_end && !w->is_whole));
    bool cut_arithmetic = w->arithmetic && r->at_end && r->end_row + 1 < r->rows_of_mcus;
    return r->missing || cut_scans || cut_arithmetic;
}

int img_jpeg_decode_rows(struct img_source *source, unsigned reduction, uint64_t memory,
                         img_row_fn *row, void *ctx, struct img_outcome *ret,
                         char reason[IMG_REASON_MAX]) {
    (void)memory; /* there is one way, and need() tells what it takes */
    struct img_jpeg_source *s = (struct img_jpeg_source *)source;
    CLEANUP(reader) struct reader *r = reader_new(&s->walk, reduction, row, ctx);
    bool whole = try_decode(r);
    for (int i = 1; i < TRIES && !whole && drop_scan(r); i++) {
        whole = try_decode(r);
        r->warnings |= IMG_WARN_DAMAGED;
    }
    if (!whole && r->given == 0)
        return explain(r, reason);
    r->missing =
        r->missing || !whole || r->refine.missing || (r->huffman && r->huffman->scan.missing);
    if (r->refine.damaged || (r->huffman && r->huffman->scan.damaged))
        r->warnings |= IMG_WARN_DAMAGED;
    while (r->given < r->rows_of_mcus)
        give_rows(r);
    *ret = (struct img_outcome){.truncated = lacks_pixels(r), .warnings = r->warnings};
    return 0;
}
