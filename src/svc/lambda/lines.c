/* Lines of a log in one buffer, and the token bucket that says how many there may be. */
#include "svc/lambda/lines.h"

/* ---- Lines ---- */
void lambda_lines_add(struct lambda_lines *lines, int64_t time_ms, str text) {
    if (lines->n++ == 0)
        lines->first_ms = time_ms;
    buf_u64(&lines->bytes, (uint64_t)time_ms);
    buf_lstr(&lines->bytes, text);
}

void lambda_lines_move(struct lambda_lines *to, struct lambda_lines *from) {
    if (to->n == 0) {
        struct lambda_lines empty = *to;
        *to = *from;
        *from = empty;
    } else {
        buf_str(&to->bytes, buf_view(&from->bytes));
        to->n += from->n;
    }
    lambda_lines_deinit(from);
}

bool lambda_lines_next(struct cur *at, int64_t *ret_time_ms, str *ret_text) {
    if (at->s.len == 0)
        return false;
    *ret_time_ms = (int64_t)cur_u64(at);
    *ret_text = cur_lstr(at);
    return !at->bad;
}

void lambda_lines_deinit(struct lambda_lines *lines) {
    buf_deinit(&lines->bytes);
    *lines = (struct lambda_lines){0};
}

/* ---- The rate ---- */
/*
 * Both buckets hold time: a line takes the time in which its like comes back, so that filling is an
 * addition and no fraction is lost.
 */
#define SECOND_NS    INT64_C(1000000000)
#define LINE_NS      (SECOND_NS / LAMBDA_LINES_A_SECOND)
#define LINES_MOST   (LINE_NS * LAMBDA_LINES_BURST)
#define BYTES_MOST   (SECOND_NS * (LAMBDA_LINE_BYTES_BURST / LAMBDA_LINE_BYTES_A_SECOND))
#define BYTES_NS(n)  ((int64_t)(n)*SECOND_NS / LAMBDA_LINE_BYTES_A_SECOND)
#define DRY_LEAST_NS SECOND_NS

static int64_t added(int64_t have, int64_t more, int64_t most) {
    return more > most - have ? most : have + more;
}

bool lambda_rate_fill(struct lambda_rate *rate, int64_t now_ns) {
    int64_t since = rate->filled_ns ? now_ns - rate->filled_ns : INT64_MAX / 2;
    rate->lines_ns = added(rate->lines_ns, since, LINES_MOST);
    rate->bytes_ns = added(rate->bytes_ns, since, BYTES_MOST);
    rate->filled_ns = now_ns;
    if (!rate->dry || now_ns - rate->dry_ns < DRY_LEAST_NS)
        return false;
    rate->dry = false;
    return true;
}

bool lambda_rate_take(struct lambda_rate *rate, size_t bytes, int64_t now_ns) {
    int64_t bytes_ns = BYTES_NS(bytes);
    if (!rate->dry && (rate->lines_ns < LINE_NS || rate->bytes_ns < bytes_ns))
        lambda_rate_dry(rate, now_ns);
    if (rate->dry)
        return false;
    rate->lines_ns -= LINE_NS;
    rate->bytes_ns -= bytes_ns;
    return true;
}

void lambda_rate_dry(struct lambda_rate *rate, int64_t now_ns) {
    rate->dry = true;
    rate->dry_ns = now_ns;
}

void lambda_rate_lose(struct lambda_rate *rate, size_t lines, size_t bytes) {
    rate->lost_lines += lines;
    rate->lost_bytes += bytes;
}

bool lambda_rate_tell(struct lambda_rate *rate, struct buf *out) {
    if (rate->lost_lines == 0)
        return false;
    buf_printf(
        out,
        "calotype: %llu lines (%llu bytes) were dropped: over the limit of %d lines or %d bytes "
        "a second, or of what the log can take\n",
        (unsigned long long)rate->lost_lines, (unsigned long long)rate->lost_bytes,
        LAMBDA_LINES_A_SECOND, LAMBDA_LINE_BYTES_A_SECOND);
    rate->lost_lines = rate->lost_bytes = 0;
    return true;
}

/* ---- Metrics in lines ---- */
#define METRIC_NS    (SECOND_NS / LAMBDA_METRICS_A_SECOND)
#define METRICS_MOST (METRIC_NS * LAMBDA_METRICS_BURST)

bool lambda_metrics_may(struct lambda_metrics_rate *rate, int64_t now_ns) {
    int64_t since = rate->filled_ns ? now_ns - rate->filled_ns : METRICS_MOST;
    rate->left_ns = added(rate->left_ns, since, METRICS_MOST);
    rate->filled_ns = now_ns;
    rate->lost += rate->left_ns <= 0;
    return rate->left_ns > 0;
}

void lambda_metrics_took(struct lambda_metrics_rate *rate, size_t n, int64_t spent_ns) {
    int64_t by_rows = (int64_t)n * METRIC_NS, by_time = n ? 2 * spent_ns : 0;
    rate->left_ns -= by_rows > by_time ? by_rows : by_time;
}

bool lambda_metrics_tell(struct lambda_metrics_rate *rate, int64_t now_ns, bool end,
                         struct buf *out) {
    if (rate->lost == 0 || (!end && now_ns - rate->told_ns < SECOND_NS))
        return false;
    buf_printf(out,
               "calotype: the metrics of %llu lines were not taken: over the limit of %d "
               "observations a second, or of what the store can take\n",
               (unsigned long long)rate->lost, LAMBDA_METRICS_A_SECOND);
    rate->lost = 0;
    rate->told_ns = now_ns;
    return true;
}
