/* img/meta: places, several Exif blocks, IPTC, which source counts, gain maps, what derivatives carry, damage. */
#include "meta_builder.h"

enum { MAKE = 0x010F, MODEL = 0x0110, ORIENTATION = 0x0112, DATE = 0x0132, ARTIST = 0x013B };
enum { DESCRIPTION = 0x010E, COPYRIGHT = 0x8298, SHORT = 3 };
enum { NORTH = 1, LATITUDE = 2, EAST = 3, LONGITUDE = 4, TIME = 7, STATUS = 9, MODE = 10 };

/* ---- Places ---- */

#define PLACE(ns, ew)                                                                              \
    TEXT(NORTH, ns), FRACTIONS(LATITUDE, 5, 3, 33, 1, 30, 1, 36, 1), TEXT(EAST, ew),               \
        FRACTIONS(LONGITUDE, 5, 3, 151, 1, 12, 1, 0, 1)
#define ANGLES(north, east) TEXT(NORTH, "N"), north, TEXT(EAST, "E"), east
#define NOWHERE                                                                                    \
    ANGLES(FRACTIONS(LATITUDE, 5, 3, 0, 1, 0, 1, 0, 1),                                            \
           FRACTIONS(LONGITUDE, 5, 3, 0, 1, 0, 1, 0, 1))

