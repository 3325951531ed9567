#pragma once
/*
 * svc/lambda/lines: lines of a function's log on their way to it, and how many it may write.
 *
 * Lines lie one behind the other in one buffer, so that an empty one costs ten bytes and not a
 * struct. What they cost the store on top (two rows, in the batch, in the write and in the memtable)
 * is in lambda_lines_cost, by which everything that holds lines back is counted.
 */
#include "base/buf.h"

#include <stddef.h>

/* In the order in which they were read. Zeroed: none. */
struct lambda_lines {
    struct buf bytes; /* each: u64 world time in ms, varint length, text */
    size_t n;
    int64_t first_ms; /* of the first one, where there is one */
};
void lambda_lines_add(struct lambda_lines *lines, int64_t time_ms, str text);
/* Moves all of `from` behind those of `to`. */
void lambda_lines_move(struct lambda_lines *to, struct lambda_lines *from);
/* at: cur_of(buf_view(&lines->bytes)) at first. False: that was the last one. */
bool lambda_lines_next(struct cur *at, int64_t *ret_time_ms, str *ret_text);
void lambda_lines_deinit(struct lambda_lines *lines);

/* Bytes that a line of so many takes from here to the disk, in all its forms, at a time. */
enum { LAMBDA_LINE_ROWS_COST = 400 };
static inline size_t lambda_line_cost(size_t len) { return len + LAMBDA_LINE_ROWS_COST; }
static inline size_t lambda_lines_cost(const struct lambda_lines *lines) {
    return lines->bytes.len + lines->n * LAMBDA_LINE_ROWS_COST;
}

/*
 * What one environment's program may write: so much a second, and twice a second's lines (four
 * times its bytes) at once after a quiet time. Beyond it lines are dropped for a second, or until
 * there is room again, and counted. AWS has no such limit: it is there so that one function cannot
 * fill the disk or hold the store.
 */
enum {
    LAMBDA_LINES_A_SECOND = 10000,
    LAMBDA_LINES_BURST = 2 * LAMBDA_LINES_A_SECOND,
    LAMBDA_LINE_BYTES_A_SECOND = 2 << 20,
    LAMBDA_LINE_BYTES_BURST = 8 << 20,
};
/* Zeroed: nothing was written yet. Times are monotonic ns. */
struct lambda_rate {
    int64_t filled_ns; /* 0: never, the whole burst is there */
    int64_t lines_ns;  /* what is left, as the time in which it comes */
    int64_t bytes_ns;
    bool dry;                        /* everything is dropped */
    int64_t dry_ns;                  /* since when */
    uint64_t lost_lines, lost_bytes; /* not told yet */
};
/*
 * Metrics that a function's lines carry (EMF): each is a row that is read and written again, so they
 * have a rate of their own, per function. A line that comes when it is used up is logged without
 * them. Zeroed: nothing was taken yet.
 */
enum { LAMBDA_METRICS_A_SECOND = 10000, LAMBDA_METRICS_BURST = 5 * LAMBDA_METRICS_A_SECOND };
struct lambda_metrics_rate {
    int64_t filled_ns, left_ns;
    int64_t told_ns;
    uint64_t lost; /* lines whose metrics were left out, not told yet */
};
/* True where a line's metrics may be taken now. */
bool lambda_metrics_may(struct lambda_metrics_rate *rate, int64_t now_ns);
/*
 * So many were taken, and written in so much time; that may be more than there was room for: the
 * next ones pay. Where the store is slow, metrics have half of the writer's time at most: the rest
 * is for lines and ends, also those of other functions, and for a daemon that stops.
 */
void lambda_metrics_took(struct lambda_metrics_rate *rate, size_t n, int64_t spent_ns);
/*
 * Writes what was lost as a line for the log, once a second at most, or as it is the end of an
 * invocation. False: nothing to tell.
 */
bool lambda_metrics_tell(struct lambda_metrics_rate *rate, int64_t now_ns, bool end,
                         struct buf *out);

/* Lets time pass. True: it was dry and no longer is, so what was lost can be told. */
bool lambda_rate_fill(struct lambda_rate *rate, int64_t now_ns);
/* May a line of so many bytes be written now? False: the rate is dry from here on. */
bool lambda_rate_take(struct lambda_rate *rate, size_t bytes, int64_t now_ns);
/* Nothing more goes, whatever is left: what comes after has no room. */
void lambda_rate_dry(struct lambda_rate *rate, int64_t now_ns);
void lambda_rate_lose(struct lambda_rate *rate, size_t lines, size_t bytes);
/* Writes what was lost as a line for the function's log, and forgets it. False: nothing was. */
bool lambda_rate_tell(struct lambda_rate *rate, struct buf *out);
