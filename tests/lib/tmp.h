#pragma once
/* lib/tmp: a folder, and a store, that exist as long as a test runs. */
#include "cm.h"

#include "store/scrub.h"

#include <sys/types.h>

/* mkdtemp under TMPDIR; path is the folder, not yet a store. Fails the test. */
void tmp_dir(char path[128]);
void tmp_remove(const char *path); /* with all that is in it */
/* For cmocka_unit_test_setup_teardown: each test has a folder of its own, tmp_own. */
extern char tmp_own[128];
int tmp_setup(void **state);
int tmp_teardown(void **state);
/* Changes the byte at that place of a file. */
void tmp_flip(const char *path, off_t at);

/* Opens a store in path. Fails the test. */
struct store *tmp_open(const char *path);
/* As tmp_setup, with a store in the folder; faults that the test has set end with it. */
extern struct store *tmp_store;
int tmp_store_setup(void **state);
int tmp_store_teardown(void **state);
#define IN_STORE(test) cmocka_unit_test_setup_teardown(test, tmp_store_setup, tmp_store_teardown)

/* One row, durably; what store_commit answers. */
int put_row(struct store *store, enum store_cf cf, str key, str value);

/* What lies on disk of a row. Clears disk first. */
void raw_row(struct store *store, enum store_cf cf, str key, struct buf *disk);
/* Puts bytes there past the store, as a damaged disk or a stranger would. */
void put_raw_row(struct store *store, enum store_cf cf, str key, str disk);
/* Turns a bit of the row over, so that it does not verify. */
void damage_row(struct store *store, enum store_cf cf, str key);

/*
 * All rows as formats 1 to 3 had them: raw. The store is closed next, and DATA/format written by
 * the test.
 */
void tmp_make_raw(struct store *store);

/* How many rows of cf have a key of that kind (key_begin). */
size_t count_rows(struct store *store, enum store_cf cf, const char *kind);

/* Reads every row and every body in a file, of whomever it is; what store_scrub_run answers. */
int tmp_scrub(struct store *store, struct store_scrub *ret);