static void places(void **state) {
    (void)state;
    static const struct {
        const char *name, *want;
        struct field gps[7];
    } cases[] = {
        {"north east", "place=33.51,151.2|", {PLACE("N", "E")}},
        {"south west", "place=-33.51,-151.2|", {PLACE("S", "W")}},
        {"small letters", "place=-33.51,-151.2|", {PLACE("s", "w")}},
        {"a space before", "place=-33.51,151.2|", {PLACE(" S", "E")}},
        {"wrong letters", "", {PLACE("E", "N")}},
        {"empty references", "", {PLACE("", "")}},
        {"one reference missing",
         "",
         {TEXT(EAST, "E"), FRACTIONS(LATITUDE, 5, 3, 33, 1, 30, 1, 36, 1),
          FRACTIONS(LONGITUDE, 5, 3, 151, 1, 12, 1, 0, 1)}},
        {"no longitude",
         "",
         {TEXT(NORTH, "N"), TEXT(EAST, "E"), FRACTIONS(LATITUDE, 5, 3, 33, 1, 30, 1, 36, 1)}},
        {"degrees and minutes",
         "place=33.51,151.2|",
         {ANGLES(FRACTIONS(LATITUDE, 5, 2, 33, 1, 306, 10),
                 FRACTIONS(LONGITUDE, 5, 2, 151, 1, 12, 1))}},
        {"degrees alone",
         "place=33.51,151.2|",
         {ANGLES(FRACTIONS(LATITUDE, 5, 1, 3351, 100), FRACTIONS(LONGITUDE, 5, 1, 1512, 10))}},
        {"seconds not given",
         "place=33.5,151.2|",
         {ANGLES(FRACTIONS(LATITUDE, 5, 3, 33, 1, 30, 1, 0, 0),
                 FRACTIONS(LONGITUDE, 5, 3, 151, 1, 12, 1, 0, 0))}},
        {"signed",
         "place=-33.5,151.2|",
         {ANGLES(FRACTIONS(LATITUDE, 10, 3, (uint32_t)-33, 1, 30, 1, 0, 1),
                 FRACTIONS(LONGITUDE, 10, 3, 151, 1, 12, 1, 0, 1))}},
        {"the poles and the date line",
         "place=90,180|",
         {ANGLES(FRACTIONS(LATITUDE, 5, 3, 90, 1, 0, 1, 0, 1),
                 FRACTIONS(LONGITUDE, 5, 3, 180, 1, 0, 1, 0, 1))}},
        {"beyond the pole",
         "",
         {ANGLES(FRACTIONS(LATITUDE, 5, 3, 90, 1, 0, 1, 36, 1),
                 FRACTIONS(LONGITUDE, 5, 3, 20, 1, 0, 1, 0, 1))}},
        {"beyond the date line",
         "",
         {ANGLES(FRACTIONS(LATITUDE, 5, 3, 10, 1, 0, 1, 0, 1),
                 FRACTIONS(LONGITUDE, 5, 3, 180, 1, 1, 1, 0, 1))}},
        {"too many minutes",
         "",
         {ANGLES(FRACTIONS(LATITUDE, 5, 3, 10, 1, 61, 1, 0, 1),
                 FRACTIONS(LONGITUDE, 5, 3, 20, 1, 0, 1, 0, 1))}},
        {"divided by nothing",
         "",
         {ANGLES(FRACTIONS(LATITUDE, 5, 3, 10, 0, 0, 1, 0, 1),
                 FRACTIONS(LONGITUDE, 5, 3, 20, 1, 0, 1, 0, 1))}},
        {"nothing by nothing",
         "",
         {ANGLES(FRACTIONS(LATITUDE, 5, 3, 0, 0, 0, 0, 0, 0),
                 FRACTIONS(LONGITUDE, 5, 3, 0, 0, 0, 0, 0, 0))}},
        {"0,0 without a fix", "", {NOWHERE}},
        {"0,0 of a void measurement", "", {NOWHERE, TEXT(STATUS, "V"), TEXT(MODE, "3")}},
        {"0,0 measured", "place=0,0|", {NOWHERE, TEXT(STATUS, "A")}},
        {"0,0 in two dimensions", "place=0,0|", {NOWHERE, TEXT(MODE, "2")}},
        {"0,0 with its time", "place=0,0|", {NOWHERE, FRACTIONS(TIME, 5, 3, 4, 1, 5, 1, 6, 1)}},
        {"the last place that was known",
         "place=33.51,151.2|",
         {PLACE("N", "E"), TEXT(STATUS, "V")}},
        {"on the equator",
         "place=0,151.2|",
         {ANGLES(FRACTIONS(LATITUDE, 5, 3, 0, 1, 0, 1, 0, 1),
                 FRACTIONS(LONGITUDE, 5, 3, 151, 1, 12, 1, 0, 1))}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int big = 0; big < 2; big++) {
            CLEANUP_DEINIT(buf) struct buf b = build_exif(big, NULL, NULL, cases[i].gps);
            const struct img_head head = {.exif = {buf_view(&b)}, .n_exif = 1};
            check_meta(&head, cases[i].want, cases[i].name);
        }
}

/* ---- Several sources ---- */

static void several_exif_blocks(void **state) {
    (void)state;
    static const struct field one[] = {TEXT(MAKE, "One"), {0}},
                              two[] = {TEXT(MAKE, "Two"),
                                       TEXT(MODEL, "Second"),
                                       NUMBER(ORIENTATION, SHORT, 6),
                                       {0}};
    CLEANUP_DEINIT(buf) struct buf a = build_exif(false, one, NULL, NULL);
    CLEANUP_DEINIT(buf) struct buf b = build_exif(true, two, NULL, NULL);
    CLEANUP_DEINIT(buf) struct buf prefixed = {0};
    buf_add(&prefixed, "Exif\0\0", 6);
    buf_str(&prefixed, buf_view(&b));
    const str first = buf_view(&a), second = buf_view(&b), junk = S("XX*\0\0\0\0\10");
    const char *all = "orientation=6|make=Two|model=Second|";
    const struct {
        const char *name, *want;
        struct img_head head;
    } cases[] = {
        {"none", "", {.n_exif = 0}},
        {"an empty one before", all, {.exif = {S(""), second}, .n_exif = 2}},
        {"an unreadable one before", all, {.exif = {junk, second}, .n_exif = 2}},
        {"a cut one before", all, {.exif = {str_slice(first, 0, 9), second}, .n_exif = 2}},
        {"the first that has it",
         "orientation=6|make=One|model=Second|",
         {.exif = {first, second}, .n_exif = 2}},
        {"prefixed", all, {.exif = {buf_view(&prefixed)}, .n_exif = 1}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_meta(&cases[i].head, cases[i].want, cases[i].name);
}

static const struct field camera[] = {TEXT(MAKE, "Camera"),
                                      TEXT(DATE, "2020:01:02 03:04:05"),
                                      NUMBER(ORIENTATION, SHORT, 6),
                                      TEXT(DESCRIPTION, "OLYMPUS DIGITAL CAMERA"),
                                      TEXT(ARTIST, "exif"),
                                      TEXT(COPYRIGHT, "exif"),
                                      {0}};

/* Exif, then XMP, then IPTC; for what people write XMP, then IPTC, then Exif. */
static void which_source_counts(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf exif = build_exif(false, camera, NULL, NULL);
    static const str xmp = S_INIT(XMP(
        "tiff:Make='xmp' tiff:Model='xmp' tiff:Orientation='3' xmp:CreateDate='2021-01-01T00:00:00Z' photoshop:DateCreated='2022-02-02'",
        "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>xmp</rdf:li></rdf:Alt></dc:description>"));
    CLEANUP_DEINIT(buf) struct buf iptc = {0};
    put_iptc(&iptc, 2, 55, S("20230303"));
    put_iptc(&iptc, 2, 80, S("iptc"));
    put_iptc(&iptc, 2, 120, S("iptc"));
    const struct {
        const char *name, *want;
        bool exif, xmp, iptc;
    } cases[] = {
        {"all",
         "orientation=6|make=Camera|model=xmp|creator=iptc|caption=xmp|copyright=exif|at=2020-01-02T03:04:05|",
         true, true, true},
        {"XMP and IPTC", "orientation=3|make=xmp|model=xmp|creator=iptc|caption=xmp|at=2022-02-02|",
         false, true, true},
        {"Exif and IPTC",
         "orientation=6|make=Camera|creator=iptc|caption=iptc|copyright=exif|at=2020-01-02T03:04:05|",
         true, false, true},
        {"Exif",
         "orientation=6|make=Camera|creator=exif|caption=OLYMPUS DIGITAL CAMERA|copyright=exif|at=2020-01-02T03:04:05|",
         true, false, false},
        {"IPTC", "creator=iptc|caption=iptc|at=2023-03-03|", false, false, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct img_head head = {.n_exif = cases[i].exif};
        head.exif[0] = buf_view(&exif);
        head.xmp = cases[i].xmp ? xmp : STR_NONE;
        head.iptc = cases[i].iptc ? buf_view(&iptc) : STR_NONE;
        check_meta(&head, cases[i].want, cases[i].name);
    }
}

static void iptc_data_sets(void **state) {
    (void)state;
    struct set {
        unsigned record, number;
        str value;
    };
    static const struct {
        const char *name, *want;
        struct set sets[4];
    } cases[] = {
        {"all texts",
         "creator=Ada|caption=A hill|copyright=(c) Ada|",
         {{2, 80, S_INIT("Ada")}, {2, 120, S_INIT("A hill")}, {2, 116, S_INIT("(c) Ada")}}},
        {"two authors",
         "creator=Ada; Bob|",
         {{2, 80, S_INIT("Ada")}, {2, 80, S_INIT("Bob")}, {2, 80, S_INIT(" ")}}},
        {"the first caption", "caption=one|", {{2, 120, S_INIT("one")}, {2, 120, S_INIT("two")}}},
        {"UTF-8 said",
         "caption=\xC3\xA9|",
         {{1, 90, S_INIT("\x1B%G")}, {2, 120, S_INIT("\xC3\xA9")}}},
        {"UTF-8 said and Latin-1 written",
         "caption=\xC3\xA9|",
         {{1, 90, S_INIT("\x1B%G")}, {2, 120, S_INIT("\xE9")}}},
        {"UTF-8 not said", "caption=\xC3\xA9|", {{2, 120, S_INIT("\xC3\xA9")}}},
        {"Latin-1 said",
         "caption=\xC3\x83\xC2\xA9|",
         {{1, 90, S_INIT("\x1B.A")}, {2, 120, S_INIT("\xC3\xA9")}}},
        {"Latin-1 not said", "caption=\xC3\xA9|", {{2, 120, S_INIT("\xE9")}}},
        {"other records", "", {{3, 120, S_INIT("x")}, {1, 80, S_INIT("x")}, {2, 119, S_INIT("x")}}},
        {"a day", "at=2026-11-22|", {{2, 55, S_INIT("20261122")}}},
        {"a moment",
         "at=2026-11-22T04:56:59+01:00|",
         {{2, 60, S_INIT("045659+0100")}, {2, 55, S_INIT("20261122")}}},
        {"a moment of no zone",
         "at=2026-11-22T04:56:59|",
         {{2, 55, S_INIT("20261122")}, {2, 60, S_INIT("045659")}}},
        {"a time that is none",
         "at=2026-11-22|",
         {{2, 55, S_INIT("20261122")}, {2, 60, S_INIT("256199")}}},
        {"a day that is not known", "", {{2, 55, S_INIT("20261100")}}},
        {"no day", "", {{2, 55, S_INIT("00000000")}}},
        {"a short day", "", {{2, 55, S_INIT("202611")}}},
        {"the day of the scan",
         "at=2026-11-23T01:02:03Z|",
         {{2, 55, S_INIT("00000000")}, {2, 62, S_INIT("20261123")}, {2, 63, S_INIT("010203Z")}}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf b = {0};
        for (size_t k = 0; k < 4 && cases[i].sets[k].record; k++)
            put_iptc(&b, cases[i].sets[k].record, cases[i].sets[k].number, cases[i].sets[k].value);
        struct img_head head = {.iptc = buf_view(&b)};
        check_meta(&head, cases[i].want, cases[i].name);
        head.iptc =
            str_slice(head.iptc, 0, b.len - 1); /* what is whole before a cut counts: no crash */
        struct img_meta m;
        img_meta_read(&head, &m);
    }
}

/* ---- Gain maps ---- */

/* An index of two pictures, the second at 200, where what follows it stands. */
static struct buf index_of(bool big, str second) {
    static const struct field pictures[] = {{0xB000, 7, 4, S_INIT("0100"), {0}},
                                            NUMBER(0xB001, 4, 2),
                                            {0xB002, 7, 32, {NULL, 0}, {0}},
                                            {0}};
    struct exif_writer entries = {.big = big};
    const uint32_t numbers[] = {0x20030000, 1000, 0, 0, 0, 100, 200, 0};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        put_number(&entries, numbers[i], 4);
    struct field fields[4];
    memcpy(fields, pictures, sizeof fields);
    fields[2].bytes = buf_view(&entries.b);
    struct buf b = build_exif(big, fields, NULL, NULL);
    buf_deinit(&entries.b);
    while (b.len < 200)
        buf_u8(&b, 0);
    buf_str(&b, second);
    return b;
}

static void gain_maps(void **state) {
    (void)state;
    static const struct {
        const char *name, *second, *want;
    } cases[] = {
        {"Apple's",
         "\xFF\xD8\xFF\xE1..apdi:AuxiliaryImageType=\"urn:com:apple:photo:2020:aux:hdrgainmap\"",
         "gainmap|"},
        {"Google's", "\xFF\xD8\xFF\xE1..xmlns:hdrgm=\"http://ns.adobe.com/hdr-gain-map/1.0/\"",
         "gainmap|"},
        {"ISO's", "\xFF\xD8\xFF\xE2..urn:iso:std:iso:ts:21496:-1", "gainmap|"},
        {"a preview", "\xFF\xD8\xFF\xE1 a smaller picture", ""},
        {"beyond its size",
         "\xFF\xD8\xFF\xE1                                                                                                  urn:com:apple:photo:2020:aux:hdrgainmap",
         ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int big = 0; big < 2; big++) {
            CLEANUP_DEINIT(buf) struct buf mpf = index_of(big, str_c(cases[i].second));
            const struct img_head head = {.mpf = buf_view(&mpf)};
            check_meta(&head, cases[i].want, cases[i].name);
        }
    const struct img_head marked = {.has_gain_map_marker = true};
    check_meta(&marked, "gainmap|", "ISO's marker");
    const struct img_head named = {.xmp = S(XMP("hdrgm:Version='1.0'", ""))};
    check_meta(&named, "gainmap|", "the version in XMP");
}

/* ---- What derivatives carry ---- */

static void tags_of_derivatives(void **state) {
    (void)state;
    static const struct {
        const char *creator, *copyright, *want;
    } cases[] = {
        {"Ada", "(c) 2026 Ada \xC3\x89", "creator=Ada|copyright=(c) 2026 Ada \xC3\x89|"},
        {"Ada Lovelace", "(c) Ada", "creator=Ada Lovelace|copyright=(c) Ada|"},
        {"Grace", "(c) 2026 Grace", "creator=Grace|copyright=(c) 2026 Grace|"},
        {"Ada Lovelace", "", "creator=Ada Lovelace|"},
        {"", "Ada", "copyright=Ada|"},
        {"odd", "even", "creator=odd|copyright=even|"},
        {"even", "odd", "creator=even|copyright=odd|"},
    };
    struct img_meta m = {.orientation = 6, .make = "Camera", .has_gps = true, .latitude = 1};
    CLEANUP_DEINIT(buf) struct buf none = {0};
    img_meta_tags(&m, &none);
    CHECK_INT(none.len, 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        snprintf(m.creator, sizeof m.creator, "%s", cases[i].creator);
        snprintf(m.copyright, sizeof m.copyright, "%s", cases[i].copyright);
        CLEANUP_DEINIT(buf) struct buf b = {0};
        img_meta_tags(&m, &b);
        const struct img_head head = {.exif = {buf_view(&b)}, .n_exif = 1};
        check_meta(&head, cases[i].want, cases[i].want);
    }
    CLEANUP_DEINIT(buf) struct buf b = {0}; /* the bytes of TIFF 6.0 */
    m.creator[0] = '\0';
    snprintf(m.copyright, sizeof m.copyright, "(c) me");
    img_meta_tags(&m, &b);
    CHECK_STR(buf_view(&b),
              S("II*\0\10\0\0\0\1\0\x98\x82\2\0\7\0\0\0\x1A\0\0\0\0\0\0\0(c) me\0\0"));
}

/* ---- Damage ---- */

/* A directory that points at itself, at the end, behind it; a count that is too large. */
static void directories_that_lie(void **state) {
    (void)state;
    for (uint32_t to = 0; to < 80; to++) {
        const struct field main[] = {TEXT(MAKE, "Camera"),
                                     NUMBER(0x8769, 4, to),
                                     NUMBER(0x8825, 4, to),
                                     {0}};
        CLEANUP_DEINIT(buf) struct buf b = build_exif(to % 2, main, NULL, NULL);
        const struct img_head head = {.exif = {buf_view(&b)}, .n_exif = 1};
        check_meta(&head, "make=Camera|", "a pointer");
    }
    static const str texts[] = {
        S_INIT("MM\0*\0\0\0\2\0\0\0\0\0\0\0\0\1\x0F\0\2\0\0\0\4Cam\0"),
        S_INIT("II*\0\xFF\xFF\xFF\xFF"),
        S_INIT("II*\0\10\0\0\0\xFF\xFF\x0F\1\2\0\xFF\xFF\xFF\xFF\x1A\0\0\0"),
        S_INIT("II*\0\10\0\0\0\1\0\x0F\1\2\0\6\0\0\0\xFF\xFF\xFF\xFF\0\0\0\0"),
        S_INIT("II*\0\10\0\0\0\1\0\x0F\1\x0C\0\1\0\0\x20\x1A\0\0\0\0\0\0\0"),
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct img_head head = {.exif = {texts[i]}, .n_exif = 1};
        check_meta(&head, "", "a lie");
    }
}

/* Every prefix, and every bit changed: no crash (ASan watches), and always sane values. */
static void survives_damage(void **state) {
    (void)state;
    static const struct field gps[] = {PLACE("S", "W"), TEXT(STATUS, "A"), {0}};
    static const struct field exif[] = {TEXT(0x9003, "2026:11:22 04:56:59"),
                                        TEXT(0x9286, "UNICODE"),
                                        {0}};
    CLEANUP_DEINIT(buf) struct buf b = build_exif(false, camera, exif, gps);
    struct img_meta m;
    struct img_head head = {.n_exif = 1};
    for (size_t n = 0; n <= b.len; n++) {
        CLEANUP_MEM char *copy = mem_alloc(n);
        memcpy(copy, b.p, n);
        head.exif[0] = str_n(copy, n);
        head.mpf = str_n(copy, n);
        img_meta_read(&head, &m);
        CHECK_RANGE(m.orientation, 1, 8);
    }
    head.exif[0] = head.mpf = buf_view(&b);
    for (size_t i = 0; i < 8 * b.len; i++) {
        b.p[i / 8] ^= (char)(1 << (i % 8));
        img_meta_read(&head, &m);
        CHECK_RANGE(m.orientation, 1, 8);
        CHECK(str_is_utf8(str_c(m.make)) && str_is_utf8(str_c(m.caption)));
        CHECK(m.latitude >= -90 && m.latitude <= 90);
        b.p[i / 8] ^= (char)(1 << (i % 8));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
        cmocka_unit_test(several_exif_blocks),
        cmocka_unit_test(which_source_counts),
        cmocka_unit_test(iptc_data_sets),
        cmocka_unit_test(gain_maps),
        cmocka_unit_test(tags_of_derivatives),
        cmocka_unit_test(directories_that_lie),
        cmocka_unit_test(survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
