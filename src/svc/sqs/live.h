#pragma once
/*
 * sqs/live: what is known of a queue in memory alone, and may be forgotten at any time: who waits
 * for its messages, which of them a receiver is just taking, and where to begin looking.
 *
 * Claims: a receiver claims the messages it is about to commit as received, so that others pass
 * them by instead of losing a race for them. Claims and waits end with the request.
 *
 * The floor: deliveries and deletions leave tombstones at the low end of the places, which a scan
 * from the beginning would walk over. No row that comes later is due before the time its batch was
 * made, so a scan may begin at the first row that the last scan met, or a little before the present
 * time. A batch that was held up longer than that little is found by the full scan that an empty
 * answer makes now and then.
 *
 * When: the places (sqso) are the durable order of what becomes visible, so a message has no due
 * row beside them. A queue that somebody waits at, or whose counts have changed, is an item of a
 * kind of due work that is kept in memory (hub/due.h): armed for its next place, the end of a wait,
 * or the counts. A restart ends every wait, so there is nothing to rebuild.
 */
#include "svc/sqs/sqs_priv.h"

#include "base/list.h"

/* One ReceiveMessage. */
struct sqs_receive {
    struct list node; /* in the queue's waiters while it waits */
    struct sqs_svc *svc;
    struct rq *rq;
    uint64_t queue_id;
    int64_t deadline_ms; /* monotonic time */
    bool waiting;
    /* messages passed over on the way count too: see SQS_LOOK */
    uint64_t claimed[SQS_BATCH_MAX + 90];
    size_t n_claimed;
};
/* rows that one look takes at most: delivered, moved and expired together */
enum { SQS_LOOK = 100 };

/* The request's own, made at the first call; ends with it. */
struct sqs_receive *sqs_receive_of(struct sqs_svc *svc, struct rq *rq, uint64_t queue_id,
                                   int64_t wait_s);
/* False: another receiver has it. */
bool sqs_claim(struct sqs_receive *receive, uint64_t id);
/* Gives up every claim, so that other receivers take these messages. */
void sqs_unclaim_all(struct sqs_receive *receive);
/* A number that moves whenever something may have become visible. */
uint64_t sqs_live_tick(struct sqs_svc *svc, uint64_t queue_id);
/* Begins to wait, unless the tick has moved since. */
bool sqs_wait(struct sqs_receive *receive, uint64_t tick);
/* Takes the receiver out of its queue's waiters; nothing where it does not wait. */
void sqs_stop_waiting(struct sqs_receive *receive);

enum sqs_change { SQS_CHANGED, SQS_ARRIVED, SQS_GONE };
/*
 * When batch is durable: one waiter looks again (all, when the queue is gone), counts are put anew.
 */
void sqs_live_changes(struct sqs_svc *svc, struct store_batch *batch, const struct sqs_queue *queue,
                      enum sqs_change change);
/*
 * Where a scan begins; and what one has met: first_due_ms INT64_MAX when nothing. whole: that scan
 * began at 0.
 */
int64_t sqs_live_floor(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms);
void sqs_live_scanned(struct sqs_svc *svc, uint64_t queue_id, int64_t began_ms,
                      int64_t first_due_ms, bool whole);
/* Is a scan from the beginning due, after an empty one? */
bool sqs_live_look_again(struct sqs_svc *svc, uint64_t queue_id);

/* PurgeQueue is allowed once a minute: false when the last one was less ago. */
bool sqs_live_may_purge(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms);

/* metric.c: what is due for one queue, and what each minute brings. */
hub_due_fn sqs_queue_due;
hub_timer_fn sqs_each_minute;
/* No wait at a queue is longer. */
enum { SQS_LONGEST_MS = 60000 };
/* One queue. Under svc->lock; made when first asked for; see sqs_live_forget_unseen. */
struct sqs_live {
    uint64_t id;
    struct list waiters;
    struct map claims; /* message id (8 bytes) → struct sqs_receive */
    uint64_t tick;
    int64_t floor_ms, floor_set_ms, last_full_ms; /* monotonic for last_full, world otherwise */
    int64_t purged_ms;
    struct buf row_key; /* of the queue's row, as its first change told */
    int64_t armed_ms;   /* when it is looked at next; INT64_MAX: not armed */
    bool dirty;         /* its counts have changed since they were put */
    int64_t put_ms;     /* world time of the last metrics */
    int64_t count_ms;   /* how long the last count took */
    int64_t active_ms;  /* world time of the last change; 0: none in this life */
    int64_t seen_ms;    /* world time at which the walk over all queues that met it began */
};
/*
 * The queue is looked at then (0: at once), or earlier where it is armed for an earlier time.
 */
void sqs_live_arm_locked(struct sqs_svc *svc, struct sqs_live *live, int64_t due_ms);
/* When its counts may be put next (world, ms). */
int64_t sqs_live_counts_due_locked(struct sqs_svc *svc, const struct sqs_live *live);
/* Queues that somebody waits at, all: the clock has moved, or nobody knows why they wait. */
void sqs_live_arm_waiting(struct sqs_svc *svc);
/* Made when missing. */
struct sqs_live *sqs_live_get_locked(struct sqs_svc *svc, uint64_t queue_id);
/*
 * Forgets the queues that the walk which began at seen_ms has not met, for they are gone; but for
 * those that somebody still waits at, takes from or arms: the next walk forgets them.
 */
void sqs_live_forget_unseen(struct sqs_svc *svc, int64_t seen_ms);
/* At the end of the service: nobody waits any more. */
void sqs_live_free_all(struct sqs_svc *svc);
/*
 * Wakes the queue's waiters that have waited long enough; the world time of the next such end is
 * returned (INT64_MAX: nobody waits).
 */
int64_t sqs_live_wake_late_locked(struct sqs_svc *svc, struct sqs_live *live);
void sqs_live_wake_all_locked(struct sqs_svc *svc, struct sqs_live *live);
