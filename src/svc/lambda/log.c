/* What a function writes, as lines of its log. Everything here is under the lock. */
#include "base/clock.h"
#include "svc/lambda/lambda_priv.h"

#include <errno.h>
#include <unistd.h>

enum { LINE_MOST = 256 * 1024 - 64, READ_AT_ONCE = 64 * 1024, DRAIN_MOST = 1024 * 1024 };

/* Bytes that are not UTF-8 become U+FFFD: the log's wire is JSON. */
static void add_clean(struct buf *out, str s) {
    if (str_is_utf8(s)) {
        buf_str(out, s);
        return;
    }
    for (size_t at = 0; at < s.len;) {
        size_t n = 1;
        while (n <= 4 && at + n <= s.len && !str_is_utf8(str_slice(s, at, at + n)))
            n++;
        if (n <= 4 && at + n <= s.len) {
            buf_str(out, str_slice(s, at, at + n));
            at += n;
        } else {
            buf_c(out, "\xef\xbf\xbd");
            at++;
        }
    }
}

static void add_tail(struct lambda_inv *inv, str text) {
    buf_str(&inv->tail, text);
    if (inv->tail.len < (size_t)4 * LAMBDA_TAIL)
        return;
    size_t drop = inv->tail.len - LAMBDA_TAIL;
    memmove(inv->tail.p, inv->tail.p + drop, LAMBDA_TAIL);
    inv->tail.len = LAMBDA_TAIL;
}

static void add_line(struct lambda_env *env, str text) {
    struct lambda_line *line = mem_new(struct lambda_line);
    line->time_ms = clock_world_ms();
    add_clean(&line->text, text);
    list_append(&env->lines, &line->node);
    env->lines_bytes += line->text.len;
    if (env->inv)
        add_tail(env->inv, buf_view(&line->text));
}

void lambda_log_line(struct lambda_env *env, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    add_line(env, buf_view(&text));
}

/* Whole lines become the log's, with their newline, as on AWS; a very long one is cut into several.
 */
static void split(struct lambda_output *out) {
    str rest = buf_view(&out->partial);
    for (;;) {
        ptrdiff_t newline = str_chr(rest, '\n');
        size_t n = newline >= 0 ? (size_t)newline + 1 : rest.len;
        if (n > LINE_MOST)
            n = LINE_MOST;
        else if (newline < 0)
            break;
        add_line(out->env, str_slice(rest, 0, n));
        rest = str_skip(rest, n);
    }
    memmove(out->partial.p, rest.p, rest.len);
    out->partial.len = rest.len;
}

bool lambda_log_drain(struct lambda_output *out) {
    for (size_t all = 0; out->fd >= 0 && all < DRAIN_MOST;) {
        ssize_t got = read(out->fd, buf_reserve(&out->partial, READ_AT_ONCE), READ_AT_ONCE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return true; /* nothing more now */
        if (got == 0)
            return false;
        out->partial.len += (size_t)got;
        all += (size_t)got;
        split(out);
    }
    return out->fd >= 0;
}

void lambda_log_flush(struct lambda_env *env) {
    for (int i = 0; i < 2; i++) {
        struct lambda_output *out = &env->out[i];
        if (out->partial.len == 0)
            continue;
        buf_char(&out->partial, '\n');
        split(out);
    }
}
