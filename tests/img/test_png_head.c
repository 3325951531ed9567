/* img/png_walk and img/png_profiles: what a PNG's chunks say beside the pixels, whatever form writers gave it. */
#include "png_builder.h"

enum { MOST = 6 };
struct chunk_made {
    const char *type;
    str body;
    bool packed; /* what follows `packed_at` bytes becomes a zlib stream */
    size_t packed_at;
    bool behind; /* the picture data */
};

static void build(struct buf *out, const struct chunk_made *chunks, size_t n) {
    CLEANUP_DEINIT(buf) struct buf whole = {0};
    static const struct png_kind kind = {2, 8, false, false};
    add_png(&whole, &kind, 4, 4, 1);
    str file = buf_view(&whole);
    enum { IHDR_END = 33, IEND = 12 };
    buf_str(out, str_slice(file, 0, IHDR_END));
    for (int behind = 0; behind < 2; behind++) {
        for (size_t i = 0; i < n && chunks[i].type; i++) {
            CLEANUP_DEINIT(buf) struct buf body = {0};
            if (chunks[i].behind != behind)
                continue;
            if (chunks[i].packed) {
                buf_str(&body, str_slice(chunks[i].body, 0, chunks[i].packed_at));
                add_packed(&body, str_skip(chunks[i].body, chunks[i].packed_at), 6);
            } else {
                buf_str(&body, chunks[i].body);
            }
            add_chunk(out, chunks[i].type, buf_view(&body));
        }
        if (!behind)
            buf_str(out, str_slice(file, IHDR_END, file.len - IEND));
    }
    buf_str(out, str_skip(file, file.len - IEND));
}

