/* fn/spans: collects a record's spans, and writes them as JSON. */
#include "fn/spans.h"

#include "base/clock.h"
#include "base/json.h"

struct fn_span *fn_span_add(struct fn_spans *s, const char *step, int64_t start_ns,
                            const char *outcome) {
    struct fn_span *span = &s->of[s->n < FN_MAX_SPANS ? s->n++ : FN_MAX_SPANS - 1];
    *span = (struct fn_span){.step = step,
                             .outcome = outcome,
                             .start_ms = (double)(start_ns - s->zero_ns) / 1e6,
                             .ms = (double)(clock_mono_ns() - start_ns) / 1e6};
    return span;
}

void fn_span_number(struct fn_span *span, const char *name, double value) {
    for (size_t i = 0; i < FN_MAX_NUMBERS; i++)
        if (!span->number[i].name) {
            span->number[i].name = name;
            span->number[i].value = value;
            return;
        }
}

static void write_one(struct buf *out, const struct fn_span *span) {
    buf_printf(out, "{\"step\":\"%s\"", span->step);
    if (span->name[0]) {
        buf_c(out, ",\"name\":");
        json_add_quoted(out, str_c(span->name));
    }
    buf_printf(out, ",\"start\":%.2f,\"ms\":%.2f,\"outcome\":\"%s\"", span->start_ms, span->ms,
               span->outcome);
    for (size_t i = 0; i < FN_MAX_NUMBERS && span->number[i].name; i++)
        buf_printf(out, ",\"%s\":%.2f", span->number[i].name, span->number[i].value);
    buf_char(out, '}');
}

void fn_spans_write(struct buf *out, const struct fn_spans *s) {
    buf_char(out, '[');
    for (size_t i = 0; i < s->n; i++) {
        if (i)
            buf_char(out, ',');
        write_one(out, &s->of[i]);
    }
    buf_char(out, ']');
}
