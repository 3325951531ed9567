/* img/color: what is done about what a file says of its colours, and the colours that come out. */
#include "cm.h"

#include "img/color.h"
#include "img/icc_builder.h"

/* A picture of one row that repeats these colours; grey: the first of each. */
static void make_row(struct img_planes *p, enum img_space space, bool alpha, uint32_t width,
                     const uint8_t (*colours)[3], size_t n) {
    img_planes_init(p, space, alpha, width, 2, 1, 1);
    for (unsigned c = 0; c < p->n; c++)
        for (uint32_t x = 0; x < 2 * width; x++)
            p->plane[c].px[p->plane[c].stride * (x / width) + x % width] =
                c == 3 ? (uint8_t)x : colours[x % width % n][c % 3];
}
static uint8_t sample(const struct img_planes *p, unsigned c, uint32_t x) {
    return p->plane[c].px[p->plane[c].stride + x];
}

/*
 * Of LittleCMS 2.14, cmsDoTransform to its own sRGB: 8 bits, relative colorimetric, without its
 * optimisations and its cache.
 */
enum { COLOURS = 10 };
static const uint8_t colours[COLOURS][3] = {
    {255, 255, 255}, {128, 128, 128}, {16, 16, 16}, {200, 60, 40}, {60, 200, 40},
    {40, 60, 200},   {230, 180, 150}, {255, 0, 0},  {0, 255, 0},   {90, 110, 5}};
static const struct {
    const char *name;
    struct buf (*make)(void);
    uint8_t want[COLOURS][3];
} known[] = {
    {"Display P3, version 4",
     icc_make_p3,
     {{255, 255, 255},
      {128, 128, 128},
      {16, 16, 16},
      {217, 42, 23},
      {0, 203, 0},
      {34, 61, 208},
      {239, 177, 145},
      {255, 0, 0},
      {0, 255, 0},
      {85, 111, 0}}},
    {"Adobe RGB",
     icc_make_adobe,
     {{255, 255, 255},
      {129, 129, 129},
      {7, 7, 7},
      {232, 57, 34},
      {0, 201, 0},
      {21, 57, 205},
      {247, 181, 150},
      {255, 0, 0},
      {0, 255, 0},
      {79, 110, 0}}},
    {"ProPhoto",
     icc_make_prophoto,
     {{255, 255, 255},
      {146, 146, 146},
      {20, 20, 20},
      {255, 0, 43},
      {0, 228, 0},
      {0, 80, 223},
      {255, 182, 161},
      {255, 0, 0},
      {0, 255, 0},
      {109, 133, 0}}},
    {"Rec. 2020",
     icc_make_2020,
     {{255, 255, 255},
      {140, 140, 140},
      {31, 31, 31},
      {252, 12, 44},
      {0, 216, 0},
      {0, 75, 215},
      {255, 181, 155},
      {255, 0, 0},
      {0, 255, 0},
      {95, 126, 0}}},
    {"sRGB's colours with a power of 1.8",
     icc_make_srgb18,
     {{255, 255, 255},
      {146, 146, 146},
      {20, 20, 20},
      {210, 77, 53},
      {77, 210, 53},
      {53, 77, 210},
      {235, 193, 167},
      {255, 0, 0},
      {1, 255, 0},
      {109, 129, 3}}},
};

static void check_known(size_t i, uint32_t width) {
    struct img_head head = {.space = IMG_RGB, .icc = known[i].make()};
    struct img_planes p;
    make_row(&p, IMG_RGB, true, width, colours, COLOURS);
    struct img_color color;
    img_color_choose(&head, IMG_PROFILES_CONVERT, &color);
    CHECK_CASE(color.job && !color.keep.len && !color.warnings, known[i].name);
    img_color_apply(&color, &p);
    for (uint32_t x = 0; x < width; x++) {
        for (unsigned c = 0; c < 3; c++)
            CHECK_CASE(abs(sample(&p, c, x) - known[i].want[x % COLOURS][c]) <= 1, known[i].name);
        CHECK_INT(sample(&p, 3, x), (uint8_t)(width + x));
    }
    img_color_deinit(&color);
    img_planes_deinit(&p);
    buf_deinit(&head.icc);
}

static void profiles_as_littlecms_converts_them(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        for (int vectors = 0; vectors < 2; vectors++) {
            img_color_use_vectors(vectors);
            for (uint32_t width = 1; width < 1700; width += width < 20 ? 1 : 523)
                check_known(i, width);
        }
}

