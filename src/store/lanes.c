/* store/lanes: whose batches make the next group (lanes_priv.h). */
#include "store/lanes_priv.h"

size_t store_batch_rows(const struct store_batch *batch) { return batch->n_ops + batch->n_conds; }

size_t store_batch_bytes(const struct store_batch *batch) { return batch->bytes.len; }

bool store_batch_is_full(const struct store_batch *batch) {
    return store_batch_rows(batch) >= STORE_BATCH_ROWS || batch->bytes.len >= STORE_BATCH_BYTES;
}

static void lane_init(struct store_lane *lane) {
    lane->first = NULL;
    lane->last = &lane->first;
}

void store_lanes_init(struct store_lanes *lanes) {
    lane_init(&lanes->ordinary);
    lane_init(&lanes->large);
    lanes->large_is_next = false;
}

bool store_lanes_empty(const struct store_lanes *lanes) {
    return !lanes->ordinary.first && !lanes->large.first;
}

void store_lanes_add(struct store_lanes *lanes, struct store_wait *wait) {
    bool large = store_batch_rows(wait->batch) > LANES_GROUP_ROWS / 2 ||
                 wait->batch->bytes.len > LANES_GROUP_BYTES / 2;
    struct store_lane *lane = large ? &lanes->large : &lanes->ordinary;
    wait->next = NULL;
    *lane->last = wait;
    lane->last = &wait->next;
}

/* The lane's first ones, until `rows` or `bytes` would be passed; the very first in any case. */
static struct store_wait *take_some(struct store_lane *lane, size_t rows, size_t bytes) {
    struct store_wait *group = lane->first, **end = &lane->first;
    size_t all_rows = 0, all_bytes = 0;
    for (; *end; end = &(*end)->next) {
        const struct store_batch *batch = (*end)->batch;
        all_rows += store_batch_rows(batch);
        all_bytes += batch->bytes.len;
        if (*end != group && (all_rows > rows || all_bytes > bytes))
            break;
    }
    struct store_wait *rest = *end;
    *end = NULL;
    lane->first = rest;
    if (!rest)
        lane->last = &lane->first;
    return group;
}

struct store_wait *store_lanes_take(struct store_lanes *lanes) {
    bool large = lanes->large.first && (lanes->large_is_next || !lanes->ordinary.first);
    lanes->large_is_next = !large;
    return large ? take_some(&lanes->large, 0, 0)
                 : take_some(&lanes->ordinary, LANES_GROUP_ROWS, LANES_GROUP_BYTES);
}
