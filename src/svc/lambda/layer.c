/* Layers: their names, and their rows as they are read. */
#include "svc/lambda/layer.h"

#include "base/arn.h"
#include "store/key.h"
#include "svc/kit/name.h"
#include "svc/lambda/lambda_priv.h"

/* Of an ARN, "Layers" of FunctionConfiguration, API reference. */
enum { ARN_MOST = 140 };

/* ---- Names ---- */
/* As ARNs of ours have it: one version has one ARN, by which rights and the sweep know its users. */
static bool take_version(str text, int64_t *ret) {
    return !str_starts(text, S("0")) && str_to_i64(text, ret) && *ret > 0;
}

bool lambda_layer_parse(str text, str account, str region, struct lambda_layer *ret) {
    struct arn arn;
    *ret = (struct lambda_layer){.account = account, .region = region, .name = text};
    if (str_starts(text, S("arn:"))) {
        str version;
        if (!arn_parse_regional(text, "lambda", &arn) || !str_starts(arn.resource, S("layer:")))
            return false;
        ret->account = arn.account;
        ret->region = arn.region;
        if (str_cut(str_skip(arn.resource, strlen("layer:")), ':', &ret->name, &version) &&
            !take_version(version, &ret->version))
            return false;
    }
    return kit_name_ok(ret->name, ARN_MOST);
}

void lambda_layer_arn(const struct lambda_layer *layer, struct buf *out) {
    arn_add(out, "lambda", layer->region, layer->account, "layer:" STR_FMT, STR_ARG(layer->name));
    if (layer->version)
        buf_printf(out, ":%lld", (long long)layer->version);
}

/* ---- Keys ---- */
void lambda_layer_prefix(str account, str region, str name, struct buf *prefix) {
    key_begin(prefix, "lambda.layerv");
    key_str(prefix, account);
    key_str(prefix, region);
    if (name.p)
        key_str(prefix, name);
}

/* The newest version comes first: a layer's latest is the first row, and so lists are in AWS's order. */
void lambda_layer_key(const struct lambda_layer *layer, struct buf *key) {
    if (layer->version) {
        lambda_layer_prefix(layer->account, layer->region, layer->name, key);
        key_u64(key, UINT64_MAX - (uint64_t)layer->version);
        return;
    }
    key_begin(key, "lambda.layer");
    key_str(key, layer->account);
    key_str(key, layer->region);
    key_str(key, layer->name);
}

int64_t lambda_layer_take_version(struct cur *key) {
    return (int64_t)(UINT64_MAX - key_take_u64(key));
}

/* ---- Of a request ---- */
static int take_number(struct rq *rq, struct lambda_layer *ret) {
    if (!json_has(rq->in, "VersionNumber"))
        return 0;
    ret->version = json_int(rq->in, "VersionNumber", 0);
    return ret->version > 0 ? 0 : lambda_fail_invalid(rq, "Layer Version Cannot be less than 1.");
}

int lambda_rq_layer(struct rq *rq, struct lambda_layer *ret) {
    str text = json_has(rq->in, "Arn") ? json_str(rq->in, "Arn") : json_str(rq->in, "LayerName");
    if (!lambda_layer_parse(text, rq->account, rq->region, ret))
        return lambda_fail_invalid(rq, "\"" STR_FMT "\" is not the name or ARN of a layer",
                                   STR_ARG(text));
    return take_number(rq, ret);
}

/* ---- Rows ---- */
static int unless_deleted(int r, json_t **doc) {
    if (r || !json_bool(*doc, "Deleted", false))
        return r;
    json_decref(STEAL(*doc));
    return STORE_E_ABSENT;
}

int lambda_layer_get(const struct rows *rows, const struct lambda_layer *layer, struct row *row,
                     json_t **ret_doc) {
    lambda_layer_key(layer, &row->key);
    return unless_deleted(row_get_json(rows, row, ret_doc), ret_doc);
}

int lambda_rq_layer_get(struct rq *rq, const struct lambda_layer *layer, struct row *row,
                        json_t **ret_doc) {
    lambda_layer_key(layer, &row->key);
    return unless_deleted(rq_row_get_json(rq, row, ret_doc), ret_doc);
}
