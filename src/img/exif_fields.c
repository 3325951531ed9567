/*
 * img/exif_fields: the Exif fields that become attributes. Source: Exif 3.0 (CIPA DC-008) over TIFF 6.0; the XP fields of
 * Windows are Microsoft's (UTF-16, little-endian in either byte order).
 */
#include "img/meta_priv.h"
#include "img/tiff.h"

#include "base/ascii.h"

#include <math.h>

/* What is looked for. The tags of the first two kinds of directory do not overlap, and writers mix them up. */
enum field {
    MAKE,
    MODEL,
    ORIENTATION,
    DESCRIPTION,
    ARTIST,
    COPYRIGHT,
    DATE,
    DATE_OFFSET,
    DATE_FRACTION,
    ORIGINAL,
    ORIGINAL_OFFSET,
    ORIGINAL_FRACTION,
    DIGITIZED,
    DIGITIZED_OFFSET,
    DIGITIZED_FRACTION,
    EXPOSURE,
    F_NUMBER,
    SENSITIVITY,
    STANDARD_SENSITIVITY,
    EXPOSURE_INDEX,
    ISO_SPEED,
    FOCAL,
    LENS,
    USER_COMMENT,
    XP_TITLE,
    XP_COMMENT,
    XP_AUTHOR,
    EXIF_DIRECTORY,
    GPS_DIRECTORY,
    LATITUDE_REF,
    LATITUDE,
    LONGITUDE_REF,
    LONGITUDE,
    GPS_TIME,
    GPS_STATUS,
    GPS_MODE,
    GPS_DATE,
    N_FIELDS,
    FIRST_OF_GPS = LATITUDE_REF,
};
static const uint16_t tags[N_FIELDS] = {
    [MAKE] = 0x010F,
    [MODEL] = 0x0110,
    [ORIENTATION] = 0x0112,
    [DESCRIPTION] = 0x010E,
    [ARTIST] = 0x013B,
    [COPYRIGHT] = 0x8298,
    [DATE] = 0x0132,
    [DATE_OFFSET] = 0x9010,
    [DATE_FRACTION] = 0x9290,
    [ORIGINAL] = 0x9003,
    [ORIGINAL_OFFSET] = 0x9011,
    [ORIGINAL_FRACTION] = 0x9291,
    [DIGITIZED] = 0x9004,
    [DIGITIZED_OFFSET] = 0x9012,
    [DIGITIZED_FRACTION] = 0x9292,
    [EXPOSURE] = 0x829A,
    [F_NUMBER] = 0x829D,
    [SENSITIVITY] = 0x8827,
    [STANDARD_SENSITIVITY] = 0x8831,
    [EXPOSURE_INDEX] = 0x8832,
    [ISO_SPEED] = 0x8833,
    [FOCAL] = 0x920A,
    [LENS] = 0xA434,
    [USER_COMMENT] = 0x9286,
    [XP_TITLE] = 0x9C9B,
    [XP_COMMENT] = 0x9C9C,
    [XP_AUTHOR] = 0x9C9D,
    [EXIF_DIRECTORY] = 0x8769,
    [GPS_DIRECTORY] = 0x8825,
    [LATITUDE_REF] = 1,
    [LATITUDE] = 2,
    [LONGITUDE_REF] = 3,
    [LONGITUDE] = 4,
    [GPS_TIME] = 7,
    [GPS_STATUS] = 9,
    [GPS_MODE] = 10,
    [GPS_DATE] = 29,
};

/* A PhotographicSensitivity of this says "or more"; one of the other fields has the value then. */
enum { SENSITIVITY_MAX = 65535 };

struct exif {
    struct img_tiff tiff;
    struct img_tiff_field
        found[N_FIELDS]; /* the first that is readable; else its value is absent */
};

static void collect(struct exif *x, uint32_t directory, enum field from, enum field to) {
    for (uint32_t i = 0, n = img_tiff_entries(&x->tiff, directory); i < n; i++) {
        struct img_tiff_field f;
        if (!img_tiff_entry(&x->tiff, directory, i, &f))
            continue;
        for (unsigned k = from; k < to; k++)
            if (tags[k] == f.tag && !x->found[k].value.p)
                x->found[k] = f;
    }
}

/* Where a pointer to a directory leads. 0: nowhere; the header stands there. */
static uint32_t pointer(const struct exif *x, enum field field) {
    int64_t v = 0;
    return img_tiff_whole(&x->tiff, &x->found[field], 0, &v) && v > 0 && v <= UINT32_MAX
               ? (uint32_t)v
               : 0;
}

/* The bytes of a text: ASCII and UTF-8, and what writers use instead. */
static str text_of(const struct exif *x, enum field field) {
    const struct img_tiff_field *f = &x->found[field];
    bool is_text = f->type == IMG_TIFF_ASCII || f->type == IMG_TIFF_UTF8 ||
                   f->type == IMG_TIFF_UNDEFINED || f->type == IMG_TIFF_BYTE;
    return is_text ? f->value : STR_NONE;
}

/* The photographer's notice, a NUL, the editor's; either may be a space. */
static void read_copyright(const struct exif *x, struct img_meta *ret) {
    str photographer, editor;
    str_cut(text_of(x, COPYRIGHT), '\0', &photographer, &editor);
    img_text(ret->copyright, IMG_LONG_TEXT_MAX, photographer, IMG_CHARSET_GUESS);
    img_text_add(ret->copyright, IMG_LONG_TEXT_MAX, editor, IMG_CHARSET_GUESS);
}

