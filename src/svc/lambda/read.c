/* GetFunction, GetFunctionConfiguration, ListFunctions, ListVersionsByFunction, and the fixed
 * answers. */
#include "svc/lambda/lambda_priv.h"

enum { PAGE = 50, PAGE_MOST = 10000 };

int lambda_op_GetFunctionConfiguration(struct svc *svc, struct rq *rq) {
    (void)svc;
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    if (lambda_change_open(rq, "FunctionName", &c))
        return AWS_FAILED;
    rq->out = json_incref(json_obj(c.doc, "Config"));
    return 0;
}

/* Code.Location is a presigned URL at Lambda's own; here packages have no address, so it is left
 * out. */
int lambda_op_GetFunction(struct svc *svc, struct rq *rq) {
    (void)svc;
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    if (lambda_change_open(rq, "FunctionName", &c))
        return AWS_FAILED;
    rq->out = json_pack("{s:O,s:{s:s}}", "Configuration", json_obj(c.doc, "Config"), "Code",
                        "RepositoryType", "S3");
    if (json_obj(c.doc, "Tags") && json_object_size(json_obj(c.doc, "Tags")))
        json_set(rq->out, "Tags", json_incref(json_obj(c.doc, "Tags")));
    if (json_has(c.doc, "Reserved"))
        json_set(rq->out, "Concurrency",
                 json_pack("{s:I}", "ReservedConcurrentExecutions",
                           (json_int_t)json_int(c.doc, "Reserved", 0)));
    return 0;
}

/* Marker is the name behind which to go on. */
int lambda_op_ListFunctions(struct svc *svc, struct rq *rq) {
    (void)svc;
    CLEANUP_DEINIT(buf) struct buf from = {0};
    CLEANUP_DEINIT(buf) struct buf to = {0};
    int64_t most = json_int(rq->in, "MaxItems", PAGE);
    str marker = json_str(rq->in, "Marker");
    lambda_row_range(rq->account, rq->region, &from, &to);
    struct lambda_name name = {rq->account, rq->region, marker, STR_NONE};
    if (marker.len) {
        lambda_row_key(&name, &from);
        buf_char(&from, '\0'); /* the first key behind it */
    }
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_new(rq_store(rq), rq_snap(rq), STORE_META, buf_view(&from),
                                           buf_view(&to), false);
    json_t *list = json_array();
    rq->out = json_pack("{s:o}", "Functions", list);
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        json_t *config = json_obj(doc, "Config");
        if ((int64_t)json_array_size(list) == (most < PAGE_MOST ? most : PAGE_MOST)) {
            const json_t *last = json_array_get(list, json_array_size(list) - 1);
            json_set_str(rq->out, "NextMarker", json_str(last, "FunctionName"));
            break;
        }
        if (config)
            json_array_append(list, config);
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "listing functions") : 0;
}

int lambda_op_ListVersionsByFunction(struct svc *svc, struct rq *rq) {
    (void)svc;
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    if (lambda_change_open(rq, "FunctionName", &c))
        return AWS_FAILED;
    rq->out = json_pack("{s:[O]}", "Versions", json_obj(c.doc, "Config"));
    return 0;
}

/* ---- What is the same for every function here; the stack tools ask for it ---- */
int lambda_op_GetFunctionCodeSigningConfig(struct svc *svc, struct rq *rq) {
    (void)svc;
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    if (lambda_change_open(rq, "FunctionName", &c))
        return AWS_FAILED;
    rq->out = json_pack("{s:s,s:O}", "CodeSigningConfigArn", "", "FunctionName",
                        json_object_get(json_obj(c.doc, "Config"), "FunctionName"));
    return 0;
}

int lambda_op_GetFunctionRecursionConfig(struct svc *svc, struct rq *rq) {
    (void)svc;
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    if (lambda_change_open(rq, "FunctionName", &c))
        return AWS_FAILED;
    rq->out = json_pack("{s:s}", "RecursiveLoop", "Allow");
    return 0;
}

int lambda_op_GetRuntimeManagementConfig(struct svc *svc, struct rq *rq) {
    (void)svc;
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    if (lambda_change_open(rq, "FunctionName", &c))
        return AWS_FAILED;
    rq->out = json_pack("{s:s,s:O}", "UpdateRuntimeOn", "Auto", "FunctionArn",
                        json_object_get(json_obj(c.doc, "Config"), "FunctionArn"));
    return 0;
}