/* "MM\0*12345678" in hexadecimal. */
#define HEX  "4d4d002a\n3132333435363738\n"
#define TIFF "MM\0*12345678"
static const struct {
    const char *name;
    struct chunk_made chunks[MOST];
    size_t n;
    str exif[2];
    str xmp;
    unsigned warnings;
} cases[] = {
    {"nothing", {{0}}, 0, {{0}}, S_INIT(""), 0},
    {"eXIf", {{"eXIf", S_INIT(TIFF), 0, 0, 0}}, 1, {S_INIT(TIFF)}, S_INIT(""), 0},
    {"eXIf as in a JPEG",
     {{"eXIf", S_INIT("Exif\0\0" TIFF), 0, 0, 0}},
     1,
     {S_INIT(TIFF)},
     S_INIT(""),
     0},
    {"eXIf behind the picture",
     {{"eXIf", S_INIT(TIFF), 0, 0, true}},
     1,
     {S_INIT(TIFF)},
     S_INIT(""),
     0},
    {"two eXIf",
     {{"eXIf", S_INIT(TIFF "a"), 0, 0, 0}, {"eXIf", S_INIT(TIFF "b"), 0, 0, true}},
     2,
     {S_INIT(TIFF "a"), S_INIT(TIFF "b")},
     S_INIT(""),
     0},
    {"raw profile, packed",
     {{"zTXt", S_INIT("Raw profile type exif\0\0\nexif\n      12\n" HEX), true, 23, 0}},
     1,
     {S_INIT(TIFF)},
     S_INIT(""),
     0},
    {"raw profile, plain",
     {{"tEXt", S_INIT("Raw profile type exif\0\nexif\n      12\n" HEX), 0, 0, true}},
     1,
     {S_INIT(TIFF)},
     S_INIT(""),
     0},
    {"raw profile in capitals",
     {{"tEXt", S_INIT("Raw profile type exif\0\nexif\n      12\n4D4D002A\n3132333435363738\n"), 0,
       0, true}},
     1,
     {S_INIT(TIFF)},
     S_INIT(""),
     0},
    {"raw APP1 of Exif",
     {{"tEXt", S_INIT("Raw profile type APP1\0\ngeneric profile\n      18\n457869660000" HEX), 0, 0,
       0}},
     1,
     {S_INIT(TIFF)},
     S_INIT(""),
     0},
    {"raw APP1 of XMP",
     {{"tEXt",
       S_INIT("Raw profile type APP1\0\nAPP1\n      33\n"
              "687474703a2f2f6e732e61646f62652e636f6d2f7861702f312e302f00\n3c782f3e"),
       0, 0, 0}},
     1,
     {{0}},
     S_INIT("<x/>"),
     0},
    {"raw profile that is none",
     {{"tEXt", S_INIT("Raw profile type exif\0nonsense"), 0, 0, 0}},
     1,
     {{0}},
     S_INIT(""),
     IMG_WARN_METADATA},
    {"raw profile of another kind",
     {{"tEXt", S_INIT("Raw profile type 8bim\0\n8bim\n  1\n00"), 0, 0, 0}},
     1,
     {{0}},
     S_INIT(""),
     0},
    {"XMP",
     {{"iTXt", S_INIT("XML:com.adobe.xmp\0\0\0\0\0<x>1</x>"), 0, 0, 0}},
     1,
     {{0}},
     S_INIT("<x>1</x>"),
     0},
    {"XMP with a language",
     {{"iTXt", S_INIT("XML:com.adobe.xmp\0\0\0en\0XMP\0<x>1</x>"), 0, 0, true}},
     1,
     {{0}},
     S_INIT("<x>1</x>"),
     0},
    {"XMP, packed",
     {{"iTXt", S_INIT("XML:com.adobe.xmp\0\1\0\0\0<x>1</x>"), true, 22, 0}},
     1,
     {{0}},
     S_INIT("<x>1</x>"),
     0},
    {"the first XMP",
     {{"iTXt", S_INIT("XML:com.adobe.xmp\0\0\0\0\0<x>1</x>"), 0, 0, 0},
      {"iTXt", S_INIT("XML:com.adobe.xmp\0\0\0\0\0<x>2</x>"), 0, 0, 0}},
     2,
     {{0}},
     S_INIT("<x>1</x>"),
     0},
    {"XMP that is no stream",
     {{"iTXt", S_INIT("XML:com.adobe.xmp\0\1\0\0\0<x>1</x>"), 0, 0, 0}},
     1,
     {{0}},
     S_INIT(""),
     IMG_WARN_METADATA},
    {"a text of another name",
     {{"iTXt", S_INIT("Description\0\0\0\0\0<x>1</x>"), 0, 0, 0}},
     1,
     {{0}},
     S_INIT(""),
     0},
};

static void metadata_of_every_form(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        build(&file, cases[i].chunks, cases[i].n);
        CLEANUP_DEINIT(decoded) struct decoded d;
        CHECK_CASE(decode(buf_view(&file), &d) == 0, cases[i].name);
        const struct img_head *head = &d.source->head;
        CHECK_CASE(head->n_exif == (size_t)(cases[i].exif[0].len > 0) + (cases[i].exif[1].len > 0),
                   cases[i].name);
        for (size_t k = 0; k < head->n_exif; k++)
            CHECK_CASE(str_eq(head->exif[k], cases[i].exif[k]), cases[i].name);
        CHECK_CASE(str_eq(head->xmp, cases[i].xmp), cases[i].name);
        CHECK_CASE(head->warnings == cases[i].warnings, cases[i].name);
        CHECK_CASE(d.outcome.warnings == 0, cases[i].name);
    }
}

/* A profile of that size which says that it has `says`, packed. */
static void add_profile(struct buf *file, uint32_t says, size_t size) {
    CLEANUP_DEINIT(buf) struct buf body = {0}, icc = {0};
    CLEANUP_DEINIT(buf) struct buf whole = {0};
    static const struct png_kind kind = {2, 8, false, false};
    uint32_t seed = 1;
    add_png(&whole, &kind, 4, 4, 1);
    buf_u32(&icc, says);
    while (icc.len < size)
        buf_u8(&icc, (uint8_t)next_random(&seed));
    buf_add(&body, "a profile\0", 11);
    add_packed(&body, buf_view(&icc), 1);
    buf_str(file, str_slice(buf_view(&whole), 0, 33));
    add_chunk(file, "iCCP", buf_view(&body));
    buf_str(file, str_skip(buf_view(&whole), 33));
}

