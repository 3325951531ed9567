/* img/icc: what is read of a profile, and what is not believed. */
#include "cm.h"

#include "img/icc.h"
#include "img/icc_builder.h"

static void check_curve(const double got[256], double (*want)(double), double off) {
    for (int i = 0; i < 256; i++)
        if (!(fabs(got[i] - want(i / 255.0)) <= off))
            CHECK_FAILED(__FILE__, __LINE__, "at %d: %f, not %f\n", i, got[i], want(i / 255.0));
}
static double straight(double v) { return v; }
static double square(double v) { return v * v; }
static double third(double v) { return fmin(1, fmax(0, 1.5 * v - 0.5)); } /* function 1 */
static double raised(double v) { return fmax(0.25, 0.75 * v + 0.25); }
static double lifted(double v) { return v < 0.5 ? 0.25 * v + 0.125 : v * v; }

/* A grey profile has one curve: every form of it. */
static void curves(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double (*want)(double);
        int function; /* -1: sampled */
        uint32_t points;
        double numbers[7];
        size_t n;
    } cases[] = {
        {"no points", straight, -1, 0, {1}, 0},
        {"a power", square, -1, 1, {2}, 0},
        {"two points", straight, -1, 2, {1}, 0},
        {"many points", square, -1, 1024, {2}, 0},
        {"function 0", square, 0, 0, {2}, 1},
        {"function 1", third, 1, 0, {1, 1.5, -0.5}, 3},
        {"function 2", raised, 2, 0, {1, 0.75, 0, 0.25}, 4},
        {"function 3", icc_srgb, 3, 0, {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045}, 5},
        {"function 4", lifted, 4, 0, {2, 1, 0, 0.25, 0.5, 0, 0.125}, 7},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct icc_builder p = {.space = "GRAY"};
        if (cases[i].function < 0)
            icc_curv(&p, "kTRC", cases[i].points, cases[i].numbers[0]);
        else
            icc_para(&p, "kTRC", (unsigned)cases[i].function, cases[i].numbers, cases[i].n);
        CLEANUP_DEINIT(buf) struct buf b = icc_done(&p);
        struct img_icc icc;
        CHECK_CASE(img_icc_read(buf_view(&b), &icc) && icc.has_light, cases[i].name);
        CHECK_INT(icc.space, IMG_ICC_GRAY);
        check_curve(icc.light.curve[0], cases[i].want, 0.0001);
    }
}

/* Numbers that no curve has still give light from 0 to 1. */
static void curves_of_nonsense(void **state) {
    (void)state;
    static const double most[] = {-32768, -1, 0, 0.00002, 1, 32767};
    for (int function = 0; function < 5; function++)
        for (int seed = 0; seed < 400; seed++) {
            double v[7];
            for (int i = 0, s = seed * 7919; i < 7; i++, s = s / 6 + seed * 31)
                v[i] = most[s % 6];
            struct icc_builder p = {.space = "GRAY"};
            icc_para(&p, "kTRC", (unsigned)function, v, 7);
            CLEANUP_DEINIT(buf) struct buf b = icc_done(&p);
            struct img_icc icc;
            CHECK(img_icc_read(buf_view(&b), &icc) && icc.has_light);
            for (int i = 0; i < 256; i++)
                CHECK(icc.light.curve[0][i] >= 0 && icc.light.curve[0][i] <= 1);
        }
}

static void an_rgb_profile(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = icc_make_p3();
    buf_c(&b, "what stands behind it");
    struct img_icc icc;
    CHECK(img_icc_read(buf_view(&b), &icc));
    CHECK_INT(icc.space, IMG_ICC_RGB);
    CHECK(icc.has_light && !icc.has_lut && !icc.has_cicp);
    CHECK_INT(icc.whole.len, b.len - strlen("what stands behind it"));
    check_curve(icc.light.curve[2], icc_srgb, 0.0001);
    CHECK(fabs(icc.light.xyz[0][1] - 0.24120) < 0.0001);
    CHECK(fabs(icc.light.xyz[1][0] - 0.29198) < 0.0001);
    CHECK(fabs(icc.light.xyz[2][2] - 0.78407) < 0.0001);
    CHECK(fabs(icc.light.xyz[0][2] + 0.00105) < 0.0001);
}

