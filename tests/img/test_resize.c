/* img/resize and img/look: what a reduction, a turn and a hash must keep. */
#include "cm.h"

#include "img/look.h"
#include "img/resize.h"

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
                 {1, 1, 200, 1, 1}};
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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(flat_stays_flat),
                                       cmocka_unit_test(gradient_stays_in_place),
                                       cmocka_unit_test(transparent_pixels_do_not_bleed),
                                       cmocka_unit_test(fits),
                                       cmocka_unit_test(orientations),
                                       cmocka_unit_test(hash_survives_scaling)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
