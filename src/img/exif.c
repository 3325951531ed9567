/* img/exif: reads the Exif fields of a TIFF block whose every offset may be a lie. */
#include "img/exif.h"

#include "base/ascii.h"

#include <math.h>
#include <stdio.h>

enum {
    TAG_MAKE = 0x010F,
    TAG_MODEL = 0x0110,
    TAG_ORIENTATION = 0x0112,
    TAG_DATE = 0x0132,
    TAG_EXIF_IFD = 0x8769,
    TAG_GPS_IFD = 0x8825,
    TAG_DATE_ORIGINAL = 0x9003,
    TAG_OFFSET_ORIGINAL = 0x9011,
    TAG_LATITUDE_REF = 1,
    TAG_LATITUDE = 2,
    TAG_LONGITUDE_REF = 3,
    TAG_LONGITUDE = 4,
    TYPE_ASCII = 2,
    TYPE_SHORT = 3,
    TYPE_LONG = 4,
    TYPE_RATIONAL = 5,
    MAX_ENTRIES = 512, /* of one directory */
};

struct tiff {
    str bytes;
    bool big_endian;
};

static uint32_t number(const struct tiff *t, size_t at, size_t n) {
    if (at + n > t->bytes.len || at + n < at)
        return 0;
    const unsigned char *p = (const unsigned char *)t->bytes.p + at;
    uint32_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint32_t)p[i] << (8 * (t->big_endian ? n - 1 - i : i));
    return v;
}

struct entry {
    uint32_t tag, type, count;
    size_t at; /* of the value itself */
};

static size_t type_size(uint32_t type) {
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};
    return type < sizeof sizes ? sizes[type] : 0;
}

/* Entry i of the directory at ifd; false when it points outside. */
static bool entry_at(const struct tiff *t, size_t ifd, uint32_t i, struct entry *ret) {
    size_t at = ifd + 2 + (size_t)12 * i;
    if (at + 12 > t->bytes.len)
        return false;
    *ret = (struct entry){number(t, at, 2), number(t, at + 2, 2), number(t, at + 4, 4), at + 8};
    uint64_t size = (uint64_t)type_size(ret->type) * ret->count;
    if (size > 4)
        ret->at = number(t, at + 8, 4);
    return size > 0 && ret->at + size <= t->bytes.len;
}

static str ascii(const struct tiff *t, const struct entry *e) {
    return e->type == TYPE_ASCII ? str_slice(t->bytes, e->at, e->at + e->count) : STR_NONE;
}

static uint32_t whole(const struct tiff *t, const struct entry *e) {
    return e->type == TYPE_SHORT  ? number(t, e->at, 2)
           : e->type == TYPE_LONG ? number(t, e->at, 4)
                                  : 0;
}

/*
 * Up to the first NUL, trimmed, control bytes and bytes that are not ASCII replaced unless all is
 * UTF-8.
 */
static void clean_text(char out[EXIF_TEXT_MAX + 1], str text) {
    ptrdiff_t end = str_chr(text, '\0');
    if (end >= 0)
        text = str_slice(text, 0, (size_t)end);
    text = str_trim(text);
    text = str_slice(text, 0, EXIF_TEXT_MAX);
    bool utf8 = str_is_utf8(text);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= 0x20 && c != 0x7F)
            out[n++] = c < 0x80 || utf8 ? (char)c : '?';
    }
    out[n] = '\0';
}

/* "2026:11:22 04:56:59" and perhaps "+01:00". Cameras without a clock write zeros or spaces. */
static void make_date(char out[EXIF_DATE_MAX], str date, str offset) {
    static const char shape[] = "dddd:dd:dd dd:dd:dd";
    out[0] = '\0';
    if (date.len < sizeof shape - 1)
        return;
    for (size_t i = 0; i < sizeof shape - 1; i++)
        if (shape[i] == 'd' ? !ascii_is_digit(date.p[i]) : date.p[i] != shape[i])
            return;
    if (str_starts(date, S("0000")) || str_eq(str_slice(date, 5, 7), S("00")))
        return;
    bool zone = offset.len >= 6 && (offset.p[0] == '+' || offset.p[0] == '-') && offset.p[3] == ':';
    for (size_t i = 1; zone && i < 6; i++)
        zone = i == 3 || ascii_is_digit(offset.p[i]);
    snprintf(out, EXIF_DATE_MAX, "%.4s-%.2s-%.2sT%.8s%.6s", date.p, date.p + 5, date.p + 8,
             date.p + 11, zone ? offset.p : "");
}

