/* img/tiff: reads directories of a TIFF structure whose every offset may be a lie. */
#include "img/tiff.h"

#include "base/own.h"

#include <math.h>

/* Bytes of one element, and what it is. Types that are not here are unknown. */
enum form { UNKNOWN, WHOLE, SIGNED, RATIO, SIGNED_RATIO, FLOATING, TEXT };
static const struct {
    uint8_t size, form;
} types[IMG_TIFF_UTF8 + 1] = {
    [IMG_TIFF_BYTE] = {1, WHOLE},     [IMG_TIFF_ASCII] = {1, TEXT},
    [IMG_TIFF_SHORT] = {2, WHOLE},    [IMG_TIFF_LONG] = {4, WHOLE},
    [IMG_TIFF_RATIONAL] = {8, RATIO}, [IMG_TIFF_SBYTE] = {1, SIGNED},
    [IMG_TIFF_UNDEFINED] = {1, TEXT}, [IMG_TIFF_SSHORT] = {2, SIGNED},
    [IMG_TIFF_SLONG] = {4, SIGNED},   [IMG_TIFF_SRATIONAL] = {8, SIGNED_RATIO},
    [IMG_TIFF_FLOAT] = {4, FLOATING}, [IMG_TIFF_DOUBLE] = {8, FLOATING},
    [IMG_TIFF_IFD] = {4, WHOLE},      [IMG_TIFF_UTF8] = {1, TEXT},
};

bool img_tiff_open(str bytes, struct img_tiff *ret) {
    *ret = (struct img_tiff){bytes, str_starts(bytes, S("MM\0*"))};
    return ret->big_endian || str_starts(bytes, S("II*\0"));
}

static uint64_t number_in(str s, size_t at, size_t n, bool big_endian) {
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (uint8_t)s.p[at + (big_endian ? i : n - 1 - i)];
    return v;
}

uint32_t img_tiff_number(const struct img_tiff *t, uint64_t at, size_t n) {
    return at > t->bytes.len || t->bytes.len - at < n
               ? 0
               : (uint32_t)number_in(t->bytes, (size_t)at, n, t->big_endian);
}

uint32_t img_tiff_first(const struct img_tiff *t) { return img_tiff_number(t, 4, 4); }

uint32_t img_tiff_entries(const struct img_tiff *t, uint32_t directory) {
    enum { HEADER = 8 };
    uint32_t n = directory < HEADER ? 0 : img_tiff_number(t, directory, 2);
    return n < IMG_TIFF_ENTRIES ? n : IMG_TIFF_ENTRIES;
}

bool img_tiff_entry(const struct img_tiff *t, uint32_t directory, uint32_t i,
                    struct img_tiff_field *ret) {
    uint64_t at = (uint64_t)directory + 2 + (uint64_t)12 * i;
    if (at + 12 > t->bytes.len)
        return false;
    *ret = (struct img_tiff_field){.tag = img_tiff_number(t, at, 2),
                                   .type = img_tiff_number(t, at + 2, 2),
                                   .count = img_tiff_number(t, at + 4, 4)};
    if (ret->type >= ARRAY_LEN(types))
        return false;
    uint64_t size = (uint64_t)types[ret->type].size * ret->count;
    uint64_t from = size > 4 ? img_tiff_number(t, at + 8, 4) : at + 8;
    if (size == 0 || from + size > t->bytes.len)
        return false;
    ret->value = str_n(t->bytes.p + from, (size_t)size);
    return true;
}

/* Element i's n bytes, of which `skip` come before. False outside of the field. */
static bool element(const struct img_tiff *t, const struct img_tiff_field *f, uint32_t i,
                    size_t skip, size_t n, uint64_t *ret) {
    if (!f->value.p || i >= f->count)
        return false;
    *ret = number_in(f->value, (size_t)i * types[f->type].size + skip, n, t->big_endian);
    return true;
}

static int64_t with_sign(uint64_t v, size_t n) {
    uint64_t sign = (uint64_t)1 << (8 * n - 1);
    return (int64_t)(v ^ sign) - (int64_t)sign;
}

bool img_tiff_whole(const struct img_tiff *t, const struct img_tiff_field *f, uint32_t i,
                    int64_t *ret) {
    enum form form = f->value.p ? types[f->type].form : UNKNOWN;
    uint64_t v = 0;
    if ((form != WHOLE && form != SIGNED) || !element(t, f, i, 0, types[f->type].size, &v))
        return false;
    *ret = form == SIGNED ? with_sign(v, types[f->type].size) : (int64_t)v;
    return true;
}

static double ratio(const struct img_tiff *t, const struct img_tiff_field *f, uint32_t i,
                    bool is_signed) {
    uint64_t above = 0, below = 0;
    if (!element(t, f, i, 0, 4, &above) || !element(t, f, i, 4, 4, &below))
        return NAN;
    double a = is_signed ? (double)with_sign(above, 4) : (double)above;
    double b = is_signed ? (double)with_sign(below, 4) : (double)below;
    return b != 0 ? a / b : a != 0 ? HUGE_VAL : NAN;
}

static double floating(const struct img_tiff *t, const struct img_tiff_field *f, uint32_t i) {
    uint64_t bits = 0;
    if (!element(t, f, i, 0, types[f->type].size, &bits))
        return NAN;
    if (f->type == IMG_TIFF_DOUBLE) {
        double v;
        memcpy(&v, &bits, sizeof v);
        return v;
    }
    uint32_t bits32 = (uint32_t)bits;
    float v;
    memcpy(&v, &bits32, sizeof v);
    return v;
}

double img_tiff_real(const struct img_tiff *t, const struct img_tiff_field *f, uint32_t i) {
    enum form form = f->value.p ? types[f->type].form : UNKNOWN;
    if (form == RATIO || form == SIGNED_RATIO)
        return ratio(t, f, i, form == SIGNED_RATIO);
    if (form == FLOATING)
        return floating(t, f, i);
    int64_t v = 0;
    return img_tiff_whole(t, f, i, &v) ? (double)v : NAN;
}
