/*
 * img/png_source: rows of a PNG. They are inflated into a window that moves, and unfiltered and brought to eight bits
 * one by one: memory is some rows, however high the picture is. An interlaced one needs all its pixels: what its seven
 * passes leave out where the file is damaged is filled from the coarser ones.
 */
#include "img/inflate.h"
#include "img/png_pixels.h"
#include "img/png_profiles.h"
#include "img/png_unfilter.h"

#include <stdio.h>

struct png_source {
    struct img_source source; /* first */
    struct img_png_walk walk;
    struct img_png_pixels pixels;
    struct img_png_profiles profiles;
};

/* ---- The head ---- */

static const char *space_name(const struct img_png_walk *walk, bool alpha) {
    static const char *const names[][2] = {[IMG_PNG_GRAY] = {"Gray", "GrayA"},
                                           [IMG_PNG_RGB] = {"RGB", "RGBA"},
                                           [IMG_PNG_PALETTE] = {"Palette", "PaletteA"},
                                           [IMG_PNG_GRAY_ALPHA] = {"Gray", "GrayA"},
                                           [IMG_PNG_RGBA] = {"RGB", "RGBA"}};
    return names[walk->type][alpha];
}

static void fill_head(struct png_source *s) {
    struct img_head *head = &s->source.head;
    img_png_pixels_init(&s->pixels, &s->walk);
    head->width = s->walk.width;
    head->height = s->walk.height;
    head->bit_depth = s->walk.depth;
    head->color_space = space_name(&s->walk, s->pixels.alpha);
    head->space = s->pixels.channels <= 2 ? IMG_GRAY : IMG_RGB;
    head->alpha = s->pixels.alpha;
    head->progressive = s->walk.interlaced;
    head->said = s->walk.said;
    head->warnings = s->walk.warnings;
}

static int png_open(str file, struct img_source **ret, char reason[IMG_REASON_MAX]) {
    struct png_source *s = mem_new(struct png_source);
    s->source.decoder = &img_png_decoder;
    *ret = &s->source;
    int r = img_png_walk(file, &s->walk, reason);
    if (s->walk.depth)
        fill_head(s);
    if (r == 0)
        img_png_profiles_read(&s->profiles, &s->walk, &s->source.head);
    return r;
}

static void png_close(struct img_source *source) {
    struct png_source *s = (struct png_source *)source;
    if (s) {
        img_png_profiles_deinit(&s->profiles);
        buf_deinit(&s->source.head.icc);
    }
    free(s);
}

static unsigned png_reduction(const struct img_source *, uint32_t, uint32_t) { return 1; }

static void png_layout(const struct img_source *source, unsigned, struct img_layout *ret) {
    const struct png_source *s = (const struct png_source *)source;
    uint32_t width = s->walk.width, height = s->walk.height;
    *ret = (struct img_layout){.n = 1};
    ret->of[0] = (struct img_component){width, height, width, height, s->pixels.channels};
}

static uint64_t out_row_bytes(const struct png_source *s) {
    return (uint64_t)s->walk.width * s->pixels.channels;
}

/* How many rows of that size are unfiltered at once: where they are large there is nothing to gain. */
static uint32_t batch_rows(uint64_t row) {
    enum { MOST = 8, FEW = 4, BYTES = 256 << 10 };
    return row * MOST <= BYTES ? MOST : row * FEW <= BYTES ? FEW : 1;
}

static uint64_t png_need(const struct img_source *source, unsigned) {
    const struct png_source *s = (const struct png_source *)source;
    uint64_t row = img_png_row_bytes(&s->pixels, s->walk.width) + 1, out = out_row_bytes(s);
    uint64_t batch = batch_rows(row);
    uint64_t need = img_inflate_bytes(row * batch) + (row + IMG_PNG_ROW_PAD) * (batch + 1) + out +
                    UINT64_C(2) * IMG_PNG_ROW_PAD;
    if (!s->walk.interlaced)
        return need;
    return out > (UINT64_MAX >> 1) / s->walk.height ? UINT64_MAX : need + out * s->walk.height;
}

