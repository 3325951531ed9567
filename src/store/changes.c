/* store/changes: the memory of the table; the rest is inline. */
#include "store/changes_priv.h"

#include "base/own.h"

void store_changes_init(struct store_changes *changes) {
    changes->rows = mem_zalloc(STORE_CHANGES_ROWS * sizeof *changes->rows);
    atomic_init(&changes->done, 1);
}

void store_changes_deinit(struct store_changes *changes) {
    free((void *)changes->rows);
    *changes = (struct store_changes){0};
}
