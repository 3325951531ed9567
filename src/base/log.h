#pragma once
/*
 * base/log: the daemon's own log, one line an event: JSON by default, text for people; on stderr,
 * or in a file that is kept to a size. Only the daemon and the rooms that own threads log, what
 * nobody is there to be answered; libraries return errors. Any thread, and each line is written
 * whole. Never logs keys, secrets or bodies.
 *
 * No caller waits for the log longer than LOG_PATIENCE_MS, once: a line that a full disk, or a pipe
 * whose reader does not read, does not take is dropped, and the next one that is taken says how
 * many were. Lines of one kind (of one format string, so of one place in the source) are LOG_MOST a
 * minute; those beyond are counted, and one line tells of them when the minute is over. Bytes that
 * could end a line, move a cursor or turn the direction of text are written as escapes, whoever
 * chose them.
 */
#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_JSON, LOG_TEXT };
enum { LOG_MOST = 30, LOG_MOST_DEBUG = 1000, LOG_PATIENCE_MS = 50 };

/* Lines below `least` are dropped. Before anybody set anything: JSON, from LOG_INFO on. */
void log_setup(enum log_format format, enum log_level least);
/*
 * room is the speaker ("store"); the text is one sentence without a full stop, cut at about 3,000
 * bytes. fmt and room live as long as the program. Never fails.
 */
void log_line(enum log_level level, const char *room, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_debug(room, ...) log_line(LOG_DEBUG, room, __VA_ARGS__)
#define log_info(room, ...)  log_line(LOG_INFO, room, __VA_ARGS__)
#define log_warn(room, ...)  log_line(LOG_WARN, room, __VA_ARGS__)
#define log_error(room, ...) log_line(LOG_ERROR, room, __VA_ARGS__)

/*
 * From here on the log, and whatever else is printed to stderr, goes to the end of the file at path
 * (0600, made where it is missing). A file of most_bytes becomes PATH.1, that one PATH.2, and so on:
 * LOG_KEPT of them are kept. 0: it grows. 0, or -errno with words, and the log stays where it was.
 */
enum { LOG_KEPT = 3 };
int log_to_file(const char *path, int64_t most_bytes, struct err *err);
bool log_has_file(void);
/* Another size for the file of log_to_file. */
void log_set_most(int64_t most_bytes);
/*
 * Opens the file of log_to_file anew, for who moved it away. 0, or -errno with words, and the old
 * one is written on.
 */
int log_reopen(struct err *err);

/*
 * Writes what is due about lines that were held back; all: also of minutes that are not over yet.
 * log_line does the first too: this is for when nobody logs.
 */
void log_tell_held(bool all);
