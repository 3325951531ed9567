/* svc/lambda: the rows that own packages, as a scrub asks for them. */
#include "base/codec.h"
#include "store/key.h"
#include "store/scrub.h"
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/layer.h"

/* The parts of a key: account, region and name; they become members, the last one `named`. */
static void take_names(struct cur *at, const char *named, json_t *finding, struct buf ret[3]) {
    const char *const members[] = {"Account", "Region", named};
    key_take_kind(at);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (key_take_str(at, &ret[i]))
            json_set_str(finding, members[i], buf_view(&ret[i]));
}

static void free_names(struct buf names[3]) {
    for (size_t i = 0; i < 3; i++)
        buf_deinit(&names[i]);
}

static void name_function(struct store *, str key, str, json_t *finding, struct buf *words) {
    struct buf names[3] = {0};
    struct cur at = cur_of(key);
    take_names(&at, "FunctionName", finding, names);
    buf_printf(words, "the package of function %s", buf_cstr(&names[2]));
    free_names(names);
}

static void name_layer(struct store *, str key, str, json_t *finding, struct buf *words) {
    struct buf names[3] = {0};
    struct cur at = cur_of(key);
    take_names(&at, "LayerName", finding, names);
    const struct lambda_layer layer = {buf_view(&names[0]), buf_view(&names[1]),
                                       buf_view(&names[2]), lambda_layer_take_version(&at)};
    json_set_int(finding, "VersionNumber", layer.version);
    buf_c(words, "the package of layer version ");
    lambda_layer_arn(&layer, words);
    free_names(names);
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
