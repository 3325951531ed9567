#pragma once
/*
 * store/lost: what nobody owns is set aside in DATA/lost/DATE, under the name that it had in DATA,
 * and removed 30 days later. Nothing that lay in DATA at a start is removed otherwise.
 */
#include "base/err.h"

#include <stddef.h>

struct store;

/* One occasion of setting aside: a start, a repair. Zeroed but for data it is ready for use. */
struct store_lost {
    const char *data; /* DATA, borrowed */
    char *name; /* "lost/20261127T034500Z", made with the first file; NULL: nothing was taken */
    size_t n;   /* how many were taken */
};
/*
 * Moves DATA/path to DATA/lost/DATE/path. 0 or -errno, with words; it lies where it lay then, as
 * does one on another file system (-EXDEV).
 */
int store_lost_take(struct store_lost *lost, const char *path, struct err *err);
void store_lost_deinit(struct store_lost *lost);
/*
 * Removes what was set aside 30 days ago and more, and says so in the log. A day counts when a
 * daemon saw it: a clock that jumps by years removes nothing.
 */
void store_lost_expire(struct store *store);
