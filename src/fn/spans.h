#pragma once
/*
 * fn/spans: what a record's steps took, from the record's begin on: the function's trace, which
 * stands in its log line. Owned by one thread.
 */
#include "fn/wishes.h"

enum { FN_MAX_SPANS = 40, FN_MAX_NUMBERS = 6 };
struct fn_span {
    const char *step, *outcome;  /* words that live for ever: "fetch", "ok" */
    char name[FN_WISH_NAME + 1]; /* which one, where a step has several; else empty */
    double start_ms, ms;         /* of the wall's clock */
    struct {
        const char *name;
        double value;
    } number[FN_MAX_NUMBERS]; /* further ones; a NULL name ends them */
};
struct fn_spans {
    int64_t zero_ns; /* clock_mono_ns when the record began */
    size_t n;
    struct fn_span of[FN_MAX_SPANS];
};
/* Adds one, begun at start_ns, ending now. The last is written over where there are too many. */
struct fn_span *fn_span_add(struct fn_spans *spans, const char *step, int64_t start_ns,
                            const char *outcome);
/* Behind the numbers that it has; one too many is left out. */
void fn_span_number(struct fn_span *span, const char *name, double value);
/* [{"step":"look","start":0.02,"ms":1.10,"outcome":"ok"}, …] */
void fn_spans_write(struct buf *out, const struct fn_spans *spans);
