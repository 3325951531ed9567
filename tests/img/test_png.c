/*
 * img/png_source: every kind of PNG pixel for pixel as libpng decodes it, PngSuite too where ../shared is; damage of every
 * kind; what the chunks say; and img/encode_png, read back by libpng.
 */
#include "png_builder.h"

#include "img/encode.h"
#include "img/png_unfilter.h"

#include <dirent.h>
#include <sys/resource.h>

/* ---- Pixels ---- */

static void check_same(const struct decoded *d, const struct picture *want, const char *name) {
    CHECK_CASE(d->picture.width == want->width && d->picture.height == want->height, name);
    CHECK_CASE(d->picture.channels == want->channels, name);
    CHECK_CASE(str_eq(buf_view(&d->picture.px), buf_view(&want->px)), name);
}

static const struct png_kind kinds[] = {
    {0, 1, false, false}, {0, 2, false, true},  {0, 4, true, false},  {0, 8, false, false},
    {0, 8, true, true},   {0, 16, false, true}, {0, 16, true, false}, {0, 1, true, true},
    {2, 8, false, false}, {2, 8, true, false},  {2, 16, false, true}, {2, 16, true, false},
    {2, 8, false, true},  {3, 1, false, false}, {3, 2, true, true},   {3, 4, false, true},
    {3, 8, true, false},  {3, 8, false, false}, {4, 8, false, false}, {4, 16, false, true},
    {4, 8, false, true},  {6, 8, false, false}, {6, 8, false, true},  {6, 16, false, false},
};

static void every_kind_is_as_libpng_has_it(void **state) {
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1}, {2, 3}, {5, 4}, {9, 1}, {67, 35}, {700, 90}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
            CLEANUP_DEINIT(buf) struct buf file = {0};
            CLEANUP_DEINIT(picture) struct picture want = {0};
            char name[64];
            snprintf(name, sizeof name, "type %u depth %u %ux%u%s%s", kinds[i].type, kinds[i].depth,
                     sizes[k][0], sizes[k][1], kinds[i].trns ? " tRNS" : "",
                     kinds[i].interlaced ? " interlaced" : "");
            add_png(&file, &kinds[i], sizes[k][0], sizes[k][1], (uint32_t)(i * 100 + k));
            CHECK_CASE(reference(buf_view(&file), &want), name);
            CLEANUP_DEINIT(decoded) struct decoded d;
            CHECK_CASE(decode(buf_view(&file), &d) == 0, name);
            check_same(&d, &want, name);
            CHECK_CASE(!d.outcome.truncated && d.outcome.warnings == 0, name);
            CHECK_CASE(d.source->head.warnings == 0, name);
            CHECK_CASE(d.source->head.bit_depth == kinds[i].depth, name);
            CHECK_CASE(d.source->head.progressive == kinds[i].interlaced, name);
            CHECK_CASE(d.source->head.alpha == (want.channels % 2 == 0), name);
            CHECK_CASE(d.source->head.space == (want.channels <= 2 ? IMG_GRAY : IMG_RGB), name);
        }
}

