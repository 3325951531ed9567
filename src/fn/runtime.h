#pragma once
/*
 * fn/runtime: the Lambda runtime API (2018-06-01): fetch an invocation, run the handler, answer.
 * Source: "Using the Lambda runtime API" in the Lambda Developer Guide.
 */
#include "client/client.h"

/* One event. It is the runtime's, and gone when the handler returns. */
struct fn_invocation {
    char request_id[64];
    int64_t deadline_ms; /* real time */
    str event;
};
/* 0 with the answer (JSON) in out, or negative with err: reported as a function error. */
typedef int fn_handler(void *ctx, const struct fn_invocation *invocation, struct buf *out,
                       struct err *err);

/* For ever, one invocation after the other; returns only when the runtime API is gone. */
int fn_runtime_run(struct client *client, const char *api, fn_handler *handler, void *ctx,
                   struct err *err);
/* Says that the function cannot start, and why. */
void fn_runtime_init_error(struct client *client, const char *api, const char *why);
