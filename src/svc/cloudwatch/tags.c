/*
 * TagResource, UntagResource and ListTagsForResource, of alarms and dashboards, by their ARNs; and
 * what policies see of these tags.
 */
#include "base/arn.h"
#include "svc/cloudwatch/cw_priv.h"
#include "svc/kit/tags.h"

static const struct kit_tags tag_rules = {
    .of = KIT_TAGS_CLOUDWATCH,
    .refuse = {[KIT_TAGS_MANY] = {&CW_InvalidParameterValueException,
                                  "A resource can have at most {most} tags"}},
};

/* The row's key behind an ARN of an alarm or dashboard in the request's place; false: it is none. */
static bool key_of_arn(const struct rq *rq, str text, struct buf *key) {
    static const str alarm = S_INIT("alarm:"), dashboard = S_INIT("dashboard/");
    struct arn arn;
    bool ours = arn_parse(text, &arn) && str_is(arn.service, "cloudwatch") &&
                str_eq(arn.account, rq->account);
    if (ours && str_eq(arn.region, rq->region) && str_starts(arn.resource, alarm))
        cw_alarm_key(key, rq, str_skip(arn.resource, alarm.len));
    else if (ours && arn.region.len == 0 && str_starts(arn.resource, dashboard))
        cw_dashboard_key(key, rq, str_skip(arn.resource, dashboard.len));
    else
        return false;
    return true;
}

int cw_hook_tags(void *, struct rq *rq, str arn, json_t **ret_tags) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    if (!key_of_arn(rq, arn, &row.key))
        return 0;
    /* a peek: rights are those of the moment they are asked for */
    int r = rq_row_peek_json(rq, &row, &doc);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    *ret_tags = json_incref(kit_tags_stored(&tag_rules, doc));
    return 0;
}

/* The row's key behind the request's ResourceARN. 0, or AWS_FAILED. */
static int key_of(struct rq *rq, struct buf *key) {
    str text = json_str(rq->in, "ResourceARN");
    return key_of_arn(rq, text, key)
               ? 0
               : aws_fail(rq, &CW_ResourceNotFoundException,
                          "No alarm or dashboard has the ARN " STR_FMT, STR_ARG(text));
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

int cw_op_TagResource(struct cw_svc *, struct rq *rq) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    if (read_doc(rq, &row, &doc) || kit_tags_merge(rq, &tag_rules, doc, json_arr(rq->in, "Tags")))
        return AWS_FAILED;
    row_put_json(rq_rows(rq), &row, doc);
    return 0;
}

int cw_op_UntagResource(struct cw_svc *, struct rq *rq) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    if (read_doc(rq, &row, &doc))
        return AWS_FAILED;
    kit_tags_remove(&tag_rules, doc, json_arr(rq->in, "TagKeys"));
    row_put_json(rq_rows(rq), &row, doc);
    return 0;
}

int cw_op_ListTagsForResource(struct cw_svc *, struct rq *rq) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    if (read_doc(rq, &row, &doc))
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, "Tags", kit_tags_list(kit_tags_stored(&tag_rules, doc)));
    return 0;
}
