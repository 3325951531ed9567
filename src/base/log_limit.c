/*
 * base/log_limit: counts lines by format string, level and room, in an open hash table that is never
 * emptied: its keys are literals.
 */
#include "base/log_limit.h"

void log_limit_deinit(struct log_limit *limit) {
    free(limit->kinds);
    limit->kinds = NULL;
}

static struct log_kind *place_of(struct log_limit *limit, enum log_level level, const char *room,
                                 const char *fmt) {
    if (!limit->kinds)
        limit->kinds = mem_zalloc(LOG_KINDS * sizeof *limit->kinds);
    size_t at = (size_t)((((uintptr_t)fmt + level) * 0x9E3779B97F4A7C15u) >> 32) % LOG_KINDS;
    for (size_t i = 0; i < LOG_KINDS; i++) {
        struct log_kind *kind = &limit->kinds[(at + i) % LOG_KINDS];
        if (!kind->fmt ||
            (kind->fmt == fmt && kind->level == level && strcmp(kind->room, room) == 0))
            return kind;
    }
    return &limit->kinds[LOG_KINDS - 1];
}

struct log_kind *log_limit_kind(struct log_limit *limit, enum log_level level, const char *room,
                                const char *fmt, int64_t now_ms) {
    struct log_kind *kind = place_of(limit, level, room, fmt);
    if (!kind->fmt || (now_ms - kind->began_ms >= LOG_MINUTE_MS && !kind->held)) {
        if (!kind->fmt)
            kind->fmt = fmt;
        kind->began_ms = now_ms;
        kind->said = kind->held = 0;
    }
    kind->room = room;
    kind->level = level;
    return kind;
}

bool log_limit_may(struct log_kind *kind) {
    if (kind->said < (kind->level == LOG_DEBUG ? LOG_MOST_DEBUG : LOG_MOST)) {
        kind->said++;
        return true;
    }
    kind->held++;
    return false;
}

struct log_kind *log_limit_next(struct log_limit *limit, int64_t now_ms, bool all) {
    for (size_t i = 0; limit->kinds && i < LOG_KINDS; i++) {
        struct log_kind *kind = &limit->kinds[i];
        if (kind->held && (all || now_ms - kind->began_ms >= LOG_MINUTE_MS))
            return kind;
    }
    return NULL;
}
