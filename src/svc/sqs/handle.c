/* sqs/handle: makes and reads receipt handles. */
#include "svc/sqs/handle.h"

#include "base/codec.h"

void sqs_handle_make(char out[SQS_HANDLE_LEN + 1], uint64_t queue_id, uint64_t id,
                     uint64_t receipt) {
    CLEANUP_DEINIT(buf) struct buf raw = {0}, text = {0};
    buf_u64(&raw, queue_id);
    buf_u64(&raw, id);
    buf_u64(&raw, receipt);
    codec_add_base64(&text, raw.p, raw.len);
    memcpy(out, text.p, SQS_HANDLE_LEN);
    out[SQS_HANDLE_LEN] = '\0';
}

bool sqs_handle_parse(str handle, uint64_t *ret_queue_id, uint64_t *ret_id, uint64_t *ret_receipt) {
    CLEANUP_DEINIT(buf) struct buf raw = {0};
    if (handle.len != SQS_HANDLE_LEN || !codec_unbase64(&raw, handle))
        return false;
    struct cur c = cur_of(buf_view(&raw));
    *ret_queue_id = cur_u64(&c);
    *ret_id = cur_u64(&c);
    *ret_receipt = cur_u64(&c);
    return !c.bad;
}
