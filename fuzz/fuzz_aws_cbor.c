/*
 * CBOR bodies: the first byte picks the operation of CloudWatch whose input they are. What was read
 * is written and read again.
 */
#include "aws/codec_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct err err;
    CLEANUP_JSON json_t *doc = NULL, *again = NULL;
    if (n == 0)
        return 0;
    const struct api_op *op = &api_cloudwatch.ops[p[0] % api_cloudwatch.n_ops];
    if (wire_cbor_in(op->in, str_n(p + 1, n - 1), &doc, &err) == 0) {
        CLEANUP_DEINIT(buf) struct buf out = {0};
        wire_cbor_out(op->in, doc, &out);
        if (op->in && wire_cbor_in(op->in, buf_view(&out), &again, &err) != 0)
            __builtin_trap();
    }
    return 0;
}
