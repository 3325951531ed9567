/* fn/log: writes the function's log lines and its metrics in the embedded metric format. */
#include "fn/log.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/json.h"

#include <unistd.h>

static void write_line(struct buf *line) {
    buf_char(line, '\n');
    io_write_full(STDOUT_FILENO, line->p, line->len);
}

void fn_log_step(const struct fn_log *log, const char *level, const char *step, double ms,
                 const char *reason) {
    CLEANUP_DEINIT(buf) struct buf line = {0};
    char when[CLOCK_ISO_MAX];
    buf_printf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"requestId\":",
               clock_iso8601_ms(when, clock_real_ms()), level);
    json_add_quoted(&line, str_c(log->request_id));
    if (log->key.len) {
        buf_c(&line, ",\"key\":");
        json_add_quoted(&line, log->key);
    }
    buf_c(&line, ",\"step\":");
    json_add_quoted(&line, str_c(step));
    if (ms >= 0)
        buf_printf(&line, ",\"ms\":%.2f", ms);
    if (reason) {
        buf_c(&line, ",\"reason\":");
        json_add_quoted(&line, str_c(reason));
    }
    buf_char(&line, '}');
    write_line(&line);
}

void fn_log_metrics(const char *environment, const struct fn_count *counts, size_t n) {
    CLEANUP_JSON json_t *doc = json_object();
    json_t *metrics = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            metrics, json_pack("{s:s,s:s}", "Name", counts[i].name, "Unit", counts[i].unit));
    json_set(doc, "_aws",
             json_pack("{s:I,s:[{s:s,s:[[s]],s:o}]}", "Timestamp", (json_int_t)clock_real_ms(),
                       "CloudWatchMetrics", "Namespace", "Calotype", "Dimensions", "Environment",
                       "Metrics", metrics));
    json_set_str(doc, "Environment", str_c(environment));
    for (size_t i = 0; i < n; i++)
        json_set(doc, counts[i].name, json_real(counts[i].value));
    CLEANUP_DEINIT(buf) struct buf line = {0};
    json_write(&line, doc);
    write_line(&line);
}
