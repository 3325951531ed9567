/*
 * What a function writes, as lines of its log; what Lambda writes about it is system_log.c's.
 * Everything here is under svc->lock; reading a pipe does not wait.
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

static void add_line(struct lambda_env *env, int64_t time_ms, str text, bool in_tail) {
    size_t before = lambda_lines_cost(&env->lines);
    lambda_lines_add(&env->lines, time_ms, text);
    size_t cost = lambda_lines_cost(&env->lines) - before;
    env->svc->backlog += cost;
    env->pool->backlog += cost;
    if (env->inv && in_tail)
        add_tail(env->inv, text);
}

void lambda_log_own_locked(struct lambda_env *env, str text, bool in_tail) {
    CLEANUP_DEINIT(buf) struct buf clean = {0};
    LOCK_HELD(&env->svc->lock);
    add_clean(&clean, text);
    env->floor_ms = clock_world_ms();
    add_line(env, env->floor_ms, buf_view(&clean), in_tail);
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

/* Of a function whose log is JSON: the event's level is below what the log is to have. */
static bool is_left_out(const struct lambda_env *env, const struct lambda_piece *piece) {
    if (!env->fn->json_logs)
        return false;
    enum lambda_level level = piece->level ? piece->level : lambda_level_of_event(piece->text);
    return level != LAMBDA_LEVEL_NONE && level < env->fn->application_level;
}

/*
 * The log takes the event, or the environment has written too much: what the level leaves out counts,
 * for it is read all the same.
 */
static bool take_event(struct lambda_env *env, const struct lambda_piece *piece, struct buf *clean,
                       int64_t now_ns) {
    buf_clear(clean);
    add_clean(clean, piece->text);
    if (env->svc->backlog > LAMBDA_BACKLOG_FULL)
        lambda_rate_dry(&env->rate, now_ns);
    if (!lambda_rate_take(&env->rate, clean->len, now_ns))
        return false;
    if (!is_left_out(env, piece))
        add_line(env, time_of(env, piece), buf_view(clean), true);
    return true;
}

/* What is dropped is counted, without a look at what it says. How many bytes it is. */
static size_t drop(struct lambda_output *out, str bytes) {
    struct lambda_dropped dropped = lambda_pieces_drop(&out->pieces, bytes);
    lambda_rate_lose(&out->env->rate, dropped.events, dropped.bytes);
    return dropped.len;
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
        lambda_log_lost_locked(env);
    struct lambda_piece piece;
    while (last ? lambda_pieces_last(&out->pieces, rest, &piece)
                : lambda_pieces_next(&out->pieces, rest, looked, &piece)) {
        rest = str_skip(rest, piece.len);
        looked = 0;
        if (piece.text.len == 0 || take_event(env, &piece, &clean, now_ns))
            continue;
        lambda_rate_lose(&env->rate, 1, piece.text.len);
        rest = str_skip(rest, drop(out, rest));
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
    lambda_log_lost_locked(env);
}

/* Records come last: the last word of a function that fails is one, of its error. */
void lambda_log_catch_up_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    for (int i = 0; i < SANDBOX_OUTPUTS; i++)
        drain(&env->out[i], DRAIN_ALL);
    lambda_log_flush_locked(env);
}

void lambda_log_restart_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    lambda_log_catch_up_locked(env);
    for (int i = 0; i < SANDBOX_OUTPUTS; i++)
        env->out[i].pieces.left = 0;
}
