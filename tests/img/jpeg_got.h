#pragma once
/* tests/img/jpeg_got: what the JPEG decoder makes of a file, and whether it is what the builder meant. */
#include "cm.h"

#include "img/jpeg_builder.h"
#include "img/source.h"

struct got {
    struct img_source *source;
    struct img_layout layout;
    struct img_outcome outcome;
    struct buf px[3];
    uint32_t rows[3];
    char reason[IMG_REASON_MAX];
    int result;
};

static inline void on_row(void *ctx, unsigned of, const uint8_t *row) {
    struct got *g = ctx;
    buf_add(&g->px[of], row, (size_t)g->layout.of[of].width * g->layout.of[of].channels);
    g->rows[of]++;
}

static inline void got_deinit(struct got *g) {
    if (g->source)
        img_jpeg_decoder.close(g->source);
    for (unsigned i = 0; i < 3; i++)
        buf_deinit(&g->px[i]);
}

static inline void open_file(struct got *g, str file) {
    g->result = img_jpeg_decoder.open(file, &g->source, g->reason);
}

static inline void decode(struct got *g, str file, unsigned reduction) {
    open_file(g, file);
    if (g->result)
        return;
    img_jpeg_decoder.layout(g->source, reduction, &g->layout);
    uint64_t need = img_jpeg_decoder.need(g->source, reduction);
    g->result =
        img_jpeg_decoder.decode(g->source, reduction, need, on_row, g, &g->outcome, g->reason);
}

static inline void no_message(j_common_ptr c, int level) { c->err->num_warnings += level < 0; }

/* libjpeg's own decoding of it, reduced: luma, or RGB. How often it warned. */
static inline long by_libjpeg(struct buf *out, str file, unsigned reduction, J_COLOR_SPACE space) {
    struct jpeg_decompress_struct c;
    struct jpeg_error_mgr errors;
    c.err = jpeg_std_error(&errors);
    errors.emit_message = no_message;
    jpeg_create_decompress(&c);
    jpeg_mem_src(&c, (const unsigned char *)file.p, file.len);
    jpeg_read_header(&c, TRUE);
    c.out_color_space = space;
    c.scale_num = 1;
    c.scale_denom = reduction;
    c.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&c);
    while (c.output_scanline < c.output_height) {
        size_t n = (size_t)c.output_width * (size_t)c.output_components;
        JSAMPROW row = (JSAMPROW)buf_reserve(out, n);
        jpeg_read_scanlines(&c, &row, 1);
        out->len += n;
    }
    jpeg_destroy_decompress(&c);
    return errors.num_warnings;
}

/* What is left out at the edge aside (img_jpeg_plan), component c is what libjpeg decodes, `planes` bytes a sample. */
static inline void check_as_libjpeg(const struct got *g, unsigned c, str want, unsigned reduction,
                                    unsigned planes, const char *name) {
    size_t ours = g->layout.of[c].width,
           width = (g->source->head.width + reduction - 1) / reduction;
    for (size_t at = 0; at < g->px[c].len; at++) {
        size_t there = (at / ours * width + at % ours) * planes + c;
        CHECK_CASE(there < want.len && g->px[c].p[at] == want.p[there], name);
    }
}

static inline void check_decoded(const struct got *g, const char *name) {
    if (g->result)
        CHECK_FAILED(__FILE__, __LINE__, "[%s] %s\n", name, g->reason);
    for (unsigned i = 0; i < g->layout.n; i++)
        CHECK_CASE(g->rows[i] == g->layout.of[i].height, name);
}

/* The samples of component i, down to a part of its rows, are what the picture has there. */
static inline void check_samples(const struct got *g, const struct jpeg_build *b, unsigned i,
                                 double part, const char *name) {
    const struct img_component *of = &g->layout.of[i];
    for (uint32_t y = 0; y < of->height * part; y++)
        for (uint32_t x = 0; x < of->width; x++) {
            double u = (x + 0.5) / of->across, v = (y + 0.5) / of->down;
            double want = build_at(b, i, u > 1 ? 1 : u, v > 1 ? 1 : v);
            double off = (uint8_t)g->px[i].p[(size_t)y * of->width + x] - want;
            if (off < -8 || off > 8)
                CHECK_FAILED(__FILE__, __LINE__, "[%s] component %u at %u, %u is %.1f off\n", name,
                             i, x, y, off);
        }
}

static const struct kind {
    const char *name;
    struct jpeg_build b;
} kinds[] = {
    {"grey", {.n = 1}},
    {"grey of 2 x 2", {.n = 1, .h = {2}, .v = {2}}},
    {"4:4:4", {.n = 3}},
    {"4:2:2", {.n = 3, .h = {2}}},
    {"4:2:0", {.n = 3, .h = {2}, .v = {2}}},
    {"4:1:1", {.n = 3, .h = {4}}},
    {"4:1:0", {.n = 3, .h = {4}, .v = {2}}},
    {"4:4:0", {.n = 3, .v = {2}}},
    {"4:4:1", {.n = 3, .v = {4}}},
    {"3 to 1", {.n = 3, .h = {3}}},
    {"3 to 2", {.n = 3, .h = {3, 2, 2}}},
    {"chroma larger than luma", {.n = 3, .h = {1, 2, 2}, .v = {1, 2, 2}}},
    {"chroma of two sizes", {.n = 3, .h = {2, 1, 2}, .v = {2, 2, 1}}},
    {"all 2 x 1", {.n = 3, .h = {2, 2, 2}}},
    {"RGB", {.n = 3, .space = JCS_RGB, .adobe = true, .no_jfif = true}},
    {"progressive", {.n = 3, .h = {2}, .v = {2}, .progressive = true}},
    {"progressive 4:1:1", {.n = 3, .h = {4}, .progressive = true}},
    {"progressive grey", {.n = 1, .progressive = true}},
    {"arithmetic", {.n = 3, .h = {2}, .arithmetic = true}},
    {"arithmetic progressive",
     {.n = 3, .h = {2}, .v = {2}, .arithmetic = true, .progressive = true}},
    {"restarts", {.n = 3, .h = {2}, .v = {2}, .restart = 3}},
    {"progressive restarts", {.n = 3, .h = {2}, .v = {2}, .restart = 5, .progressive = true}},
    {"components apart", {.n = 3, .h = {2}, .v = {2}, .apart = true}},
};

/* One of them, of 205 x 131 pixels: no whole number of blocks. */
static inline void make(struct buf *file, const struct jpeg_build *of) {
    struct jpeg_build b = *of;
    b.width = 205;
    b.height = 131;
    build_jpeg(file, &b);
}
