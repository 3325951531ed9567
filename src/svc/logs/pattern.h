#pragma once
/*
 * logs/pattern: filter patterns, as FilterLogEvents takes them.
 *
 *   ""                       every event
 *   ERROR "not found" -debug all the plain terms, none of those behind a minus
 *   ?ERROR ?WARN             any of them (beside other terms the ? ones do not count)
 *   { $.a.b[0] = "x*" && ($.n >= 5 || $.z IS NULL) }     on messages that are JSON
 *
 * Terms are looked for as they stand, with case, anywhere in the message. Source: "Filter pattern
 * syntax" in the CloudWatch Logs User Guide. Space-delimited patterns [a, b] and regular
 * expressions %…% are refused by name.
 *
 * A compiled pattern owns a copy of its text and is immutable: any thread may match by it.
 */
#include "base/err.h"
#include "base/outcomes.h"
#include "base/str.h"

struct logs_pattern;
enum {
    LOGS_PATTERN_E_INVALID = OUTCOMES_LOGS_PATTERN,
    LOGS_PATTERN_MAX = 1024, /* bytes, as in the API model */
    LOGS_PATTERN_DEPTH = 32, /* parentheses */
};
/* A new pattern, or LOGS_PATTERN_E_INVALID with the reason in the words of CloudWatch Logs. */
int logs_pattern_new(struct logs_pattern **ret_pattern, str text, struct err *err);
struct logs_pattern *logs_pattern_free(struct logs_pattern *pattern);
DEFINE_FREEP(logs_pattern)
/* message: the event's bytes, which need not be UTF-8 or JSON. */
bool logs_pattern_match(const struct logs_pattern *pattern, str message);
