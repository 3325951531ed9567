/*
 * The two codecs on files that libjpeg and libpng make here: every kind of picture, what is told of
 * it, how far a large JPEG is reduced while it is decoded, and the limits. And the jail's limits.
 */
#include "cm.h"

#include "img/jail.h"
#include "img/jpeg.h"
#include "img/png.h"

#include <fcntl.h>
#include <jpeglib.h>
#include <png.h>
#include <setjmp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct img_limits wide = {1000000, 100000};

/* ---- JPEG ---- */

/* A flat picture of `value`s in that colour space. */
static void make_jpeg(struct buf *out, uint32_t width, uint32_t height, J_COLOR_SPACE space,
                      const uint8_t value[4], str exif) {
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    int n = space == JCS_GRAYSCALE ? 1 : space == JCS_CMYK ? 4 : 3;
    CLEANUP_MEM uint8_t *row = mem_alloc((size_t)width * 4);
    for (uint32_t x = 0; x < width; x++)
        memcpy(row + x * (size_t)n, value, (size_t)n);
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &bytes, &size);
    c.image_width = width;
    c.image_height = height;
    c.input_components = n;
    c.in_color_space = space;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, 95, TRUE);
    jpeg_start_compress(&c, TRUE);
    if (exif.len)
        jpeg_write_marker(&c, JPEG_APP0 + 1, (const JOCTET *)exif.p, (unsigned)exif.len);
    for (uint32_t y = 0; y < height; y++)
        jpeg_write_scanlines(&c, &row, 1);
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    buf_add(out, bytes, size);
    free(bytes);
}

static void check_pixel(const struct img_raster *r, const uint8_t want[4], int slack) {
    for (unsigned c = 0; c < r->channels; c++) {
        CHECK_RANGE(r->px[c], want[c] - slack, want[c] + slack);
        CHECK_RANGE(r->px[((size_t)r->width * r->height - 1) * r->channels + c], want[c] - slack,
                    want[c] + slack);
    }
}

