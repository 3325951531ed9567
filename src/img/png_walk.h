#pragma once
/*
 * img/png_walk: what stands where in a PNG, found in one pass that inflates nothing. Time is linear in the file's size
 * whatever it claims. Source: the PNG specification, third edition (W3C), 5 and 11; PNG's extensions for eXIf.
 */
#include "img/source.h"

enum img_png_type {
    IMG_PNG_GRAY = 0,
    IMG_PNG_RGB = 2,
    IMG_PNG_PALETTE = 3,
    IMG_PNG_GRAY_ALPHA = 4,
    IMG_PNG_RGBA = 6,
};

enum {
    IMG_PNG_RAW_PROFILES = 4, /* that are looked at */
};

/* Where in the file a walk is. */
struct img_png_place {
    size_t at;
    bool damaged;    /* a chunk's head made no sense */
    size_t searched; /* bytes that the search for the next sound chunk has cost: bounded */
};

/* Views point into the file. */
struct img_png_walk {
    str file;
    uint32_t width, height;
    unsigned depth;
    enum img_png_type type;
    bool interlaced;
    str palette, clear; /* PLTE and tRNS, as they stand there */
    str icc;            /* iCCP behind its name: a zlib stream */
    struct img_said said;
    str exif[IMG_EXIF_BLOCKS]; /* without "Exif\0\0" */
    size_t n_exif;
    str itxt; /* iTXt of XMP behind its keyword */
    str raw
        [IMG_PNG_RAW_PROFILES]; /* "Raw profile type ..." of tEXt and zTXt, with their keywords */
    bool raw_packed[IMG_PNG_RAW_PROFILES];
    size_t n_raw;
    struct img_png_place data; /* at the first chunk of picture data, if has_data */
    bool has_data;
    unsigned warnings; /* enum img_warning */
};

/*
 * 0, or IMG_E_REJECTED with reason; what was found up to there is in *ret then. A header or a palette that cannot be
 * read, or no picture data, is a reason; everything else is left out with a warning.
 */
int img_png_walk(str file, struct img_png_walk *ret, char reason[IMG_REASON_MAX]);
/* The next piece of picture data; false: there is none. Damage and wrong checksums are added to *warnings. */
bool img_png_data(str file, struct img_png_place *place, str *ret, unsigned *warnings);
