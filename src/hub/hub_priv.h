#pragma once
/* hub's own: the struct that the files of this room share. */
#include "base/list.h"
#include "base/lock.h"
#include "hub/due.h"
#include "hub/queue.h"

#include <assert.h>

struct hub_source {
    const char *service; /* "sns.amazonaws.com" */
    hub_outcome_fn *outcome;
    void *ctx;
};

struct hub_target {
    char *service; /* "lambda" */
    hub_accept_fn *accept;
    void *accept_ctx;
    hub_check_fn *check;
    void *check_ctx;
};

/* An item that a thread is running. */
struct hub_hand {
    uint64_t id;
    bool again; /* armed meanwhile: it is looked at once more afterwards */
};

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
    int64_t look_ms; /* when to look again */
    int64_t seen_ms; /* world time when that was asked last */
    bool kicked, looking, stopping;
};

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
    int load_result;        /* 0, or why the rows of an earlier life cannot be read */
    struct err load_err;
};

struct hub_target *hub_target_of(struct hub *hub, str service);
/* Tells the event's source, if it asked to be told. */
void hub_tell_source(struct hub *hub, struct store_batch *batch, const struct hub_event *event,
                     int outcome);
/* The third part of an ARN: "arn:aws:lambda:…" gives "lambda". */
str hub_arn_service(str arn);

/* due.c */
int hub_due_start(struct hub *hub, struct err *err);
void hub_due_stop(struct hub *hub);
void hub_due_free_all(struct hub *hub);
/* due_row.c: fills the queue from the rows. */
int hub_due_load(struct hub_due *due, struct err *err);
/*
 * Runs items that the calling thread has in hand. Not 0: the store refused; what was not done is
 * armed.
 */
int hub_due_run(struct hub_due *due, const uint64_t *ids, size_t n);
/* outbox.c */
void hub_outbox_open(struct hub *hub);