static double degrees(const struct tiff *t, const struct entry *e) {
    if (e->type != TYPE_RATIONAL || e->count != 3)
        return NAN;
    double v = 0, unit = 1;
    for (size_t i = 0; i < 3; i++, unit *= 60) {
        double below = number(t, e->at + 8 * i + 4, 4);
        if (below == 0)
            return NAN;
        v += number(t, e->at + 8 * i, 4) / below / unit;
    }
    return v;
}

static void parse_gps(const struct tiff *t, size_t ifd, struct img_exif *ret) {
    double latitude = NAN, longitude = NAN;
    bool south = false, west = false;
    uint32_t n = number(t, ifd, 2);
    for (uint32_t i = 0; i < n && i < MAX_ENTRIES; i++) {
        struct entry e;
        if (!entry_at(t, ifd, i, &e))
            continue;
        if (e.tag == TAG_LATITUDE_REF)
            south = str_starts(ascii(t, &e), S("S"));
        else if (e.tag == TAG_LONGITUDE_REF)
            west = str_starts(ascii(t, &e), S("W"));
        else if (e.tag == TAG_LATITUDE)
            latitude = degrees(t, &e);
        else if (e.tag == TAG_LONGITUDE)
            longitude = degrees(t, &e);
    }
    if (!(latitude <= 90) || !(longitude <= 180)) /* NAN too */
        return;
    ret->has_gps = true;
    ret->latitude = south ? -latitude : latitude;
    ret->longitude = west ? -longitude : longitude;
}

struct dates {
    str original, offset, changed;
};

static void parse_exif_ifd(const struct tiff *t, size_t ifd, struct dates *dates) {
    uint32_t n = number(t, ifd, 2);
    for (uint32_t i = 0; i < n && i < MAX_ENTRIES; i++) {
        struct entry e;
        if (!entry_at(t, ifd, i, &e))
            continue;
        if (e.tag == TAG_DATE_ORIGINAL)
            dates->original = ascii(t, &e);
        else if (e.tag == TAG_OFFSET_ORIGINAL)
            dates->offset = ascii(t, &e);
    }
}

static void parse_main_ifd(const struct tiff *t, size_t ifd, struct img_exif *ret,
                           struct dates *dates) {
    uint32_t n = number(t, ifd, 2);
    for (uint32_t i = 0; i < n && i < MAX_ENTRIES; i++) {
        struct entry e;
        if (!entry_at(t, ifd, i, &e))
            continue;
        switch (e.tag) {
        case TAG_MAKE: clean_text(ret->make, ascii(t, &e)); break;
        case TAG_MODEL: clean_text(ret->model, ascii(t, &e)); break;
        case TAG_ORIENTATION:
            if (whole(t, &e) >= 1 && whole(t, &e) <= 8)
                ret->orientation = whole(t, &e);
            break;
        case TAG_DATE: dates->changed = ascii(t, &e); break;
        case TAG_EXIF_IFD: parse_exif_ifd(t, whole(t, &e), dates); break;
        case TAG_GPS_IFD: parse_gps(t, whole(t, &e), ret); break;
        default: break;
        }
    }
}

void img_exif_parse(str bytes, struct img_exif *ret) {
    *ret = (struct img_exif){.orientation = 1};
    struct tiff t = {bytes, str_starts(bytes, S("MM\0*"))};
    if (!t.big_endian && !str_starts(bytes, S("II*\0")))
        return;
    struct dates dates = {0};
    parse_main_ifd(&t, number(&t, 4, 4), ret, &dates);
    make_date(ret->captured_at, dates.original.len ? dates.original : dates.changed, dates.offset);
}
