/*
 * img/encode_jpeg: a baseline JPEG of planes, by libjpeg-turbo from raw rows: nothing is converted or averaged. Static
 * Huffman tables: optimal ones save 1 to 1.5 % of the bytes for 10 to 15 % of the whole work's time.
 */
#include "img/encode.h"

#include <setjmp.h>
#include <stdio.h>
/* jpeglib.h needs stdio.h's FILE and size_t before it. */
#include <jerror.h>
#include <jpeglib.h>

enum {
    EXIF_MARKER = JPEG_APP0 + 1,
    ICC_MARKER = JPEG_APP0 + 2,
    SEGMENT_MAX = 65533, /* what a segment holds beside its length */
    ICC_PIECES_MAX = 255,
    FIRST_ROOM = 64 << 10, /* bytes of output that are made room for at a time */
    PLANES = 3,
    STRIPE_ROWS = 2 * DCTSIZE,
};

struct writer {
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr output;
    jmp_buf out;
    struct buf *to;
    size_t room; /* of the piece of `to` that is being filled */
    const struct img_planes *p;
    uint8_t *stripe[PLANES]; /* rows whose right edge is repeated */
    size_t stride[PLANES];
};

static struct writer *writer_of(void *cinfo) { return ((j_common_ptr)cinfo)->client_data; }
static void on_error(j_common_ptr cinfo) {
    if (cinfo->err->msg_code == JERR_OUT_OF_MEMORY)
        mem_exhausted();
    longjmp(writer_of(cinfo)->out, 1);
}
static void on_message(j_common_ptr cinfo, int level) {
    (void)cinfo;
    (void)level;
}

/* ---- Output: straight into the buffer ---- */

static void make_room(j_compress_ptr cinfo) {
    struct writer *w = writer_of(cinfo);
    w->room = w->to->len > FIRST_ROOM ? w->to->len : FIRST_ROOM;
    w->output.next_output_byte = (JOCTET *)buf_reserve(w->to, w->room);
    w->output.free_in_buffer = w->room;
}
static void took(struct writer *w, size_t n) {
    w->to->len += n;
    w->to->p[w->to->len] = '\0';
}
/* The library has filled all of it, whatever free_in_buffer says. */
static boolean on_full(j_compress_ptr cinfo) {
    took(writer_of(cinfo), writer_of(cinfo)->room);
    make_room(cinfo);
    return TRUE;
}
static void on_end(j_compress_ptr cinfo) {
    struct writer *w = writer_of(cinfo);
    took(w, w->room - w->output.free_in_buffer);
}

/* ---- Tags ---- */

/* A segment holds 64 KB; larger metadata does not travel. */
static void write_exif(struct writer *w, str exif) {
    static const str prefix = S_INIT("Exif\0\0");
    if (exif.len == 0 || exif.len + prefix.len > SEGMENT_MAX)
        return;
    jpeg_write_m_header(&w->cinfo, EXIF_MARKER, (unsigned)(prefix.len + exif.len));
    for (size_t i = 0; i < prefix.len; i++)
        jpeg_write_m_byte(&w->cinfo, prefix.p[i]);
    for (size_t i = 0; i < exif.len; i++)
        jpeg_write_m_byte(&w->cinfo, (uint8_t)exif.p[i]);
}

/* In pieces of a segment: ICC.1:2010, annex B.4. */
static void write_icc(struct writer *w, str icc) {
    static const str prefix = S_INIT("ICC_PROFILE\0");
    const size_t most = SEGMENT_MAX - prefix.len - 2;
    size_t pieces = (icc.len + most - 1) / most;
    if (pieces > ICC_PIECES_MAX)
        return;
    for (size_t at = 1; at <= pieces; at++) {
        str piece = str_slice(icc, (at - 1) * most, at * most);
        jpeg_write_m_header(&w->cinfo, ICC_MARKER, (unsigned)(prefix.len + 2 + piece.len));
        for (size_t i = 0; i < prefix.len; i++)
            jpeg_write_m_byte(&w->cinfo, prefix.p[i]);
        jpeg_write_m_byte(&w->cinfo, (int)at);
        jpeg_write_m_byte(&w->cinfo, (int)pieces);
        for (size_t i = 0; i < piece.len; i++)
            jpeg_write_m_byte(&w->cinfo, (uint8_t)piece.p[i]);
    }
}

