#pragma once
/*
 * fn/processor: the handler "processor.handler": an S3 event in, rows, derivatives and one report
 * out.
 *
 * Steps of a record, in order (names stand in the log):
 *   look → guard → fetch (get, hash, worker and store, all at once) → put
 * A picture that is at fault ends as a row with a status and a reason. A service that is at fault
 * (a call that stays refused or unanswered) fails the invocation, so that Lambda tries it again. So
 * do records that the invocation's time does not suffice for: they are not begun, or stopped before
 * their row is written.
 */
#include "client/client.h"
#include "fn/config.h"

struct fn_context {
    struct client *client;
    struct fn_config config;
    const char *request_id;
    int64_t deadline_ms; /* real time; 0: none */
};

/* 0 with the answer in out, or a negative errno with the error in err: the invocation failed. */
int fn_process(const struct fn_context *context, str event, struct buf *out, struct err *err);
