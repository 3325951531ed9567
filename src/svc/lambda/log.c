/*
 * What a function writes, and what Lambda writes about it, as lines of its log. Everything here is
 * under svc->lock; reading a pipe does not wait.
 */
#include "base/clock.h"
#include "svc/lambda/lambda_priv.h"

#include <errno.h>
#include <unistd.h>

enum { READ_AT_ONCE = 64 * 1024 };
/* Bytes read in a row, while others wait; a pipe that the program has enlarged holds as much. */
enum { DRAIN_SOME = 256 * 1024, DRAIN_ALL = 1024 * 1024 };

/* ---- What waits for the log ---- */
bool lambda_log_behind_locked(const struct lambda_pool *pool, struct lambda_svc *svc) {
    LOCK_HELD(&svc->lock);
    return svc->backlog > LAMBDA_BACKLOG_MOST || pool->backlog > LAMBDA_BACKLOG_SHARE;
}

void lambda_log_committed_locked(struct lambda_svc *svc, const struct lambda_fn *fn,
                                 const struct lambda_lines *lines) {
    LOCK_HELD(&svc->lock);
    if (lines->n == 0)
        return;
    size_t cost = lambda_lines_cost(lines);
    svc->backlog -= cost;
    lambda_pool_of_locked(svc, buf_view(&fn->arn))->backlog -= cost;
}

/* ---- Lines ---- */
/* Bytes that are not UTF-8 become U+FFFD: the log's wire is JSON. */
static void add_clean(struct buf *out, str s) {
    while (s.len) {
        size_t good = str_utf8_len(s);
        buf_str(out, str_slice(s, 0, good));
        if (good == s.len)
            return;
        buf_c(out, "\xef\xbf\xbd");
        s = str_skip(s, good + 1);
    }
}

/* A record may end without a newline. */
static void add_tail(struct lambda_inv *inv, str text) {
    buf_str(&inv->tail, text);
    if (!str_ends(text, S("\n")))
        buf_char(&inv->tail, '\n');
    if (inv->tail.len < (size_t)4 * LAMBDA_TAIL)
        return;
    size_t drop = inv->tail.len - LAMBDA_TAIL;
    memmove(inv->tail.p, inv->tail.p + drop, LAMBDA_TAIL);
    inv->tail.len = LAMBDA_TAIL;
}

static void add_line(struct lambda_env *env, int64_t time_ms, str text) {
    size_t before = lambda_lines_cost(&env->lines);
    lambda_lines_add(&env->lines, time_ms, text);
    size_t cost = lambda_lines_cost(&env->lines) - before;
    env->svc->backlog += cost;
    env->pool->backlog += cost;
    if (env->inv)
        add_tail(env->inv, text);
}

static void add_own_line(struct lambda_env *env, str text) {
    env->floor_ms = clock_world_ms();
    add_line(env, env->floor_ms, text);
}

void lambda_log_line_locked(struct lambda_env *env, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0}, clean = {0};
    va_list args;
    LOCK_HELD(&env->svc->lock);
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    add_clean(&clean, buf_view(&text));
    add_own_line(env, buf_view(&clean));
}

static void tell_loss(struct lambda_env *env) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (lambda_rate_tell(&env->rate, &text))
        add_own_line(env, buf_view(&text));
}

/* ---- The program's output ---- */
/*
 * When it was written: a record says so itself. That is bounded by what Lambda wrote last and by now,
 * so that START stands before it and END behind.
 */
static int64_t time_of(const struct lambda_env *env, const struct lambda_piece *piece) {
    int64_t now_ms = clock_world_ms(), ms = piece->time_us / 1000 + clock_offset_ms();
    if (piece->time_us < 0 || ms > now_ms)
        return now_ms;
    return ms < env->floor_ms ? env->floor_ms : ms;
}

/* The log takes the event, or the environment has written too much. */
static bool take_event(struct lambda_env *env, const struct lambda_piece *piece, struct buf *clean,
                       int64_t now_ns) {
    buf_clear(clean);
    add_clean(clean, piece->text);
    if (env->svc->backlog > LAMBDA_BACKLOG_FULL)
        lambda_rate_dry(&env->rate, now_ns);
    if (!lambda_rate_take(&env->rate, clean->len, now_ns))
        return false;
    add_line(env, time_of(env, piece), buf_view(clean));
    return true;
}

/* What is dropped is counted, without a look at what it says. */
static void take_piece(struct lambda_env *env, const struct lambda_piece *piece, struct buf *clean,
                       int64_t now_ns) {
    if (piece->text.len && (env->rate.dry || !take_event(env, piece, clean, now_ns)))
        lambda_rate_lose(&env->rate, 1, piece->text.len);
}

/*
 * Whole lines become the log's, with their newline, as on AWS, and records as they are; very long
 * ones are cut into several. looked: so many bytes at the beginning hold no whole one. last: nothing
 * is left.
 */
static void split(struct lambda_output *out, size_t looked, bool last) {
    struct lambda_env *env = out->env;
    CLEANUP_DEINIT(buf) struct buf clean = {0};
    str rest = buf_view(&out->partial);
    int64_t now_ns = clock_mono_ns();
    if (lambda_rate_fill(&env->rate, now_ns))
        tell_loss(env);
    struct lambda_piece piece;
    while (last ? lambda_pieces_last(&out->pieces, rest, &piece)
                : lambda_pieces_next(&out->pieces, rest, looked, &piece)) {
        take_piece(env, &piece, &clean, now_ns);
        rest = str_skip(rest, piece.len);
        looked = 0;
    }
    memmove(out->partial.p, rest.p, rest.len);
    out->partial.len = rest.len;
}

static bool drain(struct lambda_output *out, size_t most) {
    for (size_t all = 0; out->fd >= 0 && all < most;) {
        ssize_t got = read(out->fd, buf_reserve(&out->partial, READ_AT_ONCE), READ_AT_ONCE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return true; /* nothing more now */
        if (got == 0)
            return false;
        size_t looked = out->partial.len;
        out->partial.len += (size_t)got;
        all += (size_t)got;
        split(out, looked, false);
    }
    return out->fd >= 0;
}

bool lambda_log_drain_locked(struct lambda_output *out) {
    LOCK_HELD(&out->env->svc->lock);
    return drain(out, DRAIN_SOME);
}

void lambda_log_flush_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    for (int i = 0; i < SANDBOX_OUTPUTS; i++) {
        struct lambda_output *out = &env->out[i];
        if (out->partial.len) {
            if (!out->pieces.framed)
                buf_char(&out->partial, '\n');
            split(out, 0, true);
        }
        buf_deinit(&out->partial); /* an idle environment keeps no buffers */
    }
    tell_loss(env);
}

/* Records come last: the last word of a function that fails is one, of its error. */
static void drain_all(struct lambda_env *env) {
    for (int i = 0; i < SANDBOX_OUTPUTS; i++)
        drain(&env->out[i], DRAIN_ALL);
    lambda_log_flush_locked(env);
}

void lambda_log_restart_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    drain_all(env);
    for (int i = 0; i < SANDBOX_OUTPUTS; i++)
        env->out[i].pieces.left = 0;
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
    drain_all(env);
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