/* ---- Rows ---- */

/* What decoding holds. */
struct run {
    const struct png_source *s;
    struct img_png_place place;
    unsigned warnings;
    struct img_inflate *inflate;
    /* Rows of the file that are unfiltered at once, stride apart; the one above them stands first. */
    uint8_t *rows;
    size_t stride;
    uint32_t batch;       /* that there is room for, without the one above */
    uint32_t ready, next; /* how many are there, and how many of them were given */
    uint32_t left;        /* of the pass, not yet taken from the stream */
    uint8_t *out;         /* eight bits */
    bool done;            /* a row came out of the file */
    bool stopped;
};

static bool next_piece(void *ctx, str *ret) {
    struct run *run = ctx;
    return img_png_data(run->s->walk.file, &run->place, ret, &run->warnings);
}

static void run_init(struct run *run, const struct png_source *s) {
    size_t row = img_png_row_bytes(&s->pixels, s->walk.width);
    *run = (struct run){.s = s, .place = s->walk.data, .batch = batch_rows(row)};
    run->stride = row + IMG_PNG_ROW_PAD;
    run->inflate = img_inflate_new((row + 1) * run->batch, next_piece, run);
    run->rows = mem_zalloc(run->stride * (run->batch + 1));
    run->out = mem_zalloc(out_row_bytes(s) + IMG_PNG_ROW_PAD);
}

static void run_deinit(struct run *run) {
    img_inflate_free(run->inflate);
    free(run->rows);
    free(run->out);
}

static void begin_pass(struct run *run, uint32_t height) {
    memset(run->rows, 0, run->stride);
    run->ready = run->next = 0;
    run->left = height;
}

/* False: no more will come. */
static bool next_batch(struct run *run, size_t n) {
    size_t want = run->left < run->batch ? run->left : run->batch, sound = 0;
    const uint8_t *from;
    if (run->stopped)
        return false;
    size_t got = img_inflate_take(run->inflate, want * (n + 1), &from) / (n + 1);
    while (sound < got && from[sound * (n + 1)] < IMG_PNG_FILTERS)
        sound++;
    if (sound < got)
        run->warnings |= IMG_WARN_DAMAGED; /* a filter that there is not */
    run->stopped = sound < want;
    memcpy(run->rows, run->rows + run->ready * run->stride, n);
    img_png_unfilter(run->s->pixels.bytes, from, (uint32_t)sound, run->rows,
                     run->rows + run->stride, run->stride, n);
    run->ready = (uint32_t)sound;
    run->next = 0;
    run->left -= (uint32_t)sound;
    return sound > 0;
}

/* The next row of `width` pixels, in eight bits; NULL: there is none, and none will come. */
static const uint8_t *next_row(struct run *run, uint32_t width) {
    const struct img_png_pixels *px = &run->s->pixels;
    if (run->next == run->ready && !next_batch(run, img_png_row_bytes(px, width)))
        return NULL;
    const uint8_t *row = run->rows + ++run->next * run->stride;
    run->done = true;
    if (px->as_it_is)
        return row;
    img_png_pixels_expand(px, row, run->out, width);
    return run->out;
}

static void plain_rows(struct run *run, img_row_fn *row, void *ctx) {
    const struct img_png_walk *walk = &run->s->walk;
    uint32_t y = 0;
    const uint8_t *p;
    begin_pass(run, walk->height);
    for (; y < walk->height && (p = next_row(run, walk->width)) != NULL; y++)
        row(ctx, 0, p);
    if (!run->done)
        return;
    memset(run->out, 0, out_row_bytes(run->s));
    for (; y < walk->height; y++)
        row(ctx, 0, run->out);
}

/* ---- Interlaced ---- */

