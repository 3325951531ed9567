/* fn/budget: a counter under a lock, and tickets for the order. */
#include "fn/budget.h"

#include "base/lock.h"

enum {
    OURS = 32 << 20,    /* the function itself, with derivatives that are being uploaded */
    SHARE = 64 << 20,   /* a worker with a picture of some 12 megapixels … */
    SHARE_PER_BYTE = 4, /* … and more for files that are larger */
};

void fn_budget_init(struct fn_budget *b, uint64_t memory_bytes) {
    *b = (struct fn_budget){.whole = memory_bytes > 2 * (uint64_t)OURS ? memory_bytes - OURS
                                                                       : memory_bytes / 2};
    b->left = b->whole;
    lock_init(&b->lock);
    lock_cond_init(&b->moved);
}

void fn_budget_deinit(struct fn_budget *b) {
    pthread_cond_destroy(&b->moved);
    pthread_mutex_destroy(&b->lock);
}

uint64_t fn_budget_share(const struct fn_budget *b, uint64_t size_bytes, size_t n) {
    uint64_t share = SHARE + SHARE_PER_BYTE * size_bytes;
    return n > 1 && share < b->whole ? share : b->whole;
}

void fn_budget_take(struct fn_budget *b, uint64_t bytes) {
    LOCK_SCOPE(&b->lock);
    uint64_t ticket = b->next++;
    while (ticket != b->turn || b->left < bytes)
        pthread_cond_wait(&b->moved, &b->lock);
    b->turn++;
    b->left -= bytes;
    pthread_cond_broadcast(&b->moved);
}

void fn_budget_give(struct fn_budget *b, uint64_t bytes) {
    LOCK_SCOPE(&b->lock);
    b->left += bytes;
    pthread_cond_broadcast(&b->moved);
}