static void spaces_have_names(void **state) {
    (void)state;
    static const struct {
        struct png_kind kind;
        const char *name;
    } cases[] = {
        {{0, 8, false, false}, "Gray"},    {{0, 4, true, false}, "GrayA"},
        {{4, 16, false, true}, "GrayA"},   {{2, 8, false, false}, "RGB"},
        {{2, 16, true, false}, "RGBA"},    {{6, 8, false, false}, "RGBA"},
        {{3, 4, false, false}, "Palette"}, {{3, 8, true, false}, "PaletteA"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        add_png(&file, &cases[i].kind, 8, 8, 7);
        CLEANUP_DEINIT(decoded) struct decoded d;
        CHECK_INT(decode(buf_view(&file), &d), 0);
        CHECK_TEXT(d.source->head.color_space, cases[i].name);
    }
}

/* The loops of every processor that this one is: the same bytes as plain C, whatever filters come one after the other. */
static void filters_are_taken_alike(void **state) {
    (void)state;
    static const char *const names[] = {"sse2", "sse4.1", "avx2", "neon"};
    static const unsigned sizes[] = {1, 2, 3, 4, 6, 8};
    enum { MOST = 61 * 8, STRIDE = MOST + IMG_PNG_ROW_PAD, ROWS = 9 };
    static uint8_t from[ROWS * (MOST + 1) + IMG_PNG_ROW_PAD], above[STRIDE];
    static uint8_t want[ROWS * STRIDE], got[ROWS * STRIDE];
    uint32_t seed = 3;
    int tried = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        for (int round = 0; img_png_unfilter_use(names[i]) && round < 1200; round++) {
            unsigned bpp = sizes[round % 6];
            size_t n = bpp * (1 + next_random(&seed) % 61);
            uint32_t rows = 1 + next_random(&seed) % ROWS;
            for (size_t b = 0; b < sizeof from; b++) /* ends of the range and ties, too */
                from[b] =
                    (uint8_t)(round % 4 ? next_random(&seed) : (next_random(&seed) & 1) * 255);
            for (size_t b = 0; b < sizeof above; b++)
                above[b] = (uint8_t)(round % 3 ? next_random(&seed) : b % 2 * 255);
            for (uint32_t y = 0; y < rows; y++)
                from[y * (n + 1)] =
                    (uint8_t)(round % 2 ? next_random(&seed) % IMG_PNG_FILTERS : IMG_PNG_PAETH);
            img_png_unfilter_use("c");
            img_png_unfilter(bpp, from, rows, above, want, STRIDE, n);
            img_png_unfilter_use(names[i]);
            img_png_unfilter(bpp, from, rows, above, got, STRIDE, n);
            for (uint32_t y = 0; y < rows; y++)
                CHECK_CASE(memcmp(got + y * STRIDE, want + y * STRIDE, n) == 0, names[i]);
            tried++;
        }
    CHECK_RANGE(tried, 1200, 4 * 1200);
}

/* ---- PngSuite ---- */

#define PNGSUITE "../shared/images/pngsuite"

/* Words that only a decoder's maker knows. */
static void check_human(const char *reason) {
    static const char *const jargon[] = {"IHDR", "IDAT",  "CRC",     "filter",       "zlib",
                                         "PLTE", "chunk", "inflate", "invalid code", "libpng"};
    CHECK_CASE(str_starts(str_c(reason), S("The ")), reason);
    for (size_t i = 0; i < ARRAY_LEN(jargon); i++)
        CHECK_CASE(!strstr(reason, jargon[i]), reason);
}

static bool read_whole(const char *path, struct buf *to) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    size_t n;
    do {
        char *at = buf_reserve(to, 65536);
        n = fread(at, 1, 65536, f);
        to->len += n;
    } while (n);
    fclose(f);
    return true;
}

static void pngsuite_is_as_libpng_has_it(void **state) {
    (void)state;
    char root[4096];
    snprintf(root, sizeof root, "%s", PNGSUITE);
    DIR *dir = opendir(root);
    if (!dir)
        skip();
    int sound = 0, unsound = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        str name = str_c(e->d_name);
        char path[4096 + 300];
        if (!str_ends(name, S(".png")))
            continue;
        snprintf(path, sizeof path, "%s/%s", root, e->d_name);
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(picture) struct picture want = {0};
        CHECK_CASE(read_whole(path, &file), path);
        CLEANUP_DEINIT(decoded) struct decoded d;
        int r = decode(buf_view(&file), &d);
        if (e->d_name[0] == 'x' && !str_is(name, "xcsn0g01.png")) {
            CHECK_CASE(r == IMG_E_REJECTED, path);
            check_human(d.reason);
            unsound++;
            continue;
        }
        CHECK_CASE(r == 0 && !d.outcome.truncated, path);
        sound++;
        /* A wrong checksum over pixels that are there: libpng has none of it, browsers show it. */
        bool wrong_sum = str_is(name, "xcsn0g01.png");
        CHECK_CASE(d.outcome.warnings == (wrong_sum ? IMG_WARN_CHECKSUM : 0), path);
        if (wrong_sum)
            continue;
        CHECK_CASE(reference(buf_view(&file), &want), path);
        check_same(&d, &want, path);
    }
    closedir(dir);
    CHECK_RANGE(sound, 160, 170);
    CHECK_INT(unsound, 13);
}

