/*
 * img/reduce: rows of the input become lines (averages of several rows and columns where the reduction is
 * large), two lines a pair in a ring as long as the kernel is high. When the pairs of an output row are
 * there they are added up into one row, whose channels come apart and are added up along it. Down comes
 * first, for it takes whole vectors of neighbours and leaves fewer rows to the second pass.
 */
#include "img/reduce_priv.h"

#include <math.h>
#include <string.h>

struct img_reduce {
    struct img_reduce_spec spec;
    const struct img_loops *loops;
    uint32_t row, out_row; /* the next ones */
    bool copy;             /* nothing is scaled */
    uint32_t copy_x, copy_y;

    struct img_taps x, y;
    struct img_across across;
    int32_t *down; /* weights by pairs, n_pairs of each output row */
    size_t n_pairs;
    uint32_t *first_pair, *last_pair; /* of each output row */

    uint32_t line;     /* that is made */
    size_t samples;    /* of a line: its columns, interleaved */
    uint32_t box_rows; /* that are in the sums */
    uint32_t *sums;    /* of a box's rows, of every column of the input that is needed */
    int16_t *wide;     /* a row with LINE_BITS, before it is averaged */
    uint8_t *even8;    /* the even line of a pair: as bytes where a row is a line */
    int16_t *even16, *line16;

    int16_t **ring;
    size_t ring_pairs;
    int16_t *middle, *apart[4], *sums_of[4];
};

static size_t blocks(size_t n, size_t of) { return (n + of - 1) / of; }
/* Buffers of lines may be read a whole kernel beyond their end, with weights of zero. */
static size_t line_room(size_t n) {
    return blocks(n + TAPS_ACROSS + ACROSS_TAPS, LINE_BLOCK) * LINE_BLOCK;
}
static void *lines_new(size_t n, size_t size) { return mem_zalloc(line_room(n) * size); }

/* ---- How it is made ---- */

/* Whether a side of the window is that of the output, sample for sample; fractions may have lost some bits. */
static bool is_copied(double begin, double length, uint32_t from, uint32_t to) {
    static const double lost = 1e-6;
    double whole = rint(begin);
    return fabs(begin - whole) < lost && fabs(length - to) < lost && whole >= 0 &&
           whole + to <= from;
}
static bool is_copy(const struct img_reduce_spec *s) {
    const struct img_window *w = &s->window;
    return is_copied(w->x, w->width, s->width, s->out[0]->width) &&
           is_copied(w->y, w->height, s->height, s->out[0]->height);
}

/* Weights of columns in the order of struct img_across; the columns that nobody reads are left out of lines. */
static void make_across(struct img_reduce *r) {
    struct img_across *a = &r->across;
    const struct img_taps *t = &r->x;
    a->blocks = blocks(t->out, ACROSS_BLOCK);
    a->groups = blocks(t->n, ACROSS_TAPS);
    a->first = mem_zalloc(a->blocks * ACROSS_BLOCK * sizeof *a->first);
    size_t of_block = a->groups * ACROSS_BLOCK * ACROSS_TAPS;
    a->weights = mem_zalloc(a->blocks * of_block * sizeof *a->weights);
    for (size_t at = 0; at < t->out; at++) {
        size_t block = at / ACROSS_BLOCK, i = at % ACROSS_BLOCK;
        a->first[at] = t->first[at] - t->begin;
        for (size_t k = 0; k < t->n; k++)
            a->weights[block * of_block +
                       ((k / ACROSS_TAPS * 4 + i % 4) * 2 + i / 4) * ACROSS_TAPS +
                       k % ACROSS_TAPS] = t->weights[at * t->n + k];
    }
}

