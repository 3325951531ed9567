/*
 * img/kind_more: formats that share their beginning with others. Sources: ISO 14496-12 and the brands registered at
 * mp4ra.org, ISO 23008-12 (HEIF), AV1 Image File Format 1.1, Apple's QuickTime File Format, TIFF 6.0, DNG 1.7, and for raw
 * formats what their cameras write.
 */
#include "img/kind_priv.h"

#include "base/ascii.h"
#include "base/own.h"
#include "img/tiff.h"

#define KIND(id, words)                                                                            \
    { id, words, NULL }

bool img_kind_is_riff(str file) { return str_starts(file, S("RIFF")); }

static uint32_t u32(str s, size_t at) {
    const struct img_tiff t = {s, true};
    return img_tiff_number(&t, at, 4);
}

/* ---- ISO media files ---- */

/* A brand that ends in '*' is the beginning of several. */
struct brand {
    str brand;
    struct img_kind kind;
};

/* What a brand alone decides, wherever it stands among the compatible ones. */
static const struct brand pictures[] = {
    {S_INIT("heic"), KIND("heic", "an HEIC picture")},
    {S_INIT("heix"), KIND("heic", "an HEIC picture")},
    {S_INIT("heim"), KIND("heic", "an HEIC picture")},
    {S_INIT("heis"), KIND("heic", "an HEIC picture")},
    {S_INIT("hevc"), KIND("heic", "a sequence of HEIC pictures")},
    {S_INIT("hevx"), KIND("heic", "a sequence of HEIC pictures")},
    {S_INIT("hevm"), KIND("heic", "a sequence of HEIC pictures")},
    {S_INIT("hevs"), KIND("heic", "a sequence of HEIC pictures")},
    {S_INIT("avif"), KIND("avif", "an AVIF picture")},
    {S_INIT("avis"), KIND("avif", "a sequence of AVIF pictures")},
    {S_INIT("crx "), KIND("cr3", "a raw picture of a Canon camera (CR3)")},
};
/* What the major brand decides where there is none of those. */
static const struct brand majors[] = {
    {S_INIT("mif*"), KIND("heif", "an HEIF picture")},
    {S_INIT("msf1"), KIND("heif", "a sequence of HEIF pictures")},
    {S_INIT("jpeg"), KIND("heif", "an HEIF picture")},
    {S_INIT("avci"), KIND("heif", "an HEIF picture")},
    {S_INIT("vvic"), KIND("heif", "an HEIF picture")},
    {S_INIT("qt  "), KIND("mov", "a QuickTime video")},
    {S_INIT("M4A*"), KIND("m4a", "an MPEG-4 sound")},
    {S_INIT("M4B*"), KIND("m4a", "an MPEG-4 sound")},
    {S_INIT("3g*"), KIND("3gp", "a 3GPP video")},
    {S_INIT("*"), KIND("mp4", "an MP4 video")},
};

static const struct img_kind *by_brand(const struct brand *of, size_t n, str brand) {
    for (size_t i = 0; i < n; i++) {
        str want = of[i].brand;
        if (str_ends(want, S("*")) ? str_starts(brand, str_slice(want, 0, want.len - 1))
                                   : str_eq(brand, want))
            return &of[i].kind;
    }
    return NULL;
}

/* The box ftyp: the major brand, its version, compatible brands. The major one is asked first. */
static const struct img_kind *by_ftyp(str file) {
    enum { MOST = 4 * 64 }; /* bytes of brands that are looked at */
    uint32_t size = u32(file, 0);
    size_t begin = size == 1 ? 16 : 8; /* 1: a size of 64 bits follows */
    str brands = str_slice(file, begin, begin + MOST);
    if (size > begin && size < begin + MOST)
        brands = str_slice(brands, 0, size - begin);
    str major = str_slice(brands, 0, 4);
    for (size_t at = 0; at + 4 <= brands.len; at += 4) {
        const struct img_kind *kind =
            at == 4 ? NULL /* the version */
                    : by_brand(pictures, ARRAY_LEN(pictures), str_slice(brands, at, at + 4));
        if (kind)
            return kind;
    }
    return by_brand(majors, ARRAY_LEN(majors), major);
}

