/*
 * base/log: decides whether a line is said, builds it whole, and hands it to the sink. One lock
 * makes lines of several threads come one after the other.
 */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/log_limit.h"
#include "base/log_recent.h"
#include "base/log_sink.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

/* A line is at most PIPE_BUF bytes: a pipe takes it whole or not at all. */
enum { MOST_LINE = 4096, MOST_TEXT = MOST_LINE - 160, LOOK_MS = 1000 };

static _Atomic int format_in_force = LOG_JSON;
static _Atomic int least_level = LOG_INFO;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* The rest under it. */
static struct log_sink sink = {.fd = STDERR_FILENO};
static struct log_limit limit;
static int64_t looked_ms;
static uint64_t lost; /* lines, since the sink took one */
static int lost_why;  /* -errno of the last of them */

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_setup(enum log_format format, enum log_level least) {
    format_in_force = (int)format;
    least_level = (int)least;
}

/* ---- What a line looks like ---- */

/* Moves the cursor, ends a line, turns the direction of text: never as it is. */
static bool is_unsafe(uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200E && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* The character at the front of s, and its length; 0: no UTF-8. */
static size_t first(str s, uint32_t *ret_char) {
    unsigned char c = (unsigned char)s.p[0];
    size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (str_utf8_len(str_slice(s, 0, n < s.len ? n : s.len)) != n)
        return 0;
    *ret_char = n == 1 ? c : c & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++)
        *ret_char = *ret_char << 6 | ((unsigned char)s.p[i] & 0x3F);
    return n;
}

static void add_text(struct buf *line, str text, bool json) {
    while (text.len) {
        uint32_t c = 0;
        size_t n = first(text, &c);
        if (line->len > MOST_TEXT) {
            buf_c(line, "…");
            return;
        }
        if (n == 0 && json)
            buf_c(line, "\\ufffd");
        else if (n == 0)
            buf_printf(line, "\\x%02x", (unsigned char)text.p[0]);
        else if (is_unsafe(c))
            buf_printf(line, "\\u%04x", c);
        else {
            if (json && (c == '"' || c == '\\'))
                buf_char(line, '\\');
            buf_str(line, str_slice(text, 0, n));
        }
        text = str_skip(text, n ? n : 1);
    }
}

static void build(struct buf *line, enum log_level level, const char *room, str text) {
    char when[CLOCK_ISO_MAX];
    bool json = format_in_force == LOG_JSON;
    clock_iso8601_ms(when, clock_real_ms());
    buf_printf(line,
               json ? "{\"time\":\"%s\",\"level\":\"%s\",\"room\":\"%s\",\"msg\":\""
                    : "%s %-5s %-8s ",
               when, level_names[level], room);
    add_text(line, text, json);
    buf_c(line, json ? "\"}\n" : "\n");
}

/* ---- Saying it, with the lock held ---- */

static int put_line(enum log_level level, const char *room, str text) {
    CLEANUP_DEINIT(buf) struct buf line = {0};
    build(&line, level, room, text);
    return log_sink_write(&sink, buf_view(&line), LOG_PATIENCE_MS);
}

static void tell_lost(void) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "%llu lines of this log were lost before this one: %s",
               (unsigned long long)lost,
               lost_why == -EAGAIN ? "nobody read them" : strerror(-lost_why));
    if (put_line(LOG_WARN, "log", buf_view(&text)) == 0)
        lost = 0;
}

/* n: the lines that this one stands for. */
static void say(enum log_level level, const char *room, str text, unsigned n) {
    if (lost)
        tell_lost();
    int r = put_line(level, room, text);
    lost += r < 0 ? n : 0;
    lost_why = r < 0 ? r : lost_why;
}

static void tell_held(int64_t now_ms, bool all) {
    struct log_kind *kind;
    looked_ms = now_ms;
    while ((kind = log_limit_next(&limit, now_ms, all))) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        buf_printf(&text, "… and %u more like it in the last minute: %s", kind->held,
                   kind->example);
        unsigned held = kind->held;
        kind->held = 0;
        say(kind->level, kind->room, buf_view(&text), held);
    }
}

void log_line(enum log_level level, const char *room, const char *fmt, ...) {
    if ((int)level < least_level)
        return;
    va_list args;
    int64_t now_ms = clock_mono_ms();
    LOCK_SCOPE(&lock);
    if (now_ms - looked_ms >= LOOK_MS)
        tell_held(now_ms, false);
    struct log_kind *kind = log_limit_kind(&limit, level, room, fmt, now_ms);
    bool may = log_limit_may(kind);
    va_start(args, fmt);
    if (may) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        buf_vprintf(&text, fmt, args);
        if (level == LOG_ERROR) {
            CLEANUP_DEINIT(buf) struct buf safe = {0};
            add_text(&safe, buf_view(&text), false);
            log_recent_note(room, fmt, buf_view(&safe));
        }
        say(level, room, buf_view(&text), 1);
    } else {
        if (level == LOG_ERROR)
            log_recent_note(room, fmt, STR_NONE);
        if (kind->held == 1)
            vsnprintf(kind->example, sizeof kind->example, fmt, args);
    }
    va_end(args);
}

void log_tell_held(bool all) {
    LOCK_SCOPE(&lock);
    tell_held(clock_mono_ms(), all);
}

/* ---- The file ---- */

int log_to_file(const char *path, int64_t most_bytes, struct err *err) {
    LOCK_SCOPE(&lock);
    return log_sink_to_file(&sink, path, most_bytes, LOG_KEPT, err);
}

bool log_has_file(void) {
    LOCK_SCOPE(&lock);
    return sink.path != NULL;
}

void log_set_most(int64_t most_bytes) {
    LOCK_SCOPE(&lock);
    sink.most_bytes = most_bytes;
}

int log_reopen(struct err *err) {
    LOCK_SCOPE(&lock);
    return log_sink_reopen(&sink, err);
}
