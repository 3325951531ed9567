#pragma once
/*
 * hub: typed ports between services. Services never include each other: each plugs its side into
 * the hub when it opens, and the others call through the hub.
 *
 * Everything that a mutation causes is added to the mutation's own batch, so it commits with it:
 * nothing is queued in memory alone.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/outcomes.h"
#include "store/store.h"

struct hub;
struct hub *hub_new(struct store *store);
struct hub *hub_free(struct hub *hub); /* hub_stop first */
DEFINE_FREEP(hub)
/* For store_open: how rows of older formats become those of this one. */
extern const struct store_migration hub_migrations[];

/* ---- Events: the outbox ---- */
/*
 * An event on its way to a target: a Lambda function, SQS queue or SNS topic ARN. hub_deliver adds
 * a row to the batch; the hub hands the event to the target's port after the commit, in order per
 * target as far as retries allow, once, over restarts.
 */
struct hub_event {
    str target; /* ARN */
    /*
     * "s3.amazonaws.com": the principal that target policies see. "lambda.amazonaws.com" is an
     * exception (dead letters, destinations): Lambda has checked that the function's role may send
     * there, as on AWS, and a target of the same account asks no policy of its own.
     */
    str source_service;
    str source_arn;     /* aws:SourceArn */
    str source_account; /* aws:SourceAccount */
    str payload;        /* bytes: the JSON event for Lambda, the message for SNS and SQS */
    str subject;        /* SNS only; may be empty */
    str attributes;     /* JSON object of SQS/SNS MessageAttributes; may be empty */
    str dead_letter;    /* ARN of a queue for what the target refuses for good; may be empty */
    str account, region;
};
void hub_deliver(struct hub *hub, struct store_batch *batch, const struct hub_event *event);
/*
 * The same for a caller who runs again when a condition of his batch fails, as a request's handler
 * does: where the target's port says so (hub_plug_near), no event waits, and the batch is small, the
 * port takes the event into this very batch. There is no row then, and no second commit. What the
 * port does not take goes the usual way.
 */
void hub_deliver_near(struct hub *hub, struct store_batch *batch, const struct hub_event *event);

/*
 * A target's port: adds to batch what accepting the event means (a queued invocation, a message,
 * the fan-out's further outbox rows). The dispatcher commits it together with the removal of the
 * outbox row, so an event is accepted exactly once. It changes rows only when it returns HUB_OK,
 * and reads the newest state (snapshot NULL): several events share a batch. What it reads with
 * row_get must still hold, for a refusal too; where it does not, the dispatcher runs it again.
 */
enum {
    HUB_OK = 0,
    HUB_E_DENIED = OUTCOMES_HUB, /* the target's policy does not let the source in */
    HUB_E_NO_TARGET,             /* gone */
    /*
     * later: the dispatcher backs off, 1 s to 5 min, for 6 hours of world time, counting from the
     * event
     */
    HUB_E_RETRY,
};
typedef int hub_accept_fn(void *service, struct store_batch *batch, const struct hub_event *event);
/* service: the ARN's third part ("lambda", "sqs", "sns"). Before hub_start. */
void hub_plug_target(struct hub *hub, str service, hub_accept_fn *accept, void *ctx);
/* The target's port adds a few rows and is quick: it may be called in a request. */
void hub_plug_near(struct hub *hub, str service);
/*
 * What became of a source's events: called once for each event of that source_service, in the same
 * batch, when its target took it (HUB_OK) or it was given up (HUB_E_*, also when it goes to the
 * dead-letter queue). For the source's own metrics. Before hub_start; one hook a source.
 */
typedef void hub_outcome_fn(void *service, struct store_batch *batch, const struct hub_event *event,
                            int outcome);
void hub_plug_outcome(struct hub *hub, const char *source_service, hub_outcome_fn *outcome,
                      void *ctx);
/*
 * May this source send to this target now? For checks at configuration time (S3's
 * "Unable to validate the following destination configurations"). HUB_OK, _DENIED, _NO_TARGET.
 */