static void jpegs_of_every_space(void **state) {
    (void)state;
    static const struct {
        J_COLOR_SPACE space;
        uint8_t value[4];
        const char *name;
        unsigned channels;
        uint8_t want[4];
    } cases[] = {
        {JCS_GRAYSCALE, {77}, "Gray", 1, {77}},
        {JCS_RGB, {200, 100, 50}, "YCbCr", 3, {200, 100, 50}},
        /* Adobe's, inverted: a channel of 255 is no ink */
        {JCS_CMYK, {255, 255, 255, 255}, "CMYK", 3, {255, 255, 255}},
        {JCS_CMYK, {200, 100, 50, 255}, "CMYK", 3, {200, 100, 50}},
        {JCS_CMYK, {200, 100, 50, 128}, "CMYK", 3, {100, 50, 25}},
        {JCS_CMYK, {255, 255, 255, 0}, "CMYK", 3, {0, 0, 0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(img_decoded) struct img_decoded d = {0};
        make_jpeg(&file, 33, 17, cases[i].space, cases[i].value, S(""));
        CHECK_INT(img_jpeg_decode(buf_view(&file), &wide, &d), 0);
        CHECK_TEXT(d.color_space, cases[i].name);
        CHECK(d.width == 33 && d.height == 17 && d.bit_depth == 8);
        CHECK(!d.truncated && !d.damaged);
        CHECK_INT(d.from_cmyk, cases[i].space == JCS_CMYK);
        CHECK_INT(d.raster.channels, cases[i].channels);
        CHECK(d.raster.width == 33 && d.raster.height == 17);
        check_pixel(&d.raster, cases[i].want, 4);
        CHECK_INT(d.exif.len, 0);
        CHECK_INT(d.icc.len, 0);
    }
}

/* Reduced by 8, 4 or 2 as long as the longer side stays as long as it must. */
static void jpegs_are_reduced(void **state) {
    (void)state;
    static const struct {
        uint32_t width, height, least, want_width, want_height;
    } cases[] = {
        {1000, 600, 1, 125, 75},
        {1000, 600, 125, 125, 75},
        {1000, 600, 126, 250, 150},
        {1000, 600, 250, 250, 150},
        {1000, 600, 251, 500, 300},
        {1000, 600, 501, 1000, 600},
        {600, 1000, 126, 150, 250},
        {993, 600, 125, 125, 75},
        {992, 600, 125, 248, 150},
        {1000, 600, 2000, 1000, 600},
        {7, 5, 1, 1, 1},
    };
    static const uint8_t grey[4] = {128};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(img_decoded) struct img_decoded d = {0};
        struct img_limits limits = {1000000, cases[i].least};
        make_jpeg(&file, cases[i].width, cases[i].height, JCS_GRAYSCALE, grey, S(""));
        CHECK_INT(img_jpeg_decode(buf_view(&file), &limits, &d), 0);
        CHECK_INT(d.width, cases[i].width);
        CHECK_INT(d.height, cases[i].height);
        CHECK_INT(d.raster.width, cases[i].want_width);
        CHECK_INT(d.raster.height, cases[i].want_height);
        check_pixel(&d.raster, grey, 2);
    }
}

static void jpegs_markers(void **state) {
    (void)state;
    static const uint8_t grey[4] = {128};
    CLEANUP_DEINIT(buf) struct buf file = {0}, other = {0}, profile = {0}, with_icc = {0};
    CLEANUP_DEINIT(img_decoded) struct img_decoded d = {0}, e = {0}, f = {0};
    make_jpeg(&file, 8, 8, JCS_GRAYSCALE, grey, S("Exif\0\0II*\0tail"));
    CHECK_INT(img_jpeg_decode(buf_view(&file), &wide, &d), 0);
    CHECK_STR(buf_view(&d.exif), S("II*\0tail"));
    make_jpeg(&other, 8, 8, JCS_GRAYSCALE, grey, S("http://ns.adobe.com/xap/1.0/\0<x/>"));
    CHECK_INT(img_jpeg_decode(buf_view(&other), &wide, &e), 0);
    CHECK_INT(e.exif.len, 0);
    /* A profile larger than one marker comes back whole. */
    for (int i = 0; i < 30000; i++)
        buf_printf(&profile, "%05d", i);
    img_jpeg_encode(&d.raster, 80, buf_view(&profile), &with_icc);
    CHECK_INT(img_jpeg_decode(buf_view(&with_icc), &wide, &f), 0);
    CHECK_STR(buf_view(&f.icc), buf_view(&profile));
}

/* ---- PNG ---- */

struct png_kind {
    int type, depth;
    bool trns, interlaced;
    const char *name;
    unsigned channels;
    uint8_t want[4];
};

static void put_png(png_structp png, png_bytep p, size_t n) { buf_add(png_get_io_ptr(png), p, n); }
static void flush_png(png_structp png) { (void)png; }

/* Flat: samples of 0x99 (of its depth), palette entry 1. */
static void make_png(struct buf *out, uint32_t width, uint32_t height, const struct png_kind *k,
                     str exif) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_color palette[2] = {{1, 2, 3}, {10, 20, 30}};
    png_byte alphas[2] = {255, 128};
    png_color_16 clear = {.gray = 1};
    png_set_write_fn(png, out, put_png, flush_png);
    png_set_IHDR(png, info, width, height, k->depth, k->type,
                 k->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (k->type == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, palette, 2);
    if (k->trns && k->type == PNG_COLOR_TYPE_PALETTE)
        png_set_tRNS(png, info, alphas, 2, NULL);
    else if (k->trns)
        png_set_tRNS(png, info, NULL, 0, &clear);
    if (exif.len)
        png_set_eXIf_1(png, info, (png_uint_32)exif.len, (png_bytep)exif.p);
    png_write_info(png, info);
    size_t bytes = png_get_rowbytes(png, info);
    CLEANUP_MEM uint8_t *row = mem_alloc(bytes);
    memset(row, k->type != PNG_COLOR_TYPE_PALETTE ? 0x99 : k->depth == 1 ? 0xFF : 1, bytes);
    int passes = k->interlaced ? png_set_interlace_handling(png) : 1;
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < height; y++)
            png_write_row(png, row);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
}

static const struct png_kind kinds[] = {
    {PNG_COLOR_TYPE_GRAY, 8, false, false, "Gray", 1, {0x99}},
    {PNG_COLOR_TYPE_GRAY, 16, false, true, "Gray", 1, {0x99}},
    {PNG_COLOR_TYPE_GRAY, 4, false, false, "Gray", 1, {0x99}},
    {PNG_COLOR_TYPE_GRAY, 8, true, false, "GrayA", 4, {0x99, 0x99, 0x99, 0xFF}},
    {PNG_COLOR_TYPE_GRAY_ALPHA, 8, false, false, "GrayA", 4, {0x99, 0x99, 0x99, 0x99}},
    {PNG_COLOR_TYPE_RGB, 8, false, false, "RGB", 3, {0x99, 0x99, 0x99}},
    {PNG_COLOR_TYPE_RGB, 16, false, false, "RGB", 3, {0x99, 0x99, 0x99}},
    {PNG_COLOR_TYPE_RGB, 8, false, true, "RGB", 3, {0x99, 0x99, 0x99}},
    {PNG_COLOR_TYPE_RGB_ALPHA, 8, false, true, "RGBA", 4, {0x99, 0x99, 0x99, 0x99}},
    {PNG_COLOR_TYPE_RGB_ALPHA, 16, false, false, "RGBA", 4, {0x99, 0x99, 0x99, 0x99}},
    {PNG_COLOR_TYPE_PALETTE, 8, false, false, "Palette", 3, {10, 20, 30}},
    {PNG_COLOR_TYPE_PALETTE, 1, false, true, "Palette", 3, {10, 20, 30}},
    {PNG_COLOR_TYPE_PALETTE, 8, true, false, "PaletteA", 4, {10, 20, 30, 128}},
};

