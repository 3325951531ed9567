#pragma once
/*
 * svc/lambda/row: one asynchronous invocation in STORE_QUEUE, key ("lambda.q", id);
 * docs/formats/lambda.md.
 */
#include "base/buf.h"

struct lambda_queue_row {
    int64_t due_ms, born_ms;                        /* world time */
    int64_t attempts;                               /* that failed */
    str account, region, name, request_id, payload; /* views */
};
void lambda_queue_row_key(uint64_t id, struct buf *key);
void lambda_queue_row_encode(struct buf *out, const struct lambda_queue_row *row);
bool lambda_queue_row_decode(str bytes, struct lambda_queue_row *ret);