/* Weights of lines by pairs; pairs are counted from the first line that is needed. */
static void make_down(struct img_reduce *r) {
    const struct img_taps *t = &r->y;
    r->n_pairs = t->n / 2 + 1;
    r->down = mem_zalloc(t->out * r->n_pairs * sizeof *r->down);
    r->first_pair = mem_alloc(t->out * sizeof *r->first_pair);
    r->last_pair = mem_alloc(t->out * sizeof *r->last_pair);
    uint32_t latest = 0;
    for (size_t at = 0; at < t->out; at++) {
        uint32_t first = t->first[at] - t->begin, last = first / 2;
        for (uint32_t k = 0; k < t->n; k++) {
            uint16_t weight = (uint16_t)t->weights[at * t->n + k];
            uint32_t line = first + k, pair = line / 2;
            if (weight)
                last = pair;
            r->down[at * r->n_pairs + pair - first / 2] |=
                (int32_t)((uint32_t)weight << (line % 2 * 16));
        }
        r->first_pair[at] = first / 2;
        r->last_pair[at] = last;
        latest =
            last > latest ? last : latest; /* weights of zero can make a later row end earlier */
        if (latest - first / 2 + 1 > r->ring_pairs)
            r->ring_pairs = latest - first / 2 + 1;
    }
}

static bool has_boxes(const struct img_taps *x, const struct img_taps *y) {
    return x->box > 1 || y->box > 1;
}
/* Samples of the input's rows from the first to the last that is needed. */
static size_t columns_in(const struct img_reduce_spec *s, const struct img_taps *x) {
    uint64_t begin = (uint64_t)x->begin * x->box, end = (uint64_t)x->end * x->box;
    return (size_t)((end < s->width ? end : s->width) - begin) * s->channels;
}

static void make_lines(struct img_reduce *r) {
    unsigned channels = r->spec.channels;
    size_t columns = r->x.end - r->x.begin;
    r->samples = columns * channels;
    r->ring = mem_alloc(r->ring_pairs * sizeof *r->ring);
    for (size_t i = 0; i < r->ring_pairs; i++)
        r->ring[i] = lines_new(r->samples, 2 * sizeof *r->ring[i]);
    r->middle = lines_new(columns, channels * sizeof *r->middle);
    if (has_boxes(&r->x, &r->y))
        r->sums = lines_new(columns_in(&r->spec, &r->x), sizeof *r->sums);
    if (has_boxes(&r->x, &r->y) || r->spec.alpha) {
        r->wide = lines_new(columns_in(&r->spec, &r->x), sizeof *r->wide);
        r->even16 = lines_new(r->samples, sizeof *r->even16);
        r->line16 = lines_new(r->samples, sizeof *r->line16);
    } else {
        r->even8 = lines_new(r->samples, sizeof *r->even8);
    }
    for (unsigned c = 0; c < channels && channels > 1; c++)
        r->apart[c] = lines_new(columns, sizeof *r->apart[c]);
    for (unsigned c = 0; c < channels && r->spec.alpha; c++)
        r->sums_of[c] = lines_new(r->spec.out[0]->width, sizeof *r->sums_of[c]);
}

struct img_reduce *img_reduce_new(const struct img_reduce_spec *spec) {
    struct img_reduce *r = mem_new(struct img_reduce);
    const struct img_window *w = &spec->window;
    r->spec = *spec;
    r->loops = img_loops_get();
    r->copy = is_copy(spec);
    if (r->copy) {
        r->copy_x = (uint32_t)rint(w->x);
        r->copy_y = (uint32_t)rint(w->y);
        return r;
    }
    img_taps_init(&r->x, spec->width, w->x, w->width, spec->out[0]->width, LEAVES_ACROSS);
    img_taps_init(&r->y, spec->height, w->y, w->height, spec->out[0]->height, LEAVES_DOWN);
    make_across(r);
    make_down(r);
    make_lines(r);
    return r;
}

struct img_reduce *img_reduce_free(struct img_reduce *r) {
    if (!r)
        return NULL;
    img_taps_deinit(&r->x);
    img_taps_deinit(&r->y);
    free(r->across.first);
    free(r->across.weights);
    free(r->down);
    free(r->first_pair);
    free(r->last_pair);
    free(r->sums);
    free(r->wide);
    free(r->even8);
    free(r->even16);
    free(r->line16);
    for (size_t i = 0; r->ring && i < r->ring_pairs; i++)
        free(r->ring[i]);
    free(r->ring);
    free(r->middle);
    for (size_t c = 0; c < ARRAY_LEN(r->apart); c++) {
        free(r->apart[c]);
        free(r->sums_of[c]);
    }
    free(r);
    return NULL;
}

