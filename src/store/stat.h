#pragma once
/* store/stat: reading the rows that store_stat writes. */
#include "base/buf.h"

struct stat_sum {
    double count, sum, min, max;
    struct stat_bin {
        int32_t index;
        double count;
    } * bins; /* ascending; log-spaced, 1 % wide */
    size_t n_bins;
};
/* Adds the row's statistics to *into (zeroed = empty). False: not such a row. */
bool stat_merge(struct stat_sum *into, str row);
/* 0 < p < 100. 0 when empty. Within 1 % of the true value. */
double stat_percentile(const struct stat_sum *sum, double p);
void stat_sum_deinit(struct stat_sum *sum);
