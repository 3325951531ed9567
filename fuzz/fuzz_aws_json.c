/*
 * JSON bodies: the first byte picks the operation of DynamoDB whose input they are, or, where a
 * digit follows it, of the service that the digit names. What is read in one pass must be what the
 * tree's reader makes of it, with no constraint of the model broken.
 */
#include "aws/aws_priv.h"
#include "base/ascii.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void trap_unless(bool fine) {
    if (!fine)
        __builtin_trap();
}

/* Takes the digit off. */
static const struct api_service *service_of(str *body) {
    static const struct api_service *const named[] = {&api_sqs,
                                                      &api_logs,
                                                      &api_cloudwatch,
                                                      &api_sns,
                                                      &api_iam,
                                                      &api_sts,
                                                      &api_lambda,
                                                      &api_calotype,
                                                      &api_cloudformation,
                                                      &api_dynamodbstreams};
    if (body->len == 0 || !ascii_is_digit(body->p[0]))
        return &api_dynamodb;
    const struct api_service *service = named[body->p[0] - '0'];
    *body = str_skip(*body, 1);
    return service;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_JSON json_t *doc = NULL, *read = NULL;
    struct err err;
    if (n == 0)
        return 0;
    str body = str_n(p + 1, n - 1);
    const struct api_service *service = service_of(&body);
    const struct api_op *op = &service->ops[p[0] % service->n_ops];
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
