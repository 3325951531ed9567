/*
 * What authorisation asks of Logs: the ARN, for operations that take a group by name or by ARN, and
 * the tags of a group.
 */
#include "base/arn.h"
#include "svc/logs/logs_priv.h"

int logs_hook_resource(void *, struct rq *rq, struct buf *ret_arn) {
    str group = logs_group_name(rq), stream = json_str(rq->in, "logStreamName");
    if (!group.p &&
        json_has(rq->in, "logGroupIdentifier")) /* of another account or region: as it was given */
        buf_str(ret_arn, json_str(rq->in, "logGroupIdentifier"));
    else
        arn_add(ret_arn, "logs", rq->region, rq->account,
                "log-group:" STR_FMT ":log-stream:" STR_FMT, STR_ARG(group), STR_ARG(stream));
    return 0;
}

/* Streams have no tags of their own: their group's are meant. */
int logs_hook_tags(void *, struct rq *rq, str text, json_t **ret_tags) {
    static const str type = S_INIT("log-group:");
    struct arn arn;
    str name, rest;
    if (!arn_parse_regional(text, "logs", &arn) || !str_starts(arn.resource, type))
        return 0;
    str_cut(str_skip(arn.resource, type.len), ':', &name, &rest);
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    logs_group_key(&row.key, arn.account, arn.region, name);
    /* a peek: rights are those of the moment they are asked for */
    int r = rq_row_peek_json(rq, &row, &doc);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    *ret_tags = json_incref(json_object_get(doc, "tags"));
    return 0;
}
