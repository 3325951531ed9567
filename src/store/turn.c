/*
 * store/turn: tickets. A mutex alone would not do: whoever has just released it is faster to take
 * it again than those who sleep.
 */
#include "base/lock.h"
#include "store/store_priv.h"

void store_turns_init(struct store_turn turns[STORE_TURNS]) {
    for (int i = 0; i < STORE_TURNS; i++) {
        lock_init(&turns[i].lock);
        pthread_cond_init(&turns[i].wake, NULL);
    }
}

void store_turns_deinit(struct store_turn turns[STORE_TURNS]) {
    for (int i = 0; i < STORE_TURNS; i++) {
        pthread_cond_destroy(&turns[i].wake);
        pthread_mutex_destroy(&turns[i].lock);
    }
}

static unsigned turn_of(const struct store_cond *cond) {
    return (unsigned)(cond->hash % STORE_TURNS);
}

unsigned store_turn_of(const struct store_batch *batch) {
    return batch->lost < batch->n_conds ? turn_of(&batch->conds[batch->lost]) : 0;
}

/* The first conditions are about what the request is for; a large batch is not searched. */
bool store_turn_awaited(struct store *store, struct store_batch *batch) {
    enum { LOOK_AT = 32 };
    for (size_t i = 0; i < batch->n_conds && i < LOOK_AT; i++) {
        const struct store_turn *turn = &store->turns[turn_of(&batch->conds[i])];
        if (atomic_load_explicit(&turn->given, memory_order_relaxed) ==
            atomic_load_explicit(&turn->served, memory_order_relaxed))
            continue;
        batch->lost = i;
        return true;
    }
    return false;
}

void store_turn_take(struct store *store, unsigned number) {
    struct store_turn *turn = &store->turns[number];
    LOCK_SCOPE(&turn->lock);
    unsigned mine = turn->given++;
    while (turn->served != mine)
        pthread_cond_wait(&turn->wake, &turn->lock);
}

void store_turn_drop(struct store *store, unsigned number) {
    struct store_turn *turn = &store->turns[number];
    LOCK_SCOPE(&turn->lock);
    turn->served++;
    pthread_cond_broadcast(&turn->wake);
}
