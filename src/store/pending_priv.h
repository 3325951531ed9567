#pragma once
/*
 * The writes of one group that are not in the database yet, newest state per row: what conditions
 * of later batches in the group must see, and where statistics of one row add up. Keys and values
 * are borrowed from the group's batches. Of the thread that commits.
 */
#include "store/stat_priv.h"
#include "store/store.h"

/*
 * What the row is after the group's batches so far; STAT and COUNT: sums, which are written once,
 * at the group's end.
 */
enum pending_kind { PENDING_PUT, PENDING_DEL, PENDING_STAT, PENDING_COUNT };
struct pending_row {
    uint64_t hash;
    str key, value; /* value: PENDING_PUT, as it goes to disk */
    enum store_cf cf;
    enum pending_kind kind;
    struct stat_sum stat; /* PENDING_STAT: owned */
    int64_t many, large;  /* PENDING_COUNT */
};
/* [from, to) of a family, borrowed as keys are. */
struct pending_range {
    enum store_cf cf;
    str from, to;
};
/* A hash table with open addressing. Zeroed it is empty; rows move when it grows. */
struct pending {
    struct pending_row *rows; /* in order of first write */
    size_t n, cap;
    uint32_t *slots; /* index + 1, 0 = free; a power of two, at least 2 * cap */
    size_t n_slots;
    struct pending_range *ranges; /* that the group drops */
    size_t n_ranges, cap_ranges;
};

/* The row as the group leaves it so far, or NULL; valid until the next pending_take. */
struct pending_row *pending_find(const struct pending *p, enum store_cf cf, str key, uint64_t hash);
/* The row, added as PENDING_DEL when it was not there (*ret_new); valid until the next call. */
struct pending_row *pending_take(struct pending *p, enum store_cf cf, str key, uint64_t hash,
                                 bool *ret_new);
/* What the row becomes; drops statistics it held. */
void pending_set(struct pending_row *row, enum pending_kind kind, str value);
/*
 * The group drops a range: what it has made of rows in it is gone, and so is what the database holds.
 */
void pending_drop_range(struct pending *p, enum store_cf cf, str from, str to);
/* Has the group dropped the row with a range? Of a row that pending_find does not know. */
bool pending_is_dropped(const struct pending *p, enum store_cf cf, str key);
void pending_clear(struct pending *p); /* keeps the memory */
void pending_deinit(struct pending *p);
