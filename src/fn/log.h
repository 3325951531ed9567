#pragma once
/*
 * fn/log: the function's own log: one JSON object a line on stdout, which Lambda keeps in
 * CloudWatch Logs; metrics go the same way in the embedded metric format. One write a line: any
 * thread.
 */
#include "base/buf.h"

/* Who speaks: the invocation and the object it is about. */
struct fn_log {
    const char *request_id;
    str key; /* may be empty */
};
/* level "info", "warn", "error". reason may be NULL; ms < 0 is left out. */
void fn_log_step(const struct fn_log *log, const char *level, const char *step, double ms,
                 const char *reason);

struct fn_count {
    const char *name;
    double value;
    const char *unit; /* "Count", "Milliseconds" */
};
/* One EMF line: namespace Calotype, dimension Environment. */
void fn_log_metrics(const char *environment, const struct fn_count *counts, size_t n);
