#pragma once
/* cli/when: moments as people type them. */
#include "base/str.h"

/*
 * "2026-11-22", "2026-11-22T10:00:00Z" (UTC, or with an offset), "now", or so long before now:
 * "90s", "30m", "12h", "3d". False: none of these.
 */
bool cli_when(str text, int64_t now_ms, int64_t *ret_ms);
