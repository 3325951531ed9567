/*
 * img/derive: files of kinds that once went wrong, each with what is right: damage, profiles, metadata. Examples stand in
 * rows; what they cost is held in tests/img/hostile.py.
 */
#include "img/answers.h"
#include "img/icc_builder.h"
#include "img/jpeg_builder.h"
#include "img/meta_builder.h"

#include <math.h>

enum { GRAY = 0, RGB = 2, GRAYA = 4, RGBA = 6 };

static void noisy(uint32_t x, uint32_t y, uint8_t *out) {
    uint32_t seed = x * 7919 + y * 104729;
    seed = (seed ^ seed >> 15) * 0x2C1B3C6D;
    seed = (seed ^ seed >> 12) * 0x297A2D39;
    for (unsigned c = 0; c < 4; c++)
        out[c] = (uint8_t)next_random(&seed);
}
static void middle(uint32_t, uint32_t, uint8_t *out) { memset(out, 128, 4); }
static void half_clear(uint32_t x, uint32_t, uint8_t *out) {
    memset(out, 128, 3);
    out[1] = out[3] = x < 50 ? 255 : 0;
}

/* ---- Damage is data ---- */
/* Behind the picture data there is nothing but the end, of 12 bytes. */
enum { END = 12, CRC = 4, ADLER = 4 };

static void damaged_pngs(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t cut;  /* bytes from the end */
        size_t flip; /* a bit of the byte so far from the end, after cutting; 0: none */
        bool truncated;
        str warnings;
    } cases[] = {
        {"sound", 0, 0, false, S_INIT("")},
        {"the last bytes are missing", 2, 0, false, S_INIT("")},
        {"no end", END, 0, false, S_INIT("")},
        {"half of it is missing", 30000, 0, true, S_INIT("")},
        {"a wrong Adler, and a CRC that fits no more", 0, END + CRC + 1, false,
         S_INIT("wrong-checksum")},
        {"a wrong CRC", 0, END + 1, false, S_INIT("wrong-checksum")},
        {"a bit of the last pixels", 0, END + CRC + ADLER + 6, false, S_INIT("wrong-checksum")},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(answer) struct answer a = {0};
        png_of(&file, 200, 100, RGB, noisy, S(""));
        CHECK_RANGE(file.len, 60000, 62000); /* noise: it does not shrink, and bytes are pixels */
        file.len -= cases[i].cut;
        if (cases[i].flip)
            file.p[file.len - cases[i].flip] ^= 1;
        run(&a, buf_view(&file));
        CHECK_CASE(a.result.status == IMGJOB_DONE && a.n == 3, cases[i].name);
        CHECK_CASE(a.result.truncated == cases[i].truncated, cases[i].name);
        if (!str_eq(a.result.warnings, cases[i].warnings))
            CHECK_FAILED(__FILE__, __LINE__, "[%s] " STR_FMT "\n", cases[i].name,
                         STR_ARG(a.result.warnings));
    }
}

