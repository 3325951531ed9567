/*
 * base/log: builds a log line whole and writes it by one call, so that lines of several threads do
 * not mix.
 */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log_recent.h"

#include <stdatomic.h>
#include <unistd.h>

static _Atomic int format_in_force = LOG_JSON;
static _Atomic int least_level = LOG_INFO;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_setup(enum log_format format, enum log_level least) {
    format_in_force = (int)format;
    least_level = (int)least;
}

void log_line(enum log_level level, const char *room, const char *fmt, ...) {
    if ((int)level < least_level)
        return;
    struct buf text = {0}, line = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);

    log_recent_note(level, room, fmt, buf_view(&text));
    char when[CLOCK_ISO_MAX];
    clock_iso8601_ms(when, clock_real_ms());
    if (format_in_force == LOG_JSON) {
        buf_printf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"room\":\"%s\",\"msg\":", when,
                   level_names[level], room);
        json_add_quoted(&line, buf_view(&text));
        buf_c(&line, "}\n");
    } else {
        buf_printf(&line, "%s %-5s %-8s %s\n", when, level_names[level], room, buf_cstr(&text));
    }
    /* One write a line, so that lines of several threads do not mix. */
    (void)!write(STDERR_FILENO, line.p, line.len);
    buf_deinit(&text);
    buf_deinit(&line);
}