static void profiles(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint32_t says;
        size_t size, comes; /* 0: dropped */
    } sizes[] = {
        {"as it says", 560, 560, 560},
        {"more than it says", 560, 700, 560},
        {"less than it says", 560, 500, 0},
        {"as large as may be", IMG_ICC_MAX, IMG_ICC_MAX, IMG_ICC_MAX},
        {"larger", IMG_ICC_MAX + 1, IMG_ICC_MAX + 1, 0},
        {"smaller than its header", 100, 560, 0},
        {"nothing", 0, 4, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        add_profile(&file, sizes[i].says, sizes[i].size);
        CLEANUP_DEINIT(decoded) struct decoded d;
        CHECK_CASE(decode(buf_view(&file), &d) == 0, sizes[i].name);
        CHECK_CASE(d.source->head.icc.len == sizes[i].comes, sizes[i].name);
        CHECK_CASE(d.source->head.warnings == (sizes[i].comes ? 0 : IMG_WARN_PROFILE_DROPPED),
                   sizes[i].name);
    }
}

static void what_is_said_of_colours(void **state) {
    (void)state;
    static const struct chunk_made chunks[] = {
        {"gAMA", S_INIT("\0\1\x86\xA0"), 0, 0, 0},
        {"cHRM", S_INIT("\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\0\0\0\6\0\0\0\7\0\0\0\x8"), 0, 0,
         0},
        {"sRGB", S_INIT("\0"), 0, 0, 0},
        {"cICP", S_INIT("\x9\x10\0\1"), 0, 0, 0},
        {"gAMA", S_INIT("\0\0\0\1"), 0, 0, 0},
    };
    CLEANUP_DEINIT(buf) struct buf file = {0}, none = {0};
    build(&file, chunks, ARRAY_LEN(chunks));
    CLEANUP_DEINIT(decoded) struct decoded d;
    CHECK_INT(decode(buf_view(&file), &d), 0);
    const struct img_said *said = &d.source->head.said;
    CHECK(said->has_gama && said->has_chrm && said->has_srgb && said->has_cicp);
    CHECK_INT(said->gama, 100000);
    for (uint32_t i = 0; i < 8; i++)
        CHECK_INT(said->chrm[i], i + 1);
    CHECK_MEM(said->cicp, "\x9\x10\0\1", 4);
    build(&none, NULL, 0);
    CLEANUP_DEINIT(decoded) struct decoded e;
    CHECK_INT(decode(buf_view(&none), &e), 0);
    said = &e.source->head.said;
    CHECK(!said->has_gama && !said->has_chrm && !said->has_srgb && !said->has_cicp);
}

/* The picture that is no part of the animation's frames: IDAT's, whatever frames follow. */
static void an_animation_is_its_first_picture(void **state) {
    (void)state;
    static const struct chunk_made chunks[] = {
        {"acTL", S_INIT("\0\0\0\2\0\0\0\0"), 0, 0, 0},
        {"fdAT", S_INIT("\0\0\0\1nonsense"), 0, 0, true},
    };
    CLEANUP_DEINIT(buf) struct buf file = {0}, still = {0};
    build(&file, chunks, ARRAY_LEN(chunks));
    build(&still, NULL, 0);
    CLEANUP_DEINIT(decoded) struct decoded d, e;
    CHECK_INT(decode(buf_view(&file), &d), 0);
    CHECK_INT(decode(buf_view(&still), &e), 0);
    CHECK_STR(buf_view(&d.picture.px), buf_view(&e.picture.px));
    CHECK_INT(d.outcome.warnings, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_of_every_form),
        cmocka_unit_test(profiles),
        cmocka_unit_test(what_is_said_of_colours),
        cmocka_unit_test(an_animation_is_its_first_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
