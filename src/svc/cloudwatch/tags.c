/* TagResource, UntagResource and ListTagsForResource, of alarms and dashboards, by their ARNs. */
#include "svc/cloudwatch/cw_priv.h"

enum { MAX_TAGS = 50 };

/* The row's key behind the request's ResourceARN. 0, or AWS_FAILED. */
static int key_of(struct rq *rq, struct buf *key) {
    str arn = json_str(rq->in, "ResourceARN");
    str alarms = arena_printf(&rq->arena, "arn:aws:cloudwatch:" STR_FMT ":" STR_FMT ":alarm:", STR_ARG(rq->region),
                              STR_ARG(rq->account));
    str dashboards = arena_printf(&rq->arena, "arn:aws:cloudwatch::" STR_FMT ":dashboard/", STR_ARG(rq->account));
    if (str_starts(arn, alarms))
        cw_alarm_key(key, rq, str_skip(arn, alarms.len));
    else if (str_starts(arn, dashboards))
        cw_dashboard_key(key, rq, str_skip(arn, dashboards.len));
    else
        return aws_fail(rq, &CW_ResourceNotFoundException, "No alarm or dashboard has the ARN " STR_FMT, STR_ARG(arn));
    return 0;
}

static int read_doc(struct rq *rq, struct row *row, json_t **ret_doc) {
    if (key_of(rq, &row->key))
        return AWS_FAILED;
    int r = rq_row_get_json(rq, row, ret_doc);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &CW_ResourceNotFoundException, "Unknown resource " STR_FMT,
                        STR_ARG(json_str(rq->in, "ResourceARN")));
    return r;
}

static json_t *tags_of(json_t *doc) {
    if (!json_arr(doc, "Tags"))
        json_set(doc, "Tags", json_array());
    return json_arr(doc, "Tags");
}

static size_t find(const json_t *tags, str key) {
    size_t n = json_array_size(tags);
    for (size_t i = 0; i < n; i++)
        if (str_eq(json_str(json_array_get(tags, i), "Key"), key))
            return i;
    return n;
}

int cw_op_TagResource(struct svc *cw, struct rq *rq) {
    (void)cw;
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    if (read_doc(rq, &row, &doc))
        return AWS_FAILED;
    json_t *tags = tags_of(doc);
    const json_t *given = json_arr(rq->in, "Tags");
    for (size_t i = 0; i < json_array_size(given); i++) {
        json_t *tag = json_array_get(given, i);
        size_t at = find(tags, json_str(tag, "Key"));
        if (at < json_array_size(tags))
            json_array_set(tags, at, tag);
        else
            json_array_append(tags, tag);
    }
    if (json_array_size(tags) > MAX_TAGS)
        return aws_fail(rq, &CW_InvalidParameterValueException, "A resource can have at most %d tags", MAX_TAGS);
    row_put_json(rq_rows(rq), &row, doc);
    return 0;
}

int cw_op_UntagResource(struct svc *cw, struct rq *rq) {
    (void)cw;
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    if (read_doc(rq, &row, &doc))
        return AWS_FAILED;
    json_t *tags = tags_of(doc);
    const json_t *names = json_arr(rq->in, "TagKeys");
    for (size_t i = 0; i < json_array_size(names); i++) {
        size_t at = find(tags, json_text(json_array_get(names, i)));
        if (at < json_array_size(tags))
            json_array_remove(tags, at);
    }
    row_put_json(rq_rows(rq), &row, doc);
    return 0;
}

int cw_op_ListTagsForResource(struct svc *cw, struct rq *rq) {
    (void)cw;
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    if (read_doc(rq, &row, &doc))
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, "Tags", json_incref(tags_of(doc)));
    return 0;
}
