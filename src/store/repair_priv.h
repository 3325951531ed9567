#pragma once
/*
 * store/repair, the database's part: work on a copy in DATA/repair/db, which takes the place of
 * DATA/db when it is good. Until then nothing of DATA is changed.
 */
#include "store/store_priv.h"

/* Makes DATA/repair/db of the files of DATA/db: tables by link, the others by copy. 0 or -errno. */
int repair_copy(const char *data, struct err *err);
/*
 * Opens the copy and drops its logs from their first damaged record on (else: every damaged record
 * alone). *ret_sequence: how far it is then.
 */
int repair_cut_logs(const char *data, uint64_t *ret_sequence, struct err *err);
/*
 * Makes the copy's MANIFEST and CURRENT anew of its tables and logs (RocksDB's repair). said: a line
 * for each file that could not be read. *ret_sequence as above.
 */
int repair_rebuild(const char *data, struct buf *said, uint64_t *ret_sequence, struct err *err);
/* Reads every row of a database that is open: 0, or which file is damaged. */
int repair_read_all(struct store_db *db, struct err *err);
/* DATA/db into lost, DATA/repair/db to its place. Goes on where a kill came between the two. */
int repair_swap(const char *data, struct store_lost *lost, struct err *err);
bool repair_half_swapped(const char *data); /* such a kill came */
