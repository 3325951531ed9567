#pragma once
/*
 * store/seen: a set of body ids, by their first eight bytes: ids are random, so two alike are not
 * to be expected. One thread at a time.
 */
#include "base/str.h"

enum { SEEN_MOST = 1 << 20 }; /* ids; 16 MiB */

/* Zeroed: empty. */
struct seen {
    uint64_t *slots; /* 0: free */
    size_t n, n_slots;
    bool full; /* some id was not taken in */
};
/* False, and full is set: SEEN_MOST are there already. */
bool seen_add(struct seen *seen, str id);
bool seen_has(const struct seen *seen, str id);
void seen_deinit(struct seen *seen);
