/*
 * What a function writes, and what Lambda writes about it, as lines of its log. Everything here is
 * under svc->lock; reading a pipe does not wait.
 */
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

void lambda_log_line_locked(struct lambda_env *env, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    LOCK_HELD(&env->svc->lock);
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

bool lambda_log_drain_locked(struct lambda_output *out) {
    LOCK_HELD(&out->env->svc->lock);
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

void lambda_log_flush_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    for (int i = 0; i < 2; i++) {
        struct lambda_output *out = &env->out[i];
        if (out->partial.len == 0)
            continue;
        buf_char(&out->partial, '\n');
        split(out);
    }
}

/* ---- The end of an invocation ---- */
/*
 * In MiB, rounded up; never more than the limit, for the cgroup counts /tmp and cached files too.
 */
static uint64_t peak_of(const struct lambda_env *env) {
    const uint64_t mib = UINT64_C(1) << 20;
    uint64_t peak = (sandbox_memory_peak(env->sandbox) + mib - 1) / mib;
    return peak > env->fn->memory_mb ? env->fn->memory_mb : peak;
}

void lambda_log_report_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    lambda_log_drain_locked(&env->out[0]);
    lambda_log_drain_locked(&env->out[1]);
    lambda_log_flush_locked(env);
    double ms = (double)(clock_mono_ns() - env->inv->delivered_ns) / 1e6;
    CLEANUP_DEINIT(buf) struct buf init = {0};
    if (!env->init_reported && env->ready)
        buf_printf(&init, "Init Duration: %.2f ms\t", (double)env->init_ns / 1e6);
    env->init_reported = true;
    lambda_log_line_locked(env, "END RequestId: %s\n", env->inv->id);
    lambda_log_line_locked(
        env,
        "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %lld ms\tMemory Size: %llu MB\t"
        "Max Memory Used: %llu MB\t%s\n",
        env->inv->id, ms, (long long)(ms + 0.999), (unsigned long long)env->fn->memory_mb,
        (unsigned long long)peak_of(env), buf_cstr(&init));
}
