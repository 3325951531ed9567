/*
 * img/look: pictures that look alike have nearly the same hash; the placeholder and the colour are
 * those of the picture.
 */
#include "cm.h"

#include "img/look.h"
#include "img/reduce.h"

#include <math.h>

static uint8_t *at(const struct img_planes *p, unsigned c, uint32_t x, uint32_t y) {
    return &p->plane[c].px[p->plane[c].stride * y + x];
}

/* A colour for every place from (0, 0) to (1, 1). */
typedef void paint_fn(double x, double y, uint8_t rgb[3]);

static void paint(struct img_planes *p, uint32_t width, uint32_t height, paint_fn *fn) {
    img_planes_init(p, IMG_RGB, false, width, height, 1, 1);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            uint8_t rgb[3];
            fn((x + 0.5) / width, (y + 0.5) / height, rgb);
            for (unsigned c = 0; c < 3; c++)
                *at(p, c, x, y) = rgb[c];
        }
}

static void waves(double x, double y, uint8_t rgb[3]) {
    rgb[0] = (uint8_t)(128 + 100 * sin(9 * x + 4 * y * y));
    rgb[1] = (uint8_t)(128 + 100 * cos(5 * y - 3 * x));
    rgb[2] = (uint8_t)(128 + 90 * sin(14 * x * y));
}
static void hills(double x, double y, uint8_t rgb[3]) {
    bool sky = y < 0.4 + 0.2 * sin(6 * x) + 0.05 * sin(31 * x);
    rgb[0] = sky ? 120 : (uint8_t)(60 + 90 * y);
    rgb[1] = sky ? (uint8_t)(160 + 60 * y) : (uint8_t)(120 - 50 * x);
    rgb[2] = sky ? 235 : 40;
}
static void orange_with_a_spot(double x, double y, uint8_t rgb[3]) {
    bool spot = x < 0.4 && y < 0.7;
    memcpy(rgb, spot ? "\x10\x20\xF0" : "\xF0\x90\x20", 3);
}

static struct img_look look_of(const struct img_planes *p) {
    struct img_look look;
    img_look(p, &look);
    CHECK_INT(strlen(look.placeholder), IMG_BLURHASH_LEN);
    return look;
}

static int apart(uint64_t a, uint64_t b) { return __builtin_popcountll(a ^ b); }

/* A quarter of the size, then noise as coarse coding leaves it. */
static void quarter(const struct img_planes *from, struct img_planes *ret) {
    img_planes_init(ret, from->space, false, from->width / 4, from->height / 4, 1, 1);
    img_resize_planes(from, &(struct img_window){0, 0, from->width, from->height}, ret);
    uint32_t seed = 1;
    for (unsigned c = 0; c < 3; c++)
        for (uint32_t y = 0; y < ret->height; y++)
            for (uint32_t x = 0; x < ret->width; x++) {
                int v = *at(ret, c, x, y) + (int)((seed = seed * 1664525 + 1013904223) >> 28) - 8;
                *at(ret, c, x, y) = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
            }
}

static void hashes_of_what_looks_alike(void **state) {
    (void)state;
    static paint_fn *const pictures[] = {waves, hills, orange_with_a_spot};
    static const uint32_t sizes[][2] = {{640, 427}, {200, 133}, {133, 200}, {1601, 901}};
    uint64_t first[ARRAY_LEN(pictures)];
    for (size_t i = 0; i < ARRAY_LEN(pictures); i++)
        for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
            struct img_planes p, small;
            paint(&p, sizes[k][0], sizes[k][1], pictures[i]);
            uint64_t hash = look_of(&p).phash;
            first[i] = k == 0 ? hash : first[i];
            CHECK_RANGE(apart(hash, first[i]), 0, 4);
            quarter(&p, &small);
            CHECK_RANGE(apart(hash, look_of(&small).phash), 0, 6);
            img_planes_deinit(&p);
            img_planes_deinit(&small);
        }
    for (size_t i = 0; i < ARRAY_LEN(pictures); i++)
        for (size_t k = 0; k < i; k++)
            CHECK_RANGE(apart(first[i], first[k]), 16, 64);
}

/* ---- The placeholder ---- */

static double to_linear(double v) {
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}
static int digit(char c) {
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "#$%*+,-.:;=?@[]^_{|}~";
    const char *found = strchr(alphabet, c);
    CHECK(found && c);
    return (int)(found - alphabet);
}
static int number(const char *text, int n) {
    int v = 0;
    for (int i = 0; i < n; i++)
        v = v * 83 + digit(text[i]);
    return v;
}

