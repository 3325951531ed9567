#pragma once
/*
 * base/log_limit: how many lines of a kind are said in a minute. A kind is a format string at a
 * level of a room: one place in the source, or a few that say the same. For base/log alone. The
 * caller serializes, and tells the time (monotonic).
 */
#include "base/log.h"

/*
 * A table without removal: the source has fewer places. What finds no room in it shares the last
 * entry.
 */
enum { LOG_KINDS = 256, LOG_MINUTE_MS = 60000, LOG_EXAMPLE = 400 };

struct log_kind {
    const char *fmt, *room; /* fmt NULL: a free place */
    enum log_level level;
    int64_t began_ms;          /* of the minute that is counted */
    unsigned said, held;       /* in it */
    char example[LOG_EXAMPLE]; /* the first of those held back, cut */
};
struct log_limit {
    struct log_kind *kinds; /* LOG_KINDS, made at the first use */
};
void log_limit_deinit(struct log_limit *limit);

/*
 * The kind's entry; a minute that is over is ended in it once what it held was told
 * (log_limit_next). Never NULL.
 */
struct log_kind *log_limit_kind(struct log_limit *limit, enum log_level level, const char *room,
                                const char *fmt, int64_t now_ms);
/* Counts one line. False: it is held back. */
bool log_limit_may(struct log_kind *kind);
/*
 * A kind whose minute is over (all: or not) and which held lines back; the caller tells of it and
 * sets its held to 0. NULL: there is none.
 */
struct log_kind *log_limit_next(struct log_limit *limit, int64_t now_ms, bool all);