/* The whole cube of Display P3: the loops of every kind of processor give the same bytes. */
static void loops_give_the_same_bytes(void **state) {
    (void)state;
    struct img_head head = {.space = IMG_RGB, .icc = icc_make_p3()};
    struct img_color color;
    img_color_choose(&head, IMG_PROFILES_CONVERT, &color);
    struct img_planes p[2];
    for (int k = 0; k < 2; k++) {
        img_planes_init(&p[k], IMG_RGB, false, 64 * 64, 64, 1, 1);
        for (unsigned c = 0; c < 3; c++)
            for (uint32_t i = 0; i < 64 * 64 * 64; i++)
                p[k].plane[c].px[p[k].plane[c].stride * (i / 4096) + i % 4096] =
                    (uint8_t)((i >> 6 * c) % 64 * 255 / 63);
        img_color_use_vectors(k);
        img_color_apply(&color, &p[k]);
    }
    for (unsigned c = 0; c < 3; c++)
        CHECK_MEM(p[1].plane[c].px, p[0].plane[c].px, p[0].plane[c].stride * 64);
    img_planes_deinit(&p[0]);
    img_planes_deinit(&p[1]);
    img_color_deinit(&color);
    buf_deinit(&head.icc);
}

static void grey_curves(void **state) {
    (void)state;
    enum { N = 7 };
    static const uint8_t greys[N][3] = {{0}, {8}, {32}, {64}, {128}, {200}, {255}};
    static const struct {
        const char *name, *pcs;
        uint32_t points;
        double power;
        uint8_t want[N]; /* LittleCMS's, as above */
    } cases[] = {
        {"a power of 1.8", NULL, 1, 1.8, {0, 6, 43, 81, 146, 210, 255}},
        {"2.5 in 64 points", NULL, 64, 2.5, {0, 1, 17, 50, 117, 195, 255}},
        {"lightness", "Lab ", 0, 1, {0, 11, 33, 60, 119, 194, 255}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int alpha = 0; alpha < 2; alpha++) {
            struct img_head head = {.space = IMG_GRAY,
                                    .icc = icc_gray(cases[i].pcs, cases[i].points, cases[i].power)};
            struct img_planes p;
            make_row(&p, IMG_GRAY, alpha, N, greys, N);
            uint8_t before = sample(&p, p.n - 1, 1);
            struct img_color color;
            img_color_choose(&head, IMG_PROFILES_CONVERT, &color);
            CHECK_CASE(color.job && !color.warnings, cases[i].name);
            img_color_apply(&color, &p);
            for (uint32_t x = 0; x < N; x++)
                CHECK_RANGE(sample(&p, 0, x), cases[i].want[x] - 1, cases[i].want[x] + 1);
            CHECK(!alpha || sample(&p, 1, 1) == before);
            img_color_deinit(&color);
            img_planes_deinit(&p);
            buf_deinit(&head.icc);
        }
}

/* ---- Decisions ---- */

enum does { NOTHING, CONVERTED, KEPT };

static struct buf make_gray(void) { return icc_gray(NULL, 1, 1.8); }
static struct buf make_gray_srgb(void) {
    struct icc_builder p = {.space = "GRAY"};
    icc_curv_srgb(&p, "kTRC");
    return icc_done(&p);
}
static struct buf make_srgb4(void) { return icc_rgb4(&icc_srgb_space, icc_para_srgb); }
static struct buf make_of(const char *space, const char *tag, size_t bulk) {
    struct icc_builder p = {.space = space, .device = "prtr"};
    icc_bulk(&p, tag, bulk);
    return icc_done(&p);
}
static struct buf make_lut(void) { return make_of("RGB ", "A2B0", 9000); }
static struct buf make_large_lut(void) { return make_of("RGB ", "A2B0", 60000); }
static struct buf make_gray_lut(void) { return make_of("GRAY", "A2B0", 9000); }
static struct buf make_cmyk(void) { return make_of("CMYK", "A2B0", 500000); }
static struct buf make_lab(void) { return make_of("Lab ", "A2B0", 900); }
static struct buf make_nothing(void) { return make_of("RGB ", "desc", 90); }
static struct buf make_noise(void) {
    struct buf b = {0};
    for (int i = 0; i < 999; i++)
        buf_u8(&b, (uint8_t)(i * i));
    return b;
}
static struct buf with_bulk(const struct icc_space *space, const char *tag, size_t bulk) {
    struct icc_builder p = {0};
    icc_colorants(&p, space);
    for (int i = 0; i < 3; i++)
        icc_curv(&p, icc_trc[i], 1, 2.2);
    icc_bulk(&p, tag, bulk);
    return icc_done(&p);
}
static struct buf make_large_adobe(void) { return with_bulk(&icc_adobe_rgb, "desc", 1200000); }
static struct buf make_both(void) { return with_bulk(&icc_adobe_rgb, "A2B0", 5000); }
static struct buf make_cut(void) {
    struct buf b = make_both();
    b.len -= 100;
    return b;
}
static struct buf with_cicp(uint32_t numbers) {
    struct icc_builder p = {.version = 0x04400000};
    icc_colorants(&p, &icc_rec2020);
    for (int i = 0; i < 3; i++)
        icc_curv(&p, icc_trc[i], 1, 2.2);
    CLEANUP_DEINIT(buf) struct buf cicp = icc_type("cicp");
    buf_u32(&cicp, numbers);
    icc_tag(&p, "cicp", &cicp);
    return icc_done(&p);
}
static struct buf make_pq(void) { return with_cicp(0x09100001); }
static struct buf make_2020_cicp(void) { return with_cicp(0x090E0001); }

static void what_is_done_about_profiles(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum img_space space;
        const char *color_space;
        struct buf (*make)(void);
        enum does convert, keep; /* for each wish */
        unsigned convert_warns, keep_warns;
    } cases[] = {
        {"P3", IMG_YCC, "YCbCr", icc_make_p3, CONVERTED, KEPT, 0, 0},
        {"Adobe RGB of a PNG", IMG_RGB, "RGBA", icc_make_adobe, CONVERTED, KEPT, 0, 0},
        {"sRGB of 1998", IMG_YCC, "YCbCr", icc_make_srgb, NOTHING, NOTHING, 0, 0},
        {"sRGB, version 4", IMG_RGB, "Palette", make_srgb4, NOTHING, NOTHING, 0, 0},
        {"a large Adobe RGB", IMG_YCC, "YCbCr", make_large_adobe, CONVERTED, CONVERTED, 0, 0},
        {"matrix and table", IMG_YCC, "YCbCr", make_both, CONVERTED, KEPT, 0, 0},
        {"without its end", IMG_YCC, "YCbCr", make_cut, CONVERTED, CONVERTED, 0, 0},
        {"a table", IMG_YCC, "YCbCr", make_lut, KEPT, KEPT, IMG_WARN_PROFILE_UNKNOWN, 0},
        {"a large table", IMG_YCC, "YCbCr", make_large_lut, NOTHING, NOTHING,
         IMG_WARN_PROFILE_DROPPED, IMG_WARN_PROFILE_DROPPED},
        {"grey on grey", IMG_GRAY, "Gray", make_gray, CONVERTED, KEPT, 0, 0},
        {"grey on grey with alpha", IMG_GRAY, "GrayA", make_gray, CONVERTED, KEPT, 0, 0},
        {"sRGB's curve on grey", IMG_GRAY, "Gray", make_gray_srgb, NOTHING, NOTHING, 0, 0},
        {"a table on grey", IMG_GRAY, "Gray", make_gray_lut, KEPT, KEPT, IMG_WARN_PROFILE_UNKNOWN,
         0},
        {"grey on colour", IMG_YCC, "YCbCr", make_gray, NOTHING, NOTHING, IMG_WARN_PROFILE_DROPPED,
         IMG_WARN_PROFILE_DROPPED},
        {"colour on grey", IMG_GRAY, "Gray", icc_make_p3, NOTHING, NOTHING,
         IMG_WARN_PROFILE_DROPPED, IMG_WARN_PROFILE_DROPPED},
        {"sRGB on grey", IMG_GRAY, "Gray", icc_make_srgb, NOTHING, NOTHING, 0, 0},
        {"CMYK", IMG_RGB, "CMYK", make_cmyk, NOTHING, NOTHING, IMG_WARN_CMYK_PROFILE,
         IMG_WARN_CMYK_PROFILE},
        {"RGB on CMYK", IMG_RGB, "CMYK", icc_make_p3, NOTHING, NOTHING, IMG_WARN_PROFILE_DROPPED,
         IMG_WARN_PROFILE_DROPPED},
        {"CMYK on RGB", IMG_RGB, "RGB", make_cmyk, NOTHING, NOTHING, IMG_WARN_PROFILE_DROPPED,
         IMG_WARN_PROFILE_DROPPED},
        {"Lab on RGB", IMG_RGB, "RGB", make_lab, NOTHING, NOTHING, IMG_WARN_PROFILE_DROPPED,
         IMG_WARN_PROFILE_DROPPED},
        {"says nothing", IMG_RGB, "RGB", make_nothing, NOTHING, NOTHING, IMG_WARN_PROFILE_DROPPED,
         IMG_WARN_PROFILE_DROPPED},
        {"noise", IMG_RGB, "RGB", make_noise, NOTHING, NOTHING, IMG_WARN_PROFILE_DROPPED,
         IMG_WARN_PROFILE_DROPPED},
        {"PQ by cicp", IMG_RGB, "RGB", make_pq, CONVERTED, KEPT, IMG_WARN_HDR, 0},
        {"Rec. 2020 with cicp", IMG_RGB, "RGB", make_2020_cicp, CONVERTED, KEPT, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int wish = 0; wish < 2; wish++) {
            struct img_head head = {.space = cases[i].space,
                                    .color_space = cases[i].color_space,
                                    .icc = cases[i].make()};
            struct img_color c;
            img_color_choose(&head, wish ? IMG_PROFILES_KEEP : IMG_PROFILES_CONVERT, &c);
            enum does want = wish ? cases[i].keep : cases[i].convert;
            CHECK_CASE(!!c.job == (want == CONVERTED), cases[i].name);
            CHECK_CASE(str_eq(c.keep, want == KEPT ? buf_view(&head.icc) : STR_NONE),
                       cases[i].name);
            CHECK_CASE(c.warnings == (wish ? cases[i].keep_warns : cases[i].convert_warns),
                       cases[i].name);
            img_color_deinit(&c);
            buf_deinit(&head.icc);
        }
}

/* What travels is the profile, not what a file has put behind it. */
static void only_the_profile_travels(void **state) {
    (void)state;
    struct img_head head = {.space = IMG_RGB, .icc = icc_make_p3()};
    size_t len = head.icc.len;
    for (int i = 0; i < IMG_ICC_KEEP_MAX; i++)
        buf_u8(&head.icc, 0);
    struct img_color c;
    img_color_choose(&head, IMG_PROFILES_KEEP, &c);
    CHECK_INT(c.keep.len, len);
    img_color_deinit(&c);
    buf_deinit(&head.icc);
}

/* ---- What a PNG says ---- */

#define SRGB_CHRM                                                                                  \
    { 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000 }
#define P3_CHRM                                                                                    \
    { 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000 }

static void what_a_png_says(void **state) {
    (void)state;
    static const uint8_t in[1][3] = {{200, 60, 40}};
    static const struct {
        const char *name;
        struct img_said said;
        bool profile; /* Adobe RGB */
        bool converted;
        uint8_t want[3];
        unsigned warns;
    } cases[] = {
        {"nothing", {0}, false, false, {0}, 0},
        {"sRGB", {.has_srgb = true, .has_gama = true, .gama = 100000}, false, false, {0}, 0},
        {"gAMA of sRGB", {.has_gama = true, .gama = 45455}, false, false, {0}, 0},
        {"gAMA and cHRM of sRGB",
         {.has_gama = true, .gama = 45455, .has_chrm = true, .chrm = SRGB_CHRM},
         false,
         false,
         {0},
         0},
        {"gAMA and cHRM of sRGB, nearly",
         {.has_gama = true,
          .gama = 45000,
          .has_chrm = true,
          .chrm = {31269, 32899, 63999, 33001, 30000, 60000, 15000, 5999}},
         false,
         false,
         {0},
         0},
        {"gAMA 1: light itself",
         {.has_gama = true, .gama = 100000},
         false,
         true,
         {229, 133, 110},
         0},
        {"gAMA 1 / 1.8", {.has_gama = true, .gama = 55556}, false, true, {210, 77, 53}, 0},
        {"gAMA 0", {.has_gama = true, .gama = 0}, false, false, {0}, 0},
        {"gAMA of four billion", {.has_gama = true, .gama = UINT32_MAX}, false, false, {0}, 0},
        {"cHRM alone", {.has_chrm = true, .chrm = P3_CHRM}, false, false, {0}, 0},
        {"cHRM of P3",
         {.has_gama = true, .gama = 45455, .has_chrm = true, .chrm = P3_CHRM},
         false,
         true,
         {217, 42, 23},
         0},
        {"cHRM without white: sRGB's",
         {.has_gama = true, .gama = 55556, .has_chrm = true, .chrm = {31270, 0, 1, 2}},
         false,
         true,
         {210, 77, 53},
         0},
        {"cHRM all red: sRGB's",
         {.has_gama = true,
          .gama = 55556,
          .has_chrm = true,
          .chrm = {31270, 32900, 64000, 33000, 64000, 33000, 64000, 33000}},
         false,
         true,
         {210, 77, 53},
         0},
        {"a profile over sRGB and gAMA",
         {.has_srgb = true, .has_gama = true, .gama = 100000},
         true,
         true,
         {232, 57, 34},
         0},
        {"cICP of P3 over all",
         {.has_cicp = true, .cicp = {12, 13, 0, 1}, .has_srgb = true, .has_gama = true},
         true,
         true,
         {217, 42, 23},
         0},
        {"cICP of sRGB over a profile",
         {.has_cicp = true, .cicp = {1, 13, 0, 1}},
         true,
         false,
         {0},
         0},
        {"cICP without numbers: the profile",
         {.has_cicp = true, .cicp = {2, 2, 0, 1}},
         true,
         true,
         {232, 57, 34},
         0},
        {"cICP of YCbCr: the profile",
         {.has_cicp = true, .cicp = {1, 13, 1, 1}},
         true,
         true,
         {232, 57, 34},
         0},
        {"cICP of Rec. 2020",
         {.has_cicp = true, .cicp = {9, 14, 0, 1}},
         false,
         true,
         {252, 12, 44},
         0},
        {"cICP of video's range",
         {.has_cicp = true, .cicp = {1, 13, 0, 0}},
         false,
         true,
         {214, 51, 28},
         0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct img_head head = {.space = IMG_RGB, .color_space = "RGB", .said = cases[i].said};
        if (cases[i].profile)
            head.icc = icc_make_adobe();
        struct img_planes p;
        make_row(&p, IMG_RGB, false, 1, in, 1);
        struct img_color c;
        img_color_choose(&head, IMG_PROFILES_CONVERT, &c);
        CHECK_CASE(!!c.job == cases[i].converted && !c.keep.len, cases[i].name);
        CHECK_CASE(c.warnings == cases[i].warns, cases[i].name);
        img_color_apply(&c, &p);
        for (unsigned k = 0; k < 3; k++)
            CHECK_CASE(abs(sample(&p, k, 0) - (c.job ? cases[i].want : in[0])[k]) <= 1,
                       cases[i].name);
        img_color_deinit(&c);
        img_planes_deinit(&p);
        buf_deinit(&head.icc);
    }
}

/* A grey PNG with gAMA: the curve alone, whatever its primaries. */
static void a_grey_png_says_gamma(void **state) {
    (void)state;
    static const uint8_t in[1][3] = {{60}};
    struct img_head head = {
        .space = IMG_GRAY,
        .said = {.has_gama = true, .gama = 100000, .has_chrm = true, .chrm = P3_CHRM}};
    struct img_planes p;
    make_row(&p, IMG_GRAY, true, 1, in, 1);
    struct img_color c;
    img_color_choose(&head, IMG_PROFILES_CONVERT, &c);
    CHECK(c.job);
    img_color_apply(&c, &p);
    CHECK_INT(sample(&p, 0, 0), 133);
    img_color_deinit(&c);
    img_planes_deinit(&p);
}

/*
 * HDR's white is 203 cd/m2: 58 % of PQ, 75 % of HLG. It stays a light grey, what is brighter is
 * brighter.
 */
static void hdr_is_shown(void **state) {
    (void)state;
    static const uint8_t greys[4][3] = {{0, 0, 0}, {74, 74, 74}, {148, 148, 148}, {192, 192, 192}};
    for (uint8_t transfer = 16; transfer <= 18; transfer += 2) {
        struct img_head head = {.space = IMG_RGB,
                                .said = {.has_cicp = true, .cicp = {9, transfer, 0, 1}}};
        struct img_planes p;
        make_row(&p, IMG_RGB, false, 4, greys, 4);
        struct img_color c;
        img_color_choose(&head, IMG_PROFILES_CONVERT, &c);
        CHECK(c.job);
        CHECK_INT(c.warnings, IMG_WARN_HDR);
        img_color_apply(&c, &p);
        CHECK_INT(sample(&p, 0, 0), 0);
        CHECK(sample(&p, 1, 0) < sample(&p, 1, 1) && sample(&p, 1, 1) < sample(&p, 1, 2));
        CHECK(sample(&p, 1, 2) < sample(&p, 1, 3));
        CHECK_RANGE(sample(&p, 1, transfer == 16 ? 2 : 3), 180, 200);
        img_color_deinit(&c);
        img_planes_deinit(&p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_as_littlecms_converts_them),
        cmocka_unit_test(loops_give_the_same_bytes),
        cmocka_unit_test(grey_curves),
        cmocka_unit_test(what_is_done_about_profiles),
        cmocka_unit_test(only_the_profile_travels),
        cmocka_unit_test(what_a_png_says),
        cmocka_unit_test(a_grey_png_says_gamma),
        cmocka_unit_test(hdr_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
