/*
 * The embedded metric format: {"_aws": {"Timestamp": ms, "CloudWatchMetrics": [{"Namespace",
 * "Dimensions": [["a", "b"]], "Metrics": [{"Name", "Unit"}]}]}, "a": "…", "NAME": 1 or [1, 2]}.
 * What is not of that form is an ordinary line: nothing is refused. Limits are the specification's.
 */
#include "base/clock.h"
#include "svc/logs/logs_priv.h"

#include <math.h>

enum {
    MAX_DIMENSIONS = 30,
    MAX_METRICS = 100,
    MAX_VALUES = 100,
    MAX_SETS = 30,
    MAX_DIRECTIVES = 10,
};
#define TWO_WEEKS_MS (14LL * 24 * 3600 * 1000)
#define TWO_HOURS_MS (2LL * 3600 * 1000)
#define LARGEST      0x1p360 /* PutMetricData's bounds hold here too */

struct emf {
    struct logs_svc *logs;
    struct store_batch *batch;
    const json_t *root;
    struct hub_metric metric; /* filled as far as is known */
    size_t left;              /* observations that it may still have */
    struct logs_room *room;
};

static bool has_room(struct emf *e) {
    struct logs_room *room = e->room;
    if (room->result || e->left == 0)
        return false;
    if (room->left == 0) {
        room->too_many = room->commit != NULL;
        return false;
    }
    if (room->commit && (store_batch_rows(e->batch) >= room->full_rows ||
                         store_batch_bytes(e->batch) >= room->full_bytes))
        room->result = room->commit(room->ctx);
    return room->result == 0;
}

static void put_value(struct emf *e, const json_t *value) {
    e->metric.count = 1;
    e->metric.value = json_number_value(value);
    if (!json_is_number(value) || fabs(e->metric.value) > LARGEST || !has_room(e))
        return;
    e->left--;
    e->room->left--;
    hub_put_metric(e->logs->hub, e->batch, &e->metric);
}

static void put_values(struct emf *e, const json_t *value) {
    if (!json_is_array(value))
        put_value(e, value);
    for (size_t i = 0; i < json_array_size(value) && i < MAX_VALUES; i++)
        put_value(e, json_array_get(value, i));
}

/* The values of one set of dimension names; false: one is not a text, so the set does not count. */
static bool take_set(struct emf *e, const json_t *names, struct hub_dimension *dimensions) {
    size_t n = json_array_size(names);
    if (n > MAX_DIMENSIONS)
        return false;
    for (size_t i = 0; i < n; i++) {
        str name = json_text(json_array_get(names, i));
        str value = name.p ? json_str(e->root, name.p) : STR_NONE;
        if (value.len == 0 || value.len > 1024)
            return false;
        dimensions[i] = (struct hub_dimension){name, value};
    }
    e->metric.dimensions = dimensions;
    e->metric.n_dimensions = n;
    return true;
}

static void put_metrics(struct emf *e, const json_t *metrics) {
    for (size_t i = 0; i < json_array_size(metrics) && i < MAX_METRICS; i++) {
        const json_t *m = json_array_get(metrics, i);
        e->metric.name = json_str(m, "Name");
        e->metric.unit = json_string_value(json_object_get(m, "Unit"));
        if (e->metric.name.len && e->metric.name.len <= 255)
            put_values(e, json_object_get(e->root, e->metric.name.p));
    }
}

static void put_directive(struct emf *e, const json_t *directive) {
    const json_t *sets = json_arr(directive, "Dimensions"),
                 *metrics = json_arr(directive, "Metrics");
    struct hub_dimension dimensions[MAX_DIMENSIONS];
    e->metric.name_space = json_str(directive, "Namespace");
    if (e->metric.name_space.len == 0 || e->metric.name_space.len > 255)
        return;
    if (json_array_size(sets) == 0 && take_set(e, NULL, dimensions))
        put_metrics(e, metrics);
    for (size_t i = 0; i < json_array_size(sets) && i < MAX_SETS; i++)
        if (take_set(e, json_array_get(sets, i), dimensions))
            put_metrics(e, metrics);
}

void logs_emf(struct logs_svc *logs, struct store_batch *batch, str account, str region,
              int64_t time_ms, str message, struct logs_room *room) {
    if (!logs->hub || room->result || (room->left == 0 && (!room->commit || room->too_many)) ||
        !str_starts(str_trim(message), S("{")) || str_find(message, S("\"_aws\"")) < 0)
        return;
    CLEANUP_JSON json_t *root = json_parse(message, NULL);
    const json_t *aws = json_obj(root, "_aws"), *directives = json_arr(aws, "CloudWatchMetrics");
    struct emf e = {.logs = logs,
                    .batch = batch,
                    .root = root,
                    .left = room->of_event,
                    .room = room,
                    .metric = {.account = account,
                               .region = region,
                               .time_ms = json_int(aws, "Timestamp", time_ms)}};
    int64_t now_ms = clock_world_ms();
    if (e.metric.time_ms < now_ms - TWO_WEEKS_MS || e.metric.time_ms > now_ms + TWO_HOURS_MS)
        return;
    for (size_t i = 0; i < json_array_size(directives) && i < MAX_DIRECTIVES; i++)
        put_directive(&e, json_array_get(directives, i));
}
