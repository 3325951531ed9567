#pragma once
/*
 * tests/img/meta_builder: builds Exif blocks of either byte order, XMP packets and IPTC data sets, and says what
 * img_meta_read made of them in one line: only what is known, in a fixed order.
 */
#include "cm.h"
#include "img/meta.h"

/* A field of a directory; a list of them ends with a zeroed one. */
struct field {
    uint32_t tag, type, count;
    str bytes;          /* as they stand in the file; absent: the numbers */
    uint32_t number[6]; /* count of them, of a fraction above and below */
};
#define TEXT(tag, text)                                                                            \
    {                                                                                              \
        tag, 2, sizeof(text), S_INIT(text "\0"), { 0 }                                             \
    }
#define BYTES(tag, type, text)                                                                     \
    {                                                                                              \
        tag, type, sizeof(text) - 1, S_INIT(text), { 0 }                                           \
    }
/* v may be negative. */
#define NUMBER(tag, type, v)                                                                       \
    {                                                                                              \
        tag, type, 1, {NULL, 0}, { (uint32_t)(v) }                                                 \
    }
#define FRACTION(tag, a, b)                                                                        \
    {                                                                                              \
        tag, 5, 1, {NULL, 0}, { a, b }                                                             \
    }
#define FRACTIONS(tag, type, count, ...)                                                           \
    {                                                                                              \
        tag, type, count, {NULL, 0}, { __VA_ARGS__ }                                               \
    }

struct exif_writer {
    struct buf b;
    bool big;
};

static inline void put_number(struct exif_writer *w, uint32_t v, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf_u8(&w->b, (uint8_t)(v >> (8 * (w->big ? n - 1 - i : i))));
}

static inline size_t count_fields(const struct field *fields) {
    size_t n = 0;
    while (fields && fields[n].type)
        n++;
    return n;
}

/* The bytes of f's value in the writer's order. */
static inline struct buf field_value(const struct exif_writer *of, const struct field *f) {
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 4, 1, 1, 2, 4, 4, 4, 8, 4};
    struct exif_writer w = {.big = of->big};
    buf_str(&w.b, f->bytes);
    bool fraction = f->type == 5 || f->type == 10;
    for (size_t i = 0; !f->bytes.p && i < (fraction ? 2 * f->count : f->count); i++)
        put_number(&w, f->number[i % 6], sizes[f->type]);
    return w.b;
}

/* A directory at the end of w; behind it the values of more than four bytes. */
static inline void put_directory(struct exif_writer *w, const struct field *fields) {
    size_t n = count_fields(fields), behind = w->b.len + 2 + 12 * n + 4;
    struct buf values = {0};
    put_number(w, (uint32_t)n, 2);
    for (size_t i = 0; i < n; i++) {
        struct buf value = field_value(w, &fields[i]);
        put_number(w, fields[i].tag, 2);
        put_number(w, fields[i].type, 2);
        put_number(w, fields[i].count, 4);
        if (value.len > 4)
            put_number(w, (uint32_t)(behind + values.len), 4);
        buf_str(value.len > 4 ? &values : &w->b, buf_view(&value));
        for (size_t k = value.len; k < 4; k++)
            buf_u8(&w->b, 0);
        buf_deinit(&value);
    }
    put_number(w, 0, 4);
    buf_str(&w->b, buf_view(&values));
    buf_deinit(&values);
}

