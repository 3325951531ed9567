/*
 * img/color: between YCbCr and RGB, compared with the formulas of JFIF 1.02 as libjpeg rounds
 * them.
 */
#include "cm.h"

#include "img/color.h"

static int clipped(int v) { return v < 0 ? 0 : v > 255 ? 255 : v; }
static int rounded(double v) { return clipped((int)(v + 1000.5) - 1000); }

static uint8_t *at(const struct img_planes *p, unsigned c, uint32_t x, uint32_t y) {
    return &p->plane[c].px[p->plane[c].stride * y + x];
}

/* Every colour there is, in steps of 3. */
static void to_rgb(void **state) {
    (void)state;
    enum { N = 86 };
    for (int vectors = 0; vectors < 2; vectors++) {
        img_color_use_vectors(vectors);
        struct img_planes p;
        img_planes_init(&p, IMG_YCC, false, N * N, N, 1, 1);
        for (uint32_t y = 0; y < N; y++)
            for (uint32_t x = 0; x < N * N; x++) {
                *at(&p, 0, x, y) = (uint8_t)(3 * y);
                *at(&p, 1, x, y) = (uint8_t)(x / N * 3);
                *at(&p, 2, x, y) = (uint8_t)(x % N * 3);
            }
        img_ycc_to_rgb(&p);
        CHECK_INT(p.space, IMG_RGB);
        for (uint32_t i = 0; i < N; i++)
            for (uint32_t x = 0; x < N * N; x++) {
                double y = 3 * i, cb = x / N * 3 - 128.0, cr = x % N * 3 - 128.0;
                const int want[3] = {rounded(y + 1.402 * cr),
                                     rounded(y - 0.344136286 * cb - 0.714136286 * cr),
                                     rounded(y + 1.772 * cb)};
                for (unsigned c = 0; c < 3; c++)
                    CHECK_RANGE(*at(&p, c, x, i), want[c] - 1, want[c] + 1);
            }
        img_planes_deinit(&p);
    }
}

static uint32_t noise(uint32_t *seed) { return (*seed = *seed * 1664525 + 1013904223) >> 24; }

/* Chroma is the mean of four, of two at an odd edge, of one in the corner. */
static void check_ycc(const struct img_planes *rgb, const struct img_planes *ycc) {
    static const double cb[3] = {-0.168735892, -0.331264108, 0.5},
                        cr[3] = {0.5, -0.418687589, -0.081312411};
    for (uint32_t y = 0; y < rgb->height; y++)
        for (uint32_t x = 0; x < rgb->width; x++) {
            int want = rounded(0.299 * *at(rgb, 0, x, y) + 0.587 * *at(rgb, 1, x, y) +
                               0.114 * *at(rgb, 2, x, y));
            CHECK_RANGE(*at(ycc, 0, x, y), want - 1, want + 1);
        }
    for (uint32_t y = 0; y < ycc->plane[1].height; y++)
        for (uint32_t x = 0; x < ycc->plane[1].width; x++) {
            uint32_t x1 = 2 * x + 1 < rgb->width ? 2 * x + 1 : 2 * x;
            uint32_t y1 = 2 * y + 1 < rgb->height ? 2 * y + 1 : 2 * y;
            double want[2] = {128, 128};
            for (unsigned c = 0; c < 3; c++) {
                double mean = (*at(rgb, c, 2 * x, 2 * y) + *at(rgb, c, x1, 2 * y) +
                               *at(rgb, c, 2 * x, y1) + *at(rgb, c, x1, y1)) /
                              4.0;
                want[0] += cb[c] * mean;
                want[1] += cr[c] * mean;
            }
            CHECK_RANGE(*at(ycc, 1, x, y), rounded(want[0]) - 1, rounded(want[0]) + 1);
            CHECK_RANGE(*at(ycc, 2, x, y), rounded(want[1]) - 1, rounded(want[1]) + 1);
        }
}

static void check_size(uint32_t width, uint32_t height, bool alpha) {
    struct img_planes rgb, ycc;
    uint32_t seed = 7;
    img_planes_init(&rgb, IMG_RGB, alpha, width, height, 1, 1);
    for (unsigned c = 0; c < rgb.n; c++)
        for (uint32_t y = 0; y < height; y++)
            for (uint32_t x = 0; x < width; x++) {
                uint32_t v = noise(&seed);
                *at(&rgb, c, x, y) = (uint8_t)(v < 60 ? 0 : v > 190 ? 255 : v);
            }
    img_rgb_to_ycc(&rgb, &ycc);
    CHECK(ycc.space == IMG_YCC && !ycc.alpha);
    CHECK_INT(ycc.n, 3);
    CHECK_INT(ycc.plane[1].width, (width + 1) / 2);
    CHECK_INT(ycc.plane[2].height, (height + 1) / 2);
    check_ycc(&rgb, &ycc);
    img_planes_deinit(&rgb);
    img_planes_deinit(&ycc);
}

static void to_ycc(void **state) {
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1},  {2, 2},    {3, 3},    {17, 5},
                                        {1, 40}, {1025, 4}, {1600, 3}, {2049, 1}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (int vectors = 0; vectors < 2; vectors++) {
            img_color_use_vectors(vectors);
            check_size(sizes[i][0], sizes[i][1], false);
            check_size(sizes[i][0], sizes[i][1], true);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(to_rgb), cmocka_unit_test(to_ycc)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
