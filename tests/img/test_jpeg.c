/*
 * JPEG: every kind of file gives the right samples at every reduction, and what is told of a file before it is decoded.
 */
#include "img/jpeg_got.h"

static void every_kind_at_every_reduction(void **state) {
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (unsigned reduction = 1; reduction <= 8; reduction *= 2) {
            CLEANUP_DEINIT(buf) struct buf file = {0};
            CLEANUP_DEINIT(got) struct got g = {0};
            struct jpeg_build b = kinds[k].b;
            b.width = 205;
            b.height = 131;
            build_jpeg(&file, &b);
            decode(&g, buf_view(&file), reduction);
            check_decoded(&g, kinds[k].name);
            CHECK_CASE(g.layout.n == b.n && g.outcome.warnings == 0 && !g.outcome.truncated,
                       kinds[k].name);
            CHECK_CASE(g.source->head.progressive == b.progressive, kinds[k].name);
            for (unsigned i = 0; i < b.n; i++)
                check_samples(&g, &b, i, 1, kinds[k].name);
        }
}

/* Huffman scans are read by our own decoder: bit by bit what libjpeg makes of them. */
static void as_libjpeg_decodes(void **state) {
    (void)state;
    static const unsigned noises[] = {
        0, 3, 40, 255}; /* long codes and short ones, few coefficients and many */
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (size_t i = 0; i < ARRAY_LEN(noises) * 4; i++) {
            CLEANUP_DEINIT(buf) struct buf file = {0}, want = {0};
            CLEANUP_DEINIT(got) struct got g = {0};
            struct jpeg_build b = kinds[k].b;
            unsigned reduction = 1u << i % 4, planes = b.space == JCS_RGB ? 3 : 1;
            if (b.h[0] < b.h[1]) /* libjpeg's luma is not the largest component then */
                continue;
            b.width = 205;
            b.height = 131;
            b.noise = noises[i / 4];
            build_jpeg(&file, &b);
            decode(&g, buf_view(&file), reduction);
            check_decoded(&g, kinds[k].name);
            by_libjpeg(&want, buf_view(&file), reduction, planes == 3 ? JCS_RGB : JCS_GRAYSCALE);
            for (unsigned c = 0; c < planes; c++)
                check_as_libjpeg(&g, c, buf_view(&want), reduction, planes, kinds[k].name);
        }
}

/* What blocks hold beside the picture is not of it: nothing of it is seen, at any size, whatever is averaged. */
static void beside_the_picture(void **state) {
    (void)state;
    static const uint32_t sides[][2] = {{1, 1}, {9, 7}, {33, 31}, {161, 97}, {167, 103}};
    for (size_t i = 0; i < ARRAY_LEN(sides) * 4; i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        const uint32_t *side = sides[i / 4], h = 1 + i % 2, v = 1 + i / 2 % 2;
        struct jpeg_build b = {.n = 3, .h = {(uint8_t)h}, .v = {(uint8_t)v}};
        b.width = (side[0] + 8 * h - 1) / (8 * h) * 8 * h;
        b.height = (side[1] + 8 * v - 1) / (8 * v) * 8 * v;
        b.seen[0] = (side[0] + h - 1) / h * h;
        b.seen[1] = (side[1] + v - 1) / v * v;
        build_jpeg(&file, &b);
        char *sof = file.p + build_find(&file, 0xC0, 0);
        sof[5] = sof[7] = 0;
        sof[6] = (char)side[1];
        sof[8] = (char)side[0];
        for (unsigned reduction = 1; reduction <= 8; reduction *= 2) {
            CLEANUP_DEINIT(got) struct got g = {0};
            if (side[0] < 8 * reduction && reduction > 1)
                continue;
            decode(&g, buf_view(&file), reduction);
            check_decoded(&g, "beside");
            for (unsigned c = 0; c < 3; c++)
                for (size_t at = 0; at < g.px[c].len; at++)
                    CHECK_RANGE((uint8_t)g.px[c].p[at], 190, 210);
        }
    }
}

