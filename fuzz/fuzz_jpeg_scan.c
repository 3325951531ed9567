/*
 * The entropy-coded bytes of a JPEG, in a file that is sound around them: our decoder and libjpeg's give the same rows, and
 * where libjpeg warns we do not say that all is well. The first byte says what kind of file, the second the restart
 * interval; then, in some kinds, a table of codes. Markers other than restarts become data: we take flipped ones so.
 */
#include "img/source.h"

#include <setjmp.h>
#include <stdio.h>
/* jpeglib.h needs stdio.h's FILE and size_t before it. */
#include <jpeglib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum {
    WIDTH = 75,
    HEIGHT = 50,
    PROGRESSIVE = 1,
    SMALL_CHROMA = 2,
    GREY = 4,
    OWN_TABLE = 8,
    REDUCTION_SHIFT = 4
};

/* ---- The file ---- */

/* A segment of n bytes that are given: marker, length. */
static void segment(struct buf *out, unsigned marker, str body) {
    buf_u16(out, (uint16_t)(0xFF00 | marker));
    buf_u16(out, (uint16_t)(body.len + 2));
    buf_str(out, body);
}

/* SOI, and the tables that encoders begin with. */
static void tables(struct buf *out) {
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &bytes, &size);
    c.in_color_space = JCS_YCbCr;
    c.input_components = 3;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, 90, TRUE);
    jpeg_write_tables(&c);
    buf_add(out, bytes, size - 2); /* without the EOI */
    jpeg_destroy_compress(&c);
    free(bytes);
}

/* Counts below 4 for each length, then symbols, from the input: AC table 0. */
static void own_table(struct buf *out, struct cur *in) {
    enum { LENGTHS = 16, COUNT = 3 };
    CLEANUP_DEINIT(buf) struct buf body = {0};
    unsigned n = 0;
    buf_u8(&body, 0x10);
    for (int i = 0; i < LENGTHS; i++) {
        unsigned count = cur_u8(in) & COUNT;
        n += count;
        buf_u8(&body, (uint8_t)count);
    }
    while (n--)
        buf_u8(&body, cur_u8(in));
    segment(out, 0xC4, buf_view(&body));
}

static void frame(struct buf *out, unsigned kind) {
    CLEANUP_DEINIT(buf) struct buf body = {0};
    unsigned n = kind & GREY ? 1 : 3;
    buf_u8(&body, 8);
    buf_u16(&body, HEIGHT);
    buf_u16(&body, WIDTH);
    buf_u8(&body, (uint8_t)n);
    for (unsigned i = 0; i < n; i++) {
        buf_u8(&body, (uint8_t)(i + 1));
        buf_u8(&body, i == 0 && (kind & SMALL_CHROMA) ? 0x22 : 0x11);
        buf_u8(&body, i > 0);
    }
    segment(out, kind & PROGRESSIVE ? 0xC2 : 0xC0, buf_view(&body));
}

static void scan(struct buf *out, unsigned n, unsigned from, unsigned to, unsigned bits, str data) {
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_u8(&body, (uint8_t)n);
    for (unsigned i = 0; i < n; i++) {
        buf_u8(&body, (uint8_t)(i + 1));
        buf_u8(&body, i > 0 ? 0x11 : 0);
    }
    buf_u8(&body, (uint8_t)from);
    buf_u8(&body, (uint8_t)to);
    buf_u8(&body, (uint8_t)bits);
    segment(out, 0xDA, buf_view(&body));
    bool after = false; /* 0xFF */
    for (size_t i = 0; i < data.len; i++) {
        uint8_t byte = (uint8_t)data.p[i];
        bool restart = byte >= 0xD0 && byte <= 0xD7;
        buf_u8(out, after && !restart ? 0 : byte);
        after = !after && byte == 0xFF;
    }
    if (after)
        buf_u8(out, 0);
}