/* A TIFF structure; NULL for a directory that is not there. At most 14 fields in main. */
static inline struct buf build_exif(bool big, const struct field *main, const struct field *exif,
                                    const struct field *gps) {
    struct field all[17] = {{0}};
    size_t n = count_fields(main), to_exif = n, to_gps = n + (exif ? 1 : 0);
    if (n)
        memcpy(all, main, n * sizeof *main);
    if (exif)
        all[to_exif] = (struct field)NUMBER(0x8769, 4, 0);
    if (gps)
        all[to_gps] = (struct field)NUMBER(0x8825, 4, 0);
    struct exif_writer w = {.big = big}, sized = {.big = big};
    put_directory(&sized, all);
    uint32_t at = 8 + (uint32_t)sized.b.len;
    if (exif) {
        all[to_exif].number[0] = at;
        sized.b.len = 0;
        put_directory(&sized, exif);
        at += (uint32_t)sized.b.len;
    }
    if (gps)
        all[to_gps].number[0] = at;
    buf_deinit(&sized.b);
    buf_add(&w.b, big ? "MM\0*" : "II*\0", 4);
    put_number(&w, 8, 4);
    put_directory(&w, all);
    if (exif)
        put_directory(&w, exif);
    if (gps)
        put_directory(&w, gps);
    return w.b;
}

/* ---- XMP and IPTC ---- */

#define XMP_NAMES                                                                                  \
    " xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:tiff='http://ns.adobe.com/tiff/1.0/'"      \
    " xmlns:exif='http://ns.adobe.com/exif/1.0/' xmlns:exifEX='http://cipa.jp/exif/1.0/'"          \
    " xmlns:aux='http://ns.adobe.com/exif/1.0/aux/' xmlns:xmp='http://ns.adobe.com/xap/1.0/'"      \
    " xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/'"                                        \
    " xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/'"
#define XMP_OPEN                                                                                   \
    "<?xpacket begin='\xEF\xBB\xBF' id='W5M0MpCehiHzreSzNTczkc9d'?>"                               \
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "                                                \
    "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
#define XMP_CLOSE "</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
/* A packet of one description: its attributes, its elements. */
#define XMP(attributes, elements)                                                                  \
    XMP_OPEN "<rdf:Description rdf:about=''" XMP_NAMES " " attributes ">" elements                 \
             "</rdf:Description>" XMP_CLOSE

static inline void put_iptc(struct buf *b, unsigned record, unsigned number, str value) {
    buf_u8(b, 0x1C);
    buf_u8(b, (uint8_t)record);
    buf_u8(b, (uint8_t)number);
    buf_u16(b, (uint16_t)value.len);
    buf_str(b, value);
}

/* ---- What came of it ---- */

static inline void describe_text(struct buf *b, const char *name, const char *text) {
    if (text[0])
        buf_printf(b, "%s=%s|", name, text);
}

static inline void describe_number(struct buf *b, const char *name, double v) {
    if (v != 0)
        buf_printf(b, "%s=%.7g|", name, v);
}

/* "make=Canon|orientation=6|"; empty: nothing is known. */
static inline struct buf describe(const struct img_meta *m) {
    struct buf b = {0};
    describe_number(&b, "orientation", m->orientation == 1 ? 0 : (double)m->orientation);
    describe_text(&b, "make", m->make);
    describe_text(&b, "model", m->model);
    describe_text(&b, "lens", m->lens);
    describe_text(&b, "creator", m->creator);
    describe_text(&b, "caption", m->caption);
    describe_text(&b, "copyright", m->copyright);
    describe_text(&b, "at", m->captured_at);
    describe_number(&b, "exposure", m->exposure_s);
    describe_number(&b, "f", m->f_number);
    describe_number(&b, "focal", m->focal_mm);
    describe_number(&b, "iso", m->iso);
    if (m->has_gps)
        buf_printf(&b, "place=%.7g,%.7g|", m->latitude, m->longitude);
    if (m->has_gain_map)
        buf_c(&b, "gainmap|");
    describe_number(&b, "warnings", m->warnings);
    return b;
}

static inline void check_meta(const struct img_head *head, const char *want, const char *name) {
    struct img_meta m;
    img_meta_read(head, &m);
    CLEANUP_DEINIT(buf) struct buf got = describe(&m);
    if (!str_is(buf_view(&got), want))
        CHECK_FAILED(__FILE__, __LINE__, "[%s]\ngot  \"%s\"\nwant \"%s\"\n", name, buf_cstr(&got),
                     want);
}
