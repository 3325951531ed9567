#pragma once
/*
 * img/reduce: Lanczos with three lobes, separable, from rows as a decoder gives them to planes. The inner loops
 * are chosen at run time (AVX2, SSE4.1, NEON, plain C); all give the same bytes. The kernel ends where the input does;
 * what is flat stays exactly flat, and all else is within 0.55 of the definition in real numbers (1 where the reduction is
 * so large, 16 times down or 64 across, that averages of whole samples come first). One thread makes pictures.
 */
#include "img/planes.h"

/* The part of the input that becomes the output, in samples of the input; fractions are meant. */
struct img_window {
    double x, y, width, height;
};

/*
 * One input of `channels` interleaved samples (1 to 4) becomes as many planes of one size. It holds some rows of the
 * input, not all: as many as the filter is high. With alpha the last channel weights the others, so that what
 * is transparent bleeds no colour; where nothing is scaled the samples are copied as they are.
 */
struct img_reduce;
struct img_reduce_spec {
    uint32_t width, height; /* of the input */
    unsigned channels;
    bool alpha;
    struct img_window window;
    /*
     * Borrowed until img_reduce_free; channels of them, all of one size, at least 1 x 1. Rows come from the top, and a
     * row may be written some bytes beyond its width: into the row below, or the last one's IMG_PLANE_PAD.
     */
    struct img_plane *out[4];
};
struct img_reduce *img_reduce_new(const struct img_reduce_spec *spec);
/*
 * The next row of the input, from the top; all `height` of them must come before the planes are whole (rows
 * that the window does not need are looked at no further). row is borrowed for the call and has width * channels
 * bytes; IMG_PLANE_PAD bytes behind them may be read.
 */
void img_reduce_row(struct img_reduce *r, const uint8_t *row);
/*
 * How much memory it takes at most, within a quarter; for limits before anything is allocated. Of the planes only
 * the size is looked at.
 */
uint64_t img_reduce_bytes(const struct img_reduce_spec *spec);
struct img_reduce *img_reduce_free(struct img_reduce *r);
DEFINE_FREEP(img_reduce)

/*
 * The window of a component, in its own samples, that fills plane `plane` of `to`, where `window` is of a picture of
 * width x height samples and the component's samples cover it with across x down of theirs (struct img_component).
 * It is larger than the component where an odd side of `to` was halved: the last sample of chroma covers a
 * column that the picture does not have. orientation: what `to` is turned by afterwards (1: nothing); where that
 * puts the last column first, the missing one lies before the first.
 */
struct img_window img_component_window(const struct img_window *window, uint32_t width,
                                       uint32_t height, double across, double down,
                                       const struct img_planes *to, unsigned plane,
                                       unsigned orientation);
/*
 * Every plane of `from` into the planes of `to`, which the caller has made with the same space and alpha; window is
 * in samples of the picture (not of its chroma). With alpha all planes have one size.
 */
void img_resize_planes(const struct img_planes *from, const struct img_window *window,
                       struct img_planes *to);

/* For tests: the inner loops by name ("c", "sse4.1", "avx2", "neon"); false: this machine does not have them. */
bool img_reduce_use(const char *name);
