/*
 * PublishLayerVersion, GetLayerVersion, GetLayerVersionByArn, ListLayers, ListLayerVersions,
 * DeleteLayerVersion.
 */
#include "base/codec.h"
#include "store/blob.h"
#include "svc/kit/page.h"
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/layer.h"

enum { ARN_MOST = 140, PAGE_MOST = 50 };

/* ---- What is answered ---- */
/* Of a version's row, with an address of its zip. */
static int answer(struct rq *rq, const struct lambda_layer *layer, const json_t *doc) {
    const struct lambda_linked linked = {
        .account = layer->account,
        .region = layer->region,
        .name = layer->name,
        .version = layer->version,
        .sha256 = json_str(doc, "CodeSha256"),
    };
    str location;
    if (lambda_link_make(rq, &linked, &location))
        return AWS_FAILED;
    rq->out = json_copy(json_obj(doc, "Layer"));
    json_set(rq->out, "Content",
             json_pack("{s:s%,s:O,s:O}", "Location", location.p, location.len, "CodeSha256",
                       json_object_get(doc, "CodeSha256"), "CodeSize",
                       json_object_get(doc, "CodeSize")));
    return 0;
}

static void set_arns(json_t *shown, const struct lambda_layer *layer) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    struct lambda_layer whole = *layer;
    lambda_layer_arn(layer, &arn);
    json_set_str(shown, "LayerVersionArn", buf_view(&arn));
    whole.version = 0;
    buf_clear(&arn);
    lambda_layer_arn(&whole, &arn);
    json_set_str(shown, "LayerArn", buf_view(&arn));
    json_set_int(shown, "Version", layer->version);
}

/* The members that the request gives, as they are: nothing here depends on them but the lists. */
static json_t *describe(struct rq *rq, const struct lambda_layer *layer) {
    static const char *const kept[] = {"CompatibleRuntimes", "CompatibleArchitectures",
                                       "LicenseInfo"};
    CLEANUP_DEINIT(buf) struct buf when = {0};
    json_t *shown = json_object();
    set_arns(shown, layer);
    lambda_add_time(&when, rq->now_ms);
    json_set_str(shown, "CreatedDate", buf_view(&when));
    json_set_str(shown, "Description",
                 json_has(rq->in, "Description") ? json_str(rq->in, "Description") : S(""));
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        if (json_has(rq->in, kept[i]))
            json_set(shown, kept[i], json_incref(json_object_get(rq->in, kept[i])));
    return shown;
}

/* ---- PublishLayerVersion ---- */
/* The next number of the layer; its row, changed, goes with the version's. */
static int take_next(struct rq *rq, struct lambda_layer *layer) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    lambda_layer_key(layer, &row.key);
    int r = rq_row_get_json(rq, &row, &doc);
    if (r && r != STORE_E_ABSENT)
        return r;
    layer->version = json_int(doc, "Last", 0) + 1;
    lambda_layer_arn(layer, &arn);
    if (arn.len > ARN_MOST)
        return lambda_fail_invalid(
            rq,
            "1 validation error detected: Value '%s' at 'layerVersionArn' failed to satisfy "
            "constraint: Member must have length less than or equal to %d",
            buf_cstr(&arn), ARN_MOST);
    CLEANUP_JSON json_t *next = json_pack("{s:I}", "Last", (json_int_t)layer->version);
    row_put_json(rq_rows(rq), &row, next);
    return 0;
}

static json_t *new_row(struct rq *rq, const struct lambda_layer *layer,
                       const struct lambda_package *package) {
    CLEANUP_DEINIT(buf) struct buf ref = {0};
    json_t *doc = json_object();
    codec_add_base64(&ref, package->ref.p, package->ref.len);
    json_set(doc, "Layer", describe(rq, layer));
    json_set_str(doc, "CodeRef", buf_view(&ref));
    json_set_str(doc, "CodeDir", str_c(package->dir));
    json_set_str(doc, "CodeSha256", str_c(package->sha256));
    json_set_int(doc, "CodeSize", (int64_t)package->size);
    json_set_int(doc, "Unzipped", (int64_t)package->unzipped);
    return doc;
}

int lambda_op_PublishLayerVersion(struct lambda_svc *svc, struct rq *rq) {
    struct lambda_layer layer;
    struct lambda_package *package = NULL;
    CLEANUP_DEINIT(buf) struct buf key = {0}, text = {0};
    if (lambda_rq_layer(rq, &layer))
        return AWS_FAILED;
    if (!str_eq(layer.account, rq->account) || !str_eq(layer.region, rq->region) || layer.version)
        return lambda_fail_invalid(
            rq, "A layer is published in the account and the region of its publisher");
    if (take_next(rq, &layer) ||
        lambda_package_take(svc, rq, json_obj(rq->in, "Content"), &package) ||
        lambda_check_code_storage(rq, STR_NONE, package->size))
        return AWS_FAILED;
    CLEANUP_JSON json_t *doc = new_row(rq, &layer, package);
    lambda_package_keep(rq, package);
    lambda_layer_key(&layer, &key);
    json_write(&text, doc);
    /* Blind: the number is ours, for the layer's row is a condition. */
    row_put_blind(rq_rows(rq), STORE_META, buf_view(&key), buf_view(&text));
    return answer(rq, &layer, doc);
}

