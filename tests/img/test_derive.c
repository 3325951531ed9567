/* img/derive: pictures from bytes to derivatives, and files that are none. */
#include "img/answers.h"
#include "img/jpeg_builder.h"
#include "img/meta_builder.h"

#include <math.h>

enum { GRAY = 0, RGB = 2, GRAYA = 4, RGBA = 6 };
#define IN(edge)                                                                                   \
    { edge, edge, IMGJOB_INSIDE, 80 }

static void jpeg_file(struct buf *out, uint32_t width, uint32_t height) {
    struct jpeg_build b = {.width = width, .height = height, .n = 3, .h = {2}, .v = {2}};
    build_jpeg(out, &b);
}

static void colourful(uint32_t x, uint32_t y, uint8_t *out) {
    for (unsigned c = 0; c < 4; c++)
        out[c] = (uint8_t)(x * (c + 1) + y * 3 + (x * y) % 97);
}

/* ---- What comes out ---- */
static void a_jpeg(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    jpeg_file(&file, 300, 200);
    run(&a, buf_view(&file));
    check_done(&a, 3);
    CHECK_STR(a.result.format, S("jpeg"));
    CHECK_STR(a.result.color_space, S("YCbCr"));
    CHECK_INT(a.result.width, 300);
    CHECK_INT(a.result.height, 200);
    CHECK_INT(a.result.bit_depth, 8);
    CHECK_INT(a.result.orientation, 1);
    CHECK(!a.result.truncated && !a.result.has_gain_map && isnan(a.result.latitude));
    CHECK_STR(a.result.warnings, S(""));
    CHECK_INT(a.result.phash.len, 16);
    CHECK_INT(a.result.placeholder.len, 28);
    CHECK_INT(a.result.dominant.len, 7);
    CHECK_INT(a.result.dominant.p[0], '#');
    check_size(&a, 0, 160, 107);
    check_size(&a, 1, 80, 53); /* a fit of the fit would be 80 x 54 */
    check_size(&a, 2, 20, 13);
    for (size_t i = 0; i < 3; i++) {
        CHECK_STR(a.of[i].d.content_type, S("image/jpeg"));
        CHECK(str_find(a.of[i].body, S("Exif")) < 0);
    }
}

static void wishes_in_any_order(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0}, b = {0};
    jpeg_file(&file, 300, 200);
    struct imgjob_request request = {.max_pixels = 60000,
                                     .n = 4,
                                     .wishes = {IN(20), IN(160), IN(160), IN(80)}};
    ask(&a, &request, buf_view(&file));
    check_done(&a, 4);
    run(&b, buf_view(&file));
    const size_t same[] = {2, 0, 0, 1};
    for (size_t i = 0; i < 4; i++)
        CHECK_STR(a.of[i].body, b.of[same[i]].body);
    CHECK(a.order[0] == 1 && a.order[3] == 0); /* the largest is there first */
    request.n = 0;
    ask(&a, &request, buf_view(&file));
    check_done(&a, 0);
    CHECK_STR(a.result.phash, b.result.phash);
}

static bool refuse(struct img_sink *, str) { return false; }

static void nobody_reads(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    struct img_sink deaf = {refuse};
    static const struct imgjob_request request = {.max_pixels = 60000,
                                                  .n = 2,
                                                  .wishes = {IN(160), IN(80)}};
    jpeg_file(&file, 300, 200);
    CHECK(!img_process(&request, 0, buf_view(&file), &deaf));
}

static uint8_t alpha_at_the_end;
static void opaque_but_one(uint32_t x, uint32_t y, uint8_t *out) {
    memcpy(out, x < 40 ? "\xC8\x32\x14\xFF" : "\x14\x32\xC8\xFF", 4);
    if (x >= 76 && y >= 76)
        out[3] = alpha_at_the_end;
}

/* A PNG only where something is transparent. Colours stay where they are. */
static void alpha(void **state) {
    (void)state;
    for (int hole = 0; hole < 2; hole++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(answer) struct answer a = {0};
        alpha_at_the_end = hole ? 0 : 255;
        png_of(&file, 80, 80, RGBA, opaque_but_one, S(""));
        run(&a, buf_view(&file));
        check_done(&a, 3);
        CHECK_STR(a.result.color_space, S("RGBA"));
        CHECK_STR(a.of[0].d.content_type, hole ? S("image/png") : S("image/jpeg"));
        check_color(&a, 0, 10, 40, (int[3]){0xC8, 0x32, 0x14}, hole ? 0 : 8);
        check_color(&a, 0, 70, 40, (int[3]){0x14, 0x32, 0xC8}, hole ? 0 : 8);
        check_color(&a, 2, 17, 2, (int[3]){0x14, 0x32, 0xC8}, hole ? 1 : 12);
    }
}

