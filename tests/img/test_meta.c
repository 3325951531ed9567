/* img/meta: what is read of Exif blocks in both byte orders, and which of several sources counts. */
#include "meta_builder.h"

enum { DESCRIPTION = 0x010E, MAKE = 0x010F, MODEL = 0x0110, ORIENTATION = 0x0112, DATE = 0x0132 };
enum { ARTIST = 0x013B, COPYRIGHT = 0x8298, EXPOSURE = 0x829A, F_NUMBER = 0x829D };
enum { ISO = 0x8827, STANDARD_SENSITIVITY = 0x8831, EXPOSURE_INDEX = 0x8832, ISO_SPEED = 0x8833 };
enum { ORIGINAL = 0x9003, DIGITIZED = 0x9004, OFFSET = 0x9010, ORIGINAL_OFFSET = 0x9011 };
enum { DIGITIZED_OFFSET = 0x9012, FOCAL = 0x920A, COMMENT = 0x9286, FRACTION_OF = 0x9290 };
enum { ORIGINAL_FRACTION = 0x9291, DIGITIZED_FRACTION = 0x9292, LENS = 0xA434 };
enum { XP_TITLE = 0x9C9B, XP_COMMENT = 0x9C9C, XP_AUTHOR = 0x9C9D };
enum { BYTE = 1, SHORT = 3, LONG = 4, SBYTE = 6, UNDEFINED = 7, SSHORT = 8, SLONG = 9, FLOAT = 11 };
enum { IFD = 13, UTF8 = 129 };

static void check_exif(const struct field *main, const struct field *exif, const struct field *gps,
                       const char *want, const char *name) {
    for (int big = 0; big < 2; big++) {
        CLEANUP_DEINIT(buf) struct buf b = build_exif(big, main, exif, gps);
        const struct img_head head = {.exif = {buf_view(&b)}, .n_exif = 1};
        check_meta(&head, want, name);
    }
}

