/* store/seen: open addressing; the ids are random, so they are their own hash. */
#include "store/seen_priv.h"

#include "base/own.h"

enum { FIRST_SLOTS = 1024 };

static uint64_t number_of(str id) {
    uint64_t v = 0;
    memcpy(&v, id.p, id.len < sizeof v ? id.len : sizeof v);
    return v ? v : 1;
}

/* Where v is, or the free slot for it. */
static size_t slot_of(const struct seen *seen, uint64_t v) {
    size_t mask = seen->n_slots - 1, at = (size_t)v & mask;
    while (seen->slots[at] && seen->slots[at] != v)
        at = (at + 1) & mask;
    return at;
}

static void grow(struct seen *seen) {
    struct seen more = {.n_slots = seen->n_slots ? seen->n_slots * 2 : FIRST_SLOTS};
    more.slots = mem_zalloc(more.n_slots * sizeof *more.slots);
    for (size_t i = 0; i < seen->n_slots; i++)
        if (seen->slots[i])
            more.slots[slot_of(&more, seen->slots[i])] = seen->slots[i];
    free(seen->slots);
    seen->slots = more.slots;
    seen->n_slots = more.n_slots;
}

bool seen_add(struct seen *seen, str id) {
    if (seen_has(seen, id))
        return true;
    if (seen->n == SEEN_MOST) {
        seen->full = true;
        return false;
    }
    if (2 * (seen->n + 1) > seen->n_slots)
        grow(seen);
    uint64_t v = number_of(id);
    seen->slots[slot_of(seen, v)] = v;
    seen->n++;
    return true;
}

bool seen_has(const struct seen *seen, str id) {
    return seen->n_slots && seen->slots[slot_of(seen, number_of(id))] != 0;
}

void seen_deinit(struct seen *seen) {
    free(seen->slots);
    *seen = (struct seen){0};
}
