/*
 * Series and their points. The row that lists a series (for ListMetrics) is written at its first
 * point and again once an hour, so that it tells when the series was last alive; what was written
 * is remembered in memory, but only once it is durable: a batch may be dropped and made again.
 */
#include "base/clock.h"
#include "base/lock.h"
#include "base/map.h"
#include "svc/cloudwatch/cw_priv.h"

enum { MAX_KNOWN = 100000 }; /* beyond, the rows are written with every point */
#define HOUR_MS 3600000

struct mark {
    _Atomic int64_t hour; /* of the last durable write */
};
struct cw_known {
    pthread_mutex_t lock;
    struct map marks; /* by key of the cw.series row; a mark lives as long as the service */
};

struct cw_known *cw_known_new(void) {
    struct cw_known *known = mem_new(struct cw_known);
    pthread_mutex_init(&known->lock, NULL);
    return known;
}

struct cw_known *cw_known_free(struct cw_known *known) {
    if (known) {
        size_t at = 0;
        str key;
        void *mark;
        while (map_next(&known->marks, &at, &key, &mark))
            free(mark);
        map_deinit(&known->marks);
        pthread_mutex_destroy(&known->lock);
        free(known);
    }
    return NULL;
}

/* The mark of that row; NULL when there are too many. */
static struct mark *find_mark(struct cw_known *known, str key) {
    LOCK_SCOPE(&known->lock);
    struct mark *mark = map_get(&known->marks, key);
    if (mark || known->marks.n >= MAX_KNOWN)
        return mark;
    mark = mem_new(struct mark);
    mark->hour = -1;
    map_put(&known->marks, key, mark);
    return mark;
}

static void mark_written(void *ctx) {
    struct mark *mark = ctx;
    mark->hour = clock_world_ms() / HOUR_MS;
}

/* ---- Dimensions ---- */

static int by_name(const void *a, const void *b) {
    const struct hub_dimension *x = a, *y = b;
    return str_cmp(x->name, y->name);
}

/* Sorts and encodes. */
static void encode_dimensions(struct buf *out, struct hub_dimension *dimensions, size_t n) {
    qsort(dimensions, n, sizeof *dimensions, by_name);
    for (size_t i = 0; i < n; i++) {
        buf_lstr(out, dimensions[i].name);
        buf_lstr(out, dimensions[i].value);
    }
}

int cw_dimensions_of(struct rq *rq, const json_t *list, struct buf *out) {
    struct hub_dimension dimensions[CW_MAX_DIMENSIONS];
    size_t n = json_array_size(list);
    if (n > CW_MAX_DIMENSIONS)
        return aws_fail(rq, &CW_InvalidParameterValueException,
                        "The parameter Dimensions has more than %d members.", CW_MAX_DIMENSIONS);
    for (size_t i = 0; i < n; i++) {
        const json_t *d = json_array_get(list, i);
        dimensions[i] = (struct hub_dimension){json_str(d, "Name"), json_str(d, "Value")};
        if (str_starts(dimensions[i].name, S(":")) || str_trim(dimensions[i].name).len == 0)
            return aws_fail(rq, &CW_InvalidParameterValueException,
                            "The dimension name " STR_FMT " is invalid.",
                            STR_ARG(dimensions[i].name));
        for (size_t k = 0; k < i; k++)
            if (str_eq(dimensions[k].name, dimensions[i].name))
                return aws_fail(rq, &CW_InvalidParameterValueException,
                                "The dimension " STR_FMT " is given twice.",
                                STR_ARG(dimensions[i].name));
    }
    encode_dimensions(out, dimensions, n);
    return 0;
}

json_t *cw_dimensions_describe(str canonical) {
    json_t *list = json_array();
    struct cur c = cur_of(canonical);
    while (c.s.len && !c.bad) {
        json_t *d = json_object();
        json_set_str(d, "Name", cur_lstr(&c));
        json_set_str(d, "Value", cur_lstr(&c));
        json_array_append_new(list, d);
    }
    return list;
}

/* ---- Rows ---- */

static void series_parts(struct buf *key, const struct cw_series *s) {
    const str parts[] = {s->account, s->region, s->name_space, s->name, s->dimensions};
    for (size_t i = 0; i < ARRAY_LEN(parts) && parts[i].p; i++)
        key_str(key, parts[i]);
}

void cw_series_key(struct buf *key, const struct cw_series *series) {
    key_begin(key, "cw.series");
    series_parts(key, series);
}

void cw_point_key(struct buf *key, const struct cw_series *series, int64_t minute) {
    key_begin(key, "cw.point");
    series_parts(key, series);
    key_u64(key, (uint64_t)minute);
}

/* Blind: whoever writes this row within the hour writes the same. */
static void note_series(struct cw_svc *cw, const struct rows *rows,
                        const struct cw_series *series) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    int64_t hour = clock_world_ms() / HOUR_MS;
    cw_series_key(&key, series);
    struct mark *mark = find_mark(cw->known, buf_view(&key));
    if (mark && mark->hour == hour)
        return;
    buf_u64(&value, (uint64_t)hour);
    row_put_blind(rows, STORE_METRICS, buf_view(&key), buf_view(&value));
    if (mark)
        store_after(rows->batch, mark_written, mark);
}

void cw_series_add(struct cw_svc *cw, const struct rows *rows, const struct cw_series *series,
                   str unit, int64_t time_ms, double value, double count) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cw_point_key(&key, series, time_ms / CW_MINUTE_MS);
    key_raw(&key, unit);
    store_stat(rows->batch, STORE_METRICS, buf_view(&key), value, count);
    note_series(cw, rows, series);
}

void cw_put_metric(void *ctx, struct store_batch *batch, const struct hub_metric *metric) {
    struct cw_svc *cw = ctx;
    struct rows rows = {cw->store, NULL, batch};
    struct hub_dimension sorted[CW_MAX_DIMENSIONS];
    size_t n = metric->n_dimensions < CW_MAX_DIMENSIONS ? metric->n_dimensions : CW_MAX_DIMENSIONS;
    if (n)
        memcpy(sorted, metric->dimensions, n * sizeof *sorted);
    CLEANUP_DEINIT(buf) struct buf dimensions = {0};
    encode_dimensions(&dimensions, sorted, n);
    struct cw_series series = {metric->account, metric->region, metric->name_space, metric->name,
                               buf_view(&dimensions)};
    str unit = metric->unit ? str_c(metric->unit) : S("None");
    cw_series_add(cw, &rows, &series, unit, metric->time_ms, metric->value, metric->count);
}
