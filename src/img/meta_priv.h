#pragma once
/*
 * img/meta_priv: the readers behind img/meta, one a source of metadata, and what they share. Each reader fills in a
 * zeroed struct img_meta what its source says; what is absent or nonsense stays zero, orientation too.
 */
#include "img/meta.h"

void img_exif_read(str block,
                   struct img_meta *ret); /* a TIFF structure, perhaps behind "Exif\0\0" */
void img_xmp_read(str packet, struct img_meta *ret);
void img_iptc_read(str sets, struct img_meta *ret);

/* ---- Texts (text.c) ---- */

enum img_charset {
    IMG_CHARSET_GUESS, /* UTF-8 where it is valid, else Latin-1 */
    IMG_CHARSET_LATIN1,
    IMG_CHARSET_UTF16BE, /* a byte order mark overrules either */
    IMG_CHARSET_UTF16LE,
};
/*
 * Writes bytes up to their first NUL as UTF-8 of at most `most` bytes and a NUL: without control, bidirectional and
 * other invisible characters, trimmed; a line break or tab becomes a space. A character is never cut.
 */
void img_text(char *out, size_t most, str bytes, enum img_charset charset);
/* The same behind what out holds, with "; " between the two. Nothing where nothing is left of bytes. */
void img_text_add(char *out, size_t most, str bytes, enum img_charset charset);

/* ---- Dates (date.c) ---- */

/*
 * Writes a date of Exif, ISO 8601 or IPTC in ISO 8601's extended form: with its time where there is one, with a fraction
 * and an offset where the text has them or, else, `fraction` (digits) and `offset` ("+01:00") are sound. False, and out
 * is left alone, where it is no date of 1800 or later.
 */
bool img_date(char out[IMG_DATE_MAX], str date, str fraction, str offset);

/* ---- Numbers and places (meta.c) ---- */

/* What a camera can have meant: v, or 0 (unknown) where it is not above 0 and at most `most`. */
double img_sane(double v, double most);
enum { IMG_EXPOSURE_MAX = 1000000, IMG_F_NUMBER_MAX = 1000, IMG_FOCAL_MAX = 100000 };

/* Zeroed it is none. An angle's reference is a letter; 0: missing. */
struct img_angle {
    double part[3]; /* degrees, minutes, seconds, as written; the first may be negative */
    unsigned n;     /* parts that are there */
    char ref;
};
/* Both angles, if they are a place on the globe. has_fix: something says that the receiver knew where it was. */
void img_place(const struct img_angle *latitude, const struct img_angle *longitude, bool has_fix,
               struct img_meta *ret);