const struct img_kind *img_kind_of_media(str file) {
    static const str boxes[] = {S_INIT("moov"), S_INIT("mdat"), S_INIT("wide"),
                                S_INIT("free"), S_INIT("skip"), S_INIT("pnot")};
    static const struct img_kind movie = KIND("mov", "a QuickTime video");
    str type = str_slice(file, 4, 8);
    if (str_eq(type, S("ftyp")))
        return by_ftyp(file);
    for (size_t i = 0; i < ARRAY_LEN(boxes); i++)
        if (str_eq(type, boxes[i]) && (uint8_t)file.p[0] < ' ') /* a size, and no text */
            return &movie;
    return NULL;
}

/* ---- TIFF and the raw formats in it ---- */

enum {
    NEW_SUBFILE_TYPE = 254,
    COMPRESSION = 259,
    MAKE = 271,
    STRIPS = 273,
    TILES = 324,
    DNG_VERSION = 50706,
};

/* A raw file's camera in Make, in capitals. */
static const struct {
    str make;
    struct img_kind kind;
} cameras[] = {
    {S_INIT("NIKON"), KIND("nef", "a raw picture of a Nikon camera (NEF)")},
    {S_INIT("SONY"), KIND("arw", "a raw picture of a Sony camera (ARW)")},
    {S_INIT("PENTAX"), KIND("pef", "a raw picture of a Pentax camera (PEF)")},
    {S_INIT("RICOH"), KIND("pef", "a raw picture of a Pentax camera (PEF)")},
    {S_INIT("ASAHI"), KIND("pef", "a raw picture of a Pentax camera (PEF)")},
    {S_INIT("SAMSUNG"), KIND("srw", "a raw picture of a Samsung camera (SRW)")},
    {S_INIT("CANON"), KIND("cr2", "a raw picture of a Canon camera (CR2)")},
    {S_INIT("OLYMPUS"), KIND("orf", "a raw picture of an Olympus camera (ORF)")},
    {S_INIT("PANASONIC"), KIND("rw2", "a raw picture of a Panasonic camera (RW2)")},
    {S_INIT("HASSELBLAD"), KIND("3fr", "a raw picture of a Hasselblad camera (3FR)")},
    {S_INIT("LEAF"), KIND("mos", "a raw picture of a Leaf camera (MOS)")},
    {S_INIT("MAMIYA"), KIND("mef", "a raw picture of a Mamiya camera (MEF)")},
    {S_INIT("EPSON"), KIND("erf", "a raw picture of an Epson camera (ERF)")},
    {S_INIT("EASTMAN KODAK"), KIND("dcr", "a raw picture of a Kodak camera (DCR)")},
    {S_INIT("KODAK"), KIND("dcr", "a raw picture of a Kodak camera (DCR)")},
};

/* What of the first directory tells a raw picture from one that was made of it, and that names the camera as well. */
struct raw_signs {
    bool dng, pixels, reduced; /* it has a picture; that is a small one of another */
    int64_t compression;
    str make;
};

static struct raw_signs signs_of(const struct img_tiff *t) {
    struct raw_signs s = {.compression = 1};
    uint32_t directory = img_tiff_first(t);
    for (uint32_t i = 0, n = img_tiff_entries(t, directory); i < n; i++) {
        struct img_tiff_field f;
        int64_t v = 0;
        if (!img_tiff_entry(t, directory, i, &f))
            continue;
        bool whole = img_tiff_whole(t, &f, 0, &v);
        s.dng |= f.tag == DNG_VERSION;
        s.pixels |= f.tag == STRIPS || f.tag == TILES;
        s.reduced |= f.tag == NEW_SUBFILE_TYPE && whole && (v & 1);
        if (f.tag == COMPRESSION && whole)
            s.compression = v;
        if (f.tag == MAKE)
            s.make = f.value;
    }
    return s;
}

