/* GetFunction, GetFunctionConfiguration, ListFunctions, ListVersionsByFunction, and the fixed
 * answers. */
#include "svc/kit/page.h"
#include "svc/lambda/lambda_priv.h"

static int get_function_configuration(struct rq *rq, struct lambda_change *c) {
    rq->out = lambda_config_shown(rq->svc, json_obj(c->doc, "Config"));
    return 0;
}
LAMBDA_OP(GetFunctionConfiguration, get_function_configuration, "FunctionName")

static int get_function(struct rq *rq, struct lambda_change *c) {
    str location;
    const struct lambda_linked linked = {
        .account = c->name.account,
        .region = c->name.region,
        .name = c->name.name,
        .sha256 = json_str(json_obj(c->doc, "Config"), "CodeSha256"),
    };
    if (lambda_link_make(rq, &linked, &location))
        return AWS_FAILED;
    rq->out = json_pack("{s:o,s:{s:s,s:s%}}", "Configuration",
                        lambda_config_shown(rq->svc, json_obj(c->doc, "Config")), "Code",
                        "RepositoryType", "S3", "Location", location.p, location.len);
    if (json_obj(c->doc, "Tags") && json_object_size(json_obj(c->doc, "Tags")))
        json_set(rq->out, "Tags", json_incref(json_obj(c->doc, "Tags")));
    if (json_has(c->doc, "Reserved"))
        json_set(rq->out, "Concurrency",
                 json_pack("{s:I}", "ReservedConcurrentExecutions",
                           (json_int_t)json_int(c->doc, "Reserved", 0)));
    return 0;
}
LAMBDA_OP(GetFunction, get_function, "FunctionName")

int lambda_op_ListFunctions(struct lambda_svc *svc, struct rq *rq) {
    static const struct kit_paging paging = {.list = "Functions",
                                             .token = "Marker",
                                             .next = "NextMarker",
                                             .limit = "MaxItems",
                                             .most = 10000,
                                             .otherwise = 50,
                                             .plain = true};
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    if (json_has(rq->in, "MasterRegion")) /* of copies at the edge, which there are not */
        return lambda_fail_unsupported(rq, arena_printf(&rq->arena, "MasterRegion " STR_FMT,
                                                        STR_ARG(json_str(rq->in, "MasterRegion")))
                                               .p);
    if (kit_page_begin(&page, rq, &paging, STR_NONE))
        return AWS_FAILED;
    lambda_row_prefix(rq->account, rq->region, &prefix);
    kit_page_rows(&page, STORE_META, buf_view(&prefix));
    while (kit_page_next(&page)) {
        CLEANUP_JSON json_t *doc = json_parse(page.value, NULL);
        json_t *config = json_obj(doc, "Config");
        if (config)
            kit_page_add(&page, json_str(config, "FunctionName"), lambda_config_shown(svc, config));
    }
    return kit_page_end(&page);
}

static int list_versions_by_function(struct rq *rq, struct lambda_change *c) {
    rq->out =
        json_pack("{s:[o]}", "Versions", lambda_config_shown(rq->svc, json_obj(c->doc, "Config")));
    return 0;
}
LAMBDA_OP(ListVersionsByFunction, list_versions_by_function, "FunctionName")

/* ---- What is the same for every function here; the stack tools ask for it ---- */
static int get_function_code_signing_config(struct rq *rq, struct lambda_change *c) {
    rq->out = json_pack("{s:s,s:O}", "CodeSigningConfigArn", "", "FunctionName",
                        json_object_get(json_obj(c->doc, "Config"), "FunctionName"));
    return 0;
}
LAMBDA_OP(GetFunctionCodeSigningConfig, get_function_code_signing_config, "FunctionName")

static int get_function_recursion_config(struct rq *rq, struct lambda_change *) {
    rq->out = json_pack("{s:s}", "RecursiveLoop", "Allow");
    return 0;
}
LAMBDA_OP(GetFunctionRecursionConfig, get_function_recursion_config, "FunctionName")

static int get_runtime_management_config(struct rq *rq, struct lambda_change *c) {
    rq->out = json_pack("{s:s,s:O}", "UpdateRuntimeOn", "Auto", "FunctionArn",
                        json_object_get(json_obj(c->doc, "Config"), "FunctionArn"));
    return 0;
}
LAMBDA_OP(GetRuntimeManagementConfig, get_runtime_management_config, "FunctionName")
