#pragma once
/*
 * svc/lambda/row: one asynchronous invocation as the payload of a due row of kind "invoke";
 * docs/formats/lambda.md.
 */
#include "base/buf.h"

#define LAMBDA_QUEUE "invoke" /* the kind of the rows */

/*
 * What is kept of an event until the function has had it: the function by name, so that the newest
 * code runs.
 */
struct lambda_queue_row {
    str account, region, name, request_id, payload; /* views */
};
/* Appends. */
void lambda_queue_row_encode(struct buf *out, const struct lambda_queue_row *row);
/* False: damaged, or of a later format. */
bool lambda_queue_row_decode(str bytes, struct lambda_queue_row *ret);
