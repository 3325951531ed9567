/* cloudwatch: ListMetrics: the series that had a value in the last three hours. */
#include "svc/cloudwatch/cw_priv.h"
#include "svc/kit/page.h"

enum { ACTIVE_HOURS = 3 };
#define HOUR_MS 3600000

/* A series' row as {Namespace, MetricName, Dimensions}. */
static json_t *describe(struct rq *rq, str key) {
    CLEANUP_DEINIT(buf) struct buf part = {0};
    struct cur c = cur_of(key);
    str parts[5];
    key_take_kind(&c);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        buf_clear(&part);
        key_take_str(&c, &part);
        parts[i] = arena_str(&rq->arena, buf_view(&part));
    }
    json_t *metric = json_object();
    json_set_str(metric, "Namespace", parts[2]);
    json_set_str(metric, "MetricName", parts[3]);
    json_set(metric, "Dimensions", cw_dimensions_describe(parts[4]));
    return metric;
}

static bool has_dimension(const json_t *dimensions, str name, str value) {
    for (size_t i = 0; i < json_array_size(dimensions); i++) {
        const json_t *d = json_array_get(dimensions, i);
        if (str_eq(json_str(d, "Name"), name) && (!value.p || str_eq(json_str(d, "Value"), value)))
            return true;
    }
    return false;
}

static bool is_wanted(struct rq *rq, const json_t *metric, str value) {
    const json_t *filters = json_arr(rq->in, "Dimensions");
    str name = json_str(rq->in, "MetricName");
    if (name.p && !str_eq(json_str(metric, "MetricName"), name))
        return false;
    for (size_t i = 0; i < json_array_size(filters); i++) {
        const json_t *f = json_array_get(filters, i);
        if (!has_dimension(json_arr(metric, "Dimensions"), json_str(f, "Name"),
                           json_str(f, "Value")))
            return false;
    }
    struct cur c = cur_of(value);
    return !json_has(rq->in, "RecentlyActive") ||
           rq->now_ms / HOUR_MS - (int64_t)cur_u64(&c) <= ACTIVE_HOURS;
}

int cw_op_ListMetrics(struct cw_svc *, struct rq *rq) {
    static const struct kit_paging paging = {.list = "Metrics",
                                             .token = "NextToken",
                                             .most = 500,
                                             .error = &CW_InvalidNextToken,
                                             .no_empty = true};
    struct cw_series prefix = {.account = rq->account,
                               .region = rq->region,
                               .name_space = json_str(rq->in, "Namespace")};
    if (prefix.name_space.p)
        prefix.name = json_str(rq->in, "MetricName");
    CLEANUP_DEINIT(buf) struct buf rows = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    cw_series_key(&rows, &prefix);
    if (kit_page_begin(&page, rq, &paging, buf_view(&rows)))
        return AWS_FAILED;
    kit_page_rows(&page, STORE_METRICS, buf_view(&rows));
    while (kit_page_next(&page)) {
        CLEANUP_JSON json_t *metric = describe(rq, page.key);
        if (is_wanted(rq, metric, page.value))
            kit_page_add(&page, STR_NONE, json_incref(metric));
    }
    return kit_page_end(&page);
}
