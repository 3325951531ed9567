#pragma once
/* hub's own: the struct that the files of this room share. */
#include "base/list.h"
#include "base/lock.h"
#include "base/map.h"
#include "hub/hub.h"

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

/* Rows of the outbox that are known to be on disk and wait for the dispatcher. */
struct hub_ready {
    uint64_t *ids;
    size_t n, cap;
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

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;  /* the dispatcher: ready rows, a due retry, or the end */
    struct hub_ready ready;
    /* world time of the earliest row of the later range; INT64_MAX: none */
    int64_t next_retry_ms;
    bool stopping, running;
    bool clock_moved;
    pthread_t dispatcher;
    struct list timers;
};

struct hub_target *hub_target_of(struct hub *hub, str service);
/* Tells the event's source, if it asked to be told. */
void hub_tell_source(struct hub *hub, struct store_batch *batch, const struct hub_event *event,
                     int outcome);
/* The third part of an ARN: "arn:aws:lambda:…" gives "lambda". */
str hub_arn_service(str arn);

/* outbox.c */
int hub_outbox_start(struct hub *hub, struct err *err);
void hub_outbox_stop(struct hub *hub);
/* timer.c */
int hub_timers_start(struct hub *hub, struct err *err);
void hub_timers_stop(struct hub *hub);
void hub_timers_free(struct hub *hub);
void hub_timers_clock_moved(struct hub *hub);
/* A condition variable that waits in monotonic time. */
void hub_cond_init(pthread_cond_t *cond);
/* Waits at most ms (capped to a day); the lock is held. */
void hub_cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t ms);
