/*
 * XML bodies: the first byte picks the operation of S3 whose payload they are. What was read is
 * written and read again.
 */
#include "aws/codec_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct err err;
    CLEANUP_JSON json_t *doc = NULL;
    if (n == 0)
        return 0;
    const struct api_shape *in = api_s3.ops[p[0] % api_s3.n_ops].in;
    if (!in || in->payload < 0 || in->members[in->payload].shape->type != API_STRUCTURE)
        return 0;
    const struct api_shape *shape = in->members[in->payload].shape;
    if (wire_xml_in(shape, str_n(p + 1, n - 1), &doc, &err) == 0) {
        CLEANUP_DEINIT(buf) struct buf out = {0};
        wire_xml_out(shape, doc, NULL, S("Root"), STR_NONE, &out);
    }
    return 0;
}
