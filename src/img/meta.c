/*
 * img/meta: one description of a picture from all that its file says: Exif blocks in their order, then XMP, then IPTC.
 * Caption, creator and copyright come the other way round, for those people write into XMP and IPTC and cameras into
 * Exif ("OLYMPUS DIGITAL CAMERA").
 */
#include "img/meta_priv.h"

#include "base/ascii.h"
#include "img/tiff.h"

#include <math.h>

double img_sane(double v, double most) { return v > 0 && v <= most ? v : 0; }

/* ---- Places ---- */

/*
 * Degrees with the sign of the reference, NAN for nonsense. A negative number is south or west already. Source: Exif 3.0,
 * 4.6.7 (three rationals; degrees alone, and degrees and minutes, are written too).
 */
static double degrees(const struct img_angle *a, const char *positive, const char *negative) {
    char ref = ascii_upper(a->ref);
    if (a->n == 0 || (ref != positive[0] && ref != negative[0]))
        return NAN;
    double v = fabs(a->part[0]), unit = 60;
    for (unsigned i = 1; i < a->n; i++, unit *= 60) {
        if (!(a->part[i] >= 0 && a->part[i] <= 60))
            return NAN;
        v += a->part[i] / unit;
    }
    return ref == negative[0] || a->part[0] < 0 ? -v : v;
}

void img_place(const struct img_angle *latitude, const struct img_angle *longitude, bool has_fix,
               struct img_meta *ret) {
    double north = degrees(latitude, "N", "S"), east = degrees(longitude, "E", "W");
    if (!(fabs(north) <= 90) || !(fabs(east) <= 180)) /* NAN too */
        return;
    if (north == 0 && east == 0 && !has_fix) /* what receivers say that know nothing yet */
        return;
    ret->has_gps = true;
    ret->latitude = north;
    ret->longitude = east;
}

/* ---- One description of many ---- */

static void fill_text(char *into, const char *from, size_t size) {
    if (into[0] == '\0')
        memcpy(into, from, size);
}
#define FILL_TEXT(member) fill_text(into->member, from->member, sizeof into->member)

static void fill_writing(struct img_meta *into, const struct img_meta *from) {
    FILL_TEXT(caption);
    FILL_TEXT(creator);
    FILL_TEXT(copyright);
}

/* What `into` does not know is taken from `from`. */
static void fill(struct img_meta *into, const struct img_meta *from) {
    fill_writing(into, from);
    FILL_TEXT(make);
    FILL_TEXT(model);
    FILL_TEXT(lens);
    FILL_TEXT(captured_at);
    into->orientation = into->orientation ? into->orientation : from->orientation;
    into->exposure_s = into->exposure_s != 0 ? into->exposure_s : from->exposure_s;
    into->f_number = into->f_number != 0 ? into->f_number : from->f_number;
    into->focal_mm = into->focal_mm != 0 ? into->focal_mm : from->focal_mm;
    into->iso = into->iso ? into->iso : from->iso;
    if (!into->has_gps && from->has_gps) {
        into->has_gps = true;
        into->latitude = from->latitude;
        into->longitude = from->longitude;
    }
    into->has_gain_map |= from->has_gain_map;
    into->warnings |= from->warnings;
}

/* ---- Gain maps in a second picture ---- */

enum {
    MP_ENTRY =
        0xB002, /* CIPA DC-007, 5.2.3.3: for each picture attributes, size, offset, dependents */
    MP_ENTRY_SIZE = 16,
    MP_PICTURES = 8,    /* that are looked at */
    MP_HEAD = 64 << 10, /* bytes of a picture that its metadata lies in */
};

/* What the metadata of a gain map says of it: Apple's auxiliary type, Adobe's namespace, ISO's name. */
static bool is_gain_map(str picture) {
    static const str marks[] = {S_INIT("urn:com:apple:photo:2020:aux:hdrgainmap"),
                                S_INIT("http://ns.adobe.com/hdr-gain-map/1.0/"),
                                S_INIT("urn:iso:std:iso:ts:21496:-1")};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_find(picture, marks[i]) >= 0)
            return true;
    return false;
}

static bool has_gain_map_picture(str mpf) {
    struct img_tiff t;
    if (!img_tiff_open(mpf, &t))
        return false;
    uint32_t directory = img_tiff_first(&t);
    for (uint32_t i = 0, n = img_tiff_entries(&t, directory); i < n; i++) {
        struct img_tiff_field f;
        if (!img_tiff_entry(&t, directory, i, &f) || f.tag != MP_ENTRY)
            continue;
        uint64_t at = (uint64_t)(f.value.p - mpf.p);
        for (size_t k = 1; k < MP_PICTURES && (k + 1) * MP_ENTRY_SIZE <= f.value.len; k++) {
            uint32_t size = img_tiff_number(&t, at + k * MP_ENTRY_SIZE + 4, 4);
            uint32_t from = img_tiff_number(&t, at + k * MP_ENTRY_SIZE + 8, 4);
            str picture = str_slice(mpf, from, (size_t)from + (size < MP_HEAD ? size : MP_HEAD));
            if (from && is_gain_map(picture))
                return true;
        }
        return false;
    }
    return false;
}

void img_meta_read(const struct img_head *head, struct img_meta *ret) {
    struct img_meta exif = {0}, written = {0};
    for (size_t i = 0; i < head->n_exif && i < IMG_EXIF_BLOCKS; i++) {
        struct img_meta block = {0};
        img_exif_read(head->exif[i], &block);
        fill(&exif, &block);
    }
    struct img_meta iptc = {0};
    img_xmp_read(head->xmp, &written);
    img_iptc_read(head->iptc, &iptc);
    fill(&written, &iptc);
    *ret = (struct img_meta){0};
    fill_writing(ret, &written);
    fill(ret, &exif);
    fill(ret, &written);
    ret->has_gain_map |= head->has_gain_map_marker || has_gain_map_picture(head->mpf);
    if (ret->orientation == 0)
        ret->orientation = 1;
}

/* ---- What derivatives carry ---- */

static void le(struct buf *out, uint32_t v, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf_u8(out, (uint8_t)(v >> (8 * i)));
}

/* UTF-8 in Exif's type ASCII, as the Metadata Working Group asks: readers from before Exif 3.0 know no other. */
void img_meta_tags(const struct img_meta *meta, struct buf *out) {
    enum { HEADER = 8, ENTRY = 12 };
    const struct {
        uint32_t tag;
        const char *text;
    } all[] = {{0x013B, meta->creator}, {0x8298, meta->copyright}};
    CLEANUP_DEINIT(buf) struct buf entries = {0}, values = {0};
    uint32_t n = !!meta->creator[0] + !!meta->copyright[0];
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        size_t size = strlen(all[i].text) + 1;
        if (size == 1)
            continue;
        bool inside = size <= 4;
        le(&entries, all[i].tag, 2);
        le(&entries, IMG_TIFF_ASCII, 2);
        le(&entries, (uint32_t)size, 4);
        if (!inside)
            le(&entries, HEADER + 2 + ENTRY * n + 4 + (uint32_t)values.len, 4);
        buf_add(inside ? &entries : &values, all[i].text, size);
        for (; inside && size < 4; size++)
            buf_u8(&entries, 0);
        if (values.len % 2) /* values begin at even offsets */
            buf_u8(&values, 0);
    }
    if (n == 0)
        return;
    buf_add(out, "II*\0", 4);
    le(out, HEADER, 4);
    le(out, n, 2);
    buf_str(out, buf_view(&entries));
    le(out, 0, 4);
    buf_str(out, buf_view(&values));
}