static void make_file(struct buf *out, unsigned kind, struct cur *in) {
    unsigned n = kind & GREY ? 1 : 3;
    uint8_t interval[2] = {0, cur_u8(in) & 15};
    tables(out);
    if (kind & OWN_TABLE)
        own_table(out, in);
    segment(out, 0xDD, str_n(interval, sizeof interval));
    frame(out, kind);
    if (kind & PROGRESSIVE) {
        size_t third = in->s.len / 3;
        scan(out, n, 0, 0, 0, str_slice(in->s, 0, third));
        scan(out, 1, 1, 63, 1, str_slice(in->s, third, 2 * third));
        scan(out, 1, 1, 63, 0x10, str_skip(in->s, 2 * third));
    } else {
        scan(out, n, 0, 63, 0, in->s);
    }
    buf_u16(out, 0xFFD9);
}

/* ---- Both ---- */

struct theirs {
    struct jpeg_decompress_struct c;
    struct jpeg_error_mgr errors;
    jmp_buf out;
    struct buf luma;
};
static void on_error(j_common_ptr c) { longjmp(((struct theirs *)c->client_data)->out, 1); }
static void on_message(j_common_ptr c, int level) { c->err->num_warnings += level < 0; }

/* False: libjpeg refuses it. */
static bool by_libjpeg(struct theirs *t, str file, unsigned reduction) {
    t->c.err = jpeg_std_error(&t->errors);
    t->errors.error_exit = on_error;
    t->errors.emit_message = on_message;
    t->c.client_data = t;
    if (setjmp(t->out))
        return false;
    jpeg_create_decompress(&t->c);
    jpeg_mem_src(&t->c, (const unsigned char *)file.p, file.len);
    jpeg_read_header(&t->c, TRUE);
    t->c.out_color_space = JCS_GRAYSCALE;
    t->c.scale_num = 1;
    t->c.scale_denom = reduction;
    t->c.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&t->c);
    while (t->c.output_scanline < t->c.output_height) {
        JSAMPROW row = (JSAMPROW)buf_reserve(&t->luma, t->c.output_width);
        jpeg_read_scanlines(&t->c, &row, 1);
        t->luma.len += t->c.output_width;
    }
    return true;
}

struct ours {
    struct img_layout layout;
    struct buf luma;
};
static void on_row(void *ctx, unsigned of, const uint8_t *row) {
    struct ours *o = ctx;
    if (of == 0)
        buf_add(&o->luma, row, o->layout.of[0].width);
}

/* Ours leave out an average at the edge that the picture covers in part. */
static bool are_same(const struct ours *o, const struct theirs *t) {
    size_t width = o->layout.of[0].width, all = t->c.output_width, rows = o->luma.len / width;
    bool same = rows == o->layout.of[0].height && width <= all && rows * all <= t->luma.len;
    for (size_t y = 0; y < rows && same; y++)
        same = memcmp(o->luma.p + y * width, t->luma.p + y * all, width) == 0;
    return same;
}

static void compare(str file, unsigned kind, unsigned reduction) {
    struct theirs *t = mem_new(struct theirs);
    struct ours o = {0};
    struct img_source *source = NULL;
    struct img_outcome outcome = {0};
    char reason[IMG_REASON_MAX] = "";
    bool sound = by_libjpeg(t, file, reduction);
    if (img_jpeg_decoder.open(file, &source, reason) != 0)
        __builtin_trap();
    img_jpeg_decoder.layout(source, reduction, &o.layout);
    int r = img_jpeg_decoder.decode(source, reduction, img_jpeg_decoder.need(source, reduction),
                                    on_row, &o, &outcome, reason);
    bool all = !(kind & PROGRESSIVE) || reduction < 8; /* else not all scans are read */
    if (sound && (r != 0 || !are_same(&o, t)))
        __builtin_trap();
    if (sound && all && t->errors.num_warnings && !outcome.truncated && !outcome.warnings)
        __builtin_trap();
    img_jpeg_decoder.close(source);
    jpeg_destroy_decompress(&t->c);
    buf_deinit(&t->luma);
    buf_deinit(&o.luma);
    free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct cur in = cur_of(str_n(p, n));
    unsigned kind = cur_u8(&in);
    CLEANUP_DEINIT(buf) struct buf file = {0};
    make_file(&file, kind, &in);
    if (!in.bad)
        compare(buf_view(&file), kind, 1u << (kind >> REDUCTION_SHIFT & 3));
    return 0;
}
