#pragma once
/*
 * sqs/handle: receipt handles: which queue, which message, which of its receives; base64 of 24
 * bytes.
 */
#include "base/str.h"

enum { SQS_HANDLE_LEN = 32 };
void sqs_handle_make(char out[SQS_HANDLE_LEN + 1], uint64_t queue_id, uint64_t id,
                     uint64_t receipt);
/* False: not a handle. */
bool sqs_handle_parse(str handle, uint64_t *ret_queue_id, uint64_t *ret_id, uint64_t *ret_receipt);
