/* Reserved concurrency, tags, account settings. */
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/layer.h"

/* ---- Concurrency ---- */
struct totals {
    int64_t reserved, functions, code;
};

static int add_layers(struct rq *rq, struct totals *ret) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    lambda_layer_prefix(rq->account, rq->region, STR_NONE, &from);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_below(rq_store(rq), rq_snap(rq), STORE_META, buf_view(&from));
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        ret->code += json_int(doc, "CodeSize", 0);
    }
    return store_iter_fault(it);
}

/*
 * Over the functions of the account but one, and, where nothing is firm, over its versions of
 * layers: deleted ones that functions have lie on the disk as others do. firm: what is concluded
 * from the sums holds only as long as they do, so every row that went in is a condition; one that is
 * made meanwhile has reserved nothing.
 */
static int add_up(struct rq *rq, str but, bool firm, struct totals *ret) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_DEINIT(buf) struct buf from = {0};
    lambda_row_prefix(rq->account, rq->region, &from);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_below(rq_store(rq), rq_snap(rq), STORE_META, buf_view(&from));
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        const json_t *config = json_obj(doc, "Config");
        if (str_eq(json_str(config, "FunctionName"), but))
            continue;
        if (firm)
            row_seen(rq_rows(rq), &row, it);
        ret->functions++;
        ret->code += json_int(config, "CodeSize", 0);
        ret->reserved += json_int(doc, "Reserved", 0);
    }
    int r = store_iter_fault(it);
    if (r == 0 && !firm)
        r = add_layers(rq, ret);
    return r ? aws_fault(rq, r, "listing functions and layers") : 0;
}

static int put_function_concurrency(struct rq *rq, struct lambda_change *c) {
    struct totals totals = {0};
    int64_t wanted = json_int(rq->in, "ReservedConcurrentExecutions", 0);
    if (add_up(rq, c->name.name, true, &totals))
        return AWS_FAILED;
    if (wanted > LAMBDA_ACCOUNT_CONCURRENCY - LAMBDA_UNRESERVED_LEAST - totals.reserved)
        return lambda_fail_invalid(
            rq,
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [%d].",
            LAMBDA_UNRESERVED_LEAST);
    json_set_int(c->doc, "Reserved", wanted);
    lambda_change_put(rq, c);
    lambda_rq_changed(rq);
    rq->out = json_pack("{s:I}", "ReservedConcurrentExecutions", (json_int_t)wanted);
    return 0;
}
LAMBDA_OP(PutFunctionConcurrency, put_function_concurrency, "FunctionName")

static int get_function_concurrency(struct rq *rq, struct lambda_change *c) {
    rq->out = json_object();
    if (json_has(c->doc, "Reserved"))
        json_set_int(rq->out, "ReservedConcurrentExecutions", json_int(c->doc, "Reserved", 0));
    return 0;
}
LAMBDA_OP(GetFunctionConcurrency, get_function_concurrency, "FunctionName")

static int delete_function_concurrency(struct rq *rq, struct lambda_change *c) {
    json_object_del(c->doc, "Reserved");
    lambda_change_put(rq, c);
    lambda_rq_changed(rq);
    return 0;
}
LAMBDA_OP(DeleteFunctionConcurrency, delete_function_concurrency, "FunctionName")

/*
 * Not a condition of the commit: packages that are brought at the same time may go beyond the limit
 * together, by what each of them is.
 */
int lambda_check_code_storage(struct rq *rq, str name, uint64_t size) {
    struct totals totals = {0};
    if (add_up(rq, name, false, &totals))
        return AWS_FAILED;
    return (uint64_t)totals.code + size <= LAMBDA_CODE_STORAGE
               ? 0
               : aws_fail(rq, &lambda_e_CodeStorageExceededException, NULL);
}

int lambda_op_GetAccountSettings(struct lambda_svc *, struct rq *rq) {
    struct totals totals = {0};
    if (add_up(rq, STR_NONE, false, &totals))
        return AWS_FAILED;
    rq->out = json_pack(
        "{s:{s:I,s:I,s:I,s:I,s:I},s:{s:I,s:I}}", "AccountLimit", "TotalCodeSize",
        (json_int_t)LAMBDA_CODE_STORAGE, "CodeSizeUnzipped", (json_int_t)LAMBDA_UNZIPPED_MOST,
        "CodeSizeZipped", (json_int_t)LAMBDA_ZIP_MOST, "ConcurrentExecutions",
        (json_int_t)LAMBDA_ACCOUNT_CONCURRENCY, "UnreservedConcurrentExecutions",
        (json_int_t)(LAMBDA_ACCOUNT_CONCURRENCY - totals.reserved), "AccountUsage", "TotalCodeSize",
        (json_int_t)totals.code, "FunctionCount", (json_int_t)totals.functions);
    return 0;
}

/* ---- Tags ---- */
/* As Lambda words it of a map: cloud-custodian's issue 2520. */
#define PART(part, least, most)                                                                         \
    "1 validation error detected: Value of tag {key} at 'tags' failed to satisfy constraint: Map " part \
    " must satisfy constraint: [Member must have length less than or equal to " most                    \
    ", Member must have length greater than or equal to " least                                         \
    ", Member must satisfy regular expression pattern: ^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$]"
const struct kit_tags lambda_tags = {
    .of = KIT_TAGS_LAMBDA,
    .refuse = {[KIT_TAGS_KEY] = {&lambda_e_InvalidParameterValueException,
                                 PART("keys", "1", "128")},
               [KIT_TAGS_VALUE] = {&lambda_e_InvalidParameterValueException,
                                   PART("value", "0", "256")},
               [KIT_TAGS_MANY] = {&lambda_e_InvalidParameterValueException,
                                  "The number of tags exceeds the limit of {most}"}},
};

static int tag_resource(struct rq *rq, struct lambda_change *c) {
    if (kit_tags_merge(rq, &lambda_tags, c->doc, json_obj(rq->in, "Tags")))
        return AWS_FAILED;
    lambda_change_put(rq, c);
    return 0;
}
LAMBDA_OP(TagResource, tag_resource, "Resource")

static int untag_resource(struct rq *rq, struct lambda_change *c) {
    kit_tags_remove(&lambda_tags, c->doc, json_arr(rq->in, "TagKeys"));
    lambda_change_put(rq, c);
    return 0;
}
LAMBDA_OP(UntagResource, untag_resource, "Resource")

static int list_tags(struct rq *rq, struct lambda_change *c) {
    rq->out = json_pack("{s:o}", "Tags", kit_tags_map(kit_tags_stored(&lambda_tags, c->doc)));
    return 0;
}
LAMBDA_OP(ListTags, list_tags, "Resource")
