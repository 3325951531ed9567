/* svc/lambda: the rows that own packages, as a scrub asks for them. */
#include "base/codec.h"
#include "store/key.h"
#include "store/scrub.h"
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"

static void name_function(struct store *, str key, str, json_t *finding, struct buf *words) {
    static const char *const members[] = {"Account", "Region", "FunctionName"};
    CLEANUP_DEINIT(buf) struct buf part = {0};
    struct cur at = cur_of(key);
    key_take_kind(&at);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        buf_clear(&part);
        if (key_take_str(&at, &part))
            json_set_str(finding, members[i], buf_view(&part));
    }
    buf_printf(words, "the package of function " STR_FMT, STR_ARG(buf_view(&part)));
}

static void name_layer(struct store *, str key, str value, json_t *finding, struct buf *words) {
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    str arn = json_str(json_obj(doc, "Layer"), "LayerVersionArn");
    if (arn.len) {
        json_set_str(finding, "LayerVersionArn", arn);
        buf_printf(words, "the package of layer version " STR_FMT, STR_ARG(arn));
        return;
    }
    CLEANUP_DEINIT(buf) struct buf name = {0};
    struct cur at = cur_of(key);
    key_take_kind(&at);
    for (size_t i = 0; i < 3; i++) { /* account, region, name */
        buf_clear(&name);
        key_take_str(&at, &name);
    }
    json_set_str(finding, "LayerName", buf_view(&name));
    buf_printf(words, "the package of a version of layer " STR_FMT, STR_ARG(buf_view(&name)));
}

static int each_package(struct store *, str, str value, store_see_fn *see, void *ctx,
                        struct err *err) {
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    CLEANUP_DEINIT(buf) struct buf ref = {0};
    if (!doc || !codec_unbase64(&ref, json_str(doc, "CodeRef")))
        return err_set(err, STORE_E_DAMAGED, "cannot be understood");
    return see(ctx, buf_view(&ref), 0);
}

const struct store_owner lambda_owners[] = {
    {STORE_META, "lambda.fn", each_package, name_function, LAMBDA_UPLOAD_AGAIN},
    {STORE_META, "lambda.layerv", each_package, name_layer, LAMBDA_PUBLISH_AGAIN},
    {0},
};
