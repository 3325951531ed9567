/*
 * img/jpeg_apps: the application segments of a JPEG: Exif, XMP, Photoshop's resources, the pieces of a profile, the
 * multi-picture index, JFIF's and Adobe's. Each is looked at once, and none is copied but the profile.
 * Sources: CIPA DC-008 (Exif), ISO 16684-1 (XMP), Photoshop File Formats (image resources), ICC.1:2010 annex B.4,
 * CIPA DC-007 (MPF), ISO 21496-1 (gain maps), ITU-T T.871 (JFIF), T.872 (Adobe).
 */
#include "img/jpeg_priv.h"

typedef void app_fn(struct img_jpeg_apps *apps, struct img_jpeg_walk *w, str data);

/* Empty blocks are no blocks: the next one may be the camera's. */
static void take_exif(struct img_jpeg_apps *apps, struct img_jpeg_walk *w, str data) {
    (void)apps;
    if (data.len == 0)
        return;
    if (w->n_exif < IMG_EXIF_BLOCKS)
        w->exif[w->n_exif++] = data;
    else
        w->warnings |= IMG_WARN_METADATA;
}

static void take_xmp(struct img_jpeg_apps *apps, struct img_jpeg_walk *w, str data) {
    (void)apps;
    if (w->xmp.len == 0)
        w->xmp = data;
}

static void take_mpf(struct img_jpeg_apps *apps, struct img_jpeg_walk *w, str data) {
    if (w->mpf.len == 0)
        w->mpf = str_skip(apps->file, (size_t)(data.p - apps->file.p));
}

static void see_gain_map(struct img_jpeg_apps *apps, struct img_jpeg_walk *w, str data) {
    (void)apps;
    (void)data;
    w->has_gain_map_marker = true;
}

static void take_jfif(struct img_jpeg_apps *apps, struct img_jpeg_walk *w, str data) {
    (void)w;
    (void)data;
    apps->saw_jfif = true;
}

/* Version and two words of flags, two bytes each, then the transform. */
static void take_adobe(struct img_jpeg_apps *apps, struct img_jpeg_walk *w, str data) {
    (void)w;
    struct cur c = cur_of(data);
    cur_take(&c, 6);
    unsigned transform = cur_u8(&c);
    if (c.bad)
        return;
    apps->saw_adobe = true;
    apps->adobe_transform = transform;
}

/* Its number, the count of all pieces, then the bytes. Of two with one number the first is kept. */
static void take_icc(struct img_jpeg_apps *apps, struct img_jpeg_walk *w, str data) {
    (void)w;
    struct cur c = cur_of(data);
    unsigned number = cur_u8(&c), count = cur_u8(&c);
    if (c.bad || number == 0 || apps->icc[number].len > 0)
        return;
    if (apps->icc_count == 0)
        apps->icc_count = count;
    apps->icc[number] = c.s;
    apps->icc_bytes += c.s.len;
}

/*
 * "8BIM", the resource's number, its name (a length, the text, padded to an even size), then its length and bytes, padded
 * too. The one with the IPTC data sets is wanted.
 */
static void take_photoshop(struct img_jpeg_apps *apps, struct img_jpeg_walk *w, str data) {
    (void)apps;
    enum { IPTC = 0x0404 };
    struct cur c = cur_of(data);
    while (w->iptc.len == 0 && str_eq(cur_take(&c, 4), S("8BIM"))) {
        unsigned number = cur_u16(&c);
        size_t name = cur_u8(&c);
        cur_take(&c, name + (name + 1) % 2);
        size_t len = cur_u32(&c);
        if (c.bad)
            return;
        if (number == IPTC)
            w->iptc = str_slice(c.s, 0, len);
        if (len < c.s.len)
            len += len % 2;
        cur_take(&c, len);
    }
}

static const struct app {
    unsigned marker;
    str begins;
    app_fn *take;
} apps_known[] = {
    {0xE0, S_INIT("JFIF\0"), take_jfif},
    {0xE1, S_INIT("Exif\0\0"), take_exif},
    {0xE1, S_INIT("Exif\0\xFF"), take_exif}, /* some scanners' */
    {0xE1, S_INIT("http://ns.adobe.com/xap/1.0/\0"), take_xmp},
    {0xE2, S_INIT("ICC_PROFILE\0"), take_icc},
    {0xE2, S_INIT("MPF\0"), take_mpf},
    {0xE2, S_INIT("urn:iso:std:iso:ts:21496:-1\0"), see_gain_map},
    {0xED, S_INIT("Photoshop 3.0\0"), take_photoshop},
    {0xEE, S_INIT("Adobe"), take_adobe},
};

void img_jpeg_app(struct img_jpeg_apps *apps, struct img_jpeg_walk *w, unsigned marker, str data) {
    for (size_t i = 0; i < ARRAY_LEN(apps_known); i++) {
        const struct app *a = &apps_known[i];
        if (a->marker == marker && str_starts(data, a->begins)) {
            a->take(apps, w, str_skip(data, a->begins.len));
            return;
        }
    }
}

/* A profile that lacks a piece is no profile. */
static bool has_all(const struct img_jpeg_apps *apps) {
    for (unsigned i = 1; i <= apps->icc_count; i++)
        if (apps->icc[i].len == 0)
            return false;
    return apps->icc_count > 0;
}

void img_jpeg_apps_end(const struct img_jpeg_apps *apps, struct img_jpeg_walk *w) {
    if (apps->icc_bytes == 0)
        return;
    if (!has_all(apps) || apps->icc_bytes > IMG_ICC_MAX) {
        w->warnings |= IMG_WARN_PROFILE_DROPPED;
        return;
    }
    for (unsigned i = 1; i <= apps->icc_count; i++)
        buf_str(&w->icc, apps->icc[i]);
}