/* Where nothing is scaled the samples of a transparent picture are the file's. */
static void transparent_samples_are_kept(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    CLEANUP_DEINIT(img_planes) struct img_planes p = {0};
    png_of(&file, 61, 33, RGBA, colourful, S(""));
    run(&a, buf_view(&file));
    check_done(&a, 3);
    decode_body(a.of[0].body, &p);
    for (uint32_t y = 0; y < 33; y++)
        for (uint32_t x = 0; x < 61; x++) {
            uint8_t want[4], got[4];
            colourful(x, y, want);
            samples_at(&p, x, y, got);
            CHECK_MEM(got, want, 4);
        }
}

static void grey_stays_grey(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    static const struct {
        unsigned type;
        str space, content;
    } cases[] = {{GRAY, S_INIT("Gray"), S_INIT("image/jpeg")},
                 {GRAYA, S_INIT("GrayA"), S_INIT("image/png")}};
    for (size_t i = 0; i < 3; i++) {
        CLEANUP_DEINIT(img_planes) struct img_planes p = {0};
        buf_clear(&file);
        if (i < 2)
            png_of(&file, 200, 100, cases[i].type, colourful, S(""));
        else
            build_jpeg(&file, &(struct jpeg_build){.width = 200, .height = 100, .n = 1});
        run(&a, buf_view(&file));
        check_done(&a, 3);
        CHECK_STR(a.result.color_space, i < 2 ? cases[i].space : S("Gray"));
        CHECK_STR(a.of[0].d.content_type, i < 2 ? cases[i].content : S("image/jpeg"));
        decode_body(a.of[0].body, &p);
        CHECK_INT(p.space, IMG_GRAY);
    }
}

/* ---- Fits ---- */
/* Red on the left third, green in the middle, blue on the right. */
static void thirds(uint32_t x, uint32_t, uint8_t *out) {
    memset(out, 0, 3);
    out[x < 40 ? 0 : x < 80 ? 1 : 2] = 255;
    out[3] = 128;
}
static const int red[3] = {255, 0, 0}, green[3] = {0, 255, 0}, blue[3] = {0, 0, 255},
                 white[3] = {255, 255, 255};

static void cover_and_exact(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    static const struct imgjob_request request = {.max_pixels = 60000,
                                                  .n = 5,
                                                  .wishes = {{20, 20, IMGJOB_COVER, 95},
                                                             {60, 20, IMGJOB_COVER, 95},
                                                             {200, 100, IMGJOB_EXACT, 95},
                                                             {30, 30, IMGJOB_EXACT, 95},
                                                             {30, 30, IMGJOB_INSIDE, 95}}};
    png_of(&file, 120, 40, RGB, thirds, S(""));
    ask(&a, &request, buf_view(&file));
    check_done(&a, 5);
    check_size(&a, 0, 20, 20); /* the middle */
    check_color(&a, 0, 3, 10, green, 20);
    check_color(&a, 0, 16, 10, green, 20);
    check_size(&a, 1, 60, 20); /* all of it */
    check_color(&a, 1, 5, 10, red, 20);
    check_color(&a, 1, 55, 10, blue, 20);
    check_size(&a, 2, 200, 100); /* all of it, on white */
    check_color(&a, 2, 30, 50, white, 4);
    check_color(&a, 2, 100, 20, white, 4);
    check_color(&a, 2, 50, 50, red, 8);
    check_color(&a, 2, 100, 50, green, 8);
    check_color(&a, 2, 150, 50, blue, 8);
    check_size(&a, 3, 30, 30);
    check_color(&a, 3, 2, 15, green, 20);
    check_size(&a, 4, 30, 10);
}

