/* img/cascade: the order of derivatives, cutting and resizing, and encoding. */
#include "img/cascade.h"

#include "base/clock.h"

#include <string.h>

/* The longer side of what is looked at, where the picture has as much: no less, whatever is wished. */
enum { LOOK_EDGE = 128 };

static uint64_t pixels(uint32_t width, uint32_t height) { return (uint64_t)width * height; }
static uint32_t longer(uint32_t a, uint32_t b) { return a > b ? a : b; }

struct img_cascade img_cascade_of(uint32_t width, uint32_t height,
                                  const struct imgjob_request *request) {
    static const struct imgjob_wish look = {LOOK_EDGE, LOOK_EDGE, IMGJOB_INSIDE, 1};
    struct img_fit least = img_fit_of(width, height, &look);
    struct img_cascade c = {.n = request->n, .width = least.width, .height = least.height};
    for (uint32_t i = 0; i < request->n; i++) {
        struct img_fit fit = img_fit_of(width, height, &request->wishes[i]);
        uint64_t size = pixels(fit.full_width, fit.full_height);
        size_t at = i;
        for (; at > 0 &&
               pixels(c.steps[at - 1].fit.full_width, c.steps[at - 1].fit.full_height) < size;
             at--)
            c.steps[at] = c.steps[at - 1];
        c.steps[at] = (struct img_cascade_step){i, fit, request->wishes[i].quality};
        if (size > pixels(c.width, c.height)) {
            c.width = fit.full_width;
            c.height = fit.full_height;
        }
    }
    return c;
}

uint64_t img_cascade_bytes(const struct img_cascade *cascade, enum img_space space, bool alpha) {
    bool ycc = !alpha && space != IMG_GRAY;
    enum img_space made = ycc ? IMG_YCC : space;
    /* The picture and a turned or coloured one beside it, of which each sample may have all colours. */
    uint64_t before = 2 * img_planes_bytes(space, alpha, cascade->width, cascade->height, 1, 1);
    uint64_t most = before;
    uint64_t picture = img_planes_bytes(made, alpha, cascade->width, cascade->height, 2, 2);
    for (size_t i = 0; i < cascade->n; i++) {
        const struct img_fit *fit = &cascade->steps[i].fit;
        /* A part, its canvas, and twice its size for what is encoded: it grows while it is written. */
        uint64_t canvas =
            img_planes_bytes(made, alpha, fit->canvas_width, fit->canvas_height, 2, 2);
        uint64_t bytes =
            picture + img_planes_bytes(made, alpha, fit->width, fit->height, 2, 2) + 3 * canvas;
        most = bytes > most ? bytes : most;
    }
    return most;
}

/* ---- One derivative ---- */
struct run {
    const struct img_cascade_job *job;
    struct img_look *look;
    bool looked;
    struct img_cascade_times *times;
    struct buf body; /* of the last derivative; its memory is kept: the largest comes first */
    const struct img_cascade_step *last;
    struct imgjob_derivative sent;
};

static void like(const struct img_planes *p, uint32_t width, uint32_t height,
                 struct img_planes *ret) {
    img_planes_init(ret, p->space, p->alpha, width, height, 2, 2);
}

static void fill(struct img_planes *p, unsigned plane, int value) {
    memset(p->plane[plane].px, value, p->plane[plane].stride * p->plane[plane].height);
}

/*
 * In the middle of white, or of nothing where the picture may be seen through. Chroma of IMG_YCC begins on its samples:
 * at even places.
 */
static void put_on_canvas(const struct img_planes *drawn, uint32_t width, uint32_t height,
                          struct img_planes *ret) {
    like(drawn, width, height, ret);
    uint32_t even = drawn->space == IMG_YCC ? ~1u : ~0u;
    uint32_t x = (width - drawn->width) / 2 & even, y = (height - drawn->height) / 2 & even;
    for (unsigned i = 0; i < ret->n; i++) {
        const struct img_plane *from = &drawn->plane[i];
        bool chroma = ret->space == IMG_YCC && i > 0;
        if (!ret->alpha)
            fill(ret, i, chroma ? 128 : 255);
        struct img_plane *to = &ret->plane[i];
        uint8_t *at = to->px + (chroma ? y / 2 : y) * to->stride + (chroma ? x / 2 : x);
        for (uint32_t row = 0; row < from->height; row++)
            memcpy(at + row * to->stride, from->px + row * from->stride, from->width);
    }
}

