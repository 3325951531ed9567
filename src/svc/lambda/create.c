/* CreateFunction, UpdateFunctionCode, UpdateFunctionConfiguration, DeleteFunction. */
#include "base/codec.h"
#include "store/blob.h"
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/layer.h"

/* ---- Parts of a row ---- */
static void set_package(struct rq *rq, json_t *doc, struct lambda_package *package) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_t *config = json_obj(doc, "Config");
    codec_add_base64(&text, package->ref.p, package->ref.len);
    json_set_str(doc, "CodeRef", buf_view(&text));
    json_set_str(doc, "CodeDir", str_c(package->dir));
    json_set_int(doc, "Unzipped", (int64_t)package->unzipped);
    json_set_int(config, "CodeSize", (int64_t)package->size);
    json_set_str(config, "CodeSha256", str_c(package->sha256));
    lambda_package_keep(rq, package);
}

static void drop_package(struct rq *rq, const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf ref = {0};
    if (codec_unbase64(&ref, json_str(doc, "CodeRef")))
        blob_drop(rq_batch(rq), buf_view(&ref));
}

static void next_generation(struct rq *rq, json_t *doc) {
    json_set_int(doc, "Generation", json_int(doc, "Generation", 0) + 1);
    lambda_config_touch(json_obj(doc, "Config"), rq->now_ms);
    lambda_rq_changed(rq);
}

static void set_states(json_t *config) {
    json_set_str(config, "State", S("Active"));
    json_set_str(config, "LastUpdateStatus", S("Successful"));
}

static int check_revision(struct rq *rq, const json_t *doc) {
    str wanted = json_str(rq->in, "RevisionId");
    if (!wanted.p || str_eq(wanted, json_str(json_obj(doc, "Config"), "RevisionId")))
        return 0;
    return aws_fail(rq, &lambda_e_PreconditionFailedException, NULL);
}

/* ---- CreateFunction ---- */
static json_t *new_config(const struct lambda_name *name) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    json_t *config = json_object();
    lambda_name_arn(name, &arn);
    json_set_str(config, "FunctionName", name->name);
    json_set_str(config, "FunctionArn", buf_view(&arn));
    json_set_str(config, "Version", S("$LATEST"));
    return config;
}

static int refuse_existing(struct rq *rq, const struct lambda_name *name, struct row *row) {
    lambda_row_key(name, &row->key);
    int r = rq_row_get(rq, row);
    if (r == STORE_E_ABSENT)
        return 0;
    return r ? r
             : aws_fail(rq, &lambda_e_ResourceConflictException, "Function already exist: " STR_FMT,
                        STR_ARG(name->name));
}

int lambda_op_CreateFunction(struct lambda_svc *svc, struct rq *rq) {
    struct lambda_name name;
    CLEANUP_DEINIT(row) struct row row = {0};
    if (lambda_rq_name(rq, "FunctionName", &name))
        return AWS_FAILED;
    if (!str_eq(name.account, rq->account) || name.qualifier.p)
        return lambda_fail_invalid(
            rq, "A function is created in the account of its creator and without a qualifier");
    if (refuse_existing(rq, &name, &row))
        return AWS_FAILED;

    CLEANUP_JSON json_t *doc = json_object();
    json_t *config = new_config(&name);
    json_set(doc, "Config", config);
    if (lambda_config_apply(svc, rq, config, true) || lambda_layers_apply(rq, &name, doc) ||
        (json_has(rq->in, "Tags") &&
         kit_tags_merge(rq, &lambda_tags, doc, json_obj(rq->in, "Tags"))))
        return AWS_FAILED;
    struct lambda_package *package = NULL;
    if (lambda_package_take(svc, rq, json_obj(rq->in, "Code"), &package) ||
        lambda_layers_check_size(rq, doc, package) ||
        lambda_check_code_storage(rq, name.name, package->size))
        return AWS_FAILED;
    set_package(rq, doc, package);
    set_states(config);
    next_generation(rq, doc);
    /* A function made again under an old name is another one: its environments must not mix. */
    json_set_int(doc, "Generation", rq->now_ms);
    row_put_json(rq_rows(rq), &row, doc);
    rq->out = lambda_config_shown(svc, config);
    return 0;
}

/* ---- Updates ---- */
static int update_function_code(struct rq *rq, struct lambda_change *c) {
    if (check_revision(rq, c->doc) || lambda_check_settings(rq) ||
        lambda_config_apply_architecture(rq, json_obj(c->doc, "Config")))
        return AWS_FAILED;
    struct lambda_package *package = NULL;
    if (lambda_package_take(rq->svc, rq, rq->in, &package) ||
        lambda_layers_check_size(rq, c->doc, package) ||
        lambda_check_code_storage(rq, c->name.name, package->size))
        return AWS_FAILED;
    if (json_bool(rq->in, "DryRun", false)) {
        rq->out = lambda_config_shown(rq->svc, json_obj(c->doc, "Config"));
        return 0;
    }
    drop_package(rq, c->doc);
    set_package(rq, c->doc, package);
    next_generation(rq, c->doc);
    lambda_change_put(rq, c);
    rq->out = lambda_config_shown(rq->svc, json_obj(c->doc, "Config"));
    return 0;
}
LAMBDA_OP(UpdateFunctionCode, update_function_code, "FunctionName")

static int update_function_configuration(struct rq *rq, struct lambda_change *c) {
    if (check_revision(rq, c->doc) ||
        lambda_config_apply(rq->svc, rq, json_obj(c->doc, "Config"), false) ||
        lambda_layers_apply(rq, &c->name, c->doc) ||
        (json_arr(rq->in, "Layers") && lambda_layers_check_size(rq, c->doc, NULL)))
        return AWS_FAILED;
    next_generation(rq, c->doc);
    lambda_change_put(rq, c);
    rq->out = lambda_config_shown(rq->svc, json_obj(c->doc, "Config"));
    return 0;
}
LAMBDA_OP(UpdateFunctionConfiguration, update_function_configuration, "FunctionName")

int lambda_op_DeleteFunction(struct lambda_svc *, struct rq *rq) {
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    if (str_is(json_str(rq->in, "Qualifier"), "$LATEST"))
        return lambda_fail_invalid(
            rq, "$LATEST version cannot be deleted without deleting the function.");
    if (lambda_change_open(rq, "FunctionName", &c))
        return AWS_FAILED;
    row_del(rq_rows(rq), &c.row);
    store_batch_frees(rq_batch(rq));
    drop_package(rq, c.doc);
    lambda_rq_changed(rq);
    rq_out_status(rq, 204);
    return 0;
}
