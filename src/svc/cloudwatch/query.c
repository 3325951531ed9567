/* Reading points: one walk over a series' minutes, merged into the buckets of a period. */
#include "svc/cloudwatch/cw_priv.h"

#include <errno.h>

/* The bucket of that start and unit; the newest ones are looked at first, since time ascends. */
static struct cw_bucket *bucket_for(struct cw_result *r, size_t *cap, int64_t start_ms, str unit) {
    for (size_t i = r->n; i > 0 && r->buckets[i - 1].start_ms == start_ms; i--)
        if (str_is(unit, r->buckets[i - 1].unit))
            return &r->buckets[i - 1];
    if (r->n == *cap) {
        *cap = *cap ? *cap * 2 : 64;
        r->buckets = mem_realloc(r->buckets, *cap * sizeof *r->buckets);
    }
    struct cw_bucket *b = &r->buckets[r->n++];
    *b = (struct cw_bucket){.start_ms = start_ms};
    size_t len = unit.len < sizeof b->unit - 1 ? unit.len : sizeof b->unit - 1;
    memcpy(b->unit, unit.p, len);
    return b;
}

int cw_query_run(struct cw_svc *cw, const struct store_snap *snap, const struct cw_query *query,
                 struct cw_result *ret) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    cw_point_key(&from, &query->series, query->start_ms / CW_MINUTE_MS);
    cw_point_key(&to, &query->series, (query->end_ms + CW_MINUTE_MS - 1) / CW_MINUTE_MS);
    size_t prefix = from.len - sizeof(uint64_t), cap = 0;
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(cw->store, snap, STORE_METRICS, buf_view(&from), buf_view(&to), false);
    while (store_iter_next(it)) {
        struct cur c = cur_of(str_skip(it->key, prefix));
        int64_t time_ms = (int64_t)key_take_u64(&c) * CW_MINUTE_MS;
        str unit = c.s;
        if (query->unit.p && !str_eq(unit, query->unit))
            continue;
        int64_t start =
            query->start_ms + (time_ms - query->start_ms) / query->period_ms * query->period_ms;
        if (!stat_merge(&bucket_for(ret, &cap, start, unit)->sum, it->value))
            return -EBADMSG;
    }
    return store_iter_fault(it);
}

void cw_result_deinit(struct cw_result *result) {
    for (size_t i = 0; i < result->n; i++)
        stat_sum_deinit(&result->buckets[i].sum);
    free(result->buckets);
    *result = (struct cw_result){0};
}

/* p99, p99.9: a number of at most 100 with at most ten decimals. */
static bool parse_percentile(str name, double *ret) {
    str whole, decimals;
    uint64_t number, fraction = 0;
    if (name.len < 2 || name.len > 15 || name.p[0] != 'p')
        return false;
    bool has_decimals = str_cut(str_skip(name, 1), '.', &whole, &decimals);
    if (whole.len > 3 || !str_to_u64(whole, &number))
        return false;
    if (has_decimals && (decimals.len > 10 || !str_to_u64(decimals, &fraction)))
        return false;
    double scale = 1;
    for (size_t i = 0; i < decimals.len; i++)
        scale *= 10;
    *ret = (double)number + (double)fraction / scale;
    return *ret <= 100;
}

bool cw_statistic(str name, const struct stat_sum *sum, double *ret) {
    double p;
    if (str_is(name, "SampleCount"))
        *ret = sum->count;
    else if (str_is(name, "Sum"))
        *ret = sum->sum;
    else if (str_is(name, "Average"))
        *ret = sum->count > 0 ? sum->sum / sum->count : 0;
    else if (str_is(name, "Minimum"))
        *ret = sum->min;
    else if (str_is(name, "Maximum"))
        *ret = sum->max;
    else if (!parse_percentile(name, &p))
        return false;
    else
        *ret = p <= 0 ? sum->min : p >= 100 ? sum->max : stat_percentile(sum, p);
    return true;
}
