#pragma once
/*
 * aws/workers: threads for requests whose work has no small bound, or that wait for a lock.
 *
 * A connection stays with one thread of net's pool, which serves others too: whoever works or waits
 * there for seconds keeps all of those from being served. Such requests are held (net_hold) and
 * run here. Threads are made when they are needed, up to `most`; work beyond that waits in the
 * order of arrival, but for this: one owner has half of the threads at most while others wait or may
 * come.
 */
#include <stddef.h>
#include <stdint.h>

struct aws_workers;

/* Part of whatever is to be done; it must live until fn returns. */
struct aws_work {
    struct aws_work *next;
    void (*fn)(void *ctx);
    void *ctx;
    uint64_t owner; /* equal for the work of one owner */
};

/* most: 2 or more. */
struct aws_workers *aws_workers_new(size_t most);
/* Waits for all that was added. Nothing may be added any more. Returns NULL. */
struct aws_workers *aws_workers_free(struct aws_workers *workers);
/* fn(ctx) runs once in a worker; in this thread where none can be started. Any thread. */
void aws_workers_add(struct aws_workers *workers, struct aws_work *work);
