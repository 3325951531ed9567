/* fn/log: writes the function's log lines. */
#include "fn/log.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/json.h"
#include "base/lock.h"

#include <unistd.h>

/* A record's line may be longer than what a pipe takes at once. */
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

void fn_log_line(struct buf *line) {
    buf_char(line, '\n');
    LOCK_SCOPE(&writing);
    io_write_full(STDOUT_FILENO, line->p, line->len);
}

static void add_text(struct buf *line, const char *name, str text) {
    if (!text.len)
        return;
    buf_printf(line, ",\"%s\":", name);
    json_add_quoted(line, text);
}

static void begin(struct buf *line, const struct fn_log *log, const char *level) {
    char when[CLOCK_ISO_MAX];
    buf_printf(line, "{\"time\":\"%s\",\"level\":\"%s\"", clock_iso8601_ms(when, clock_real_ms()),
               level);
    add_text(line, "requestId", str_c(log->request_id));
    add_text(line, "key", log->key);
}

void fn_log_step(const struct fn_log *log, const char *level, const char *step, double ms,
                 const char *reason) {
    CLEANUP_DEINIT(buf) struct buf line = {0};
    begin(&line, log, level);
    add_text(&line, "step", str_c(step));
    if (ms >= 0)
        buf_printf(&line, ",\"ms\":%.2f", ms);
    add_text(&line, "reason", str_c(reason));
    buf_char(&line, '}');
    fn_log_line(&line);
}

void fn_log_record(const struct fn_log *log, const struct fn_log_record *r,
                   const struct fn_spans *spans) {
    CLEANUP_DEINIT(buf) struct buf line = {0};
    begin(&line, log, r->level);
    add_text(&line, "imageId", r->image_id);
    add_text(&line, "outcome", str_c(r->outcome));
    add_text(&line, "reason", str_c(r->reason));
    add_text(&line, "format", r->format);
    if (r->bytes)
        buf_printf(&line, ",\"bytes\":%llu", (unsigned long long)r->bytes);
    buf_printf(&line, ",\"ms\":%.2f,\"spans\":", r->ms);
    fn_spans_write(&line, spans);
    buf_char(&line, '}');
    fn_log_line(&line);
}
