#pragma once
/* cli/scrub: what is said of a scrub, by its own verb and by `status`. doc: as GetScrub has it. */
#include "base/json.h"

/* "complete, 2026-11-27T03:00:00Z, took 4 min 5 s: 12 bodies, 1.2 GB, 345 rows; nothing damaged". */
void cli_scrub_add(struct buf *out, const json_t *doc);
