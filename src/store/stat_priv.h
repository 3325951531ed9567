#pragma once
/* Shared inside the room: the writing side of statistics rows, used by the committer. */
#include "store/stat.h"

/* count observations of value; what is not finite or not positive is left out. */
void stat_add(struct stat_sum *sum, double value, double count);
/* Appends the row. */
void stat_write(const struct stat_sum *sum, struct buf *row);
