/* img/resize and img/look: what a reduction, a turn and a hash must keep. */
#include "cm.h"

#include "img/look.h"
#include "img/resize.h"

#include <math.h>

static struct img_raster gradient(uint32_t width, uint32_t height, unsigned channels) {
    struct img_raster r;
    img_raster_init(&r, width, height, channels);
    for (size_t i = 0; i < (size_t)width * height; i++)
        for (unsigned c = 0; c < channels; c++)
            r.px[i * channels + c] = (uint8_t)(c == 3 ? 255 : 255 * (i % width) / width);
    return r;
}

static void flat_stays_flat(void **state) {
    (void)state;
    static const struct {
        uint32_t fw, fh, tw, th;
    } cases[] = {{100, 80, 33, 27}, {7, 5, 7, 5}, {3000, 3, 20, 1},
                 {1, 1, 1, 1},      {5, 5, 9, 9}, {20000, 2, 1, 1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (unsigned channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1) {
            struct img_raster from, to;
            img_raster_init(&from, cases[i].fw, cases[i].fh, channels);
            memset(from.px, 200, img_row_bytes(&from) * from.height);
            img_resize(&from, cases[i].tw, cases[i].th, &to);
            CHECK_INT(to.width, cases[i].tw);
            CHECK_INT(to.height, cases[i].th);
            for (size_t k = 0; k < img_row_bytes(&to) * to.height; k++)
                CHECK_RANGE(to.px[k], 199, 201);
            img_raster_deinit(&from);
            img_raster_deinit(&to);
        }
}

static void gradient_stays_in_place(void **state) {
    (void)state;
    struct img_raster from = gradient(512, 16, 3), to;
    img_resize(&from, 64, 2, &to);
    for (uint32_t x = 4; x < 60; x++)
        CHECK_RANGE(to.px[3 * x], 255 * x / 64 - 1, 255 * x / 64 + 4);
    img_raster_deinit(&from);
    img_raster_deinit(&to);
}

static void transparent_pixels_do_not_bleed(void **state) {
    (void)state;
    struct img_raster from, to;
    img_raster_init(&from, 16, 16, 4);
    for (uint32_t i = 0; i < 256; i++) {
        bool seen = i % 16 < 8; /* left half opaque red, right half invisible green */
        memcpy(from.px + 4 * i, seen ? "\xFF\0\0\xFF" : "\0\xFF\0\0", 4);
    }
    img_resize(&from, 4, 4, &to);
    for (uint32_t i = 0; i < 16; i++)
        if (to.px[4 * i + 3] > 8)
            CHECK(to.px[4 * i] > 240 && to.px[4 * i + 1] < 15);
    img_raster_deinit(&from);
    img_raster_deinit(&to);
}

static void fits(void **state) {
    (void)state;
    static const struct {
        uint32_t w, h, edge, want_w, want_h;
    } cases[] = {{4288, 2848, 1600, 1600, 1063},
                 {2848, 4288, 1600, 1063, 1600},
                 {100, 50, 1600, 100, 50},
                 {20000, 1, 200, 200, 1},
                 {1, 1, 200, 1, 1},
                 {100, 100, 100, 100, 100},
                 {101, 100, 100, 100, 99},
                 {3, 2, 2, 2, 1},
                 {200, 3, 100, 100, 2}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint32_t w, h;
        img_fit(cases[i].w, cases[i].h, cases[i].edge, &w, &h);
        CHECK_INT(w, cases[i].want_w);
        CHECK_INT(h, cases[i].want_h);
    }
}

/* "ab/cd": what a camera with that orientation stored, turned upright, reads "ab" over "cd". */
static void orientations(void **state) {
    (void)state;
    static const char *const stored[9] = {"abcd", "abcd", "badc", "dcba", "cdab",
                                          "acbd", "bdac", "dbca", "cadb"};
    for (unsigned o = 0; o <= 8; o++) {
        struct img_raster r;
        img_raster_init(&r, 2, 2, 1);
        memcpy(r.px, stored[o], 4);
        img_orient(&r, o);
        CHECK_MEM(r.px, "abcd", 4);
        img_raster_deinit(&r);
    }
    struct img_raster wide = gradient(6, 2, 3);
    img_orient(&wide, 6);
    CHECK(wide.width == 2 && wide.height == 6);
    img_raster_deinit(&wide);
}

static void hash_survives_scaling(void **state) {
    (void)state;
    struct img_raster a = gradient(300, 200, 3), b;
    for (uint32_t y = 0; y < 100; y++)
        memset(a.px + y * img_row_bytes(&a) + 3 * y, 0, 150);
    img_resize(&a, 97, 65, &b);
    CHECK(__builtin_popcountll(img_phash(&a) ^ img_phash(&b)) <= 4);
    char blur[IMG_BLURHASH_LEN + 1];
    img_blurhash(&a, blur);
    CHECK_INT(strlen(blur), IMG_BLURHASH_LEN);
    CHECK_INT(blur[0], 'L'); /* 4 × 3 components */
    img_raster_deinit(&a);
    img_raster_deinit(&b);
}

/* ---- Against the definition, in doubles ---- */

static double lanczos3(double x) {
    if (x == 0)
        return 1;
    return fabs(x) >= 3 ? 0 : 3 * sin(M_PI * x) * sin(M_PI * x / 3) / (M_PI * M_PI * x * x);
}

/* One output sample of a line of n samples; the kernel ends where the line does. */
static double reduce(const double *line, size_t n, size_t to, size_t at) {
    double scale = (double)n / (double)to, stretch = scale > 1 ? scale : 1;
    double center = ((double)at + 0.5) * scale - 0.5, sum = 0, weights = 0;
    for (size_t i = 0; i < n; i++) {
        double w = lanczos3(((double)i - center) / stretch);
        sum += line[i] * w;
        weights += w;
    }
    return sum / weights;
}

static void check_against_definition(const struct img_raster *from, uint32_t tw, uint32_t th) {
    struct img_raster to;
    double line[64], column[64];
    img_resize(from, tw, th, &to);
    for (unsigned c = 0; c < from->channels; c++)
        for (uint32_t x = 0; x < tw; x++) {
            for (uint32_t y = 0; y < from->height; y++) {
                for (uint32_t i = 0; i < from->width; i++)
                    line[i] = from->px[(y * from->width + i) * from->channels + c];
                column[y] = reduce(line, from->width, tw, x);
            }
            for (uint32_t y = 0; y < th; y++) {
                double want = reduce(column, from->height, th, y);
                want = want < 0 ? 0 : want > 255 ? 255 : want;
                CHECK_RANGE(to.px[(y * tw + x) * from->channels + c], floor(want - 3),
                            ceil(want + 3));
            }
        }
    img_raster_deinit(&to);
}

static void is_lanczos(void **state) {
    (void)state;
    static const struct {
        uint32_t fw, fh, tw, th;
    } cases[] = {{40, 30, 10, 10}, {40, 30, 40, 7}, {33, 17, 32, 16},
                 {9, 9, 20, 20},   {60, 3, 7, 1},   {5, 40, 5, 13}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (unsigned channels = 1; channels <= 3; channels += 2) {
            struct img_raster from;
            img_raster_init(&from, cases[i].fw, cases[i].fh, channels);
            for (uint32_t y = 0; y < from.height; y++)
                for (uint32_t x = 0; x < from.width; x++)
                    for (unsigned c = 0; c < channels; c++)
                        from.px[(y * from.width + x) * channels + c] =
                            (uint8_t)(128 + 60 * sin(x * 0.5 + c) + 50 * cos(y * 0.4));
            check_against_definition(&from, cases[i].tw, cases[i].th);
            img_raster_deinit(&from);
        }
}

/* Half transparent stays half transparent, and its colour what it was. */
static void colour_survives_alpha(void **state) {
    (void)state;
    static const uint8_t pixels[][4] = {{200, 100, 50, 128},
                                        {10, 250, 130, 255},
                                        {90, 90, 90, 200}};
    for (size_t i = 0; i < ARRAY_LEN(pixels); i++)
        for (uint32_t side = 5; side <= 10; side += 5) { /* 10: as it is */
            struct img_raster from, to;
            img_raster_init(&from, 10, 10, 4);
            for (int k = 0; k < 100; k++)
                memcpy(from.px + 4 * k, pixels[i], 4);
            img_resize(&from, side, side, &to);
            for (uint32_t k = 0; k < side * side; k++)
                for (int c = 0; c < 4; c++)
                    CHECK_RANGE(to.px[4 * k + c], pixels[i][c] - 2, pixels[i][c] + 2);
            img_raster_deinit(&from);
            img_raster_deinit(&to);
        }
}

/* ---- Against values computed apart from this code, from the definitions ---- */

static struct img_raster pattern(uint32_t width, uint32_t height, int kind) {
    struct img_raster r;
    img_raster_init(&r, width, height, kind == 2 ? 1 : 3);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            uint8_t *p = r.px + (y * width + x) * r.channels;
            if (kind == 0)
                memcpy(p, (uint8_t[]){(uint8_t)(20 * x), (uint8_t)(25 * y), (uint8_t)(3 * x * y)},
                       3);
            else if (kind == 1)
                memset(p, 255, 3);
            else if (kind == 2)
                *p = (uint8_t)(30 * x);
            else if (kind == 3)
                memcpy(p, (uint8_t[]){(uint8_t)(8 * x), (uint8_t)(8 * y), (uint8_t)(x * y)}, 3);
            else
                memcpy(p,
                       (x - 9) * (x - 9) + (y - 20) * (y - 20) < 60 ? "\xFF\xFF\xFF"
                                                                    : "\x28\x1E\x14",
                       3);
        }
    return r;
}

static void known_placeholders(void **state) {
    (void)state;
    static const struct {
        uint32_t width, height;
        int kind;
        const char *want;
    } cases[] = {{12, 9, 0, "LiFO*^2*sTt7u,R;jujFfhfSfOfS"},
                 {12, 9, 1, "LaTSUA_3fQ_3~qt7fQt7fQfQfQfQ"},
                 {8, 8, 2, "LcE:0n00ay%MxuRjfQoffQfQfQfQ"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct img_raster r = pattern(cases[i].width, cases[i].height, cases[i].kind);
        char got[IMG_BLURHASH_LEN + 1];
        img_blurhash(&r, got);
        CHECK_TEXT(got, cases[i].want);
        img_raster_deinit(&r);
    }
}

static void known_hashes(void **state) {
    (void)state;
    struct img_raster a = pattern(32, 32, 3), b = pattern(32, 32, 4);
    CHECK(img_phash(&a) == 0x8b7f7f7fff7fffffu);
    CHECK(img_phash(&b) == 0xc43f3fcc37673cffu);
    img_raster_deinit(&a);
    img_raster_deinit(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(flat_stays_flat),
                                       cmocka_unit_test(gradient_stays_in_place),
                                       cmocka_unit_test(transparent_pixels_do_not_bleed),
                                       cmocka_unit_test(fits),
                                       cmocka_unit_test(orientations),
                                       cmocka_unit_test(is_lanczos),
                                       cmocka_unit_test(colour_survives_alpha),
                                       cmocka_unit_test(known_placeholders),
                                       cmocka_unit_test(known_hashes),
                                       cmocka_unit_test(hash_survives_scaling)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
