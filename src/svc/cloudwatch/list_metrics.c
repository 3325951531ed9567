/* ListMetrics, and the tokens of this room. */
#include "base/codec.h"
#include "svc/cloudwatch/cw_priv.h"

enum { PAGE = 500, ACTIVE_HOURS = 3 };
#define HOUR_MS 3600000

str cw_token_make(struct rq *rq, str key) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    codec_add_base64(&text, key.p, key.len);
    return arena_str(&rq->arena, buf_view(&text));
}

int cw_token_read(struct rq *rq, const char *member, struct buf *ret_key) {
    str token = json_str(rq->in, member);
    if (token.p && (token.len == 0 || !codec_unbase64(ret_key, token)))
        return aws_fail(rq, &CW_InvalidNextToken, NULL);
    return 0;
}

/* A series' row as {Namespace, MetricName, Dimensions}. */
static json_t *describe(struct rq *rq, str key, str *ret_dimensions) {
    CLEANUP_DEINIT(buf) struct buf part = {0};
    struct cur c = cur_of(key);
    str parts[5];
    key_take_kind(&c);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        buf_clear(&part);
        key_take_str(&c, &part);
        parts[i] = arena_str(&rq->arena, buf_view(&part));
    }
    *ret_dimensions = parts[4];
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
        if (!has_dimension(json_arr(metric, "Dimensions"), json_str(f, "Name"), json_str(f, "Value")))
            return false;
    }
    struct cur c = cur_of(value);
    return !json_has(rq->in, "RecentlyActive") ||
           rq->now_ms / HOUR_MS - (int64_t)cur_u64(&c) <= ACTIVE_HOURS;
}

int cw_op_ListMetrics(struct svc *cw, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0}, after = {0};
    struct cw_series prefix = {.account = rq->account, .region = rq->region, .name_space = json_str(rq->in, "Namespace")};
    if (prefix.name_space.p)
        prefix.name = json_str(rq->in, "MetricName");
    cw_series_key(&from, &prefix);
    buf_str(&to, buf_view(&from));
    key_after(&to);
    if (cw_token_read(rq, "NextToken", &after))
        return AWS_FAILED;
    if (after.len && (str_cmp(buf_view(&after), buf_view(&from)) < 0 || str_cmp(buf_view(&after), buf_view(&to)) >= 0))
        return aws_fail(rq, &CW_InvalidNextToken, NULL);
    CLEANUP(store_iter) struct store_iter *it =
        store_iter_new(cw->store, rq_snap(rq), STORE_METRICS, after.len ? buf_view(&after) : buf_view(&from),
                       buf_view(&to), false);
    json_t *metrics = json_array();
    rq->out = json_object();
    json_set(rq->out, "Metrics", metrics);
    str last = STR_NONE, dimensions;
    while (store_iter_next(it)) {
        if (str_eq(it->key, buf_view(&after)))
            continue;
        json_t *metric = describe(rq, it->key, &dimensions);
        if (!is_wanted(rq, metric, it->value)) {
            json_decref(metric);
            continue;
        }
        if (json_array_size(metrics) == PAGE) {
            json_decref(metric);
            json_set_str(rq->out, "NextToken", cw_token_make(rq, last));
            break;
        }
        json_array_append_new(metrics, metric);
        last = arena_str(&rq->arena, it->key);
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "list metrics") : 0;
}