/* Adam7 (PNG specification, 8.2): a pass has every dx-th column from x0 and every dy-th row from y0. */
static const struct pass {
    uint8_t x0, y0, dx, dy;
} passes[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
              {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

static uint32_t steps(uint32_t size, unsigned first, unsigned step) {
    return size > first ? (size - first + step - 1) / step : 0;
}

/* The pixels of one row of a pass, from a row of them or, without one, from the neighbours of coarser passes. */
static void put_row(const struct img_png_walk *walk, unsigned channels, const struct pass *pass,
                    uint32_t y, const uint8_t *from, uint8_t *picture) {
    size_t stride = (size_t)walk->width * channels;
    uint8_t *to = picture + y * stride + (size_t)pass->x0 * channels;
    size_t step = (size_t)pass->dx * channels;
    size_t back = pass->x0 ? (size_t)pass->x0 * channels : pass->y0 * stride;
    for (uint32_t x = pass->x0; x < walk->width; x += pass->dx, to += step) {
        if (from || back)
            memcpy(to, from ? from : to - back, channels);
        if (from)
            from += channels;
    }
}

static void read_passes(struct run *run, uint8_t *picture) {
    const struct img_png_walk *walk = &run->s->walk;
    for (size_t i = 0; i < ARRAY_LEN(passes); i++) {
        const struct pass *pass = &passes[i];
        uint32_t width = steps(walk->width, pass->x0, pass->dx);
        if (width == 0)
            continue;
        begin_pass(run, steps(walk->height, pass->y0, pass->dy));
        for (uint32_t y = pass->y0; y < walk->height; y += pass->dy)
            put_row(walk, run->s->pixels.channels, pass, y, next_row(run, width), picture);
    }
}

static void interlaced_rows(struct run *run, img_row_fn *row, void *ctx) {
    size_t stride = out_row_bytes(run->s);
    uint32_t height = run->s->walk.height;
    CLEANUP_MEM uint8_t *picture = mem_zalloc(stride * height + IMG_PLANE_PAD);
    read_passes(run, picture);
    if (run->done)
        for (uint32_t y = 0; y < height; y++)
            row(ctx, 0, picture + y * stride);
}

/* ---- The end ---- */

static int judge(struct run *run, struct img_outcome *ret, char reason[IMG_REASON_MAX]) {
    const uint8_t *more;
    if (!run->stopped)
        img_inflate_take(run->inflate, 1, &more); /* reads the end, where it is */
    enum img_inflate_end how = img_inflate_how(run->inflate);
    ret->truncated = run->stopped;
    ret->warnings = run->warnings;
    if (!run->done) {
        snprintf(reason, IMG_REASON_MAX, "%s",
                 how == IMG_INFLATE_CUT ? "The PNG ends before its first pixels"
                                        : "The PNG's picture data is damaged from its beginning");
        return IMG_E_REJECTED;
    }
    if (run->stopped && how != IMG_INFLATE_CUT)
        ret->warnings |= IMG_WARN_DAMAGED;
    if (!run->stopped && how != IMG_INFLATE_WHOLE && how != IMG_INFLATE_GOING)
        ret->warnings |= IMG_WARN_CHECKSUM;
    return 0;
}

static int png_decode(struct img_source *source, unsigned, uint64_t, img_row_fn *row, void *ctx,
                      struct img_outcome *ret, char reason[IMG_REASON_MAX]) {
    const struct png_source *s = (const struct png_source *)source;
    struct run run;
    run_init(&run, s);
    if (s->walk.interlaced)
        interlaced_rows(&run, row, ctx);
    else
        plain_rows(&run, row, ctx);
    int r = judge(&run, ret, reason);
    run_deinit(&run);
    return r;
}

const struct img_decoder img_png_decoder = {
    .open = png_open,
    .reduction = png_reduction,
    .layout = png_layout,
    .need = png_need,
    .decode = png_decode,
    .close = png_close,
};
