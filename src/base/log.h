#pragma once
/*
 * base/log: the daemon's own log, one line an event on stderr: JSON by default, text for people.
 * Only the daemon and the rooms that own threads log, what nobody is there to be answered;
 * libraries return errors. Any thread, and each line is written whole.
 * Never logs keys, secrets or bodies.
 */
#include "base/own.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_JSON, LOG_TEXT };

/* Lines below `least` are dropped. Before anybody set anything: JSON, from LOG_INFO on. */
void log_setup(enum log_format format, enum log_level least);
/* room is the speaker ("store"); the text is one sentence without a full stop. Never fails. */
void log_line(enum log_level level, const char *room, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_debug(room, ...) log_line(LOG_DEBUG, room, __VA_ARGS__)
#define log_info(room, ...)  log_line(LOG_INFO, room, __VA_ARGS__)
#define log_warn(room, ...)  log_line(LOG_WARN, room, __VA_ARGS__)
#define log_error(room, ...) log_line(LOG_ERROR, room, __VA_ARGS__)
