#pragma once
/* cli/when: moments as people type them, and spans of time as they read them. */
#include "base/buf.h"
#include "base/err.h"

/*
 * "2026-11-22", "2026-11-22T10:00:00Z" (UTC, or with an offset), "now", or so long before now:
 * "90s", "30m", "12h", "3d". False: none of these.
 */
bool cli_when(str text, int64_t now_ms, int64_t *ret_ms);
/* 0 for what cli_when takes, or -EINVAL with words: the check of a flag. */
int cli_check_when(const char *text, struct err *err);
/* "3 d 4 h", "4 min 5 s": the two largest units that it has. Appends. */
void cli_span_add(struct buf *out, int64_t ms);
