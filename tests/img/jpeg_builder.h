#pragma once
/*
 * tests/img/jpeg_builder: JPEG files of every kind that libjpeg can write, of a picture that is known at each point: each
 * component is a gradient, so that a sample can be told at any size and sampling.
 */
#include "base/buf.h"

#include <stdio.h>
/* jpeglib.h needs stdio.h's FILE and size_t before it. */
#include <jpeglib.h>

enum { BUILD_COMPONENTS = 4 };

struct jpeg_build {
    uint32_t width, height;
    unsigned n;                                       /* components: 1, 3 or 4 */
    J_COLOR_SPACE space;                              /* 0: grey, YCbCr or CMYK by n */
    uint8_t h[BUILD_COMPONENTS], v[BUILD_COMPONENTS]; /* 0: 1 */
    bool progressive, arithmetic;
    bool apart;       /* a scan for each component */
    unsigned restart; /* MCUs between restart markers; 0: none */
    bool adobe, no_jfif;
    unsigned noise;   /* most that is added to a sample, or taken away */
    bool flat;        /* each component is one value: its middle */
    uint32_t seen[2]; /* not 0: the picture is all 200 so far across and down, and 20 beside it */
};

/* Component i at a place of the picture, both from 0 to 1. */
static inline double build_at(const struct jpeg_build *b, unsigned i, double x, double y) {
    static const double base[] = {40, 200, 90, 230}, dx[] = {150, -120, 60, -100},
                        dy[] = {50, 20, 70, -60};
    if (b->flat)
        x = y = 0.5;
    return base[i] + dx[i] * x + dy[i] * y;
}

static inline void build_parameters(struct jpeg_compress_struct *c, const struct jpeg_build *b) {
    static const jpeg_scan_info scans[] = {{1, {0}, 0, 63, 0, 0},
                                           {1, {1}, 0, 63, 0, 0},
                                           {1, {2}, 0, 63, 0, 0}};
    static const J_COLOR_SPACE spaces[] = {0, JCS_GRAYSCALE, 0, JCS_YCbCr, JCS_CMYK};
    c->image_width = b->width;
    c->image_height = b->height;
    c->input_components = (int)b->n;
    c->in_color_space = b->space ? b->space : spaces[b->n];
    jpeg_set_defaults(c);
    jpeg_set_colorspace(c, c->in_color_space);
    jpeg_set_quality(c, 95, TRUE);
    c->raw_data_in = TRUE;
    c->arith_code = b->arithmetic;
    c->restart_interval = b->restart;
    if (b->progressive)
        jpeg_simple_progression(c);
    if (b->apart) {
        c->scan_info = scans;
        c->num_scans = ARRAY_LEN(scans);
    }
    c->write_Adobe_marker = b->adobe;
    c->write_JFIF_header = !b->no_jfif && b->n != 4;
    for (unsigned i = 0; i < b->n; i++) {
        c->comp_info[i].h_samp_factor = b->h[i] ? b->h[i] : 1;
        c->comp_info[i].v_samp_factor = b->v[i] ? b->v[i] : 1;
    }
}

/* Always the same row of numbers, from -noise to noise. */
static inline int build_noise(const struct jpeg_build *b, uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return b->noise ? (int)((*seed >> 8) % (2 * b->noise + 1)) - (int)b->noise : 0;
}

/* One row of MCUs of every component. */
static inline void build_rows(struct jpeg_compress_struct *c, const struct jpeg_build *b,
                              uint32_t at, uint8_t *const stripe[BUILD_COMPONENTS], size_t stride) {
    uint32_t noise = at, *seed = &noise;
    for (unsigned i = 0; i < b->n; i++) {
        unsigned h = (unsigned)c->comp_info[i].h_samp_factor,
                 v = (unsigned)c->comp_info[i].v_samp_factor;
        double across = (double)b->width * h / c->max_h_samp_factor,
               down = (double)b->height * v / c->max_v_samp_factor;
        for (unsigned y = 0; y < v * DCTSIZE; y++)
            for (size_t x = 0; x < stride; x++) {
                double u = ((double)x + 0.5) / across, w = (at * v * DCTSIZE + y + 0.5) / down;
                double value = build_at(b, i, u > 1 ? 1 : u, w > 1 ? 1 : w) + build_noise(b, seed);
                if (b->seen[0])
                    value = u * b->width < b->seen[0] && w * b->height < b->seen[1] ? 200 : 20;
                stripe[i][y * stride + x] = (uint8_t)(value < 0     ? 0
                                                      : value > 255 ? 255
                                                                    : value + 0.5);
            }
    }
}

/* Appends the file. */
static inline void build_jpeg(struct buf *out, const struct jpeg_build *b) {
    enum { ROWS = 4 * DCTSIZE };
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    const size_t stride = ((size_t)b->width + 31) / 32 * 32 + 32;
    uint8_t *stripe[BUILD_COMPONENTS];
    JSAMPROW line[BUILD_COMPONENTS][ROWS];
    JSAMPARRAY lines[BUILD_COMPONENTS] = {line[0], line[1], line[2], line[3]};
    for (unsigned i = 0; i < BUILD_COMPONENTS; i++) {
        stripe[i] = mem_zalloc(stride * ROWS);
        for (size_t j = 0; j < ROWS; j++)
            line[i][j] = stripe[i] + j * stride;
    }
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &bytes, &size);
    build_parameters(&c, b);
    jpeg_start_compress(&c, TRUE);
    for (uint32_t at = 0; c.next_scanline < c.image_height; at++) {
        build_rows(&c, b, at, stripe, stride);
        jpeg_write_raw_data(&c, lines, (JDIMENSION)c.max_v_samp_factor * DCTSIZE);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    buf_add(out, bytes, size);
    free(bytes);
    for (unsigned i = 0; i < BUILD_COMPONENTS; i++)
        free(stripe[i]);
}

/* The first marker of that kind, at or behind `from`; its 0xFF. The file has one. */
static inline size_t build_find(const struct buf *file, uint8_t marker, size_t from) {
    while (!((uint8_t)file->p[from] == 0xFF && (uint8_t)file->p[from + 1] == marker))
        from++;
    return from;
}

static inline void build_insert(struct buf *file, size_t at, str bytes) {
    struct buf new = {0};
    buf_str(&new, str_slice(buf_view(file), 0, at));
    buf_str(&new, bytes);
    buf_str(&new, str_skip(buf_view(file), at));
    buf_deinit(file);
    *file = new;
}

/* A segment behind the SOI. */
static inline void build_segment(struct buf *file, uint8_t marker, str prefix, str data) {
    CLEANUP_DEINIT(buf) struct buf s = {0};
    buf_u8(&s, 0xFF);
    buf_u8(&s, marker);
    buf_u16(&s, (uint16_t)(2 + prefix.len + data.len));
    buf_str(&s, prefix);
    buf_str(&s, data);
    build_insert(file, 2, buf_view(&s));
}