/* A component as blurha.sh defines it, over every sample of the picture. */
static double component(const struct img_planes *p, unsigned c, int i, int j) {
    double sum = 0;
    for (uint32_t y = 0; y < p->height; y++)
        for (uint32_t x = 0; x < p->width; x++)
            sum += to_linear(*at(p, c, x, y) / 255.0) * cos(M_PI * i * x / p->width) *
                   cos(M_PI * j * y / p->height);
    return sum * (i || j ? 2 : 1) / ((double)p->width * p->height);
}

/* Read back it is what the definition says: to a step of its scale. */
static void the_placeholder(void **state) {
    (void)state;
    static paint_fn *const pictures[] = {waves, hills, orange_with_a_spot};
    for (size_t n = 0; n < ARRAY_LEN(pictures); n++) {
        struct img_planes p;
        paint(&p, 300, 200, pictures[n]);
        struct img_look look = look_of(&p);
        CHECK_INT(number(look.placeholder, 1), 3 + 2 * 9);
        double most = (number(look.placeholder + 1, 1) + 1) / 166.0;
        int mean = number(look.placeholder + 2, 4);
        for (unsigned c = 0; c < 3; c++) {
            double got = to_linear((mean >> (16 - 8 * c) & 255) / 255.0);
            CHECK(fabs(got - component(&p, c, 0, 0)) < 0.02);
        }
        static const int weights[3] = {361, 19, 1};
        for (int k = 1; k < 12; k++)
            for (unsigned c = 0; c < 3; c++) {
                int step = number(look.placeholder + 4 + 2 * k, 2) / weights[c] % 19;
                double want = component(&p, c, k % 4, k / 4);
                double root = copysign(sqrt(fabs(want) / most), want) * 9 + 9;
                CHECK_RANGE(step, lrint(root) - 1, lrint(root) + 1);
            }
        img_planes_deinit(&p);
    }
}

/* ---- Against values computed apart from this code, from the definitions ---- */

static void make_pattern(struct img_planes *p, uint32_t side_x, uint32_t side_y, int kind) {
    img_planes_init(p, kind == 2 ? IMG_GRAY : IMG_RGB, false, side_x, side_y, 1, 1);
    for (uint32_t y = 0; y < side_y; y++)
        for (uint32_t x = 0; x < side_x; x++) {
            bool within = (x - 9) * (x - 9) + (y - 20) * (y - 20) < 60;
            const uint32_t kinds[5][3] = {
                {20 * x, 25 * y, 3 * x * y},
                {255, 255, 255},
                {30 * x},
                {8 * x, 8 * y, x * y},
                {within ? 255 : 40, within ? 255 : 30, within ? 255 : 20}};
            for (unsigned c = 0; c < p->n; c++)
                *at(p, c, x, y) = (uint8_t)kinds[kind][c];
        }
}

static void known_looks(void **state) {
    (void)state;
    static const struct {
        uint32_t width, height;
        int kind;
        const char *placeholder; /* NULL: of the hash alone */
        uint64_t phash;
    } cases[] = {{12, 9, 0, "LiFO*^2*sTt7u,R;jujFfhfSfOfS", 0},
                 {12, 9, 1, "LaTSUA_3fQ_3~qt7fQt7fQfQfQfQ", 0},
                 {8, 8, 2, "LcE:0n00ay%MxuRjfQoffQfQfQfQ", 0},
                 {32, 32, 3, NULL, 0x8b7f7f7fff7fffffu},
                 {32, 32, 4, NULL, 0xc43f3fcc37673cffu}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct img_planes p;
        make_pattern(&p, cases[i].width, cases[i].height, cases[i].kind);
        struct img_look look = look_of(&p);
        if (cases[i].placeholder)
            CHECK_TEXT(look.placeholder, cases[i].placeholder);
        else
            CHECK(look.phash == cases[i].phash);
        img_planes_deinit(&p);
    }
}

/* ---- Spaces, alpha, sizes ---- */

