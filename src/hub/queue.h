#pragma once
/*
 * hub/queue: which ids are due when: what a kind keeps in memory. No lock: the owner has one.
 *
 * What is due stands in a line (8 bytes an id), in the order in which it became so; what waits
 * stands in a heap by its time (16 bytes an id). What becomes due goes to the end of the line, so
 * neither a stream of new work nor a crowd of retries holds up the other. An id may be in here more
 * than once: its row decides.
 */
#include "base/buf.h"

/* Zeroed, and with longest_ms set, it is an empty one. */
struct hub_queue {
    struct {
        uint64_t *ids; /* a ring */
        size_t first, n, cap;
    } ready;
    struct hub_wait {
        int64_t due_ms;
        uint64_t id;
    } * heap; /* earliest first */
    size_t n, cap;
    int64_t longest_ms; /* no wait is longer */
    int64_t seen_ms;    /* world time at the last look: a smaller one means it went back */
};
/* Frees the memory and forgets every id; longest_ms stays, so the queue can be filled anew. */
void hub_queue_deinit(struct hub_queue *q);

/* Is that time past; or so far ahead that the clock must have gone back since it was set? */
bool hub_queue_is_due(const struct hub_queue *q, int64_t due_ms, int64_t now_ms);
/* due_ms 0: at once. A time that is too far ahead is cut to the longest wait. */
void hub_queue_add(struct hub_queue *q, uint64_t id, int64_t due_ms, int64_t now_ms);
/* The next that is due, taken out. False: none. */
bool hub_queue_take(struct hub_queue *q, int64_t now_ms, uint64_t *ret_id);
/* When the next is due: 0: now; INT64_MAX: never. */
int64_t hub_queue_next_ms(const struct hub_queue *q);