static void a_transparent_canvas(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    CLEANUP_DEINIT(img_planes) struct img_planes p = {0};
    static const struct imgjob_request request = {.max_pixels = 60000,
                                                  .n = 1,
                                                  .wishes = {{201, 101, IMGJOB_EXACT, 80}}};
    png_of(&file, 120, 40, RGBA, thirds, S(""));
    ask(&a, &request, buf_view(&file));
    check_done(&a, 1);
    check_size(&a, 0, 201, 101);
    decode_body(a.of[0].body, &p);
    uint8_t px[4] = {0};
    samples_at(&p, 20, 50, px);
    CHECK_INT(px[3], 0);
    samples_at(&p, 100, 50, px);
    CHECK_MEM(px, "\0\xFF\0\x80", 4);
}

/* ---- Upright ---- */
/* Where a place of the upright picture is in the stored one. Source: Exif 2.32, 4.6.4, Orientation. */
static void stored_place(unsigned orientation, double u, double v, double *ret_x, double *ret_y) {
    const double places[9][2] = {{0, 0}, {u, v},     {1 - u, v},     {1 - u, 1 - v}, {u, 1 - v},
                                 {v, u}, {v, 1 - u}, {1 - v, 1 - u}, {1 - v, u}};
    *ret_x = places[orientation][0];
    *ret_y = places[orientation][1];
}

static void check_upright(const struct answer *a, size_t wish, const struct jpeg_build *b,
                          unsigned orientation) {
    CLEANUP_DEINIT(img_planes) struct img_planes p = {0};
    decode_body(a->of[wish].body, &p);
    for (uint32_t y = 0; y < p.height; y++)
        for (uint32_t x = 0; x < p.width; x++) {
            uint8_t got[4];
            double sx, sy;
            samples_at(&p, x, y, got);
            stored_place(orientation, (x + 0.5) / p.width, (y + 0.5) / p.height, &sx, &sy);
            for (unsigned i = 0; i < 3; i++) {
                double want = build_at(b, i, sx, sy);
                CHECK_RANGE(got[i], floor(want) - 9, ceil(want) + 9);
            }
        }
}

static void all_orientations(void **state) {
    (void)state;
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(answer) struct answer a = {0};
        struct jpeg_build b = {.width = 301, .height = 203, .n = 3, .h = {2}, .v = {2}};
        build_jpeg(&file, &b);
        CLEANUP_DEINIT(buf)
        struct buf exif =
            build_exif(true, (struct field[]){NUMBER(0x112, 3, orientation), {0}}, NULL, NULL);
        build_segment(&file, 0xE1, S("Exif\0\0"), buf_view(&exif));
        run(&a, buf_view(&file));
        check_done(&a, 3);
        CHECK_INT(a.result.orientation, orientation);
        bool turned = orientation >= 5;
        CHECK_INT(a.result.width, turned ? 203 : 301);
        CHECK_INT(a.result.height, turned ? 301 : 203);
        check_size(&a, 0, turned ? 108 : 160, turned ? 160 : 108);
        check_size(&a, 1, turned ? 54 : 80, turned ? 80 : 54);
        for (size_t i = 0; i < 3; i++)
            check_upright(&a, i, &b, orientation);
    }
}

/* The middle of a sample of component i, from 0 to 1: chroma is that of two, of which the last may be outside. */
static double middle(unsigned i, uint32_t at, uint32_t side) {
    uint32_t from = i ? at / 2 * 2 : at, to = i ? from + 2 : from + 1;
    return (from + (to < side ? to : side)) / 2. / side;
}

/* The mean of each component, and its place: a half whose colours moved would have another one. */
static void check_means(const struct answer *a, const struct jpeg_build *b, const char *name) {
    CLEANUP_DEINIT(img_planes) struct img_planes p = {0};
    decode_body(a->of[0].body, &p);
    for (unsigned i = 0; i < 3; i++) {
        double off[2] = {0};
        for (uint32_t y = 0; y < p.height; y++)
            for (uint32_t x = 0; x < p.width; x++) {
                double u = middle(i, x, p.width), v = middle(i, y, p.height);
                uint8_t got[4];
                samples_at(&p, x, y, got);
                off[u + v > 1] += (got[i] - build_at(b, i, u, v)) / p.width / p.height;
            }
        /* A sample of chroma at an odd side has its middle at the edge, or half of that: as the file was made. */
        double most = b->flat || i == 0 ? 4 : 9;
        CHECK_CASE(fabs(off[0]) < most && fabs(off[1]) < most && fabs(off[0] + off[1]) < most,
                   name);
    }
}