/* Several boxes may give one size: of a picture that is smaller than all of them, say. */
static bool is_last_again(const struct run *run, const struct img_cascade_step *step) {
    if (!run->last || run->last->quality != step->quality)
        return false;
    const struct img_fit *a = &run->last->fit, *b = &step->fit;
    return a->width == b->width && a->height == b->height && a->whole == b->whole &&
           a->part.width == b->part.width && a->part.height == b->part.height &&
           a->canvas_width == b->canvas_width && a->canvas_height == b->canvas_height;
}

static bool encode(struct run *run, const struct img_cascade_step *step,
                   const struct img_planes *p) {
    int64_t start = clock_mono_ns();
    buf_clear(&run->body);
    if (p->alpha)
        img_encode_png(p, run->job->tags, &run->body);
    else
        img_encode_jpeg(p, step->quality, run->job->tags, &run->body);
    run->last = step;
    run->sent =
        (struct imgjob_derivative){step->wish, p->width, p->height,
                                   p->alpha ? S("image/png") : S("image/jpeg"), run->body.len};
    run->times->encode_us += (uint64_t)(clock_mono_ns() - start) / 1000;
    return run->job->take(run->job->ctx, &run->sent, buf_view(&run->body));
}

static void look(struct run *run, const struct img_planes *whole) {
    if (!run->looked)
        img_look(whole, run->look);
    run->looked = true;
}

/* The whole picture becomes a smaller one. What it looks like is seen while there is enough of it. */
static void shrink(struct run *run, uint32_t width, uint32_t height, struct img_planes *whole) {
    if (width == whole->width && height == whole->height)
        return;
    if (longer(width, height) < LOOK_EDGE)
        look(run, whole);
    struct img_window all = {0, 0, whole->width, whole->height};
    struct img_planes smaller;
    like(whole, width, height, &smaller);
    img_resize_planes(whole, &all, &smaller);
    img_planes_deinit(whole);
    *whole = smaller;
}

static void cut(const struct run *run, const struct img_fit *fit, const struct img_planes *whole,
                struct img_planes *ret) {
    double x = (double)whole->width / run->job->width, y = (double)whole->height / run->job->height;
    struct img_window part = {fit->part.x * x, fit->part.y * y, fit->part.width * x,
                              fit->part.height * y};
    like(whole, fit->width, fit->height, ret);
    img_resize_planes(whole, &part, ret);
}

static bool make(struct run *run, const struct img_cascade_step *step, struct img_planes *whole) {
    const struct img_fit *fit = &step->fit;
    if (is_last_again(run, step)) {
        run->sent.wish = step->wish;
        return run->job->take(run->job->ctx, &run->sent, buf_view(&run->body));
    }
    int64_t start = clock_mono_ns();
    CLEANUP_DEINIT(img_planes) struct img_planes part = {0}, canvas = {0};
    const struct img_planes *shown = whole;
    if (fit->whole) {
        shrink(run, fit->width, fit->height, whole);
    } else {
        cut(run, fit, whole, &part);
        shown = &part;
    }
    if (fit->canvas_width != shown->width || fit->canvas_height != shown->height) {
        put_on_canvas(shown, fit->canvas_width, fit->canvas_height, &canvas);
        shown = &canvas;
    }
    run->times->resize_us += (uint64_t)(clock_mono_ns() - start) / 1000;
    return encode(run, step, shown);
}

bool img_cascade_run(const struct img_cascade *cascade, const struct img_cascade_job *job,
                     struct img_planes *picture, struct img_look *ret_look,
                     struct img_cascade_times *times) {
    struct run run = {.job = job, .look = ret_look, .times = times};
    bool more = true;
    for (size_t i = 0; i < cascade->n && more; i++)
        more = make(&run, &cascade->steps[i], picture);
    look(&run, picture);
    buf_deinit(&run.body);
    return more;
}