static void cut_jpegs(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    build_jpeg(&file, &(struct jpeg_build){.width = 320, .height = 200, .n = 3});
    size_t scan = build_find(&file, 0xDA, 0);
    const struct {
        size_t length;
        bool done, truncated;
    } cases[] = {
        {file.len, true, false},
        {file.len - 2, true, false}, /* only the end's marker is missing */
        {scan + (file.len - scan) / 2, true, true},
        {scan + 3, false, false},
        {scan, false, false},
        {20, false, false},
        {3, false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        run(&a, str_slice(buf_view(&file), 0, cases[i].length));
        CHECK_INT(a.result.status == IMGJOB_DONE, cases[i].done);
        CHECK_INT(a.result.truncated, cases[i].truncated);
        CHECK_INT(a.n, cases[i].done ? 3 : 0);
        CHECK_INT(a.result.reason.len > 0, !cases[i].done);
    }
}

/* The frame says 0 lines; how many there are stands behind the scan (ITU-T T.81, B.2.5). */
static void lines_behind_the_scan(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    build_jpeg(&file, &(struct jpeg_build){.width = 320, .height = 200, .n = 3});
    size_t frame = build_find(&file, 0xC0, 0);
    memset(file.p + frame + 5, 0, 2);
    build_insert(&file, file.len - 2, S("\xFF\xDC\0\4\0\xC8"));
    run(&a, buf_view(&file));
    check_done(&a, 3);
    CHECK_INT(a.result.height, 200);
    check_size(&a, 0, 160, 100);
}

/* ---- Colours ---- */
static void put_profile(struct buf *jpeg, str icc) {
    enum { PART = 60000 };
    size_t n = (icc.len + PART - 1) / PART;
    for (size_t i = n; i > 0; i--) { /* each goes to the front */
        const char head[] = {'I', 'C', 'C', '_', 'P', 'R',     'O',
                             'F', 'I', 'L', 'E', 0,   (char)i, (char)n};
        build_segment(jpeg, 0xE2, str_n(head, sizeof head),
                      str_slice(icc, (i - 1) * PART, i * PART));
    }
}

/* A flat picture: what its one colour becomes, and whether its profile travels. */
static void profiles(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf)
    struct buf p3 = icc_make_p3(), srgb = icc_make_srgb(), gray = icc_gray("XYZ ", 1, 1.0);
    struct icc_builder large = {0};
    icc_colorants(&large, &icc_display_p3);
    for (int i = 0; i < 3; i++)
        icc_curv_srgb(&large, icc_trc[i]);
    icc_bulk(&large, "bulk", 550000);
    CLEANUP_DEINIT(buf) struct buf bulk = icc_done(&large);
    /* The builder's flat colour is Y 140, Cb 150, Cr 155: RGB 178, 113, 179; of Display P3 it is this sRGB. */
    static const int plain[3] = {178, 113, 179}, converted[3] = {189, 110, 183};
    const struct {
        const char *name;
        const struct buf *icc;
        bool keep, travels;
        const int *want;
        str warnings;
    } cases[] = {
        {"Display P3", &p3, false, false, converted, S_INIT("")},
        {"Display P3, kept", &p3, true, true, plain, S_INIT("")},
        {"sRGB", &srgb, false, false, plain, S_INIT("")},
        {"grey's on colour", &gray, false, false, plain, S_INIT("profile-dropped")},
        {"grey's on colour, kept", &gray, true, false, plain, S_INIT("profile-dropped")},
        {"550 KB", &bulk, false, false, converted, S_INIT("")},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(answer) struct answer a = {0};
        build_jpeg(&file, &(struct jpeg_build){.width = 80, .height = 60, .n = 3, .flat = true});
        put_profile(&file, buf_view(cases[i].icc));
        struct imgjob_request request = {.max_pixels = 4800,
                                         .keep_profiles = cases[i].keep,
                                         .n = 1,
                                         .wishes = {{40, 40, IMGJOB_INSIDE, 95}}};
        ask(&a, &request, buf_view(&file));
        CHECK_CASE(a.result.status == IMGJOB_DONE && a.n == 1, cases[i].name);
        CHECK_CASE(str_eq(a.result.warnings, cases[i].warnings), cases[i].name);
        CHECK_CASE((str_find(a.of[0].body, S("ICC_PROFILE")) >= 0) == cases[i].travels,
                   cases[i].name);
        CHECK_CASE(a.of[0].body.len < 4096, cases[i].name);
        check_color(&a, 0, 20, 15, cases[i].want, 3);
    }
}

static void what_a_png_says_of_its_colours(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf gamma = {0}, gray_profile = {0}, icc = icc_gray("XYZ ", 1, 1.0);
    add_chunk(&gamma, "gAMA", S("\0\1\x86\xA0")); /* 1.0: half the light is sRGB's 188 */
    add_iccp(&gray_profile, buf_view(&icc));
    const struct {
        const char *name;
        unsigned type;
        pixel_fn *pixel;
        const struct buf *chunks;
        int want;
    } cases[] = {
        {"nothing", RGB, middle, NULL, 128},
        {"linear", RGB, middle, &gamma, 188},
        {"linear grey", GRAY, middle, &gamma, 188},
        {"grey and alpha with a grey profile", GRAYA, middle, &gray_profile, 188},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(answer) struct answer a = {0};
        png_of(&file, 100, 60, cases[i].type, cases[i].pixel,
               cases[i].chunks ? buf_view(cases[i].chunks) : S(""));
        run(&a, buf_view(&file));
        CHECK_CASE(a.result.status == IMGJOB_DONE && a.n == 3, cases[i].name);
        CHECK_CASE(str_find(a.of[0].body, S("iCCP")) < 0, cases[i].name);
        const int want[3] = {cases[i].want, cases[i].want, cases[i].want};
        check_color(&a, 0, 20, 20, want, 2);
    }
}

/* No colour of what cannot be seen bleeds into what can. */
static void clear_colours_do_not_bleed(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    CLEANUP_DEINIT(img_planes) struct img_planes p = {0};
    png_of(&file, 200, 100, RGBA, half_clear, S(""));
    run(&a, buf_view(&file));
    check_done(&a, 3);
    decode_body(a.of[2].body, &p);
    for (uint32_t x = 0; x < p.width; x++) {
        uint8_t px[4] = {0};
        samples_at(&p, x, 5, px);
        CHECK(px[3] < 8 || px[1] > 247);
    }
}

static void cmyk(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf icc = icc_rgb(&icc_srgb_space, 1, 2.2);
    memcpy(icc.p + 16, "CMYK", 4);
    for (int profile = 0; profile < 2; profile++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(answer) struct answer a = {0};
        /* Adobe's are stored inverted: as light of 140, 150 and 155, times 150 */
        build_jpeg(
            &file,
            &(struct jpeg_build){.width = 80, .height = 60, .n = 4, .adobe = true, .flat = true});
        if (profile)
            put_profile(&file, buf_view(&icc));
        run(&a, buf_view(&file));
        check_done(&a, 3);
        CHECK_STR(a.result.color_space, S("CMYK"));
        CHECK_STR(a.result.warnings,
                  profile ? S("cmyk-converted,cmyk-profile-ignored") : S("cmyk-converted"));
        check_color(&a, 0, 20, 20, (int[3]){140 * 150 / 255, 150 * 150 / 255, 155 * 150 / 255}, 3);
        CHECK(str_find(a.of[0].body, S("ICC_PROFILE")) < 0);
    }
}