/* Luma keeps what was asked for, chroma the half, which is what derivatives hold of it; no more is decoded. */
static void sizes_of_components(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct jpeg_build b;
        unsigned reduction;
        uint32_t luma[2], chroma[2];
    } cases[] = {
        {"4:2:0 whole", {.n = 3, .h = {2}, .v = {2}}, 1, {400, 240}, {200, 120}},
        {"4:2:0 half", {.n = 3, .h = {2}, .v = {2}}, 2, {200, 120}, {100, 60}},
        {"4:2:0 eighth", {.n = 3, .h = {2}, .v = {2}}, 8, {50, 30}, {25, 15}},
        {"4:4:4 whole", {.n = 3}, 1, {400, 240}, {200, 120}},
        {"4:4:4 quarter", {.n = 3}, 4, {100, 60}, {50, 30}},
        {"4:4:4 eighth", {.n = 3}, 8, {50, 30}, {50, 30}},
        {"4:2:2 half", {.n = 3, .h = {2}}, 2, {200, 120}, {100, 120}},
        {"4:1:1 half", {.n = 3, .h = {4}}, 2, {200, 120}, {100, 240}},
        {"RGB half",
         {.n = 3, .space = JCS_RGB, .adobe = true, .no_jfif = true},
         2,
         {200, 120},
         {200, 120}},
    };
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(got) struct got g = {0};
        struct jpeg_build b = cases[k].b;
        b.width = 400;
        b.height = 240;
        build_jpeg(&file, &b);
        decode(&g, buf_view(&file), cases[k].reduction);
        check_decoded(&g, cases[k].name);
        const struct img_component *of = g.layout.of;
        CHECK_CASE(of[0].width == cases[k].luma[0] && of[0].height == cases[k].luma[1],
                   cases[k].name);
        CHECK_CASE(of[2].width == cases[k].chroma[0] && of[2].height == cases[k].chroma[1],
                   cases[k].name);
    }
}

static void reduction_leaves_a_margin(void **state) {
    (void)state;
    static const struct {
        uint32_t width, height, want_width, want_height;
        unsigned reduction;
    } cases[] = {
        {4288, 2848, 1600, 1063, 2}, {3264, 2448, 1600, 1200, 1}, {4288, 2848, 200, 133, 8},
        {1600, 1200, 1600, 1200, 1}, {3264, 2448, 800, 600, 2},   {100, 8, 12, 1, 4},
        {60, 60, 100, 100, 1},
    };
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(got) struct got g = {0};
        build_jpeg(
            &file,
            &(struct jpeg_build){.width = cases[k].width, .height = cases[k].height, .n = 1});
        open_file(&g, buf_view(&file));
        CHECK_INT(img_jpeg_decoder.reduction(g.source, cases[k].want_width, cases[k].want_height),
                  cases[k].reduction);
    }
}

/* ---- Inks ---- */

/* A channel of 255 is no ink, with Adobe's marker or without, as browsers show it. */
static void inks(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct jpeg_build b;
        uint8_t want[3];
    } cases[] = {
        /* the middles: 140, 150, 155, 150 */
        {"CMYK", {.n = 4, .adobe = true, .flat = true}, {82, 88, 91}},
        {"CMYK without Adobe's marker", {.n = 4, .flat = true}, {82, 88, 91}},
        /* RGB of 140, 150, 155 is 178, 113, 179: inks of 77, 142, 76 */
        {"YCCK", {.n = 4, .space = JCS_YCCK, .adobe = true, .flat = true}, {45, 84, 45}},
        {"YCCK 4:2:0",
         {.n = 4,
          .h = {2, 1, 1, 2},
          .v = {2, 1, 1, 2},
          .space = JCS_YCCK,
          .adobe = true,
          .flat = true},
         {45, 84, 45}},
        {"CMYK of 3 to 2", {.n = 4, .h = {3, 2, 2, 1}, .adobe = true, .flat = true}, {82, 88, 91}},
    };
    for (size_t k = 0; k < ARRAY_LEN(cases); k++)
        for (unsigned reduction = 1; reduction <= 8; reduction *= 2) {
            CLEANUP_DEINIT(buf) struct buf file = {0};
            CLEANUP_DEINIT(got) struct got g = {0};
            struct jpeg_build b = cases[k].b;
            b.width = 45;
            b.height = 37;
            build_jpeg(&file, &b);
            build_segment(&file, 0xE2, S("ICC_PROFILE\0\1\1"), S("a profile of inks"));
            decode(&g, buf_view(&file), reduction);
            check_decoded(&g, cases[k].name);
            CHECK_CASE(g.layout.n == 1 && g.layout.of[0].channels == 3, cases[k].name);
            CHECK_CASE(g.source->head.space == IMG_RGB && g.source->head.icc.len == 0,
                       cases[k].name);
            CHECK_TEXT(g.source->head.color_space, "CMYK");
            CHECK_INT(g.source->head.warnings, IMG_WARN_CMYK | IMG_WARN_CMYK_PROFILE);
            for (size_t i = 0; i < g.px[0].len; i++)
                CHECK_RANGE((uint8_t)g.px[0].p[i], cases[k].want[i % 3] - 3,
                            cases[k].want[i % 3] + 3);
        }
}