typedef int hub_check_fn(void *service, const struct hub_event *event);
void hub_plug_check(struct hub *hub, str service, hub_check_fn *check, void *ctx);
int hub_check(struct hub *hub, const struct hub_event *event);

/*
 * ---- Metrics and logs: implemented by svc/cloudwatch and svc/logs, pure additions to a batch ----
 */
struct hub_dimension {
    str name, value;
};
/*
 * What the port keeps of a series that gets values all the time, beside whatever the series is of:
 * the next value costs no making of names. Zeroed it is empty. Any thread may put by it; its owner
 * ends it when nobody does.
 */
struct hub_place {
    _Atomic(void *) made; /* malloc'd, the port's own; constant once it is there */
};
static inline void hub_place_deinit(struct hub_place *place) { free(place->made); }

struct hub_metric {
    str account, region, name_space, name;
    const struct hub_dimension *dimensions;
    size_t n_dimensions;
    double value, count; /* count observations of value (1 usually) */
    const char *unit;    /* "Count", "Milliseconds", … or NULL for None */
    int64_t time_ms;     /* world time */
    /* of this series, told by the same names, dimensions and unit each time; or NULL */
    struct hub_place *place;
};
typedef void hub_metric_fn(void *service, struct store_batch *batch,
                           const struct hub_metric *metric);
void hub_plug_metric(struct hub *hub, hub_metric_fn *put, void *ctx);
/* A port that drops them, for whoever starts a hub without svc/cloudwatch. */
hub_metric_fn hub_no_metric;
void hub_put_metric(struct hub *hub, struct store_batch *batch, const struct hub_metric *metric);

struct hub_log {
    str account, region, group, stream;
    int64_t time_ms; /* world time */
    str message;
    bool plain; /* no metrics are looked for in it */
};
/*
 * Makes the group and stream when missing (as Lambda's own logging does). EMF lines become metrics
 * too.
 */
typedef void hub_log_fn(void *service, struct store_batch *batch, const struct hub_log *lines,
                        size_t n);
void hub_plug_log(struct hub *hub, hub_log_fn *put, void *ctx);
/* A port that drops them, for whoever starts a hub without svc/logs. */
hub_log_fn hub_no_log;
void hub_put_log(struct hub *hub, struct store_batch *batch, const struct hub_log *lines, size_t n);

/* ---- Timers: a service's periodic work; what has an item and a row of its own: hub/due.h ---- */
/*
 * Calls run(ctx) in a thread of its own at start, whenever hub_kick was called, and when the world
 * time it returned (epoch ms, INT64_MAX: only when kicked) has come. Kicks are cheap and may come
 * from store_after. name: at most 15 characters, kept. Before hub_start.
 */
struct hub_due;
typedef int64_t hub_timer_fn(void *ctx);
struct hub_due *hub_add_timer(struct hub *hub, const char *name, hub_timer_fn *run, void *ctx);
void hub_kick(void *due); /* struct hub_due *: the shape of a store_after function */

/*
 * Starts what is due: rows of an earlier life are taken up at once. Refused where nobody takes
 * metrics or log lines: a port that nobody has plugged would lose them in silence.
 */
int hub_start(struct hub *hub, struct err *err);
void hub_stop(struct hub *hub);

/* ---- Room on the disk: room.c ---- */
/*
 * Whoever waits because the store refuses changes is told when it takes them again: each fn(ctx) is
 * called then, by the hub's thread, and must be short. A store that is read-only never does. Before
 * hub_start. hub_await_room: somebody was refused, so the hub looks at once, and each second while
 * the store refuses; who was refused between two looks is not told. Any thread.
 */
void hub_plug_room(struct hub *hub, void (*fn)(void *ctx), void *ctx);
void hub_await_room(struct hub *hub);
/*
 * The age of an event counts from its birth, or from this world time where that is later: since
 * then this daemon has run and the store has taken changes. While it takes none, that is now. So
 * nothing grows too old because we could not work.
 */
int64_t hub_able_since_ms(struct hub *hub);

/* World time moved: what is due is found again, and every timer looks. */
void hub_clock_moved(struct hub *hub);