/* Some old profiles have colorants under D65: their white is white all the same. */
static void colorants_under_another_white(void **state) {
    (void)state;
    static const struct icc_space d65 = {{0.4124, 0.2126, 0.0193},
                                         {0.3576, 0.7152, 0.1192},
                                         {0.1805, 0.0722, 0.9505}};
    CLEANUP_DEINIT(buf) struct buf b = icc_rgb(&d65, 1024, 0);
    struct img_icc icc;
    CHECK(img_icc_read(buf_view(&b), &icc) && icc.has_light);
    for (int c = 0; c < 3; c++) {
        const double *want = c == 0   ? icc_srgb_space.red
                             : c == 1 ? icc_srgb_space.green
                                      : icc_srgb_space.blue;
        for (int i = 0; i < 3; i++)
            CHECK(fabs(icc.light.xyz[c][i] - want[i]) < 0.001);
    }
}

static void a_table_and_numbers(void **state) {
    (void)state;
    struct icc_builder p = {.device = "prtr"};
    icc_bulk(&p, "A2B0", 100);
    CLEANUP_DEINIT(buf) struct buf cicp = icc_type("cicp");
    buf_u32(&cicp, 0x090E0001);
    icc_tag(&p, "cicp", &cicp);
    CLEANUP_DEINIT(buf) struct buf b = icc_done(&p);
    struct img_icc icc;
    CHECK(img_icc_read(buf_view(&b), &icc));
    CHECK(!icc.has_light && icc.has_lut && icc.has_cicp);
    CHECK_MEM(icc.cicp, "\x09\x0E\0\1", 4);
}

/* What is put over a Display P3 profile at a place, and whether light is still read from it. */
static void lies(void **state) {
    (void)state;
    enum { TABLE = 128, FIRST = 132, TRC = FIRST + 3 * 12 /* the red curve's entry */ };
    static const struct {
        const char *name;
        size_t at;
        uint32_t value;
        bool light;
    } cases[] = {
        {"as it is", 4, 0, true},
        {"says to be smaller than a header", 0, 100, false},
        {"says to end before its curves", 0, 400, false},
        {"says to be larger", 0, 0x7FFFFFFF, true},
        {"without its mark", 36, 0, false},
        {"a link of devices", 12, 0x6C696E6B, false},
        {"of no colour space", 16, 0, false},
        {"no tags", TABLE, 0, false},
        {"four billion tags", TABLE, 0xFFFFFFFF, true},
        {"a tag behind the end", FIRST + 4, 0x10000, false},
        {"a tag at the end of numbers", FIRST + 4, 0xFFFFFFFF, false},
        {"a tag in the header", FIRST + 4, 0, false},
        {"longer than the profile", FIRST + 8, 0xFFFFFFF0, false},
        {"shorter than its type", FIRST + 8, 7, false},
        {"shorter than its numbers", FIRST + 8, 19, false},
        {"a curve without room", TRC + 8, 12, false},
        {"a curve that is cut", TRC + 8, 31, false},
        {"a curve of another type", TRC + 4, FIRST, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf b = icc_make_p3();
        uint32_t value = cases[i].value;
        uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                            (uint8_t)value};
        memcpy(b.p + cases[i].at, bytes, 4);
        struct img_icc icc;
        CHECK_CASE((img_icc_read(buf_view(&b), &icc) && icc.has_light) == cases[i].light,
                   cases[i].name);
    }
}

/* Cut anywhere: no byte behind is looked at (the copy ends where the profile does). */
static void cut_anywhere(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = icc_make_srgb18();
    for (size_t n = 0; n < b.len; n++) {
        CLEANUP_MEM char *part = mem_alloc(n + 1);
        memcpy(part, b.p, n);
        struct img_icc icc;
        if (img_icc_read(str_n(part, n), &icc))
            CHECK_INT(icc.whole.len, 0);
    }
    struct img_icc icc;
    CHECK(!img_icc_read(STR_NONE, &icc));
}

/* A curve of four billion points is no reason to look for them. */
static void a_curve_that_claims_too_much(void **state) {
    (void)state;
    struct icc_builder p = {.space = "GRAY"};
    CLEANUP_DEINIT(buf) struct buf curve = icc_type("curv");
    buf_u32(&curve, 0xFFFFFFFF);
    buf_u32(&curve, 0xFFFFFFFF);
    icc_tag(&p, "kTRC", &curve);
    CLEANUP_DEINIT(buf) struct buf b = icc_done(&p);
    struct img_icc icc;
    CHECK(!img_icc_read(buf_view(&b), &icc));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves),
        cmocka_unit_test(curves_of_nonsense),
        cmocka_unit_test(an_rgb_profile),
        cmocka_unit_test(colorants_under_another_white),
        cmocka_unit_test(a_table_and_numbers),
        cmocka_unit_test(lies),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(a_curve_that_claims_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
