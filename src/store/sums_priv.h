#pragma once
/*
 * store/sums: what lies on disk of the sums (store_stat, store_count) that were written last, so that
 * the next group adds to them without a read of the row. Of the thread that commits.
 *
 * A sum that stands here is what its row holds, exactly. Whoever changes the row in another way has
 * it forgotten before the write begins; a write that fails has all forgotten.
 */
#include "base/buf.h"
#include "store/pending_priv.h"

/* Of two sums whose hashes meet in one place the later one stays: 2.2 MiB at most. */
enum { STORE_SUMS = 256, STORE_SUM_BINS = 256, STORE_SUM_KEY = 1024 };

struct store_sum {
    uint64_t hash;
    struct buf key;
    enum store_cf cf;
    enum pending_kind kind; /* PENDING_STAT or PENDING_COUNT; PENDING_DEL: none stands here */
    struct stat_sum stat;
    int64_t many, large;
};
/* Zeroed it is empty. */
struct store_sums {
    struct store_sum *places; /* STORE_SUMS, made with the first */
};
static inline bool store_sum_is_free(const struct store_sum *sum) {
    return sum->kind == PENDING_DEL;
}
void store_sums_deinit(struct store_sums *sums);

/* The sum moves to the row, which is new in its group; false: it is not known. */
bool store_sums_take(struct store_sums *sums, struct pending_row *row, enum pending_kind kind);
/* The row's sum is on disk, and moves here if it is small. */
void store_sums_keep(struct store_sums *sums, struct pending_row *row);
void store_sums_forget(struct store_sums *sums, enum store_cf cf, str key, uint64_t hash);
void store_sums_forget_range(struct store_sums *sums, enum store_cf cf, str from, str to);
void store_sums_forget_all(struct store_sums *sums);
