#pragma once
/* hub's own: the struct that the files of this room share. */
#include "base/list.h"
#include "base/lock.h"
#include "hub/due.h"
#include "hub/queue.h"

#include <assert.h>
#include <stdatomic.h>

/*
 * A service that asked to be told what became of its events (hub_plug_outcome). The name is
 * borrowed for the hub's life.
 */
struct hub_source {
    const char *service; /* "sns.amazonaws.com" */
    hub_outcome_fn *outcome;
    void *ctx;
};

/*
 * A service that events can be sent to, by the third part of their target's ARN. accept and check
 * are plugged one by one: either may be NULL, and is then answered with HUB_E_NO_TARGET.
 */
struct hub_target {
    char *service; /* "lambda" */
    hub_accept_fn *accept;
    void *accept_ctx;
    hub_check_fn *check;
    void *check_ctx;
    bool near;
};

/* An item that a thread is running. */
struct hub_hand {
    uint64_t id;
    bool again; /* armed meanwhile: it is looked at once more afterwards */
};

/*
 * A kind of due work: its queue in memory and its threads. Made by hub_due_add before hub_start,
 * freed with the hub. Threads and hands are arrays of fixed size because threads × at_once is at
 * most HUB_DUE_MOST.
 */
struct hub_due { /* a kind of due work */
    struct list node;
    struct hub *hub;
    struct hub_due_kind kind;
    pthread_t threads[HUB_DUE_MOST];
    unsigned running;     /* threads */
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;  /* waits in monotonic time */
    struct hub_queue queue;
    struct hub_hand hands[HUB_DUE_MOST];
    size_t n_hands;
    /* World time; INT64_MAX: only when kicked. */
    int64_t look_ms; /* when to look again */
    int64_t seen_ms; /* world time when that was asked last */
    /*
     * kicked: look at the next step, whatever look_ms says; looking: a thread is in the kind's
     * look(), which runs in one thread at a time; stopping: threads end after the step they are in.
     */
    bool kicked, looking, stopping;
};

/* A part of the daemon that waits for room (hub_plug_room). */
struct hub_waiter {
    void (*fn)(void *ctx);
    void *ctx;
};

/*
 * All of it is set before hub_start by one thread, so that services and deliveries need no lock;
 * what changes afterwards is in the kinds, each under a lock of its own.
 */
struct hub {
    struct store *store;
    struct hub_target *targets; /* fixed after hub_start, so no lock guards them */
    size_t n_targets;
    struct hub_source *sources; /* likewise */
    size_t n_sources;
    hub_metric_fn *metric;
    void *metric_ctx;
    hub_log_fn *log;
    void *log_ctx;

    struct list kinds;      /* of struct hub_due */
    struct hub_due *outbox; /* one of them */
    struct hub_due *room;   /* a timer: looks whether the store takes changes */
    struct hub_waiter *waiters;
    size_t n_waiters;
    bool refuses;                  /* at its last look; the timer's alone */
    _Atomic int64_t able_since_ms; /* world time */
    int load_result;               /* 0, or why the rows of an earlier life cannot be read */
    struct err load_err;
};

/*
 * The row of that service, borrowed; NULL where nothing is plugged in for it. Any thread after
 * hub_start.
 */
struct hub_target *hub_target_of(struct hub *hub, str service);
/*
 * Calls the outcome hook of the event's source service, where one is plugged in; outcome is what
 * the target's port answered (HUB_OK or HUB_E_…). What the hook adds to batch is committed with the
 * event's row.
 */
void hub_tell_source(struct hub *hub, struct store_batch *batch, const struct hub_event *event,
                     int outcome);
/*
 * The third part of an ARN: "arn:aws:lambda:…" gives "lambda". A view of arn; empty where arn is no
 * ARN.
 */
str hub_arn_service(str arn);

/* due.c */
/*
 * Starts the threads of every kind. The fault that loading a kind's rows met in hub_due_add is
 * answered here. On failure threads may run: hub_due_stop ends them.
 */
int hub_due_start(struct hub *hub, struct err *err);
/* Waits for the items in hand, then joins every thread. Items that were not begun stay rows. */
void hub_due_stop(struct hub *hub);
/* Frees every kind; their threads have been stopped. */
void hub_due_free_all(struct hub *hub);
/*
 * due_row.c: fills the queue from the kind's rows; a row that cannot be read is queued as due at
 * once, so that running it sets it aside. Under due->lock, or before the kind's threads run. 0 or
 * the store's fault, with words.
 */
int hub_due_load(struct hub_due *due, struct err *err);
/*
 * Runs items that the calling thread has in hand, and commits what they cause together with their
 * rows. Blocks for the commit; without due->lock. Not 0: the store refused; what was not done is
 * armed.
 */
int hub_due_run(struct hub_due *due, const uint64_t *ids, size_t n);
/*
 * Is nothing of the kind due or in hand? What waits for a later time does not count. Any thread; a
 * hint, for the next moment may change it.
 */
bool hub_due_is_idle(struct hub_due *due);
/* outbox.c */
/* Adds the outbox's kind. Called once, by hub_new, so the outbox is always there. */
void hub_outbox_open(struct hub *hub);
/* room.c: adds its timer. Called once, by hub_new. */
void hub_room_open(struct hub *hub);