/* ---- Metadata ---- */
#define ORIGINAL(text)  TEXT(0x9003, text)
#define DIGITIZED(text) TEXT(0x9004, text)
#define CHANGED(text)   TEXT(0x132, text)

static void what_was_read(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct field main[4], exif[4];
        str captured_at, make, model;
    } cases[] = {
        {"month 13", {{0}}, {ORIGINAL("2024:13:30 12:34:56")}, S_INIT(""), S_INIT(""), S_INIT("")},
        {"day 0", {{0}}, {ORIGINAL("2024:06:00 12:34:56")}, S_INIT(""), S_INIT(""), S_INIT("")},
        {"year 1", {{0}}, {ORIGINAL("0001:01:01 00:00:00")}, S_INIT(""), S_INIT(""), S_INIT("")},
        {"no such offset",
         {{0}},
         {ORIGINAL("2024:06:30 12:34:56"), TEXT(0x9011, "+99:99")},
         S_INIT("2024-06-30T12:34:56"),
         S_INIT(""),
         S_INIT("")},
        {"each date its own offset",
         {CHANGED("2024:12:01 10:00:00")},
         {TEXT(0x9010, "+01:00"), TEXT(0x9011, "-08:00")},
         S_INIT("2024-12-01T10:00:00+01:00"),
         S_INIT(""),
         S_INIT("")},
        {"only digitized",
         {{0}},
         {DIGITIZED("2024:06:30 12:34:56")},
         S_INIT("2024-06-30T12:34:56"),
         S_INIT(""),
         S_INIT("")},
        {"a blank original",
         {{0}},
         {ORIGINAL("    :  :     :  :  "), DIGITIZED("2024:06:30 12:34:56")},
         S_INIT("2024-06-30T12:34:56"),
         S_INIT(""),
         S_INIT("")},
        {"Latin-1", {TEXT(0x10F, "Caf\xE9")}, {{0}}, S_INIT(""), S_INIT("Caf\xC3\xA9"), S_INIT("")},
        {"letters that turn the line",
         {TEXT(0x110, "A\xE2\x80\xAE"
                      "B\xC2\x85\xE2\x80\xA8"
                      "C")},
         {{0}},
         S_INIT(""),
         S_INIT(""),
         S_INIT("ABC")},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf)
        struct buf file = {0}, exif = build_exif(false, cases[i].main, cases[i].exif, NULL);
        CLEANUP_DEINIT(answer) struct answer a = {0};
        build_jpeg(&file, &(struct jpeg_build){.width = 64, .height = 48, .n = 3});
        build_segment(&file, 0xE1, S("Exif\0\0"), buf_view(&exif));
        run(&a, buf_view(&file));
        check_done(&a, 3);
        CHECK_CASE(str_eq(a.result.captured_at, cases[i].captured_at), cases[i].name);
        CHECK_CASE(str_eq(a.result.make, cases[i].make), cases[i].name);
        CHECK_CASE(str_eq(a.result.model, cases[i].model), cases[i].name);
    }
}

static void the_second_exif_block(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    CLEANUP_DEINIT(buf)
    struct buf exif = build_exif(true, (struct field[]){NUMBER(0x112, 4, 6), {0}}, NULL, NULL);
    build_jpeg(&file, &(struct jpeg_build){.width = 64, .height = 48, .n = 3});
    build_segment(&file, 0xE1, S("Exif\0\0"), buf_view(&exif));
    build_segment(&file, 0xE1, S("Exif\0\0"), S(""));
    run(&a, buf_view(&file));
    check_done(&a, 3);
    CHECK_INT(a.result.orientation, 6);
    check_size(&a, 0, 48, 64);
}

/* As some programs write it: with JPEG's beginning before the TIFF structure. */
static void exif_of_a_png(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0}, chunk = {0}, body = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    CLEANUP_DEINIT(buf)
    struct buf exif = build_exif(true, (struct field[]){NUMBER(0x112, 3, 8), {0}}, NULL, NULL);
    buf_add(&body, "Exif\0\0", 6);
    buf_str(&body, buf_view(&exif));
    add_chunk(&chunk, "eXIf", buf_view(&body));
    png_of(&file, 64, 48, RGB, noisy, buf_view(&chunk));
    run(&a, buf_view(&file));
    check_done(&a, 3);
    CHECK_INT(a.result.orientation, 8);
    check_size(&a, 0, 48, 64);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_pngs),
        cmocka_unit_test(cut_jpegs),
        cmocka_unit_test(lines_behind_the_scan),
        cmocka_unit_test(profiles),
        cmocka_unit_test(what_a_png_says_of_its_colours),
        cmocka_unit_test(clear_colours_do_not_bleed),
        cmocka_unit_test(cmyk),
        cmocka_unit_test(what_was_read),
        cmocka_unit_test(the_second_exif_block),
        cmocka_unit_test(exif_of_a_png),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