/* Eight bytes name the character set. JIS is not read; without a name the text must look like one. */
static void read_comment(const struct exif *x, char *out, size_t most) {
    enum { CODE = 8 };
    str all = text_of(x, USER_COMMENT);
    str code = str_slice(all, 0, CODE), text = str_skip(all, CODE);
    if (str_is(code, "UNICODE") || str_eq(code, S("UNICODE\0")))
        img_text(out, most, text, x->tiff.big_endian ? IMG_CHARSET_UTF16BE : IMG_CHARSET_UTF16LE);
    else if (str_eq(code, S("ASCII\0\0\0")) ||
             (str_eq(code, S("\0\0\0\0\0\0\0\0")) && str_is_utf8(text)))
        img_text(out, most, text, IMG_CHARSET_GUESS);
}

static void read_texts(const struct exif *x, struct img_meta *ret) {
    const struct {
        enum field field;
        char *out;
        size_t most;
        enum img_charset charset;
    } texts[] = {
        {MAKE, ret->make, IMG_TEXT_MAX, IMG_CHARSET_GUESS},
        {MODEL, ret->model, IMG_TEXT_MAX, IMG_CHARSET_GUESS},
        {LENS, ret->lens, IMG_TEXT_MAX, IMG_CHARSET_GUESS},
        {ARTIST, ret->creator, IMG_TEXT_MAX, IMG_CHARSET_GUESS},
        {XP_AUTHOR, ret->creator, IMG_TEXT_MAX, IMG_CHARSET_UTF16LE},
        {DESCRIPTION, ret->caption, IMG_LONG_TEXT_MAX, IMG_CHARSET_GUESS},
        {XP_TITLE, ret->caption, IMG_LONG_TEXT_MAX, IMG_CHARSET_UTF16LE},
        {XP_COMMENT, ret->caption, IMG_LONG_TEXT_MAX, IMG_CHARSET_UTF16LE},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (texts[i].out[0] == '\0')
            img_text(texts[i].out, texts[i].most, text_of(x, texts[i].field), texts[i].charset);
    if (ret->caption[0] == '\0')
        read_comment(x, ret->caption, IMG_LONG_TEXT_MAX);
    read_copyright(x, ret);
}

static void read_date(const struct exif *x, struct img_meta *ret) {
    static const struct {
        enum field date, fraction, offset;
    } dates[] = {
        {ORIGINAL, ORIGINAL_FRACTION, ORIGINAL_OFFSET},
        {DIGITIZED, DIGITIZED_FRACTION, DIGITIZED_OFFSET},
        {DATE, DATE_FRACTION, DATE_OFFSET},
    };
    for (size_t i = 0; i < ARRAY_LEN(dates); i++)
        if (img_date(ret->captured_at, text_of(x, dates[i].date), text_of(x, dates[i].fraction),
                     text_of(x, dates[i].offset)))
            return;
}

static double real(const struct exif *x, enum field field) {
    return img_tiff_real(&x->tiff, &x->found[field], 0);
}

static void read_numbers(const struct exif *x, struct img_meta *ret) {
    int64_t orientation = 0;
    if (img_tiff_whole(&x->tiff, &x->found[ORIENTATION], 0, &orientation) && orientation >= 1 &&
        orientation <= 8)
        ret->orientation = (unsigned)orientation;
    ret->exposure_s = img_sane(real(x, EXPOSURE), IMG_EXPOSURE_MAX);
    ret->f_number = img_sane(real(x, F_NUMBER), IMG_F_NUMBER_MAX);
    ret->focal_mm = img_sane(real(x, FOCAL), IMG_FOCAL_MAX);
    static const enum field isos[] = {SENSITIVITY, EXPOSURE_INDEX, STANDARD_SENSITIVITY, ISO_SPEED};
    for (size_t i = 0; i < ARRAY_LEN(isos); i++) {
        uint32_t iso = (uint32_t)img_sane(real(x, isos[i]), UINT32_MAX);
        if (iso && (ret->iso == 0 || ret->iso == SENSITIVITY_MAX))
            ret->iso = iso;
    }
}

static struct img_angle angle(const struct exif *x, enum field value, enum field ref) {
    struct img_angle a = {.n = 0};
    str letter = str_trim(text_of(x, ref));
    a.ref = (char)(letter.len ? letter.p[0] : '\0');
    while (a.n < ARRAY_LEN(a.part) && a.n < x->found[value].count) {
        double v = img_tiff_real(&x->tiff, &x->found[value], a.n);
        if (a.n == 2 && isnan(v)) /* 0/0: seconds are not given */
            break;
        a.part[a.n++] = v;
    }
    return a;
}

static void read_place(const struct exif *x, struct img_meta *ret) {
    struct img_angle latitude = angle(x, LATITUDE, LATITUDE_REF);
    struct img_angle longitude = angle(x, LONGITUDE, LONGITUDE_REF);
    str status = text_of(x, GPS_STATUS);
    bool has_fix = status.len && ascii_is_alpha(status.p[0])
                       ? ascii_upper(status.p[0]) == 'A'
                       : x->found[GPS_MODE].value.p || x->found[GPS_DATE].value.p ||
                             x->found[GPS_TIME].value.p;
    img_place(&latitude, &longitude, has_fix, ret);
}

void img_exif_read(str block, struct img_meta *ret) {
    static const str prefix = S_INIT("Exif\0");
    struct exif x = {0};
    if (str_starts(block, prefix)) /* and a byte of padding */
        block = str_skip(block, prefix.len + 1);
    if (!img_tiff_open(block, &x.tiff))
        return;
    collect(&x, img_tiff_first(&x.tiff), 0, FIRST_OF_GPS);
    collect(&x, pointer(&x, EXIF_DIRECTORY), 0, FIRST_OF_GPS);
    collect(&x, pointer(&x, GPS_DIRECTORY), FIRST_OF_GPS, N_FIELDS);
    read_texts(&x, ret);
    read_date(&x, ret);
    read_numbers(&x, ret);
    read_place(&x, ret);
}