static void pngs_of_every_kind(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(img_decoded) struct img_decoded d = {0};
        make_png(&file, 33, 17, &kinds[i], i ? S("") : S("MM\0*tail"));
        CHECK_INT(img_png_decode(buf_view(&file), &wide, &d), 0);
        CHECK_TEXT(d.color_space, kinds[i].name);
        CHECK(d.width == 33 && d.height == 17 && !d.truncated && !d.from_cmyk);
        CHECK_INT(d.bit_depth, kinds[i].depth);
        CHECK_INT(d.raster.channels, kinds[i].channels);
        check_pixel(&d.raster, kinds[i].want, 0);
        CHECK_STR(buf_view(&d.exif), i ? S("") : S("MM\0*tail"));
        CHECK_TEXT(d.reason, "");
    }
}

/* Where it is cut, and what is damaged, decides what is said. */
static void pngs_at_fault(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    make_png(&file, 200, 150, &kinds[7], S(""));
    size_t data = (size_t)str_find(buf_view(&file), S("IDAT"));
    {
        CLEANUP_DEINIT(img_decoded) struct img_decoded d = {0};
        CHECK_INT(img_png_decode(str_slice(buf_view(&file), 0, data), &wide, &d), IMG_E_REJECTED);
        CHECK_TEXT(d.reason, "The PNG ends before its picture data");
    }
    file.p[20] ^= 1; /* of the width: the checksum of its chunk is wrong now */
    CLEANUP_DEINIT(img_decoded) struct img_decoded d = {0};
    CHECK_INT(img_png_decode(buf_view(&file), &wide, &d), IMG_E_REJECTED);
    CHECK(str_starts(str_c(d.reason), S("The PNG cannot be decoded: IHDR: CRC error")));
}

/* As many pixels as may be, and one more. */
static void limits_of_pixels(void **state) {
    (void)state;
    static const uint8_t grey[4] = {128};
    CLEANUP_DEINIT(buf) struct buf jpeg = {0}, png = {0};
    make_jpeg(&jpeg, 30, 20, JCS_GRAYSCALE, grey, S(""));
    make_png(&png, 30, 20, &kinds[0], S(""));
    for (int i = 0; i < 2; i++)
        for (uint64_t most = 599; most <= 600; most++) {
            CLEANUP_DEINIT(img_decoded) struct img_decoded d = {0};
            struct img_limits limits = {most, 100};
            int r = i ? img_png_decode(buf_view(&png), &limits, &d)
                      : img_jpeg_decode(buf_view(&jpeg), &limits, &d);
            CHECK_INT(r, most == 600 ? 0 : IMG_E_REJECTED);
            CHECK_TEXT(d.reason,
                       most == 600 ? ""
                                   : "The picture claims 30 x 20 pixels; the limit is 599 pixels");
        }
}

/* ---- The jail ---- */

/* In a child: 0 when every limit is as asked, else which one is not. */
static int look_around(const struct img_jail *jail) {
    struct err err;
    struct rlimit r;
    int secret = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (secret < 3 || img_jail_enter(jail, &err) != 0)
        return 1;
    if (fcntl(secret, F_GETFD) >= 0 || open("/dev/null", O_RDONLY) >= 0)
        return 2;
    if (getrlimit(RLIMIT_CORE, &r) || r.rlim_cur != 0 || r.rlim_max != 0)
        return 3;
    if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur != 3 || r.rlim_max != 3)
        return 4;
    bool as = !getrlimit(RLIMIT_AS, &r) && r.rlim_max == jail->memory_bytes;
    if (as != (jail->memory_bytes != 0))
        return 5;
    bool cpu = !getrlimit(RLIMIT_CPU, &r) && r.rlim_max == jail->cpu_seconds;
    return cpu == (jail->cpu_seconds != 0) ? 0 : 6;
}

static void jail_has_its_limits(void **state) {
    (void)state;
    /* Far above what ASan maps, so that the limit is set but not met. */
    static const struct img_jail jails[] = {{0, 0, false},
                                            {0, 7, false},
                                            {UINT64_C(1) << 60, 0, false},
                                            {UINT64_C(1) << 60, 9, false}};
    for (size_t i = 0; i < ARRAY_LEN(jails); i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            _exit(look_around(&jails[i]));
        waitpid(child, &status, 0);
        CHECK(WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jpegs_of_every_space), cmocka_unit_test(jpegs_are_reduced),
        cmocka_unit_test(jpegs_markers),        cmocka_unit_test(pngs_of_every_kind),
        cmocka_unit_test(pngs_at_fault),        cmocka_unit_test(limits_of_pixels),
        cmocka_unit_test(jail_has_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
