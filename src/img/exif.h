#pragma once
/*
 * img/exif: the few Exif fields that become attributes. Source: Exif 2.32 (CIPA DC-008) and TIFF
 * 6.0. The block is untrusted: every offset is checked, every count bounded, nothing is followed
 * twice.
 */
#include "base/str.h"

enum { EXIF_TEXT_MAX = 64, EXIF_DATE_MAX = 32 };
struct img_exif {
    unsigned orientation; /* 1 to 8; 1 when absent or out of range */
    /* printable UTF-8, trimmed; may be empty */
    char make[EXIF_TEXT_MAX + 1], model[EXIF_TEXT_MAX + 1];
    /* 2026-11-22T04:56:59[+01:00]; empty when absent or nonsense */
    char captured_at[EXIF_DATE_MAX];
    bool has_gps;
    double latitude, longitude; /* degrees, north and east positive */
};
/*
 * tiff: the TIFF structure (what follows "Exif\0\0"). Fields it cannot read stay at their defaults.
 */
void img_exif_parse(str tiff, struct img_exif *ret);
