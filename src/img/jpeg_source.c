/* img/jpeg_source: what a JPEG says of itself, how it is decoded for a wanted size, and what memory that takes. */
#include "img/jpeg_priv.h"

enum {
    /* Quality: what is left after the reduction is at least this part of the wanted size, in hundredths. */
    MARGIN_PERCENT = 133,
    COEFFICIENT_BLOCK = 64 * 2, /* bytes */
    LIBRARY_BYTES = 256 << 10,  /* libjpeg's tables and rows of pointers */
};

/* ---- The head ---- */

static const struct {
    const char *name;
    enum img_space space;
} color_words[] = {
    [IMG_JPEG_GRAY] = {"Gray", IMG_GRAY}, [IMG_JPEG_YCC] = {"YCbCr", IMG_YCC},
    [IMG_JPEG_RGB] = {"RGB", IMG_RGB},    [IMG_JPEG_CMYK] = {"CMYK", IMG_RGB},
    [IMG_JPEG_YCCK] = {"CMYK", IMG_RGB},
};

static void tell(struct img_jpeg_source *s) {
    struct img_head *h = &s->base.head;
    struct img_jpeg_walk *w = &s->walk;
    h->width = w->width;
    h->height = w->height;
    h->bit_depth = w->precision;
    h->color_space = color_words[w->colors].name;
    h->space = color_words[w->colors].space;
    h->progressive = w->progressive;
    memcpy(h->exif, w->exif, sizeof h->exif);
    h->n_exif = w->n_exif;
    h->xmp = w->xmp;
    h->iptc = w->iptc;
    h->mpf = w->mpf;
    h->has_gain_map_marker = w->has_gain_map_marker;
    h->warnings = w->warnings;
    if (w->n != 4) {
        h->icc = w->icc;
        w->icc = (struct buf){0};
        return;
    }
    /* The inks' own profile: what comes out is converted without it. */
    h->warnings |= IMG_WARN_CMYK | (w->icc.len ? IMG_WARN_CMYK_PROFILE : 0);
}

static int jpeg_open(str file, struct img_source **ret, char reason[IMG_REASON_MAX]) {
    struct img_jpeg_source *s = mem_new(struct img_jpeg_source);
    s->base.decoder = &img_jpeg_decoder;
    int r = img_jpeg_walk(file, &s->walk, reason);
    tell(s);
    *ret = &s->base;
    return r;
}

static void jpeg_close(struct img_source *source) {
    if (!source)
        return;
    struct img_jpeg_source *s = (struct img_jpeg_source *)source;
    img_jpeg_walk_deinit(&s->walk);
    buf_deinit(&s->base.head.icc);
    free(s);
}

/* ---- Reduction ---- */

static unsigned jpeg_reduction(const struct img_source *source, uint32_t width, uint32_t height) {
    const struct img_head *h = &source->head;
    unsigned r = 8;
    while (r > 1 && ((uint64_t)h->width * 100 < (uint64_t)width * r * MARGIN_PERCENT ||
                     (uint64_t)h->height * 100 < (uint64_t)height * r * MARGIN_PERCENT))
        r /= 2;
    return r;
}

/*
 * Samples on one side of which the picture covers part / whole. Of one that is an average (size < 8) and only partly
 * covered the rest is what the file has beside the picture, and that is anything (in a picture that was cut out without
 * being encoded again, what was cut off): it is left out, where it is not the only one.
 */
static uint32_t samples(uint64_t part, unsigned whole, bool average) {
    uint64_t n = part / whole;
    return (uint32_t)(n + (part % whole && (!average || n == 0)));
}

/* A component at this size has such a sample. */
static bool reaches_out(const struct img_jpeg_walk *w, const struct img_jpeg_component *of,
                        unsigned size) {
    return (uint64_t)w->width * of->h * size % (8ULL * w->max_h) != 0 ||
           (uint64_t)w->height * of->v * size % (8ULL * w->max_v) != 0;
}

