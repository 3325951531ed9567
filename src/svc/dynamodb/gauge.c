/*
 * Metrics of requests that have no row of their own to go with: latencies and read capacity,
 * gathered in memory when a request is over, and written once a second by a timer. A crash loses
 * what was gathered since: these are measurements, not data. (Write capacity goes with the write:
 * write.c.) Values are kept in one-percent steps, as the statistics rows keep them anyway.
 */
#include "svc/dynamodb/svc_priv.h"

#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/map.h"
#include "svc/kit/metric.h"

#include <math.h>

enum { STRIPES = 16, FLUSH_MS = 1000, BINS = 64 };

struct bin {
    int index;
    double value, count; /* the mean of what fell in */
};
struct series {
    str account, region, table, index, op; /* in `text` */
    const char *metric, *unit;
    struct buf text;
    int64_t minute_ms; /* of its observations */
    struct bin bins[BINS];
    size_t n;
};
struct stripe {
    pthread_mutex_t lock;
    struct map series; /* name → struct series * */
};
struct ddb_gauge {
    struct store *store;
    struct hub *hub;
    struct hub_due *timer;
    _Atomic bool waiting; /* something was gathered and the timer knows */
    struct stripe stripes[STRIPES];
};

static int64_t flush(void *ctx);

struct ddb_gauge *ddb_gauge_new(struct store *store, struct hub *hub) {
    struct ddb_gauge *g = mem_new(struct ddb_gauge);
    g->store = store;
    g->hub = hub;
    for (int i = 0; i < STRIPES; i++)
        pthread_mutex_init(&g->stripes[i].lock, NULL);
    g->timer = hub_add_timer(hub, "dynamodb-metrics", flush, g);
    return g;
}

static void drop_series(struct map *map) {
    size_t at = 0;
    str name;
    void *series;
    while (map_next(map, &at, &name, &series)) {
        buf_deinit(&((struct series *)series)->text);
        free(series);
    }
    map_deinit(map);
}

struct ddb_gauge *ddb_gauge_free(struct ddb_gauge *g) {
    if (!g)
        return NULL;
    for (int i = 0; i < STRIPES; i++) {
        drop_series(&g->stripes[i].series);
        pthread_mutex_destroy(&g->stripes[i].lock);
    }
    free(g);
    return NULL;
}

/* ---- Gathering ---- */
static void series_add(struct series *s, double value) {
    int index = value > 0 ? (int)lround(log(value) / log(1.01)) : INT32_MIN;
    for (size_t i = 0; i < s->n; i++)
        if (s->bins[i].index == index) {
            s->bins[i].value += (value - s->bins[i].value) / ++s->bins[i].count;
            return;
        }
    if (s->n < BINS) {
        s->bins[s->n++] = (struct bin){index, value, 1};
        return;
    }
    size_t nearest = 0;
    for (size_t i = 1; i < BINS; i++)
        if (fabs(s->bins[i].value - value) < fabs(s->bins[nearest].value - value))
            nearest = i;
    s->bins[nearest].value += (value - s->bins[nearest].value) / ++s->bins[nearest].count;
}

static str part(struct series *s, size_t *at, str text) {
    str view = str_n(s->text.p + *at, text.len);
    *at += text.len;
    return text.p ? view : STR_NONE;
}

/* What an observation counts towards. */
struct subject {
    const char *metric, *unit;
    str index; /* absent: no such dimension */
    uint64_t index_id;
    const char *op; /* NULL: no such dimension */
};

static struct series *series_new(const struct ddb_table *t, const struct subject *of,
                                 int64_t minute_ms) {
    struct series *s = mem_new(struct series);
    const str op = str_c(of->op);
    const str parts[] = {t->account, t->region, t->name, of->index, op};
    size_t at = 0;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        buf_str(&s->text, parts[i]);
    s->account = part(s, &at, t->account);
    s->region = part(s, &at, t->region);
    s->table = part(s, &at, t->name);
    s->index = part(s, &at, of->index);
    s->op = part(s, &at, op);
    s->metric = of->metric;
    s->unit = of->unit;
    s->minute_ms = minute_ms;
    return s;
}

/* What tells one series from another. Metrics and operations are constant texts: one address each. */
struct series_name {
    int64_t minute_ms;
    uint64_t table, index; /* ids; index 0: no such dimension */
    const char *metric, *op;
};