/* ---- What is told ---- */

static void metadata(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(got) struct got g = {0};
    make(&file, &kinds[4].b);
    /* the last one inserted comes first */
    build_segment(&file, 0xED, S("Photoshop 3.0\0"),
                  S("8BIM\x04\x25\x02"
                    "ab\0\0\0\0\3abc\0"
                    "8BIM\x04\x04\0\0\0\0\0\5\x1C\2\x50\0\0"));
    build_segment(&file, 0xE2, S("MPF\0"), S("index"));
    build_segment(&file, 0xE2, S("urn:iso:std:iso:ts:21496:-1\0"), S("\0\0"));
    build_segment(&file, 0xE1, S("Exif\0\0"), S("second"));
    build_segment(&file, 0xE1, S("http://ns.adobe.com/xap/1.0/\0"), S("<x:xmpmeta/>"));
    build_segment(&file, 0xE1, S("Exif\0\0"), S("first"));
    build_segment(&file, 0xE1, S("Exif\0\0"), S(""));
    open_file(&g, buf_view(&file));
    const struct img_head *h = &g.source->head;
    CHECK_INT(g.result, 0);
    CHECK_INT(h->n_exif, 2);
    CHECK_STR(h->exif[0], S("first"));
    CHECK_STR(h->exif[1], S("second"));
    CHECK_STR(h->xmp, S("<x:xmpmeta/>"));
    CHECK_STR(h->iptc, S("\x1C\2\x50\0\0"));
    CHECK(str_starts(h->mpf, S("index\xFF")) && str_ends(h->mpf, S("\xFF\xD9")));
    CHECK(h->has_gain_map_marker);
    CHECK_TEXT(h->color_space, "YCbCr");
    CHECK_INT(h->bit_depth, 8);
    CHECK_INT(h->warnings, 0);
}

/* Pieces in any order; of two with one number the first. */
static void a_profile_in_pieces(void **state) {
    (void)state;
    static const struct {
        const char *name;
        str pieces[4]; /* number, count, bytes; as they stand in the file */
        const char *want;
        unsigned warnings;
    } cases[] = {
        {"in order", {S_INIT("\1\2one "), S_INIT("\2\2two")}, "one two", 0},
        {"backwards",
         {S_INIT("\3\3 three"), S_INIT("\2\3 two"), S_INIT("\1\3one")},
         "one two three",
         0},
        {"twice",
         {S_INIT("\1\2one "), S_INIT("\2\2two"), S_INIT("\1\2ONE"), S_INIT("\2\2TWO")},
         "one two",
         0},
        {"one is missing", {S_INIT("\1\3one "), S_INIT("\3\3two")}, "", IMG_WARN_PROFILE_DROPPED},
        {"no number", {S_INIT("\0\1one")}, "", 0},
    };
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(got) struct got g = {0};
        make(&file, &kinds[4].b);
        for (size_t i = ARRAY_LEN(cases[k].pieces); i-- > 0;)
            if (cases[k].pieces[i].len)
                build_segment(&file, 0xE2, S("ICC_PROFILE\0"), cases[k].pieces[i]);
        open_file(&g, buf_view(&file));
        CHECK_BUF(g.source->head.icc, cases[k].want);
        CHECK_CASE(g.source->head.warnings == cases[k].warnings, cases[k].name);
    }
}

/* Adobe's word, the components' names, or JFIF's. */
static void colours(void **state) {
    (void)state;
    static const struct {
        struct jpeg_build b;
        const char *want;
    } cases[] = {
        {{.n = 3, .space = JCS_RGB, .adobe = true, .no_jfif = true}, "RGB"},
        {{.n = 3, .space = JCS_RGB, .no_jfif = true}, "RGB"}, /* named R, G, B */
        {{.n = 3, .no_jfif = true}, "YCbCr"},
        {{.n = 3, .no_jfif = true, .adobe = true}, "YCbCr"},
        {{.n = 1, .no_jfif = true}, "Gray"},
    };
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(got) struct got g = {0};
        make(&file, &cases[k].b);
        open_file(&g, buf_view(&file));
        CHECK_TEXT(g.source->head.color_space, cases[k].want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_at_every_reduction),
        cmocka_unit_test(as_libjpeg_decodes),
        cmocka_unit_test(beside_the_picture),
        cmocka_unit_test(sizes_of_components),
        cmocka_unit_test(reduction_leaves_a_margin),
        cmocka_unit_test(inks),
        cmocka_unit_test(metadata),
        cmocka_unit_test(a_profile_in_pieces),
        cmocka_unit_test(colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