/* ---- Rows ---- */

static void new_stripes(struct writer *w) {
    for (unsigned i = 0; i < w->p->n; i++) {
        w->stride[i] = ((size_t)w->p->plane[i].width + STRIPE_ROWS - 1) / STRIPE_ROWS * STRIPE_ROWS;
        w->stripe[i] = mem_alloc(w->stride[i] * STRIPE_ROWS);
    }
}

/* Row y of the plane, or its last, with its last sample repeated up to whole blocks. */
static JSAMPROW row_of(struct writer *w, unsigned i, uint32_t y, unsigned slot) {
    const struct img_plane *plane = &w->p->plane[i];
    uint8_t *from = plane->px + (size_t)(y < plane->height ? y : plane->height - 1) * plane->stride;
    if (plane->width == w->stride[i])
        return from;
    uint8_t *to = w->stripe[i] + slot * w->stride[i];
    memcpy(to, from, plane->width);
    memset(to + plane->width, from[plane->width - 1], w->stride[i] - plane->width);
    return to;
}

static void write_rows(struct writer *w) {
    struct jpeg_compress_struct *c = &w->cinfo;
    JSAMPROW line[PLANES][STRIPE_ROWS];
    JSAMPARRAY lines[PLANES] = {line[0], line[1], line[2]};
    JDIMENSION step = (JDIMENSION)c->max_v_samp_factor * DCTSIZE;
    for (uint32_t y = 0; y < w->p->height; y += step) {
        for (unsigned i = 0; i < w->p->n; i++) {
            unsigned v = (unsigned)c->comp_info[i].v_samp_factor, high = v * DCTSIZE;
            for (unsigned j = 0; j < high; j++)
                line[i][j] = row_of(w, i, y * v / (unsigned)c->max_v_samp_factor + j, j);
        }
        jpeg_write_raw_data(c, lines, step);
    }
}

/* ---- The whole ---- */

static void set_parameters(struct writer *w, unsigned quality) {
    struct jpeg_compress_struct *c = &w->cinfo;
    c->image_width = w->p->width;
    c->image_height = w->p->height;
    c->input_components = w->p->n == 1 ? 1 : PLANES;
    c->in_color_space = w->p->n == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
    jpeg_set_defaults(c); /* of YCbCr: 4:2:0 */
    jpeg_set_quality(c, (int)quality, TRUE);
    c->raw_data_in = TRUE;
    c->dct_method = JDCT_ISLOW;
}

/* Everything that may longjmp. */
static void encode_steps(struct writer *w, unsigned quality, const struct img_tags *tags) {
    jpeg_create_compress(&w->cinfo);
    w->cinfo.dest = &w->output;
    set_parameters(w, quality);
    jpeg_start_compress(&w->cinfo, TRUE);
    write_exif(w, tags->exif);
    write_icc(w, tags->icc);
    write_rows(w);
    jpeg_finish_compress(&w->cinfo);
}

void img_encode_jpeg(const struct img_planes *planes, unsigned quality, const struct img_tags *tags,
                     struct buf *out) {
    /* On the heap: what setjmp's frame holds is unspecified after longjmp. */
    struct writer *w = mem_new(struct writer);
    const size_t before = out->len;
    w->to = out;
    w->p = planes;
    w->output = (struct jpeg_destination_mgr){.init_destination = make_room,
                                              .empty_output_buffer = on_full,
                                              .term_destination = on_end};
    w->cinfo.err = jpeg_std_error(&w->errors);
    w->errors.error_exit = on_error;
    w->errors.emit_message = on_message;
    w->cinfo.client_data = w;
    new_stripes(w);
    if (setjmp(w->out) == 0)
        encode_steps(w, quality, tags);
    else
        out->len = before;
    jpeg_destroy_compress(&w->cinfo);
    for (unsigned i = 0; i < PLANES; i++)
        free(w->stripe[i]);
    free(w);
}