/* ---- One version ---- */
static int get_version(struct rq *rq) {
    struct lambda_layer layer;
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    if (lambda_rq_layer(rq, &layer))
        return AWS_FAILED;
    int r = lambda_rq_layer_get(rq, &layer, &row, &doc);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &lambda_e_ResourceNotFoundException, NULL);
    return r ? r : answer(rq, &layer, doc);
}
int lambda_op_GetLayerVersion(struct lambda_svc *, struct rq *rq) { return get_version(rq); }
int lambda_op_GetLayerVersionByArn(struct lambda_svc *, struct rq *rq) { return get_version(rq); }

/* Hidden first; the sweep removes it when no function has it. What is not there is deleted. */
int lambda_op_DeleteLayerVersion(struct lambda_svc *, struct rq *rq) {
    struct lambda_layer layer;
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    if (lambda_rq_layer(rq, &layer))
        return AWS_FAILED;
    rq_out_status(rq, 204);
    int r = lambda_rq_layer_get(rq, &layer, &row, &doc);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    json_set_bool(doc, "Deleted", true);
    json_object_del(doc, "Policy");
    row_put_json(rq_rows(rq), &row, doc);
    store_batch_frees(rq_batch(rq));
    lambda_rq_changed(rq);
    return 0;
}

/* ---- Lists ---- */
/* A version that names no runtimes is found by none. */
static bool has_member(struct rq *rq, const char *wanted, const json_t *shown, const char *list) {
    str text = json_str(rq->in, wanted);
    return !text.p || json_find_text(json_arr(shown, list), text) >= 0;
}

/* As lists show it; NULL: it is deleted, or is not what the request looks for. */
static json_t *item_of(struct rq *rq, str value, str *ret_name) {
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    json_t *shown = json_obj(doc, "Layer");
    struct lambda_layer layer;
    if (!shown || json_bool(doc, "Deleted", false) ||
        !has_member(rq, "CompatibleRuntime", shown, "CompatibleRuntimes") ||
        !has_member(rq, "CompatibleArchitecture", shown, "CompatibleArchitectures") ||
        !lambda_layer_parse(json_str(shown, "LayerArn"), rq->account, rq->region, &layer))
        return NULL;
    *ret_name = arena_str(&rq->arena, layer.name);
    json_t *item = json_copy(shown);
    json_object_del(item, "LayerArn");
    return item;
}

/* Of each layer the newest version that is looked for, which is the first of its rows. */
int lambda_op_ListLayers(struct lambda_svc *, struct rq *rq) {
    static const struct kit_paging paging = {.list = "Layers",
                                             .token = "Marker",
                                             .next = "NextMarker",
                                             .limit = "MaxItems",
                                             .most = PAGE_MOST,
                                             .plain = true};
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    str last = STR_NONE;
    if (kit_page_begin(&page, rq, &paging, STR_NONE))
        return AWS_FAILED;
    lambda_layer_prefix(rq->account, rq->region, STR_NONE, &prefix);
    kit_page_rows(&page, STORE_META, buf_view(&prefix));
    while (kit_page_next(&page)) {
        str name;
        json_t *item = item_of(rq, page.value, &name);
        if (!item || str_eq(name, last)) {
            json_decref(item);
            continue;
        }
        last = name;
        const struct lambda_layer layer = {rq->account, rq->region, name, 0};
        CLEANUP_DEINIT(buf) struct buf arn = {0};
        lambda_layer_arn(&layer, &arn);
        kit_page_add(&page, name,
                     json_pack("{s:s%,s:s%,s:o}", "LayerName", name.p, name.len, "LayerArn", arn.p,
                               arn.len, "LatestMatchingVersion", item));
    }
    return kit_page_end(&page);
}

int lambda_op_ListLayerVersions(struct lambda_svc *, struct rq *rq) {
    static const struct kit_paging paging = {.list = "LayerVersions",
                                             .token = "Marker",
                                             .next = "NextMarker",
                                             .limit = "MaxItems",
                                             .most = PAGE_MOST,
                                             .error = &lambda_e_InvalidParameterValueException,
                                             .text = "Invalid Marker"};
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    struct lambda_layer layer;
    if (lambda_rq_layer(rq, &layer) || kit_page_begin(&page, rq, &paging, layer.name))
        return AWS_FAILED;
    if (!str_eq(layer.account, rq->account)) /* the right asked for is not about one layer */
        return aws_fail(rq, &lambda_e_AccessDeniedException,
                        "The versions of another account's layers are not listed");
    lambda_layer_prefix(layer.account, layer.region, layer.name, &prefix);
    kit_page_rows(&page, STORE_META, buf_view(&prefix));
    while (kit_page_next(&page)) {
        str name;
        json_t *item = item_of(rq, page.value, &name);
        if (item)
            kit_page_add(&page, STR_NONE, item);
    }
    return kit_page_end(&page);
}
