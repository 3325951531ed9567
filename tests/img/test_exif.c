/* img/exif: the fields of a good block; damaged blocks do no harm. */
#include "cm.h"

#include "img/exif.h"

#include <math.h>

/* A little-endian TIFF, written entry by entry; values over 4 bytes go behind the directories. */

static void le(struct buf *b, uint32_t v, int n) {
    for (int i = 0; i < n; i++)
        buf_u8(b, (uint8_t)(v >> (8 * i)));
}

static void entry(struct buf *b, uint32_t tag, uint32_t type, uint32_t count, uint32_t value) {
    le(b, tag, 2);
    le(b, type, 2);
    le(b, count, 4);
    le(b, value, 4);
}

/* Make at 100, model at 110, date at 120 in the Exif directory at 60, GPS directory at 160. */
static void sample(struct buf *b) {
    buf_add(b, "II*\0", 4);
    le(b, 8, 4);
    le(b, 4, 2);
    entry(b, 0x010F, 2, 9, 100);
    entry(b, 0x0112, 3, 1, 6);
    entry(b, 0x8769, 4, 1, 62);
    entry(b, 0x8825, 4, 1, 160);
    le(b, 0, 4); /* no further directory; the Exif one stands at 62 */
    le(b, 1, 2);
    entry(b, 0x9003, 2, 20, 120);
    while (b->len < 100)
        buf_u8(b, 0);
    buf_add(b, "Cam\x01\xE9ra\0\0", 9);
    while (b->len < 120)
        buf_u8(b, 0);
    buf_add(b, "2014:10:31 13:32:37", 20);
    while (b->len < 160)
        buf_u8(b, 0);
    le(b, 4, 2);
    entry(b, 1, 2, 2, 'S');
    entry(b, 2, 5, 3, 220);
    entry(b, 3, 2, 2, 'E');
    entry(b, 4, 5, 3, 244);
    while (b->len < 220)
        buf_u8(b, 0);
    static const uint32_t angles[] = {33, 1, 30, 1, 0, 1, 151, 1, 12, 1, 36, 1};
    for (size_t i = 0; i < ARRAY_LEN(angles); i++)
        le(b, angles[i], 4);
}

static void reads_the_fields(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    sample(&b);
    struct img_exif x;
    img_exif_parse(buf_view(&b), &x);
    CHECK_INT(x.orientation, 6);
    CHECK_STR(str_c(x.make), S("Cam?ra")); /* a control byte dropped, a Latin-1 byte replaced */
    CHECK_STR(str_c(x.captured_at), S("2014-10-31T13:32:37"));
    CHECK(x.has_gps && x.latitude == -33.5);
    CHECK(x.longitude > 151.209 && x.longitude < 151.211);
}

/* ---- A TIFF of either byte order from a list of fields ---- */

struct field {
    uint32_t tag, type, count;
    str bytes; /* in their order; a number instead: bytes.p NULL, the value in len */
};

struct tiff_writer {
    struct buf b;
    bool big;
};

static void put(struct tiff_writer *w, uint32_t v, int n) {
    for (int i = 0; i < n; i++)
        buf_u8(&w->b, (uint8_t)(v >> (8 * (w->big ? n - 1 - i : i))));
}

/* The directory at the end of w; texts of more than four bytes behind it. */
static void put_directory(struct tiff_writer *w, const struct field *fields, size_t n) {
    size_t behind = w->b.len + 2 + 12 * n + 4;
    put(w, (uint32_t)n, 2);
    for (size_t i = 0; i < n; i++) {
        const struct field *f = &fields[i];
        put(w, f->tag, 2);
        put(w, f->type, 2);
        put(w, f->count, 4);
        if (!f->bytes.p && f->type == 3) {
            put(w, (uint32_t)f->bytes.len, 2);
            put(w, 0, 2);
        } else if (!f->bytes.p) {
            put(w, (uint32_t)f->bytes.len, 4);
        } else if (f->bytes.len <= 4) {
            buf_str(&w->b, f->bytes);
            for (size_t k = f->bytes.len; k < 4; k++)
                buf_u8(&w->b, 0);
        } else {
            put(w, (uint32_t)behind, 4);
            behind += f->bytes.len;
        }
    }
    put(w, 0, 4);
    for (size_t i = 0; i < n; i++)
        if (fields[i].bytes.p && fields[i].bytes.len > 4)
            buf_str(&w->b, fields[i].bytes);
}

