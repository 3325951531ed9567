/*
 * img/kind: tells a file's format from its first bytes. A row is a magic number at a place, perhaps with a test that looks
 * closer; the first row that fits decides. What shares its beginning with others (ISO media files, TIFF, XML) is told by
 * kind_more.c. Sources: the formats' specifications, and for those without one the magic files of file(1).
 */
#include "img/kind_priv.h"

#include "base/ascii.h"

/* ---- Tests of what a magic number alone would take for something else ---- */

/* "BM" begins words, too: the size of the second header is one of its versions'. */
static bool is_bmp(str file) {
    static const uint8_t sizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
    str size = str_slice(file, 14, 18);
    for (size_t i = 0; i < sizeof sizes && size.len == 4; i++)
        if ((uint8_t)size.p[0] == sizes[i] && memcmp(size.p + 1, "\0\0", 3) == 0)
            return true;
    return false;
}

/* At least one picture, whose entry has its reserved byte 0. */
static bool is_icon(str file) {
    return file.len >= 22 && (file.p[4] || file.p[5]) && file.p[9] == 0;
}

static bool is_program(str file) {
    return str_find(str_slice(file, 0, 1024), S("PE\0\0")) >= 0 ||
           str_find(str_slice(file, 0, 128), S("DOS mode")) >= 0;
}

/* MPEG audio without a tag: a frame's version, layer (II or III), bit rate and sampling rate are all allowed ones. */
static bool is_mpeg_audio(str file) {
    if (file.len < 4)
        return false;
    unsigned b = (uint8_t)file.p[1], c = (uint8_t)file.p[2];
    return (b & 0xE0) == 0xE0 && (b >> 3 & 3) != 1 && (b >> 1 & 3) % 3 != 0 && c >> 4 != 0 &&
           c >> 4 != 15 && (c >> 2 & 3) != 3;
}

static bool is_webm(str file) { return str_find(str_slice(file, 0, 64), S("webm")) >= 0; }

/* "P6", white space, then a number or a comment; PAM's "P7" has words. */
static bool is_pnm(str file) {
    str head = str_slice(file, 0, 4);
    if (head.len < 4 || !ascii_is_one_of(head.p[2], " \t\r\n"))
        return false;
    return str_starts(head, S("P7\nW")) || (head.p[1] >= '1' && head.p[1] <= '6' &&
                                            (ascii_is_digit(head.p[3]) || head.p[3] == '#'));
}

/* An upload that never got its bytes. */
static bool is_blank(str file) {
    enum { LOOKED_AT = 4096, LEAST = 16 };
    str front = str_slice(file, 0, LOOKED_AT);
    for (size_t i = 0; i < front.len; i++)
        if (front.p[i])
            return false;
    return front.len >= LEAST;
}

#define IS(id, words)                                                                              \
    { id, words, NULL }

