#pragma once
/* Shared inside the room: the writing side of statistics rows, used by the committer. */
#include "store/stat.h"

/*
 * Adds count observations of value. Nothing is added when either is not finite, or when count is
 * not positive; value may be negative.
 */
void stat_add(struct stat_sum *sum, double value, double count);
/* Are its totals such as a row may have? Counts that add up to infinity are not. */
bool stat_is_sound(const struct stat_sum *sum);
/* Appends the row's bytes (docs/formats/store.md), which stat_merge reads. */
void stat_write(const struct stat_sum *sum, struct buf *row);
