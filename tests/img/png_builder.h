#pragma once
/*
 * tests/img/png_builder: PNGs by hand, chunk by chunk, sound or not; and libpng's own decoding of one, to compare with.
 */
#include "cm.h"

#include "base/crc.h"
#include "img/source.h"

#include <png.h>
#include <zlib.h>

static inline void add_signature(struct buf *out) { buf_add(out, "\x89PNG\r\n\x1A\n", 8); }

static inline void add_chunk(struct buf *out, const char *type, str body) {
    buf_u32(out, (uint32_t)body.len);
    size_t at = out->len;
    buf_c(out, type);
    buf_str(out, body);
    buf_u32(out, crc32_ieee(0, out->p + at, out->len - at));
}

static inline void add_ihdr(struct buf *out, uint32_t width, uint32_t height, unsigned depth,
                            unsigned type, bool interlaced) {
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_u32(&body, width);
    buf_u32(&body, height);
    buf_u8(&body, (uint8_t)depth);
    buf_u8(&body, (uint8_t)type);
    buf_add(&body, "\0", 2);
    buf_u8(&body, interlaced);
    add_chunk(out, "IHDR", buf_view(&body));
}

/* A zlib stream of p. */
static inline void add_packed(struct buf *out, str p, int level) {
    uLongf n = compressBound(p.len);
    char *to = buf_reserve(out, n);
    assert_int_equal(compress2((Bytef *)to, &n, (const Bytef *)p.p, p.len, level), Z_OK);
    out->len += n;
    out->p[out->len] = '\0';
}

/* Picture data in chunks of `piece` bytes. */
static inline void add_idat(struct buf *out, str packed, size_t piece) {
    for (size_t at = 0; at < packed.len; at += piece)
        add_chunk(out, "IDAT", str_slice(packed, at, at + piece));
}

static inline uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

static inline unsigned png_channels(unsigned type) {
    static const uint8_t channels[] = {1, 0, 3, 1, 2, 0, 4};
    return channels[type];
}