static struct img_exif parse_fields(bool big, const struct field *fields, size_t n) {
    struct tiff_writer w = {.big = big};
    struct img_exif x;
    buf_add(&w.b, big ? "MM\0*" : "II*\0", 4);
    put(&w, 8, 4);
    put_directory(&w, fields, n);
    img_exif_parse(buf_view(&w.b), &x);
    buf_deinit(&w.b);
    return x;
}

#define TEXT(tag, text)                                                                            \
    { tag, 2, sizeof(text), S_INIT(text "\0") }
#define NUMBER(tag, type, v)                                                                       \
    {                                                                                              \
        tag, type, 1, { NULL, v }                                                                  \
    }

static void fields_of_either_order(void **state) {
    (void)state;
    static const struct {
        struct field fields[3];
        unsigned orientation;
        const char *make, *model, *date;
    } cases[] = {
        {{TEXT(0x010F, "Canon"), TEXT(0x0110, "EOS 5D"), NUMBER(0x0112, 3, 8)},
         8,
         "Canon",
         "EOS 5D",
         ""},
        {{TEXT(0x010F, "abc"), TEXT(0x0110, "abcd"), NUMBER(0x0112, 4, 1)}, 1, "abc", "abcd", ""},
        {{TEXT(0x0110, "  Sony\t "), NUMBER(0x0112, 3, 9)}, 1, "", "Sony", ""},
        {{NUMBER(0x0112, 3, 0)}, 1, "", "", ""},
        {{NUMBER(0x0112, 3, 2)}, 2, "", "", ""},
        {{NUMBER(0x0112, 1, 2)}, 1, "", "", ""}, /* a byte is no SHORT */
        {{TEXT(0x010F, "K\xC3\xB6ln\x7F\x1F")}, 1, "K\xC3\xB6ln", "", ""},
        {{TEXT(0x010F, "K\xF6ln ~")}, 1, "K?ln ~", "", ""},
        {{TEXT(0x010F, "one\0two")}, 1, "one", "", ""},
        {{{0x010F, 7, 5, S_INIT("Canon")}}, 1, "", "", ""}, /* not ASCII */
        {{TEXT(0x0132, "2026:11:22 04:56:59")}, 1, "", "", "2026-11-22T04:56:59"},
        {{TEXT(0x0132, "2026-11-22 04:56:59")}, 1, "", "", ""},
        {{TEXT(0x0132, "2026:11:22T04:56:59")}, 1, "", "", ""},
        {{TEXT(0x0132, "2026:11:22 04:56:5x")}, 1, "", "", ""},
        {{TEXT(0x0132, "0000:00:00 00:00:00")}, 1, "", "", ""},
        {{TEXT(0x0132, "2026:00:01 00:00:00")}, 1, "", "", ""},
        {{TEXT(0x0132, "    :  :     :  :  ")}, 1, "", "", ""},
        {{TEXT(0x0132, "2026:11:22 04:56")}, 1, "", "", ""},
    };
    for (int big = 0; big < 2; big++)
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            size_t n = 0;
            while (n < 3 && cases[i].fields[n].tag)
                n++;
            struct img_exif x = parse_fields(big, cases[i].fields, n);
            CHECK_INT(x.orientation, cases[i].orientation);
            CHECK_TEXT(x.make, cases[i].make);
            CHECK_TEXT(x.model, cases[i].model);
            CHECK_TEXT(x.captured_at, cases[i].date);
            CHECK(!x.has_gps);
        }
}

/* 64 bytes of a text are kept. */
static void long_texts_are_cut(void **state) {
    (void)state;
    char text[80];
    memset(text, 'm', sizeof text);
    struct field field = {0x010F, 2, sizeof text, str_n(text, sizeof text)};
    struct img_exif x = parse_fields(false, &field, 1);
    CHECK_INT(strlen(x.make), 64);
}

/*
 * The date of the picture is Exif's own, else the file's; with an offset where the camera knew one.
 */
