#pragma once
/* svc/cloudwatch, inside the room: the service's state, series, queries, and keys of rows. */
#include "aws/row.h"
#include "store/stat.h"
#include "svc/cloudwatch/cloudwatch.h"
#include "svc/cloudwatch/errors.h"

struct cw_known; /* series.c */
/*
 * Made by cw_open and constant afterwards, but for `known`, which has a lock of its own: any
 * thread.
 */
struct cw_svc {
    struct store *store;
    struct hub *hub;
    struct cw_known *known;
};

#define KIT_OPS    "svc/cloudwatch/ops.def"
#define KIT_PREFIX cw
#include "svc/kit/op_handlers.h"

enum { CW_MAX_DIMENSIONS = 30 };
#define CW_MINUTE_MS 60000

/* ---- series.c: which series there are, and the rows of their points ---- */
/*
 * STORE_METRICS:
 *   cw.series  account, region, namespace, metric, dimensions → u64: the hour of world time in
 *              which it was last written
 *   cw.point   account, region, namespace, metric, dimensions, u64 minute, unit → store_stat's row
 * dimensions is canonical: sorted by name, each name and value as buf_lstr writes them.
 */
struct cw_series {
    str account, region, name_space, name;
    str dimensions; /* canonical */
};
/*
 * The dimensions of a request's array: into *out. 0, or AWS_FAILED. Appends. InvalidParameterValue
 * for too many, a bad name, or one that is there twice.
 */
int cw_dimensions_of(struct rq *rq, const json_t *list, struct buf *out);
json_t *cw_dimensions_describe(str canonical); /* array of {Name, Value} */
/*
 * Adds count observations of value at that time to rows' batch: to the point's row of that minute;
 * and the series' own row, unless this process knows it to be written for the hour.
 */
void cw_series_add(struct cw_svc *cw, const struct rows *rows, const struct cw_series *series,
                   str unit, int64_t time_ms, double value, double count);
/* The prefix of a minute's points, one row a unit behind it. Clears key first. */
void cw_point_key(struct buf *key, const struct cw_series *series, int64_t minute);
/* Begins a cw.series key; parts that are absent, and all behind them, are left out. */
void cw_series_key(struct buf *key, const struct cw_series *series);
/* Series that this process knows to be written for the hour, with a lock of its own: any thread. */
struct cw_known *cw_known_new(void);
struct cw_known *cw_known_free(struct cw_known *known);

/* ---- query.c: points of a series put together into periods ---- */
/* The statistics of one period in one unit. */
struct cw_bucket {
    int64_t start_ms;
    char unit[32];
    struct stat_sum sum;
};
/* One series over one span of time. Texts are borrowed for the call. */
struct cw_query {
    struct cw_series series;
    int64_t start_ms, end_ms, period_ms; /* buckets begin at start_ms; end is not included */
    str unit;                            /* absent: each unit for itself */
};
/* Zeroed it is empty; it owns its buckets and their sums. */
struct cw_result {
    struct cw_bucket *buckets; /* ascending by start, then unit */
    size_t n;
};
/* Adds to *ret, which the caller zeroed and deinits, on failure too. 0 or -errno. */
int cw_query_run(struct cw_svc *cw, const struct store_snap *snap, const struct cw_query *query,
                 struct cw_result *ret);
void cw_result_deinit(struct cw_result *result);

/*
 * A statistic by its name: SampleCount, Sum, Average, Minimum, Maximum, p0 to p100 (decimals
 * allowed). False: there is no such one, or it is not supported.
 */
bool cw_statistic(str name, const struct stat_sum *sum, double *ret);

/* ---- Alarms and dashboards: rows of STORE_META, in the request's account and region ---- */
/* Clear key first. */
void cw_alarm_key(struct buf *key, const struct rq *rq, str name);
void cw_dashboard_key(struct buf *key, const struct rq *rq, str name);
/* The row of an alarm: 0, STORE_E_ABSENT or AWS_FAILED. */
int cw_alarm_read(struct rq *rq, str name, struct row *row, json_t **ret_doc);
/* Puts the state into an alarm's document, with its times (epoch seconds). */
void cw_alarm_set_state(json_t *doc, const char *state, str reason, str data, double now_s);

/* ---- actions.c: what a changed state causes ---- */
/* May an alarm have this action (an ARN)? */
bool cw_action_is_offered(str action);
/* Learns what became of actions. Before hub_start. */
void cw_actions_plug(struct cw_svc *cw);

/* ---- history.c ---- */
/* One item of an alarm's history. Texts are borrowed for the call. */
struct cw_history {
    str account, region, alarm;
    const char *type;   /* "ConfigurationUpdate", "StateUpdate", "Action" */
    str summary;        /* cut to 255 bytes */
    const json_t *data; /* left out where it does not fit */
    int64_t time_ms;    /* world time */
};
/* At most 4,095 bytes, as its text? */
bool cw_history_fits(const json_t *data);
void cw_history_add(struct cw_svc *cw, struct store_batch *batch, const struct cw_history *what);
/* The hub's timer: removes what is older than 30 days. */
int64_t cw_history_sweep(void *cw);

/* aws_service.tags */
int cw_hook_tags(void *cw, struct rq *rq, str arn, json_t **ret_tags);