/* Rows of a picture or of Adam7's passes: a filter each, and bytes that are noise or run on. */
static inline void add_rows(struct buf *out, uint32_t width, uint32_t height, unsigned bits,
                            bool interlaced, uint32_t *seed) {
    static const uint8_t passes[][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                        {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    for (int i = 0; i < (interlaced ? 7 : 1); i++) {
        uint32_t w = width, h = height;
        if (interlaced) {
            w = (width + passes[i][2] - 1u - passes[i][0]) / passes[i][2];
            h = (height + passes[i][3] - 1u - passes[i][1]) / passes[i][3];
        }
        for (uint32_t y = 0; w && y < h; y++) {
            buf_u8(out, (uint8_t)(next_random(seed) % 5));
            uint32_t noise = next_random(seed) % 3;
            for (size_t x = 0; x < ((size_t)w * bits + 7) / 8; x++)
                buf_u8(out, (uint8_t)(noise ? next_random(seed) : x / 5));
        }
    }
}

/* What png_kind says, with noise for its pixels. */
struct png_kind {
    unsigned type, depth;
    bool trns, interlaced;
};
static inline void add_png(struct buf *out, const struct png_kind *k, uint32_t width,
                           uint32_t height, uint32_t seed) {
    CLEANUP_DEINIT(buf) struct buf rows = {0}, packed = {0}, body = {0};
    unsigned channels = png_channels(k->type);
    add_signature(out);
    add_ihdr(out, width, height, k->depth, k->type, k->interlaced);
    for (unsigned i = 0; k->type == 3 && i < 3u << k->depth; i++)
        buf_u8(&body, (uint8_t)next_random(&seed));
    if (body.len)
        add_chunk(out, "PLTE", buf_view(&body));
    buf_clear(&body);
    for (unsigned i = 0; k->trns && i < (k->type == 3 ? 1u << (k->depth - 1) : channels); i++)
        k->type == 3 ? buf_u8(&body, (uint8_t)next_random(&seed))
                     : buf_u16(&body, (uint16_t)(k->depth == 16 ? 0x0102 : 1));
    if (k->trns)
        add_chunk(out, "tRNS", buf_view(&body));
    add_rows(&rows, width, height, channels * k->depth, k->interlaced, &seed);
    /* The transparent colour comes up, too. */
    if (k->trns && k->type != 3)
        for (size_t i = 1; i + 1 < rows.len / 2; i++)
            rows.p[i] = (char)(k->depth == 16 ? 1 + (i + 1) % 2 : 1);
    if (k->trns && k->type != 3)
        for (size_t i = 0; i < rows.len && !k->interlaced;
             i += 1 + ((size_t)width * channels * k->depth + 7) / 8)
            rows.p[i] = 0;
    add_packed(&packed, buf_view(&rows), 6);
    add_idat(out, buf_view(&packed), 1000);
    add_chunk(out, "IEND", S(""));
}

/* ---- What libpng makes of a file ---- */

struct picture {
    uint32_t width, height;
    unsigned channels;
    struct buf px;
};
static inline void picture_deinit(struct picture *p) { buf_deinit(&p->px); }

static void on_reference_read(png_structp png, png_bytep to, size_t n) {
    str *left = png_get_io_ptr(png);
    if (n > left->len)
        png_error(png, "end");
    memcpy(to, left->p, n);
    *left = str_skip(*left, n);
}
static void on_reference_warning(png_structp, png_const_charp) {}

static inline bool reference(str file, struct picture *ret) {
    png_structp png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, on_reference_warning);
    png_infop info = png_create_info_struct(png);
    png_bytep *volatile rows = NULL;
    if (setjmp(png_jmpbuf(png))) {
        free(rows);
        png_destroy_read_struct(&png, &info, NULL);
        return false;
    }
    png_set_read_fn(png, &file, on_reference_read);
    png_read_info(png, info);
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    ret->width = png_get_image_width(png, info);
    ret->height = png_get_image_height(png, info);
    ret->channels = png_get_channels(png, info);
    size_t stride = png_get_rowbytes(png, info);
    ret->px.len = stride * ret->height;
    buf_reserve(&ret->px, 0);
    ret->px.len = 0;
    char *px = buf_reserve(&ret->px, stride * ret->height);
    rows = mem_alloc(ret->height * sizeof *rows);
    for (uint32_t y = 0; y < ret->height; y++)
        rows[y] = (png_bytep)px + y * stride;
    png_read_image(png, rows);
    ret->px.len = stride * ret->height;
    free(rows);
    png_destroy_read_struct(&png, &info, NULL);
    return true;
}

/* ---- What our decoder makes of it ---- */

struct decoded {
    struct img_source *source; /* open until decoded_deinit */
    struct img_layout layout;
    struct picture picture;
    struct img_outcome outcome;
    uint32_t rows;
    char reason[IMG_REASON_MAX];
};

static void on_decoded_row(void *ctx, unsigned of, const uint8_t *row) {
    struct decoded *d = ctx;
    CHECK_INT(of, 0);
    buf_add(&d->picture.px, row, (size_t)d->picture.width * d->picture.channels);
    d->rows++;
}

static inline int decode(str file, struct decoded *ret) {
    *ret = (struct decoded){0};
    int r = img_png_decoder.open(file, &ret->source, ret->reason);
    if (r)
        return r;
    img_png_decoder.layout(ret->source, 1, &ret->layout);
    ret->picture.width = ret->layout.of[0].width;
    ret->picture.height = ret->layout.of[0].height;
    ret->picture.channels = ret->layout.of[0].channels;
    return img_png_decoder.decode(ret->source, 1, img_png_decoder.need(ret->source, 1),
                                  on_decoded_row, ret, &ret->outcome, ret->reason);
}

static inline void decoded_deinit(struct decoded *d) {
    img_png_decoder.close(d->source);
    picture_deinit(&d->picture);
}