uint64_t img_reduce_bytes(const struct img_reduce_spec *s) {
    const struct img_window *w = &s->window;
    uint64_t bytes = sizeof(struct img_reduce);
    if (is_copy(s))
        return bytes;
    struct img_taps x = img_taps_measure(s->width, w->x, w->width, s->out[0]->width, LEAVES_ACROSS);
    struct img_taps y =
        img_taps_measure(s->height, w->y, w->height, s->out[0]->height, LEAVES_DOWN);
    uint64_t width = blocks(x.out, ACROSS_BLOCK) * ACROSS_BLOCK, columns = x.end - x.begin;
    uint64_t taps = blocks(x.n, ACROSS_TAPS) * ACROSS_TAPS, pairs = y.n / 2 + 1;
    bytes += width * ((x.n + taps) * sizeof *x.weights + 2 * sizeof *x.first);
    bytes += y.out * (y.n * sizeof *y.weights + pairs * sizeof(int32_t) + 3 * sizeof *y.first);
    uint64_t line = line_room(columns * s->channels) * sizeof(int16_t);
    bytes += (pairs + 1) * (2 * line + sizeof(int16_t *));
    if (has_boxes(&x, &y))
        bytes += line_room(columns_in(s, &x)) * sizeof(uint32_t);
    if (has_boxes(&x, &y) || s->alpha)
        bytes += line_room(columns_in(s, &x)) * sizeof(int16_t) + 2 * line;
    else
        bytes += line / 2;
    bytes += line_room(columns) * s->channels * sizeof(int16_t) * (s->channels > 1 ? 2 : 1);
    return bytes + (s->alpha ? s->channels * line_room(x.out) * sizeof(int16_t) : 0);
}

/* ---- Rows to lines ---- */

static void copy_row(struct img_reduce *r, uint32_t at, const uint8_t *row) {
    unsigned channels = r->spec.channels;
    row += (size_t)r->copy_x * channels;
    for (unsigned c = 0; c < channels; c++) {
        const struct img_plane *p = r->spec.out[c];
        uint8_t *out = p->px + at * p->stride;
        if (channels == 1)
            memcpy(out, row, p->width);
        else
            for (size_t i = 0; i < p->width; i++)
                out[i] = row[i * channels + c];
    }
}

/*
 * The averages of boxes that are a column wide, with LINE_BITS (which alpha's products have already). The factor is a
 * little larger than it should be, so that what is flat stays exactly what it is when the fraction is cut off.
 */
static void average_rows(struct img_reduce *r, size_t columns) {
    float by = (r->spec.alpha ? 1.000001F : 128.0001F) / (float)r->box_rows;
    for (size_t i = 0; i < columns; i++)
        r->line16[i] = (int16_t)(int32_t)((float)(int32_t)r->sums[i] * by);
}

/* The same of larger ones: a product with a power of two over the number of samples instead of a division. */
static void average_boxes(struct img_reduce *r, size_t columns) {
    enum { BITS = 46 };
    unsigned channels = r->spec.channels, shift = r->spec.alpha ? BITS : BITS + LINE_BITS;
    size_t step = (size_t)r->x.box * channels;
    int16_t *line = r->line16;
    for (size_t begin = 0; begin < columns; begin += step) {
        size_t end = begin + step < columns ? begin + step : columns;
        uint64_t n = (end - begin) / channels * r->box_rows;
        uint64_t by = (((uint64_t)1 << shift) + n - 1) / n;
        for (unsigned c = 0; c < channels; c++) {
            uint64_t sum = 0;
            for (size_t i = begin + c; i < end; i += channels)
                sum += r->sums[i];
            *line++ = (int16_t)((sum * by) >> BITS);
        }
    }
}

/* Adds a row to its box; true with the averages in line16 when that was the box's last row. */
static bool box_up(struct img_reduce *r, const uint8_t *row, size_t columns) {
    if (r->box_rows == 0)
        memset(r->sums, 0, columns * sizeof *r->sums);
    if (r->spec.alpha) {
        r->loops->multiply(row, r->spec.channels, r->wide, columns);
        r->loops->add16(r->wide, r->sums, columns);
    } else {
        r->loops->add8(row, r->sums, columns);
    }
    if (++r->box_rows < r->y.box && r->row < r->spec.height)
        return false;
    (r->x.box == 1 ? average_rows : average_boxes)(r, columns);
    r->box_rows = 0;
    return true;
}

