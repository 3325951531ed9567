/* JSON bodies: the first byte picks the operation of DynamoDB whose input they are. */
#include "aws/codec_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct err err;
    CLEANUP_JSON json_t *doc = NULL;
    if (n == 0)
        return 0;
    const struct api_op *op = &api_dynamodb.ops[p[0] % api_dynamodb.n_ops];
    if (wire_json_in(op->in, str_n(p + 1, n - 1), &doc, &err) == 0) {
        CLEANUP_DEINIT(buf) struct buf out = {0};
        wire_json_out(op->in, doc, &out);
    }
    return 0;
}
