/* Query and Scan. */
#include "svc/dynamodb/keycond.h"
#include "svc/dynamodb/page.h"

#include "store/key.h"

/* ---- Query ---- */
/* A filter may not speak of key attributes: that is what the key condition is for. */
static int check_filter(struct rq *rq, const struct ddb_key_schema *keys,
                        const struct ddb_node *node) {
    if (!node)
        return 0;
    if (node->kind == DDB_NODE_PATH && ddb_is_key(keys, node->path.steps[0].name))
        return ddb_invalid(rq,
                           "Filter Expression can only contain non-primary key attributes: "
                           "Primary key attribute: " STR_FMT,
                           STR_ARG(node->path.steps[0].name));
    for (size_t i = 0; i < node->n; i++) {
        int r = check_filter(rq, keys, node->kids[i]);
        if (r)
            return r;
    }
    return 0;
}

static int query_start(struct rq *rq, struct ddb_page *page, const struct ddb_key_schema *keys,
                       const struct ddb_key_condition *condition) {
    CLEANUP_DEINIT(buf) struct buf row_key = {0};
    const struct ddb_value *key;
    bool given;
    int r = ddb_page_start(rq, page, &row_key, &key, &given);
    if (r || !given)
        return r;
    if (!ddb_value_equal(ddb_map_get(key, keys->partition.name), condition->partition))
        return ddb_invalid(rq, "The provided starting key is outside query boundaries based on "
                               "provided conditions");
    str at = buf_view(&row_key);
    if (str_cmp(at, buf_view(&page->from)) < 0 || str_cmp(at, buf_view(&page->to)) >= 0)
        return ddb_invalid(rq, "The provided starting key does not match the range key predicate");
    ddb_page_skip_to(page, at);
    return 0;
}

int ddb_op_Query(struct ddb_svc *svc, struct rq *rq) {
    static const char *const legacy[] = {"KeyConditions", "QueryFilter", "AttributesToGet",
                                         "ConditionalOperator", NULL};
    CLEANUP_DEINIT(ddb_page) struct ddb_page page = {0};
    struct ddb_node *node;
    struct ddb_key_condition condition;
    struct err err;
    int r = ddb_refuse_legacy(rq, legacy);
    if (r || (r = ddb_page_read(svc, rq, &page, &node)))
        return r;
    if (!node)
        return ddb_invalid(rq, "Either the KeyConditions or KeyConditionExpression parameter must "
                               "be specified in the request.");
    const struct ddb_key_schema *keys = page.index ? &page.index->keys : &page.table->keys;
    if (!ddb_key_condition(node, keys, &condition, &err))
        return ddb_invalid(rq, "%s", err.text);
    if ((r = check_filter(rq, keys, page.filter)))
        return r;
    page.reverse = !json_bool(rq->in, "ScanIndexForward", true);
    ddb_key_condition_range(&condition, page.index ? page.index->prefix : page.table->prefix,
                            &page.from, &page.to);
    r = query_start(rq, &page, keys, &condition);
    return r ? r : ddb_page_run(svc, rq, &page);
}

/* ---- Scan ---- */
/*
 * A segment is an equal share of the partition hashes: those whose first eight bytes lie in
 * [segment, segment + 1) × 2^64 / total.
 */
__extension__ typedef unsigned __int128 wide;
static void segment_edge(struct buf *key, uint64_t segment, uint64_t total) {
    if (segment == total)
        key_after(key);
    else
        buf_u64(key, (uint64_t)(((wide)segment << 64) / total));
}

static int read_segment(struct rq *rq, struct ddb_page *page) {
    str prefix = page->index ? page->index->prefix : page->table->prefix;
    int64_t segment = json_int(rq->in, "Segment", 0), total = json_int(rq->in, "TotalSegments", 1);
    bool has_segment = json_has(rq->in, "Segment"), has_total = json_has(rq->in, "TotalSegments");
    if (has_segment && !has_total)
        return ddb_invalid(rq, "The TotalSegments parameter is required but was not present in the "
                               "request when Segment parameter is present");
    if (has_total && !has_segment)
        return ddb_invalid(rq, "The Segment parameter is required but was not present in the "
                               "request when parameter TotalSegments is present");
    if (segment < 0 || total < 1 || segment >= total)
        return ddb_invalid(rq,
                           "The Segment parameter is zero-based and must be less than parameter "
                           "TotalSegments: Segment: %lld is not less than TotalSegments: %lld",
                           (long long)segment, (long long)total);
    buf_str(&page->from, prefix);
    buf_str(&page->to, prefix);
    segment_edge(&page->from, (uint64_t)segment, (uint64_t)total);
    segment_edge(&page->to, (uint64_t)segment + 1, (uint64_t)total);
    return 0;
}

int ddb_op_Scan(struct ddb_svc *svc, struct rq *rq) {
    static const char *const legacy[] = {"ScanFilter", "AttributesToGet", "ConditionalOperator",
                                         NULL};
    CLEANUP_DEINIT(ddb_page) struct ddb_page page = {0};
    CLEANUP_DEINIT(buf) struct buf row_key = {0};
    const struct ddb_value *key;
    bool given;
    int r = ddb_refuse_legacy(rq, legacy);
    if (r || (r = ddb_page_read(svc, rq, &page, NULL)) || (r = read_segment(rq, &page)) ||
        (r = ddb_page_start(rq, &page, &row_key, &key, &given)))
        return r;
    if (given && (str_cmp(buf_view(&row_key), buf_view(&page.from)) < 0 ||
                  str_cmp(buf_view(&row_key), buf_view(&page.to)) >= 0))
        return ddb_invalid(rq, "The provided starting key is outside segment boundaries");
    if (given)
        ddb_page_skip_to(&page, buf_view(&row_key));
    return ddb_page_run(svc, rq, &page);
}
