#pragma once
/*
 * store/changes: when rows were changed last, in numbers of groups.
 *
 * The committer writes group after group, and each that was written makes a state: state n is what
 * the database holds after group n and before the write of group n + 1 begins. A table remembers by
 * the hash of a row the last group that changed a row of that hash, and a number by family the last
 * that dropped a range. So "nothing has changed this row since state n" is answered by a look, and
 * in doubt (another row of that hash was changed) with no.
 *
 * The committer marks a row before its write begins, and a group as done after it is durable. What
 * was read of the database by whoever took store_changes_now before is therefore what the row was in
 * that state, if store_changes_none says so afterwards. A write that fails is never done: its rows
 * stay marked, and nothing about them is known without a look into the database.
 *
 * Marks are made by the committer alone; any thread asks. A row's mark is seen by whoever has seen
 * anything of the write (both are ordered by the database's own publication), or has taken a lock
 * that the committer took after it made the mark.
 */
#include "store/store.h"

#include <stdatomic.h>

enum { STORE_CHANGES_ROWS = 1 << 14 };

/* states begin with 1: a stamp with state 0 says nothing about when it was read */
struct store_changes {
    _Atomic uint64_t done;               /* the newest state */
    _Atomic uint64_t ranged[STORE_N_CF]; /* the last group that drops a range of the family */
    _Atomic uint64_t *rows;              /* by hash: the last group that changes such a row */
};
void store_changes_init(struct store_changes *changes);
void store_changes_deinit(struct store_changes *changes);

/* The newest state that is durable. */
static inline uint64_t store_changes_now(const struct store_changes *changes) {
    return atomic_load_explicit(&changes->done, memory_order_acquire);
}
/* The last group, written or being written, that may have changed the row; 0: none. */
static inline uint64_t store_changes_of(const struct store_changes *changes, enum store_cf cf,
                                        uint64_t hash) {
    uint64_t row =
        atomic_load_explicit(&changes->rows[hash % STORE_CHANGES_ROWS], memory_order_acquire);
    uint64_t range = atomic_load_explicit(&changes->ranged[cf], memory_order_acquire);
    return row > range ? row : range;
}
/* Is the row since `state`, which was the newest once, what it was then? In doubt false. */
static inline bool store_changes_none(const struct store_changes *changes, enum store_cf cf,
                                      uint64_t hash, uint64_t state) {
    return state != 0 && store_changes_of(changes, cf, hash) <= state;
}

/* ---- The committer's ---- */
/* The group at hand changes the row, or drops a range. Before its write begins. */
static inline void store_changes_row(struct store_changes *changes, uint64_t hash) {
    atomic_store_explicit(&changes->rows[hash % STORE_CHANGES_ROWS], store_changes_now(changes) + 1,
                          memory_order_release);
}
static inline void store_changes_range(struct store_changes *changes, enum store_cf cf) {
    atomic_store_explicit(&changes->ranged[cf], store_changes_now(changes) + 1,
                          memory_order_release);
}
/* The group at hand is durable. */
static inline void store_changes_done(struct store_changes *changes) {
    atomic_fetch_add_explicit(&changes->done, 1, memory_order_release);
}
