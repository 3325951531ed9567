/*
 * A row: version, count, sum, min, max (IEEE doubles, big-endian), number of bins, then each bin as
 * the zigzag difference of its index to the one before and its count (docs/formats/store.md).
 *
 * Bin i > 0 holds values v with (i - BIAS) = round(log(v) / log(1.01)): the bin's middle is within
 * 0.5 % of everything in it. Negative values mirror the index, zero is bin 0, so the order of
 * indexes is the order of values. Beyond MAX_BINS the lowest bins are merged, which costs
 * precision only at the low end of a distribution that spans more than nine decades.
 */
#include "store/stat.h"

#include "store/stat_priv.h"

#include <math.h>

enum { VERSION = 1, BIAS = 100000, MAX_BINS = 2048, MAX_STEP = 4 * BIAS };
#define WIDTH 1.01

static int32_t bin_of(double v) {
    if (v == 0)
        return 0;
    int32_t at = BIAS + (int32_t)lround(log(fabs(v)) / log(WIDTH));
    return v < 0 ? -at : at;
}

static double middle_of(int32_t index) {
    if (index == 0)
        return 0;
    double v = pow(WIDTH, (index < 0 ? -index : index) - BIAS);
    return index < 0 ? -v : v;
}

/* Position of the first bin whose index is not below. */
static size_t lower_bound(const struct stat_sum *sum, int32_t index) {
    size_t from = 0, to = sum->n_bins;
    while (from < to) {
        size_t mid = (from + to) / 2;
        if (sum->bins[mid].index < index)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static void merge_lowest(struct stat_sum *sum) {
    sum->bins[1].count += sum->bins[0].count;
    sum->n_bins--;
    memmove(sum->bins, sum->bins + 1, sum->n_bins * sizeof *sum->bins);
}

static void bin_add(struct stat_sum *sum, int32_t index, double count) {
    size_t at = lower_bound(sum, index);
    if (at < sum->n_bins && sum->bins[at].index == index) {
        sum->bins[at].count += count;
        return;
    }
    /* Room grows by doubling: at a power of two (and at none) it is used up. */
    if ((sum->n_bins & (sum->n_bins - 1)) == 0)
        sum->bins = mem_realloc(sum->bins, (sum->n_bins ? sum->n_bins * 2 : 1) * sizeof *sum->bins);
    memmove(sum->bins + at + 1, sum->bins + at, (sum->n_bins - at) * sizeof *sum->bins);
    sum->bins[at] = (struct stat_bin){index, count};
    if (++sum->n_bins > MAX_BINS)
        merge_lowest(sum);
}

static void totals_add(struct stat_sum *sum, double count, double total, double min, double max) {
    if (sum->count == 0 || min < sum->min)
        sum->min = min;
    if (sum->count == 0 || max > sum->max)
        sum->max = max;
    sum->count += count;
    sum->sum += total;
}

void stat_add(struct stat_sum *sum, double value, double count) {
    if (!isfinite(value) || !isfinite(count) || count <= 0)
        return;
    totals_add(sum, count, value * count, value, value);
    bin_add(sum, bin_of(value), count);
}

static void put_double(struct buf *row, double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    buf_u64(row, bits);
}

static double take_double(struct cur *c) {
    uint64_t bits = cur_u64(c);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Whole counts (nearly all) are varints shifted by one; others a 1 and the double. */
static void put_count(struct buf *row, double count) {
    if (count < 0x1p53 && count == floor(count)) {
        buf_varint(row, (uint64_t)count << 1);
        return;
    }
    buf_varint(row, 1);
    put_double(row, count);
}

static double take_count(struct cur *c) {
    uint64_t v = cur_varint(c);
    if (v == 1)
        return take_double(c);
    if (v & 1)
        c->bad = true;
    return (double)(v >> 1);
}

void stat_write(const struct stat_sum *sum, struct buf *row) {
    buf_u8(row, VERSION);
    put_double(row, sum->count);
    put_double(row, sum->sum);
    put_double(row, sum->min);
    put_double(row, sum->max);
    buf_varint(row, sum->n_bins);
    int64_t last = 0;
    for (size_t i = 0; i < sum->n_bins; i++) {
        int64_t step = sum->bins[i].index - last;
        last = sum->bins[i].index;
        buf_varint(row, (uint64_t)step << 1 ^ (uint64_t)(step >> 63));
        put_count(row, sum->bins[i].count);
    }
}

bool stat_is_sound(const struct stat_sum *sum) {
    return isfinite(sum->count) && sum->count >= 0 && !isnan(sum->sum) && isfinite(sum->min) &&
           isfinite(sum->max) && sum->min <= sum->max;
}

/* One bin behind the index *last; false: not ascending, out of range or not a count. */
static bool take_bin(struct cur *c, int64_t *last, bool first, struct stat_bin *ret) {
    uint64_t zigzag = cur_varint(c);
    int64_t step = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
    if (c->bad || step > MAX_STEP || step < -MAX_STEP || (!first && step <= 0))
        return false;
    *last += step;
    ret->index = (int32_t)*last;
    ret->count = take_count(c);
    return !c->bad && ret->index >= -2 * BIAS && ret->index <= 2 * BIAS && isfinite(ret->count) &&
           ret->count > 0;
}

static bool parse(str row, struct stat_sum *sum) {
    struct cur c = cur_of(row);
    if (cur_u8(&c) != VERSION)
        return false;
    sum->count = take_double(&c);
    sum->sum = take_double(&c);
    sum->min = take_double(&c);
    sum->max = take_double(&c);
    uint64_t n = cur_varint(&c);
    if (c.bad || n > MAX_BINS || !stat_is_sound(sum))
        return false;
    int64_t last = 0;
    for (uint64_t i = 0; i < n; i++) {
        struct stat_bin bin;
        if (!take_bin(&c, &last, i == 0, &bin))
            return false;
        bin_add(sum, bin.index, bin.count);
    }
    return c.s.len == 0;
}

bool stat_merge(struct stat_sum *into, str row) {
    CLEANUP_DEINIT(stat_sum) struct stat_sum sum = {0};
    if (!parse(row, &sum))
        return false;
    if (sum.count > 0)
        totals_add(into, sum.count, sum.sum, sum.min, sum.max);
    for (size_t i = 0; i < sum.n_bins; i++)
        bin_add(into, sum.bins[i].index, sum.bins[i].count);
    return true;
}

double stat_percentile(const struct stat_sum *sum, double p) {
    double total = 0;
    for (size_t i = 0; i < sum->n_bins; i++)
        total += sum->bins[i].count;
    double rank = total * p / 100, seen = 0;
    for (size_t i = 0; i < sum->n_bins; i++) {
        seen += sum->bins[i].count;
        if (seen >= rank) {
            double v = middle_of(sum->bins[i].index);
            return v < sum->min ? sum->min : v > sum->max ? sum->max : v;
        }
    }
    return sum->n_bins ? sum->max : 0;
}

void stat_sum_deinit(struct stat_sum *sum) {
    free(sum->bins);
    *sum = (struct stat_sum){0};
}