/* Sides that end inside of a block, inside of a pair, or before either has begun: colours stay where they are. */
static void odd_sides_of_every_sampling(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint8_t h[3], v[3];
    } cases[] = {{"4:4:4", {1, 1, 1}, {1, 1, 1}}, {"4:2:2", {2, 1, 1}, {1, 1, 1}},
                 {"4:2:0", {2, 1, 1}, {2, 1, 1}}, {"4:4:0", {1, 1, 1}, {2, 1, 1}},
                 {"4:1:1", {4, 1, 1}, {1, 1, 1}}, {"4:1:0", {4, 1, 1}, {2, 1, 1}},
                 {"3:1", {3, 1, 1}, {1, 1, 1}},   {"1:3", {1, 1, 1}, {3, 1, 1}},
                 {"mixed", {2, 2, 1}, {2, 1, 2}}, {"less luma", {1, 2, 2}, {1, 2, 2}}};
    static const uint32_t sides[] = {1, 2, 3, 9, 17, 40};
    enum { N = ARRAY_LEN(sides) };
    for (size_t i = 0; i < ARRAY_LEN(cases) * N * N; i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(answer) struct answer a = {0};
        struct jpeg_build b = {.width = sides[i % N],
                               .height = sides[i / N % N],
                               .n = 3,
                               .progressive = i % 2};
        /* A gradient so short would be steeper than a sample of chroma can follow. */
        b.flat = b.width < 16 || b.height < 16;
        memcpy(b.h, cases[i / N / N].h, 3);
        memcpy(b.v, cases[i / N / N].v, 3);
        build_jpeg(&file, &b);
        for (uint32_t edge = 40; edge > 1; edge /= 3) {
            const struct imgjob_request request = {.max_pixels = 1600,
                                                   .n = 1,
                                                   .wishes = {IN(edge)}};
            ask(&a, &request, buf_view(&file));
            check_done(&a, 1);
            check_means(&a, &b, cases[i / N / N].name);
        }
    }
}

/* ---- Metadata ---- */
/* Where it was taken is told only when asked for, and never travels in a derivative. */
static void places(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    CLEANUP_DEINIT(buf)
    struct buf exif = build_exif(false, (struct field[]){TEXT(0x10F, "Maker"), {0}}, NULL,
                                 (struct field[]){TEXT(1, "S"),
                                                  FRACTIONS(2, 5, 3, 33, 1, 30, 1, 0, 1),
                                                  TEXT(3, "E"),
                                                  FRACTIONS(4, 5, 3, 151, 1, 0, 1, 0, 1),
                                                  {0}});
    jpeg_file(&file, 300, 200);
    build_segment(&file, 0xE1, S("Exif\0\0"), buf_view(&exif));
    for (int keep = 0; keep < 2; keep++) {
        struct imgjob_request request = {.max_pixels = 60000,
                                         .keep_gps = keep,
                                         .n = 1,
                                         .wishes = {IN(160)}};
        ask(&a, &request, buf_view(&file));
        check_done(&a, 1);
        CHECK_STR(a.result.make, S("Maker"));
        CHECK_INT(!isnan(a.result.latitude), keep);
        CHECK(!keep || (a.result.latitude == -33.5 && a.result.longitude == 151));
        CHECK(str_find(a.of[0].body, S("Exif")) < 0);
    }
}

static void whose_it_is_travels(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    CLEANUP_DEINIT(buf)
    struct buf exif = build_exif(false,
                                 (struct field[]){TEXT(0x10F, "Maker"),
                                                  TEXT(0x13B, "Anna Artist"),
                                                  TEXT(0x8298, "(c) 2026 A. Artist"),
                                                  {0}},
                                 NULL, NULL);
    CLEANUP_DEINIT(buf) struct buf chunk = {0};
    add_chunk(&chunk, "eXIf", buf_view(&exif));
    for (int transparent = 0; transparent < 2; transparent++) {
        buf_clear(&file);
        png_of(&file, 200, 100, transparent ? RGBA : RGB, colourful, buf_view(&chunk));
        run(&a, buf_view(&file));
        check_done(&a, 3);
        CHECK_STR(a.result.creator, S("Anna Artist"));
        CHECK_STR(a.result.copyright, S("(c) 2026 A. Artist"));
        for (size_t i = 0; i < 3; i++) {
            CHECK(str_find(a.of[i].body, S("(c) 2026 A. Artist")) > 0);
            CHECK(str_find(a.of[i].body, S("Maker")) < 0);
        }
    }
}