/* Grey, YCbCr and RGB of one picture look the same. */
static void every_space(void **state) {
    (void)state;
    struct img_planes rgb, grey, ycc;
    paint(&rgb, 320, 200, hills);
    img_planes_init(&grey, IMG_GRAY, false, 320, 200, 1, 1);
    img_planes_init(&ycc, IMG_YCC, false, 320, 200, 2, 2);
    for (uint32_t y = 0; y < 200; y++)
        for (uint32_t x = 0; x < 320; x++) {
            double r = *at(&rgb, 0, x, y), g = *at(&rgb, 1, x, y), b = *at(&rgb, 2, x, y);
            double luma = 0.299 * r + 0.587 * g + 0.114 * b;
            *at(&grey, 0, x, y) = *at(&ycc, 0, x, y) = (uint8_t)lrint(luma);
            *at(&ycc, 1, x / 2, y / 2) = (uint8_t)lrint(128 + 0.564 * (b - luma));
            *at(&ycc, 2, x / 2, y / 2) = (uint8_t)lrint(128 + 0.713 * (r - luma));
        }
    struct img_look of_rgb = look_of(&rgb), of_grey = look_of(&grey), of_ycc = look_of(&ycc);
    CHECK_RANGE(apart(of_rgb.phash, of_grey.phash), 0, 2);
    CHECK_RANGE(apart(of_rgb.phash, of_ycc.phash), 0, 2);
    for (int c = 0; c < 3; c++) {
        CHECK_RANGE(of_ycc.dominant[c], of_rgb.dominant[c] - 6, of_rgb.dominant[c] + 6);
        CHECK_INT(of_grey.dominant[c], of_grey.dominant[0]);
    }
    CHECK_INT(of_grey.phash, of_ycc.phash);
    img_planes_deinit(&rgb);
    img_planes_deinit(&grey);
    img_planes_deinit(&ycc);
}

static void the_dominant_colour(void **state) {
    (void)state;
    struct img_planes p;
    paint(&p, 500, 400, orange_with_a_spot);
    CHECK_MEM(look_of(&p).dominant, "\xF0\x90\x20", 3);
    img_planes_deinit(&p);
}

/* Half of it is invisible: its colours are in nothing. */
static void what_is_transparent_is_not_seen(void **state) {
    (void)state;
    struct img_look looks[2];
    for (int k = 0; k < 2; k++) {
        struct img_planes p;
        img_planes_init(&p, IMG_RGB, true, 100, 100, 1, 1);
        for (uint32_t y = 0; y < 100; y++)
            for (uint32_t x = 0; x < 100; x++) {
                bool seen = x < 40;
                for (unsigned c = 0; c < 3; c++)
                    *at(&p, c, x, y) = seen ? (uint8_t)(70 + 20 * c) : (uint8_t)(k * (x + y));
                *at(&p, 3, x, y) = seen ? 255 : 0;
            }
        looks[k] = look_of(&p);
        img_planes_deinit(&p);
    }
    CHECK_MEM(looks[0].dominant, "\x46\x5A\x6E", 3);
    CHECK_MEM(looks[1].dominant, looks[0].dominant, 3);
    CHECK_TEXT(looks[1].placeholder, looks[0].placeholder);
    CHECK(looks[0].phash == looks[1].phash);
}

static void nothing_to_be_seen(void **state) {
    (void)state;
    struct img_planes p;
    img_planes_init(&p, IMG_GRAY, true, 9, 9, 1, 1);
    CHECK_MEM(look_of(&p).dominant, "\xFF\xFF\xFF", 3);
    img_planes_deinit(&p);
}

/* A flat picture has no pattern, of whatever grey and size: noise of the arithmetic is none. */
static void what_is_flat_has_one_hash(void **state) {
    (void)state;
    for (unsigned grey = 1; grey < 256; grey += 2) {
        struct img_planes p;
        img_planes_init(&p, IMG_GRAY, false, 7 + grey, 300 - grey, 1, 1);
        memset(p.plane[0].px, (int)grey, p.plane[0].stride * p.plane[0].height);
        CHECK(look_of(&p).phash == 1ULL << 63);
        img_planes_deinit(&p);
    }
}

/* Down to one sample, and thin ones: the mean colour is that of the picture. */
static void sizes_of_all_kinds(void **state) {
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1},    {1, 500},   {500, 1},  {2, 3},
                                        {31, 33},  {32, 32},   {33, 31},  {1, 20000},
                                        {9000, 2}, {16385, 1}, {3, 70000}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (unsigned sub = 1; sub <= 2; sub++) {
            struct img_planes p;
            img_planes_init(&p, IMG_YCC, false, sizes[i][0], sizes[i][1], sub, sub);
            for (unsigned c = 0; c < 3; c++)
                memset(p.plane[c].px, c ? 128 : 201, p.plane[c].stride * p.plane[c].height);
            struct img_look look = look_of(&p);
            CHECK_INT(number(look.placeholder + 2, 4), 0xC9C9C9);
            CHECK_MEM(look.dominant, "\xC9\xC9\xC9", 3);
            img_planes_deinit(&p);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_of_what_looks_alike),
        cmocka_unit_test(the_placeholder),
        cmocka_unit_test(known_looks),
        cmocka_unit_test(every_space),
        cmocka_unit_test(the_dominant_colour),
        cmocka_unit_test(what_is_transparent_is_not_seen),
        cmocka_unit_test(nothing_to_be_seen),
        cmocka_unit_test(what_is_flat_has_one_hash),
        cmocka_unit_test(sizes_of_all_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
