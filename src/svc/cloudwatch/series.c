/*
 * Series and their points. The row that lists a series (for ListMetrics) is written at its first
 * point and again once an hour, so that it tells when the series was last alive; what was written
 * is remembered in memory, but only once it is durable: a batch may be dropped and made again.
 *
 * The memory is a table of fixed size in which each series has one place, by its hash; whoever
 * comes later takes the place, and the series that has lost it is written once more. So however many
 * series there are, nothing grows and nothing stays full.
 */
#include "base/clock.h"
#include "base/map.h"
#include "svc/cloudwatch/cw_priv.h"

enum { PLACES = 1 << 17, HOUR_BITS = 24 }; /* a MiB */
#define HOUR_MS 3600000

struct cw_known {
    /* upper bits: the series' hash; lower ones: the hour of its last durable write */
    _Atomic uint64_t marks[PLACES];
};

struct cw_known *cw_known_new(void) {
    return mem_new(struct cw_known);
}

struct cw_known *cw_known_free(struct cw_known *known) {
    free(known);
    return NULL;
}

/* hash: map_hash of the series' parts. */
static uint64_t mark_of(uint64_t hash) {
    uint64_t low = ((uint64_t)1 << HOUR_BITS) - 1, hour = (uint64_t)(clock_world_ms() / HOUR_MS);
    return (hash & ~low) | (hour & low);
}

static _Atomic uint64_t *place_of(struct cw_known *known, uint64_t mark) {
    return &known->marks[(mark >> HOUR_BITS) % PLACES];
}

/* This process knows the series' row to be written for the hour. */
static bool is_known(struct cw_known *known, uint64_t mark) {
    return *place_of(known, mark) == mark;
}

static void mark_written(void *ctx, uint64_t mark) { *place_of(ctx, mark) = mark; }

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

/* Where the series' parts begin in the key. */
static size_t begin_point(struct buf *key, const struct cw_series *series) {
    key_begin(key, "cw.point");
    size_t from = key->len;
    series_parts(key, series);
    return from;
}

void cw_point_key(struct buf *key, const struct cw_series *series, int64_t minute) {
    begin_point(key, series);
    key_u64(key, (uint64_t)minute);
}

/*
 * Blind: whoever writes this row within the hour writes the same. parts: the series, as keys name
 * it.
 */
static void note_series(struct cw_svc *cw, const struct rows *rows, const struct cw_series *series,
                        str parts) {
    uint64_t mark = mark_of(map_hash(parts));
    if (is_known(cw->known, mark))
        return;
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    cw_series_key(&key, series);
    buf_u64(&value, (uint64_t)(clock_world_ms() / HOUR_MS));
    row_put_blind(rows, STORE_METRICS, buf_view(&key), buf_view(&value));
    store_after_id(rows->batch, mark_written, cw->known, mark);
}

void cw_series_add(struct cw_svc *cw, const struct rows *rows, const struct cw_series *series,
                   str unit, int64_t time_ms, double value, double count) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    size_t from = begin_point(&key, series), to = key.len;
    key_u64(&key, (uint64_t)(time_ms / CW_MINUTE_MS));
    key_raw(&key, unit);
    if (store_stat_again(rows->batch, STORE_METRICS, buf_view(&key), value, count))
        return; /* its series is in the batch, or known */
    note_series(cw, rows, series, str_slice(buf_view(&key), from, to));
    store_stat(rows->batch, STORE_METRICS, buf_view(&key), value, count);
}

/* ---- The hub's port ---- */

/* A series that gets values all the time (struct hub_place). */
struct place {
    uint64_t hash;    /* map_hash of its parts */
    size_t minute_at; /* in the key: where the parts end */
    size_t len;
    char key[]; /* of a point; its minute is written in for each */
};
enum { PLACE_KEY_MAX = 1024, MINUTE_BYTES = 8 };

static void keep_place(struct hub_place *place, const struct cw_series *series, str unit) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    size_t from = begin_point(&key, series), minute_at = key.len;
    key_u64(&key, 0);
    key_raw(&key, unit);
    if (key.len > PLACE_KEY_MAX)
        return;
    struct place *made = mem_alloc(sizeof *made + key.len);
    *made =
        (struct place){map_hash(str_slice(buf_view(&key), from, minute_at)), minute_at, key.len};
    memcpy(made->key, key.p, key.len);
    void *none = NULL;
    if (!atomic_compare_exchange_strong(&place->made, &none, made))
        free(made); /* another thread was first */
}

/* False: the series' row is to be written first. */
static bool put_at_place(struct cw_svc *cw, struct store_batch *batch, const struct place *place,
                         const struct hub_metric *metric) {
    if (!is_known(cw->known, mark_of(place->hash)))
        return false;
    char key[PLACE_KEY_MAX];
    uint64_t minute = (uint64_t)(metric->time_ms / CW_MINUTE_MS);
    memcpy(key, place->key, place->len);
    for (int i = MINUTE_BYTES - 1; i >= 0; i--, minute >>= 8)
        key[place->minute_at + (size_t)i] = (char)minute;
    store_stat(batch, STORE_METRICS, str_n(key, place->len), metric->value, metric->count);
    return true;
}

void cw_put_metric(void *ctx, struct store_batch *batch, const struct hub_metric *metric) {
    struct cw_svc *cw = ctx;
    const struct place *place = metric->place ? metric->place->made : NULL;
    if (place && put_at_place(cw, batch, place, metric))
        return;
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
    if (metric->place && !place)
        keep_place(metric->place, &series, unit);
    cw_series_add(cw, &rows, &series, unit, metric->time_ms, metric->value, metric->count);
}