static const struct row {
    size_t at;
    str magic;
    struct img_kind kind;
    bool (*test)(str file);
} rows[] = {
    {0, S_INIT("\xFF\xD8\xFF\xF7"), IS("jls", "a JPEG-LS picture"), NULL},
    {0, S_INIT("\xFF\xD8\xFF"), {"jpeg", "a JPEG picture", &img_jpeg_decoder}, NULL},
    {0, S_INIT("\x89PNG\r\n\x1A\n"), {"png", "a PNG picture", &img_png_decoder}, NULL},
    {0, S_INIT("\x89PNG\n\x1A\n"), IS("png", "a PNG picture that was changed as if it were text"),
     NULL},
    {0, S_INIT("\x89PNG\r\r\n"), IS("png", "a PNG picture that was changed as if it were text"),
     NULL},
    {0, S_INIT("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"),
     IS("mangled", "a binary file that was changed as if it were text"), NULL},
    {0, S_INIT("\xEF\xBF\xBDPNG"),
     IS("mangled", "a PNG picture that was changed as if it were text"), NULL},
    /* Pictures */
    {0, S_INIT("GIF87a"), IS("gif", "a GIF picture"), NULL},
    {0, S_INIT("GIF89a"), IS("gif", "a GIF picture"), NULL},
    {8, S_INIT("WEBP"), IS("webp", "a WebP picture"), img_kind_is_riff},
    {0, S_INIT("\xFF\x0A"), IS("jxl", "a JPEG XL picture"), NULL},
    {0, S_INIT("\0\0\0\x0CJXL \r\n\x87\n"), IS("jxl", "a JPEG XL picture"), NULL},
    {0, S_INIT("\0\0\0\x0CjP  \r\n\x87\n"), IS("jp2", "a JPEG 2000 picture"), NULL},
    {0, S_INIT("\xFF\x4F\xFF\x51"), IS("jp2", "a JPEG 2000 picture"), NULL},
    {0, S_INIT("II\xBC\x01"), IS("jxr", "a JPEG XR picture"), NULL},
    {0, S_INIT("II+\0"), IS("bigtiff", "a BigTIFF picture"), NULL},
    {0, S_INIT("MM\0+"), IS("bigtiff", "a BigTIFF picture"), NULL},
    {0, S_INIT("BM"), IS("bmp", "a BMP picture"), is_bmp},
    {0, S_INIT("8BPS\0\1"), IS("psd", "a Photoshop document (PSD)"), NULL},
    {0, S_INIT("8BPS\0\2"), IS("psd", "a Photoshop document (PSB)"), NULL},
    {0, S_INIT("\0\0\1\0"), IS("ico", "an icon (ICO)"), is_icon},
    {0, S_INIT("\0\0\2\0"), IS("cur", "a mouse cursor (CUR)"), is_icon},
    {0, S_INIT("icns"), IS("icns", "an icon of macOS (ICNS)"), NULL},
    {0, S_INIT("\x8AMNG\r\n\x1A\n"), IS("mng", "an MNG animation"), NULL},
    {0, S_INIT("\x8BJNG\r\n\x1A\n"), IS("jng", "a JNG picture"), NULL},
    {0, S_INIT("BPG\xFB"), IS("bpg", "a BPG picture"), NULL},
    {0, S_INIT("qoif"), IS("qoi", "a QOI picture"), NULL},
    {0, S_INIT("FLIF"), IS("flif", "a FLIF picture"), NULL},
    {0, S_INIT("v/1\1"), IS("exr", "an OpenEXR picture"), NULL},
    {0, S_INIT("#?RADIANCE"), IS("hdr", "a Radiance HDR picture"), NULL},
    {0, S_INIT("DDS \x7C"), IS("dds", "a DirectDraw texture"), NULL},
    {0, S_INIT("gimp xcf"), IS("xcf", "a GIMP document"), NULL},
    {0, S_INIT("AT&TFORM"), IS("djvu", "a DjVu document"), NULL},
    {0, S_INIT("SIMPLE  ="), IS("fits", "a FITS file"), NULL},
    {128, S_INIT("DICM"), IS("dicom", "a DICOM file"), NULL},
    {0, S_INIT("\xD7\xCD\xC6\x9A"), IS("wmf", "a Windows metafile (WMF)"), NULL},
    {40, S_INIT(" EMF"), IS("emf", "a Windows metafile (EMF)"), NULL},
    {0, S_INIT("/* XPM */"), IS("xpm", "an XPM picture"), NULL},
    {0, S_INIT("P"), IS("pnm", "a PNM picture"), is_pnm},
    /* Raw pictures that do not begin as a TIFF does */
    {0, S_INIT("II\x1A\0\0\0HEAPCCDR"), IS("crw", "a raw picture of a Canon camera (CRW)"), NULL},
    {0, S_INIT("FUJIFILMCCD-RAW"), IS("raf", "a raw picture of a Fujifilm camera (RAF)"), NULL},
    {0, S_INIT("IIRO"), IS("orf", "a raw picture of an Olympus camera (ORF)"), NULL},
    {0, S_INIT("IIRS"), IS("orf", "a raw picture of an Olympus camera (ORF)"), NULL},
    {0, S_INIT("MMOR"), IS("orf", "a raw picture of an Olympus camera (ORF)"), NULL},
    {0, S_INIT("\0MRM"), IS("mrw", "a raw picture of a Minolta camera (MRW)"), NULL},
    {0, S_INIT("FOVb"), IS("x3f", "a raw picture of a Sigma camera (X3F)"), NULL},
    /* Films and sounds */
    {8, S_INIT("AVI "), IS("avi", "an AVI video"), img_kind_is_riff},
    {8, S_INIT("WAVE"), IS("wav", "a WAV sound"), img_kind_is_riff},
    {0, S_INIT("\x1A\x45\xDF\xA3"), IS("webm", "a WebM video"), is_webm},
    {0, S_INIT("\x1A\x45\xDF\xA3"), IS("mkv", "a Matroska video"), NULL},
    {0, S_INIT("OggS"), IS("ogg", "an Ogg file"), NULL},
    {0, S_INIT("fLaC"), IS("flac", "a FLAC sound"), NULL},
    {0, S_INIT("ID3"), IS("mp3", "an MP3 sound"), NULL},
    {0, S_INIT("FLV\1"), IS("flv", "a Flash video"), NULL},
    {0, S_INIT("\x30\x26\xB2\x75\x8E\x66\xCF\x11"), IS("asf", "a Windows Media file"), NULL},
    {0, S_INIT("\0\0\1\xBA"), IS("mpeg", "an MPEG video"), NULL},
    {0, S_INIT("\0\0\1\xB3"), IS("mpeg", "an MPEG video"), NULL},
    /* Documents, archives, programs */
    {0, S_INIT("%PDF-"), IS("pdf", "a PDF document"), NULL},
    {0, S_INIT("%!PS"), IS("ps", "a PostScript document"), NULL},
    {0, S_INIT("\xC5\xD0\xD3\xC6"), IS("eps", "a PostScript document (EPS)"), NULL},
    {0, S_INIT("{\\rtf"), IS("rtf", "an RTF document"), NULL},
    {0, S_INIT("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), IS("ole", "a document of old Microsoft Office"),
     NULL},
    {0, S_INIT("PK\3\4"), IS("zip", "a zip archive"), NULL},
    {0, S_INIT("PK\5\6"), IS("zip", "an empty zip archive"), NULL},
    {0, S_INIT("\x1F\x8B"), IS("gzip", "a gzip file"), NULL},
    {0, S_INIT("BZh"), IS("bzip2", "a bzip2 file"), NULL},
    {0,
     S_INIT("\xFD"
            "7zXZ\0"),
     IS("xz", "an xz file"), NULL},
    {0, S_INIT("\x28\xB5\x2F\xFD"), IS("zstd", "a Zstandard file"), NULL},
    {0, S_INIT("7z\xBC\xAF\x27\x1C"), IS("7z", "a 7z archive"), NULL},
    {0, S_INIT("Rar!\x1A\x07"), IS("rar", "a RAR archive"), NULL},
    {257, S_INIT("ustar"), IS("tar", "a tar archive"), NULL},
    {0,
     S_INIT("\x7F"
            "ELF"),
     IS("elf", "a Linux program"), NULL},
    {0, S_INIT("MZ"), IS("exe", "a Windows program"), is_program},
    {0, S_INIT("\xCF\xFA\xED\xFE"), IS("macho", "a macOS program"), NULL},
    {0, S_INIT("SQLite format 3\0"), IS("sqlite", "an SQLite database"), NULL},
    {0, S_INIT("wOFF"), IS("woff", "a font (WOFF)"), NULL},
    {0, S_INIT("wOF2"), IS("woff2", "a font (WOFF2)"), NULL},
    {0, S_INIT("\0\5\x16\7"), IS("appledouble", "what macOS leaves beside a file (AppleDouble)"),
     NULL},
    {0, S_INIT("\0\5\x16\0"), IS("applesingle", "a file wrapped by macOS (AppleSingle)"), NULL},
    {0, S_INIT("\xFF"), IS("mp3", "an MP3 sound"), is_mpeg_audio},
    {0, S_INIT("\0"), IS("blank", "a file that begins with nothing but zeros"), is_blank},
};

const struct img_kind *img_kind_of(str file, bool *ret_text) {
    *ret_text = false;
    const struct img_kind *kind = img_kind_of_media(file);
    for (size_t i = 0; !kind && i < ARRAY_LEN(rows); i++)
        if (str_starts(str_skip(file, rows[i].at), rows[i].magic) &&
            (!rows[i].test || rows[i].test(file)))
            return &rows[i].kind;
    kind = kind ? kind : img_kind_of_tiff(file);
    if (kind)
        return kind;
    *ret_text = img_kind_is_text(file);
    if (*ret_text && (kind = img_kind_of_text(file)))
        *ret_text = false;
    return kind;
}