static void fields_of_either_byte_order(void **state) {
    (void)state;
    static const struct {
        const char *name, *want;
        struct field main[4], exif[6];
    } cases[] = {
        {"a camera",
         "orientation=6|make=Canon|model=EOS 5D|",
         {TEXT(MAKE, "Canon"), TEXT(MODEL, "EOS 5D"), NUMBER(ORIENTATION, SHORT, 6)},
         {{0}}},
        {"short texts lie in the entry",
         "make=abc|model=abcd|",
         {TEXT(MAKE, "abc"), TEXT(MODEL, "abcd")},
         {{0}}},
        {"every field of the exposure",
         "lens=EF50mm f/1.8|exposure=0.004|f=2.8|focal=50|iso=400|",
         {{0}},
         {FRACTION(EXPOSURE, 1, 250), FRACTION(F_NUMBER, 28, 10), NUMBER(ISO, SHORT, 400),
          FRACTION(FOCAL, 50, 1), TEXT(LENS, "EF50mm f/1.8")}},
        {"divided by nothing",
         "",
         {{0}},
         {FRACTION(EXPOSURE, 1, 0), FRACTION(F_NUMBER, 0, 0), FRACTION(FOCAL, 5, 0)}},
        {"zero is unknown",
         "",
         {{0}},
         {FRACTION(EXPOSURE, 0, 1), FRACTION(F_NUMBER, 0, 10), NUMBER(ISO, SHORT, 0),
          FRACTION(FOCAL, 0, 1)}},
        {"infinite",
         "",
         {{0}},
         {FRACTION(EXPOSURE, 0xFFFFFFFF, 1), FRACTION(F_NUMBER, 0xFFFFFFFF, 1),
          FRACTION(FOCAL, 0xFFFFFFFF, 1)}},
        {"negative",
         "",
         {{0}},
         {FRACTIONS(EXPOSURE, 10, 1, (uint32_t)-1, 4), NUMBER(ISO, SLONG, -100)}},
        {"signed fractions",
         "exposure=0.25|f=4|",
         {{0}},
         {FRACTIONS(EXPOSURE, 10, 1, (uint32_t)-1, (uint32_t)-4),
          NUMBER(F_NUMBER, FLOAT, 0x40800000)}},
        {"whole numbers for fractions",
         "f=8|focal=35|",
         {{0}},
         {NUMBER(F_NUMBER, SHORT, 8), NUMBER(FOCAL, LONG, 35)}},
        {"ISO beyond 16 bits",
         "iso=102400|",
         {{0}},
         {NUMBER(ISO, SHORT, 65535), NUMBER(EXPOSURE_INDEX, LONG, 102400)}},
        {"ISO of the standard output",
         "iso=80000|",
         {{0}},
         {NUMBER(ISO, SHORT, 65535), NUMBER(STANDARD_SENSITIVITY, LONG, 80000)}},
        {"ISO of 65535 alone", "iso=65535|", {{0}}, {NUMBER(ISO, SHORT, 65535)}},
        {"ISO from the speed alone", "iso=200|", {{0}}, {NUMBER(ISO_SPEED, LONG, 200)}},
        {"ISO before the others",
         "iso=100|",
         {{0}},
         {NUMBER(EXPOSURE_INDEX, LONG, 125), NUMBER(ISO, SHORT, 100)}},
        {"two ISO values", "iso=100|", {{0}}, {FRACTIONS(ISO, SHORT, 2, 100, 7)}},
        {"fields of Exif in the first directory",
         "at=2026-11-22T04:56:59|iso=50|",
         {TEXT(ORIGINAL, "2026:11:22 04:56:59"), NUMBER(ISO, SHORT, 50)},
         {{0}}},
        {"the first of two", "make=one|", {TEXT(MAKE, "one"), TEXT(MAKE, "two")}, {{0}}},
        {"an unreadable one before",
         "make=two|",
         {BYTES(MAKE, 77, "one"), TEXT(MAKE, "two")},
         {{0}}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_exif(cases[i].main, cases[i].exif, NULL, cases[i].want, cases[i].name);
}

static void orientations_of_any_integer_type(void **state) {
    (void)state;
    static const struct {
        struct field main[2];
        unsigned want;
    } cases[] = {
        {{NUMBER(ORIENTATION, SHORT, 8)}, 8},       {{NUMBER(ORIENTATION, BYTE, 6)}, 6},
        {{NUMBER(ORIENTATION, LONG, 3)}, 3},        {{NUMBER(ORIENTATION, SBYTE, 5)}, 5},
        {{NUMBER(ORIENTATION, SSHORT, 7)}, 7},      {{NUMBER(ORIENTATION, SLONG, 2)}, 2},
        {{NUMBER(ORIENTATION, IFD, 4)}, 4},         {{FRACTIONS(ORIENTATION, SHORT, 2, 6, 1)}, 6},
        {{NUMBER(ORIENTATION, SHORT, 0)}, 1},       {{NUMBER(ORIENTATION, SHORT, 9)}, 1},
        {{NUMBER(ORIENTATION, SLONG, -6)}, 1},      {{NUMBER(ORIENTATION, LONG, 0x10006)}, 1},
        {{FRACTION(ORIENTATION, 6, 1)}, 1},         {{TEXT(ORIENTATION, "6")}, 1},
        {{FRACTIONS(ORIENTATION, SHORT, 0, 6)}, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int big = 0; big < 2; big++) {
            CLEANUP_DEINIT(buf) struct buf b = build_exif(big, cases[i].main, NULL, NULL);
            const struct img_head head = {.exif = {buf_view(&b)}, .n_exif = 1};
            struct img_meta m;
            img_meta_read(&head, &m);
            if (m.orientation != cases[i].want)
                print_error("row %zu\n", i);
            CHECK_INT(m.orientation, cases[i].want);
        }
}

static void texts(void **state) {
    (void)state;
    static const struct {
        const char *name, *want;
        struct field main[2], exif[2];
    } cases[] = {
        {"Latin-1", "make=Caf\xC3\xA9|", {TEXT(MAKE, "Caf\xE9")}, {{0}}},
        {"Latin-1 in the middle",
         "make=M\xC3\xBCller \xC3\x9F|",
         {TEXT(MAKE, "M\xFCller \xDF")},
         {{0}}},
        {"UTF-8 in ASCII", "make=K\xC3\xB6ln|", {TEXT(MAKE, "K\xC3\xB6ln")}, {{0}}},
        {"Exif 3.0's UTF-8",
         "make=\xE5\xAF\x8C\xE5\xA3\xAB|",
         {BYTES(MAKE, UTF8, "\xE5\xAF\x8C\xE5\xA3\xAB\0")},
         {{0}}},
        {"four bytes", "make=\xF0\x9F\x93\xB7|", {TEXT(MAKE, "\xF0\x9F\x93\xB7")}, {{0}}},
        {"UTF-8 that is cut",
         "make=\xC3\xB6\xC3\xB6|",
         {BYTES(MAKE, 2, "\xC3\xB6\xC3\xB6\xC3")},
         {{0}}},
        {"overlong is no UTF-8", "make=\xC3\x80\xC2\xAF|", {TEXT(MAKE, "\xC0\xAF")}, {{0}}},
        {"bytes of other types", "make=Canon|", {BYTES(MAKE, UNDEFINED, "Canon")}, {{0}}},
        {"numbers are no text", "", {NUMBER(MAKE, LONG, 0x41414141)}, {{0}}},
        {"spaces around", "model=Sony|", {TEXT(MODEL, "  Sony\t ")}, {{0}}},
        {"spaces inside", "model=a  b|", {TEXT(MODEL, "a  b")}, {{0}}},
        {"only spaces", "", {TEXT(MODEL, "                ")}, {{0}}},
        {"up to the first NUL", "model=one|", {TEXT(MODEL, "one\0two")}, {{0}}},
        {"controls",
         "model=abc|",
         {TEXT(MODEL, "a\x01"
                      "b\x1B\x7F"
                      "c")},
         {{0}}},
        {"controls of Latin-1",
         "model=ab\xC3\xA9|",
         {TEXT(MODEL, "a\x85"
                      "b\x9F\xE9")},
         {{0}}},
        {"NOTES.md's model",
         "model=ABC|",
         {TEXT(MODEL, "A\xE2\x80\xAE"
                      "B\xC2\x85"
                      "C\xE2\x80\xA8")},
         {{0}}},
        {"marks and isolates",
         "model=abcdefg|",
         {TEXT(MODEL, "a\xE2\x80\x8E"
                      "b\xE2\x80\x8F"
                      "c\xE2\x81\xA6"
                      "d\xE2\x81\xA9"
                      "e\xD8\x9C"
                      "f\xE2\x80\xAA"
                      "g\xE2\x80\xA9")},
         {{0}}},
        {"byte order mark",
         "model=abc|",
         {TEXT(MODEL, "\xEF\xBB\xBF"
                      "abc")},
         {{0}}},
        {"invisible tags",
         "model=ab|",
         {TEXT(MODEL, "a\xF3\xA0\x81\x81"
                      "b\xEF\xBF\xBE")},
         {{0}}},
        {"joiners stay",
         "model=\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB|",
         {TEXT(MODEL, "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB")},
         {{0}}},
        {"variants stay",
         "model=\xE8\x91\x9B\xF3\xA0\x84\x80|",
         {TEXT(MODEL, "\xE8\x91\x9B\xF3\xA0\x84\x80")},
         {{0}}},
        {"lines become words",
         "caption=one two three|",
         {TEXT(DESCRIPTION, "one\r\ntwo\tthree\n")},
         {{0}}},
        {"the artist", "creator=Ada Lovelace|", {TEXT(ARTIST, "Ada Lovelace")}, {{0}}},
        {"the photographer's right", "copyright=(c) Ada|", {TEXT(COPYRIGHT, "(c) Ada")}, {{0}}},
        {"both rights",
         "copyright=(c) Ada; (c) Bob|",
         {TEXT(COPYRIGHT, "(c) Ada\0(c) Bob")},
         {{0}}},
        {"the editor's right", "copyright=(c) Bob|", {TEXT(COPYRIGHT, " \0(c) Bob")}, {{0}}},
        {"a comment in ASCII",
         "caption=Hello|",
         {{0}},
         {BYTES(COMMENT, UNDEFINED, "ASCII\0\0\0Hello")}},
        {"a comment of no set",
         "caption=Hello|",
         {{0}},
         {BYTES(COMMENT, UNDEFINED, "\0\0\0\0\0\0\0\0Hello   ")}},
        {"bytes that are no comment",
         "",
         {{0}},
         {BYTES(COMMENT, UNDEFINED, "\0\0\0\0\0\0\0\0\xFE\xFFHello")}},
        {"a comment in JIS", "", {{0}}, {BYTES(COMMENT, UNDEFINED, "JIS\0\0\0\0\0\x1B$B0!")}},
        {"a short comment", "", {{0}}, {BYTES(COMMENT, UNDEFINED, "ASCII\0\0")}},
        {"a comment with a byte order mark",
         "caption=\xC3\xA9"
         "a|",
         {{0}},
         {BYTES(COMMENT, UNDEFINED, "UNICODE\0\xFE\xFF\0\xE9\0a")}},
        {"a comment with the other",
         "caption=\xC3\xA9"
         "a|",
         {{0}},
         {BYTES(COMMENT, UNDEFINED, "UNICODE\0\xFF\xFE\xE9\0a\0")}},
        {"the description before the comment",
         "caption=first|",
         {TEXT(DESCRIPTION, "first")},
         {BYTES(COMMENT, UNDEFINED, "ASCII\0\0\0second")}},
        {"Windows' title",
         "caption=\xE2\x82\xAC\xF0\x9F\x93\xB7|",
         {BYTES(XP_TITLE, BYTE, "\xAC\x20\x3D\xD8\xF7\xDC\0\0x\0")},
         {{0}}},
        {"Windows' comment", "caption=hi|", {BYTES(XP_COMMENT, BYTE, "h\0i\0\0\0")}, {{0}}},
        {"Windows' author", "creator=me|", {BYTES(XP_AUTHOR, BYTE, "m\0e\0\0\0")}, {{0}}},
        {"half a pair", "creator=m|", {BYTES(XP_AUTHOR, BYTE, "\x3D\xD8m\0\xF7\xDC")}, {{0}}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_exif(cases[i].main, cases[i].exif, NULL, cases[i].want, cases[i].name);
}

/* UTF-16 of a comment without a mark is in the file's order. */
static void comments_in_the_byte_order_of_the_file(void **state) {
    (void)state;
    static const struct field orders[2][2] = {
        {BYTES(COMMENT, UNDEFINED, "UNICODE\0\xE9\0a\0\0\0x\0")},
        {BYTES(COMMENT, UNDEFINED, "UNICODE\0\0\xE9\0a\0\0\0x")}};
    for (int big = 0; big < 2; big++) {
        CLEANUP_DEINIT(buf) struct buf b = build_exif(big, NULL, orders[big], NULL);
        const struct img_head head = {.exif = {buf_view(&b)}, .n_exif = 1};
        check_meta(&head,
                   "caption=\xC3\xA9"
                   "a|",
                   "UNICODE");
    }
}

/* 128 bytes of a name are kept, 500 of a caption, and no character is cut. */
static void long_texts_are_cut_between_characters(void **state) {
    (void)state;
    char text[600];
    for (size_t i = 0; i < sizeof text; i += 3)
        memcpy(text + i, "\xE2\x82\xAC", 3);
    const struct field main[] = {{MAKE, 2, sizeof text, str_n(text, sizeof text), {0}},
                                 {DESCRIPTION, 2, sizeof text, str_n(text, sizeof text), {0}},
                                 {0}};
    CLEANUP_DEINIT(buf) struct buf b = build_exif(false, main, NULL, NULL);
    const struct img_head head = {.exif = {buf_view(&b)}, .n_exif = 1};
    struct img_meta m;
    img_meta_read(&head, &m);
    CHECK_INT(strlen(m.make), 126);
    CHECK_INT(strlen(m.caption), 498);
    CHECK(str_is_utf8(str_c(m.make)) && str_is_utf8(str_c(m.caption)));
}

/* To the last byte that fits, and no further: of one text, behind spaces, and of several that are joined. */
static void texts_end_where_the_room_does(void **state) {
    (void)state;
    for (size_t n = 100; n < 135; n++)
        for (size_t spaces = 0; spaces < 3; spaces++) {
            struct buf text = {0}, iptc = {0};
            for (size_t i = 0; i < n; i++)
                buf_char(&text, 'm');
            put_iptc(&iptc, 2, 80, buf_view(&text));
            put_iptc(&iptc, 2, 80, S("x"));
            for (size_t i = 0; i < spaces; i++)
                buf_char(&text, ' ');
            buf_c(&text, "\xC3\xA9");
            const struct field main[] = {{MAKE, 2, (uint32_t)text.len, buf_view(&text), {0}}, {0}};
            struct buf exif = build_exif(false, main, NULL, NULL);
            const struct img_head head = {.exif = {buf_view(&exif)},
                                          .n_exif = 1,
                                          .iptc = buf_view(&iptc)};
            struct img_meta m;
            img_meta_read(&head, &m);
            size_t whole = n + spaces + 2;
            CHECK_INT(strlen(m.make), whole <= IMG_TEXT_MAX ? whole
                                      : n < IMG_TEXT_MAX    ? n
                                                            : IMG_TEXT_MAX);
            CHECK_INT(strlen(m.creator), n + 3 <= IMG_TEXT_MAX ? n + 3
                                         : n < IMG_TEXT_MAX    ? n
                                                               : IMG_TEXT_MAX);
            CHECK_TEXT(m.model, "");
            CHECK_TEXT(m.caption, "");
            buf_deinit(&text);
            buf_deinit(&iptc);
            buf_deinit(&exif);
        }
}

/* ---- Dates ---- */

static void dates_are_dates(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"2026:11:22 04:56:59", "2026-11-22T04:56:59"},
        {"2026-11-22 04:56:59", "2026-11-22T04:56:59"},
        {"2026/11/22 04:56:59", "2026-11-22T04:56:59"},
        {"2026:11:22T04:56:59", "2026-11-22T04:56:59"},
        {"2026-11-22T04:56:59Z", "2026-11-22T04:56:59Z"},
        {"2026-11-22T04:56:59+01:00", "2026-11-22T04:56:59+01:00"},
        {"2026-11-22T04:56:59-0930", "2026-11-22T04:56:59-09:30"},
        {"2026-11-22T04:56:59+05", "2026-11-22T04:56:59+05:00"},
        {"2026-11-22T04:56:59.25+01:00", "2026-11-22T04:56:59.25+01:00"},
        {"2026-11-22T04:56:59,123456789Z", "2026-11-22T04:56:59.123456Z"},
        {"2026-11-22T04:56:59 +01:00", "2026-11-22T04:56:59+01:00"},
        {"2026-11-22T04:56Z", "2026-11-22T04:56:00Z"},
        {"20261122T045659Z", "2026-11-22T04:56:59Z"},
        {"2026:11:22 04:56", "2026-11-22T04:56:00"},
        {"2026:11:22 04:56:  ", "2026-11-22T04:56:00"},
        {"2026:11:22   :  :  ", "2026-11-22"},
        {"2026-11-22", "2026-11-22"},
        {"2026:1:2 3:04:05", "2026-01-02T03:04:05"},
        {"2026: 1: 2  3:04:05", "2026-01-02T03:04:05"},
        {" 2026:11:22 04:56:59 ", "2026-11-22T04:56:59"},
        {"2024:02:29 00:00:00", "2024-02-29T00:00:00"},
        {"2000:02:29 23:59:59", "2000-02-29T23:59:59"},
        {"2016:12:31 23:59:60", "2016-12-31T23:59:60"}, /* a leap second */
        {"2026:11:22 04:56:59+99:99", "2026-11-22T04:56:59"},
        {"2026:11:22 04:56:60", ""},
        {"2026:11:22 04:59:61", ""},
        {"2023:02:29 00:00:00", ""},
        {"1900:02:29 00:00:00", ""},
        {"2026:13:01 00:00:00", ""},
        {"2026:011:22 00:00:00", ""},
        {"2026:00:01 00:00:00", ""},
        {"2026:01:00 00:00:00", ""},
        {"2026:01:32 00:00:00", ""},
        {"2026:04:31 00:00:00", ""},
        {"2026:11:22 24:00:00", ""},
        {"2026:11:22 25:00:00", ""},
        {"2026:11:22 04:60:00", ""},
        {"2026:11:22 04:56:5x", ""},
        {"2026:11:22 10:00:00 PM", ""},
        {"2026:11:22 ab:cd:ef", ""},
        {"2026:11", ""},
        {"2026", ""},
        {"0000:00:00 00:00:00", ""},
        {"0001:01:01 00:00:00", ""},
        {"0000:01:01 00:00:00", ""},
        {"1799:12:31 00:00:00", ""},
        {"    :  :     :  :  ", ""},
        {"                   ", ""},
        {"22:11:2026 04:56:59", ""},
        {"-026:11:22 04:56:59", ""},
        {"12026:11:22 04:56:59", ""},
        {"Sun Nov 22 2026", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char want[64] = "";
        if (cases[i].want[0])
            snprintf(want, sizeof want, "at=%s|", cases[i].want);
        const struct field exif[] = {{ORIGINAL,
                                      2,
                                      (uint32_t)strlen(cases[i].text) + 1,
                                      str_n(cases[i].text, strlen(cases[i].text) + 1),
                                      {0}},
                                     {0}};
        check_exif(NULL, exif, NULL, want, cases[i].text);
    }
}

static void offsets_and_fractions(void **state) {
    (void)state;
    static const struct {
        const char *offset, *fraction, *want;
    } cases[] = {
        {"+01:00", "", "at=2020-01-02T03:04:05+01:00|"},
        {"-09:30", "5", "at=2020-01-02T03:04:05.5-09:30|"},
        {"+14:00", "", "at=2020-01-02T03:04:05+14:00|"},
        {"-12:00", "", "at=2020-01-02T03:04:05-12:00|"},
        {"+00:00", "", "at=2020-01-02T03:04:05+00:00|"},
        {"Z", "", "at=2020-01-02T03:04:05Z|"},
        {"+0545", "", "at=2020-01-02T03:04:05+05:45|"},
        {"+05:59", "", "at=2020-01-02T03:04:05+05:59|"},
        {"+14:01", "", "at=2020-01-02T03:04:05|"},
        {"-12:30", "", "at=2020-01-02T03:04:05|"},
        {"+99:99", "", "at=2020-01-02T03:04:05|"},
        {"+01:60", "", "at=2020-01-02T03:04:05|"},
        {" 01:00", "", "at=2020-01-02T03:04:05|"},
        {"+01.00", "", "at=2020-01-02T03:04:05|"},
        {"+0a:00", "", "at=2020-01-02T03:04:05|"},
        {"+01:0", "", "at=2020-01-02T03:04:05|"},
        {"   :  ", "", "at=2020-01-02T03:04:05|"},
        {"-00:00", "", "at=2020-01-02T03:04:05|"}, /* RFC 3339, 4.3: not known */
        {"", "123", "at=2020-01-02T03:04:05.123|"},
        {"", "0057  ", "at=2020-01-02T03:04:05.0057|"},
        {"", "123456789", "at=2020-01-02T03:04:05.123456|"},
        {"", "12x", "at=2020-01-02T03:04:05|"},
        {"", "-1", "at=2020-01-02T03:04:05|"},
        {"", "   ", "at=2020-01-02T03:04:05|"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        str offset = str_n(cases[i].offset, strlen(cases[i].offset) + 1);
        str fraction = str_n(cases[i].fraction, strlen(cases[i].fraction) + 1);
        const struct field exif[] = {TEXT(ORIGINAL, "2020:01:02 03:04:05"),
                                     {ORIGINAL_OFFSET, 2, (uint32_t)offset.len, offset, {0}},
                                     {ORIGINAL_FRACTION, 2, (uint32_t)fraction.len, fraction, {0}},
                                     {0}};
        check_exif(NULL, exif, NULL, cases[i].want, cases[i].offset);
    }
}

/* The next good date counts, with its own offset and its own fraction. */
static void dates_fall_back(void **state) {
    (void)state;
    static const struct field all_offsets[] = {
        TEXT(OFFSET, "+01:00"), TEXT(ORIGINAL_OFFSET, "+05:00"), TEXT(DIGITIZED_OFFSET, "+09:00"),
        TEXT(FRACTION_OF, "1"), TEXT(ORIGINAL_FRACTION, "5"),    TEXT(DIGITIZED_FRACTION, "9")};
    static const struct {
        const char *original, *digitized, *changed, *want;
    } cases[] = {
        {"2024:12:01 10:00:00", "2024:12:02 10:00:00", "2024:12:03 10:00:00",
         "at=2024-12-01T10:00:00.5+05:00|"},
        {"", "2024:12:02 10:00:00", "2024:12:03 10:00:00", "at=2024-12-02T10:00:00.9+09:00|"},
        {"                   ", "2024:12:02 10:00:00", "", "at=2024-12-02T10:00:00.9+09:00|"},
        {"2024:13:01 10:00:00", "0000:00:00 00:00:00", "2024:12:03 10:00:00",
         "at=2024-12-03T10:00:00.1+01:00|"},
        {"", "", "2024:12:03 10:00:00", "at=2024-12-03T10:00:00.1+01:00|"},
        {"2024:12:00 10:00:00", "2024:02:30 10:00:00", "2024:12:03 25:00:00", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        str original = str_c(cases[i].original), digitized = str_c(cases[i].digitized),
            changed = str_c(cases[i].changed);
        const struct field main[] = {
            {DATE, 2, (uint32_t)changed.len + 1, str_n(changed.p, changed.len + 1), {0}},
            {0}};
        struct field exif[9] = {
            {ORIGINAL, 2, (uint32_t)original.len + 1, str_n(original.p, original.len + 1), {0}},
            {DIGITIZED,
             2,
             (uint32_t)digitized.len + 1,
             str_n(digitized.p, digitized.len + 1),
             {0}}};
        memcpy(exif + 2, all_offsets, sizeof all_offsets);
        check_exif(main, exif, NULL, cases[i].want, cases[i].want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_either_byte_order),
        cmocka_unit_test(orientations_of_any_integer_type),
        cmocka_unit_test(texts),
        cmocka_unit_test(comments_in_the_byte_order_of_the_file),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(texts_end_where_the_room_does),
        cmocka_unit_test(dates_are_dates),
        cmocka_unit_test(offsets_and_fractions),
        cmocka_unit_test(dates_fall_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