/* ---- The encoder ---- */

static void encoded_pictures_come_back(void **state) {
    (void)state;
    static const struct {
        enum img_space space;
        bool alpha;
        uint32_t width, height;
    } cases[] = {{IMG_GRAY, false, 1, 1},  {IMG_GRAY, false, 61, 40}, {IMG_GRAY, true, 33, 20},
                 {IMG_RGB, false, 50, 31}, {IMG_RGB, true, 200, 90},  {IMG_RGB, true, 1, 300}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint32_t seed = (uint32_t)i;
        unsigned n = (cases[i].space == IMG_RGB ? 3 : 1) + cases[i].alpha;
        size_t pixels = (size_t)cases[i].width * cases[i].height;
        struct img_planes planes = {cases[i].space, cases[i].alpha,  n,
                                    cases[i].width, cases[i].height, {{0}}};
        CLEANUP_DEINIT(buf) struct buf file = {0}, icc = {0};
        CLEANUP_DEINIT(picture) struct picture got = {0};
        CLEANUP_MEM uint8_t *px = mem_alloc(pixels * n);
        for (unsigned c = 0; c < n; c++) {
            planes.plane[c] = (struct img_plane){px + c * pixels, cases[i].width, cases[i].height,
                                                 cases[i].width};
            for (size_t k = 0; k < pixels; k++)
                px[c * pixels + k] =
                    (uint8_t)(k * (c + 1) / 3 + (i % 2 ? next_random(&seed) % 7 : 0));
        }
        for (int k = 0; k < 5000; k++)
            buf_printf(&icc, "%04d", k);
        struct img_tags tags = {i % 2 ? buf_view(&icc) : STR_NONE,
                                i % 3 ? S("MM\0*tail") : STR_NONE};
        img_encode_png(&planes, &tags, &file);
        CHECK(reference(buf_view(&file), &got));
        CHECK(got.width == cases[i].width && got.height == cases[i].height && got.channels == n);
        for (size_t k = 0; k < pixels * n; k++)
            CHECK_INT((uint8_t)got.px.p[k], px[k % n * pixels + k / n]);
        CLEANUP_DEINIT(decoded) struct decoded d;
        CHECK_INT(decode(buf_view(&file), &d), 0);
        CHECK_INT(d.outcome.warnings, 0);
        CHECK_INT(d.source->head.n_exif, tags.exif.len > 0);
        CHECK_STR(d.source->head.exif[0], tags.exif);
    }
}

/* libpng refuses to write a profile that is of another colour space, and some that are old; browsers read them. */
static void any_profile_travels(void **state) {
    (void)state;
    uint8_t px[3] = {1, 2, 3};
    struct img_planes planes = {
        IMG_RGB, false, 3, 1, 1, {{px, 1, 1, 1}, {px + 1, 1, 1, 1}, {px + 2, 1, 1, 1}}};
    CLEANUP_DEINIT(buf) struct buf file = {0}, icc = {0};
    buf_u32(&icc, 200);
    while (icc.len < 200)
        buf_c(&icc, "GRAY");
    struct img_tags tags = {buf_view(&icc), STR_NONE};
    img_encode_png(&planes, &tags, &file);
    CLEANUP_DEINIT(decoded) struct decoded d;
    CHECK_INT(decode(buf_view(&file), &d), 0);
    CHECK_STR(buf_view(&d.source->head.icc), buf_view(&icc));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_as_libpng_has_it),
        cmocka_unit_test(spaces_have_names),
        cmocka_unit_test(filters_are_taken_alike),
        cmocka_unit_test(pngsuite_is_as_libpng_has_it),
        cmocka_unit_test(encoded_pictures_come_back),
        cmocka_unit_test(any_profile_travels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
