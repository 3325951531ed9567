/* img/png: PNG decoding and encoding by libpng; errors leave the library by longjmp. */
#include "img/png.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>

enum { CHUNK_BYTES_MAX = 8 << 20, CHUNKS_MAX = 200, MAX_EDGE = 1000000 };

struct png_reader {
    str left;
    struct img_decoded *to;
    const struct img_limits *limits;
    bool at_end; /* libpng asked for more bytes than there are */
    bool too_large;
    png_uint_32 rows_done;
    int passes_done;
};

static void on_read(png_structp png, png_bytep to, size_t n) {
    struct png_reader *r = png_get_io_ptr(png);
    if (n > r->left.len) {
        r->at_end = true;
        png_error(png, "the file ends early");
    }
    memcpy(to, r->left.p, n);
    r->left = str_skip(r->left, n);
}

static void on_png_error(png_structp png, png_const_charp text) {
    struct png_reader *r = png_get_error_ptr(png);
    if (r->to->reason[0] == '\0')
        snprintf(r->to->reason, sizeof r->to->reason, "The PNG cannot be decoded: %.150s", text);
    png_longjmp(png, 1);
}

static void on_png_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static const char *png_space_name(int color_type, bool alpha) {
    switch (color_type) {
    case PNG_COLOR_TYPE_PALETTE: return alpha ? "PaletteA" : "Palette";
    case PNG_COLOR_TYPE_GRAY:
    case PNG_COLOR_TYPE_GRAY_ALPHA: return alpha ? "GrayA" : "Gray";
    default: return alpha ? "RGBA" : "RGB";
    }
}

static void describe(png_structp png, png_infop info, struct png_reader *r) {
    struct img_decoded *to = r->to;
    int color_type = png_get_color_type(png, info);
    bool alpha = color_type & PNG_COLOR_MASK_ALPHA || png_get_valid(png, info, PNG_INFO_tRNS);
    to->width = png_get_image_width(png, info);
    to->height = png_get_image_height(png, info);
    to->bit_depth = png_get_bit_depth(png, info);
    to->color_space = png_space_name(color_type, alpha);

    png_uint_32 exif_size = 0;
    png_bytep exif = NULL;
    if (png_get_eXIf_1(png, info, &exif_size, &exif) && exif_size <= IMG_MARKER_MAX)
        buf_add(&to->exif, exif, exif_size);
    png_charp name;
    int compression;
    png_bytep profile = NULL;
    png_uint_32 profile_size = 0;
    if (png_get_iCCP(png, info, &name, &compression, &profile, &profile_size) &&
        profile_size <= IMG_ICC_MAX)
        buf_add(&to->icc, profile, profile_size);
}

/* Grey stays grey; everything else becomes RGB or, with transparency, RGBA. */
static unsigned ask_for_8_bits(png_structp png, png_infop info) {
    int color_type = png_get_color_type(png, info);
    bool alpha = color_type & PNG_COLOR_MASK_ALPHA || png_get_valid(png, info, PNG_INFO_tRNS);
    png_set_expand(png);
    png_set_scale_16(png);
    bool grey = !(color_type & PNG_COLOR_MASK_COLOR);
    if (grey && alpha)
        png_set_gray_to_rgb(png);
    return grey && !alpha ? 1 : alpha ? 4 : 3;
}

static void read_passes(png_structp png, struct png_reader *r, int passes) {
    struct img_raster *raster = &r->to->raster;
    for (int pass = 0; pass < passes; pass++) {
        for (png_uint_32 y = 0; y < raster->height; y++) {
            png_read_row(png, raster->px + y * img_row_bytes(raster), NULL);
            r->rows_done = y + 1;
        }
        r->passes_done++;
    }
}

/* Everything that may longjmp. */
static void png_steps(png_structp png, png_infop info, struct png_reader *r) {
    png_set_read_fn(png, r, on_read);
    png_set_user_limits(png, MAX_EDGE, MAX_EDGE);
    png_set_chunk_malloc_max(png, CHUNK_BYTES_MAX);
    png_set_chunk_cache_max(png, CHUNKS_MAX);
    png_read_info(png, info);
    describe(png, info, r);
    if ((uint64_t)r->to->width * r->to->height > r->limits->max_pixels) {
        snprintf(r->to->reason, sizeof r->to->reason,
                 "The picture claims %u x %u pixels; the limit is %llu pixels", r->to->width,
                 r->to->height, (unsigned long long)r->limits->max_pixels);
        r->too_large = true;
        return;
    }
    unsigned channels = ask_for_8_bits(png, info);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    img_raster_init(&r->to->raster, r->to->width, r->to->height, channels);
    if (png_get_rowbytes(png, info) != img_row_bytes(&r->to->raster))
        png_error(png, "unexpected row size");
    read_passes(png, r, passes);
    png_read_end(png, NULL);
}

/* Rows of a whole pass, or some rows of the only one, make a picture; a wrong checksum does not. */
static int judge_failure(struct png_reader *r) {
    struct img_decoded *to = r->to;
    bool some = r->passes_done > 0 || r->rows_done > 0;
    if (r->at_end && to->raster.px && some) {
        to->truncated = true;
        to->reason[0] = '\0';
        return 0;
    }
    if (r->at_end)
        snprintf(to->reason, sizeof to->reason, "The PNG ends before its picture data");
    return IMG_E_REJECTED;
}

int img_png_decode(str file, const struct img_limits *limits, struct img_decoded *ret) {
    /* On the heap: what setjmp's frame holds is unspecified after longjmp. */
    struct png_reader *r = mem_new(struct png_reader);
    *r = (struct png_reader){.left = file, .to = ret, .limits = limits};
    png_structp png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, r, on_png_error, on_png_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info)
        abort(); /* no memory, or a libpng other than the one we were built with */
    int result;
    if (setjmp(png_jmpbuf(png)) == 0) {
        png_steps(png, info, r);
        result = r->too_large ? IMG_E_REJECTED : 0;
    } else {
        result = judge_failure(r);
    }
    png_destroy_read_struct(&png, &info, NULL);
    free(r);
    return result;
}

static void on_write(png_structp png, png_bytep p, size_t n) { buf_add(png_get_io_ptr(png), p, n); }
static void on_flush(png_structp png) { (void)png; }

/* Our own pixels: an error here is ours, and the worker dies of it (libpng's default aborts). */
void img_png_encode(const struct img_raster *raster, str icc, struct buf *out) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info || setjmp(png_jmpbuf(png)))
        abort();
    png_set_write_fn(png, out, on_write, on_flush);
    png_set_IHDR(png, info, raster->width, raster->height, 8,
                 raster->channels == 4   ? PNG_COLOR_TYPE_RGB_ALPHA
                 : raster->channels == 3 ? PNG_COLOR_TYPE_RGB
                                         : PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (icc.len > 0)
        png_set_iCCP(png, info, "icc", PNG_COMPRESSION_TYPE_BASE, (png_const_bytep)icc.p,
                     (png_uint_32)icc.len);
    png_write_info(png, info);
    for (uint32_t y = 0; y < raster->height; y++)
        png_write_row(png, raster->px + y * img_row_bytes(raster));
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
}