const struct img_kind *img_kind_of_tiff(str file) {
    static const struct img_kind tiff = KIND("tiff", "a TIFF picture"),
                                 cr2 = KIND("cr2", "a raw picture of a Canon camera (CR2)"),
                                 rw2 = KIND("rw2", "a raw picture of a Panasonic camera (RW2)"),
                                 rwl = KIND("rwl", "a raw picture of a Leica camera (RWL)"),
                                 iiq = KIND("iiq", "a raw picture of a Phase One camera (IIQ)"),
                                 dng = KIND("dng", "a raw picture (DNG)");
    struct img_tiff t = {file, false};
    if (str_starts(file, S("IIU\0"))) {
        struct raw_signs s = signs_of(&t);
        return str_starts_nocase(s.make, S("LEICA")) ? &rwl : &rw2;
    }
    if (!img_tiff_open(file, &t))
        return NULL;
    if (str_eq(str_slice(file, 8, 10), S("CR")))
        return &cr2;
    if (str_eq(str_slice(file, 8, 12), S("IIII")) || str_eq(str_slice(file, 8, 12), S("MMMM")))
        return &iiq;
    struct raw_signs s = signs_of(&t);
    if (s.dng)
        return &dng;
    enum {
        FIRST_OF_CAMERAS = 32767
    }; /* compressions from here on are cameras' own, but for Deflate's old one */
    enum { OLD_DEFLATE = 32946, PACK_BITS = 32773 };
    bool own = s.compression >= FIRST_OF_CAMERAS && s.compression != OLD_DEFLATE &&
               s.compression != PACK_BITS;
    if (own || s.reduced || !s.pixels)
        for (size_t i = 0; i < ARRAY_LEN(cameras); i++)
            if (str_starts_nocase(s.make, cameras[i].make))
                return &cameras[i].kind;
    return &tiff;
}

/* ---- Text ---- */

enum { TEXT_FRONT = 4096 };

static bool is_plain(uint32_t c) {
    return (c >= ' ' && c != 0x7F) || (c >= '\t' && c <= '\r') || c == 0x1B;
}

static bool is_utf16(str front, bool big_endian) {
    if (!str_starts(front, big_endian ? S("\xFE\xFF") : S("\xFF\xFE")))
        return false;
    for (size_t i = 2; i + 1 < front.len; i += 2) {
        uint32_t a = (uint8_t)front.p[i], b = (uint8_t)front.p[i + 1];
        if (!is_plain(big_endian ? a << 8 | b : b << 8 | a))
            return false;
    }
    return front.len > 2;
}

/* A text of Latin-1: no controls of its upper half, and few of its letters. */
static bool is_latin1(str front) {
    size_t beyond = 0;
    for (size_t i = 0; i < front.len; i++) {
        if ((uint8_t)front.p[i] >= 0x80 && (uint8_t)front.p[i] < 0xA0)
            return false;
        beyond += (uint8_t)front.p[i] >= 0xA0;
    }
    return 4 * beyond <= front.len;
}

bool img_kind_is_text(str file) {
    str front = str_slice(file, 0, TEXT_FRONT);
    if (is_utf16(front, true) || is_utf16(front, false))
        return true;
    for (size_t i = 0; i < front.len; i++)
        if (!is_plain((uint8_t)front.p[i]))
            return false;
    size_t valid = str_utf8_len(front);
    bool utf8 = valid == front.len || (file.len > front.len && front.len - valid < 4);
    return front.len > 0 && (utf8 || is_latin1(front));
}

static str skip_blanks(str s) {
    while (s.len && ascii_is_one_of(s.p[0], " \t\r\n\f"))
        s = str_skip(s, 1);
    return s;
}

