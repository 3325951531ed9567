/*
 * JSON bodies: the first byte picks the operation of DynamoDB whose input they are. What is read in
 * one pass must be what the tree's reader makes of it, with no constraint of the model broken.
 */
#include "aws/aws_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void trap_unless(bool fine) {
    if (!fine)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_JSON json_t *doc = NULL, *read = NULL;
    struct err err;
    if (n == 0)
        return 0;
    const struct api_op *op = &api_dynamodb.ops[p[0] % api_dynamodb.n_ops];
    str body = str_n(p + 1, n - 1);
    struct json_in in = json_in_of(body, &arena, p[0] & 0x80);
    bool taken = wire_json_read(op->in, &in, NULL, &read);
    int r = wire_json_in(op->in, body, &doc, &err);
    trap_unless(!taken || (r == 0 && json_equal(read, doc) && aws_document_fits(op->in, doc)));
    if (r == 0) {
        CLEANUP_DEINIT(buf) struct buf out = {0};
        wire_json_out(op->in, doc, &out);
    }
    return 0;
}
