#pragma once
/*
 * img/meta: what a file says of the picture: Exif (CIPA DC-008, 2.32 and 3.0), then XMP (ISO 16684-1), then IPTC-IIM 4.2;
 * of several Exif blocks the first that has a field. Caption, creator and copyright are XMP's, then IPTC's, then Exif's.
 * All of it is untrusted: every offset is checked, every count bounded, nothing is followed twice. Texts come out as
 * UTF-8 without control or bidirectional characters, trimmed; what is absent or nonsense is empty. Plain values, which
 * the caller owns; any thread. Nothing fails: what cannot be read is not there.
 */
#include "img/source.h"

enum { IMG_TEXT_MAX = 128, IMG_LONG_TEXT_MAX = 500, IMG_DATE_MAX = 40 };
struct img_meta {
    unsigned orientation; /* 1 to 8; 1 when absent or out of range */
    char make[IMG_TEXT_MAX + 1], model[IMG_TEXT_MAX + 1], lens[IMG_TEXT_MAX + 1];
    char creator[IMG_TEXT_MAX + 1];
    char caption[IMG_LONG_TEXT_MAX + 1], copyright[IMG_LONG_TEXT_MAX + 1];
    char captured_at[IMG_DATE_MAX];        /* 2026-11-22T04:56:59[.123][+01:00], or the day alone */
    double exposure_s, f_number, focal_mm; /* 0: unknown */
    uint32_t iso;                          /* 0: unknown */
    bool has_gps;
    double latitude, longitude; /* degrees, north and east positive */
    bool has_gain_map;          /* Ultra HDR (hdrgm in XMP, ISO 21496-1's marker) or Apple's */
    unsigned warnings;          /* enum img_warning */
};
void img_meta_read(const struct img_head *head, struct img_meta *ret);
/* Appends the TIFF structure that derivatives carry: Artist and Copyright; nothing when both are empty. */
void img_meta_tags(const struct img_meta *meta, struct buf *out);
