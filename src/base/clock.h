#pragma once
/*
 * base/clock: real time, world time, monotonic time, and the date formats of the wire.
 *
 * Signatures, Date headers, TLS and session expiry use real time. What happens in the cloud
 * (lifecycle, retention, retries, alarms, events, metrics, point-in-time recovery) uses world time:
 * real time plus an offset that only tests move (docs/internals/clocks.md). All epoch values are
 * UTC milliseconds unless the name says otherwise. Any thread.
 */
#include "base/str.h"

/* Epoch milliseconds; either may go back, when the machine's clock is set or a test moves time. */
int64_t clock_real_ms(void);
int64_t clock_world_ms(void);
/* Never goes back, begins anywhere; for measuring durations and for deadlines of waits. */
int64_t clock_mono_ns(void);
static inline int64_t clock_mono_ms(void) { return clock_mono_ns() / 1000000; }

/*
 * The offset of world time, one for the process; the daemon sets it at start (from the store) and
 * for the test clock. Who sleeps until a moment of world time is told by hub_clock_moved.
 */
void clock_set_offset_ms(int64_t offset);
int64_t clock_offset_ms(void);

/* Room for any of the forms and a NUL. All writers return out. */
enum { CLOCK_ISO_MAX = 32 };
/* 2026-11-22T04:56:59Z and 2026-11-22T04:56:59.123Z; the first cuts the milliseconds off. */
char *clock_iso8601(char out[CLOCK_ISO_MAX], int64_t epoch_ms);
char *clock_iso8601_ms(char out[CLOCK_ISO_MAX], int64_t epoch_ms);
/* 20261122T045659Z, as in X-Amz-Date. */
char *clock_amz(char out[CLOCK_ISO_MAX], int64_t epoch_ms);
/* Sun, 22 Nov 2026 04:56:59 GMT, as in Date and Last-Modified. */
char *clock_http(char out[CLOCK_ISO_MAX], int64_t epoch_ms);
/* 2026-11-22 (UTC). */
char *clock_day(char out[CLOCK_ISO_MAX], int64_t epoch_ms);

/*
 * The inverse; false where s is not of that form or no date (February 30), *ret_epoch_ms is left
 * alone then.
 * ISO: a date alone is midnight; seconds, a fraction (cut to milliseconds) and a zone (Z, ±hh:mm,
 * ±hhmm) are optional, and no zone means UTC. HTTP: the weekday is not looked at.
 */
bool clock_parse_iso8601(str s, int64_t *ret_epoch_ms);
bool clock_parse_amz(str s, int64_t *ret_epoch_ms);
bool clock_parse_http(str s, int64_t *ret_epoch_ms);
