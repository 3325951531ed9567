/* img/planes: sizes of chroma, memory, and pictures turned upright. */
#include "cm.h"

#include "img/planes.h"

static void sizes(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum img_space space;
        bool alpha;
        unsigned sub_x, sub_y, n;
        uint32_t chroma_width, chroma_height;
    } cases[] = {{"grey", IMG_GRAY, false, 1, 1, 1, 0, 0},
                 {"grey, alpha", IMG_GRAY, true, 1, 1, 2, 101, 35},
                 {"4:4:4", IMG_YCC, false, 1, 1, 3, 101, 35},
                 {"4:2:2", IMG_YCC, false, 2, 1, 3, 51, 35},
                 {"4:2:0", IMG_YCC, false, 2, 2, 3, 51, 18},
                 {"RGB is never halved", IMG_RGB, true, 2, 2, 4, 101, 35}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct img_planes p;
        img_planes_init(&p, cases[i].space, cases[i].alpha, 101, 35, cases[i].sub_x,
                        cases[i].sub_y);
        CHECK_CASE(p.n == cases[i].n, cases[i].name);
        CHECK_CASE(p.plane[0].width == 101 && p.plane[0].height == 35, cases[i].name);
        CHECK_CASE(p.plane[1].width == cases[i].chroma_width, cases[i].name);
        CHECK_CASE(p.plane[1].height == cases[i].chroma_height, cases[i].name);
        uint64_t bytes = 0;
        for (unsigned c = 0; c < p.n; c++) { /* all of it is there and zero, the pad too */
            size_t n = p.plane[c].stride * p.plane[c].height + IMG_PLANE_PAD;
            for (size_t k = 0; k < n; k++)
                CHECK_CASE(p.plane[c].px[k] == 0, cases[i].name);
            bytes += n;
        }
        CHECK_CASE(img_planes_bytes(p.space, p.alpha, 101, 35, cases[i].sub_x, cases[i].sub_y) ==
                       bytes,
                   cases[i].name);
        img_planes_deinit(&p);
        CHECK_CASE(p.plane[0].px == NULL && p.n == 0, cases[i].name);
    }
}

/* "ab/cd": what a camera with that orientation stored, turned upright, reads "ab" over "cd". */
static void orientations(void **state) {
    (void)state;
    static const char *const stored[] = {"abcd", "abcd", "badc", "dcba", "cdab",
                                         "acbd", "bdac", "dbca", "cadb", "abcd"};
    for (unsigned o = 0; o < ARRAY_LEN(stored); o++) {
        struct img_planes p;
        img_planes_init(&p, IMG_GRAY, false, 2, 2, 1, 1);
        for (int i = 0; i < 4; i++)
            p.plane[0].px[(size_t)(i / 2) * p.plane[0].stride + i % 2] = (uint8_t)stored[o][i];
        img_planes_orient(&p, o);
        for (int i = 0; i < 4; i++)
            CHECK_INT(p.plane[0].px[(size_t)(i / 2) * p.plane[0].stride + i % 2], "abcd"[i]);
        img_planes_deinit(&p);
    }
}

/* Where the sample of an upright picture lies in one stored with that orientation (TIFF 6.0, Orientation). */
static void stored_at(unsigned orientation, uint32_t width, uint32_t height, uint32_t x, uint32_t y,
                      uint32_t *ret_x, uint32_t *ret_y) {
    bool right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    *ret_x = orientation >= 5 ? y : x;
    *ret_y = orientation >= 5 ? x : y;
    if (right)
        *ret_x = width - 1 - *ret_x;
    if (bottom)
        *ret_y = height - 1 - *ret_y;
}

static uint8_t sample(unsigned c, uint32_t x, uint32_t y) {
    return (uint8_t)(x * 7 + y * 31 + (x * y) % 13 + c * 101);
}

static void check_turned(unsigned orientation, uint32_t width, uint32_t height) {
    struct img_planes p;
    img_planes_init(&p, IMG_YCC, false, width, height, 2, 2);
    struct img_plane before[3];
    for (unsigned c = 0; c < 3; c++) {
        before[c] = p.plane[c];
        for (uint32_t y = 0; y < p.plane[c].height; y++)
            for (uint32_t x = 0; x < p.plane[c].width; x++)
                p.plane[c].px[y * p.plane[c].stride + x] = sample(c, x, y);
    }
    img_planes_orient(&p, orientation);
    CHECK_INT(p.width, orientation >= 5 ? height : width);
    CHECK_INT(p.height, orientation >= 5 ? width : height);
    for (unsigned c = 0; c < 3; c++) {
        const struct img_plane *to = &p.plane[c];
        CHECK_INT(to->width, orientation >= 5 ? before[c].height : before[c].width);
        for (uint32_t y = 0; y < to->height; y++)
            for (uint32_t x = 0; x < to->width; x++) {
                uint32_t sx, sy;
                stored_at(orientation, before[c].width, before[c].height, x, y, &sx, &sy);
                CHECK_INT(to->px[y * to->stride + x], sample(c, sx, sy));
            }
    }
    img_planes_deinit(&p);
}

static void every_sample_finds_its_place(void **state) {
    (void)state;
    static const uint32_t sizes_of[][2] = {{1, 1}, {7, 3}, {8, 8}, {16, 40}, {33, 17}, {131, 70}};
    for (unsigned o = 1; o <= 8; o++)
        for (size_t i = 0; i < ARRAY_LEN(sizes_of); i++)
            check_turned(o, sizes_of[i][0], sizes_of[i][1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sizes), cmocka_unit_test(orientations),
                                       cmocka_unit_test(every_sample_finds_its_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
