#pragma once
/*
 * store/stat: reading the rows that store_stat writes. A struct stat_sum owns its bins; zeroed it
 * is a valid empty one. One thread at a time.
 */
#include "base/buf.h"

struct stat_sum {
    double count, sum, min, max;
    struct stat_bin {
        int32_t index;
        double count;
    } * bins; /* ascending; log-spaced, 1 % wide */
    size_t n_bins;
};
/* Adds the row's statistics to *into. False: not such a row, and *into is as before. */
bool stat_merge(struct stat_sum *into, str row);
/* The value that p percent are not above, 0 < p < 100. Within 1 %; 0 when there is none. */
double stat_percentile(const struct stat_sum *sum, double p);
void stat_sum_deinit(struct stat_sum *sum);