/* Behind the next `end`; empty without one. */
static str behind(str s, str end) {
    ptrdiff_t at = str_find(s, end);
    return at < 0 ? str_slice(s, s.len, s.len) : str_skip(s, (size_t)at + end.len);
}

/* What stands before the first element of an XML or HTML document is skipped: declarations, comments, the DOCTYPE. */
static str first_element(str s) {
    for (;;) {
        s = skip_blanks(s);
        if (str_starts(s, S("<?"))) {
            s = behind(s, S("?>"));
        } else if (str_starts(s, S("<!--"))) {
            s = behind(s, S("-->"));
        } else if (str_starts(s, S("<!"))) {
            ptrdiff_t subset = str_chr(s, '['), end = str_chr(s, '>');
            if (subset >= 0 && subset < end)
                s = behind(s, S("]"));
            s = behind(s, S(">"));
        } else {
            return s;
        }
    }
}

/* "svg" of "<svg:svg xmlns:svg=…". */
static str local_name(str element) {
    size_t n = 1;
    while (n < element.len && !ascii_is_one_of(element.p[n], " \t\r\n\f/>"))
        n++;
    str name = str_slice(element, 1, n);
    return str_skip(name, (size_t)(str_chr(name, ':') + 1));
}

static const struct img_kind *of_markup(str s) {
    static const struct img_kind svg = KIND("svg", "an SVG picture"),
                                 html = KIND("html", "an HTML page"),
                                 xml = KIND("xml", "an XML document");
    static const char *const pages[] = {"html", "head", "body",  "script",
                                        "div",  "p",    "table", "meta"};
    str name = local_name(first_element(s));
    if (str_is(name, "svg"))
        return &svg;
    if (str_starts_nocase(s, S("<!DOCTYPE html")))
        return &html;
    for (size_t i = 0; i < ARRAY_LEN(pages); i++)
        if (str_eq_nocase(name, str_c(pages[i])))
            return &html;
    return str_starts(s, S("<?xml")) || (name.len && ascii_is_alpha(name.p[0])) ? &xml : NULL;
}

/* Texts that are known by how they begin. */
static const struct {
    str begin;
    struct img_kind kind;
} beginnings[] = {
    {S_INIT("data:image/"), KIND("data-url", "a picture written as a data: URL")},
    {S_INIT("/9j/"), KIND("base64", "a JPEG picture written in Base64")},
    {S_INIT("iVBORw0KGgo"), KIND("base64", "a PNG picture written in Base64")},
    {S_INIT("version https://git-lfs."),
     KIND("git-lfs", "a pointer of Git LFS, which stands for the picture")},
};

/* The form of a web page, stored with its parts' headers. */
static bool is_form(str s) {
    return str_starts(s, S("--")) &&
           str_find(str_slice(s, 0, 512), S("\r\nContent-Disposition: form-data")) >= 0;
}

/* {"name": or [{, [[, ["x", [1: what JSON documents begin with. */
static bool is_json(str s) {
    char first = (char)(s.len ? s.p[0] : '\0');
    str rest = skip_blanks(str_skip(s, 1));
    char second = (char)(rest.len ? rest.p[0] : '\0');
    if (first == '{')
        return second == '"' || second == '}';
    return first == '[' && (ascii_is_digit(second) || ascii_is_one_of(second, "{[\"]-"));
}

const struct img_kind *img_kind_of_text(str file) {
    static const struct img_kind form = KIND("form", "a web form's upload with its headers"),
                                 json = KIND("json", "a JSON document");
    str s = str_slice(file, 0, TEXT_FRONT);
    if (str_starts(s, S("\xEF\xBB\xBF")))
        s = str_skip(s, 3);
    s = skip_blanks(s);
    for (size_t i = 0; i < ARRAY_LEN(beginnings); i++)
        if (str_starts(s, beginnings[i].begin))
            return &beginnings[i].kind;
    if (is_form(file))
        return &form;
    if (is_json(s))
        return &json;
    return str_starts(s, S("<")) ? of_markup(s) : NULL;
}
