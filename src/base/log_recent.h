#pragma once
/*
 * base/log_recent: the last errors of the log, for whoever asks how the program is. Errors of one
 * kind (of one format string in one room) are one entry: what the last of them
 * said, and how many there were.
 */
#include "base/log.h"

enum { LOG_RECENT = 16, LOG_RECENT_TEXT = 256 };
struct log_recent {
    int64_t first_ms, last_ms; /* real time */
    uint64_t count;
    char room[16];
    char text[LOG_RECENT_TEXT]; /* of the last one that was said; cut */
};
/*
 * base/log's: an error is written, or held back. kind: its format string, which lives as long as
 * the program. text: as the log shows it, so that it moves no cursor; absent where it was held back.
 * Any thread.
 */
void log_recent_note(const char *room, const char *kind, str text);
/* How many there are, at most LOG_RECENT; the newest first. Any thread. */
size_t log_recent_list(struct log_recent ret[LOG_RECENT]);