/*
 * The least size (a power of two) at which a component has `halves` half times the samples of the picture reduced. Chroma
 * needs one: that is what derivatives keep of it. Where the picture is not reduced none of its samples is left out.
 */
static unsigned size_for(const struct img_jpeg_walk *w, unsigned i, unsigned reduction,
                         unsigned halves) {
    const struct img_jpeg_component *of = &w->of[i];
    unsigned size = 1;
    /* h / max_h * size / 8 >= halves / 2 / reduction, and so for v */
    while (size < 8 && (of->h * size * reduction * 2 < halves * 8 * w->max_h ||
                        of->v * size * reduction * 2 < halves * 8 * w->max_v ||
                        (reduction == 1 && reaches_out(w, of, size))))
        size *= 2;
    return size;
}

void img_jpeg_plan(const struct img_jpeg_walk *w, unsigned reduction, struct img_jpeg_plan *ret) {
    *ret = (struct img_jpeg_plan){.only_dc = true,
                                  .width = samples(w->width, reduction, reduction > 1),
                                  .height = samples(w->height, reduction, reduction > 1)};
    for (unsigned i = 0; i < w->n; i++) {
        bool chroma = w->colors == IMG_JPEG_YCC && i > 0;
        ret->size[i] = size_for(w, i, reduction, chroma ? 1 : 2);
        ret->only_dc = ret->only_dc && ret->size[i] == 1;
    }
}

void img_jpeg_samples(const struct img_jpeg_walk *w, const struct img_jpeg_plan *plan, unsigned i,
                      struct img_component *ret) {
    const struct img_jpeg_component *of = &w->of[i];
    unsigned h = of->h * plan->size[i], v = of->v * plan->size[i];
    unsigned max_h = w->max_h * 8, max_v = w->max_v * 8;
    *ret = (struct img_component){
        .width = samples((uint64_t)w->width * h, max_h, plan->size[i] < 8),
        .height = samples((uint64_t)w->height * v, max_v, plan->size[i] < 8),
        .across = (double)w->width * h / max_h,
        .down = (double)w->height * v / max_v,
        .channels = 1,
    };
}

static void jpeg_layout(const struct img_source *source, unsigned reduction,
                        struct img_layout *ret) {
    const struct img_jpeg_walk *w = &((const struct img_jpeg_source *)source)->walk;
    struct img_jpeg_plan plan;
    img_jpeg_plan(w, reduction, &plan);
    if (w->n == 4) { /* rows of RGB */
        *ret = (struct img_layout){.n = 1,
                                   .of = {{.width = plan.width,
                                           .height = plan.height,
                                           .across = (double)w->width / reduction,
                                           .down = (double)w->height / reduction,
                                           .channels = 3}}};
        return;
    }
    ret->n = w->n;
    for (unsigned i = 0; i < w->n; i++)
        img_jpeg_samples(w, &plan, i, &ret->of[i]);
}

static uint64_t round_up(uint64_t n, unsigned to) { return (n + to - 1) / to * to; }

static uint64_t jpeg_need(const struct img_source *source, unsigned reduction) {
    const struct img_jpeg_walk *w = &((const struct img_jpeg_source *)source)->walk;
    struct img_jpeg_plan plan;
    img_jpeg_plan(w, reduction, &plan);
    uint64_t sum = LIBRARY_BYTES;
    for (unsigned i = 0; i < w->n; i++) {
        const struct img_jpeg_component *of = &w->of[i];
        uint64_t across = round_up(of->blocks_x, of->h);
        sum += (across * plan.size[i] + IMG_PLANE_PAD) * of->v * plan.size[i];
        if (w->several_scans)
            sum += across * round_up(of->blocks_y, of->v) * COEFFICIENT_BLOCK;
    }
    return sum + (w->n == 4 ? (uint64_t)plan.width * 3 + IMG_PLANE_PAD : 0);
}

const struct img_decoder img_jpeg_decoder = {jpeg_open, jpeg_reduction,       jpeg_layout,
                                             jpeg_need, img_jpeg_decode_rows, jpeg_close};