/* ---- What is rejected ---- */
static void rejections_say_why(void **state) {
    (void)state;
    static const struct {
        str file, reason, format;
    } cases[] = {
        {S_INIT(""), S_INIT("The file is empty"), S_INIT("")},
        {S_INIT("Dear diary,\nno picture today.\n"), S_INIT("Not an image: the file is text"),
         S_INIT("")},
        {S_INIT("\x00\x00\x00\x18"
                "ftypheic\0\0\0\0mif1heic"),
         S_INIT("This is an HEIC picture; JPEG and PNG pictures are processed"), S_INIT("heic")},
        {S_INIT("GIF89a\1\0\1\0"),
         S_INIT("This is a GIF picture; JPEG and PNG pictures are processed"), S_INIT("gif")},
        {S_INIT("\x00\x01\x02\x03"), S_INIT("Not an image: the content is no known picture format"),
         S_INIT("")},
        /* 100,000 x 100,000, with its right checksum */
        {S_INIT("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\x01\x86\xA0\0\x01\x86\xA0\x08\x02\0\0\0\x27\x30"
                "\x9C\x9F\0\0\0\x08IDAT"),
         S_INIT("The picture claims 100000 x 100000 pixels; the limit is 50000000 pixels"),
         S_INIT("png")},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(answer) struct answer a = {0};
        run(&a, cases[i].file);
        CHECK_INT(a.result.status, IMGJOB_REJECTED);
        CHECK_STR(a.result.reason, cases[i].reason);
        CHECK_STR(a.result.format, cases[i].format);
        CHECK_INT(a.n, 0);
    }
}

/* One pixel more than may be, and a byte less of memory than it takes: both are said with their numbers. */
static void limits(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    build_jpeg(&file,
               &(struct jpeg_build){.width = 1600, .height = 1200, .n = 3, .progressive = true});
    struct imgjob_request request = {.max_pixels = 1600 * 1200, .n = 1, .wishes = {IN(800)}};
    ask_with(&a, &request, 128 << 20, buf_view(&file));
    check_done(&a, 1);
    ask_with(&a, &request, 20 << 20, buf_view(&file));
    CHECK_INT(a.result.status, IMGJOB_NO_ROOM);
    uint64_t need = 0;
    str text = str_skip(a.result.reason, strlen("The picture needs about ")), number, rest;
    CHECK(str_cut(text, ' ', &number, &rest) && str_to_u64(number, &need));
    CHECK_RANGE(need, 21, 48); /* 12 MB of coefficients among them */
    CHECK_STR(rest, S("MB of memory to decode; of the function's memory it may have 20 MB"));
    CHECK_INT(a.result.width, 1600);
    request.max_pixels--;
    ask(&a, &request, buf_view(&file));
    CHECK_STR(a.result.reason,
              S("The picture claims 1600 x 1200 pixels; the limit is 1919999 pixels"));
}

/* Every byte of a small file changed in turn: always a sound answer, never a crash. */
static void survives_damage(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf jpeg = {0}, png = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    jpeg_file(&jpeg, 24, 16);
    png_of(&png, 24, 16, RGBA, colourful, S(""));
    struct buf *const files[] = {&jpeg, &png};
    for (size_t f = 0; f < ARRAY_LEN(files); f++)
        for (size_t i = 0; i < files[f]->len; i++) {
            files[f]->p[i] ^= 0x55;
            run(&a, buf_view(files[f]));
            files[f]->p[i] ^= 0x55;
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_jpeg),
                                       cmocka_unit_test(wishes_in_any_order),
                                       cmocka_unit_test(nobody_reads),
                                       cmocka_unit_test(alpha),
                                       cmocka_unit_test(grey_stays_grey),
                                       cmocka_unit_test(transparent_samples_are_kept),
                                       cmocka_unit_test(cover_and_exact),
                                       cmocka_unit_test(a_transparent_canvas),
                                       cmocka_unit_test(all_orientations),
                                       cmocka_unit_test(odd_sides_of_every_sampling),
                                       cmocka_unit_test(places),
                                       cmocka_unit_test(whose_it_is_travels),
                                       cmocka_unit_test(rejections_say_why),
                                       cmocka_unit_test(limits),
                                       cmocka_unit_test(survives_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
