/* img/derive: the worker's job from bytes to answer. */
#include "img/derive.h"

#include "base/clock.h"
#include "img/exif.h"
#include "img/jpeg.h"
#include "img/look.h"
#include "img/png.h"
#include "img/resize.h"

#include <stdio.h>

typedef int decode_fn(str file, const struct img_limits *limits, struct img_decoded *ret);

/*
 * By content, never by name. What we know but do not decode is named, so that the reason helps.
 * Sources: the formats' own specifications.
 */
static const struct kind {
    size_t at;
    str magic;
    const char *name; /* for the item */
    decode_fn *decode;
    const char *reason;
} kinds[] = {
    {0, S_INIT("\xFF\xD8\xFF"), "jpeg", img_jpeg_decode, NULL},
    {0, S_INIT("\x89PNG\r\n\x1A\n"), "png", img_png_decode, NULL},
    {0, S_INIT("GIF8"), "gif", NULL, "a GIF picture"},
    {8, S_INIT("WEBP"), "webp", NULL, "a WebP picture"},
    {4, S_INIT("ftypheic"), "heic", NULL, "an HEIC picture"},
    {4, S_INIT("ftypmif1"), "heif", NULL, "an HEIF picture"},
    {4, S_INIT("ftypavif"), "avif", NULL, "an AVIF picture"},
    {4, S_INIT("ftyp"), "mp4", NULL, "an MP4 or QuickTime file"},
    {0, S_INIT("II*\0"), "tiff", NULL, "a TIFF picture"},
    {0, S_INIT("MM\0*"), "tiff", NULL, "a TIFF picture"},
    {0, S_INIT("BM"), "bmp", NULL, "a BMP picture"},
    {0, S_INIT("%PDF"), "pdf", NULL, "a PDF document"},
    {0, S_INIT("PK\x03\x04"), "zip", NULL, "a zip archive"},
};

static const struct kind *kind_of(str file) {
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_starts(str_skip(file, kinds[i].at), kinds[i].magic))
            return &kinds[i];
    return NULL;
}

struct work {
    const struct imgjob_request *request;
    str file;
    struct img_sink *sink;
    bool unread; /* the sink takes no more */
    struct imgjob_result result;
    struct img_decoded decoded;
    struct img_exif exif;
    char reason[IMGJOB_MAX_TEXT];
    char placeholder[IMG_BLURHASH_LEN + 1], phash[17];
    struct buf warnings;
};

static void reject(struct work *w, const char *text) {
    w->result.status = IMGJOB_REJECTED;
    snprintf(w->reason, sizeof w->reason, "%s", text);
    w->result.reason = str_c(w->reason);
}

static bool is_text(str file) {
    str front = str_slice(file, 0, 512);
    for (size_t i = 0; i < front.len; i++) {
        unsigned char c = (unsigned char)front.p[i];
        if (c < 0x20 && c != '\n' && c != '\r' && c != '\t')
            return false;
    }
    return true;
}

static const struct kind *probe(struct work *w) {
    const struct kind *kind = kind_of(w->file);
    char text[IMGJOB_MAX_TEXT];
    if (w->file.len == 0) {
        reject(w, "The file is empty");
    } else if (!kind) {
        reject(w, is_text(w->file) ? "Not an image: the file is text"
                                   : "Not an image: the content is no known picture format");
    } else if (!kind->decode) {
        snprintf(text, sizeof text, "This is %s; JPEG and PNG pictures are processed",
                 kind->reason);
        w->result.format = str_c(kind->name);
        reject(w, text);
    } else {
        w->result.format = str_c(kind->name);
        return kind;
    }
    return NULL;
}

static void warn(struct work *w, const char *word) {
    if (w->warnings.len)
        buf_char(&w->warnings, ',');
    buf_c(&w->warnings, word);
}

/* What the file says of itself, from the decoder and from Exif. */
static void describe(struct work *w) {
    struct imgjob_result *r = &w->result;
    const struct img_decoded *d = &w->decoded;
    img_exif_parse(buf_view(&w->decoded.exif), &w->exif);
    bool turned = w->exif.orientation >= 5;
    r->width = turned ? d->height : d->width;
    r->height = turned ? d->width : d->height;
    r->orientation = w->exif.orientation;
    r->bit_depth = d->bit_depth;
    r->color_space = str_c(d->color_space);
    r->truncated = d->truncated;
    r->make = str_c(w->exif.make);
    r->model = str_c(w->exif.model);
    r->captured_at = str_c(w->exif.captured_at);
    if (w->request->keep_gps && w->exif.has_gps) {
        r->latitude = w->exif.latitude;
        r->longitude = w->exif.longitude;
    }
    if (d->damaged)
        warn(w, "damaged-data");
    if (d->from_cmyk)
        warn(w, "cmyk-converted");
}

