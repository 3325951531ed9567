#pragma once
/*
 * svc/calotype: the row of the last scrub (docs/formats/store.md): its report, as GetScrub answers
 * it. What is kept is the last one that went through to its end, or found something.
 */
#include "base/json.h"
#include "store/store.h"

/*
 * *ret_doc: the report, a new reference; NULL where there was none. One that was running when the
 * daemon ended is "interrupted". 0 or -errno with words; a row that cannot be understood is none.
 */
int calotype_scrub_row_read(struct store *store, json_t **ret_doc, struct err *err);
/* The only writer is the scrub's own thread. 0, or as store_commit. */
int calotype_scrub_row_write(struct store *store, const json_t *doc, struct err *err);
