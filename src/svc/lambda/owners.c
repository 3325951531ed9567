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
    {0},
};