static void dates_and_offsets(void **state) {
    (void)state;
    static const struct {
        const char *offset, *want;
    } cases[] = {
        {"+01:00", "2020-01-02T03:04:05+01:00"}, {"-09:30", "2020-01-02T03:04:05-09:30"},
        {" 01:00", "2020-01-02T03:04:05"},       {"+01.00", "2020-01-02T03:04:05"},
        {"+0a:00", "2020-01-02T03:04:05"},       {"+01:0", "2020-01-02T03:04:05"},
        {"+01:0x", "2020-01-02T03:04:05"},       {"      ", "2020-01-02T03:04:05"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tiff_writer w = {.big = i % 2};
        struct img_exif x;
        const struct field main_fields[] = {TEXT(0x0132, "2026:11:22 04:56:59"),
                                            NUMBER(0x8769, 4, 8 + 2 + 24 + 4 + 20)};
        const struct field exif[] = {
            TEXT(0x9003, "2020:01:02 03:04:05"),
            {0x9011, 2, 7, str_n(cases[i].offset, strlen(cases[i].offset))}};
        buf_add(&w.b, w.big ? "MM\0*" : "II*\0", 4);
        put(&w, 8, 4);
        put_directory(&w, main_fields, 2);
        CHECK_INT(w.b.len, 58);
        put_directory(&w, exif, 2);
        put(&w, 0, 2); /* room for the count of a short offset */
        img_exif_parse(buf_view(&w.b), &x);
        CHECK_TEXT(x.captured_at, cases[i].want);
        buf_deinit(&w.b);
    }
}

/* A position needs both angles, within the globe, each of three fractions. */
static void positions(void **state) {
    (void)state;
    static const struct {
        const char *ns, *ew;
        uint32_t latitude[6], longitude[6];
        uint32_t count;
        bool has;
        double want_latitude, want_longitude;
    } cases[] = {
        {"N", "E", {10, 1, 30, 1, 36, 1}, {20, 1, 0, 1, 0, 1}, 3, true, 10.51, 20},
        {"S", "W", {90, 1, 0, 1, 0, 1}, {180, 1, 0, 1, 0, 1}, 3, true, -90, -180},
        {"N", "E", {90, 1, 0, 1, 36, 1}, {20, 1, 0, 1, 0, 1}, 3, false, 0, 0},
        {"N", "E", {10, 1, 0, 1, 0, 1}, {180, 1, 1, 1, 0, 1}, 3, false, 0, 0},
        {"N", "E", {105, 10, 0, 1, 0, 1}, {41, 2, 0, 1, 0, 1}, 3, true, 10.5, 20.5},
        {"N", "E", {10, 0, 0, 1, 0, 1}, {20, 1, 0, 1, 0, 1}, 3, false, 0, 0},
        {"N", "E", {10, 1, 0, 1, 0, 0}, {20, 1, 0, 1, 0, 1}, 3, false, 0, 0},
        {"N", "E", {10, 1, 0, 1, 0, 1}, {20, 1, 0, 1, 0, 1}, 2, false, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tiff_writer w = {.big = i % 2}, angles = {.big = i % 2};
        struct img_exif x;
        const struct field main_fields[] = {NUMBER(0x8825, 4, 8 + 2 + 12 + 4)};
        for (int k = 0; k < 6; k++)
            put(&angles, cases[i].latitude[k], 4);
        for (int k = 0; k < 6; k++)
            put(&angles, cases[i].longitude[k], 4);
        const struct field gps[] = {{1, 2, 2, str_n(cases[i].ns, 2)},
                                    {2, 5, cases[i].count, str_n(angles.b.p, 24)},
                                    {3, 2, 2, str_n(cases[i].ew, 2)},
                                    {4, 5, cases[i].count, str_n(angles.b.p + 24, 24)}};
        buf_add(&w.b, w.big ? "MM\0*" : "II*\0", 4);
        put(&w, 8, 4);
        put_directory(&w, main_fields, 1);
        CHECK_INT(w.b.len, 26);
        put_directory(&w, gps, 4);
        img_exif_parse(buf_view(&w.b), &x);
        CHECK_INT(x.has_gps, cases[i].has);
        if (x.has_gps) {
            CHECK(fabs(x.latitude - cases[i].want_latitude) < 1e-9);
            CHECK(fabs(x.longitude - cases[i].want_longitude) < 1e-9);
        }
        buf_deinit(&w.b);
        buf_deinit(&angles.b);
    }
}

/* Every prefix, and every single byte changed: no crash (ASan watches), and always sane values. */
static void survives_damage(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    sample(&b);
    struct img_exif x;
    for (size_t n = 0; n <= b.len; n++) {
        CLEANUP_MEM char *copy = mem_alloc(n);
        memcpy(copy, b.p, n);
        img_exif_parse(str_n(copy, n), &x);
        CHECK_RANGE(x.orientation, 1, 8);
    }
    for (size_t i = 0; i < b.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            b.p[i] ^= (char)(1 << bit);
            img_exif_parse(buf_view(&b), &x);
            CHECK_RANGE(x.orientation, 1, 8);
            CHECK(str_is_utf8(str_c(x.make)));
            b.p[i] ^= (char)(1 << bit);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_fields),   cmocka_unit_test(fields_of_either_order),
        cmocka_unit_test(long_texts_are_cut), cmocka_unit_test(dates_and_offsets),
        cmocka_unit_test(positions),          cmocka_unit_test(survives_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
