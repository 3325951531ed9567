/*
 * Alarm history: what was changed of an alarm, the states it took, and what became of its actions
 * (DescribeAlarmHistory). It outlives its alarm, and is kept for 30 days of world time
 * ("DescribeAlarmHistory", API reference; "Using Amazon CloudWatch alarms", user guide).
 */
#include "base/clock.h"
#include "store/key.h"
#include "svc/cloudwatch/cw_priv.h"
#include "svc/kit/page.h"

#include <math.h>

enum { SUMMARY_MAX = 255, DATA_MAX = 4095, SWEEP_AT_ONCE = 1000 };
static const int64_t kept_ms = 30 * INT64_C(86400000), sweep_every_ms = INT64_C(3600000);

/* ---- Rows ---- */

/*
 * cw.history account region then, as u64, the complements of its time and of a number: the newest
 * stands first, which is the order that is asked for unless the other one is.
 */
static void history_key(struct buf *key, str account, str region) {
    key_begin(key, "cw.history");
    key_str(key, account);
    key_str(key, region);
}

/* The part of such a key that is its account and region, and its time; false: it is none. */
static bool parts_of(str key, str *ret_place, int64_t *ret_ms) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct cur c = cur_of(key);
    if (!str_is(key_take_kind(&c), "cw.history") || !key_take_str(&c, &text) ||
        !key_take_str(&c, &text))
        return false;
    *ret_place = str_slice(key, 0, key.len - c.s.len);
    *ret_ms = (int64_t)~key_take_u64(&c);
    return !c.bad;
}

bool cw_history_fits(const json_t *data) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, data);
    return text.len <= DATA_MAX;
}

static json_t *row_of(const struct cw_history *what) {
    CLEANUP_DEINIT(buf) struct buf data = {0};
    json_t *row = json_object();
    json_write(&data, what->data);
    json_set_str(row, "AlarmName", what->alarm);
    json_set_str(row, "AlarmType", S("MetricAlarm"));
    json_set(row, "Timestamp", json_real((double)what->time_ms / 1000));
    json_set_str(row, "HistoryItemType", str_c(what->type));
    json_set_str(row, "HistorySummary", str_utf8_slice(what->summary, SUMMARY_MAX));
    if (data.len <= DATA_MAX)
        json_set_str(row, "HistoryData", buf_view(&data));
    return row;
}

/* Blind: the number is our own. */
void cw_history_add(struct cw_svc *cw, struct store_batch *batch, const struct cw_history *what) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    CLEANUP_JSON json_t *row = row_of(what);
    const struct rows rows = {cw->store, NULL, batch};
    history_key(&key, what->account, what->region);
    key_u64(&key, ~(uint64_t)what->time_ms);
    key_u64(&key, ~store_next_id(cw->store));
    json_write(&value, row);
    row_put_blind(&rows, STORE_METRICS, buf_view(&key), buf_view(&value));
}

/* ---- DescribeAlarmHistory ---- */

/* Epoch seconds: what is older is not asked for, or not kept. */
static double oldest(struct rq *rq) {
    double asked_s = json_num(rq->in, "StartDate", 0),
           kept_s = (double)(rq->now_ms - kept_ms) / 1000;
    return asked_s > kept_s ? asked_s : kept_s;
}

static bool is_wanted(struct rq *rq, const json_t *row) {
    static const char *const texts[] = {"AlarmName", "HistoryItemType"};
    double at_s = json_num(row, "Timestamp", 0);
    const json_t *types = json_arr(rq->in, "AlarmTypes");
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (json_has(rq->in, texts[i]) &&
            !str_eq(json_str(rq->in, texts[i]), json_str(row, texts[i])))
            return false;
    if (types && json_find_text(types, json_str(row, "AlarmType")) < 0)
        return false;
    return at_s >= oldest(rq) && at_s <= json_num(rq->in, "EndDate", INFINITY);
}