static bool is_opaque(const struct img_raster *r) {
    if (r->channels != 4)
        return true;
    for (size_t i = 0, n = (size_t)r->width * r->height; i < n; i++)
        if (r->px[4 * i + 3] != 255)
            return false;
    return true;
}

static void drop_alpha(struct img_raster *r) {
    if (r->channels != 4)
        return;
    for (size_t i = 0, n = (size_t)r->width * r->height; i < n; i++)
        memmove(r->px + 3 * i, r->px + 4 * i, 3);
    r->channels = 3;
}

static void send(struct work *w, str bytes) {
    w->unread = w->unread || !w->sink->take(w->sink, bytes);
}

static void encode(struct work *w, const struct img_raster *raster, uint32_t wish) {
    CLEANUP_DEINIT(buf) struct buf head = {0}, body = {0};
    bool transparent = raster->channels == 4;
    if (transparent)
        img_png_encode(raster, buf_view(&w->decoded.icc), &body);
    else
        img_jpeg_encode(raster, w->request->wishes[wish].quality, buf_view(&w->decoded.icc), &body);
    struct imgjob_derivative d = {wish, raster->width, raster->height,
                                  transparent ? S("image/png") : S("image/jpeg"), body.len};
    imgjob_put_derivative(&head, &d);
    send(w, buf_view(&head));
    send(w, buf_view(&body));
}

static uint32_t edge(const struct work *w, uint32_t wish) {
    const struct imgjob_wish *box = &w->request->wishes[wish];
    return box->width < box->height ? box->width : box->height;
}

/* The wishes' places, the largest first. */
static void order(const struct work *w, uint32_t ret[IMGJOB_MAX_DERIVATIVES]) {
    for (uint32_t i = 0; i < w->request->n; i++) {
        uint32_t at = i;
        for (; at > 0 && edge(w, ret[at - 1]) < edge(w, i); at--)
            ret[at] = ret[at - 1];
        ret[at] = i;
    }
}

/* Each derivative is reduced from the one before it: the first from the decoded picture. */
static void derive(struct work *w) {
    struct img_raster at = w->decoded.raster;
    w->decoded.raster = (struct img_raster){0};
    uint32_t wishes[IMGJOB_MAX_DERIVATIVES];
    order(w, wishes);
    if (is_opaque(&at))
        drop_alpha(&at);
    for (size_t i = 0; i < w->request->n && !w->unread; i++) {
        int64_t start = clock_mono_ns();
        struct img_raster next;
        uint32_t width, height;
        img_fit(at.width, at.height, edge(w, wishes[i]), &width, &height);
        img_resize(&at, width, height, &next);
        img_raster_deinit(&at);
        at = next;
        if (i == 0)
            img_orient(&at, w->exif.orientation);
        int64_t resized = clock_mono_ns();
        encode(w, &at, wishes[i]);
        w->result.resize_us += (uint64_t)(resized - start) / 1000;
        w->result.encode_us += (uint64_t)(clock_mono_ns() - resized) / 1000;
    }
    snprintf(w->phash, sizeof w->phash, "%016llx", (unsigned long long)img_phash(&at));
    w->result.phash = str_c(w->phash);
    img_blurhash(&at, w->placeholder);
    w->result.placeholder = str_c(w->placeholder);
    img_raster_deinit(&at);
}

static void process(struct work *w) {
    const struct kind *kind = probe(w);
    if (!kind)
        return;
    uint32_t least = 1;
    for (uint32_t i = 0; i < w->request->n; i++)
        least = edge(w, i) > least ? edge(w, i) : least;
    struct img_limits limits = {w->request->max_pixels, least};
    int64_t start = clock_mono_ns();
    int r = kind->decode(w->file, &limits, &w->decoded);
    w->result.decode_us = (uint64_t)(clock_mono_ns() - start) / 1000;
    describe(w);
    if (r != 0)
        reject(w, w->decoded.reason);
    else
        derive(w);
}

bool img_process(const struct imgjob_request *request, str file, struct img_sink *sink) {
    CLEANUP_DEINIT(buf) struct buf last = {0};
    struct work w = {.request = request,
                     .file = file,
                     .sink = sink,
                     .result = imgjob_result_none()};
    w.result.orientation = 1;
    process(&w);
    w.result.warnings = buf_view(&w.warnings);
    imgjob_put_result(&last, &w.result);
    send(&w, buf_view(&last));
    buf_deinit(&w.warnings);
    img_decoded_deinit(&w.decoded);
    return !w.unread;
}
