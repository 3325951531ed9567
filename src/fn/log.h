#pragma once
/*
 * fn/log: the function's own log: one JSON object a line on stdout, which Lambda keeps in
 * CloudWatch Logs. One write a line: any thread. docs/function.md has the members.
 */
#include "fn/spans.h"

/* Who speaks: the invocation and the object it is about. */
struct fn_log {
    const char *request_id;
    str key; /* may be empty */
};
/*
 * A line about something that is no record: the invocation, a custom resource. level "info",
 * "warn", "error". reason may be NULL; ms < 0 is left out.
 */
void fn_log_step(const struct fn_log *log, const char *level, const char *step, double ms,
                 const char *reason);

/* The one line of a record. */
struct fn_log_record {
    const char *level, *outcome; /* "processed", "rejected", "failed", "skipped", "fault" */
    const char *reason;          /* NULL or empty: none */
    str image_id, format;        /* absent where unknown */
    uint64_t bytes;              /* of the original; 0: unknown */
    double ms;
};
void fn_log_record(const struct fn_log *log, const struct fn_log_record *record,
                   const struct fn_spans *spans);
/* Any text as a line, with one write. Appends the line's end. */
void fn_log_line(struct buf *line);
