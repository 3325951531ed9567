#pragma once
/*
 * store/lanes: who waits for the committer, in two lines: ordinary batches, and large ones.
 *
 * A group is what one write takes. Ordinary batches share a group up to GROUP_ROWS and GROUP_BYTES;
 * a large one goes alone, and between two large ones the others have their turn. So whoever has
 * little to write waits for one group and one large batch at most, whatever others hand in.
 *
 * Each waiter is one thread that blocks, so nobody can tell the order between two who wait at the
 * same time; within a line it is the order of arrival. Under the committer's lock.
 */
#include "store/batch_priv.h"

#include <semaphore.h>

/*
 * Measured: a row costs 1 to 2 µs in the write, so a group takes a few milliseconds and its sync.
 * A condition costs a read, so it counts as a row.
 */
enum { LANES_GROUP_ROWS = 2048, LANES_GROUP_BYTES = 4 << 20 };

/*
 * One caller of store_commit, on that caller's stack: the committer fills result and err, then
 * posts done, after which the struct may be gone.
 */
struct store_wait {
    struct store_wait *next;
    struct store_wait *to_wake; /* whom this caller wakes, linked by next (commit.c, wake_all) */
    struct store_batch *batch;
    int result;
    struct err err;
    sem_t done;
};

struct store_lane {
    struct store_wait *first, **last;
};
struct store_lanes {
    struct store_lane ordinary, large;
    bool large_is_next; /* the last group was of the ordinary ones */
};

void store_lanes_init(struct store_lanes *lanes);
bool store_lanes_empty(const struct store_lanes *lanes);
void store_lanes_add(struct store_lanes *lanes, struct store_wait *wait);
/* The next group, linked by next and ended by NULL; NULL: nobody waits. */
struct store_wait *store_lanes_take(struct store_lanes *lanes);