/* ---- Lines to output ---- */

static void round_line(const int16_t *in, uint8_t *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int v = (in[i] + (1 << (MIDDLE_BITS - 1))) >> MIDDLE_BITS;
        out[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

/* A block may write up to ACROSS_BLOCK - 1 samples more than the row has: what is behind it comes later. */
static void across(struct img_reduce *r, uint32_t at) {
    unsigned channels = r->spec.channels;
    struct img_plane *const *out = r->spec.out;
    const int16_t *const in[4] = {channels > 1 ? r->apart[0] : r->middle, r->apart[1], r->apart[2],
                                  r->apart[3]};
    if (channels > 1)
        r->loops->apart(r->middle, channels, r->apart, r->samples / channels);
    for (unsigned c = 0; c < channels; c++)
        if (r->spec.alpha)
            r->loops->across16(in[c], &r->across, r->sums_of[c]);
        else
            r->loops->across8(in[c], &r->across, out[c]->px + at * out[c]->stride);
    if (!r->spec.alpha)
        return;
    const int16_t *alpha = r->sums_of[channels - 1];
    for (unsigned c = 0; c + 1 < channels; c++)
        r->loops->divide(r->sums_of[c], alpha, out[c]->px + at * out[c]->stride, out[c]->width);
    struct img_plane *last = out[channels - 1];
    round_line(alpha, last->px + at * last->stride, last->width);
}

/* All output rows that need no pair after this one. */
static void put_rows(struct img_reduce *r, uint32_t pair) {
    for (; r->out_row < r->y.out && r->last_pair[r->out_row] <= pair; r->out_row++) {
        const int16_t *pairs[TAPS_DOWN / 2 + 1];
        uint32_t first = r->first_pair[r->out_row];
        size_t n = r->last_pair[r->out_row] - first + 1;
        for (size_t i = 0; i < n; i++)
            pairs[i] = r->ring[(first + i) % r->ring_pairs];
        r->loops->down(pairs, r->down + r->out_row * r->n_pairs, n, r->middle, r->samples);
        across(r, r->out_row);
    }
}

/* The last line of all may have no other: it stands for both then, one of them with a weight of zero. */
static void put_line(struct img_reduce *r, const uint8_t *row) {
    uint32_t at = r->line - r->y.begin, pair = at / 2;
    bool even = at % 2 == 0, last = r->line + 1 == r->y.end;
    int16_t *to = r->ring[pair % r->ring_pairs];
    if (even && row)
        memcpy(r->even8, row, r->samples);
    if (even && !row) {
        int16_t *line = r->line16;
        r->line16 = r->even16;
        r->even16 = line;
    }
    if (even && !last)
        return;
    if (row)
        r->loops->pair8(r->even8, even ? r->even8 : row, to, r->samples);
    else
        r->loops->pair16(r->even16, even ? r->even16 : r->line16, to, r->samples);
    put_rows(r, pair);
}

static void reduce_row(struct img_reduce *r, uint32_t at, const uint8_t *row) {
    uint32_t line = at / r->y.box;
    if (line < r->y.begin || line >= r->y.end)
        return;
    row += (size_t)r->x.begin * r->x.box * r->spec.channels;
    r->line = line;
    if (r->even8) {
        put_line(r, row);
        return;
    }
    size_t columns = columns_in(&r->spec, &r->x);
    if (!r->sums)
        r->loops->multiply(row, r->spec.channels, r->line16, columns);
    if (!r->sums || box_up(r, row, columns))
        put_line(r, NULL);
}

void img_reduce_row(struct img_reduce *r, const uint8_t *row) {
    uint32_t at = r->row++;
    if (!r->copy)
        reduce_row(r, at, row);
    else if (at >= r->copy_y && at - r->copy_y < r->spec.out[0]->height)
        copy_row(r, at - r->copy_y, row);
}