static void list_newest_first(struct kit_page *page, str prefix) {
    kit_page_rows(page, STORE_METRICS, prefix);
    while (kit_page_next(page)) {
        CLEANUP_JSON json_t *row = json_parse(page->value, NULL);
        if (row && json_num(row, "Timestamp", 0) < oldest(page->rq))
            break;
        if (row && is_wanted(page->rq, row))
            kit_page_add(page, STR_NONE, json_incref(row));
    }
}

/* The rest of a key as a place where the oldest stands first, for places ascend; and back. */
static void add_turned(struct buf *out, str rest) {
    for (size_t i = 0; i < rest.len; i++)
        buf_u8(out, (uint8_t) ~(uint8_t)rest.p[i]);
}

/* 0 or AWS_FAILED. */
static int list_oldest_first(struct kit_page *page, str prefix) {
    CLEANUP_DEINIT(buf) struct buf to = {0}, place = {0};
    struct rq *rq = page->rq;
    buf_str(&to, prefix);
    if (page->after.len)
        add_turned(&to, buf_view(&page->after)); /* goes on below it, not from the end */
    else
        key_after(&to);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(rq_store(rq), rq_snap(rq), STORE_METRICS, prefix, buf_view(&to), true);
    for (bool room = true; room && store_iter_next(it);) {
        CLEANUP_JSON json_t *row = json_parse(it->value, NULL);
        buf_clear(&place);
        add_turned(&place, str_skip(it->key, prefix.len));
        if (row && is_wanted(rq, row))
            room = kit_page_add(page, buf_view(&place), json_incref(row));
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "reading the history of alarms") : 0;
}

int cw_op_DescribeAlarmHistory(struct cw_svc *, struct rq *rq) {
    static const struct kit_paging paging = {.list = "AlarmHistoryItems",
                                             .token = "NextToken",
                                             .limit = "MaxRecords",
                                             .most = 100,
                                             .error = &CW_InvalidNextToken,
                                             .no_empty = true};
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    str order = json_str(rq->in, "ScanBy");
    if (json_has(rq->in, "AlarmContributorId"))
        return aws_fail(rq, &CW_ValidationError,
                        "AlarmContributorId is not supported by calotype: there are no alarms with "
                        "contributors");
    if (kit_page_begin(&page, rq, &paging, order))
        return AWS_FAILED;
    history_key(&prefix, rq->account, rq->region);
    if (!str_is(order, "TimestampAscending"))
        list_newest_first(&page, buf_view(&prefix));
    else if (list_oldest_first(&page, buf_view(&prefix)))
        return AWS_FAILED;
    return kit_page_end(&page);
}

/* ---- What has been kept long enough ---- */

/* In each region the old ones stand last: a row that is kept leads to them, over all between. */
static void to_the_old(struct store_iter *it, str place, int64_t before_ms) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    buf_str(&from, place);
    key_u64(&from, ~(uint64_t)(before_ms - 1));
    store_iter_seek(it, buf_view(&from));
}

/* One lot; how many there were. Blind: a row is written once, and removed here alone. */
static size_t sweep_some(struct cw_svc *cw, struct store_iter *it, int64_t before_ms) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    const struct rows rows = {cw->store, NULL, batch};
    size_t n = 0;
    while (n < SWEEP_AT_ONCE && store_iter_next(it)) {
        str place;
        int64_t at_ms;
        if (!parts_of(it->key, &place, &at_ms))
            continue;
        if (at_ms >= before_ms) {
            to_the_old(it, place, before_ms);
            continue;
        }
        row_del_blind(&rows, STORE_METRICS, it->key);
        n++;
    }
    if (n == 0)
        return 0;
    store_batch_frees(batch);
    return store_commit(cw->store, batch, NULL) ? 0 : n;
}

int64_t cw_history_sweep(void *cw_) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    struct cw_svc *cw = cw_;
    int64_t now_ms = clock_world_ms();
    key_begin(&from, "cw.history");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(cw->store, NULL, STORE_METRICS, buf_view(&from));
    store_iter_keys_only(it);
    while (sweep_some(cw, it, now_ms - kept_ms) == SWEEP_AT_ONCE)
        ;
    return now_ms + sweep_every_ms;
}
