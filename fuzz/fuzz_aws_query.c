/* Forms: the first byte picks the service and operation whose input they are. */
#include "aws/codec_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static const struct api_service *const services[] = {&api_sns, &api_sqs, &api_iam,
                                                         &api_cloudformation};
    struct arena arena = {0};
    struct codec_param *params;
    size_t n_params;
    struct err err;
    CLEANUP_JSON json_t *doc = NULL;
    if (n < 2)
        return 0;
    const struct api_service *api = services[p[0] % ARRAY_LEN(services)];
    const struct api_op *op = &api->ops[p[1] % api->n_ops];
    if (wire_params(&arena, str_n(p + 2, n - 2), true, &params, &n_params, &err) == 0)
        wire_query_in(op->in, params, n_params, &doc, &err);
    arena_deinit(&arena);
    return 0;
}