/* One observation, gathered. */
static void observe(struct ddb_gauge *g, const struct ddb_table *table, const struct subject *of,
                    double value) {
    const struct series_name name = {clock_world_ms() / 60000 * 60000, table->id, of->index_id,
                                     of->metric, of->op};
    str key = str_n(&name, sizeof name);
    struct stripe *stripe = &g->stripes[map_hash(key) % STRIPES];
    pthread_mutex_lock(&stripe->lock);
    struct series *s = map_get(&stripe->series, key);
    if (!s)
        map_put(&stripe->series, key, s = series_new(table, of, name.minute_ms));
    series_add(s, value);
    pthread_mutex_unlock(&stripe->lock);
    if (!g->waiting) {
        g->waiting = true;
        hub_kick(g->timer);
    }
}

/* ---- Writing ---- */
static void put_series(struct ddb_gauge *g, struct store_batch *batch, const struct series *s) {
    struct kit_metrics metrics = {.hub = g->hub,
                                  .account = s->account,
                                  .region = s->region,
                                  .name_space = "AWS/DynamoDB",
                                  .dimensions = {{S("TableName"), s->table}},
                                  .time_ms = s->minute_ms};
    size_t n = 1;
    if (s->index.p)
        metrics.dimensions[n++] = (struct hub_dimension){S("GlobalSecondaryIndexName"), s->index};
    if (s->op.p)
        metrics.dimensions[n] = (struct hub_dimension){S("Operation"), s->op};
    for (size_t i = 0; i < s->n; i++)
        kit_metric_put(&metrics, batch, s->metric, s->bins[i].value, s->bins[i].count, s->unit);
}

static void flush_stripe(struct ddb_gauge *g, struct stripe *stripe, struct store_batch *batch) {
    struct map taken;
    pthread_mutex_lock(&stripe->lock);
    taken = stripe->series;
    stripe->series = (struct map){0};
    pthread_mutex_unlock(&stripe->lock);
    size_t at = 0;
    str name;
    void *series;
    while (map_next(&taken, &at, &name, &series))
        put_series(g, batch, series);
    drop_series(&taken);
}

/* The first kick only sets the time: what comes within a second goes into one batch. */
static int64_t flush(void *ctx) {
    struct ddb_gauge *g = ctx;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct err err;
    g->waiting = false;
    for (int i = 0; i < STRIPES; i++)
        flush_stripe(g, &g->stripes[i], batch);
    if (store_batch_empty(batch))
        return INT64_MAX;
    if (store_commit(g->store, batch, &err))
        log_warn("dynamodb", "the metrics of tables of one second were lost: %s", err.text);
    g->waiting = true; /* look again in a second, without a kick */
    return clock_world_ms() + FLUSH_MS;
}

void ddb_gauge_flush(struct ddb_gauge *g) { flush(g); }

/* ---- What is measured ---- */
/* Taken when the answer is on its way, so that the commit counts. */
struct done {
    struct ddb_svc *svc;
    struct rq *rq;
    const struct ddb_table *table;
    int attempt;
    struct ddb_capacity capacity;
};

static void observe_capacity(const struct done *d) {
    const struct ddb_table *table = d->table;
    struct subject of = {"ConsumedReadCapacityUnits", "Count", STR_NONE, 0, NULL};
    double own = d->capacity.table;
    for (size_t i = 0; i < table->n_indexes && i < DDB_CAPACITY_INDEXES; i++) {
        const struct ddb_index *index = &table->indexes[i];
        double units = d->capacity.indexes[i];
        if (index->local) { /* part of the table */
            own += units;
        } else if (units > 0) {
            of.index = index->name;
            of.index_id = index->id;
            observe(d->svc->gauge, table, &of, units);
        }
    }
    of.index = STR_NONE;
    of.index_id = 0;
    if (own > 0)
        observe(d->svc->gauge, table, &of, own);
}

static void done(void *ctx) {
    const struct done *d = ctx;
    double ms = (double)(clock_mono_ns() - d->rq->began_ns) / 1e6;
    if (!rq_went_well(d->rq) || d->attempt != d->rq->attempt) /* another run has its own */
        return;
    if (!(d->rq->op->flags & OP_MUTATES))
        observe_capacity(d);
    observe(
        d->svc->gauge, d->table,
        &(struct subject){"SuccessfulRequestLatency", "Milliseconds", STR_NONE, 0, d->rq->op->name},
        ms);
}

void ddb_gauge_request(struct ddb_svc *svc, struct rq *rq, const struct ddb_table *table,
                       const struct ddb_capacity *capacity) {
    struct done *d = arena_alloc(&rq->arena, sizeof *d);
    *d = (struct done){svc, rq, table, rq->attempt, *capacity};
    rq_on_done(rq, done, d);
}
