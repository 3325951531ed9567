#pragma once
/*
 * img/tiff: directories of a TIFF structure (TIFF 6.0, Exif 3.0's type UTF-8) whose every offset may be a lie. Plain
 * values over borrowed bytes: nothing is allocated, nothing is followed but what the caller asks for.
 */
#include "base/str.h"

/* Of one directory; further entries are not looked at. */
enum { IMG_TIFF_ENTRIES = 512 };

enum img_tiff_type {
    IMG_TIFF_BYTE = 1,
    IMG_TIFF_ASCII = 2,
    IMG_TIFF_SHORT = 3,
    IMG_TIFF_LONG = 4,
    IMG_TIFF_RATIONAL = 5,
    IMG_TIFF_SBYTE = 6,
    IMG_TIFF_UNDEFINED = 7,
    IMG_TIFF_SSHORT = 8,
    IMG_TIFF_SLONG = 9,
    IMG_TIFF_SRATIONAL = 10,
    IMG_TIFF_FLOAT = 11,
    IMG_TIFF_DOUBLE = 12,
    IMG_TIFF_IFD = 13,
    IMG_TIFF_UTF8 = 129,
};

struct img_tiff {
    str bytes;
    bool big_endian;
};
struct img_tiff_field {
    uint32_t tag, type, count;
    str value; /* all of it; absent: the field is not there */
};

/* False: bytes do not begin as a TIFF structure does. */
bool img_tiff_open(str bytes, struct img_tiff *ret);
/* The n bytes (1 to 4) at `at` as a number; 0 outside of the structure. */
uint32_t img_tiff_number(const struct img_tiff *t, uint64_t at, size_t n);
/* Where the first directory stands. */
uint32_t img_tiff_first(const struct img_tiff *t);
/* Entries of a directory that can be asked for; none where the header stands, as at 0. */
uint32_t img_tiff_entries(const struct img_tiff *t, uint32_t directory);
/* False: the type is unknown, or the value is empty or lies outside. */
bool img_tiff_entry(const struct img_tiff *t, uint32_t directory, uint32_t i,
                    struct img_tiff_field *ret);
/* Element i of a field of any integer type. False: there is none. */
bool img_tiff_whole(const struct img_tiff *t, const struct img_tiff_field *f, uint32_t i,
                    int64_t *ret);
/* Element i of a field of any type of number: NAN where there is none, and for 0/0; infinite for 1/0. */
double img_tiff_real(const struct img_tiff *t, const struct img_tiff_field *f, uint32_t i);
