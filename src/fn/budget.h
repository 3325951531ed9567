#pragma once
/*
 * fn/budget: the memory that the workers of one invocation share. Whoever starts a worker takes its
 * part first, in the order of asking, and gives it back when the worker is reaped. Any thread.
 */
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct fn_budget {
    uint64_t whole; /* set by init, constant afterwards */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t left;
    uint64_t next, turn; /* tickets: nobody who needs much is overtaken by those who need little */
};
/* memory_bytes: the function's. The function's own part is kept back. */
void fn_budget_init(struct fn_budget *budget, uint64_t memory_bytes);
void fn_budget_deinit(struct fn_budget *budget);
/*
 * What a worker for an original of that size is given at first, where n records are at work: all of
 * it for one; else what such a picture needs as a rule, so that several fit beside each other.
 */
uint64_t fn_budget_share(const struct fn_budget *budget, uint64_t size_bytes, size_t n);
/* Waits until it is its turn and bytes (at most whole) are there. */
void fn_budget_take(struct fn_budget *budget, uint64_t bytes);
void fn_budget_give(struct fn_budget *budget, uint64_t bytes);
